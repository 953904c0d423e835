"""Routes of the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import get_args
from urllib.parse import parse_qs, quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from dedup.errors import NotFoundError
from dedup.index.records import StoryPage
from dedup.index.story_index import StoryIndex
from dedup.server.cursors import page_of_stories
from dedup.server.pages.article import answer_page, article_page, why_page
from dedup.server.pages.lines import story_lines
from dedup.server.pages.rendering import STATIC, render, static
from dedup.server.pages.story import story_page
from dedup.server.problems import Refusal
from dedup.server.service import service_of
from dedup.store import StoryFilter
from dedup.store.records import StoryOrder

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_STORIES = 30
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_ORDERS: dict[str, StoryOrder] = {order: order for order in get_args(StoryOrder)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked the list for: as the form gives it, where empty is nothing.

    `since` and `until` are days in UTC, the last one included.
    """

    text: str = ""
    language: str = ""
    source: str = ""
    since: str = ""
    until: str = ""
    min_texts: str = ""
    order: str = ""

    @classmethod
    def of(cls, request: Request) -> Wanted:
        """From the parameters of a request; unknown ones are passed over."""
        given = request.query_params
        return cls(**{name: given.get(name, "").strip()[:500] for name in cls.__slots__})

    @property
    def query(self) -> str:
        """As parameters of an address, without those that are empty."""
        return urlencode({name: value for name in self.__slots__ if (value := getattr(self, name))})

    def stories(self, index: StoryIndex, cursor: str) -> StoryPage:
        """A page of the list."""
        until = _day(self.until, "until")
        wanted = StoryFilter(
            _day(self.since, "since"),
            until + timedelta(days=1) if until else None,
            self.language,
            self.source,
            self.text,
            _count(self.min_texts),
            _ORDERS.get(self.order, "latest"),
        )
        return page_of_stories(index, wanted, cursor, _STORIES)


@router.get("/")
async def stories(request: Request) -> str:
    """The stories now."""
    service = service_of(request)
    wanted, cursor = Wanted.of(request), request.query_params.get("cursor", "")
    # Taken before the list: what comes in between is told twice, not never.
    since = service.feed.last

    def made() -> str:
        page = wanted.stories(service.index, cursor)
        return render(
            "stories.html.j2",
            wanted=wanted,
            cursor=cursor,
            following=page.cursor,
            lines=story_lines(service.index, page.stories),
            stats=service.index.stats(),
            since=since,
        )

    return await service.read(made)


@router.get("/stories/{id:anything}")
async def story(request: Request, id: str) -> Response:
    """A story; an id that was merged away leads to where it went on."""
    service = service_of(request)
    index = service.index
    then = request.query_params.get("as_of", "")
    as_of = _moment(then, "as_of") if then else None
    since = service.feed.last

    def made() -> Response:
        successor = index.successor(id)
        if successor != id and as_of is None:
            return RedirectResponse(f"/stories/{quote(successor, safe='')}", 308)
        try:
            group = index.story(id, as_of)
        except NotFoundError as error:
            raise Refusal(HTTPStatus.GONE, str(error)) from error
        return HTMLResponse(
            render("story.html.j2", view=story_page(index, group, as_of), since=since)
        )

    return await service.read(made)


@router.get("/articles/{id:anything}")
async def article(request: Request, id: str) -> str:
    """An article."""
    service = service_of(request)
    return await service.read(
        lambda: render("article.html.j2", view=article_page(service.index, id))
    )


@router.get("/why")
async def why(request: Request) -> str:
    """Why two articles are together, or why not."""
    service = service_of(request)
    a, b = (request.query_params.get(name, "") for name in "ab")
    if not (a and b):
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "choose two articles, an A and a B")
    return await service.read(lambda: render("why.html.j2", view=why_page(service.index, a, b)))


@router.get("/query")
async def ask() -> str:
    """A form to paste a text into."""
    return render("query.html.j2", text="", answer=None)


@router.post("/query")
async def answer(request: Request) -> str:
    """What the index knows about a pasted text."""
    service = service_of(request)
    text = _field("text", (await request.body()).decode("utf-8", "replace"))
    if len(text) > service.limits.text_chars:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the text has {len(text):,} characters, of at most {service.limits.text_chars:,}",
        )
    if not text.strip():
        return render("query.html.j2", text="", answer=None)

    def made() -> str:
        found = answer_page(service.index, service.writer, text)
        return render("query.html.j2", text=text, answer=found)

    return await service.ask(made)


@router.get("/static/{name}")
async def file(name: str) -> Response:
    """Styles and script of the pages."""
    if name not in STATIC:
        raise Refusal(HTTPStatus.NOT_FOUND, "there is no such file")
    return Response(
        static(name),
        headers={"Cache-Control": "no-cache"},
        media_type=_TYPES[name.rsplit(".", 1)[1]],
    )


@router.get("/favicon.ico")
async def icon() -> Response:
    """There is none; browsers ask for it all the same."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _field(name: str, form: str) -> str:
    """A field of a form that was sent as a browser does; empty if it is not there."""
    try:
        return parse_qs(form, max_num_fields=10).get(name, [""])[0].replace("\r\n", "\n")
    except ValueError:
        return ""


def _day(text: str, name: str) -> datetime | None:
    return _moment(text, name) if text else None


def _moment(text: str, name: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        time + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name} is no date: {text}") from None
    return time


def _count(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1
