"""Articles whose body is a wall: what a site shows to readers who do not pay, log in or consent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from dedup.articles import source_of
from dedup.doctor.checkup import Finding, level_of, percent
from dedup.output.wording import counted
from dedup.records import BODY_IS_A_WALL, Article, CleanText

_PROBLEM = 0.1
_SOURCES = 5


def wall_counts(articles: Iterable[Article], texts: Mapping[str, CleanText]) -> Counter[str]:
    """How many articles of each outlet have a wall as their body."""
    return Counter(source_of(article) for article in articles if texts[article.id].is_wall)


def walls(counts: Counter[str] | None, articles: int) -> Finding:
    """The share of articles whose body is a wall.

    Args:
        counts: See `wall_counts`; None if no articles were given.
        articles: Number of articles.
    """
    found = 0 if counts is None else counts.total()
    share = found / articles
    most = sorted((counts or {}).items(), key=lambda item: (-item[1], item[0]))[:_SOURCES]
    sources = ", ".join(f"{source or 'unknown source'} {count:,}" for source, count in most)
    message = f"{BODY_IS_A_WALL}: {counted(found, 'article')} ({percent(share)})"
    if counts is None:
        message = "The bodies are unknown: give --articles."
    elif found:
        message = f"{message}: {sources}."
    else:
        message = "No body is a wall."
    return Finding(
        name="walls",
        level="unknown" if counts is None else level_of(share, look=1 / articles, problem=_PROBLEM),
        message=message[0].upper() + message[1:],
        interpretation="Where a site shows an offer to pay, to log in or to consent instead of the "
        "article, only the headline is known, and less is found. Flagged from one article on, a "
        f"problem at {percent(_PROBLEM)}.",
        advice="Fetch these pages with a subscription or a browser, or take their feed instead.",
        figures={"walls": None if counts is None else found, "share": share if counts else None},
    )
