"""Approximate search: texts are compared only if they are near the same centroid.

Centroids are trained by FAISS on a sample of the vectors. A text goes to the cells of its
nearest centroids; two texts are compared if they share one. A cell that is still large is searched
by an inverted file of FAISS (`dedup.stories.approximate_neighbors`).

Source: Johnson, Douze & Jegou 2019 (FAISS).
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pyarrow as pa

from dedup.compute.arrays import Float32s
from dedup.encoders.whole_vectors import SCALE
from dedup.spark.rows import DataFrame, functions, integers, joined_bytes, mapped, table_of
from dedup.spark.stages import Stages

SCANNED = 20_000
"""Texts of a cell up to which all of its pairs are compared."""
NEAREST = pa.schema({"number": pa.int64(), "centroid": pa.int64()})
_PROBED = 3
_TRAINED_PER_CENTROID = 64
_MAX_CENTROIDS = 4096
_ROUNDS = 10


def with_centroids(stages: Stages, placed: DataFrame, profiles: DataFrame) -> DataFrame:
    """The rows of the cells, once for each of the nearest centroids of a text.

    Args:
        stages: Stores the nearest centroids.
        placed: Rows of texts in cells.
        profiles: Profiles of the texts.
    """
    largest = placed.groupBy("cell").count().agg(functions.max("count")).first()[0]
    count = min(max(1, math.ceil(largest * _PROBED / SCANNED)), _MAX_CENTROIDS)
    nearest = stages.stage("centroids", lambda: _nearest(profiles, count))
    return placed.join(nearest, "number")


def _nearest(profiles: DataFrame, count: int) -> DataFrame:
    """Rows (number, centroid): the nearest centroids of each text."""
    size = count * _TRAINED_PER_CENTROID
    # Chosen by hash: the same texts, however the rows are divided.
    sample = profiles.orderBy(functions.xxhash64("number")).limit(size).select("vectors")
    vectors = _unit(sample.toArrow())
    centroids = _train(vectors, min(count, len(vectors)))
    return mapped(
        profiles.select("number", "vectors"), partial(_assign, centroids=centroids), NEAREST
    )


def _train(vectors: Float32s, count: int) -> Float32s:
    import faiss

    kmeans = faiss.Kmeans(
        vectors.shape[1], count, niter=_ROUNDS, spherical=True, seed=1, min_points_per_centroid=1
    )
    kmeans.train(vectors)
    return np.asarray(kmeans.centroids, np.float32)


def _assign(table: pa.Table, centroids: Float32s) -> pa.Table:
    import faiss

    index = faiss.IndexFlatIP(centroids.shape[1])
    index.add(centroids)
    probed = min(_PROBED, len(centroids))
    nearest = index.search(_unit(table), probed)[1]
    owners = np.repeat(integers(table, "number"), probed)
    return table_of(NEAREST, number=owners, centroid=nearest.ravel())


def _unit(table: pa.Table) -> Float32s:
    """The vectors of the texts, without those of the titles, float32 of shape (n, dim)."""
    both = joined_bytes(table, "vectors", "<i2").reshape(table.num_rows, 2, -1)
    return np.ascontiguousarray(both[:, 0].astype(np.float32) / np.float32(SCALE))
