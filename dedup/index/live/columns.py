"""The columns of an index in files, which are mapped when the index is opened.

A cache, nothing more. Columns that only grow have a file each, to which their new rows are
appended, with room behind them, so that they grow in memory without being copied; all others are
in one file, which is written anew. A head says how much of each file counts, with the digest of
that much: what a writer that was killed left behind it is written over. The head before it is kept
with what it needs: if one is damaged, the other one serves; without both, all is made again from
the store. Nothing is waited for until it is on the disk, since whatever is not as its head says is
seen when it is read. All numbers are little-endian.

A head is a mark, a digest of all that follows, and JSON.
"""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path
from typing import IO

import numpy as np
import xxhash

from dedup.compute.growable import Array, Columns, Roomy

_MAGIC = b"dedup columns 2\n"
_MARK = struct.Struct("<16s16s")
_ALIGNED = 64
_AT_ONCE = 1 << 20
_ROOM = 4
"""A file has room for one in so many bytes more."""


@dataclass(frozen=True, slots=True)
class Saved:
    """All that is known of an index, as columns.

    Args:
        grown: Columns that only grow: the same rows as last time, and more.
        state: The others.
    """

    grown: Columns
    state: Columns

    def with_state(self, *columns: Columns) -> Saved:
        """These columns, and others of which none only grows."""
        return Saved(self.grown, {name: c[name] for c in (self.state, *columns) for name in c})

    def __or__(self, other: Saved) -> Saved:
        return Saved({**self.grown, **other.grown}, {**self.state, **other.state})


@dataclass(frozen=True, slots=True)
class _Head:
    """What a head says.

    Args:
        number: Its number; the larger is the newer.
        note: What the columns belong to.
        sizes: Bytes that count of each file.
        digests: Of these bytes, hexadecimal.
        places: Of each column: file, first byte, type, shape.
    """

    number: int
    note: Mapping[str, str]
    sizes: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[str, int, str, list[int]]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """For its file."""
        fields = self.note, self.sizes, self.digests, self.places
        content = json.dumps(fields).encode()
        return _MARK.pack(_MAGIC, xxhash.xxh3_128_digest(content)) + content

    @classmethod
    def of(cls, number: int, stored: bytes) -> _Head | None:
        """The head that `to_bytes` was called on; None if it is another one now."""
        content = stored[_MARK.size :]
        if stored[: _MARK.size] != _MARK.pack(_MAGIC, xxhash.xxh3_128_digest(content)):
            return None
        return cls(number, *json.loads(content))


