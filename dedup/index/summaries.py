"""The summary of a story group as bytes, from which the index finds related stories.

All numbers are little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xxhash

from dedup.articles import Precedence
from dedup.compute.arrays import Int32s, Int64s, UInt64s
from dedup.compute.times import to_micros
from dedup.description.summaries import middle_of, sums_of
from dedup.description.terms import StoryTerms
from dedup.records import StoryGroup

_HEAD = struct.Struct("<qqqqiii")
Position = tuple[int, int, str]
"""Order of story groups by their first text: microseconds since 1970, minus the length, id."""


@dataclass(frozen=True, slots=True)
class StorySummary:
    """What related stories of a story group are found by.

    Args:
        position: Of its first text.
        begin: Time of its first text in seconds since 1970.
        middle: When half of its texts had appeared, likewise.
        hashes: Its rare terms, uint64 ascending.
        weights: Rarity of each, in units of `terms.WEIGHT_UNIT` bits.
        names: Hashes of its names.
        sums: Sum of the whole-number vectors of its texts.
    """

    position: Position
    begin: int
    middle: int
    hashes: UInt64s
    weights: Int32s
    names: UInt64s
    sums: Int32s

    def to_bytes(self) -> bytes:
        """For the store."""
        time, length, first = self.position
        sizes = len(self.hashes), len(self.names), len(self.sums)
        parts = (
            self.hashes.astype("<u8"), self.weights.astype("<i4"),
            self.names.astype("<u8"), self.sums.astype("<i4"),
        )  # fmt: skip
        arrays = b"".join(part.tobytes() for part in parts)
        head = _HEAD.pack(time, length, self.begin, self.middle, *sizes)
        return head + arrays + first.encode("utf-8", "surrogatepass")

    @classmethod
    def from_bytes(cls, stored: bytes) -> StorySummary:
        """The summary that `to_bytes` was called on."""
        time, length, begin, middle, terms, names, dim = _HEAD.unpack_from(stored)
        arrays = []
        start = _HEAD.size
        for kind, count in (("<u8", terms), ("<i4", terms), ("<u8", names), ("<i4", dim)):
            arrays.append(np.frombuffer(stored, kind, count, start))
            start += arrays[-1].nbytes
        first = stored[start:].decode("utf-8", "surrogatepass")
        return cls((time, length, first), begin, middle, *arrays)


def summary_of(
    story: StoryGroup,
    first: Precedence,
    terms: StoryTerms,
    row: int,
    seconds: Int64s,
    vectors: np.ndarray,
) -> bytes:
    """The summary of a story group as bytes.

    Args:
        story: The group.
        first: Precedence of its first text.
        terms: Rare terms of it and other groups.
        row: Its row among these.
        seconds: Times of its texts, int64 of shape (k,).
        vectors: Their whole-number vectors, of shape (k, dim).
    """
    part = slice(terms.weights.indptr[row], terms.weights.indptr[row + 1])
    columns = terms.weights.indices[part]
    order = np.argsort(columns)
    return StorySummary(
        (to_micros(first[0]), first[1], first[2]),
        int(seconds[0]),
        middle_of(seconds),
        terms.hashes[columns[order]],
        terms.weights.data[part][order].astype(np.int32),
        name_hashes(story.names),
        sums_of([np.arange(len(vectors))], vectors)[0],
    ).to_bytes()


def name_hashes(names: Sequence[str]) -> UInt64s:
    """Hashes of different names, ascending; uint64 (k,)."""
    digests = {xxhash.xxh3_64_intdigest(name.encode("utf-8", "surrogatepass")) for name in names}
    return np.array(sorted(digests), np.uint64)
