"""Fingerprints of texts that come and go, their buckets, and the candidates that these make.

The rules are those of `candidates.py`, for one text at a time: also the limit of a large bucket,
in which a text is linked to the eight before it and the eight after it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.assembly import Precedence
from dedup.candidates import (
    ESTIMATE_SLACK,
    MATES,
    MAX_BUCKET,
    MAX_LENGTH_RATIO,
    MIN_SHARED_ANCHORS,
    band_keys,
    candidates,
)
from dedup.characters import UInt32s
from dedup.config import Config
from dedup.fingerprints import Fingerprints, fingerprint, shingle_sizes
from dedup.live.growing import Growing
from dedup.live.ordering import Ordering
from dedup.live.postings import Postings
from dedup.matches import Similarity, Verifier
from dedup.shingles import Int64s, UInt64s, ranges
from dedup.utf8 import Utf8Texts

_HIGH = np.uint64(32)


class Sketches:
    """Different texts by number.

    Args:
        config: Uses the sections `fingerprints` and `near_duplicates`.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._bands, self._rows = config.near_duplicates.banding(config.fingerprints.num_perm)
        self.order = Ordering()
        self.bodies: list[bytes] = []
        self._signatures = Growing(np.uint32, (config.fingerprints.num_perm,))
        self._tokens = Growing(np.int64)
        self._anchors: list[UInt32s] = []
        self._alive = Growing(np.bool_)
        self._band_postings = Postings()
        self._anchor_postings = Postings()

    def fingerprint_of(self, number: int) -> tuple[int, UInt32s, UInt32s]:
        """Tokens, signature and anchors of a text."""
        signature: UInt32s = self._signatures.rows[number]
        return int(self._tokens.rows[number]), signature, self._anchors[number]

    def is_there(self, number: int) -> bool:
        """Whether a text came and did not go."""
        return bool(self._alive.rows[number])

    def add(
        self,
        precedences: Sequence[Precedence],
        bodies: Sequence[bytes],
        known: Fingerprints | None = None,
    ) -> list[int]:
        """New numbers for texts; they are in no bucket yet.

        Args:
            precedences: Of each.
            bodies: The texts as UTF-8.
            known: Their fingerprints, if they are known.
        """
        start = len(self.bodies)
        prints = known or fingerprint(
            Utf8Texts.of_bytes(bodies), self._config.fingerprints, compiled=True
        )
        self._signatures.extend(prints.signatures)
        self._tokens.extend(prints.token_counts)
        self._alive.extend(np.ones(len(bodies), bool))
        self.bodies.extend(bodies)
        self.order.extend(precedences)
        self._anchors += np.split(prints.anchors, np.cumsum(prints.anchor_counts)[:-1])[
            : len(bodies)
        ]
        return list(range(start, len(self.bodies)))

    def remove(self, numbers: Sequence[int]) -> None:
        """Texts go; their numbers are not given again."""
        self._alive.rows[np.array(numbers, np.int64)] = False

    def matches(self) -> dict[tuple[int, int], Similarity]:
        """Verified matches of all texts, as the batch finds them."""
        numbers = self.order.sorted(np.flatnonzero(self._alive.rows))
        anchors = [self._anchors[number] for number in numbers.tolist()]
        tokens = self._tokens.rows[numbers]
        prints = Fingerprints(
            self._signatures.rows[numbers],
            tokens,
            shingle_sizes(tokens, self._config.fingerprints),
            np.concatenate([np.empty(0, np.uint32), *anchors]),
            np.array([len(each) for each in anchors], np.int64),
        )
        pairs = candidates(prints, self._config.near_duplicates, compiled=True)
        found = self.verifier(numbers.tolist(), threads=0).matches(pairs)
        return {
            (int(numbers[first]), int(numbers[second])): similarity
            for (first, second), similarity in found.as_dict().items()
        }

    def file(self, numbers: Sequence[int]) -> None:
        """Put texts into their buckets."""
        with_tokens = np.array([n for n in numbers if self._tokens.rows[n]], np.int64)
        keys = self._band_keys(self._signatures.rows[with_tokens])
        owners = np.repeat(with_tokens, self._bands)
        self._band_postings.add(keys.ravel(), owners, np.ones(len(owners), np.int64))
        anchors = [_buckets(self._anchors[number]) for number in numbers]
        owners = np.repeat(np.array(numbers, np.int64), [len(each) for each in anchors])
        joined = np.concatenate([np.empty(0, np.uint64), *anchors])
        self._anchor_postings.add(joined, owners, np.ones(len(owners), np.int64))

    def in_large_buckets(self, numbers: Sequence[int]) -> set[int]:
        """Texts whose mates may be others when these come or go: those of full buckets."""
        found: set[int] = set()
        for number in numbers:
            if not self._tokens.rows[number]:
                continue
            signature = self._signatures.rows[number : number + 1]
            for postings, keys in (
                (self._band_postings, self._band_keys(signature)[0]),
                (self._anchor_postings, _buckets(self._anchors[number])),
            ):
                which, owners = self._buckets(postings, keys)
                full = np.bincount(which, minlength=len(keys)) >= MAX_BUCKET
                if full.any():
                    found |= self._around(which, owners, full, number, len(numbers))
        return found

    def mates(self, number: int) -> list[int]:
        """Candidates of a text that is there."""
        return self.near(
            self._signatures.rows[number],
            self._anchors[number],
            int(self._tokens.rows[number]),
            number,
        )

    def near(
        self, signature: np.ndarray, anchors: np.ndarray, tokens: int, number: int
    ) -> list[int]:
        """Candidates of a text, as `dedup.candidates` finds them; -1 is the number of none."""
        if not tokens:
            return []
        limits = self._config.near_duplicates
        keys = self._band_keys(signature[None, :])[0]
        mates, _ = self._bucket_mates(self._band_postings, keys, number)
        equal = np.count_nonzero(self._signatures.rows[mates] == signature, axis=1)
        by_band = mates[equal / len(signature) >= limits.min_jaccard - ESTIMATE_SLACK]
        mates, shared = self._bucket_mates(self._anchor_postings, _buckets(anchors), number)
        others = self._tokens.rows[mates]
        shorter, longer = np.minimum(tokens, others), np.maximum(tokens, others)
        sizes = shingle_sizes(np.append(others, tokens), self._config.fingerprints)
        missed = (shorter <= longer * MAX_LENGTH_RATIO) | (sizes[:-1] != sizes[-1])
        counts = np.array([len(self._anchors[mate]) for mate in mates.tolist()], np.int64)
        fewest = np.minimum(len(anchors), counts)
        by_anchor = mates[missed & (shared >= fewest * MIN_SHARED_ANCHORS)]
        return list(map(int, np.union1d(by_band, by_anchor)))

    def similarities(
        self, pairs: Sequence[tuple[int, int]], asked: bytes = b""
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

    def verifier(self, numbers: Sequence[int], asked: bytes = b"", threads: int = 1) -> Verifier:
        """Compares texts by their place in a list of numbers; -1 stands for the text asked for."""
        bodies = [self.bodies[number] if number >= 0 else asked for number in numbers]
        texts = Utf8Texts.of_bytes(bodies)
        tokens = self._tokens.rows[np.maximum(numbers, 0)]
        if asked:
            prints = fingerprint(Utf8Texts.of_bytes([asked]), self._config.fingerprints)
            tokens = np.where(np.array(numbers) < 0, prints.token_counts[0], tokens)
        return Verifier(texts, tokens, self._config, compiled=True, threads=threads)

    def _around(
        self, which: Int64s, owners: Int64s, full: np.ndarray, number: int, changes: int
    ) -> set[int]:
        """Texts of full buckets: all where so many changes may cross the limit, else the nearby."""
        found: set[int] = set()
        sizes = np.bincount(which, minlength=len(full))
        here = full[which]
        which, owners = which[here], owners[here]
        order = self.order.order(which, owners)
        which, owners = which[order], owners[order]
        for bucket in np.flatnonzero(full).tolist():
            members = owners[np.searchsorted(which, bucket) : np.searchsorted(which, bucket + 1)]
            if sizes[bucket] <= MAX_BUCKET + changes:
                found.update(members.tolist())
                continue
            place = int(np.flatnonzero(members == number)[0])
            found.update(members[max(0, place - MATES) : place + MATES + 1].tolist())
        return found

    def _bucket_mates(
        self, postings: Postings, keys: UInt64s, number: int
    ) -> tuple[Int64s, Int64s]:
        """Texts linked to one by the buckets of its keys, and by how many of them."""
        which, owners = self._buckets(postings, keys)
        large = np.bincount(which, minlength=len(keys)) > MAX_BUCKET
        crowded = large[which]
        found = [owners[~crowded]]
        if crowded.any():
            found += self._nearest_mates(which[crowded], owners[crowded], number)
        mates, shared = np.unique(np.concatenate(found), return_counts=True)
        other = mates != number
        return mates[other], shared[other]

    def _nearest_mates(self, which: Int64s, owners: Int64s, number: int) -> list[Int64s]:
        """In each large bucket the eight before a text, and the eight after it."""
        if number < 0:
            return [owners]
        order = self.order.order(which, owners)
        which, owners = which[order], owners[order]
        found = []
        for place in np.flatnonzero(owners == number).tolist():
            part = slice(max(0, place - MATES), place + MATES + 1)
            found.append(owners[part][which[part] == which[place]])
        return found

    def _band_keys(self, signatures: np.ndarray) -> UInt64s:
        """Number of the band and the half of the hash that makes its bucket, (n, bands)."""
        keys = np.empty((len(signatures), self._bands), np.uint64)
        for band in range(self._bands):
            slots = signatures[:, band * self._rows : (band + 1) * self._rows]
            keys[:, band] = (band_keys(slots) >> _HIGH) | np.uint64(band << 32)
        return keys

    def _buckets(self, postings: Postings, keys: UInt64s) -> tuple[Int64s, Int64s]:
        """Texts in the buckets of different keys: number of the key, and text."""
        which, owners, _ = postings.of(keys)
        there = self._alive.rows[owners]
        return which[there], owners[there]


def taken(prints: Fingerprints, rows: Int64s) -> Fingerprints:
    """Fingerprints of some of the texts."""
    starts = np.cumsum(prints.anchor_counts) - prints.anchor_counts
    return Fingerprints(
        prints.signatures[rows],
        prints.token_counts[rows],
        prints.shingle_sizes[rows],
        prints.anchors[ranges(starts[rows], prints.anchor_counts[rows])],
        prints.anchor_counts[rows],
    )


def turned(found: Similarity) -> Similarity:
    """The similarity of the second set with the first."""
    return Similarity(found.jaccard, found.containment_b, found.containment_a)


def _buckets(anchors: UInt32s) -> UInt64s:
    """The different anchors of a text."""
    return np.unique(anchors).astype(np.uint64)
