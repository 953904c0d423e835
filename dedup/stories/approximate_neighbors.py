"""Approximate neighbours for corpora too large for exact search, by the inverted files of FAISS.

Each language has an index of its own, so that its quota does not depend on the others. More
neighbours are fetched than wanted, since those too far in time are left out afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dedup.compute.arrays import Float32s, Int64s
from dedup.config import NeighborConfig
from dedup.encoders.whole_vectors import SCALE
from dedup.stories.pairs import Pairs, within_gap

_FETCHED = 8
_PROBED = 24
_TRAINED_PER_CELL = 64
_MIN_FOR_CELLS = 10_000
_AT_ONCE = 16_384


def approximate_pairs(
    vectors: Float32s,
    seconds: Int64s,
    languages: Int64s,
    min_cosine: float,
    config: NeighborConfig,
    on_progress: Callable[[int], None] | None = None,
    rows: Int64s | None = None,
) -> Pairs:
    """Most of the pairs that `neighbors.neighbor_pairs` finds by exact search; same arguments."""
    gap = int(config.max_gap.total_seconds())
    threshold = np.float32(min_cosine * SCALE * SCALE - 0.5)
    parts = []
    done = 0
    rows = np.arange(len(vectors)) if rows is None else rows
    for language in np.unique(languages).tolist():
        members = np.flatnonzero(languages == language)
        index = _index(vectors[members])
        wanted = min(len(members), config.neighbors_per_language * _FETCHED)
        for start in range(0, len(rows), _AT_ONCE):
            queries = rows[start : start + _AT_ONCE]
            products, places = index.search(vectors[queries], wanted)
            row = np.repeat(queries, wanted)
            other = members[np.maximum(places, 0).ravel()]
            near = (products.ravel() >= threshold) & (places.ravel() >= 0) & (row != other)
            near &= within_gap(seconds, row, other, gap)
            # FAISS returns the nearest first: the rank among those near in time decides.
            ranks = near.reshape(places.shape).cumsum(axis=1).ravel()
            near &= ranks <= config.neighbors_per_language
            parts.append((row[near], other[near]))
        done += len(members)
        if on_progress is not None:
            on_progress(done)
    return Pairs.of(parts, len(vectors))


def _index(vectors: Float32s) -> Any:  # noqa: ANN401 (faiss has no types)
    """Inverted file with about as many cells as vectors in each cell."""
    import faiss

    flat = faiss.IndexFlatIP(vectors.shape[1])
    if len(vectors) < _MIN_FOR_CELLS:
        flat.add(vectors)
        return flat
    cells = int(np.sqrt(len(vectors)))
    index = faiss.IndexIVFFlat(flat, vectors.shape[1], cells, faiss.METRIC_INNER_PRODUCT)
    sample = np.linspace(0, len(vectors) - 1, min(len(vectors), cells * _TRAINED_PER_CELL))
    index.train(vectors[sample.astype(np.int64)])
    index.add(vectors)
    index.nprobe = _PROBED
    return index
