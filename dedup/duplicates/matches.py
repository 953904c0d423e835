"""Matches: the exact similarity of pairs of texts, the evidence for every copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Self

import numpy as np

from dedup.compute.arrays import BoolMask, Float64s, Int64s
from dedup.compute.components import component_labels
from dedup.compute.threads import mapped
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
from dedup.duplicates.fingerprints import shingle_sizes, use_kernels
from dedup.duplicates.minhash import least_certain
from dedup.duplicates.series import Origin, series_pairs
from dedup.text.characters import character_table
from dedup.text.shingles import Tokens, shingle, tokenize, unique_rows

_PAIRS_AT_ONCE = 1 << 14


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

    def reversed(self) -> Similarity:
        """The similarity of the second set with the first."""
        return Similarity(self.jaccard, self.containment_b, self.containment_a)


@dataclass(frozen=True, slots=True)
class Matches:
    """Verified pairs of texts, ascending by (first, second).

    Args:
        first: int64 of shape (m,).
        second: int64 of shape (m,), `second > first`.
        jaccard: float64 of shape (m,), in [0, 1].
        containment_a: Share of the first set in the second, float64 of shape (m,).
        containment_b: Share of the second set in the first, float64 of shape (m,).
    """

    first: Int64s
    second: Int64s
    jaccard: Float64s
    containment_a: Float64s
    containment_b: Float64s

    @classmethod
    def of(cls, pairs: Int64s, counts: Int64s) -> Self:
        """Matches from pairs, int64 (m, 2), and their `Verifier.counts`, int64 (m, 3)."""
        shared, first, second = counts.T
        union = np.maximum(first + second - shared, 1)
        return cls(
            pairs[:, 0],
            pairs[:, 1],
            shared / union,
            shared / np.maximum(first, 1),
            shared / np.maximum(second, 1),
        )

    @classmethod
    def of_dict(cls, similarities: Mapping[tuple[int, int], Similarity]) -> Self:
        """Matches from the similarity of pairs, in any order."""
        pairs = sorted(similarities)
        ends = np.array(pairs, np.int64).reshape(-1, 2)
        values = [astuple(similarities[pair]) for pair in pairs]
        shares = np.array(values, np.float64).reshape(-1, 3)
        return cls(*ends.T, *shares.T)

    def __len__(self) -> int:
        return len(self.first)

    def take(self, chosen: Int64s | BoolMask) -> Matches:
        """Some of the matches, by row or mask."""
        return Matches(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def renumbered(self, numbers: Int64s) -> Matches:
        """The matches under other numbers of the texts, int64 of shape (n,)."""
        first, second = numbers[self.first], numbers[self.second]
        swapped = first > second
        return Matches.joined(
            [
                Matches(
                    np.where(swapped, second, first),
                    np.where(swapped, first, second),
                    self.jaccard,
                    np.where(swapped, self.containment_b, self.containment_a),
                    np.where(swapped, self.containment_a, self.containment_b),
                )
            ]
        )

    def as_dict(self) -> dict[tuple[int, int], Similarity]:
        """Similarity by pair."""
        columns = (getattr(self, field.name).tolist() for field in fields(self))
        return {(a, b): Similarity(*values) for a, b, *values in zip(*columns, strict=True)}

    @staticmethod
    def joined(parts: Sequence[Matches]) -> Matches:
        """Matches of several parts, sorted."""
        columns = (
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Matches)
        )
        together = Matches(*columns)
        return together.take(np.lexsort((together.second, together.first)))


class Verifier:
    """Exact similarity of pairs of texts.

    Two texts are compared by shingles of the size that fits the shorter one.

    Args:
        texts: n canonical texts.
        token_counts: Tokens of each, int64 of shape (n,).
        config: Uses the sections `fingerprints` and `near_duplicates`.
        compiled: Use the kernels; by default for much text.
        threads: How many threads; 0 for one per core.
        origin_of: Origin of a text by row, for series; by default no text is of one.
    """

    def __init__(
        self,
        texts: Utf8Texts,
        token_counts: Int64s,
        config: Config,
        *,
        compiled: bool | None = None,
        threads: int = 0,
        origin_of: Callable[[int], Origin] | None = None,
    ) -> None:
        self._origin_of = origin_of
        self._texts = texts
        self._counts = token_counts
        self._sizes = shingle_sizes(token_counts, config.fingerprints)
        self.config = config.near_duplicates
        self.compiled = use_kernels(texts, compiled)
        self._threads = threads
        self.verified = 0

    def matches(self, pairs: Int64s) -> Matches:
        """Pairs that are copies and of no series, with their similarity.

        Args:
            pairs: int64 of shape (m, 2), each row a < b, ascending.
        """
        similar = self.similarities(pairs)
        copies = similar.take(self.are_copies(similar))
        if self._origin_of is None:
            return copies
        return copies.take(~series_pairs(copies.first, copies.second, self._origin_of))

    def similarities(self, pairs: Int64s) -> Matches:
        """The similarity of pairs, copies or not, in their order."""
        order = _by_component(pairs, len(self._counts))
        chunks = range(0, len(pairs), _PAIRS_AT_ONCE)
        parts = [pairs[order[i : i + _PAIRS_AT_ONCE]] for i in chunks]
        counts = np.empty((len(pairs), 3), np.int64)
        done = mapped(self._shared_counts, parts, self._threads)
        counts[order] = np.concatenate([counts[:0], *done])
        self.verified += len(pairs)
        return Matches.of(pairs, counts)

    def are_copies(self, pairs: Matches) -> BoolMask:
        """Whether pairs are similar enough to be copies; bool of shape (m,).

        One text inside another counts where it is found for certain, not by luck of the anchors.
        """
        near = pairs.jaccard >= self.config.min_jaccard
        containment = np.maximum(pairs.containment_a, pairs.containment_b)
        tokens = self._counts[pairs.first], self._counts[pairs.second]
        least = np.maximum(least_certain(np.maximum(*tokens)), self.config.min_contained_tokens)
        enough = np.minimum(*tokens) >= least
        return near | ((containment >= self.config.min_containment) & enough)

    def _shared_counts(self, pairs: Int64s) -> Int64s:
        """Sizes of the intersection, the first and the second set; int64 of shape (m, 3)."""
        sizes = np.minimum(self._sizes[pairs[:, 0]], self._sizes[pairs[:, 1]])
        counts = np.zeros((len(pairs), 3), np.int64)
        for size in np.unique(sizes).tolist():
            here = np.flatnonzero(sizes == size)
            texts, places = np.unique(pairs[here], return_inverse=True)
            first, second = places.reshape(-1, 2).T
            count = self._count_compiled if self.compiled else self._count_plain
            counts[here] = count(texts, size, first, second)
        return counts

    def _count_plain(self, texts: Int64s, size: int, first: Int64s, second: Int64s) -> Int64s:
        sets = _shingle_sets(self._texts.strings(texts), size)
        parts = np.split(sets.hashes, sets.offsets[1:-1])
        shared = [
            len(np.intersect1d(parts[a], parts[b], assume_unique=True))
            for a, b in zip(first.tolist(), second.tolist(), strict=True)
        ]
        return np.stack((np.array(shared), sets.counts[first], sets.counts[second]), axis=1)

    def _count_compiled(self, texts: Int64s, size: int, first: Int64s, second: Int64s) -> Int64s:
        from dedup.duplicates.kernels.sets import shared_counts, shingle_sets

        room = self._counts[texts]
        starts = np.cumsum(room) - room
        hashes = np.empty(int(room.sum()), np.uint64)
        sizes = np.full(len(texts), size)
        counts = shingle_sets(
            self._texts.data, self._texts.starts, self._texts.stops, texts, sizes,
            character_table(), starts, hashes,
        )  # fmt: skip
        shared = shared_counts(hashes, starts, counts, first, second)
        return np.stack((shared, counts[first], counts[second]), axis=1)


def _by_component(pairs: Int64s, count: int) -> Int64s:
    """An order of pairs by component, so that each text is shingled once."""
    if len(pairs) <= _PAIRS_AT_ONCE:
        return np.arange(len(pairs))
    components = component_labels(pairs[:, 0], pairs[:, 1], count)
    return np.lexsort((pairs[:, 0], components[pairs[:, 0]]))


def compare(a: str, b: str, config: Config = Config()) -> Similarity:
    """Exact similarity of two canonical texts, by shingles of the size that fits the shorter.

    Args:
        a: One text.
        b: The other.
        config: Sizes of shingles.
    """
    verifier = Verifier(Utf8Texts.of([a, b]), tokenize([a, b]).counts, config, compiled=False)
    return verifier.similarities(np.array([[0, 1]])).as_dict()[0, 1]


def _shingle_sets(texts: Sequence[str], size: int) -> Tokens:
    """The shingles of each text as a sorted set."""
    tokens = tokenize(texts)
    return unique_rows(shingle(tokens, np.full(len(texts), size)))
