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
def _search(groups: Any, rules: Any, left: Array, row: int) -> None:
    """Find the best partner of a group, of equal ones the first."""
    sums, merged, sizes, medoids, best, highest, stale = groups
    scores, min_medoid, consent = rules
    best[row], highest[row], stale[row] = 0, -np.inf, False
    for other in left:
        if other == row:
            continue
        mean = _sum(sums, merged, row, other) / (sizes[row] * sizes[other])
        if mean > highest[row] and not (
            consent and scores[medoids[row], medoids[other]] < min_medoid
        ):
            best[row], highest[row] = other, mean


@nb.njit
def _closest(groups: Any, rules: Any, left: Array) -> Any:
    """First group with the highest mean."""
    highest, stale = groups[5], groups[6]
    while True:
        i = left[0]
        for row in left:
            if highest[row] > highest[i]:
                i = row
        if not stale[i]:
            return i
        _search(groups, rules, left, i)


@nb.njit
def _medoid_of_both(scores: Array, labels: Array, inside: Array, i: int, j: int) -> int:
    """Medoid of two merging groups; `inside`, the sums within each, become those within both."""
    ours, theirs = np.flatnonzero(labels == i), np.flatnonzero(labels == j)
    for a in ours:
        for b in theirs:
            inside[a] += scores[a, b]
            inside[b] += scores[a, b]
    medoid = i
    for item in np.sort(np.concatenate((ours, theirs))):
        if inside[item] > inside[medoid]:
            medoid = item
    return medoid


@nb.njit
def _merge(groups: Any, rules: Any, left: Array, step: int, i: int, j: int) -> None:
    """Merge group j, which is already out of `left`, into group i, whose medoid is known."""
    sums, merged, sizes, medoids, best, highest, stale = groups
    scores, min_medoid, consent = rules
    for other in left:
        if other != i:
            both = _sum(sums, merged, i, other) + _sum(sums, merged, j, other)
            sums[i, other] = both
    merged[i] = step
    sizes[i] += sizes[j]
    for row in left:
        if row == i:
            continue
        new = -np.inf
        if not consent or scores[medoids[i], medoids[row]] >= min_medoid:
            new = sums[i, row] / (sizes[i] * sizes[row])
        if new > highest[row] or (new == highest[row] and i < best[row] and not stale[row]):
            best[row], highest[row], stale[row] = i, new, False
        else:
            stale[row] |= best[row] == j or (best[row] == i and new < highest[row])
    _search(groups, rules, left, i)


@nb.njit(**OPTIONS)
def linkage(scores: Array, min_mean: int, min_medoid: int, consent: bool) -> Any:
    """Smallest item of the group of each item, int64 (k,).

    Args:
        scores: Symmetric similarities, int64 (k, k).
        min_mean: See `dedup.stories.linkage.average_linkage`.
        min_medoid: See there.
        consent: Whether the similarity of medoids counts.
    """
    count = scores.shape[0]
    labels = np.arange(count)
    inside = np.zeros(count, np.int64)
    groups = (
        scores.copy(),
        np.zeros(count, np.int64),
        np.ones(count, np.int64),
        np.arange(count),
        np.zeros(count, np.int64),
        np.empty(count, np.float64),
        np.zeros(count, np.bool_),
    )
    rules = scores, min_medoid, consent
    left = np.arange(count)
    for row in range(count):
        _search(groups, rules, left, row)
    for step in range(1, count):
        i = _closest(groups, rules, left)
        j = groups[4][i]
        if not groups[5][i] >= min_mean:
            break
        if consent:
            groups[3][i] = _medoid_of_both(scores, labels, inside, i, j)
        for item in range(count):
            if labels[item] == j:
                labels[item] = i
        left = left[left != j]
        _merge(groups, rules, left, step, i, j)
    return labels
