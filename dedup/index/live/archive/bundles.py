"""The links of texts that leave memory together, as bytes for the store and back.

Links, and the products with the nearest texts, are not computed again when a bundle is restored:
by then the texts around it may have left. All numbers are little-endian.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import Int32s, Int64s

Tops = Sequence[tuple[int, int, Int32s]]
"""Position of a text, key of a language, and the products with its nearest there, ascending."""


@dataclass(frozen=True, slots=True)
class BundleLinks:
    """Links of the articles of a bundle.

    Args:
        representatives: Positions in the bundle of the articles that represent their texts.
        links: Positions in `representatives` of both ends, and log-odds; int64 of shape (m, 3).
        tops: Of texts by their position in `representatives`.
    """

    representatives: Sequence[int]
    links: Int64s
    tops: Tops

    def to_bytes(self) -> bytes:
        """For the store."""
        sizes = [len(products) for *_, products in self.tops]
        heads = [(position, len(products)) for position, _, products in self.tops]
        parts = (
            np.array([len(self.representatives), len(self.links), len(sizes)], "<i4"),
            np.array(self.representatives, "<i4"),
            self.links.astype("<i4"),
            np.array(heads, "<i4"),
            np.array([key for _, key, _ in self.tops], "<i8"),
            *(products.astype("<i4") for *_, products in self.tops),
        )
        return b"".join(part.tobytes() for part in parts)

    @classmethod
    def from_bytes(cls, stored: bytes) -> BundleLinks:
        """The links that `to_bytes` was called on."""
        offset = 0

        def read(kind: str, count: int) -> np.ndarray:
            nonlocal offset
            array = np.frombuffer(stored, kind, count, offset)
            offset += array.nbytes
            return array

        texts, links, tops = read("<i4", 3).tolist()
        representatives = read("<i4", texts).tolist()
        ends = read("<i4", 3 * links).reshape(-1, 3).astype(np.int64)
        heads = read("<i4", 2 * tops).reshape(-1, 2).tolist()
        keys = read("<i8", tops).tolist()
        products = [read("<i4", size).astype(np.int32) for _, size in heads]
        positions = [position for position, _ in heads]
        return cls(representatives, ends, list(zip(positions, keys, products, strict=True)))
