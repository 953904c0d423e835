"""Signatures of texts that are added and removed, their buckets, and candidates among them.

The rules are those of `dedup.duplicates.candidates`, applied to the buckets of a few texts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from dedup.compute.arrays import Int64s
from dedup.compute.growable import (
    Columns,
    Growable,
    GrowableArray,
    GrowableLists,
    load_columns,
    saved_columns,
)
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config, NearDuplicateConfig
from dedup.duplicates.bucket_table import BucketTable
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
from dedup.index.live.columns import Saved
from dedup.index.live.copies.clusters import DIGEST_BYTES, Body, BodyKey
from dedup.index.live.copies.saving import digest_rows
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
        self._query: dict[int, Body] = {}
        self._digests = GrowableArray(np.uint8, (DIGEST_BYTES,))
        self._origins = GrowableArray(np.uint64)
        self._signatures = GrowableArray(np.uint32, (config.fingerprints.num_perm,))
        self._tokens = GrowableArray(np.int64)
        self._sizes = GrowableArray(np.int64)
        self._anchors = GrowableLists(np.uint32)
        self._present = GrowableArray(np.bool_)
        self._buckets = BucketTable()

    def __contains__(self, row: int) -> bool:
        """Whether a text was added and not removed."""
        return bool(self._present.rows[row])

    def is_of(self, row: int, key: BodyKey) -> bool:
        """Whether a row is of an article as it is now, of those with the same text."""
        return int(self._origins.rows[row]) == key.origin and self.order.of(row) == key.precedence

    def digest_of(self, row: int) -> bytes:
        """See `BodyKey.digest`."""
        return bytes(self._digests.rows[row])

    def add(self, keys: Sequence[BodyKey]) -> list[int]:
        """Add texts, which are in no bucket until `add_to_buckets`.

        Args:
            keys: Of the first article that has each text.

        Returns:
            The row of each.
        """
        first = len(self.order.ids)
        texts = [body.text for body in self._read([key.id for key in keys])]
        self._append(fingerprint(Utf8Texts.of(texts), self._config.fingerprints, compiled=True))
        self._digests.extend(digest_rows([key.digest for key in keys]))
        self._origins.extend(np.array([key.origin for key in keys], np.uint64))
        self._present.extend(np.ones(len(keys), bool))
        self.order.extend([key.precedence for key in keys])
        return list(range(first, len(self.order.ids)))

    def _append(self, prints: Fingerprints) -> None:
        self._signatures.extend(prints.signatures)
        self._tokens.extend(prints.token_counts)
        self._sizes.extend(prints.shingle_sizes)
        self._anchors.extend(prints.anchors, prints.anchor_counts)

    def add_to_buckets(self, rows: Sequence[int]) -> None:
        """Put the texts that were added last into their buckets, so that they are candidates."""
        buckets, owners = self._entries(np.array(rows, np.int64))
        order = np.argsort(owners, kind="stable")
        counts = np.bincount(owners - len(self._buckets), minlength=len(rows))
        self._buckets.extend(buckets[order], counts)

    @property
    def rows(self) -> Int64s:
        """Rows of the texts that are there, ascending; int64 of shape (k,)."""
        return np.flatnonzero(self._present.rows)

    def saved(self, rows: Int64s | None) -> Saved:
        """Columns of some texts, int64 (k,), or of all."""
        return Saved(
            saved_columns("copies", self._growing(), rows),
            saved_columns("copies", self._changing(), rows),
        )

    def load(self, columns: Columns) -> None:
        """Load what `saved` returned."""
        load_columns("copies", self._growing() | self._changing(), columns)

    def remap(self, columns: Columns) -> None:
        """Have the columns that only grow, as they were saved, from elsewhere."""
        load_columns("copies", self._growing(), columns)

    def _growing(self) -> dict[str, Growable]:
        """Columns that only grow, by name."""
        own: dict[str, Growable] = {
            "digests": self._digests, "origins": self._origins, "signatures": self._signatures,
            "tokens": self._tokens, "sizes": self._sizes, "anchors": self._anchors,
            "buckets": self._buckets,
        }  # fmt: skip
        return {**self.order.growing(), **own}

    def _changing(self) -> dict[str, Growable]:
        """The other columns, by name."""
        return {**self.order.changing(), "present": self._present}

    def remove(self, rows: Sequence[int]) -> None:
        """Remove texts; their rows are not given to others."""
        self._present.rows[np.array(rows, np.int64)] = False

    def all_matches(self) -> Similarities:
        """The verified matches of all texts, as the batch finds them."""
        rows = self.order.sorted(np.flatnonzero(self._present.rows))
        prints = Fingerprints(
            self._signatures.rows[rows],
            self._tokens.rows[rows],
            self._sizes.rows[rows],
            self._anchors.of(rows),
            self._anchors.counts(rows),
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
        ids = [self.order.ids[row] for row in rows if row not in self._query]
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
        row = len(self.order.ids)
        self._append(prints)
        self._query = {row: body}
        try:
            buckets = np.unique(self._entries(np.array([row]))[0])
            bucket, mates = self._members(buckets)
            mates, _ = self._filter(mates, np.full(len(mates), row), buckets[bucket])
            pairs = np.stack((mates, np.full(len(mates), row)), axis=1)
            return {mate: similarity for (mate, _), similarity in self.matches(pairs).items()}
        finally:
            self._query = {}
            for grown in (self._signatures, self._tokens, self._sizes, self._anchors):
                grown.shrink(row)

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
        anchors, counts = self._anchors.of(rows).astype(np.int64), self._anchors.counts(rows)
        packed = (np.repeat(np.arange(len(rows)), counts) << 32) | anchors
        # Sorting them is several times as fast as `np.unique`, which hashes.
        packed.sort()
        packed = packed[np.diff(packed, prepend=-1) != 0]
        return (
            np.concatenate((bands.ravel(), packed & _LOW)),
            np.concatenate((np.repeat(filled, bands.shape[1]), rows[packed >> 32])),
        )

    def _members(self, buckets: Int64s) -> tuple[Int64s, Int64s]:
        """Texts in different buckets: place of the bucket and text; by bucket and precedence."""
        bucket, members = self._buckets.members(buckets, self._present.rows)
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
        fewest = np.minimum(self._anchors.counts(first), self._anchors.counts(second))
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
