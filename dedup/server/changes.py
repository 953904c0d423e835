"""The route of changes: as a list, or as a stream of server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

import anyio
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter

from dedup.server.answers import answer
from dedup.server.models import ChangesOut, Id
from dedup.server.problems import Refusal, documented
from dedup.server.service import Service, service_of
from dedup.store.records import StoryEvent

router = APIRouter(prefix="/v1", tags=["changes"])
_LARGEST = 2**63 - 1
_AT_ONCE = 500
_RETRY_MS = 2_000
_EVENT: TypeAdapter[StoryEvent] = TypeAdapter(StoryEvent)
_STREAM = {
    "content": {
        "text/event-stream": {
            "schema": {"type": "string"},
            "example": 'id: 7\nevent: change\ndata: {"number":7,"kind":"grown"}\n\n',
        }
    }
}


@router.get(
    "/changes",
    response_model=ChangesOut,
    responses={200: _STREAM, **documented()},
    summary="List or follow changes",
)
async def changes(
    request: Request,
    since: Annotated[
        int, Query(ge=0, le=_LARGEST, description="Events with larger numbers.", examples=[0])
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Most events in a list.")] = 500,
    story_group: Annotated[Id, Query(description="Of this story only.")] = "",
    last_event_id: Annotated[
        int | None,
        Header(ge=0, le=_LARGEST, description="For a stream; takes precedence over `since`."),
    ] = None,
) -> Response:
    """The events of stories after a given event.

    With `Accept: text/event-stream` the answer is an endless stream: first the events since
    then, and new ones as they happen, each with its number as its id.
    """
    service = service_of(request)
    if "text/event-stream" in request.headers.get("accept", ""):
        return _stream(service, since if last_event_id is None else last_event_id, story_group)

    def read() -> ChangesOut:
        events = service.index.changes(since, limit, story_group)
        return ChangesOut(changes=events, last=events[-1].number if events else since)

    return await answer(service, ChangesOut, read)


def _stream(service: Service, since: int, story_group: str) -> Response:
    if service.feed.listeners >= service.limits.streams:
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{service.limits.streams:,} streams are open already",
            headers={"Retry-After": "30"},
        )
    return StreamingResponse(
        _stream_events(service, since, story_group),
        media_type="text/event-stream",
        # A proxy that collects the answer before it passes it on would keep it for ever.
        headers={"X-Accel-Buffering": "no"},
    )


async def _stream_events(service: Service, since: int, story_group: str) -> AsyncIterator[bytes]:
    """Events as a stream, until the server stops; a comment is sent when there are none."""
    feed, silence = service.feed, service.limits.keep_alive_s
    with feed.listening():
        yield f"retry: {_RETRY_MS}\n\n".encode()
        sent_at = anyio.current_time()
        while not feed.closed:
            seen = feed.last
            events = await service.read(service.index.changes, since, _AT_ONCE, story_group)
            if events:
                since = events[-1].number
                yield b"".join(map(_encoded, events))
            elif anyio.current_time() - sent_at < silence:
                await feed.wait(max(seen, 0), sent_at + silence - anyio.current_time())
                continue
            else:
                yield b": still here\n\n"
            sent_at = anyio.current_time()


def _encoded(event: StoryEvent) -> bytes:
    # Line breaks inside of strings are escaped in JSON: the data is one line.
    return b"id: %d\nevent: change\ndata: %s\n\n" % (event.number, _EVENT.dump_json(event))
