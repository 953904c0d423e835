"""Links: scored pairs of texts, as a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from dedup.compute.arrays import Int64s


@dataclass(frozen=True, slots=True)
class Links:
    """Scored pairs among n texts, each in both directions, ordered by (first, second).

    Args:
        count: Number of texts, n.
        first: int64 of shape (2m,).
        second: int64 of shape (2m,).
        log_odds: Log-odds in units of 1/1000, int64 of shape (2m,).
    """

    count: int
    first: Int64s
    second: Int64s
    log_odds: Int64s

    @classmethod
    def of(cls, first: Int64s, second: Int64s, log_odds: Int64s, count: int) -> Self:
        """From pairs in any order and direction, each once.

        Args:
            first: Row of the first text of each pair, int64 of shape (m,).
            second: Row of the second text, int64 (m,).
            log_odds: Log-odds of each pair, in units of 1/1000, int64 (m,).
            count: Number of texts.
        """
        keys = np.concatenate((first * count + second, second * count + first))
        order = np.argsort(keys)
        keys = keys[order]
        log_odds = np.concatenate((log_odds, log_odds))[order]
        return cls(count, keys // max(1, count), keys % max(1, count), log_odds)

    def neighbors(self, row: int) -> Int64s:
        """Rows of the texts that a text is linked to, ascending; int64 of shape (k,)."""
        start, stop = np.searchsorted(self.first, [row, row + 1])
        return self.second[start:stop]

    def at_least(self, floor: int) -> Links:
        """Links of at least these log-odds."""
        strong = self.log_odds >= floor
        if strong.all():
            return self
        return Links(self.count, self.first[strong], self.second[strong], self.log_odds[strong])


class PairScorer(Protocol):
    """Scores of pairs, as `affinity.Affinity` gives them to `group`."""

    def log_odds(self, first: Int64s, second: Int64s) -> Int64s:
        """Log-odds of pairs, int64 of shape (m,)."""
        ...

    def block(self, rows: Int64s, columns: Int64s) -> Int64s:
        """Log-odds of k texts with each of l, int64 of shape (k, l); symmetric."""
        ...
