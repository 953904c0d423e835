"""Routes of the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, get_args
from urllib.parse import parse_qs, quote, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from pydantic import AfterValidator, BaseModel

from dedup.errors import NotFoundError
from dedup.index.records import StoryPage
from dedup.index.story_index import StoryIndex
from dedup.server.pages.article import answer_page, article_page, why_page
from dedup.server.pages.lines import story_lines
from dedup.server.pages.rendering import render
from dedup.server.pages.story import story_page
from dedup.server.problems import Refusal
from dedup.server.service import service_of
from dedup.store.records import StoryOrder

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_STORIES = 30
_FILES = StaticFiles(packages=[("dedup.server", "static"), ("dedup.report", "static")])
_ORDERS: dict[str, StoryOrder] = {order: order for order in get_args(StoryOrder)}


_Field = Annotated[str, AfterValidator(lambda text: text.strip()[:500])]


class ListForm(BaseModel):
    """The filter of the list of stories, as its form sends it: empty fields do not filter.

    `since` and `until` are days in UTC, the last one included.
    """

    text: _Field = ""
    language: _Field = ""
    source: _Field = ""
    since: _Field = ""
    until: _Field = ""
    min_texts: _Field = ""
    order: _Field = ""
    cursor: str = ""

    @property
    def query(self) -> str:
        """The filter as a query string, without the cursor."""
        return urlencode(self.model_dump(exclude={"cursor"}, exclude_defaults=True))

    def stories(self, index: StoryIndex) -> StoryPage:
        """The page of the list at the cursor."""
        until = _moment(self.until, "until")
        return index.stories(
            _moment(self.since, "since"),
            until + timedelta(days=1) if until else None,
            self.language,
            self.source,
            self.text,
            _count(self.min_texts),
            _ORDERS.get(self.order, "latest"),
            self.cursor,
            _STORIES,
        )


@router.get("/")
async def stories(request: Request, form: Annotated[ListForm, Query()]) -> str:
    """The list of stories."""
    service = service_of(request)
    # Taken before the list is read: an event in between is shown twice rather than never.
    since = service.feed.last

    def page() -> str:
        listed = form.stories(service.index)
        return render(
            "stories.html.j2",
            form=form,
            next_cursor=listed.cursor,
            lines=story_lines(service.index, listed.stories),
            stats=service.index.stats(),
            since=since,
        )

    return await service.read(page)


@router.get("/stories/{id:anything}")
async def story(request: Request, id: str) -> Response:
    """A story; the id of a merged story redirects to its successor."""
    service = service_of(request)
    index = service.index
    as_of = _moment(request.query_params.get("as_of", ""), "as_of")
    since = service.feed.last

    def page() -> Response:
        successor = index.successor(id)
        if successor != id and as_of is None:
            return RedirectResponse(f"/stories/{quote(successor, safe='')}", 308)
        try:
            group = index.story(id, as_of)
        except NotFoundError as error:
            raise Refusal(HTTPStatus.GONE, str(error)) from error
        return HTMLResponse(story_page(index, group, as_of, since))

    return await service.read(page)


@router.get("/articles/{id:anything}")
async def article(request: Request, id: str) -> str:
    """An article."""
    service = service_of(request)
    return await service.read(article_page, service.index, id)


@router.get("/why")
async def why(request: Request) -> str:
    """Why two articles are together, or why not."""
    service = service_of(request)
    a, b = (request.query_params.get(name, "") for name in "ab")
    if not (a and b):
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "choose two articles, an A and a B")
    return await service.read(why_page, service.index, a, b)


@router.get("/query")
async def query_form() -> str:
    """A form to paste a text into."""
    return render("query.html.j2", text="", published_at="", answer=None)


@router.post("/query")
async def answer(request: Request) -> str:
    """What the index knows about a pasted text."""
    service = service_of(request)
    form = (await request.body()).decode("utf-8", "replace")
    text, published_at = _field("text", form), _field("published_at", form).strip()
    if len(text) > service.limits.text_chars:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the text has {len(text):,} characters, of at most {service.limits.text_chars:,}",
        )
    if not text.strip():
        return render("query.html.j2", text="", published_at=published_at, answer=None)
    _moment(published_at, "the date")
    return await service.query(answer_page, service.index, service.writer, text, published_at)


@router.get("/static/{name}")
async def file(request: Request, name: str) -> Response:
    """Styles and script of the pages; a browser asks each time whether they changed."""
    response = await _FILES.get_response(name, request.scope)
    response.headers["Cache-Control"] = "no-cache"
    return response


@router.get("/favicon.ico")
async def icon() -> Response:
    """No icon; browsers request one anyway."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _field(name: str, form: str) -> str:
    """A field of a form as browsers send it; empty if it is not there."""
    try:
        return parse_qs(form, max_num_fields=10).get(name, [""])[0].replace("\r\n", "\n")
    except ValueError:
        return ""


def _moment(text: str, name: str) -> datetime | None:
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        time + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name} is not a date: {text}") from None
    return time


def _count(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1
