"""Table of links in arrays, to which links are added and from which they are removed."""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s, ranges
from dedup.compute.growable import Columns, GrowableArray
from dedup.stories.pairs import RowPairs, ScoredPairs

_SPARE = 4
"""Room of a piece that moves: one and a half times its links, and so many more."""


class LinkTable:
    """Log-odds of linked texts; see `kernels/links.py` for its arrays."""

    def __init__(self) -> None:
        self._starts = GrowableArray(np.int64)
        self._counts = GrowableArray(np.int32)
        self._rooms = GrowableArray(np.int32)
        self._others = np.empty(1024, np.int32)
        self._weights = np.empty(1024, np.int32)
        self._used = 0

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The arrays, for kernels."""
        return (
            self._starts.rows, self._counts.rows, self._rooms.rows, self._others, self._weights,
        )  # fmt: skip

    def resize(self, texts: int) -> None:
        """Make pieces for so many texts, at least as many as now."""
        for column in (self._starts, self._counts, self._rooms):
            column.resize(texts)

    def around(self, rows: Int64s) -> ScoredPairs:
        """All links of some texts: the text, the other one, the log-odds; int64 (m,) each."""
        counts = self._counts.rows[rows].astype(np.int64)
        places = ranges(self._starts.rows[rows], counts)
        return (
            np.repeat(rows, counts),
            self._others[places].astype(np.int64),
            self._weights[places].astype(np.int64),
        )

    def all(self) -> ScoredPairs:
        """All links, each once: smaller row, larger row, log-odds; int64 (m,) each."""
        first, second, log_odds = self.around(np.flatnonzero(self._counts.rows))
        once = first < second
        return first[once], second[once], log_odds[once]

    def saved(self, rows: Int64s, new_row: Int64s) -> dict[str, Any]:
        """Columns of the links among some texts, which get new rows without gaps.

        Args:
            rows: Rows of the texts, ascending; int64 of shape (k,).
            new_row: New row of each text, int64 of shape (n,).
        """
        _, others, weights = self.around(rows)
        return {
            "links.counts": self._counts.rows[rows].copy(),
            "links.others": new_row[others].astype(np.int32),
            "links.log_odds": weights.astype(np.int32),
        }

    def load(self, columns: Columns) -> None:
        """Load what `saved` returned."""
        counts = columns["links.counts"]
        self._counts.adopt(counts)
        self._rooms.adopt(counts.copy())
        self._starts.adopt(np.cumsum(counts, dtype=np.int64) - counts)
        self._others, self._weights = columns["links.others"], columns["links.log_odds"]
        self._used = len(self._others)

    def linked(self, first: Int64s, second: Int64s) -> BoolMask:
        """Whether pairs are linked, bool of shape (m,)."""
        from dedup.index.live.kernels.links import linked

        mask: BoolMask = linked(self.arrays, first, second)
        return mask

    def put(self, first: Int64s, second: Int64s, log_odds: Int64s) -> None:
        """Add new links, each once."""
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
        """Remove present links, each once."""
        from dedup.index.live.kernels.links import cut

        cut(self.arrays, first, second)

    def cut_all(self, row: int) -> RowPairs:
        """Remove all links of a text that leaves; returns the pairs."""
        first, second, _ = self.around(np.array([row]))
        self.cut(first, second)
        self._rooms.rows[row] = 0
        return first, second

    def _ensure(self, more: int) -> None:
        """Make room for so many more links at the end; gaps that moves left behind are closed."""
        if self._used + more <= len(self._others):
            return
        rooms = self._rooms.rows.astype(np.int64)
        total = int(rooms.sum())
        size = (total + more) * 5 // 4 + 1024
        places = ranges(self._starts.rows, rooms)
        for name in ("_others", "_weights"):
            fresh = np.empty(size, np.int32)
            fresh[:total] = getattr(self, name)[places]
            setattr(self, name, fresh)
        self._starts.rows[:] = np.cumsum(rooms) - rooms
        self._used = total
