"""Clustering coefficients: links among the texts that a text is linked to."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array


@nb.njit(**OPTIONS)
def loosely_linked(table: Any, texts: Array, floor: int, least: int, max_clustering: float) -> Any:
    """Which texts have many links, and few links among the texts at their other ends, bool (k,).

    Args:
        table: Links by text: start of each text's links, int64 (n,); their number, and the room
            for them, int32 (n,); the other text and the log-odds of each link, int32 (m,).
        texts: Rows of texts, int64 (k,).
        floor: Weaker links do not count.
        least: Smallest number of links.
        max_clustering: Largest share of linked pairs among the linked texts.
    """
    starts, counts, _, others, weights = table
    loose = np.zeros(texts.shape[0], np.bool_)
    near = np.full(starts.shape[0], -1, np.int64)
    for k in range(texts.shape[0]):
        text = texts[k]
        degree = np.int64(0)
        for place in range(starts[text], starts[text] + counts[text]):
            if weights[place] >= floor:
                near[others[place]] = k
                degree += 1
        if degree < least:
            continue
        closed = np.int64(0)
        for place in range(starts[text], starts[text] + counts[text]):
            if weights[place] < floor:
                continue
            other = others[place]
            for next_ in range(starts[other], starts[other] + counts[other]):
                if weights[next_] >= floor and near[others[next_]] == k:
                    closed += 1
        loose[k] = closed <= max_clustering * (degree * (degree - 1))
    return loose


@nb.njit(**OPTIONS)
def linked_to_both(table: Any, first: Array, second: Array, floor: int) -> Any:
    """Which texts are linked, with at least `floor`, to both texts of one of the pairs; bool."""
    starts, counts, _, others, weights = table
    to_both = np.zeros(starts.shape[0], np.bool_)
    # The last pair whose first text each text is near.
    near = np.full(starts.shape[0], -1, np.int64)
    for k in range(first.shape[0]):
        a, b = first[k], second[k]
        for place in range(starts[a], starts[a] + counts[a]):
            if weights[place] >= floor:
                near[others[place]] = k
        for place in range(starts[b], starts[b] + counts[b]):
            if weights[place] >= floor and near[others[place]] == k:
                to_both[others[place]] = True
    return to_both
