"""Spanning forest of the strongest links, brought up to date as links are added and removed.

Its dendrogram (`stories/dendrogram.py`) holds the components at all floors. The forest changes
little: an added link can only replace one of its links, and where one of its links is removed,
another may connect the two sides, which is searched among the links of the smaller side.
"""

from __future__ import annotations

import numpy as np

from dedup.compute.arrays import BoolMask, Int32s
from dedup.index.live.arrays.link_table import LinkTable
from dedup.stories.dendrogram import HIGHEST, Dendrogram, Floors, UInt8s
from dedup.stories.pairs import RowPairs, ScoredPairs


class SpanningForest:
    """Strongest links that connect n texts, and their dendrogram; immutable.

    Args:
        floors: Floors of the dendrogram.
        first: One end of each link among which the strongest are found, int32 (m,).
        second: The other end, int32 (m,).
        levels: Level of each link, uint8 (m,).
        count: Number of texts.
    """

    def __init__(
        self, floors: Floors, first: Int32s, second: Int32s, levels: UInt8s, count: int
    ) -> None:
        down = np.argsort(HIGHEST - levels, kind="stable")
        first, second, levels = first[down], second[down], levels[down]
        self.floors = floors
        self.dendrogram, inside = Dendrogram.of(first, second, levels, count, compiled=True)
        self._first, self._second, self._levels = first[inside], second[inside], levels[inside]
        self.count = count

    @classmethod
    def empty(cls, floors: Floors) -> SpanningForest:
        """Forest of no texts."""
        nothing = np.empty(0, np.int32)
        return cls(floors, nothing, nothing, np.empty(0, np.uint8), 0)

    def updated(
        self, added: ScoredPairs, removed: RowPairs, table: LinkTable, absent: BoolMask
    ) -> SpanningForest:
        """Forest after a change.

        Args:
            added: New links, none of a text that is absent.
            removed: Pairs that are linked no more.
            table: All links after the change.
            absent: Texts that take no part, bool (count,): their links count as removed.
        """
        first, second, levels = self._first, self._second, self._levels
        cut = absent[first] | absent[second] | self._are_among(removed)
        links = [added]
        if cut.any():
            ends = first[cut], second[cut]
            first, second, levels = first[~cut], second[~cut], levels[~cut]
            links.append(self._replacements(first, second, ends, table, absent))
        a, b, log_odds = (np.concatenate([part[k] for part in links]) for k in range(3))
        return SpanningForest(
            self.floors,
            np.concatenate((first, a.astype(np.int32))),
            np.concatenate((second, b.astype(np.int32))),
            np.concatenate((levels, self.floors.levels(log_odds))),
            len(absent),
        )

    def _are_among(self, pairs: RowPairs) -> BoolMask:
        """Whether each link of the forest is one of some pairs, bool of shape (links,)."""
        among = np.zeros(len(self._first), bool)
        if not len(pairs[0]):
            return among
        ends = np.zeros(self.count, bool)
        ends[np.concatenate(pairs)[np.concatenate(pairs) < self.count]] = True
        near = np.flatnonzero(ends[self._first] & ends[self._second])
        low, high = np.minimum(*pairs), np.maximum(*pairs)
        a, b = self._first[near].astype(np.int64), self._second[near].astype(np.int64)
        base = max(self.count, int(high.max()) + 1)
        among[near] = np.isin(np.minimum(a, b) * base + np.maximum(a, b), low * base + high)
        return among

    def _replacements(
        self,
        first: Int32s,
        second: Int32s,
        ends: tuple[Int32s, Int32s],
        table: LinkTable,
        absent: BoolMask,
    ) -> ScoredPairs:
        """Links that may connect what the removed links connected.

        Of the pieces of one former component, the largest need not be searched.

        Args:
            first: One end of each remaining link.
            second: The other end.
            ends: Both ends of the removed links.
            table: All links.
            absent: Texts that take no part.
        """
        from dedup.index.live.kernels.spanning_forest import components, crossing

        labels = components(len(absent), first, second)
        pieces = np.unique(labels[np.concatenate(ends)])
        sizes = np.bincount(labels, minlength=len(absent))[pieces]
        old = self.dendrogram
        roots = np.sort(old.starts[old.above < 0])
        trees = np.searchsorted(roots, old.positions[pieces], "right")
        largest = np.lexsort((sizes, trees))
        last = np.append(np.diff(trees[largest]) != 0, True)
        small = np.zeros(len(absent), bool)
        small[pieces[largest[~last]]] = True
        rows = np.flatnonzero(small[labels])
        links: ScoredPairs = crossing(table.arrays, labels, rows, self.floors.lowest, absent)
        return links
