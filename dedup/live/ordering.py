"""The order of precedence among texts that come and go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from dedup.live.growing import Growing
from dedup.shingles import Int64s

Precedence = tuple[datetime, int, str]
"""As `dedup.assembly.precedence` makes it."""

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

    def of(self, number: int) -> Precedence:
        """The precedence of a text."""
        return self._keys[number]

    def sorted(self, numbers: Int64s) -> Int64s:
        """Some texts, the first first."""
        times, lengths = self._times.rows[numbers], self._lengths.rows[numbers]
        order = np.lexsort((lengths, times))
        times, lengths = times[order], lengths[order]
        if np.any((times[1:] == times[:-1]) & (lengths[1:] == lengths[:-1])):
            return np.array(sorted(numbers.tolist(), key=self.of), np.int64)
        return numbers[order]
