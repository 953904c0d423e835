"""Signatures of texts that are added and removed, their buckets, and candidates among them.

The rules are those of `dedup.duplicates.candidates`, applied to the buckets of a few texts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from dedup.compute.arrays import Int64s, UInt32s, ranges
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config, NearDuplicateConfig
from dedup.duplicates.candidates import (
    FIRST_BAND,
    MAX_BUCKET,
    band_buckets,
    candidate_pairs,
    linked_members,
    needed_anchors,
    signatures_agree,
)
from dedup.duplicates.clustering import PairVerifier
from dedup.duplicates.fingerprints import Fingerprints, bands_may_miss, fingerprint
from dedup.duplicates.matches import Matches, Similarity, Verifier
from dedup.index.live.arrays.growable import GrowableArray
from dedup.index.live.arrays.inverted_index import InvertedIndex
from dedup.index.live.columns import Columns
from dedup.index.live.copies.clusters import Body, BodyKey
from dedup.index.live.precedence import Ordering

_LOW = (1 << 32) - 1

Similarities = dict[tuple[int, int], Similarity]
"""Verified similarity of pairs of texts, by their rows."""


class SignatureIndex:
    """Fingerprints of different texts by row, in buckets.

    Args:
        config: Uses the sections `fingerprints` and `near_duplicates`.
        read: Reads the texts of articles by id.
    """

    def __init__(self, config: Config, read: Callable[[Sequence[str]], list[Body]]) -> None:
        self._config = config
        self._read = read
        self.order = Ordering()
        self._keys: list[BodyKey | None] = []
        self._query: dict[int, Body] = {}
        self._signatures = GrowableArray(np.uint32, (config.fingerprints.num_perm,))
        self._tokens = GrowableArray(np.int64)
        self._sizes = GrowableArray(np.int64)
        self._anchors = GrowableArray(np.uint32)
        self._anchor_ends = GrowableArray(np.int64)
        self._anchor_ends.extend(np.zeros(1, np.int64))
        self._present = GrowableArray(np.bool_)
        self._buckets = InvertedIndex()

    def fingerprint_of(self, row: int) -> tuple[int, UInt32s, UInt32s]:
        """Tokens, signature (uint32 (num_perm,)) and anchors (uint32 (k,)) of a text."""
        signature: UInt32s = self._signatures.rows[row]
        start, stop = self._anchor_ends.rows[row : row + 2].tolist()
        return int(self._tokens.rows[row]), signature, self._anchors.rows[start:stop]

    def __contains__(self, row: int) -> bool:
        """Whether a text was added and not removed."""
        return bool(self._present.rows[row])

    def is_of(self, row: int, key: BodyKey) -> bool:
        """Whether a text is that of an article as it is now."""
        return self._keys[row] == key

    def add(self, keys: Sequence[BodyKey], prints: Fingerprints | None = None) -> list[int]:
        """Add texts, which are in no bucket until `add_to_buckets`.

        Args:
            keys: Of the first article that has each text.
            prints: Their fingerprints, if they are known.

        Returns:
            The row of each.
        """
        first = len(self._keys)
        if prints is None:
            texts = [body.text for body in self._read([key.id for key in keys])]
            prints = fingerprint(Utf8Texts.of(texts), self._config.fingerprints, compiled=True)
        self._append(keys, prints)
        self._present.extend(np.ones(len(keys), bool))
        self.order.extend([key.precedence for key in keys])
        return list(range(first, len(self._keys)))

    def _append(self, keys: Sequence[BodyKey], prints: Fingerprints) -> None:
        self._keys.extend(keys)
        self._signatures.extend(prints.signatures)
        self._tokens.extend(prints.token_counts)
        self._sizes.extend(prints.shingle_sizes)
        self._anchors.extend(prints.anchors)
        self._anchor_ends.extend(self._anchor_ends.rows[-1] + np.cumsum(prints.anchor_counts))

    def add_to_buckets(self, rows: Sequence[int]) -> None:
        """Put texts into their buckets, so that they are candidates."""
        buckets, owners = self._entries(np.array(rows, np.int64))
        self._buckets.add(buckets.astype(np.uint64), owners)

    @property
    def rows(self) -> Int64s:
        """Rows of the texts that are there, ascending; int64 of shape (k,)."""
        return np.flatnonzero(self._present.rows)

    def saved(self, rows: Int64s, index_of: Mapping[str, int]) -> dict[str, Any]:
        """Columns of the texts that are there, by new rows without gaps.

        Args:
            rows: See `rows`.
            index_of: Index of each article.
        """
        new_row = np.full(len(self._keys), -1)
        new_row[rows] = np.arange(len(rows))
        anchors, counts = self._anchors_of(rows)
        buckets, owners = self._buckets.saved(new_row)
        first = [index_of[key.id] for row in rows.tolist() if (key := self._keys[row])]
        return self.order.saved("copies.order", rows) | {
            "copies.first": np.array(first, np.int64),
            "copies.signatures": self._signatures.rows[rows],
            "copies.tokens": self._tokens.rows[rows],
            "copies.sizes": self._sizes.rows[rows],
            "copies.anchors": anchors,
            "copies.anchor_ends": np.append(0, np.cumsum(counts)),
            "copies.buckets": buckets,
            "copies.owners": owners,
        }

    def load(self, columns: Columns, keys: Sequence[BodyKey]) -> None:
        """Load what `saved` returned.

        Args:
            columns: The columns.
            keys: Of the first article that has each text.
        """
        self._keys = list(keys)
        self.order.load(columns, "copies.order", [key.id for key in keys])
        self._signatures.adopt(columns["copies.signatures"])
        self._tokens.adopt(columns["copies.tokens"])
        self._sizes.adopt(columns["copies.sizes"])
        self._anchors.adopt(columns["copies.anchors"])
        self._anchor_ends.adopt(columns["copies.anchor_ends"])
        self._present.adopt(np.ones(len(keys), bool))
        self._buckets.load(columns["copies.buckets"], columns["copies.owners"])

    def remove(self, rows: Sequence[int]) -> None:
        """Remove texts; their rows are not given to others."""
        self._present.rows[np.array(rows, np.int64)] = False
        for row in rows:
            self._keys[row] = None

    def all_matches(self) -> Similarities:
        """The verified matches of all texts, as the batch finds them."""
        rows = self.order.sorted(np.flatnonzero(self._present.rows))
        anchors, counts = self._anchors_of(rows)
        prints = Fingerprints(
            self._signatures.rows[rows],
            self._tokens.rows[rows],
            self._sizes.rows[rows],
            anchors,
            counts,
        )
        pairs = candidate_pairs(prints, self._config.near_duplicates, compiled=True)
        return self._verify(rows, pairs, threads=0)

    def matches(self, pairs: Int64s) -> Similarities:
        """The verified matches among pairs of rows a < b, ascending; int64 of shape (m, 2)."""
        rows, places = np.unique(pairs, return_inverse=True)
        return self._verify(rows, places.reshape(-1, 2), threads=1)

    def _verify(self, rows: Int64s, pairs: Int64s, threads: int) -> Similarities:
        """The matches among pairs of places in `rows`."""
        if not len(pairs):
            return {}
        matches = self._verifier(rows.tolist(), threads).matches(pairs).as_dict()
        return {(int(rows[a]), int(rows[b])): value for (a, b), value in matches.items()}

    def verifier(self, rows: Sequence[int]) -> PairVerifier:
        """Compares texts by their places in a list of rows; only those of pairs are read."""
        return _PairsOf(np.array(rows, np.int64), self._config.near_duplicates, self._verifier)

    def _verifier(self, rows: Sequence[int], threads: int = 1) -> Verifier:
        """Compares texts by their places in a list of rows."""
        ids = [key.id for row in rows if row not in self._query and (key := self._keys[row])]
        read = iter(self._read(ids))
        bodies = [self._query[row] if row in self._query else next(read) for row in rows]
        texts = Utf8Texts.of([body.text for body in bodies])
        tokens = self._tokens.rows[np.array(rows, np.int64)]
        return Verifier(
            texts,
            tokens,
            self._config,
            compiled=True,
            threads=threads,
            origin_of=lambda place: bodies[place].origin,
        )

    def query(self, body: Body, prints: Fingerprints) -> dict[int, Similarity]:
        """The copies of a text that is not in the index: similarity of each row with it.

        Args:
            body: The text.
            prints: Its fingerprint.
        """
        row, used = len(self._keys), self._anchors.count
        self._append([body.key], prints)
        self._query = {row: body}
        try:
            buckets = np.unique(self._entries(np.array([row]))[0])
            bucket, mates = self._members(buckets)
            mates, _ = self._filter(mates, np.full(len(mates), row), buckets[bucket])
            pairs = np.stack((mates, np.full(len(mates), row)), axis=1)
            return {mate: similarity for (mate, _), similarity in self.matches(pairs).items()}
        finally:
            self._query = {}
            self._keys.pop()
            for array in (self._signatures, self._tokens, self._sizes):
                array.shrink(row)
            self._anchors.shrink(used)
            self._anchor_ends.shrink(row + 1)

    def candidates(self, rows: Collection[int]) -> dict[int, set[int]]:
        """The candidates of each of some texts of the index."""
        chosen = np.array(sorted(rows), np.int64)
        buckets = np.unique(self._entries(chosen)[0])
        bucket, members = self._members(buckets)
        earlier, later = linked_members(bucket, np.isin(members, chosen))
        pairs = self._filter(members[earlier], members[later], buckets[bucket[later]])
        candidates: dict[int, set[int]] = {row: set() for row in rows}
        for a, b in zip(*(ends.tolist() for ends in pairs), strict=True):
            for row, mate in ((a, b), (b, a)):
                if row in candidates:
                    candidates[row].add(mate)
        return candidates

    def affected_in_crowded_buckets(self, rows: Sequence[int]) -> set[int]:
        """Texts whose candidates may be others because these are added or removed.

        In a bucket that becomes crowded, or is so no more, all; in one that is crowded before
        and after, those nearby.
        """
        chosen = np.array(rows, np.int64)
        buckets, changes = np.unique(self._entries(chosen)[0], return_counts=True)
        bucket, members = self._members(buckets)
        sizes = np.bincount(bucket, minlength=len(buckets))
        crossing = (sizes >= MAX_BUCKET) & (sizes - changes <= MAX_BUCKET)
        crowded = ((sizes > MAX_BUCKET) & ~crossing)[bucket]
        nearby = members[crowded]
        linked = linked_members(bucket[crowded], np.isin(nearby, chosen))
        return {*members[crossing[bucket]].tolist(), *nearby[np.concatenate(linked)].tolist()}

    def _entries(self, rows: Int64s) -> tuple[Int64s, Int64s]:
        """The buckets of texts, each once for a text, and the text in each."""
        filled = rows[self._tokens.rows[rows] > 0]
        bands = band_buckets(
            self._signatures.rows[filled], self._config.near_duplicates, compiled=True
        )
        anchors, counts = self._anchors_of(rows)
        packed = (np.repeat(np.arange(len(rows)), counts) << 32) | anchors.astype(np.int64)
        # Sorting them is several times as fast as `np.unique`, which hashes.
        packed.sort()
        packed = packed[np.diff(packed, prepend=-1) != 0]
        return (
            np.concatenate((bands.ravel(), packed & _LOW)),
            np.concatenate((np.repeat(filled, bands.shape[1]), rows[packed >> 32])),
        )

    def _anchors_of(self, rows: Int64s) -> tuple[UInt32s, Int64s]:
        """Anchors of texts one after the other, and how many each has."""
        starts, counts = self._anchor_ends.rows[rows], self._anchor_counts(rows)
        anchors: UInt32s = self._anchors.rows[ranges(starts, counts)]
        return anchors, counts

    def _anchor_counts(self, rows: Int64s) -> Int64s:
        ends = self._anchor_ends.rows
        counts: Int64s = ends[rows + 1] - ends[rows]
        return counts

    def _members(self, buckets: Int64s) -> tuple[Int64s, Int64s]:
        """Texts in different buckets: place of the bucket and text; by bucket and precedence."""
        bucket, members = self._buckets.of(buckets.astype(np.uint64))
        present = self._present.rows[members]
        bucket, members = bucket[present], members[present]
        order = self.order.order(bucket, members)
        return bucket[order], members[order]

    def _filter(self, first: Int64s, second: Int64s, buckets: Int64s) -> tuple[Int64s, Int64s]:
        """Pairs that are similar enough as far as signatures and anchors show, each once.

        Args:
            first: Row of one text of each pair that shares a bucket, int64 of shape (m,).
            second: Row of the other, int64 of shape (m,).
            buckets: What they share, int64 of shape (m,).
        """
        packed = (first << 32) | second
        in_band = buckets >= FIRST_BAND
        pairs = np.unique(packed[in_band])
        signatures, limits = self._signatures.rows, self._config.near_duplicates
        agreeing = pairs[signatures_agree(signatures, pairs >> 32, pairs & _LOW, limits)]
        pairs, shared = np.unique(packed[~in_band], return_counts=True)
        first, second = pairs >> 32, pairs & _LOW
        tokens = self._tokens.rows
        fewest = np.minimum(self._anchor_counts(first), self._anchor_counts(second))
        enough = shared >= needed_anchors(fewest, tokens, first, second)
        missed = bands_may_miss(tokens, self._sizes.rows, first, second)
        pairs = np.union1d(agreeing, pairs[missed & enough])
        return pairs >> 32, pairs & _LOW


class _PairsOf:
    """Verifies pairs among some texts; see `PairVerifier`.

    Args:
        rows: Rows of the texts, int64 of shape (n,).
        config: What copies are.
        verifier: Compares the texts of a list of rows.
    """

    compiled = True

    def __init__(
        self,
        rows: Int64s,
        config: NearDuplicateConfig,
        verifier: Callable[[Sequence[int]], Verifier],
    ) -> None:
        self._rows = rows
        self.config = config
        self._verifier = verifier

    def matches(self, pairs: Int64s) -> Matches:
        """See `Verifier.matches`."""
        places, among = np.unique(pairs, return_inverse=True)
        verifier = self._verifier(self._rows[places].tolist())
        return verifier.matches(among.reshape(-1, 2)).renumbered(places)