class ColumnFiles:
    """Columns in a folder, which one process writes and any number read.

    Args:
        folder: Made when it is first written to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._head: _Head | None = None
        self._hashers: dict[str, xxhash.xxh3_128] = {}

    def read(self, fits: Mapping[str, set[str]]) -> tuple[Mapping[str, str], Roomy] | None:
        """The newest columns that are whole and fit, with what was noted of them.

        They are mapped: what is not looked at takes no memory, and what is changed changes no
        file.

        Args:
            fits: What may be noted of them, by name.
        """
        self._head, self._hashers = None, {}
        numbers = self._numbers()
        for number in numbers:
            head = self._read_head(number)
            if head and all(head.note.get(name) in values for name, values in fits.items()):
                with suppress(OSError, ValueError):
                    if self._is_whole(head):
                        columns = self._columns_of(head)
                        self._head = head
                        return head.note, columns
        # A writer may have deleted what was being read.
        return self.read(fits) if self._numbers() != numbers else None

    def write(self, note: Mapping[str, str], saved: Saved, *, anew: bool) -> None:
        """Append what is new, and write the rest.

        Args:
            note: What the columns belong to, for `read`.
            saved: The columns, of any types and shapes.
            anew: Whether their rows are not those that were read or written last, and more.

        Raises:
            OSError: They cannot be written; those that are there stay as they are.
        """
        newest = max([*self._numbers(), 0])
        # Files of a newer head, which does not serve here, may be what others have mapped.
        goes_on = self._head is not None and self._head.number == newest and not anew
        before = self._head if goes_on else None
        head = _Head(newest + 1, note)
        hashers = {}
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, column in saved.grown.items():
            hashers[name] = self._append(head, before, name, column)
        self._write_state(head, saved.state)
        path = self._path_of(head.number)
        aside = path.with_suffix(".new")
        aside.write_bytes(head.to_bytes())
        aside.replace(path)
        self._head = head
        self._hashers = {head.places[name][0]: hasher for name, hasher in hashers.items()}
        self._clear(head)

    def written(self) -> Roomy:
        """The columns that were written or read last, mapped.

        Raises:
            OSError: They cannot be read.
        """
        return self._columns_of(self._head) if self._head else Roomy({}, {})

    def _append(
        self, head: _Head, before: _Head | None, name: str, column: Array
    ) -> xxhash.xxh3_128:
        """Write the rows of a column that its file does not have; returns the state of its digest.

        Args:
            head: Gets its place.
            before: The head whose files are continued; None: it gets another file.
            name: Name of the column.
            column: All of its rows.
        """
        file, count, start, hasher, mode = f"{name}.{head.number}", 0, 0, xxhash.xxh3_128(), "wb"
        if before and name in before.places:
            file, _, _, (count, *_) = before.places[name]
            start, hasher, mode = before.sizes[file], self._hashers[file].copy(), "r+b"
        new = np.ascontiguousarray(column[count:])
        end = start + new.nbytes
        with (self._folder / file).open(mode) as opened:
            # What a writer that was killed has appended there is not what is appended now. It is
            # written over and not cut off: others may have mapped it.
            opened.seek(start)
            _put(new, opened, hasher)
            opened.truncate(max(opened.seek(0, SEEK_END), end + end // _ROOM))
        head.places[name] = file, 0, column.dtype.str, list(column.shape)
        head.sizes[file], head.digests[file] = end, hasher.hexdigest()
        return hasher

    def _write_state(self, head: _Head, columns: Columns) -> None:
        file, end, hasher = f"state.{head.number}", 0, xxhash.xxh3_128()
        with (self._folder / file).open("wb") as opened:
            for name, column in columns.items():
                head.places[name] = file, end, column.dtype.str, list(column.shape)
                padding = np.zeros(-column.nbytes % _ALIGNED, np.uint8)
                _put(np.ascontiguousarray(column), opened, hasher)
                _put(padding, opened, hasher)
                end += column.nbytes + len(padding)
        head.sizes[file], head.digests[file] = end, hasher.hexdigest()

    def _clear(self, head: _Head) -> None:
        """Delete what neither this head nor the one before it needs."""
        kept = [head, *filter(None, map(self._read_head, self._numbers()[1:2]))]
        names = {name for one in kept for name in one.sizes}
        names |= {self._path_of(one.number).name for one in kept}
        for path in self._folder.iterdir():
            if path.name not in names:
                with suppress(OSError):
                    path.unlink()

    def _path_of(self, number: int) -> Path:
        return self._folder / f"head.{number}"

    def _numbers(self) -> list[int]:
        """Numbers of the heads, the newest first."""
        names = (path.name.partition("head.")[2] for path in self._folder.glob("head.*"))
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    def _read_head(self, number: int) -> _Head | None:
        try:
            return _Head.of(number, self._path_of(number).read_bytes())
        except OSError:
            return None

    def _is_whole(self, head: _Head) -> bool:
        """Whether all files of a head are as it says."""
        self._hashers = {}
        for file, size in head.sizes.items():
            hasher = xxhash.xxh3_128()
            for block in self._blocks(file, size):
                hasher.update(block)
            if hasher.hexdigest() != head.digests[file]:
                return False
            self._hashers[file] = hasher
        return True

    def _columns_of(self, head: _Head) -> Roomy:
        """The columns of a head, whose files are whole."""
        columns: dict[str, Array] = {}
        rooms: dict[str, Array] = {}
        for name, (file, start, kind, (count, *row)) in head.places.items():
            size, rows = int(np.prod(row)) * np.dtype(kind).itemsize, count
            if file.rpartition(".")[0] == name:
                rows = (self._folder / file).stat().st_size // size
            room = self._mapped(file, start, rows * size).view(kind).reshape(rows, *row)
            columns[name] = room[:count]
            if rows > count:
                rooms[name] = room
        return Roomy(columns, rooms)

    def _blocks(self, file: str, size: int) -> Iterator[bytes]:
        """The first bytes of a file: read, not mapped, so that they take no memory."""
        with (self._folder / file).open("rb") as opened:
            while size and (block := opened.read(min(size, _AT_ONCE))):
                size -= len(block)
                yield block

    def _mapped(self, file: str, start: int, size: int) -> Array:
        """Some bytes of a file. Each column is mapped by itself, and let go of by itself."""
        if not size:
            return np.empty(0, np.uint8)
        before = start % mmap.ALLOCATIONGRANULARITY
        with (self._folder / file).open("rb") as opened:
            mapped = mmap.mmap(
                opened.fileno(), before + size, access=mmap.ACCESS_COPY, offset=start - before
            )
        return np.frombuffer(mapped, np.uint8, size, before)


def _put(column: Array, file: IO[bytes], hasher: xxhash.xxh3_128) -> None:
    """Write the bytes of a contiguous array."""
    content = column.reshape(-1).view(np.uint8).data if column.size else b""
    file.write(content)
    hasher.update(content)
