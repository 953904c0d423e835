"""A near-duplicate index in memory: add, query and remove one text at a time.

It uses the signatures, buckets, filters and exact verification of the batch. The work for a text
does not grow with their number: each of its buckets is looked up in a hash table, and the few
texts in them are compared exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import Int64s
from dedup.compute.growable import GrowableArray
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
from dedup.duplicates.bucket_table import BucketTable
from dedup.duplicates.candidates import (
    band_buckets,
    needed_anchors,
    signatures_agree,
)
from dedup.duplicates.fingerprints import (
    EMPTY_SLOT,
    bands_may_miss,
    fill_compiled,
    shingle_sizes,
)
from dedup.duplicates.kernels.chains import counted
from dedup.duplicates.matches import Similarity, Verifier
from dedup.errors import DedupError

_FEW = 1024
"""So many rows of removed texts do not matter."""
_MAX_MEMBERS = 64
"""Of each bucket so many texts are candidates, the newest."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A text of the index that is a copy of the queried one.

    Args:
        id: Its id.
        similarity: Exact similarity; the queried text is the first set, this one the second.
    """

    id: str
    similarity: Similarity


class NearDuplicateIndex:
    """Near-duplicates of one text among many that are added and removed.

    Args:
        config: Uses the sections `fingerprints` and `near_duplicates`.
        text_of: Reads the text of an id that is stored elsewhere; by default the index holds
            the texts.

    Needs numba. Memory without the texts is about 1.2 kB for an article of 300 words: 512 bytes
    of signature, 13 for each band and anchor, and room to grow.
    """

    def __init__(
        self, config: Config = Config(), *, text_of: Callable[[str], str] | None = None
    ) -> None:
        self._config = config
        self._texts: dict[str, bytes] = {}
        self._text_of = text_of
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._signatures = GrowableArray(np.uint32, (config.fingerprints.num_perm,))
        self._tokens = GrowableArray(np.int64)
        self._sizes = GrowableArray(np.int64)
        self._anchor_counts = GrowableArray(np.int64)
        self._present = GrowableArray(np.bool_)
        self._arrays = (
            self._signatures, self._tokens, self._sizes, self._anchor_counts, self._present,
        )  # fmt: skip
        self._buckets = BucketTable()

    def __len__(self) -> int:
        """Number of texts."""
        return len(self._rows)

    def __contains__(self, id: str) -> bool:
        """Whether a text is in the index."""
        return id in self._rows

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, without texts and ids."""
        return sum(array.nbytes for array in (*self._arrays, self._buckets))

    def add(self, id: str, text: str) -> list[Copy]:
        """Add a canonical text to the index.

        Returns:
            Its copies among the texts added before, as `query` does.

        Raises:
            DedupError: The id is in the index.
        """
        if id in self._rows:
            raise DedupError(f"the id {id!r} is in the index: remove it first")
        content = Utf8Texts.of([text])
        copies, buckets = self._look_up(content)
        row = len(self._ids)
        self._present.rows[row] = True
        self._buckets.extend(buckets, np.array([len(buckets)]))
        self._ids.append(id)
        self._rows[id] = row
        if self._text_of is None:
            self._texts[id] = content.data.tobytes()
        return copies

    def query(self, text: str) -> list[Copy]:
        """Copies of a canonical text, the most similar first, of equal ones the earlier added."""
        return self._look_up(Utf8Texts.of([text]))[0]

    def remove(self, id: str) -> None:
        """Remove a text from the index.

        Raises:
            DedupError: The id is not in the index.
        """
        if id not in self._rows:
            raise DedupError(f"the id {id!r} is not in the index")
        self._present.rows[self._rows.pop(id)] = False
        self._texts.pop(id, None)
        if len(self._ids) > _FEW and len(self._rows) < len(self._ids) // 2:
            self._compact()

    def _look_up(self, content: Utf8Texts) -> tuple[list[Copy], Int64s]:
        """The copies of a text, and its buckets; its values are in the row after the last."""
        row = len(self._ids)
        if row == self._tokens.count:
            for array in self._arrays:
                array.resize(row + 1)
        signatures, tokens = self._signatures.rows[row:], self._tokens.rows[row:]
        counts, limits = self._anchor_counts.rows[row:], self._config
        signatures[0], tokens[0], counts[0] = EMPTY_SLOT, 0, 0
        anchors = fill_compiled(content, (0, 1), limits.fingerprints, signatures, tokens, counts)
        self._sizes.rows[row:] = shingle_sizes(tokens, limits.fingerprints)
        if not tokens[0]:
            return [], np.empty(0, np.int64)
        different = np.array(sorted({*anchors.tolist()}), np.int64)
        (bands,) = band_buckets(signatures, limits.near_duplicates, compiled=True)
        buckets = np.concatenate((bands, different))
        places, mates = self._buckets.members(buckets, self._present.rows, _MAX_MEMBERS)
        in_bands = places.searchsorted(len(bands))
        rows = {*self._by_bands(row, mates[:in_bands]), *self._by_anchors(row, mates[in_bands:])}
        return self._verify(content, row, sorted(rows)) if rows else [], buckets

    def _by_bands(self, row: int, mates: Int64s) -> list[int]:
        """Candidates among the texts that share a band with a row."""
        if not len(mates):
            return []
        rows, _ = counted(mates)
        own = np.full(len(rows), row)
        alike = signatures_agree(self._signatures.rows, rows, own, self._config.near_duplicates)
        return list(map(int, rows[alike]))

    def _by_anchors(self, row: int, mates: Int64s) -> list[int]:
        """Candidates among the texts that share an anchor with a row, each for every one."""
        if not len(mates):
            return []
        rows, shared = counted(mates)
        own = np.full(len(rows), row)
        counts, tokens = self._anchor_counts.rows, self._tokens.rows
        fewest = np.minimum(counts[rows], counts[own])
        inside = shared >= needed_anchors(fewest, tokens, rows, own)
        inside &= bands_may_miss(tokens, self._sizes.rows, rows, own)
        return list(map(int, rows[inside]))

    def _verify(self, content: Utf8Texts, row: int, rows: list[int]) -> list[Copy]:
        ids = [self._ids[mate] for mate in rows]
        texts = Utf8Texts.of_bytes([content.data.tobytes(), *map(self._content, ids)])
        tokens = self._tokens.rows[[row, *rows]]
        verifier = Verifier(texts, tokens, self._config, compiled=True, threads=1)
        pairs = np.stack((np.zeros(len(ids), np.int64), np.arange(1, len(ids) + 1)), axis=1)
        matches = verifier.matches(pairs).as_dict()
        copies = [Copy(ids[second - 1], similarity) for (_, second), similarity in matches.items()]
        copies.sort(key=lambda copy: -copy.similarity.jaccard)
        return copies

    def _content(self, id: str) -> bytes:
        if self._text_of is None:
            return self._texts[id]
        return self._text_of(id).encode("utf-8", "replace")

    def _compact(self) -> None:
        """Forget the rows of removed texts."""
        rows = np.flatnonzero(self._present.rows[: len(self._ids)])
        for array in self._arrays:
            array.adopt(array.rows[rows])
        buckets, self._buckets = self._buckets, BucketTable()
        self._buckets.extend(buckets.of(rows), buckets.counts(rows))
        self._ids = [self._ids[row] for row in rows.tolist()]
        self._rows = {id: row for row, id in enumerate(self._ids)}
