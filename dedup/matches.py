"""Matches: the exact similarity of pairs of texts, the evidence for every copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dedup.config import Config
from dedup.fingerprints import shingle_sizes
from dedup.shingles import Int64s, UInt64s, shingle, tokenize, unique_rows


@dataclass(frozen=True, slots=True)
class Similarity:
    """Exact similarity of two shingle sets, all values in [0, 1].

    Args:
        jaccard: Size of the intersection over size of the union.
        containment_a: Share of the first set that lies in the second.
        containment_b: Share of the second set that lies in the first.
    """

    jaccard: float
    containment_a: float
    containment_b: float

    @property
    def containment(self) -> float:
        """The larger of the two containments."""
        return max(self.containment_a, self.containment_b)


class Verifier:
    """Exact similarity of pairs of texts, on demand.

    Two texts are compared by shingles of the size that fits the shorter one.

    Args:
        texts: n canonical texts.
        token_counts: Their numbers of tokens, int64 of shape (n,).
        config: Uses the sections `fingerprints` and `near_duplicates`.
    """

    def __init__(self, texts: Sequence[str], token_counts: Int64s, config: Config) -> None:
        self._texts = texts
        self._counts = token_counts
        self._sizes = shingle_sizes(token_counts, config.fingerprints)
        self._config = config.near_duplicates
        self._sets: dict[tuple[int, int], UInt64s] = {}
        self.verified = 0

    def matches(self, pairs: Int64s) -> dict[tuple[int, int], Similarity]:
        """Those pairs that are copies, with their similarity.

        Args:
            pairs: int64 of shape (m, 2), a < b.
        """
        self._prepare(pairs)
        found = ((a, b, self.similarity(a, b)) for a, b in pairs.tolist())
        return {(a, b): similarity for a, b, similarity in found if self.is_copy(a, b, similarity)}

    def is_copy(self, a: int, b: int, similarity: Similarity) -> bool:
        """Whether two texts of that similarity count as copies."""
        if similarity.jaccard >= self._config.min_jaccard:
            return True
        return (
            similarity.containment >= self._config.min_containment
            and min(self._counts[a], self._counts[b]) >= self._config.min_contained_tokens
        )

    def similarity(self, a: int, b: int) -> Similarity:
        """Exact Jaccard similarity and containments of texts a and b."""
        self.verified += 1
        size = int(min(self._sizes[a], self._sizes[b]))
        first, second = self._shingle_set(a, size), self._shingle_set(b, size)
        if not len(first) or not len(second):
            return Similarity(0.0, 0.0, 0.0)
        shared = len(np.intersect1d(first, second, assume_unique=True))
        union = len(first) + len(second) - shared
        return Similarity(shared / union, shared / len(first), shared / len(second))

    def _prepare(self, pairs: Int64s) -> None:
        """Shingle the texts of many pairs at once."""
        size = np.minimum(self._sizes[pairs[:, 0]], self._sizes[pairs[:, 1]])
        for each in np.unique(size):
            texts = np.unique(pairs[size == each])
            tokens = tokenize([self._texts[i] for i in texts])
            sets = unique_rows(shingle(tokens, np.full(len(texts), each)))
            parts = np.split(sets.hashes, sets.offsets[1:-1])
            self._sets.update(
                ((int(i), int(each)), part) for i, part in zip(texts, parts, strict=True)
            )

    def _shingle_set(self, i: int, size: int) -> UInt64s:
        if (i, size) not in self._sets:
            self._sets[i, size] = shingle_set(self._texts[i], size)
        return self._sets[i, size]


def shingle_set(text: str, size: int) -> UInt64s:
    """The set of shingles of one canonical text, sorted; uint64 of shape (k,)."""
    return unique_rows(shingle(tokenize([text]), np.array([size]))).hashes


def compare(a: str, b: str, config: Config = Config()) -> Similarity:
    """Exact similarity of two canonical texts, by shingles of the size that fits the shorter."""
    texts = [a, b]
    return Verifier(texts, tokenize(texts).counts, config).similarity(0, 1)
