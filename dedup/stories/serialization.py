"""What was computed from one text, as bytes for the store and back.

All numbers are little-endian. The version is part of what is stored: of another one everything
is computed again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from dedup.compute.arrays import Int64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.store import Derived
from dedup.stories.profiles import Profiles
from dedup.text.shingles import FORMAT_VERSION

FORMAT = 1
"""Of vectors and profiles; that of signatures is `shingles.FORMAT_VERSION`."""
VERSION = 100 * FORMAT + FORMAT_VERSION


KEYED = tuple(field.name for field in dataclasses.fields(Profiles) if "Keyed" in str(field.type))
"""The sparse rows of `Profiles`."""


def vector_bytes(found: Profiles, number: int) -> bytes:
    """The two whole-number vectors of one text, int16 (2, dim)."""
    both = found.whole[number], found.head_whole[number]
    return b"".join(each.astype("<i2").tobytes() for each in both)


def profile_bytes(found: Profiles, number: int) -> bytes:
    """The rest of the profile of one text: sizes of its rows, keys, values."""
    rows: list[KeyedRows] = [getattr(found, name) for name in KEYED]
    parts = [slice(each.offsets[number], each.offsets[number + 1]) for each in rows]
    sizes = np.array([part.stop - part.start for part in parts], "<u4")
    keys = [each.keys[part].astype("<u8") for each, part in zip(rows, parts, strict=True)]
    values = [each.values[part].astype("<i4") for each, part in zip(rows, parts, strict=True)]
    short = np.array([found.short[number]], np.uint8)
    return b"".join(each.tobytes() for each in (short, sizes, *keys, *values))


def profiles_from(
    derived: Sequence[Derived], seconds: Int64s, languages: Int64s, sources: Int64s
) -> Profiles:
    """Profiles of n texts, without their words and with vectors of int16, from the bytes of each.

    Args:
        derived: Of each text.
        seconds: Times, int64 of shape (n,).
        languages: Keys of the languages (`profiles.keys_of`), int64 of shape (n,).
        sources: Keys of the outlets, int64 of shape (n,).
    """
    count = len(derived)
    vectors = np.frombuffer(b"".join(each.vectors for each in derived), "<i2")
    both: Any = vectors.reshape(count, 2, -1).astype(np.int16, copy=False)
    head = 1 + 4 * len(KEYED)
    heads = np.frombuffer(b"".join(each.profile[:head] for each in derived), np.uint8)
    heads = heads.reshape(count, head)
    sizes = heads[:, 1:].copy().view("<u4").astype(np.int64)
    keys: list[list[bytes]] = [[] for _ in KEYED]
    values: list[list[bytes]] = [[] for _ in KEYED]
    for each, row in zip(derived, sizes.tolist(), strict=True):
        place = head
        for kind, size in enumerate(row):
            keys[kind].append(each.profile[place : place + 8 * size])
            place += 8 * size
        for kind, size in enumerate(row):
            values[kind].append(each.profile[place : place + 4 * size])
            place += 4 * size
    rows = {
        name: KeyedRows(
            np.concatenate(([0], np.cumsum(sizes[:, kind]))),
            np.frombuffer(b"".join(keys[kind]), "<u8").astype(np.uint64, copy=False),
            np.frombuffer(b"".join(values[kind]), "<i4").astype(np.int32, copy=False),
        )
        for kind, name in enumerate(KEYED)
    }
    return Profiles(
        texts=(),
        whole=both[:, 0],
        head_whole=both[:, 1],
        seconds=seconds,
        languages=languages,
        sources=sources,
        short=heads[:, 0].astype(bool),
        **rows,
    )
