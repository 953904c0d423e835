"""Templates to pages, and errors as pages."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from dedup.output.wording import printable
from dedup.report.page import page_environment
from dedup.server.problems import Refusal

_NO_PAGES = ("/v1/", "/metrics", "/healthz", "/readyz", "/openapi.json", "/static/")


def render(name: str, **values: object) -> str:
    """A template of the server as a page."""
    return printable(_environment().get_template(name).render(**values))


def error_page(request: Request, refusal: Refusal) -> Response:
    """A refusal as a page."""
    page = render("error.html.j2", status=refusal.status, detail=refusal.detail)
    return HTMLResponse(page, refusal.status, headers=refusal.headers)


def wants_page(request: Request) -> bool:
    """Whether an error is answered with a page: a browser sent the request."""
    accepts_pages = "text/html" in request.headers.get("accept", "")
    return accepts_pages and not request.url.path.startswith(_NO_PAGES)


@cache
def _environment() -> Environment:
    environment = page_environment("dedup.server")
    # Slashes are escaped too: an id is one part of a path.
    environment.filters["part"] = lambda text: quote(text, safe="")
    environment.globals["languages"] = _languages()
    return environment


def _languages() -> list[tuple[str, str]]:
    """Codes and English names of the languages in the filter, sorted by name."""
    from babel import Locale

    names = Locale("en").languages
    return sorted(
        ((code, str(name)) for code, name in names.items() if len(code) == 2),
        key=lambda language: language[1],
    )
