"""Connected components of a graph that no machine has to hold.

In turns every node is linked to the smallest node around it: large-star does so for the
neighbours above it, small-star for those below. Each step leaves the components as they are, and
after three to five rounds, in practice, every node is linked to the smallest of its component.
Before the first round, each partition reduces its own edges to such stars.

Source: Kiveris, Lattanzi, Mirrokni, Rastogi & Vassilvitskii 2014, "Connected components in
MapReduce and beyond".

A graph that a task can hold has one partition: its stars are the components.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from dedup.compute.components import component_labels
from dedup.spark.rows import DataFrame, from_arrow_schema, functions, integers, table_of
from dedup.spark.stages import Stages

STARS = pa.schema({"number": pa.int64(), "component": pa.int64()})
_EDGES_OF_A_TASK = 1 << 20


def components(stages: Stages, name: str, edges: DataFrame) -> DataFrame:
    """The component of every node that has an edge, by its smallest node.

    Args:
        stages: Stores each round, as a checkpoint.
        name: Of the stages.
        edges: Rows (first, second); no edge leads from a node to itself.

    Returns:
        Rows (number, component); the smallest node of a component has none.
    """
    if edges.count() <= _EDGES_OF_A_TASK:
        return stages.stage(f"{name}-all", lambda: _stars(edges.coalesce(1)))
    stars = stages.stage(f"{name}-0", lambda: _stars(edges).distinct())
    before, round_number = _checksum(stars), 0
    while True:
        round_number += 1
        last = stars
        stars = stages.stage(
            f"{name}-{round_number}",
            lambda last=last: _small_star(_large_star(last)),  # type: ignore[misc]
        )
        checksum = _checksum(stars)
        if checksum == before:
            return stars
        before = checksum


def _stars(edges: DataFrame) -> DataFrame:
    """Stars of the components of the edges of each partition."""
    return edges.mapInArrow(_contract, from_arrow_schema(STARS))


def _contract(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    edges = pa.Table.from_batches(
        list(batches), pa.schema({"first": pa.int64(), "second": pa.int64()})
    )
    if not edges.num_rows:
        return
    ends = np.stack((integers(edges, "first"), integers(edges, "second")))
    nodes, places = np.unique(ends, return_inverse=True)
    first, second = places.reshape(2, -1)
    labels = component_labels(first, second, len(nodes))
    smallest = np.unique(labels, return_index=True)[1]
    roots = nodes[smallest[labels]]
    leaves = nodes > roots
    yield from table_of(STARS, number=nodes[leaves], component=roots[leaves]).to_batches()


def _large_star(stars: DataFrame) -> DataFrame:
    """Every neighbour above a node is linked to the smallest node around it or itself."""
    reversed_stars = stars.selectExpr("component as number", "number as component")
    around = stars.union(reversed_stars)
    least = around.groupBy("number").agg(
        functions.min(functions.least("number", "component")).alias("least")
    )
    above = around.where("component > number")
    return above.join(least, "number").selectExpr("component as number", "least as component")


def _small_star(stars: DataFrame) -> DataFrame:
    """Every node and its neighbours below it are linked to the smallest of these."""
    least = stars.groupBy("number").agg(functions.min("component").alias("least"))
    below = stars.join(least, "number").where("component > least")
    moved = below.selectExpr("component as number", "least as component")
    return moved.union(least.selectExpr("number", "least as component")).distinct()


def _checksum(stars: DataFrame) -> tuple[int, int]:
    """Two numbers that differ for different sets of stars."""
    hashed = functions.xxhash64("number", "component").cast("decimal(38,0)")
    row = stars.agg(functions.count("*"), functions.sum(hashed)).first()
    return int(row[0]), int(row[1] or 0)
