"""Series: texts of one source that fill in one template are no copies, however similar they are.

What tells them apart is `dedup.text.outlines`. A text that several articles have is that of the
first of them, in the order of precedence, which represents it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dedup.articles import UNDATED, lead_of, source_of
from dedup.compute.arrays import BoolMask, Int64s
from dedup.records import Article, CleanText
from dedup.text.outlines import OUTLINE_CHARS, Outline, of_one_series, outline_of_lead

_OUTLINES = 1 << 14
_NUMBER = re.compile(r"\d+")
_MARKS = ".,;:!?\"'()"
_HEAD_CHARS = 300


@dataclass(frozen=True, slots=True)
class Origin:
    """What decides whether a text is of a series: who published it and when, and its words.

    Args:
        source: Outlet; empty where unknown.
        seconds: Publication in seconds since 1970; `UNDATED` where unknown.
        language: Code; empty where unknown.
        title: Canonical headline.
        text: Canonical body.
    """

    source: str
    seconds: int
    language: str
    title: str
    text: str

    @classmethod
    def of(cls, article: Article, clean: CleanText) -> Origin:
        """That of an article."""
        time = article.published_at
        seconds = int(UNDATED) if time is None else int(time.timestamp())
        return cls(source_of(article), seconds, article.language, clean.title, clean.text)

    @property
    def outline(self) -> Outline:
        """The outline of the text."""
        return _outline(self.title, self.text[:OUTLINE_CHARS], self.language)


@lru_cache(_OUTLINES)
def _outline(title: str, text: str, language: str) -> Outline:
    lead = lead_of(CleanText(title, text), OUTLINE_CHARS)
    return outline_of_lead(lead, title, language)


@lru_cache(_OUTLINES)
def _words(text: str) -> frozenset[str]:
    return frozenset(text[:OUTLINE_CHARS].split())


def _differ_in_details(a: Origin, b: Origin) -> bool:
    """Whether each text has two numbers, or a capitalised word at its head, that the other has not.

    Without that no rule of `outlines` holds. It takes a tenth of the time of two outlines, and most
    copies of one source fail it.
    """
    words = _words(a.text or a.title), _words(b.text or b.title)
    ours, theirs = words[0] - words[1], words[1] - words[0]
    if min(len(_NUMBER.findall(" ".join(own))) for own in (ours, theirs)) > 1:
        return True
    return _capitals_at_head(a, ours) and _capitals_at_head(b, theirs)


def _capitals_at_head(one: Origin, words: frozenset[str]) -> bool:
    capitals = {word.strip(_MARKS).casefold() for word in words if word != word.lower()}
    if not capitals:
        return False
    head = (*one.title.split(), *one.text[:_HEAD_CHARS].split())
    return not capitals.isdisjoint(word.strip(_MARKS).casefold() for word in head)


def in_series(a: Origin, b: Origin) -> bool:
    """Whether two texts are of one series of their source."""
    if not a.source or a.source != b.source or not _differ_in_details(a, b):
        return False
    gap = None if UNDATED in (a.seconds, b.seconds) else abs(a.seconds - b.seconds)
    return of_one_series(a.outline, b.outline, gap)


def series_pairs(first: Int64s, second: Int64s, origin_of: Callable[[int], Origin]) -> BoolMask:
    """Which pairs of texts are of one series.

    Args:
        first: Row of one text of each pair, int64 of shape (m,).
        second: Row of the other.
        origin_of: Origin of a text by row.

    Returns:
        bool of shape (m,).
    """
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    return np.array([in_series(origin_of(a), origin_of(b)) for a, b in pairs], bool)
