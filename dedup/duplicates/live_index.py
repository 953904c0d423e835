"""A live index of near-duplicates: add, query and remove one text at a time, in memory.

The same signatures, anchors and exact verification as the batch (`near_duplicates.py`),
in chained hash tables instead of sorted arrays. The work for a text does not grow with
their number: a look at each of its bands and anchors, and an exact comparison with the few
texts found there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import ranges
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
from dedup.duplicates.candidates import ESTIMATE_SLACK, MAX_LENGTH_RATIO, MIN_SHARED_ANCHORS
from dedup.duplicates.fingerprints import EMPTY_SLOT, fill_compiled
from dedup.duplicates.kernels.chains import find_candidates, link_texts
from dedup.duplicates.matches import Similarity, Verifier
from dedup.errors import DedupError

_FIRST_CAPACITY = 1024
_FIRST_ANCHORS = 32
_GROWTH = 1.25
_MAX_CHAIN = 64
_MAX_CANDIDATES = 4096


@dataclass(frozen=True, slots=True)
class Copy:
    """A text of the index that is a copy of the one that was asked for.

    Args:
        id: Its id.
        similarity: Exact similarity; the text asked for is the first set, this one the second.
    """

    id: str
    similarity: Similarity


@dataclass(frozen=True, slots=True)
class _Sketch:
    text: Utf8Texts
    signature: np.ndarray
    anchors: np.ndarray
    tokens: int


class NearDuplicateIndex:
    """Near-duplicates of one text among many, while these come and go.

    Args:
        config: Uses the sections `fingerprints` and `near_duplicates`.
        text_of: Where the text of an id is, if it is stored elsewhere; by default the
            index keeps the texts.

    Needs numba. Memory without the texts is about 1 kB for an article of 300 words: 512 bytes
    of signature, 5 for each band, 10 for each anchor, and room to grow.
    """

    def __init__(
        self, config: Config = Config(), *, text_of: Callable[[str], str] | None = None
    ) -> None:
        self._config = config
        self._bands, self._rows = config.near_duplicates.banding(config.fingerprints.num_perm)
        self._texts: dict[str, bytes] = {}
        self._text_of = text_of
        self._numbers: dict[str, int] = {}
        self._allocate(_FIRST_CAPACITY, _FIRST_CAPACITY * _FIRST_ANCHORS)

    def __len__(self) -> int:
        """Number of texts."""
        return len(self._numbers)

    def __contains__(self, id: str) -> bool:
        """Whether a text is in the index."""
        return id in self._numbers

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, without texts and ids."""
        arrays = (value for value in vars(self).values() if isinstance(value, np.ndarray))
        return sum(array.nbytes for array in arrays)

    def add(self, id: str, text: str) -> list[Copy]:
        """Put a canonical text into the index.

        Returns:
            Its copies among those that are there already, as `query` does.

        Raises:
            DedupError: The id is there already.
        """
        if id in self._numbers:
            raise DedupError(f"the id {id!r} is in the index: remove it first")
        made = self._sketch(text)
        copies = self._copies(made)
        self._insert(id, made)
        if self._text_of is None:
            self._texts[id] = made.text.data.tobytes()
        return copies

    def query(self, text: str) -> list[Copy]:
        """Copies of a canonical text, the most similar first, of equal ones the earlier added."""
        return self._copies(self._sketch(text))

    def remove(self, id: str) -> None:
        """Take a text out of the index.

        Raises:
            DedupError: The id is not there.
        """
        if id not in self._numbers:
            raise DedupError(f"the id {id!r} is not in the index")
        self._alive[self._numbers.pop(id)] = False
        self._texts.pop(id, None)
        if self._count > _FIRST_CAPACITY and len(self._numbers) < self._count // 2:
            self._rebuild()

    def _sketch(self, text: str) -> _Sketch:
        content = Utf8Texts.of([text])
        num_perm = self._config.fingerprints.num_perm
        signature = np.full((1, num_perm), EMPTY_SLOT, np.uint32)
        tokens, counts = np.zeros(1, np.int64), np.zeros(1, np.int64)
        anchors = fill_compiled(
            content, (0, 1), self._config.fingerprints, signature, tokens, counts
        )
        return _Sketch(content, signature[0], anchors, int(tokens[0]))

    def _copies(self, made: _Sketch) -> list[Copy]:
        if not made.tokens:
            return []
        limits = self._config.near_duplicates
        count = find_candidates(
            made.signature, made.anchors, made.tokens, self._tokens, MAX_LENGTH_RATIO,
            self._config.fingerprints.short_text_tokens, self._signatures, self._alive,
            self._bands, self._rows,
            limits.min_jaccard - ESTIMATE_SLACK, self._band_heads, self._band_next,
            self._anchors, self._anchor_starts, self._count, self._anchor_heads,
            self._anchor_next, MIN_SHARED_ANCHORS, _MAX_CHAIN, self._found,
        )  # fmt: skip
        numbers = sorted(set(self._found[:count].tolist()))
        return self._verified(made, numbers) if numbers else []

    def _verified(self, made: _Sketch, numbers: list[int]) -> list[Copy]:
        ids = [self._ids[number] for number in numbers]
        contents = [made.text.data.tobytes(), *map(self._content, ids)]
        tokens = np.concatenate(([made.tokens], self._tokens[numbers]))
        verifier = Verifier(
            Utf8Texts.of_bytes(contents), tokens, self._config, compiled=True, threads=1
        )
        pairs = np.stack((np.zeros(len(ids), np.int64), np.arange(1, len(ids) + 1)), axis=1)
        found = verifier.matches(pairs).as_dict()
        copies = [Copy(ids[second - 1], similarity) for (_, second), similarity in found.items()]
        copies.sort(key=lambda copy: -copy.similarity.jaccard)
        return copies

    def _content(self, id: str) -> bytes:
        if self._text_of is None:
            return self._texts[id]
        return self._text_of(id).encode("utf-8", "replace")

    def _insert(self, id: str, made: _Sketch) -> None:
        used = int(self._anchor_starts[self._count])
        if self._count == len(self._tokens) or used + len(made.anchors) > len(self._anchors):
            self._rebuild(len(made.anchors))
            used = int(self._anchor_starts[self._count])
        number = self._count
        self._signatures[number] = made.signature
        self._tokens[number] = made.tokens
        self._anchors[used : used + len(made.anchors)] = made.anchors
        self._anchor_starts[number + 1] = used + len(made.anchors)
        self._alive[number] = True
        self._ids.append(id)
        self._numbers[id] = number
        self._count += 1
        self._link(number)

    def _link(self, first: int) -> None:
        link_texts(
            first, self._count, self._signatures, self._tokens, self._bands, self._rows,
            self._band_heads, self._band_next, self._anchors, self._anchor_starts,
            self._anchor_heads, self._anchor_next,
        )  # fmt: skip

    def _allocate(self, capacity: int, anchors: int) -> None:
        """Empty tables with room for so many texts and anchors."""
        self._count = 0
        self._ids: list[str] = []
        num_perm = self._config.fingerprints.num_perm
        self._signatures = np.empty((capacity, num_perm), np.uint32)
        self._tokens = np.zeros(capacity, np.int32)
        self._alive = np.zeros(capacity, bool)
        self._anchors = np.empty(anchors, np.uint32)
        self._anchor_starts = np.zeros(capacity + 1, np.int64)
        self._band_heads = np.full((self._bands, _buckets_for(capacity)), -1, np.int32)
        self._band_next = np.empty((capacity, self._bands), np.int32)
        self._anchor_heads = np.full(_buckets_for(anchors), -1, np.int32)
        self._anchor_next = np.empty(anchors, np.int32)
        self._found = np.empty(_MAX_CANDIDATES, np.int64)

    def _rebuild(self, more_anchors: int = 0) -> None:
        """New tables of the texts that are still there, in their order, with room for more."""
        kept = np.flatnonzero(self._alive[: self._count])
        starts, stops = self._anchor_starts[kept], self._anchor_starts[kept + 1]
        anchors = self._anchors[ranges(starts, stops - starts)]
        signatures, tokens = self._signatures[kept], self._tokens[kept]
        ids = [self._ids[number] for number in kept.tolist()]
        room = (len(anchors) + more_anchors) * _GROWTH
        self._allocate(
            max(int(len(kept) * _GROWTH) + 1, _FIRST_CAPACITY),
            max(int(room), _FIRST_CAPACITY * _FIRST_ANCHORS),
        )
        here = slice(0, len(kept))
        self._signatures[here], self._tokens[here], self._alive[here] = signatures, tokens, True
        self._anchors[: len(anchors)] = anchors
        self._anchor_starts[1 : len(kept) + 1] = np.cumsum(stops - starts)
        self._ids, self._count = ids, len(kept)
        self._numbers = {id: number for number, id in enumerate(ids)}
        self._link(0)


def _buckets_for(count: int) -> int:
    """A power of two, for chains of two to four entries: short, and small in memory."""
    return (1 << max(count - 1, 1).bit_length()) // 4
