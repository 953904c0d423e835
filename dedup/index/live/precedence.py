"""The order of precedence among texts that are added and removed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.articles import Precedence
from dedup.compute.arrays import Float64s, Int64s, UInt64s
from dedup.compute.growable import Growable, GrowableArray, GrowableStrings
from dedup.compute.times import from_micros, to_micros

_FEW = 8
"""Fewer new texts are each compared with all others; more are sorted with them."""


class Ordering:
    """Precedence of texts by row: time, minus the length, and rank by id among equals."""

    def __init__(self) -> None:
        self.ids = GrowableStrings()
        """Ids of the articles by row."""
        self._times = GrowableArray(np.int64)
        self._lengths = GrowableArray(np.int64)
        self._ranks = GrowableArray(np.int64)

    @property
    def arrays(self) -> tuple[Int64s, Int64s, Int64s]:
        """Time, minus the length, rank among equals: int64 of shape (n,) each."""
        return self._times.rows, self._lengths.rows, self._ranks.rows

    def extend(self, keys: Sequence[Precedence]) -> None:
        """Add the precedence of the texts with the next rows."""
        start = len(self.ids)
        self.ids.add(id for *_, id in keys)
        self._times.extend(np.array([to_micros(time) for time, *_ in keys], int))
        self._lengths.extend(np.array([length for _, length, _ in keys], np.int64))
        self._ranks.extend(np.zeros(len(keys), np.int64))
        times, lengths = self._times.rows, self._lengths.rows
        if len(keys) < _FEW:
            for row in range(start, len(self.ids)):
                same = (times == times[row]) & (lengths == lengths[row])
                self._rank(np.flatnonzero(same))
            return
        order = np.lexsort((lengths, times))
        differ = (np.diff(times[order]) != 0) | (np.diff(lengths[order]) != 0)
        starts = np.flatnonzero(np.append(True, differ))
        sizes = np.diff(np.append(starts, len(order)))
        for begin, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            self._rank(order[begin : begin + size])

    def growing(self) -> dict[str, Growable]:
        """Columns that only grow, by name."""
        return {"ids": self.ids, "times": self._times, "lengths": self._lengths}

    def changing(self) -> dict[str, Growable]:
        """The other columns, by name."""
        return {"ranks": self._ranks}

    def _rank(self, equals: Int64s) -> None:
        """Rank texts of one time and length by their ids."""
        if len(equals) > 1:
            ranked = sorted(equals.tolist(), key=lambda row: (self.ids[row], row))
            self._ranks.rows[ranked] = np.arange(len(ranked))

    def of(self, row: int) -> Precedence:
        """The precedence of a text."""
        time = from_micros(int(self._times.rows[row]))
        return time, int(self._lengths.rows[row]), self.ids[row]

    def sorted(self, rows: Int64s) -> Int64s:
        """The rows in the order of precedence; int64 of the same shape."""
        times, lengths, ranks = (column[rows] for column in self.arrays)
        return rows[np.lexsort((ranks, lengths, times))]

    def order(self, bucket: Int64s | UInt64s | Float64s, rows: Int64s) -> Int64s:
        """Positions that sort rows by bucket, and by precedence in each; int64 of their shape."""
        times, lengths, ranks = (column[rows] for column in self.arrays)
        order: Int64s = np.lexsort((ranks, lengths, times, bucket))
        return order
