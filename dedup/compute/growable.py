"""Arrays, sparse rows, lists and strings that grow at the end, with room for a quarter more.

What was saved is taken over as it is, mapped files included. It is copied when it grows beyond its
room, which files may have, too (`Roomy`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import Int64s, ranges
from dedup.compute.keyed_rows import KeyedRows

_FIRST = 64
_GROWTH = 1.25

Array = npt.NDArray[Any]
Columns = Mapping[str, Array]
"""Arrays by name."""


class Roomy(dict[str, Array]):
    """Columns of which some are the first rows of arrays that have room for more.

    Args:
        columns: The columns, by name.
        rooms: The longer arrays that some of them begin; what is in the other rows means nothing.
    """

    def __init__(self, columns: Columns, rooms: Columns) -> None:
        super().__init__(columns)
        self.rooms = rooms


class Growable(Protocol):
    """Rows of some kind that grow at the end, and are saved as columns."""

    def saved(self, name: str, rows: Int64s | None = None) -> dict[str, Array]:
        """Columns of some rows, int64 (k,), or of all: those of more rows begin with the same."""

    def load(self, columns: Columns, name: str) -> None:
        """Have what `saved` returned instead of what there is; it may be changed."""

    def shrink(self, count: int) -> None:
        """Keep only the first rows, so many."""


class GrowableArray:
    """Array of `count` rows that grows at the end.

    Args:
        dtype: Type of the values.
        shape: Shape of one row.
        fill: Value of new rows.
    """

    def __init__(self, dtype: npt.DTypeLike, shape: tuple[int, ...] = (), fill: float = 0) -> None:
        self._fill = fill
        self._room = np.empty((_FIRST, *shape), dtype)
        self.count = 0

    @property
    def rows(self) -> Array:
        """View of all rows, without those added later."""
        return self._room[: self.count]

    @property
    def nbytes(self) -> int:
        """Bytes of the array, with its room."""
        return self._room.nbytes

    def saved(self, name: str, rows: Int64s | None = None) -> dict[str, Array]:
        """See `Growable.saved`."""
        return {name: self.rows if rows is None else self.rows[rows]}

    def load(self, columns: Columns, name: str) -> None:
        """See `Growable.load`."""
        self.adopt(columns[name])
        if isinstance(columns, Roomy) and name in columns.rooms:
            self._room = columns.rooms[name]

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
        self._room[self.count : count] = self._fill
        self.count = count

    def shrink(self, count: int) -> None:
        """See `Growable.shrink`."""
        self.count = count

    def _ensure(self, count: int) -> None:
        if count > len(self._room):
            most = max(count, int(len(self._room) * _GROWTH))
            # Rows that were never written take no memory.
            room = np.empty((most, *self._room.shape[1:]), self._room.dtype)
            room[: self.count] = self.rows
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

    def saved(self, name: str, rows: Int64s | None = None) -> dict[str, Array]:
        """See `Growable.saved`."""
        taken = self.rows if rows is None else self.rows.take(rows)
        return {f"{name}.{part}": getattr(taken, part) for part in ("offsets", "keys", "values")}

    def load(self, columns: Columns, name: str) -> None:
        """See `Growable.load`."""
        self._offsets.load(columns, f"{name}.offsets")
        self._keys.load(columns, f"{name}.keys")
        self._values.load(columns, f"{name}.values")

    def extend(self, rows: KeyedRows) -> None:
        """Add rows at the end."""
        self._offsets.extend(rows.offsets[1:] - rows.offsets[0] + self._offsets.rows[-1])
        self._keys.extend(rows.keys)
        self._values.extend(rows.values)

    def shrink(self, count: int) -> None:
        """See `Growable.shrink`."""
        end = int(self._offsets.rows[count])
        self._offsets.shrink(count + 1)
        self._keys.shrink(end)
        self._values.shrink(end)


class GrowableLists:
    """Lists of values, each of any length, to which lists are added.

    Args:
        dtype: Type of the values.
    """

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self.values = GrowableArray(dtype)
        self.ends = GrowableArray(np.int64)
        """Where each list ends among the values, int64 (n,)."""

    def __len__(self) -> int:
        return self.ends.count

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, with their room."""
        return self.values.nbytes + self.ends.nbytes

    def counts(self, rows: Int64s) -> Int64s:
        """How many values some lists have, int64 of shape (k,)."""
        ends = self.ends.rows
        counts: Int64s = ends[rows] - np.where(rows > 0, ends[rows - 1], 0)
        return counts

    def of(self, rows: Int64s) -> Array:
        """The values of some lists, one list after the other."""
        counts = self.counts(rows)
        return self.values.rows[ranges(self.ends.rows[rows] - counts, counts)]

    def extend(self, values: Array, counts: Int64s) -> None:
        """Add lists at the end, which have so many of the values each."""
        self.ends.extend(self.values.count + np.cumsum(counts))
        self.values.extend(values)

    def saved(self, name: str, rows: Int64s | None = None) -> dict[str, Array]:
        """See `Growable.saved`."""
        if rows is None:
            return {name: self.values.rows, f"{name}.ends": self.ends.rows}
        return {name: self.of(rows), f"{name}.ends": np.cumsum(self.counts(rows))}

    def load(self, columns: Columns, name: str) -> None:
        """See `Growable.load`."""
        self.values.load(columns, name)
        self.ends.load(columns, f"{name}.ends")

    def shrink(self, count: int) -> None:
        """See `Growable.shrink`."""
        self.values.shrink(int(self.ends.rows[count - 1]) if count else 0)
        self.ends.shrink(count)


class GrowableStrings(GrowableLists):
    """Strings as bytes, each of which becomes an object only when it is asked for."""

    def __init__(self, strings: Iterable[str] = ()) -> None:
        super().__init__(np.uint8)
        self.add(strings)

    def __getitem__(self, row: int) -> str:
        ends = self.ends.rows
        start = int(ends[row - 1]) if row else 0
        return _decoded(self.values.rows[start : int(ends[row])].tobytes())

    def listed(self) -> list[str]:
        """All of them."""
        joined, ends = self.values.rows.tobytes(), self.ends.rows.tolist()
        spans = zip([0, *ends], ends, strict=False)
        return [_decoded(joined[start:stop]) for start, stop in spans]

    def add(self, strings: Iterable[str]) -> None:
        """Add strings at the end."""
        encoded = [string.encode("utf-8", "surrogatepass") for string in strings]
        counts = np.array([len(string) for string in encoded], np.int64)
        self.extend(np.frombuffer(b"".join(encoded), np.uint8), counts)


def _decoded(encoded: bytes) -> str:
    return encoded.decode("utf-8", "surrogatepass")


def saved_columns(
    prefix: str, parts: Mapping[str, Growable], rows: Int64s | None = None
) -> dict[str, Array]:
    """Columns of some rows of several parts, or of all, under a prefix and their names."""
    columns: dict[str, Array] = {}
    for name, part in parts.items():
        columns |= part.saved(f"{prefix}.{name}", rows)
    return columns


def load_columns(prefix: str, parts: Mapping[str, Growable], columns: Columns) -> None:
    """Load what `saved_columns` returned."""
    for name, part in parts.items():
        part.load(columns, f"{prefix}.{name}")


def packed(name: str, strings: Sequence[str]) -> dict[str, Array]:
    """Columns of strings."""
    return GrowableStrings(strings).saved(name)


def unpacked(columns: Columns, name: str) -> list[str]:
    """The strings that `packed` was given."""
    strings = GrowableStrings()
    strings.load(columns, name)
    return strings.listed()
