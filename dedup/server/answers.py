"""Answers as JSON, written in the thread that asked the index."""

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
    by: Literal["read", "ask", "write"] = "read",
    status: int | Callable[[Any], int] = 200,
    headers: Callable[[Any], Mapping[str, str]] | None = None,
) -> Response:
    """What a call of the index returns, as a JSON response.

    Args:
        service: The service.
        kind: Type of what it returns, unless that is a response.
        call: The call; it may block.
        by: The method of the service that makes it.
        status: Status of the response, or how to tell it from what was returned.
        headers: Further headers, from what was returned.
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

    way = {"read": service.read, "ask": service.ask, "write": service.write}[by]
    found: Response = await way(run)
    return found


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """What writes values of a type; making one takes longer than using it."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
