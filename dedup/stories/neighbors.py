"""The step `neighbours`: vectors and times -> pairs that may cover the same event.

Every text has its nearest neighbours within `max_gap` in each language. Vectors are whole
numbers, `round(4000 * unit_vector)`. By Cauchy-Schwarz the absolute values of the products of
two such vectors add up to about 4000^2, which is below 2^24, so that float32 adds them exactly
in any order: a similarity is the same to the last bit on one thread or many, in any batch
shape, on any machine.

Up to `max_exact_texts` texts every one is compared with all others inside the time window;
above, FAISS searches only the nearest cells of an inverted file.

Source of the inverted file: Sivic & Zisserman 2003; Johnson, Douze & Jegou 2019 (FAISS).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dedup.articles import UNDATED
from dedup.compute import compiled as kernels
from dedup.compute.arrays import Float32s, Int64s
from dedup.compute.threads import mapped
from dedup.config import NeighborConfig
from dedup.encoders.whole_vectors import SCALE
from dedup.stories.pairs import Pairs, RowPairs, joined, within_gap

_ONE = SCALE * SCALE
_MANY = 3000
_CELLS_AT_ONCE = 1 << 24
_CELLS_OF_A_THREAD = 1 << 20
_MAX_BLOCK = 1024


def neighbor_pairs(
    vectors: Float32s,
    seconds: Int64s,
    languages: Int64s,
    min_cosine: float,
    config: NeighborConfig = NeighborConfig(),
    on_progress: Callable[[int], None] | None = None,
    compiled: bool | None = None,
    rows: Int64s | None = None,
) -> Pairs:
    """Pairs of texts of which one is among the nearest of the other in its language.

    Args:
        vectors: Whole-number vectors, float32 of shape (n, dim).
        seconds: Publication times in seconds since 1970, int64 of shape (n,);
            `UNDATED` where unknown: such a text is compared with all.
        languages: Ids of the languages, int64 of shape (n,), -1 where unknown.
        min_cosine: Smallest cosine of a pair, this value included.
        config: Largest time between the two, number of neighbours in each language.
        on_progress: Called with the number of texts searched so far.
        compiled: Use the kernel; by default for many texts. The pairs are the same.
        rows: Rows of the texts whose nearest are searched, int64; by default all.

    Returns:
        With exact search a function of the vectors, times and languages alone; neighbours that
        are equally near to a text all count.
    """
    if not is_exact(seconds, config):
        from dedup.stories.approximate_neighbors import approximate_pairs

        return approximate_pairs(vectors, seconds, languages, min_cosine, config, on_progress, rows)
    many = len(vectors) >= _MANY
    choose = _nearest_compiled if kernels.chosen(compiled, many) else _nearest_plain
    gap = int(config.max_gap.total_seconds())
    search = _Search(
        seconds, gap, config.neighbors_per_language, np.float32(min_cosine * _ONE - 0.5)
    )
    timelines = [
        _Timeline.of(np.flatnonzero(languages == language), vectors, seconds)
        for language in np.unique(languages)
    ]
    order = np.argsort(seconds, kind="stable")
    if rows is not None:
        order = order[np.isin(order, rows)]
    parts = []
    columns = max((len(timeline.times) for timeline in timelines), default=0)
    blocks = list(_blocks(seconds[order], columns))
    room = np.empty(max((stop - start for start, stop in blocks), default=0) * columns, np.float32)
    for start, stop in blocks:
        queries = order[start:stop]
        for timeline in timelines:
            around, others = timeline.near(seconds[queries], gap)
            products = _product(vectors[queries], others, room)
            parts.append(choose(products, queries, around, search))
        if on_progress is not None:
            on_progress(stop)
    return Pairs.of(parts, len(vectors))


def _product(rows: Float32s, columns: Float32s, room: Float32s) -> Float32s:
    """Products of all row vectors with all column vectors, written into `room`.

    To request new memory from the system every time takes a tenth longer.
    """
    shape = len(rows), len(columns)
    return np.matmul(rows, columns.T, out=room[: math.prod(shape)].reshape(shape))


def is_exact(seconds: Int64s, config: NeighborConfig) -> bool:
    """Whether `neighbor_pairs` searches exactly.

    The cost of an exact search is the number of pairs within `max_gap`. It is exact if there are
    no more such pairs than among `max_exact_texts` texts without dates.

    Args:
        seconds: Publication times in seconds since 1970, int64 of shape (n,), `UNDATED` where
            unknown.
        config: Largest time between two, and the limit.
    """
    times = np.sort(seconds[seconds != UNDATED])
    gap = int(config.max_gap.total_seconds())
    late = np.searchsorted(times, times + gap, "right")
    early = np.searchsorted(times, times - gap, "left")
    undated = len(seconds) - len(times)
    compared = int((late - early).sum()) + undated * (len(seconds) + len(times))
    return compared <= config.max_exact_texts**2


def _blocks(times: Int64s, columns: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of blocks of texts ordered by time; undated ones have their own."""
    undated = int(np.searchsorted(times, UNDATED, side="right"))
    block = max(16, min(_MAX_BLOCK, _CELLS_AT_ONCE // max(1, columns)))
    for first, last in ((0, undated), (undated, len(times))):
        for start in range(first, last, block):
            yield start, min(start + block, last)


@dataclass(frozen=True, slots=True)
class _Timeline:
    """Texts of one language in the order of time, the undated ones first."""

    rows: Int64s
    times: Int64s
    vectors: Float32s
    undated: int

    @classmethod
    def of(cls, members: Int64s, vectors: Float32s, seconds: Int64s) -> _Timeline:
        rows = members[np.argsort(seconds[members], kind="stable")]
        times = seconds[rows]
        return cls(rows, times, vectors[rows], int(np.searchsorted(times, UNDATED, "right")))

    def near(self, times: Int64s, gap: int) -> tuple[Int64s, Float32s]:
        """Rows and vectors of the texts that may be within the gap of any of ascending times."""
        if times[0] == UNDATED:
            return self.rows, self.vectors
        early = max(int(np.searchsorted(self.times, times[0] - gap)), self.undated)
        late = max(int(np.searchsorted(self.times, times[-1] + gap, "right")), early)
        if self.undated == 0:
            return self.rows[early:late], self.vectors[early:late]
        places = np.concatenate((np.arange(self.undated), np.arange(early, late)))
        return self.rows[places], self.vectors[places]


@dataclass(frozen=True, slots=True)
class _Search:
    """Times of all texts, largest gap, number of neighbours and smallest product of a search."""

    seconds: Int64s
    gap: int
    most: int
    threshold: np.float32


def _nearest_plain(
    products: Float32s, queries: Int64s, around: Int64s, search: _Search
) -> tuple[Int64s, Int64s]:
    """Pairs of each query with the nearest texts around it, equally near ones included."""
    near = within_gap(search.seconds, queries[:, None], around[None, :], search.gap)
    near &= queries[:, None] != around[None, :]
    products = np.where(near, products, -np.inf)
    nearest = products >= search.threshold
    rank = len(around) - search.most
    if rank > 0:
        nearest &= products >= np.partition(products, rank, axis=1)[:, [rank]]
    row, column = np.nonzero(nearest)
    return queries[row], around[column]


def _nearest_compiled(
    products: Float32s, queries: Int64s, around: Int64s, search: _Search
) -> tuple[Int64s, Int64s]:
    """Same pairs as `_nearest_plain`, by a kernel in threads."""
    from dedup.stories.kernels.nearest import nearest

    def work(part: slice) -> RowPairs:
        pairs: RowPairs = nearest(
            products[part], queries[part], around,
            search.seconds, UNDATED, search.gap, search.most, search.threshold,
        )  # fmt: skip
        return pairs

    size = max(1, _CELLS_OF_A_THREAD // max(1, len(around)))
    parts = [slice(start, start + size) for start in range(0, len(queries), size)]
    return joined(mapped(work, parts))
