"""What is kept of texts that leave the index together, as bytes for the store and back.

Their links, and the products with their nearest: these are not computed again when they come
back, for by then the texts around may have left. All numbers are little-endian.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import Int32s, Int64s

Tops = Sequence[tuple[int, int, Int32s]]
"""Placement of a text, key of a language, and the products with its nearest there, ascending."""


@dataclass(frozen=True, slots=True)
class BundleLinks:
    """Links of the articles of a parcel.

    Args:
        standing: Places in the parcel of the articles that stand for their texts.
        links: Places in `standing` of both ends, and log-odds; int64 of shape (m, 3).
        tops: Of texts by their place in `standing`.
    """

    standing: Sequence[int]
    links: Int64s
    tops: Tops

    def to_bytes(self) -> bytes:
        """For the store."""
        sizes = [len(products) for *_, products in self.tops]
        heads = [(place, len(products)) for place, _, products in self.tops]
        parts = (
            np.array([len(self.standing), len(self.links), len(sizes)], "<i4"),
            np.array(self.standing, "<i4"),
            self.links.astype("<i4"),
            np.array(heads, "<i4"),
            np.array([key for _, key, _ in self.tops], "<i8"),
            *(products.astype("<i4") for *_, products in self.tops),
        )
        return b"".join(part.tobytes() for part in parts)

    @classmethod
    def from_bytes(cls, kept: bytes) -> BundleLinks:
        """What `to_bytes` was called on."""
        place = 0

        def read(kind: str, count: int) -> np.ndarray:
            nonlocal place
            found = np.frombuffer(kept, kind, count, place)
            place += found.nbytes
            return found

        standing, links, tops = read("<i4", 3).tolist()
        places = read("<i4", standing).tolist()
        ends = read("<i4", 3 * links).reshape(-1, 3).astype(np.int64)
        heads = read("<i4", 2 * tops).reshape(-1, 2).tolist()
        keys = read("<i8", tops).tolist()
        found = [
            (at, key, read("<i4", size).astype(np.int32))
            for (at, size), key in zip(heads, keys, strict=True)
        ]
        return cls(places, ends, found)
