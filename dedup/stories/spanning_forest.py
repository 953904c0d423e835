"""Spanning forest of the strongest links, brought up to date as links are added and removed.

Its dendrogram (`dendrogram.py`) holds the components at all floors. The forest changes little: an
added link can only replace one of its links, and where one of its links is removed, another may
connect the two sides, which is searched among the links of the smaller side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from dedup.compute.arrays import BoolMask, Int32s, Int64s
from dedup.stories.dendrogram import HIGHEST, Dendrogram, Floors, UInt8s
from dedup.stories.links import LinkGraph
from dedup.stories.pairs import RowPairs, ScoredPairs


@dataclass(frozen=True, slots=True)
class SpanningForest:
    """Strongest links that connect n texts.

    Args:
        first: One end of each link, int32 (m,).
        second: The other end, int32 (m,).
        levels: Level of each link, descending, uint8 (m,).
        dendrogram: Of these links.
    """

    first: Int32s
    second: Int32s
    levels: UInt8s
    dendrogram: Dendrogram

    @classmethod
    def of(cls, first: Int32s, second: Int32s, levels: UInt8s, count: int, compiled: bool) -> Self:
        """Forest of the strongest of some links.

        Args:
            first: One end of each link, int32 (m,).
            second: The other end, int32 (m,).
            levels: Level of each link, uint8 (m,).
            count: Number of texts.
            compiled: See `Dendrogram.of`.
        """
        down = np.argsort(HIGHEST - levels, kind="stable")
        first, second, levels = first[down], second[down], levels[down]
        dendrogram, inside = Dendrogram.of(first, second, levels, count, compiled)
        return cls(first[inside], second[inside], levels[inside], dendrogram)

    @classmethod
    def empty(cls) -> Self:
        """Forest of no texts."""
        nothing = np.empty(0, np.int32)
        return cls.of(nothing, nothing, np.empty(0, np.uint8), 0, compiled=False)

    def updated(
        self,
        added: Sequence[ScoredPairs],
        removed: RowPairs,
        links: LinkGraph,
        absent: BoolMask,
        floors: Floors,
        compiled: bool,
    ) -> SpanningForest:
        """Forest after a change of links.

        Args:
            added: New links, in parts; those of absent texts are left out.
            removed: Pairs that are linked no more.
            links: All links after the change.
            absent: Texts that take no part, bool (n,): their links count as removed.
            floors: Floors of the levels.
            compiled: See `Dendrogram.of`.
        """
        cut = absent[self.first] | absent[self.second] | self._are_among(removed, len(absent))
        if cut.any():
            rest = Dendrogram.of(
                self.first[~cut], self.second[~cut], self.levels[~cut], len(absent), compiled
            )[0]
            added = [*added, self._reconnecting(cut, rest.trees, links)]
        columns = [(self.first[~cut], self.second[~cut], self.levels[~cut])]
        for a, b, log_odds in added:
            there = ~(absent[a] | absent[b])
            ends = a[there].astype(np.int32), b[there].astype(np.int32)
            columns.append((*ends, floors.levels(log_odds[there])))
        first, second, levels = map(np.concatenate, zip(*columns, strict=True))
        return SpanningForest.of(first, second, levels, len(absent), compiled)

    def _are_among(self, pairs: RowPairs, count: int) -> BoolMask:
        """Whether each link of the forest is one of some pairs, bool of shape (links,)."""
        ends = np.zeros(count, bool)
        ends[pairs[0]] = ends[pairs[1]] = True
        near = np.flatnonzero(ends[self.first] & ends[self.second])
        links, wanted = (
            np.minimum(a, b) * count + np.maximum(a, b)
            for a, b in ((self.first[near].astype(np.int64), self.second[near]), pairs)
        )
        among = np.zeros(len(self.first), bool)
        among[near] = np.isin(links, wanted)
        return among

    def _reconnecting(self, cut: BoolMask, trees: Int64s, links: LinkGraph) -> ScoredPairs:
        """Links that may connect what cut links connected; the largest piece is not searched."""
        pieces = np.zeros(len(trees), np.int64)
        pieces[trees[self.first[cut]]] = pieces[trees[self.second[cut]]] = 1
        pieces[np.argmax(pieces * np.bincount(trees, minlength=len(trees)))] = 0
        first, second, log_odds = links.around(np.flatnonzero(pieces[trees]))
        crossing = trees[first] != trees[second]
        return first[crossing], second[crossing], log_odds[crossing]
