"""Answers as JSON, written in the thread that asked the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Response
from pydantic import TypeAdapter

from dedup.server.service import Service

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


async def answer(
    service: Service,
    kind: type[Any],
    call: Callable[[], Any],
    *,
    writes: bool = False,
    status: int | Callable[[Any], int] = 200,
    headers: Callable[[Any], Mapping[str, str]] | None = None,
) -> Response:
    """What a call of the index returns, as a JSON response.

    Args:
        service: The service.
        kind: Type of what it returns.
        call: The call; it may block.
        writes: Whether it changes the index.
        status: Status of the response, or how to tell it from what was returned.
        headers: Further headers, from what was returned.
    """

    def run() -> Response:
        value = call()
        return Response(
            _adapter(kind).dump_json(value),
            status(value) if callable(status) else status,
            headers=dict(headers(value)) if headers else None,
            media_type="application/json",
        )

    return await (service.write(run) if writes else service.read(run))


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """What writes values of a type; making one takes longer than using it."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
