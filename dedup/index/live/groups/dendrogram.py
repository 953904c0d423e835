"""How texts hang together at rising floors, brought up to date as links come and go.

The forest of strongest links (`kernels/forest.py`) says it, and it changes little: links that come
can only replace some of its own, and where one of its own goes, another may join the two sides,
which is looked for among the links of the smaller one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import BoolMask, Int32s, Int64s, mix64
from dedup.index.live.arrays.link_table import LinkTable
from dedup.index.live.arrays.pairs import Pairs, Scored
from dedup.stories.components import CERTAIN, RAISE_FLOOR

_HIGHEST = 255
"""No log-odds are that high."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Rising floors, as `percolation.denser_parts` raises them.

    Args:
        floor: The first, in log-odds.
    """

    floor: int

    @property
    def certain(self) -> int:
        """Number of the first floor at which what is not too large is left whole."""
        return max(1, -(-(CERTAIN - self.floor) // RAISE_FLOOR))

    def of(self, log_odds: Int64s) -> npt.NDArray[np.uint8]:
        """The highest floor at which links hold, uint8 of their shape."""
        steps = (log_odds - self.floor) // RAISE_FLOOR
        if self.floor < CERTAIN:
            above = self.certain + (log_odds - CERTAIN) // RAISE_FLOOR
            steps = np.where(log_odds < CERTAIN, np.minimum(steps, self.certain - 1), above)
        return np.minimum(steps, _HIGHEST).astype(np.uint8)


class Forest:
    """Components of n texts at all floors. What changes is a new forest.

    Args:
        levels: The floors.
        first: One end of each link of which the strongest are kept, int32 (m,).
        second: The other.
        holds: The highest floor at which each holds, uint8 (m,).
        count: Number of texts.
    """

    def __init__(
        self,
        levels: Levels,
        first: Int32s,
        second: Int32s,
        holds: npt.NDArray[np.uint8],
        count: int,
    ) -> None:
        from dedup.index.live.kernels.dendrogram import planted

        self._levels = levels
        down = np.argsort(_HIGHEST - holds, kind="stable")
        first, second, holds = first[down], second[down], holds[down]
        hashes = mix64(np.arange(1, count + 1).astype(np.uint64))
        kept, self.tree, self.nodes, self.order, self.places = planted(hashes, first, second, holds)
        self._first, self._second, self._holds = first[kept], second[kept], holds[kept]
        self.count = count

    @property
    def certain(self) -> int:
        """See `Levels.certain`."""
        return self._levels.certain

    @classmethod
    def empty(cls, levels: Levels) -> Forest:
        """Of no texts."""
        return cls(levels, np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.uint8), 0)

    def changed(self, gained: Scored, lost: Pairs, table: LinkTable, absent: BoolMask) -> Forest:
        """The forest after a change.

        Args:
            gained: Links that came, none of a text that is absent.
            lost: Pairs that were linked and are no more.
            table: All links, as they are now.
            absent: Texts that take no part, bool (count,): links of theirs count as lost.
        """
        first, second, holds = self._first, self._second, self._holds
        gone = absent[first] | absent[second] | self._are_among(lost)
        found = [gained]
        if gone.any():
            stay = ~gone
            parted = first[gone], second[gone]
            first, second, holds = first[stay], second[stay], holds[stay]
            found.append(self._joining(first, second, parted, table, absent))
        a, b, log_odds = (np.concatenate([each[k] for each in found]) for k in range(3))
        return Forest(
            self._levels,
            np.concatenate((first, a.astype(np.int32))),
            np.concatenate((second, b.astype(np.int32))),
            np.concatenate((holds, self._levels.of(log_odds))),
            len(absent),
        )

    def members(self, node: int) -> Int64s:
        """The texts of a component, in no order that means anything; int64 of shape (k,)."""
        _, _, sizes, _, starts, _ = self.tree
        start = int(starts[node])
        members: Int64s = self.order[start : start + int(sizes[node])].astype(np.int64)
        return members

    def levels_of(self, log_odds: Int64s) -> npt.NDArray[np.uint8]:
        """The highest floor at which links hold, uint8 of their shape; see `Levels`."""
        return self._levels.of(log_odds)

    def components_at(self, texts: Int64s, floors: int) -> Int32s:
        """Nodes of the components that texts are in at the first floors.

        Args:
            texts: Some texts, int64 of shape (k,).
            floors: How many floors.

        Returns:
            int32 of shape (floors, k).
        """
        above, level, *_ = self.tree
        found = np.empty((floors, len(texts)), np.int32)
        nodes = texts.astype(np.int32)
        for floor in reversed(range(floors)):
            over = above[nodes]
            while (up := (over >= 0) & (level[over] >= floor)).any():
                nodes = np.where(up, self._uppermost[over], nodes)
                over = above[nodes]
            found[floor] = nodes
        return found

    @cached_property
    def _uppermost(self) -> Int32s:
        """For each leaf and node the uppermost one of the same component."""
        from dedup.index.live.kernels.dendrogram import uppermost

        found: Int32s = uppermost(self.tree, self.nodes)
        return found

    def _are_among(self, pairs: Pairs) -> BoolMask:
        """Which links of the forest are among some pairs."""
        if not len(pairs[0]):
            return np.zeros(len(self._first), bool)
        ends = np.zeros(self.count, bool)
        ends[np.concatenate(pairs)[np.concatenate(pairs) < self.count]] = True
        near = np.flatnonzero(ends[self._first] & ends[self._second])
        low, high = np.minimum(*pairs), np.maximum(*pairs)
        a, b = self._first[near].astype(np.int64), self._second[near].astype(np.int64)
        many = max(self.count, int(high.max()) + 1)
        found = np.zeros(len(self._first), bool)
        found[near] = np.isin(np.minimum(a, b) * many + np.maximum(a, b), low * many + high)
        return found

    def _joining(
        self,
        first: Int32s,
        second: Int32s,
        parted: tuple[Int32s, Int32s],
        table: LinkTable,
        absent: BoolMask,
    ) -> Scored:
        """Links that may join what hangs together no more.

        Of the pieces of what was one component, the largest need not be looked at.
        """
        from dedup.index.live.kernels.dendrogram import components, crossing

        labels = components(len(absent), first, second)
        pieces = np.unique(labels[np.concatenate(parted)])
        sizes = np.bincount(labels, minlength=len(absent))[pieces]
        above, _, _, _, starts, _ = self.tree
        roots = np.sort(starts[: self.nodes][above[: self.nodes] < 0])
        trees = np.searchsorted(roots, self.places[pieces], "right")
        largest = np.lexsort((sizes, trees))
        last = np.append(np.diff(trees[largest]) != 0, True)
        small = np.zeros(len(absent), bool)
        small[pieces[largest[~last]]] = True
        texts = np.flatnonzero(small[labels])
        found: Scored = crossing(table.arrays, labels, texts, self._levels.floor, absent)
        return found
