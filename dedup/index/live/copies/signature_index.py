"""Fingerprints of texts that come and go, their buckets, and the candidates that these make.

The rules are those of `candidates.py`, for one text at a time: also the limit of a large bucket,
in which a text is linked to the eight before it and the eight after it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.articles import Precedence
from dedup.compute.arrays import Int64s, UInt32s, UInt64s, ranges
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
from dedup.duplicates.candidates import (
    ESTIMATE_SLACK,
    MATES,
    MAX_BUCKET,
    MAX_LENGTH_RATIO,
    MIN_SHARED_ANCHORS,
    agreement,
    candidate_pairs,
)
from dedup.duplicates.fingerprints import Fingerprints, fingerprint, shingle_sizes
from dedup.duplicates.matches import Similarity, Verifier
from dedup.index.live.arrays.growable import GrowableArray
from dedup.index.live.arrays.inverted_index import InvertedIndex
from dedup.index.live.precedence import Ordering

_LOW = (1 << 32) - 1


class Sketches:
    """Different texts by number.

    Args:
        config: Uses the sections `fingerprints` and `near_duplicates`.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._bands, self._rows = config.near_duplicates.banding(config.fingerprints.num_perm)
        self.order = Ordering()
        self.bodies: list[str] = []
        self._signatures = GrowableArray(np.uint32, (config.fingerprints.num_perm,))
        self._tokens = GrowableArray(np.int64)
        self._anchors = GrowableArray(np.uint32)
        self._anchor_ends = GrowableArray(np.int64)
        self._anchor_ends.extend(np.zeros(1, np.int64))
        self._alive = GrowableArray(np.bool_)
        self._band_postings = InvertedIndex()
        self._anchor_postings = InvertedIndex()

    def fingerprint_of(self, number: int) -> tuple[int, UInt32s, UInt32s]:
        """Tokens, signature (uint32 (num_perm,)) and anchors (uint32 (k,)) of a text."""
        signature: UInt32s = self._signatures.rows[number]
        return int(self._tokens.rows[number]), signature, self._anchors_of(number)

    def keys(self, numbers: Sequence[int]) -> set[int]:
        """Buckets of texts: those of anchors are below 2^32, those of bands above."""
        bands, anchors = self._entries(np.array(numbers, np.int64))
        return _numbers(bands[1], anchors[1])

    def keys_of(self, prints: Fingerprints) -> set[int]:
        """Buckets of texts that are not there."""
        from dedup.duplicates.kernels.buckets import numbered_bands

        full = prints.signatures[prints.token_counts > 0]
        return _numbers(numbered_bands(full, self._bands, self._rows).ravel(), prints.anchors)

    def is_there(self, number: int) -> bool:
        """Whether a text came and did not go."""
        return bool(self._alive.rows[number])

    def add(
        self,
        precedences: Sequence[Precedence],
        bodies: Sequence[str],
        known: Fingerprints | None = None,
    ) -> list[int]:
        """New numbers for texts; they are in no bucket yet.

        Args:
            precedences: Of each.
            bodies: The texts.
            known: Their fingerprints, if they are known.
        """
        start = len(self.bodies)
        prints = known or fingerprint(
            Utf8Texts.of(bodies), self._config.fingerprints, compiled=True
        )
        self._signatures.extend(prints.signatures)
        self._tokens.extend(prints.token_counts)
        self._alive.extend(np.ones(len(bodies), bool))
        self.bodies.extend(bodies)
        self.order.extend(precedences)
        self._anchors.extend(prints.anchors)
        self._anchor_ends.extend(self._anchor_ends.rows[-1] + np.cumsum(prints.anchor_counts))
        return list(range(start, len(self.bodies)))

    def remove(self, numbers: Sequence[int]) -> None:
        """Texts go; their numbers are not given again."""
        self._alive.rows[np.array(numbers, np.int64)] = False
        for number in numbers:
            self.bodies[number] = ""

    def matches(self) -> dict[tuple[int, int], Similarity]:
        """Verified matches of all texts, as the batch finds them."""
        numbers = self.order.sorted(np.flatnonzero(self._alive.rows))
        tokens = self._tokens.rows[numbers]
        counts = self._anchor_counts(numbers)
        prints = Fingerprints(
            self._signatures.rows[numbers],
            tokens,
            shingle_sizes(tokens, self._config.fingerprints),
            self._anchors.rows[ranges(self._anchor_ends.rows[numbers], counts)],
            counts,
        )
        pairs = candidate_pairs(prints, self._config.near_duplicates, compiled=True)
        found = self.verifier(numbers.tolist(), threads=0).matches(pairs)
        return {
            (int(numbers[first]), int(numbers[second])): similarity
            for (first, second), similarity in found.as_dict().items()
        }

    def file(self, numbers: Sequence[int]) -> None:
        """Put texts into their buckets."""
        for postings, keys, owners in self._entries(np.array(numbers, np.int64)):
            postings.add(keys, owners)

    def in_large_buckets(self, numbers: Sequence[int]) -> set[int]:
        """Texts whose mates may be others when these come or go.

        In a bucket that crosses its limit all, in one that is large before and after the nearby.
        """
        found = [np.empty(0, np.int64)]
        some = np.array(numbers, np.int64)
        for postings, keys, _ in self._entries(some):
            different, changes = np.unique(keys, return_counts=True)
            which, owners = self._buckets(postings, different)
            sizes = np.bincount(which, minlength=len(different))
            crossing = (sizes >= MAX_BUCKET) & (sizes - changes <= MAX_BUCKET)
            found.append(owners[crossing[which]])
            large = ((sizes > MAX_BUCKET) & ~crossing)[which]
            found.append(self._nearest(which[large], owners[large], some)[1])
        return set(np.concatenate(found).tolist())

    def mates(self, numbers: Sequence[int]) -> dict[int, list[int]]:
        """Candidates of texts that are there, as `dedup.duplicates.candidates` finds them."""
        some = np.array(numbers, np.int64)
        pairs = [
            self._bucket_pairs(postings, keys, owners, some)
            for postings, keys, owners in self._entries(some)
        ]
        texts, others = self._candidates(*pairs)
        order = np.argsort(texts, kind="stable")
        texts, others = texts[order], others[order]
        starts, stops = (np.searchsorted(texts, some, side) for side in ("left", "right"))
        return {
            number: others[start:stop].tolist()
            for number, start, stop in zip(
                some.tolist(), starts.tolist(), stops.tolist(), strict=True
            )
        }

    def near(self, prints: Fingerprints) -> list[int]:
        """Candidates of one text that is not there."""
        if not prints.token_counts[0]:
            return []
        number = len(self.bodies)
        self._signatures.extend(prints.signatures)
        self._tokens.extend(prints.token_counts)
        self._anchors.extend(prints.anchors)
        self._anchor_ends.extend(self._anchor_ends.rows[-1:] + len(prints.anchors))
        try:
            some = np.array([number])
            pairs = [
                self._bucket_pairs(postings, keys, owners, np.empty(0, np.int64))
                for postings, keys, owners in self._entries(some)
            ]
            return sorted(self._candidates(*pairs)[1].tolist())
        finally:
            self._signatures.shrink(number)
            self._tokens.shrink(number)
            self._anchors.shrink(int(self._anchor_ends.rows[number]))
            self._anchor_ends.shrink(number + 1)

    def _entries(self, numbers: Int64s) -> list[tuple[InvertedIndex, UInt64s, Int64s]]:
        """Buckets of texts by bands and by anchors: the key of each, and the text."""
        from dedup.duplicates.kernels.buckets import numbered_bands

        full = numbers[self._tokens.rows[numbers] > 0]
        bands = numbered_bands(self._signatures.rows[full], self._bands, self._rows)
        counts = self._anchor_counts(numbers)
        anchors = self._anchors.rows[ranges(self._anchor_ends.rows[numbers], counts)]
        packed = (np.repeat(np.arange(len(numbers)), counts) << 32) | anchors.astype(np.int64)
        # Sorting them is several times as fast as `np.unique`, which hashes.
        packed.sort()
        packed = packed[np.diff(packed, prepend=-1) != 0]
        return [
            (self._band_postings, bands.ravel(), np.repeat(full, self._bands)),
            (
                self._anchor_postings,
                (packed & _LOW).astype(np.uint64),
                numbers[packed >> 32],
            ),
        ]

    def _bucket_pairs(
        self, postings: InvertedIndex, keys: UInt64s, texts: Int64s, there: Int64s
    ) -> tuple[Int64s, Int64s, Int64s]:
        """Texts with those in their buckets, and how many of these they share.

        Args:
            postings: The buckets.
            keys: Of some buckets.
            texts: The text that is in each, or would be.
            there: Those of the texts that are there: of a large bucket only the nearby count.
        """
        different, bucket = np.unique(keys, return_inverse=True)
        which, owners = self._buckets(postings, different)
        sizes = np.bincount(which, minlength=len(different))
        starts = np.cumsum(sizes) - sizes
        taken_ = (sizes[bucket] <= MAX_BUCKET) | ~np.isin(texts, there)
        rows, counts = bucket[taken_], sizes[bucket[taken_]]
        large = (sizes > MAX_BUCKET)[which]
        near = self._nearest(which[large], owners[large], there)
        first = np.concatenate((np.repeat(texts[taken_], counts), near[0]))
        second = np.concatenate((owners[ranges(starts[rows], counts)], near[1]))
        other = first != second
        packed, shared = np.unique((first[other] << 32) | second[other], return_counts=True)
        return packed >> 32, packed & _LOW, shared

    def _nearest(self, which: Int64s, owners: Int64s, texts: Int64s) -> tuple[Int64s, Int64s]:
        """Texts in buckets with themselves and the eight before and after them in each."""
        order = self.order.order(which, owners)
        which, owners = which[order], owners[order]
        here = np.flatnonzero(np.isin(owners, texts))
        around = here[:, None] + np.arange(-MATES, MATES + 1)
        inside = (around >= 0) & (around < len(owners))
        inside &= which[np.clip(around, 0, max(0, len(owners) - 1))] == which[here][:, None]
        first = np.broadcast_to(owners[here][:, None], around.shape)[inside]
        return first, owners[around[inside]]

    def _candidates(
        self, by_band: tuple[Int64s, Int64s, Int64s], by_anchor: tuple[Int64s, Int64s, Int64s]
    ) -> tuple[Int64s, Int64s]:
        """Pairs that are similar enough as far as signatures and anchors tell."""
        first, second, _ = by_band
        agreeing = agreement(self._signatures.rows, first, second)
        kept = agreeing >= self._config.near_duplicates.min_jaccard - ESTIMATE_SLACK
        found = [(first[kept] << 32) | second[kept]]
        first, second, shared = by_anchor
        tokens, others = self._tokens.rows[first], self._tokens.rows[second]
        shorter, longer = np.minimum(tokens, others), np.maximum(tokens, others)
        sizes = self._config.fingerprints
        missed = shorter <= longer * MAX_LENGTH_RATIO
        missed |= shingle_sizes(tokens, sizes) != shingle_sizes(others, sizes)
        fewest = np.minimum(self._anchor_counts(first), self._anchor_counts(second))
        kept = missed & (shared >= fewest * MIN_SHARED_ANCHORS) & (tokens > 0)
        found.append((first[kept] << 32) | second[kept])
        packed = np.unique(np.concatenate(found))
        return packed >> 32, packed & _LOW

    def _anchors_of(self, number: int) -> UInt32s:
        ends = self._anchor_ends.rows
        anchors: UInt32s = self._anchors.rows[ends[number] : ends[number + 1]]
        return anchors

    def _anchor_counts(self, numbers: Int64s) -> Int64s:
        ends = self._anchor_ends.rows
        counts: Int64s = ends[numbers + 1] - ends[numbers]
        return counts

    def similarities(
        self, pairs: Sequence[tuple[int, int]], asked: str = ""
    ) -> dict[tuple[int, int], Similarity]:
        """Verified matches among pairs of numbers; -1 stands for the text asked for."""
        if not pairs:
            return {}
        numbers = sorted({number for pair in pairs for number in pair})
        place = {number: k for k, number in enumerate(numbers)}
        verifier = self.verifier(numbers, asked)
        local = np.array([(place[a], place[b]) for a, b in pairs], np.int64)
        ordered = np.sort(local, axis=1)
        ordered = ordered[np.lexsort((ordered[:, 1], ordered[:, 0]))]
        found = verifier.matches(ordered).as_dict()
        made = {}
        for a, b in pairs:
            first, second = place[a], place[b]
            if (first, second) in found:
                made[a, b] = found[first, second]
            elif (second, first) in found:
                made[a, b] = turned(found[second, first])
        return made

    def verifier(self, numbers: Sequence[int], asked: str = "", threads: int = 1) -> Verifier:
        """Compares texts by their place in a list of numbers; -1 stands for the text asked for."""
        bodies = [self.bodies[number] if number >= 0 else asked for number in numbers]
        texts = Utf8Texts.of(bodies)
        tokens = self._tokens.rows[np.maximum(numbers, 0)]
        if asked:
            prints = fingerprint(Utf8Texts.of([asked]), self._config.fingerprints, compiled=True)
            tokens = np.where(np.array(numbers) < 0, prints.token_counts[0], tokens)
        return Verifier(texts, tokens, self._config, compiled=True, threads=threads)

    def _buckets(self, postings: InvertedIndex, keys: UInt64s) -> tuple[Int64s, Int64s]:
        """Texts in the buckets of different keys: number of the key, and text."""
        which, owners = postings.of(keys)
        there = self._alive.rows[owners]
        return which[there], owners[there]


def turned(found: Similarity) -> Similarity:
    """The similarity of the second set with the first."""
    return Similarity(found.jaccard, found.containment_b, found.containment_a)


def _numbers(bands: UInt64s, anchors: UInt32s | UInt64s) -> set[int]:
    return {*(bands + np.uint64(1 << 32)).tolist(), *anchors.tolist()}
