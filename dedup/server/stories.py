"""Routes of stories: the list, one story, related stories, why two articles are together."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response

from dedup.errors import NotFoundError
from dedup.records import StoryGroup
from dedup.server.answers import answer
from dedup.server.models import (
    Id,
    Line,
    Moment,
    RelatedOut,
    StoriesOut,
    StoryWithMembers,
    WhyOut,
)
from dedup.server.problems import Refusal, documented
from dedup.server.service import service_of
from dedup.store.records import StoryOrder

router = APIRouter(prefix="/v1", tags=["stories"])
_DAY = "2024-03-01T00:00:00Z"


@router.get(
    "/stories", response_model=StoriesOut, responses=documented(), summary="List the stories"
)
async def list_stories(
    request: Request,
    since: Annotated[
        Moment | None,
        Query(description="With an article at or after this.", examples=[_DAY]),
    ] = None,
    until: Annotated[Moment | None, Query(description="With an article before this.")] = None,
    language: Annotated[
        Line, Query(description="With an article in this language.", examples=["en"])
    ] = "",
    source: Annotated[Line, Query(description="With an article of this source.")] = "",
    text: Annotated[Line, Query(description="With all these words.", examples=["flood"])] = "",
    min_texts: Annotated[
        int, Query(ge=1, le=1_000_000, description="Independent texts at least.")
    ] = 1,
    order: Annotated[StoryOrder, Query(description="Order of the list.")] = "latest",
    cursor: Annotated[Line, Query(description="Of the previous page; empty for the first.")] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="Most stories on a page.")] = 50,
) -> Response:
    """Stories that have articles, a page at a time."""
    service = service_of(request)
    filters = since, until, language, source, text, min_texts, order, cursor, limit
    return await answer(service, StoriesOut, lambda: service.index.stories(*filters))


@router.get(
    "/stories/{id:anything}",
    response_model=StoryWithMembers,
    responses={
        308: {"description": "It was merged: `Location` is its successor."},
        **documented(404, 410),
    },
    summary="Show a story",
)
async def show_story(
    request: Request,
    id: Annotated[str, Path(description="Id of a story.", max_length=1_000)],
    as_of: Annotated[
        Moment | None, Query(description="The state at this time, by the clock of the index.")
    ] = None,
) -> Response:
    """A story with its members.

    An id is valid for ever: that of a story that was merged into another redirects there (308),
    and that of a story whose articles were all removed is gone (410). With `as_of` there is no
    redirection.
    """
    service = service_of(request)
    index = service.index

    def read() -> StoryGroup | Response:
        if as_of is not None:
            return index.story(id, as_of)
        try:
            story = index.story(id)
        except NotFoundError as error:
            successor = index.successor(id)
            if successor == id:
                raise Refusal(HTTPStatus.GONE, str(error)) from error
        else:
            successor = story.id
            if successor == id:
                return story
        return Response(
            status_code=HTTPStatus.PERMANENT_REDIRECT,
            headers={"Location": f"/v1/stories/{quote(successor, safe='')}"},
        )

    return await answer(service, StoryWithMembers, read)


@router.get(
    "/related",
    response_model=RelatedOut,
    responses=documented(404),
    summary="List related stories",
)
async def related(
    request: Request,
    story_group: Annotated[Id, Query(description="Id of a story.", examples=["s-b4e3427c1079"])],
) -> Response:
    """Follow-ups, background and other related stories of a story, and why they are related."""
    service = service_of(request)
    return await answer(
        service, RelatedOut, lambda: {"relations": service.index.related(story_group)}
    )


@router.get(
    "/why", response_model=WhyOut, responses=documented(404), summary="Explain a pair of articles"
)
async def why(
    request: Request,
    a: Annotated[Id, Query(description="Id of an article.", examples=["herald-4711"])],
    b: Annotated[Id, Query(description="Id of another article.", examples=["post-1"])],
) -> Response:
    """Why two articles are together, or why not: in a sentence, and with all the evidence."""
    service = service_of(request)
    return await answer(service, WhyOut, lambda: service.index.why(a, b))
