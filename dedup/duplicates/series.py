"""Series: texts of one source that fill in one template are no copies, however similar they are.

What tells them apart is `dedup.text.outlines`. A text that several articles have is that of the
first of them, in the order of precedence, which represents it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, starmap

import numpy as np

from dedup.articles import UNDATED, lead_of, source_of
from dedup.compute.arrays import BoolMask, Int64s
from dedup.records import Article, CleanText
from dedup.text.outlines import (
    HEAD_WORDS,
    OUTLINE_CHARS,
    Outline,
    of_one_series,
    outline_of_lead,
    tokens_in,
    weekdays,
)

_OUTLINES = 1 << 14
_NUMBER = re.compile(r"[0-9]+(?:[.,:/-][0-9]+)*")
_ASCII_CAPITAL = re.compile(r"[A-Z][A-Za-z]*")
_BLOCK = 64


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


def _differ_in_details(a: Origin, b: Origin) -> bool:
    """Whether each text has numbers, or a capitalised word at its head, that the other has not.

    Two numbers, and more than both share; or beside the word another one, a number or a day.
    Without that no rule of `outlines` holds. It takes a tenth of the time of two outlines, and
    most copies of one source fail it.
    """
    first, second = ((one.text or one.title)[:OUTLINE_CHARS] for one in (a, b))
    ours, theirs = _between(first, second)
    numbers = _fewest_apart(_numbers(ours), _numbers(theirs))
    if numbers > 1 and numbers > len(_numbers(first) & _numbers(second)):
        return True
    our_words, their_words = _capitals(ours), _capitals(theirs)
    capitals = _fewest_apart(our_words, their_words)
    if not capitals or not (numbers or capitals > 1 or _have_days(a, ours)):
        return False
    heads = (a, our_words - their_words), (b, their_words - our_words)
    return all(starmap(_has_at_head, heads))


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))


def _fewest_apart(first: set[str], second: set[str]) -> int:
    """Words that only one of two texts has, of the text that has fewer."""
    return min(len(first - second), len(second - first))


def _have_days(one: Origin, part: str) -> bool:
    """Whether a part of a text names a day of the week."""
    days = weekdays(one.language)
    return any(token.casefold() in days for token in tokens_in(part))


def _between(a: str, b: str) -> tuple[str, str]:
    """Two texts without most words that both begin or end with; empty if one has the other."""
    if a in b or b in a:
        return "", ""
    same = 0
    while a[same : same + _BLOCK] == b[same : same + _BLOCK]:
        same += _BLOCK
    start = a.rfind(" ", 0, same) + 1
    same = 0
    while a[len(a) - same - _BLOCK : len(a) - same] == b[len(b) - same - _BLOCK : len(b) - same]:
        same += _BLOCK
    rest = a.find(" ", len(a) - same)
    left = len(a) - rest if same and rest > 0 else 0
    return a[start : len(a) - left], b[start : len(b) - left]


def _capitals(text: str) -> set[str]:
    """The capitalised words of a text, without case."""
    if text.isascii():
        words = _ASCII_CAPITAL.findall(text)
    elif text == text.lower():
        return set()
    else:
        written = (word for word in text.split() if word != word.lower())
        words = [token for token in tokens_in(" ".join(written)) if token[0].isupper()]
    return {word.casefold() for word in words}


def _has_at_head(one: Origin, words: Collection[str]) -> bool:
    """Whether one of some words stands at the head of a text."""
    head = chain(tokens_in(one.title), tokens_in(one.text, HEAD_WORDS))
    return any(token.casefold() in words for token in head)


def in_series(a: Origin, b: Origin) -> bool:
    """Whether two texts are of one series of their source."""
    return (
        bool(a.source) and a.source == b.source and _differ_in_details(a, b) and by_outlines(a, b)
    )


def by_outlines(a: Origin, b: Origin) -> bool:
    """The same of two texts of one source, without a look at their words before.

    Quicker where a text is compared again and again: outlines are kept.
    """
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
    rows = np.unique(np.concatenate((first, second))).tolist()
    origins = dict(zip(rows, map(origin_of, rows), strict=True))
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    return np.array([in_series(origins[a], origins[b]) for a, b in pairs], bool)
