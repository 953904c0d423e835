"""Links of numbered texts in arrays, to which links are added and from which they are taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s, ranges
from dedup.index.live.arrays.growable import GrowableArray
from dedup.index.live.arrays.pairs import Pairs

_SPARE = 4
"""A piece that moves has room for so many more links, and for half as many as it has."""


class LinkTable:
    """Log-odds of linked texts; see `kernels/links.py` for its arrays."""

    def __init__(self) -> None:
        self._starts = GrowableArray(np.int64)
        self._counts = GrowableArray(np.int32)
        self._rooms = GrowableArray(np.int32)
        self._others = np.empty(1024, np.int32)
        self._weights = np.empty(1024, np.int32)
        self._used = 0

    def __len__(self) -> int:
        """Number of links."""
        return int(self._counts.rows.sum()) // 2

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The arrays, for kernels."""
        return (
            self._starts.rows, self._counts.rows, self._rooms.rows, self._others, self._weights,
        )  # fmt: skip

    def resize(self, texts: int) -> None:
        """Have pieces for so many texts, at least as many as now."""
        for each in (self._starts, self._counts, self._rooms):
            each.resize(texts)

    def shrink(self, texts: int) -> None:
        """Have only the pieces of the first texts, so many."""
        for each in (self._starts, self._counts, self._rooms):
            each.shrink(texts)

    def of(self, number: int) -> tuple[Int64s, Int64s]:
        """The texts that one is linked to, in no order that means anything, and the log-odds.

        Returns:
            int64 of shape (k,) each.
        """
        if number >= self._starts.count:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        start = int(self._starts.rows[number])
        part = slice(start, start + int(self._counts.rows[number]))
        return self._others[part].astype(np.int64), self._weights[part].astype(np.int64)

    def around(self, numbers: Int64s) -> tuple[Int64s, Int64s, Int64s]:
        """All links of some texts: the text, the other one, the log-odds; int64 (m,) each."""
        counts = self._counts.rows[numbers].astype(np.int64)
        places = ranges(self._starts.rows[numbers], counts)
        return (
            np.repeat(numbers, counts),
            self._others[places].astype(np.int64),
            self._weights[places].astype(np.int64),
        )

    def all(self) -> tuple[Int64s, Int64s, Int64s]:
        """All links, each once: smaller number, larger one, log-odds; int64 (m,) each."""
        first, second, log_odds = self.around(np.flatnonzero(self._counts.rows))
        once = first < second
        return first[once], second[once], log_odds[once]

    def linked(self, first: Int64s, second: Int64s) -> BoolMask:
        """Which pairs are linked, bool of shape (m,)."""
        from dedup.index.live.kernels.links import linked

        found: BoolMask = linked(self.arrays, first, second)
        return found

    def put(self, first: Int64s, second: Int64s, log_odds: Int64s) -> None:
        """Add links that are not there, each once."""
        from dedup.index.live.kernels.links import moved, put

        texts, more = np.unique(np.concatenate((first, second)), return_counts=True)
        counts = self._counts.rows[texts] + more
        short = counts > self._rooms.rows[texts]
        texts, counts = texts[short], counts[short]
        wanted = counts + counts // 2 + _SPARE
        self._ensure(int(wanted.sum()))
        self._used = moved(self.arrays, texts, wanted, self._used)
        put(self.arrays, first, second, log_odds)

    def cut(self, first: Int64s, second: Int64s) -> None:
        """Take links away that are there, each once."""
        from dedup.index.live.kernels.links import cut

        cut(self.arrays, first, second)

    def cut_all(self, number: int) -> Pairs:
        """Take all links of a text away, which goes; the pairs."""
        others, _ = self.of(number)
        pairs = np.full(len(others), number), others
        self.cut(*pairs)
        self._rooms.rows[number] = 0
        return pairs

    def _ensure(self, more: int) -> None:
        """Room for so many more links at the end; what was left behind by moves is given up."""
        if self._used + more <= len(self._others):
            return
        rooms = self._rooms.rows.astype(np.int64)
        kept = int(rooms.sum())
        size = (kept + more) * 5 // 4 + 1024
        places = ranges(self._starts.rows, rooms)
        for name in ("_others", "_weights"):
            fresh = np.empty(size, np.int32)
            fresh[:kept] = getattr(self, name)[places]
            setattr(self, name, fresh)
        self._starts.rows[:] = np.cumsum(rooms) - rooms
        self._used = kept
