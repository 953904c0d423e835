"""The order of precedence among texts that come and go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.articles import Precedence
from dedup.compute.arrays import Int64s, UInt64s
from dedup.compute.times import from_micros, to_micros
from dedup.index.live.arrays.growable import GrowableArray

_FEW = 8
"""So many texts are looked up among all; more are sorted with them."""


class Ordering:
    """Precedence of numbered texts: time, minus the length, and rank by id among equals."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._times = GrowableArray(np.int64)
        self._lengths = GrowableArray(np.int64)
        self._ranks = GrowableArray(np.int64)

    @property
    def arrays(self) -> tuple[Int64s, Int64s, Int64s]:
        """Time, minus the length, rank among equals: int64 of shape (n,) each."""
        return self._times.rows, self._lengths.rows, self._ranks.rows

    def extend(self, keys: Sequence[Precedence]) -> None:
        """The precedence of the texts with the next numbers."""
        start = len(self._ids)
        self._ids.extend(id for *_, id in keys)
        self._times.extend(np.array([to_micros(time) for time, *_ in keys], int))
        self._lengths.extend(np.array([length for _, length, _ in keys], np.int64))
        self._ranks.extend(np.zeros(len(keys), np.int64))
        times, lengths = self._times.rows, self._lengths.rows
        if len(keys) < _FEW:
            for number in range(start, len(self._ids)):
                same = (times == times[number]) & (lengths == lengths[number])
                self._rank(np.flatnonzero(same))
            return
        order = np.lexsort((lengths, times))
        differ = (np.diff(times[order]) != 0) | (np.diff(lengths[order]) != 0)
        starts = np.flatnonzero(np.append(True, differ))
        sizes = np.diff(np.append(starts, len(order)))
        for begin, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            self._rank(order[begin : begin + size])

    def _rank(self, equals: Int64s) -> None:
        """Rank texts of one time and length by their ids."""
        if len(equals) > 1:
            ranked = sorted(equals.tolist(), key=lambda number: (self._ids[number], number))
            self._ranks.rows[ranked] = np.arange(len(ranked))

    def forget_last(self) -> None:
        """Take back the last one."""
        self._ids.pop()
        for each in (self._times, self._lengths, self._ranks):
            each.shrink(len(self._ids))

    def of(self, number: int) -> Precedence:
        """The precedence of a text."""
        time = from_micros(int(self._times.rows[number]))
        return time, int(self._lengths.rows[number]), self._ids[number]

    def sorted(self, numbers: Int64s) -> Int64s:
        """Some texts, the first first; int64 of the shape of `numbers`."""
        times, lengths, ranks = (each[numbers] for each in self.arrays)
        return numbers[np.lexsort((ranks, lengths, times))]

    def order(self, bucket: Int64s | UInt64s, numbers: Int64s) -> Int64s:
        """How to sort texts by bucket, and by precedence in each; int64 of their shape."""
        times, lengths, ranks = (each[numbers] for each in self.arrays)
        order: Int64s = np.lexsort((ranks, lengths, times, bucket))
        return order
