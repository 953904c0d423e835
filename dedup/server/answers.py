"""Answers as JSON, serialised in the thread that called the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from fastapi import Response
from pydantic import TypeAdapter

from dedup.server.service import Service

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


async def answer(
    service: Service,
    kind: type[Any],
    call: Callable[[], Any],
    *,
    by: Literal["read", "query", "write"] = "read",
    status: int | Callable[[Any], int] = 200,
    headers: Callable[[Any], Mapping[str, str]] | None = None,
) -> Response:
    """The JSON response of what a call of the index returns.

    Args:
        service: The service.
        kind: Type of what the call returns, unless it returns a response.
        call: The call; it may block.
        by: The method of the service that makes the call.
        status: Status of the response, or a function of what was returned.
        headers: Further headers, as a function of what was returned.
    """

    def run() -> Response:
        value = call()
        if isinstance(value, Response):
            return value
        return Response(
            _adapter(kind).dump_json(value),
            status(value) if callable(status) else status,
            headers=dict(headers(value)) if headers else None,
            media_type="application/json",
        )

    in_thread = {"read": service.read, "query": service.query, "write": service.write}[by]
    response: Response = await in_thread(run)
    return response


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """The serialiser of a type; making one takes longer than using it."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
