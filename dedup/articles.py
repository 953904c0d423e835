"""One article: its order, text, time, source, headline and id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import xxhash

from dedup.compute.arrays import Int64s
from dedup.records import Article, CleanText, Removal, host_of
from dedup.text.normalization import without_accents
from dedup.text.published import published_lines, published_text

LATEST = datetime.max.replace(tzinfo=UTC)
"""Sorts articles without a date behind all others."""

UNDATED = np.iinfo(np.int64).min
"""Stands for the time of an article without a date, in arrays of seconds."""

_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,63}", re.IGNORECASE)
_LAST_OF_DAY = timedelta(days=1) - timedelta(microseconds=1)
_SHORT_BODY_CHARS = 80
_HEADLINE_CHARS = 140

Precedence = tuple[datetime, int, str]
"""(time, -length, id), see `precedence`."""


def precedence(article: Article, clean: CleanText) -> Precedence:
    """Sort key of an article: earlier first, then longer, then by id.

    Articles without a date come last. One of which only the day is known stands at the end of that
    day: whoever says the hour was first.
    """
    return (latest_time(article), -len(clean.text), article.id)


def latest_time(article: Article) -> datetime:
    """The latest time at which an article can have been published; `LATEST` if it has none."""
    if article.published_at is None:
        return LATEST
    if article.date_precision == "day":
        return article.published_at + _LAST_OF_DAY
    return article.published_at


def written_time(article: Article) -> str:
    """The time of an article in UTC as exactly as it is known; empty if it has none.

    >>> written_time(Article("1", published_at=datetime(2024, 3, 5, 8, 0, tzinfo=UTC)))
    '2024-03-05 08:00'
    """
    if article.published_at is None:
        return ""
    only_day = article.date_precision == "day"
    return f"{article.published_at:{'%Y-%m-%d' if only_day else '%Y-%m-%d %H:%M'}}"


def body_of(clean: CleanText) -> str:
    """The text that is compared for copies: the body, since headlines of copies often differ.

    The title is added to a body of less than 80 characters, which is too short by itself. Accents
    make no difference; see `without_accents`.
    """
    if len(clean.text) >= _SHORT_BODY_CHARS:
        return without_accents(clean.text)
    return without_accents(f"{clean.title}\n{clean.text}".strip())


def lead_of(clean: CleanText, lead_chars: int) -> str:
    """The text that is embedded: the title and the first characters of the body."""
    return f"{clean.title}\n{clean.text[:lead_chars]}".strip()


def published_body(article: Article, clean: CleanText) -> str:
    """The text of an article as it was published, without what cleaning removed from it."""
    return published_text(article.text, clean.text)


def published_removals(article: Article, clean: CleanText) -> tuple[Removal, ...]:
    """What cleaning removed from an article, as it was published."""
    return tuple(
        replace(piece, text=published_text(article.text, piece.text)) for piece in clean.removed
    )


def published_lead(article: Article, clean: CleanText, lead_chars: int) -> str:
    """`lead_of` as it was published; the lines are whole."""
    title = " ".join(article.title.split())
    return f"{title}\n{published_text(article.text, clean.text[:lead_chars])}".strip()


def seconds_of(articles: Sequence[Article]) -> Int64s:
    """Publication times in seconds since 1970, int64 of shape (n,); `UNDATED` where unknown."""
    return np.array(
        [
            UNDATED if article.published_at is None else int(article.published_at.timestamp())
            for article in articles
        ],
        np.int64,
    )


def seconds_by_id(articles: Sequence[Article]) -> dict[str, int]:
    """Publication times by article id, in the order of the articles; see `seconds_of`."""
    ids = (article.id for article in articles)
    return dict(zip(ids, seconds_of(articles).tolist(), strict=True))


def source_of(article: Article) -> str:
    """The outlet: the named one, else the host of the article's address.

    A name that is a host or an address is that host. Hosts are compared without the labels that
    an outlet puts before its own (see `records.host_of`).

    >>> source_of(Article("1", url="https://amp.daily.example/a"))
    'daily.example'
    >>> source_of(Article("1", source="M.Daily.example")), source_of(Article("1", source="Daily"))
    ('daily.example', 'Daily')
    """
    name = article.source.strip()
    if not name:
        return host_of(article.url)
    if "://" in name:
        return host_of(name) or name
    return host_of(f"//{name}") if _HOST.fullmatch(name) else name


def of_source(article: Article) -> Article:
    """An article whose id belongs to its source, where both are known and the id is no address."""
    source = source_of(article)
    if not source or "://" in article.id:
        return article
    return replace(article, id=f"{source}/{article.id}")


def headline_of(article: Article, clean: CleanText) -> str:
    """The title, or the beginning of the text where there is none."""
    if article.title.strip():
        return " ".join(article.title.split())
    first = next(published_lines(article.text, clean.text))
    return first if len(first) <= _HEADLINE_CHARS else first[: _HEADLINE_CHARS - 1] + "…"


def stable_id(prefix: str, representative: str) -> str:
    """An id that depends only on the id of the first article, so it is equal in every run."""
    digest = xxhash.xxh3_64_hexdigest(representative.encode("utf-8", "surrogatepass"))
    return f"{prefix}-{digest[:12]}"
