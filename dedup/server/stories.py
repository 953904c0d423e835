"""Routes of stories: the list, one of them, and why two articles are together."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response

from dedup.errors import NotFoundError
from dedup.records import StoryGroup
from dedup.server.answers import answer
from dedup.server.cursors import page_of_stories
from dedup.server.models import (
    Id,
    Line,
    Moment,
    RelatedOut,
    RelationOut,
    StoriesOut,
    StoryOut,
    WhyOut,
)
from dedup.server.problems import Refusal, documented
from dedup.server.service import service_of
from dedup.store import StoryFilter
from dedup.store.records import StoryOrder

router = APIRouter(prefix="/v1", tags=["stories"])
_DAY = "2024-03-01T00:00:00Z"


@router.get(
    "/stories", response_model=StoriesOut, responses=documented(), summary="List the stories"
)
async def list_stories(
    request: Request,
    since: Annotated[
        Moment | None, Query(description="With an article at or after this.", examples=[_DAY])
    ] = None,
    until: Annotated[Moment | None, Query(description="With an article before this.")] = None,
    language: Annotated[Line, Query(description="With an article in it.", examples=["en"])] = "",
    source: Annotated[Line, Query(description="With an article of this outlet.")] = "",
    text: Annotated[Line, Query(description="All these words in it.", examples=["flood"])] = "",
    min_texts: Annotated[int, Query(ge=1, le=1_000_000, description="Independent texts.")] = 1,
    order: Annotated[StoryOrder, Query(description="What comes first.")] = "latest",
    cursor: Annotated[Line, Query(description="Of the page before; empty for the first.")] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="Stories of a page.")] = 50,
) -> Response:
    """Stories that have articles, a page at a time."""
    service = service_of(request)

    def found() -> StoriesOut:
        wanted = StoryFilter(since, until, language, source, text, min_texts, order)
        page = page_of_stories(service.index, wanted, cursor, limit)
        return StoriesOut(stories=[StoryOut.of(one) for one in page.stories], cursor=page.cursor)

    return await answer(service, StoriesOut, found)


@router.get(
    "/stories/{id:anything}",
    response_model=StoryGroup,
    responses={
        308: {"description": "It was merged: `Location` is the story that it went on in."},
        **documented(404, 410),
    },
    summary="Show a story",
)
async def show_story(
    request: Request,
    id: Annotated[str, Path(description="Id of a story.", max_length=1_000)],
    as_of: Annotated[
        Moment | None, Query(description="As it was then, by the clock of the index.")
    ] = None,
) -> Response:
    """A story with its members.

    An id stays good for ever: that of a story that was merged into another one leads there
    (308), and one whose articles were all removed is gone (410). With `as_of` there is no
    redirection.
    """
    service = service_of(request)
    index = service.index

    def found() -> StoryGroup | Response:
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

    return await answer(service, StoryGroup, found)


@router.get(
    "/related",
    response_model=RelatedOut,
    responses=documented(404),
    summary="What a story goes with",
)
async def related(
    request: Request,
    story_group: Annotated[Id, Query(description="Id of a story.", examples=["s-b4e3427c1079"])],
) -> Response:
    """Stories that follow up a story, that it looks back on, or that go with it, and why."""
    service = service_of(request)

    def found() -> RelatedOut:
        return RelatedOut(
            relations=[RelationOut.of(relation) for relation in service.index.related(story_group)]
        )

    return await answer(service, RelatedOut, found)


@router.get(
    "/why", response_model=WhyOut, responses=documented(404), summary="Why are two together"
)
async def why(
    request: Request,
    a: Annotated[Id, Query(description="Id of an article.", examples=["herald-4711"])],
    b: Annotated[Id, Query(description="Id of another.", examples=["post-1"])],
) -> Response:
    """Why two articles are together, or why not: in a sentence, and with all the evidence."""
    service = service_of(request)
    return await answer(service, WhyOut, lambda: WhyOut.of(service.index.why(a, b)))
