"""The application: all routes over one index."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

import anyio
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from dedup import __version__
from dedup.errors import DedupError
from dedup.index.story_index import StoryIndex
from dedup.server import articles, changes, operations, pages, stories
from dedup.server.feed import Feed
from dedup.server.limits import Limits
from dedup.server.metrics import Metrics
from dedup.server.problems import ProblemDocument, Refusal, problem, refusal_of
from dedup.server.request_checks import RequestChecks, RequestMetrics
from dedup.server.service import Service
from dedup.server.writer import Writer

_ABOUT = resources.files("dedup.server").joinpath("openapi.md").read_text(encoding="utf-8")


def create_app(
    index: StoryIndex,
    *,
    token: str = "",
    limits: Limits = Limits(),
    hosts: Collection[str] = (),
    writer: Writer | None = None,
) -> FastAPI:
    """The application that serves an index; it does not close the index.

    Args:
        index: The index.
        token: Needed for writing, as `Authorization: Bearer TOKEN`; empty for none.
        limits: Limits of one request.
        hosts: Names by which the server may be called, without ports; any if empty. A page
            of another site can make a browser call this machine by a name of its own: where
            only this machine is served, only its names should be allowed.
        writer: Changes the index and answers queries about texts; by default the index itself,
            which otherwise is only read.
    """
    metrics = Metrics()
    service = Service(index, writer or index, limits, Feed(index, limits.poll_s))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        last = (await service.read(index.stats)).events
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(service.feed.run, last)
            try:
                yield
            finally:
                service.feed.close()

    app = FastAPI(
        title="dedup",
        version=__version__,
        lifespan=lifespan,
        # Their scripts are loaded from another site.
        docs_url=None,
        redoc_url=None,
        # A slash at the end of an id belongs to it.
        redirect_slashes=False,
        middleware=[
            Middleware(RequestMetrics, metrics=metrics),
            Middleware(RequestChecks, token=token, hosts=hosts, body_bytes=limits.body_bytes),
        ],
    )
    app.state.service = service
    app.state.metrics = metrics
    _install_problems(app)
    for part in (articles, stories, changes, operations, pages):
        app.include_router(part.router)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, where errors are problem documents."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=_ABOUT, routes=app.routes
        )
        document = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        definitions = document.pop("$defs")
        schema["components"]["schemas"] |= {**definitions, "ProblemDocument": document}
        app.openapi_schema = schema
    return app.openapi_schema


def _install_problems(app: FastAPI) -> None:
    """Answer each expected error of an application with a problem document or a page."""

    def answer(request: Request, error: Exception) -> Response:
        refusal = refusal_of(error)
        return pages.error_page(request, refusal) if pages.wants_page(request) else problem(refusal)

    for kind in (Refusal, HTTPException, RequestValidationError, DedupError):
        app.add_exception_handler(kind, answer)
