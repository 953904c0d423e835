"""A near-duplicate index in memory: add, query and remove one text at a time.

It uses the signatures, buckets, filters and exact verification of the batch. The work for a text
does not grow with their number: each of its buckets is looked up in a hash table, and the few
texts in them are compared exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import Int64s
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
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
from dedup.duplicates.kernels.chains import link, members
from dedup.duplicates.matches import Similarity, Verifier
from dedup.errors import DedupError

_Value = TypeVar("_Value", bound=np.generic)

_FIRST_TEXTS = 1024
_FIRST_ENTRIES = 64 * _FIRST_TEXTS
_GROWTH = 1.25
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
        self._entries = 0
        num_perm = config.fingerprints.num_perm
        self._signatures = np.empty((_FIRST_TEXTS, num_perm), np.uint32)
        self._tokens = np.zeros(_FIRST_TEXTS, np.int64)
        self._sizes = np.zeros(_FIRST_TEXTS, np.int64)
        self._anchor_counts = np.zeros(_FIRST_TEXTS, np.int64)
        self._ends = np.zeros(_FIRST_TEXTS, np.int64)
        self._present = np.zeros(_FIRST_TEXTS, bool)
        self._buckets = np.empty(_FIRST_ENTRIES, np.int64)
        self._link_all()

    def __len__(self) -> int:
        """Number of texts."""
        return len(self._rows)

    def __contains__(self, id: str) -> bool:
        """Whether a text is in the index."""
        return id in self._rows

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, without texts and ids."""
        arrays = (value for value in vars(self).values() if isinstance(value, np.ndarray))
        return sum(array.nbytes for array in arrays)

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
        row, end = len(self._ids), self._entries + len(buckets)
        if end > len(self._buckets):
            self._buckets = _resized(self._buckets, int(end * _GROWTH))
            self._link_all()
        self._buckets[self._entries : end] = buckets
        link(self._buckets[:end], self._entries, self._newest, self._older)
        self._ends[row], self._present[row], self._entries = end, True, end
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
        self._present[self._rows.pop(id)] = False
        self._texts.pop(id, None)
        if len(self._ids) > _FIRST_TEXTS and len(self._rows) < len(self._ids) // 2:
            self._compact()

    def _look_up(self, content: Utf8Texts) -> tuple[list[Copy], Int64s]:
        """The copies of a text, and its buckets; its values are in the row after the last."""
        row = len(self._ids)
        if row == len(self._tokens):
            self._resize_rows(np.arange(row), int(row * _GROWTH) + 1)
        here = slice(row, row + 1)
        self._signatures[row], self._tokens[row], self._anchor_counts[row] = EMPTY_SLOT, 0, 0
        anchors = fill_compiled(
            content, (0, 1), self._config.fingerprints,
            self._signatures[here], self._tokens[here], self._anchor_counts[here],
        )  # fmt: skip
        self._sizes[here] = shingle_sizes(self._tokens[here], self._config.fingerprints)
        if not self._tokens[row]:
            return [], np.empty(0, np.int64)
        different = np.array(sorted({*anchors.tolist()}), np.int64)
        limits = self._config.near_duplicates
        (bands,) = band_buckets(self._signatures[here], limits, compiled=True)
        rows = sorted({*self._by_bands(row, bands), *self._by_anchors(row, different)})
        copies = self._verify(content, row, rows) if rows else []
        return copies, np.concatenate((bands, different))

    def _by_bands(self, row: int, buckets: Int64s) -> list[int]:
        """Candidates by the bands of a row."""
        rows, _ = self._members(buckets)
        if not len(rows):
            return []
        own = np.full(len(rows), row)
        alike = signatures_agree(self._signatures, rows, own, self._config.near_duplicates)
        return list(map(int, rows[alike]))

    def _by_anchors(self, row: int, anchors: Int64s) -> list[int]:
        """Candidates by the anchors of a row."""
        rows, shared = self._members(anchors)
        if not len(rows):
            return []
        own = np.full(len(rows), row)
        fewest = np.minimum(self._anchor_counts[rows], self._anchor_counts[own])
        inside = shared >= needed_anchors(fewest, self._tokens, rows, own)
        inside &= bands_may_miss(self._tokens, self._sizes, rows, own)
        return list(map(int, rows[inside]))

    def _members(self, buckets: Int64s) -> tuple[Int64s, Int64s]:
        """The newest texts in these buckets, and in how many of them each is."""
        rows, shared = members(
            buckets, self._buckets, self._newest, self._older, self._ends[: len(self._ids)],
            self._present, _MAX_MEMBERS,
        )  # fmt: skip
        return rows, shared

    def _verify(self, content: Utf8Texts, row: int, rows: list[int]) -> list[Copy]:
        ids = [self._ids[mate] for mate in rows]
        texts = Utf8Texts.of_bytes([content.data.tobytes(), *map(self._content, ids)])
        tokens = self._tokens[[row, *rows]]
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
        """Forget the rows and entries of removed texts."""
        count = len(self._ids)
        rows = np.flatnonzero(self._present[:count])
        sizes = np.diff(self._ends[:count], prepend=0)
        entries = np.repeat(self._present[:count], sizes)
        self._buckets = self._buckets[: self._entries][entries]
        self._entries = len(self._buckets)
        self._ends[rows] = np.cumsum(sizes[rows])
        self._resize_rows(rows, max(int(len(rows) * _GROWTH) + 1, _FIRST_TEXTS))
        self._ids = [self._ids[row] for row in rows.tolist()]
        self._rows = {id: row for row, id in enumerate(self._ids)}
        self._link_all()

    def _resize_rows(self, rows: Int64s, capacity: int) -> None:
        """Take some rows of all arrays, with room for so many texts."""
        for name in ("_signatures", "_tokens", "_sizes", "_anchor_counts", "_ends", "_present"):
            setattr(self, name, _resized(getattr(self, name)[rows], capacity))

    def _link_all(self) -> None:
        """Build the chains of all entries, with room for as many as `_buckets` has."""
        capacity = max(len(self._buckets), 16)
        self._older = np.empty(capacity, np.int32)
        # A power of two, for chains of two to four entries: short, and small in memory.
        self._newest = np.full((1 << (capacity - 1).bit_length()) // 4, -1, np.int32)
        link(self._buckets[: self._entries], 0, self._newest, self._older)


def _resized(array: npt.NDArray[_Value], capacity: int) -> npt.NDArray[_Value]:
    """A copy with room for so many rows."""
    larger = np.zeros((capacity, *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
