"""Connected components of a graph that is given by its edges."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from dedup.compute.arrays import Int32s, Int64s


def component_labels(first: Int64s, second: Int64s, count: int) -> Int32s:
    """The component of each node.

    Args:
        first: One end of each edge, int64 of shape (m,).
        second: The other end, int64 of shape (m,).
        count: Number of nodes.

    Returns:
        int32 of shape (count,): equal for connected nodes, numbered by their smallest nodes.
    """
    edges = np.ones(len(first), np.int8)
    graph = sp.coo_array((edges, (first, second)), shape=(count, count))
    labels: Int32s = connected_components(graph, directed=False)[1]
    return labels
