"""Scored pairs among texts, as a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import minimum_spanning_tree

from dedup.compute.arrays import BoolMask, Int64s


@dataclass(frozen=True, slots=True)
class Links:
    """Scored pairs among n texts, each in both directions, ordered by (first, second).

    Args:
        count: Number of texts, n.
        first: int64 of shape (2m,).
        second: int64 of shape (2m,).
        log_odds: In units of 1/1000, int64 of shape (2m,).
    """

    count: int
    first: Int64s
    second: Int64s
    log_odds: Int64s

    @classmethod
    def of(cls, first: Int64s, second: Int64s, log_odds: Int64s, count: int) -> Self:
        """From pairs in any order and direction, each once.

        Args:
            first: A text of each pair, int64 of shape (k,); row numbers.
            second: The other one.
            log_odds: Of each pair, in 1/1000.
            count: Number of texts.
        """
        keys = np.concatenate((first * count + second, second * count + first))
        order = np.argsort(keys)
        keys = keys[order]
        log_odds = np.concatenate((log_odds, log_odds))[order]
        return cls(count, keys // max(1, count), keys % max(1, count), log_odds)

    def around(self, text: int) -> Int64s:
        """The texts that one is linked to, ascending; int64 of shape (k,)."""
        start, stop = np.searchsorted(self.first, [text, text + 1])
        return self.second[start:stop]

    def among(self, members: Int64s) -> Links:
        """The links between some of the texts."""
        inside = np.zeros(self.count, bool)
        inside[members] = True
        return self._only(inside[self.first] & inside[self.second])

    def at_least(self, floor: int) -> Links:
        """The links with at least these log-odds."""
        return self._only(self.log_odds >= floor)

    def forest(self) -> Links:
        """As few of the links as have the same components at every floor: the strongest.

        Source: Gower & Ross 1969 (single linkage and spanning trees).
        """
        if not len(self.first):
            return self
        # Lengths have to be above 0, and the strongest link is the shortest.
        lengths = int(self.log_odds.max()) + 1 - self.log_odds
        forward = self.first < self.second
        graph = sp.coo_array(
            (lengths[forward].astype(np.float64), (self.first[forward], self.second[forward])),
            shape=(self.count, self.count),
        )
        tree = minimum_spanning_tree(graph.tocsr()).tocoo()
        log_odds = int(self.log_odds.max()) + 1 - tree.data.astype(np.int64)
        return Links.of(tree.row.astype(np.int64), tree.col.astype(np.int64), log_odds, self.count)

    def _only(self, kept: BoolMask) -> Links:
        if kept.all():
            return self
        return Links(self.count, self.first[kept], self.second[kept], self.log_odds[kept])


class PairScorer(Protocol):
    """What `group` needs of `affinity.Affinity`."""

    def log_odds(self, first: Int64s, second: Int64s) -> Int64s:
        """Log-odds of pairs, int64 of shape (m,)."""
        ...

    def block(self, rows: Int64s, columns: Int64s) -> Int64s:
        """Log-odds of k texts with each of l, int64 of shape (k, l); symmetric."""
        ...
