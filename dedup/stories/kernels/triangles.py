"""Links among the neighbours of a text."""

from __future__ import annotations

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array


@nb.njit(**OPTIONS)
def closed_pairs(starts: Array, ends: Array, texts: Array) -> Array:
    """How many ordered pairs of the texts linked to each are linked themselves.

    Args:
        starts: First link of each text, int64 (n + 1,).
        ends: The other text of each link, both directions of every link there, int64 (m,).
        texts: Numbers of the texts that are asked for, int64 (k,).

    Returns:
        int64 (k,).
    """
    around = np.full(starts.shape[0] - 1, -1, np.int64)
    out = np.zeros(texts.shape[0], np.int64)
    for k in range(texts.shape[0]):
        own = ends[starts[texts[k]] : starts[texts[k] + 1]]
        for mate in own:
            around[mate] = k
        for mate in own:
            for place in range(starts[mate], starts[mate + 1]):
                out[k] += around[ends[place]] == k
    return out
