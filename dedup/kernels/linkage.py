"""Average linkage of one part: what `dedup.linkage` defines, step by step the same."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.kernels.sketch import OPTIONS, Array


@nb.njit
def _best_of(means: Array, row: int) -> int:
    best = 0
    for column in range(1, means.shape[1]):
        if means[row, column] > means[row, best]:
            best = column
    return best


@nb.njit
def _medoid(labels: Array, inside: Array, group: int) -> int:
    medoid = group
    for item in range(group + 1, labels.shape[0]):
        if labels[item] == group and inside[item] > inside[medoid]:
            medoid = item
    return medoid


@nb.njit(**OPTIONS)
def linkage(scores: Array, min_mean: int, min_medoid: int, consent: bool) -> Any:
    """For each item the smallest item of its group, int64 (k,).

    Args:
        scores: Symmetric similarities, int64 (k, k).
        min_mean: See `dedup.linkage.average_linkage`.
        min_medoid: See there.
        consent: Whether medoids are asked.
    """
    count = scores.shape[0]
    labels, medoids = np.arange(count), np.arange(count)
    alive = np.ones(count, np.bool_)
    sums = scores.copy()
    sizes = np.ones(count, np.int64)
    inside = np.zeros(count, np.int64)
    means = scores.astype(np.float64)
    best, highest = np.zeros(count, np.int64), np.empty(count, np.float64)
    for i in range(count):
        for j in range(count):
            if i == j or (consent and scores[i, j] < min_medoid):
                means[i, j] = -np.inf
        best[i] = _best_of(means, i)
        highest[i] = means[i, best[i]]
    while True:
        i = 0
        for row in range(1, count):
            if highest[row] > highest[i]:
                i = row
        j = best[i]
        if not highest[i] >= min_mean:
            return labels
        for a in range(count):
            if labels[a] != i and labels[a] != j:
                continue
            for b in range(count):
                if labels[b] == i + j - labels[a]:
                    inside[a] += scores[a, b]
        for item in range(count):
            if labels[item] == j:
                labels[item] = i
        alive[j] = False
        sizes[i] += sizes[j]
        medoids[i] = _medoid(labels, inside, i)
        for other in range(count):
            sums[i, other] += sums[j, other]
        for other in range(count):
            sums[other, i] = sums[i, other]
            mean = -np.inf
            asked = not consent or scores[medoids[i], medoids[other]] >= min_medoid
            if alive[other] and other != i and asked:
                mean = sums[i, other] / (sizes[i] * sizes[other])
            means[i, other] = means[other, i] = mean
            means[j, other] = means[other, j] = -np.inf
        for row in range(count):
            new = means[row, i]
            if row in (i, j):
                stale = True
            elif new > highest[row] or (new == highest[row] and i < best[row]):
                best[row], highest[row] = i, new
                stale = False
            else:
                stale = best[row] == j or (best[row] == i and new < highest[row])
            if stale:
                best[row] = _best_of(means, row)
                highest[row] = means[row, best[row]]
