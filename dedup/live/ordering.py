"""The order of precedence among texts that come and go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from dedup.assembly import Precedence
from dedup.live.growing import Growing
from dedup.shingles import Int64s

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Ordering:
    """Precedence of numbered texts."""

    def __init__(self) -> None:
        self._keys: list[Precedence] = []
        self._times = Growing(np.int64)
        self._lengths = Growing(np.int64)

    def add(self, key: Precedence) -> None:
        """The precedence of the text with the next number."""
        self._keys.append(key)
        self._times.extend(np.array([(key[0] - _EPOCH) // _MICROSECOND]))
        self._lengths.extend(np.array([key[1]]))

    def forget_last(self) -> None:
        """Take back the last one."""
        self._keys.pop()
        self._times.shrink(len(self._keys))
        self._lengths.shrink(len(self._keys))

    def of(self, number: int) -> Precedence:
        """The precedence of a text."""
        return self._keys[number]

    def sorted(self, numbers: Int64s) -> Int64s:
        """Some texts, the first first; int64 of the shape of `numbers`."""
        return numbers[self.order(np.zeros(len(numbers), np.int64), numbers)]

    def order(self, bucket: Int64s, numbers: Int64s) -> Int64s:
        """How to sort texts by bucket, and by precedence in each; int64 of their shape."""
        times, lengths = self._times.rows[numbers], self._lengths.rows[numbers]
        order: Int64s = np.lexsort((lengths, times, bucket))
        ties = np.ones(max(0, len(numbers) - 1), bool)
        for column in (bucket, times, lengths):
            sorted_ = column[order]
            ties &= sorted_[1:] == sorted_[:-1]
        if ties.any():
            keys = self._keys
            pairs = list(zip(bucket.tolist(), numbers.tolist(), strict=True))
            order = np.array(
                sorted(range(len(pairs)), key=lambda k: (pairs[k][0], keys[pairs[k][1]])), np.int64
            )
        return order
