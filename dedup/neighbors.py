"""The step `neighbours`: vectors and times -> pairs that may cover the same event.

Every text has its nearest neighbours within `max_gap` in each language. Vectors are kept as
whole numbers, `round(4000 * unit_vector)`. By Cauchy-Schwarz the absolute values of the
products of two such vectors add up to about 4000^2, which is below 2^24, so that float32
adds them exactly in any order: a similarity is the same to the last bit on one thread or
many, in any batch shape, on any machine.

Up to `exact_texts` texts every one is compared with all others inside the time window;
above, FAISS looks only into the cells of an inverted file that are nearest.

Source of the inverted file: Sivic & Zisserman 2003; Johnson, Douze & Jegou 2019 (FAISS).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dedup.config import NeighborConfig
from dedup.encoders import Float32s
from dedup.shingles import BoolMask, Int64s

SCALE = 4000
"""A whole-number vector is this many times the unit vector."""
UNDATED = np.iinfo(np.int64).min
"""Stands for the time of an article without a date."""
_CELLS_AT_ONCE = 1 << 25
_MAX_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of texts by number, each once, ordered by (first, second).

    Args:
        first: int64 of shape (m,).
        second: int64 of shape (m,), `second > first`.
    """

    first: Int64s
    second: Int64s

    @classmethod
    def of(cls, parts: list[tuple[Int64s, Int64s]], count: int) -> Pairs:
        """From pairs of n texts in any order and direction, repeated or not."""
        keys = [np.minimum(a, b) * count + np.maximum(a, b) for a, b in parts]
        different = np.unique(np.concatenate([np.empty(0, np.int64), *keys]))
        return cls(different // max(1, count), different % max(1, count))


def whole_vectors(vectors: Float32s) -> Float32s:
    """Unit vectors as whole numbers: `round(4000 * vector)`, float32 of the same shape."""
    return np.round(vectors.astype(np.float64) * SCALE).astype(np.float32)


def neighbor_pairs(
    whole: Float32s,
    seconds: Int64s,
    languages: Int64s,
    min_cosine: float,
    config: NeighborConfig = NeighborConfig(),
    on_progress: Callable[[int], None] | None = None,
) -> Pairs:
    """Pairs of which one is among the nearest of the other in its language.

    Args:
        whole: Whole-number vectors, float32 of shape (n, dim).
        seconds: Publication times in seconds since 1970, int64 of shape (n,);
            `UNDATED` where unknown: such a text is compared with all.
        languages: Numbers of the languages, int64 of shape (n,), -1 where unknown.
        min_cosine: Smallest cosine of a pair, this value included.
        config: Largest time between the two, how many neighbours in each language.
        on_progress: Called with the number of texts searched so far.

    Returns:
        With exact search a function of the vectors, times and languages alone; of
        neighbours that are equally near to a text all count.
    """
    if len(whole) > config.exact_texts:
        from dedup.neighbor_cells import approximate_pairs

        return approximate_pairs(whole, seconds, languages, min_cosine, config, on_progress)
    order = np.argsort(seconds, kind="stable")
    gap = int(config.max_gap.total_seconds())
    threshold = np.float32(min_cosine * SCALE * SCALE - 0.5)
    parts = []
    for start, stop, window in _windows(seconds[order], gap):
        queries, around = order[start:stop], order[window]
        around = around[np.argsort(languages[around], kind="stable")]
        products = whole[queries] @ whole[around].T
        products[~within_gap(seconds, queries[:, None], around[None, :], gap)] = -np.inf
        products[queries[:, None] == around[None, :]] = -np.inf
        kept = _nearest(products, languages[around], config.per_language, threshold)
        row, column = np.nonzero(kept)
        parts.append((queries[row], around[column]))
        if on_progress is not None:
            on_progress(stop)
    return Pairs.of(parts, len(whole))


def within_gap(seconds: Int64s, a: Int64s, b: Int64s, gap: int) -> BoolMask:
    """Whether two texts are at most so many seconds apart; an undated one is near to all."""
    gaps, dated = time_gaps(seconds, a, b)
    near: BoolMask = ~dated | (gaps <= gap)
    return near


def time_gaps(seconds: Int64s, a: Int64s, b: Int64s) -> tuple[Int64s, BoolMask]:
    """Seconds between texts, 0 where a date is missing, and whether none is."""
    first, second = seconds[a], seconds[b]
    dated: BoolMask = (first != UNDATED) & (second != UNDATED)
    return np.abs(np.where(dated, first, 0) - np.where(dated, second, 0)), dated


def _windows(times: Int64s, gap: int) -> Iterator[tuple[int, int, Int64s]]:
    """(start, stop, window): rows start to stop are compared with the rows of the window.

    Rows are in the order of time, the undated ones first, which are near to all.
    """
    count = len(times)
    undated = int(np.searchsorted(times, UNDATED, side="right"))
    block = max(16, min(_MAX_BLOCK, _CELLS_AT_ONCE // max(1, count)))
    for start in range(0, undated, block):
        yield start, min(start + block, undated), np.arange(count)
    for start in range(undated, count, block):
        stop = min(start + block, count)
        early = int(np.searchsorted(times, times[start] - gap, side="left"))
        late = int(np.searchsorted(times, times[stop - 1] + gap, side="right"))
        yield (
            start,
            stop,
            np.concatenate((np.arange(undated), np.arange(max(early, undated), late))),
        )


def _nearest(products: Float32s, languages: Int64s, most: int, threshold: np.float32) -> BoolMask:
    """The largest products of each row among the columns of each language, ties included.

    Args:
        products: float32 of shape (k, l), columns ordered by language.
        languages: Language of each column.
        most: How many of each language.
        threshold: Smaller products do not count.
    """
    kept = products >= threshold
    edges = np.flatnonzero(np.diff(languages)) + 1
    for start, stop in zip([0, *edges], [*edges, len(languages)], strict=True):
        if stop - start > most:
            part = products[:, start:stop]
            smallest = np.partition(part, stop - start - most, axis=1)[:, stop - start - most]
            kept[:, start:stop] &= part >= smallest[:, None]
    return kept
