"""The step `neighbours`: vectors and times -> pairs that may cover the same event.

Vectors are kept as whole numbers, `round(4000 * unit_vector)`. By Cauchy-Schwarz
the absolute values of the products of two such vectors add up to about 4000^2,
which is below 2^24, so that float32 adds them exactly in any order: a similarity
is the same to the last bit on one thread or many, in any batch shape, on any machine.

Search is exact: FAISS compares every vector with all others inside the time window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from dedup.encoders import Float32s
from dedup.shingles import Int64s

SCALE = 4000
"""A whole-number vector is this many times the unit vector."""
UNDATED = np.iinfo(np.int64).min
"""Stands for the time of an article without a date."""
_BLOCK = 2048


@dataclass(frozen=True, slots=True)
class NeighborPairs:
    """Pairs of articles whose embeddings are similar.

    Args:
        first: int64 of shape (m,), ascending.
        second: int64 of shape (m,), `second > first`.
        products: Inner products of the whole-number vectors, int64 of shape
            (m,); divided by SCALE^2 they are the cosines, within 1e-3.
    """

    first: Int64s
    second: Int64s
    products: Int64s


def whole_vectors(vectors: Float32s) -> Float32s:
    """Unit vectors as whole numbers: `round(4000 * vector)`, float32 of the same shape."""
    return np.round(vectors.astype(np.float64) * SCALE).astype(np.float32)


def neighbor_pairs(
    whole: Float32s,
    seconds: Int64s,
    *,
    min_cosine: float,
    max_gap: timedelta,
    on_progress: Callable[[int], None] | None = None,
) -> NeighborPairs:
    """All pairs with at least that cosine, published at most that far apart.

    Args:
        whole: Whole-number vectors, float32 of shape (n, dim).
        seconds: Publication times in seconds since 1970, int64 of shape (n,);
            `UNDATED` where unknown: such an article is compared with all.
        min_cosine: Smallest cosine of a pair, this value included.
        max_gap: Largest time between the two, this value included.
        on_progress: Called with the number of articles searched so far.

    Returns:
        Pairs ordered by (first, second); a function of the vectors and times alone.
    """
    order = np.argsort(seconds, kind="stable")
    gap = int(max_gap.total_seconds())
    threshold = np.float32(min_cosine * SCALE * SCALE - 0.5)
    parts: list[tuple[Int64s, Int64s, Int64s]] = []
    undated = int(np.searchsorted(seconds[order], UNDATED, side="right"))
    for start, stop, end in _windows(seconds[order], undated, gap):
        a, b, products = _search(whole[order[start:end]], stop - start, threshold)
        near = (start + a < undated) | (
            seconds[order[start + b]] - seconds[order[start + a]] <= gap
        )
        found = order[start + a[near]], order[start + b[near]]
        parts.append((np.minimum(*found), np.maximum(*found), products[near]))
        if on_progress is not None:
            on_progress(stop)
    first, second, products = (
        np.concatenate([part[k] for part in parts] or [np.empty(0, np.int64)]) for k in range(3)
    )
    rank = np.lexsort((second, first))
    return NeighborPairs(first[rank], second[rank], products[rank])


def _windows(seconds: Int64s, undated: int, gap: int) -> Iterator[tuple[int, int, int]]:
    """(start, stop, end): rows start to stop are searched among the rows start to end.

    Rows are in the order of time, the undated ones first, which see everything.
    """
    count = len(seconds)
    for start in range(0, undated, _BLOCK):
        yield start, min(start + _BLOCK, undated), count
    for start in range(undated, count, _BLOCK):
        stop = min(start + _BLOCK, count)
        yield start, stop, int(np.searchsorted(seconds, seconds[stop - 1] + gap, side="right"))


def _search(
    window: Float32s, queries: int, threshold: np.float32
) -> tuple[Int64s, Int64s, npt.NDArray[np.int64]]:
    """Pairs (a < b) of rows of the window above the threshold, a among the first `queries`."""
    import faiss

    index = faiss.IndexFlatIP(window.shape[1])
    index.add(window)
    limits, products, found = index.range_search(window[:queries], float(threshold))
    a = np.repeat(np.arange(queries), np.diff(limits.astype(np.int64)))
    later = found > a
    return a[later], found[later], products[later].astype(np.int64)
