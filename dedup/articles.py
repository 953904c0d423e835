"""What concerns one article: its order, text, time, source, headline and id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import numpy as np
import xxhash

from dedup.compute.arrays import Int64s
from dedup.records import Article, CleanText

_LATEST = datetime.max.replace(tzinfo=UTC)


_SHORT_BODY_CHARS = 80


_HEADLINE_CHARS = 140


Precedence = tuple[datetime, int, str]
"""Time, minus the length, id; see `precedence`."""


def precedence(article: Article, clean: CleanText) -> Precedence:
    """Sort key: of two articles the earlier, then the longer, then the smaller id comes first.

    An article without a date comes after all that have one.
    """
    return (article.published_at or _LATEST, -len(clean.text), article.id)


def body_of(clean: CleanText) -> str:
    """What is compared for copies: the body, so that one text under two headlines is one.

    A body of less than 80 characters says too little by itself; the title joins it.
    """
    if len(clean.text) >= _SHORT_BODY_CHARS:
        return clean.text
    return f"{clean.title}\n{clean.text}".strip()


def lead_of(clean: CleanText, lead_chars: int) -> str:
    """What is embedded: the title and the first characters of the body."""
    return f"{clean.title}\n{clean.text[:lead_chars]}".strip()


def seconds_of(articles: Sequence[Article]) -> Int64s:
    """Publication times in seconds since 1970, int64 of shape (n,); `UNDATED` where unknown."""
    return np.array(
        [
            UNDATED if article.published_at is None else int(article.published_at.timestamp())
            for article in articles
        ],
        np.int64,
    )


def source_of(article: Article) -> str:
    """The outlet: the named one, else the host of the article's address."""
    return article.source or (urlsplit(article.url).hostname or "").removeprefix("www.")


def headline_of(article: Article, clean: CleanText) -> str:
    """The title, or the beginning of the text where there is none."""
    if article.title.strip():
        return " ".join(article.title.split())
    first = clean.text.split("\n", 1)[0]
    return first if len(first) <= _HEADLINE_CHARS else first[: _HEADLINE_CHARS - 1] + "…"


def stable_id(prefix: str, founder: str) -> str:
    """An id that depends on the founding article's id alone: equal in every run."""
    digest = xxhash.xxh3_64_hexdigest(founder.encode("utf-8", "surrogatepass"))
    return f"{prefix}-{digest[:12]}"


UNDATED = np.iinfo(np.int64).min
"""Stands for the time of an article without a date."""
