"""Profiles of texts as bytes, as Spark hands them from task to task, and back.

All numbers are little-endian. An index notes the version of what it computed: with another one it
refuses to be opened until it is rebuilt.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from dedup.compute.arrays import Int64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.stories.profiles import Profiles
from dedup.text.outlines import SLOTS
from dedup.text.shingles import FORMAT_VERSION

FORMAT = 3
"""Format of vectors and profiles; that of signatures is `shingles.FORMAT_VERSION`.

2: terms are weighed in their language, which is stored with them; outlines. 3: names by the keys
of a table, too."""
VERSION = 100 * FORMAT + FORMAT_VERSION
_OUTLINE_FROM = 1 + 8
_SIZES_FROM = _OUTLINE_FROM + 2 * SLOTS
"""First bytes of the outline and of the sizes: a flag and the id of the language are before."""


KEYED = tuple(field.name for field in dataclasses.fields(Profiles) if "Keyed" in str(field.type))
"""The sparse rows of `Profiles`."""


def vector_bytes(profiles: Profiles, row: int) -> bytes:
    """The two whole-number vectors of one text, int16 (2, dim)."""
    both = profiles.vectors[row], profiles.title_vectors[row]
    return b"".join(vector.astype("<i2").tobytes() for vector in both)


def profile_bytes(profiles: Profiles, row: int) -> bytes:
    """The rest of the profile of one text.

    Whether it is short, its language, the signature of its outline, sizes of its rows, keys,
    values.
    """
    tables: list[KeyedRows] = [getattr(profiles, name) for name in KEYED]
    entries = [(table, slice(*table.offsets[row : row + 2].tolist())) for table in tables]
    sizes = np.array([part.stop - part.start for _, part in entries], "<u4")
    keys = [table.keys[part].astype("<u8") for table, part in entries]
    values = [table.values[part].astype("<i4") for table, part in entries]
    short = np.array([profiles.short[row]], np.uint8)
    language = np.array([profiles.languages[row]], "<i8")
    outline = profiles.outlines[row].astype("<u2")
    return b"".join(array.tobytes() for array in (short, language, outline, sizes, *keys, *values))


def profiles_from(
    vectors: Sequence[bytes],
    profiles: Sequence[bytes],
    seconds: Int64s,
    sources: Int64s,
) -> Profiles:
    """Profiles of n texts from the bytes of each; vectors are int16, texts are left out.

    Args:
        vectors: `vector_bytes` of each text.
        profiles: `profile_bytes` of each text.
        seconds: Times, int64 of shape (n,).
        sources: Ids of the outlets, int64 of shape (n,).
    """
    count = len(profiles)
    joined = np.frombuffer(b"".join(vectors), "<i2")
    both: Any = joined.reshape(count, 2, -1).astype(np.int16, copy=False)
    prefix = _SIZES_FROM + 4 * len(KEYED)
    prefixes = np.frombuffer(b"".join(profile[:prefix] for profile in profiles), np.uint8)
    prefixes = prefixes.reshape(count, prefix)
    sizes = prefixes[:, _SIZES_FROM:].copy().view("<u4").astype(np.int64)
    keys: list[list[bytes]] = [[] for _ in KEYED]
    values: list[list[bytes]] = [[] for _ in KEYED]
    for profile, row_sizes in zip(profiles, sizes.tolist(), strict=True):
        place = prefix
        for columns, width in ((keys, 8), (values, 4)):
            for column, size in zip(columns, row_sizes, strict=True):
                column.append(profile[place : place + width * size])
                place += width * size
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
        vectors=both[:, 0],
        title_vectors=both[:, 1],
        seconds=seconds,
        languages=prefixes[:, 1:_OUTLINE_FROM].copy().view("<i8").ravel().astype(np.int64),
        sources=sources,
        short=prefixes[:, 0].astype(bool),
        outlines=prefixes[:, _OUTLINE_FROM:_SIZES_FROM].copy().view("<u2").astype(np.uint16),
        **rows,
    )
