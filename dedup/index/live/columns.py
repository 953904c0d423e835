"""The columns of an index in one file, which is mapped when the index is opened.

A cache, nothing more: the file is written aside, synced and renamed, and checked when it is read.
One that is missing, of another generation than the store, or damaged is passed over, and all is
made again from the store. All numbers are little-endian.

A mark, a digest of all that follows, the length of the head; the head, JSON: generation, and the
name, type, shape and place of each column; the columns, each at a multiple of 64 bytes.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from dedup.compute.arrays import Int64s

Columns = Mapping[str, npt.NDArray[Any]]
"""Arrays by name."""
_MAGIC = b"dedup columns 1\n"
_MARK = struct.Struct("<16s16s")
_LENGTH = struct.Struct("<q")
_START = _MARK.size + _LENGTH.size
_ALIGNED = 64


def write_columns(path: Path, generation: str, columns: Columns) -> None:
    """Write the file, or leave the one that is there.

    Args:
        path: The file; its folder is made.
        generation: Of the store that the columns belong to.
        columns: Of any types and shapes.

    Raises:
        OSError: It cannot be written.
    """
    placed = []
    end = 0
    for name, column in columns.items():
        placed.append((name, column.dtype.str, column.shape, end))
        end += -(-column.nbytes // _ALIGNED) * _ALIGNED
    head = json.dumps({"generation": generation, "columns": placed}).encode()
    head += b" " * (-(_START + len(head)) % _ALIGNED)
    parts = [_LENGTH.pack(len(head)), head]
    for column in columns.values():
        parts += [column.tobytes(), bytes(-column.nbytes % _ALIGNED)]
    digest = xxhash.xxh3_128()
    for part in parts:
        digest.update(part)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    with aside.open("wb") as file:
        file.write(_MARK.pack(_MAGIC, digest.digest()))
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def read_columns(path: Path, generation: str) -> Columns | None:
    """The columns of this generation of the store, if they are there and whole.

    They are mapped: what is not looked at takes no memory, and what is changed changes no file.
    """
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except (OSError, ValueError):
        return None
    if len(mapped) < _START:
        return None
    magic, digest = _MARK.unpack_from(mapped)
    if magic != _MAGIC or digest != xxhash.xxh3_128_digest(memoryview(mapped)[_MARK.size :]):
        return None
    (length,) = _LENGTH.unpack_from(mapped, _MARK.size)
    start = _START + length
    head = json.loads(mapped[_START:start])
    if head["generation"] != generation:
        return None
    return {
        name: np.frombuffer(mapped, kind, int(np.prod(shape)), start + place).reshape(shape)
        for name, kind, shape, place in head["columns"]
    }


def packed(name: str, strings: Sequence[str]) -> dict[str, Any]:
    """Strings as two columns: their bytes, uint8, and where each ends, int64 of shape (n,)."""
    encoded = [string.encode("utf-8", "surrogatepass") for string in strings]
    ends = np.cumsum([len(string) for string in encoded], dtype=np.int64)
    return {name: np.frombuffer(b"".join(encoded), np.uint8), f"{name}.ends": ends}


def unpacked(columns: Columns, name: str) -> list[str]:
    """The strings that `packed` was given."""
    joined = columns[name].tobytes()
    ends: Int64s = columns[f"{name}.ends"]
    starts = [0, *ends.tolist()]
    return [
        joined[start:end].decode("utf-8", "surrogatepass")
        for start, end in zip(starts, ends.tolist(), strict=False)
    ]
