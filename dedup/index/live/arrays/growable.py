"""Arrays that grow at the end: a full one gets room for a quarter more."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.compute.keyed_rows import KeyedRows

_FIRST = 64
_GROWTH = 1.25

Array = npt.NDArray[Any]


class GrowableArray:
    """Array of `count` rows that grows at the end.

    Args:
        dtype: Type of the values.
        shape: Shape of one row.
        fill: Value of new rows.
    """

    def __init__(self, dtype: npt.DTypeLike, shape: tuple[int, ...] = (), fill: float = 0) -> None:
        self._fill = fill
        self._room = np.full((_FIRST, *shape), fill, dtype)
        self.count = 0

    @property
    def rows(self) -> Array:
        """View of all rows, without those added later."""
        return self._room[: self.count]

    def adopt(self, rows: Array) -> None:
        """Have these rows instead of those there are; they may be changed."""
        self._room = rows
        self.count = len(rows)

    def extend(self, rows: Array) -> None:
        """Add rows at the end."""
        self._ensure(self.count + len(rows))
        self._room[self.count : self.count + len(rows)] = rows
        self.count += len(rows)

    def resize(self, count: int) -> None:
        """Grow to so many rows, at least as many as now; new ones are filled."""
        self._ensure(count)
        self.count = count

    def shrink(self, count: int) -> None:
        """Keep only the first rows, so many."""
        self._room[count : self.count] = self._fill
        self.count = count

    def _ensure(self, count: int) -> None:
        if count > len(self._room):
            most = max(count, int(len(self._room) * _GROWTH))
            # Zeros that were never written take no memory.
            room = np.zeros((most, *self._room.shape[1:]), self._room.dtype)
            room[: len(self._room)] = self._room
            if self._fill:
                room[len(self._room) :] = self._fill
            self._room = room


class GrowableRows:
    """Sparse rows (`KeyedRows`) to which rows are added."""

    def __init__(self) -> None:
        self._offsets = GrowableArray(np.int64)
        self._offsets.extend(np.zeros(1, np.int64))
        self._keys = GrowableArray(np.uint64)
        self._values = GrowableArray(np.int32)

    @property
    def rows(self) -> KeyedRows:
        """Views of all rows, without those added later."""
        return KeyedRows(self._offsets.rows, self._keys.rows, self._values.rows)

    def adopt(self, rows: KeyedRows) -> None:
        """Have these rows instead of those there are."""
        self._offsets.adopt(rows.offsets)
        self._keys.adopt(rows.keys)
        self._values.adopt(rows.values)

    def extend(self, rows: KeyedRows) -> None:
        """Add rows at the end."""
        self._offsets.extend(rows.offsets[1:] - rows.offsets[0] + self._offsets.rows[-1])
        self._keys.extend(rows.keys)
        self._values.extend(rows.values)

    def shrink(self, count: int) -> None:
        """Keep only the first rows, so many."""
        end = int(self._offsets.rows[count])
        self._offsets.shrink(count + 1)
        self._keys.shrink(end)
        self._values.shrink(end)
