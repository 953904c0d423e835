"""Single pages -> rows: a text file with its headline, an HTML file with its metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from dedup.errors import MissingExtraError
from dedup.text.dates.values import parse_date

_MAX_TITLE_CHARS = 200
# The latest day that is taken for a date: without it the library would read the clock.
_LAST_DAY = "2200-12-31"

# Elements with the time of publication, the most exact first.
_DATE_PATHS = (
    "//meta[@property='article:published_time' or @property='og:published_time'"
    " or @name='article:published_time' or @property='og:article:published_time']/@content",
    "//*[@itemprop='datePublished']/@content | //*[@itemprop='datePublished']/@datetime",
    "//meta[@name='pubdate' or @name='publishdate' or @name='publish-date' or @name='date'"
    " or @name='parsely-pub-date' or @name='DC.date.issued' or @name='dcterms.created']/@content",
)


def text_page(text: str) -> dict[str, object]:
    """Title and text of a page of plain text.

    The first line is the title if it is short and something follows it.
    """
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    rest = "\n".join(lines[start + 1 :]).strip("\n")
    if lines and len(lines[start].strip()) <= _MAX_TITLE_CHARS and rest.strip():
        return {"title": lines[start].strip(), "text": rest}
    return {"text": "\n".join(lines[start:])}


def html_page(content: str | bytes, *, address: str = "") -> dict[str, object]:
    """Fields of the article on an HTML page; empty title and text if there is none.

    Args:
        content: The page; as bytes in the encoding that it declares.
        address: Where it was fetched.

    Raises:
        MissingExtraError: trafilatura is not installed.
    """
    try:
        import trafilatura
        from trafilatura.utils import load_html
    except ImportError as error:
        raise MissingExtraError("HTML input", extra="html") from error

    tree = load_html(content)
    if tree is None:
        return {"title": "", "text": ""}
    # Before the extraction, which cuts scripts out of the tree.
    language, stamp = _declared_language(tree), _metadata_time(tree)
    timed = _time_elements(tree)
    page = trafilatura.bare_extraction(
        tree,
        url=address or None,
        with_metadata=True,
        include_comments=False,
        date_extraction_params={
            "original_date": True,
            "extensive_search": False,
            "max_date": _LAST_DAY,
        },
    )
    if page is None:
        return {"title": "", "text": ""}
    title, text = page.title or "", page.text or ""
    return {
        "title": title,
        # Many pages repeat the headline on top of the body.
        "text": text.removeprefix(f"{title}\n") if title else text,
        "source": page.sitename or page.hostname or "",
        "published_at": stamp or _agreeing(timed, page.date) or "",
        "language": language,
        "url": page.url or "",
    }


def _declared_language(tree: Any) -> str:  # noqa: ANN401
    return str(next(iter(tree.xpath("/html/@lang")), "")).strip()


def _metadata_time(tree: Any) -> datetime | None:  # noqa: ANN401
    values = [*_linked_data_dates(tree)]
    for path in _DATE_PATHS:
        values.extend(map(str, tree.xpath(path)))
    return next(filter(None, map(parse_date, values)), None)


def _linked_data_dates(tree: Any) -> Iterator[str]:  # noqa: ANN401
    """`datePublished` of the articles in the page's JSON-LD."""
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        try:
            data = json.loads(str(script), strict=False)
        except (ValueError, RecursionError):
            continue
        items = data if isinstance(data, list) else [data]
        for item in items:
            graph = item.get("@graph", [item]) if isinstance(item, dict) else []
            for node in graph if isinstance(graph, list) else []:
                if isinstance(node, dict) and re.search(
                    "Article|Posting|Report", str(node.get("@type"))
                ):
                    yield str(node.get("datePublished") or "")


def _time_elements(tree: Any) -> list[datetime]:  # noqa: ANN401
    return [when for value in tree.xpath("//time/@datetime") if (when := parse_date(str(value)))]


def _agreeing(times: list[datetime], day: str | None) -> datetime | str:
    """The first time that lies on the day that the page names, or else that day.

    Pages have `<time>` for other stories, too, hence the check, with a day's
    tolerance for time zones.
    """
    named = parse_date(day) if day else None
    if named is None or day is None:
        return ""
    for when in times:
        if timedelta(days=-1) <= when - named < timedelta(days=2):
            return when
    return day
