"""Average linkage on whole numbers; a merge must not loosen what is close-knit.

The two groups whose pairs have the highest mean similarity merge, until that mean is too small.
How similar texts of one event are differs: translations of one report are nearly equal, reports of
ten newspapers on a summit are not. So beside the lowest mean there is a second bound, which each
group sets for itself: what joins it may be less similar to it than its own texts to each other,
but only by so much. Few pairs say little about a group, so its bound is drawn to the lowest mean
by as much as three more pairs would.

The sums over the pairs inside and between two groups are exact, so that whether they merge is a
function of the two groups alone, not of the order in which they grew.

Sources: Sokal & Michener 1958 (average linkage, UPGMA); Karypis, Han & Kumar 1999, "Chameleon"
(closeness between groups relative to that inside them).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import Float64s, Int64s

UNBOUNDED = 1 << 40
"""As `max_drop`: only the lowest mean counts."""
PAIRS_OF_PRIOR = 3
"""So many pairs of a group weigh as much as the lowest mean."""


def average_linkage(
    scores: Int64s,
    min_mean: int,
    max_drop: int = UNBOUNDED,
    compiled: bool = False,
) -> Int64s:
    """Labels of k items by average linkage on similarities.

    The pair of groups with the highest mean similarity merges first, of equal
    ones the pair with the smallest first members, as long as the mean is at
    least `min_mean` and the bound of either group, see `bounds`.

    Args:
        scores: Symmetric similarities, int64 of shape (k, k).
        min_mean: Smallest mean at which two groups still merge.
        max_drop: How much smaller than the mean inside a large group the mean of its pairs with
            another one may be.
        compiled: Use the kernel, which gives the same labels.

    Returns:
        For each item the smallest item of its group, int64 of shape (k,).
    """
    if compiled:
        from dedup.stories.kernels.linkage import linkage

        labels: Int64s = linkage(scores, min_mean, max_drop, PAIRS_OF_PRIOR)
        return labels
    groups = _Groups(scores, min_mean, max_drop)
    while True:
        i, j, mean = groups.closest()
        if not mean > -np.inf:
            return groups.labels
        groups.merge(i, j)


def bounds(inside: Int64s, pairs: Int64s, min_mean: int, max_drop: int) -> Float64s:
    """Smallest mean similarity at which groups still merge with another one.

    Inside a group with p pairs and mean w, the mean of p times `w - max_drop` and three times
    `min_mean`; and never less than `min_mean`.

    Args:
        inside: Sum of the similarities of the pairs inside each group, int64 of shape (k,).
        pairs: How many pairs these are, 0 in a group of one, int64 of shape (k,).
        min_mean: See `average_linkage`.
        max_drop: See there.
    """
    drawn = inside - max_drop * pairs + min_mean * PAIRS_OF_PRIOR
    weight = pairs + PAIRS_OF_PRIOR
    # One division each, so that equal quotients are equal numbers.
    limits: Float64s = np.maximum(drawn, min_mean * weight) / weight
    return limits


class _Groups:
    """Groups by their first item, and the means of all two; -inf where they may not merge."""

    def __init__(self, scores: Int64s, min_mean: int, max_drop: int) -> None:
        count = len(scores)
        self.labels = np.arange(count)
        self._limits = min_mean, max_drop
        self._sums = scores.astype(np.int64)
        self._sizes = np.ones(count, np.int64)
        self._inside = np.zeros(count, np.int64)
        self._bounds = np.full(count, float(min_mean))
        self._alive = np.ones(count, bool)
        self._means = self._sums.astype(np.float64)
        self._means[scores < min_mean] = -np.inf
        np.fill_diagonal(self._means, -np.inf)
        self._best = self._means.argmax(axis=1)
        self._highest = self._means[self.labels, self._best]

    def closest(self) -> tuple[int, int, float]:
        """Groups i < j with the highest mean, and that mean."""
        i = int(self._highest.argmax())
        # The highest mean is found first at its smallest row, so that i < j.
        return i, int(self._best[i]), float(self._highest[i])

    def merge(self, i: int, j: int) -> None:
        """Merge group j into group i."""
        self.labels[self.labels == j] = i
        self._alive[j] = False
        self._inside[i] += self._inside[j] + self._sums[i, j]
        self._sums[i] += self._sums[j]
        self._sums[:, i] = self._sums[i]
        self._sizes[i] += self._sizes[j]
        pairs = self._sizes[i] * (self._sizes[i] - 1) // 2
        self._bounds[i] = bounds(self._inside[i], pairs, *self._limits)
        means = self._sums[i] / (self._sizes[i] * self._sizes)
        others = self._alive & (means >= np.maximum(self._bounds[i], self._bounds))
        others[i] = False
        self._means[i] = np.where(others, means, -np.inf)
        self._means[:, i] = self._means[i]
        self._means[j] = self._means[:, j] = -np.inf
        self._refresh(i, j)

    def _refresh(self, i: int, j: int) -> None:
        """Update the best partner of each group after groups i and j became i."""
        means, best, highest = self._means, self._best, self._highest
        new: npt.NDArray[np.float64] = means[:, i]
        closer = (new > highest) | ((new == highest) & (i < best))
        stale = ((best == j) | ((best == i) & (new < highest))) & ~closer
        stale[[i, j]] = True
        best[closer], highest[closer] = i, new[closer]
        rows = np.flatnonzero(stale)
        best[rows] = means[rows].argmax(axis=1)
        highest[rows] = means[rows, best[rows]]
