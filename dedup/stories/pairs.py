"""Pairs of texts, and the time between the two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.articles import UNDATED
from dedup.compute.arrays import BoolMask, Int64s, different

RowPairs = tuple[Int64s, Int64s]
"""Rows of the first and of the second text of each pair, repeated or not."""
ScoredPairs = tuple[Int64s, Int64s, Int64s]
"""Rows of both texts of each pair, and its log-odds."""

_NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of texts by row, each once, ordered by (first, second).

    Args:
        first: int64 of shape (m,).
        second: int64 of shape (m,), `second > first`.
    """

    first: Int64s
    second: Int64s

    @classmethod
    def of(cls, parts: Sequence[RowPairs], count: int) -> Pairs:
        """Pairs from pairs in any order and direction, repeated or not.

        Args:
            parts: Rows of both texts of each pair, int64 of shape (k,) each, in several parts.
            count: Number of texts.
        """
        keys = [np.minimum(a, b) * count + np.maximum(a, b) for a, b in parts]
        ordered = different(np.concatenate([_NOTHING, *keys]))
        return cls(ordered // max(1, count), ordered % max(1, count))


def joined(pairs: Iterable[RowPairs]) -> RowPairs:
    """Pairs of several parts, one part after the other."""
    first, second = zip((_NOTHING, _NOTHING), *pairs, strict=True)
    return np.concatenate(first), np.concatenate(second)


def joined_links(links: Iterable[ScoredPairs]) -> ScoredPairs:
    """Pairs and log-odds of several parts, one part after the other."""
    first, second, log_odds = zip((_NOTHING,) * 3, *links, strict=True)
    return np.concatenate(first), np.concatenate(second), np.concatenate(log_odds)


def within_gap(seconds: Int64s, a: Int64s, b: Int64s, gap: int) -> BoolMask:
    """Whether the texts of pairs are at most `gap` seconds apart; an undated one is near to all.

    Args:
        seconds: Time of each text, int64 of shape (n,).
        a: Row of the first text of each pair, int64 of shape (m,).
        b: Row of the second text, int64 of shape (m,).
        gap: Largest time between the two, in seconds.

    Returns:
        bool of shape (m,).
    """
    gaps, dated = time_gaps(seconds, a, b)
    near: BoolMask = ~dated | (gaps <= gap)
    return near


def time_gaps(seconds: Int64s, a: Int64s, b: Int64s) -> tuple[Int64s, BoolMask]:
    """Time between two texts, and whether both have one.

    Args:
        seconds: Time of each text, int64 of shape (n,).
        a: Row of the first text of each pair, int64 of shape (m,).
        b: Row of the second text, int64 of shape (m,).

    Returns:
        Seconds between them, int64 of shape (m,), 0 where a date is missing; and whether none
        is, bool of shape (m,).
    """
    first, second = seconds[a], seconds[b]
    dated: BoolMask = (first != UNDATED) & (second != UNDATED)
    return np.abs(np.where(dated, first, 0) - np.where(dated, second, 0)), dated
