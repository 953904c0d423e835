"""Nearest neighbours of texts, from a matrix of products."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array


@nb.njit(inline="always")
def sift(heap: Array, place: int) -> None:
    """Move a value down the heap until none below it is smaller.

    Source: Williams 1964, "Algorithm 232: Heapsort".
    """
    value = heap[place]
    while True:
        child = 2 * place + 1
        if child >= heap.shape[0]:
            break
        if child + 1 < heap.shape[0] and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[place] = heap[child]
        place = child
    heap[place] = value


@nb.njit(**OPTIONS)
def nearest(
    products: Array,
    queries: Array,
    around: Array,
    seconds: Array,
    undated: int,
    gap: int,
    most: int,
    threshold: Any,
) -> Any:
    """Pairs of each query with the texts nearest to it, as `dedup.stories.neighbors` defines them.

    Args:
        products: Products of the queries with the texts around, float32 (k, l).
        queries: Rows of texts, int64 (k,).
        around: Rows of texts, int64 (l,).
        seconds: Times of all texts, int64 (n,).
        undated: Stands for the time of a text without one.
        gap: Largest time between two texts.
        most: Number of texts for each query, and all that are equally near.
        threshold: Smaller products do not count, float32.

    Returns:
        Rows of the query and of the other text: two arrays int64 (m,).
    """
    out_a, out_b = np.empty(1024, np.int64), np.empty(1024, np.int64)
    written = 0
    columns = np.empty(around.shape[0], np.int64)
    heap = np.empty(most, np.float32)
    for i in range(queries.shape[0]):
        text = queries[i]
        bar, count = threshold, 0
        for j in range(around.shape[0]):
            product = products[i, j]
            if product < bar:
                continue
            other = around[j]
            dated = seconds[text] != undated and seconds[other] != undated
            if other == text or (dated and abs(seconds[other] - seconds[text]) > gap):
                continue
            columns[count] = j
            count += 1
            if count < most:
                heap[count - 1] = product
                continue
            if count == most:
                heap[most - 1] = product
                for place in range(most // 2 - 1, -1, -1):
                    sift(heap, place)
            elif product > bar:
                heap[0] = product
                sift(heap, 0)
            bar = heap[0]
        while written + count > out_a.shape[0]:
            out_a = np.concatenate((out_a, np.empty_like(out_a)))
            out_b = np.concatenate((out_b, np.empty_like(out_b)))
        for k in range(count):
            if products[i, columns[k]] >= bar:
                out_a[written], out_b[written] = text, around[columns[k]]
                written += 1
    return out_a[:written].copy(), out_b[:written].copy()
