"""Average linkage of one subcomponent, by the same steps as `dedup.stories.linkage`.

To write into columns of a large matrix is slow, so the sum of two groups is in the row of the one
that merged last. The best partner of a group is searched again only when it matters: until then
the known highest mean is an upper bound.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array


@nb.njit(inline="always")
def _sum(sums: Array, merged: Array, a: int, b: int) -> Any:
    return sums[a, b] if merged[a] >= merged[b] else sums[b, a]


@nb.njit
def _search(groups: Any, left: Array, row: int) -> None:
    """Find the best partner of a group, of equal ones the first."""
    sums, merged, sizes, bounds, best, highest, stale = groups
    best[row], highest[row], stale[row] = 0, -np.inf, False
    for other in left:
        if other == row:
            continue
        mean = _sum(sums, merged, row, other) / (sizes[row] * sizes[other])
        if mean > highest[row] and mean >= max(bounds[row], bounds[other]):
            best[row], highest[row] = other, mean


@nb.njit
def _closest(groups: Any, left: Array) -> Any:
    """First group with the highest mean."""
    highest, stale = groups[5], groups[6]
    while True:
        i = left[0]
        for row in left:
            if highest[row] > highest[i]:
                i = row
        if not stale[i]:
            return i
        _search(groups, left, i)


@nb.njit
def _merge(groups: Any, left: Array, step: int, i: int, j: int) -> None:
    """Merge group j, which is already out of `left`, into group i, whose bound is known."""
    sums, merged, sizes, bounds, best, highest, stale = groups
    for other in left:
        if other != i:
            both = _sum(sums, merged, i, other) + _sum(sums, merged, j, other)
            sums[i, other] = both
    merged[i] = step
    sizes[i] += sizes[j]
    for row in left:
        if row == i:
            continue
        new = sums[i, row] / (sizes[i] * sizes[row])
        if new < max(bounds[i], bounds[row]):
            new = -np.inf
        if new > highest[row] or (new == highest[row] and i < best[row] and not stale[row]):
            best[row], highest[row], stale[row] = i, new, False
        else:
            stale[row] |= best[row] == j or (best[row] == i and new < highest[row])
    _search(groups, left, i)


@nb.njit
def _bound(inside: int, items: int, min_mean: int, max_drop: int, prior: int) -> float:
    """`dedup.stories.linkage.bounds` of one group."""
    pairs = items * (items - 1) // 2
    drawn = inside - max_drop * pairs + min_mean * prior
    return max(drawn, min_mean * (pairs + prior)) / (pairs + prior)


@nb.njit(**OPTIONS)
def linkage(scores: Array, min_mean: int, max_drop: int, prior: int) -> Any:
    """Smallest item of the group of each item, int64 (k,).

    Args:
        scores: Symmetric similarities, int64 (k, k).
        min_mean: See `dedup.stories.linkage.average_linkage`.
        max_drop: See there.
        prior: So many pairs of a group weigh as much as the lowest mean.
    """
    count = scores.shape[0]
    labels = np.arange(count)
    inside = np.zeros(count, np.int64)
    sizes, bounds = np.ones(count, np.int64), np.full(count, np.float64(min_mean))
    groups = (
        scores.copy(),
        np.zeros(count, np.int64),
        sizes,
        bounds,
        np.zeros(count, np.int64),
        np.empty(count, np.float64),
        np.zeros(count, np.bool_),
    )
    left = np.arange(count)
    for row in range(count):
        _search(groups, left, row)
    for step in range(1, count):
        i = _closest(groups, left)
        j = groups[4][i]
        if not groups[5][i] > -np.inf:
            break
        inside[i] += inside[j] + _sum(groups[0], groups[1], i, j)
        bounds[i] = _bound(inside[i], sizes[i] + sizes[j], min_mean, max_drop, prior)
        for item in range(count):
            if labels[item] == j:
                labels[item] = i
        left = left[left != j]
        _merge(groups, left, step, i, j)
    return labels
