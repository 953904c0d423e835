"""Average linkage on whole numbers; two groups merge only if their medoids are similar enough.

The two groups whose pairs have the highest mean similarity merge, until that mean is too small.
The sum over the pairs of two groups is exact, so that its mean is a function of the two groups
alone, not of the order in which they grew.

Source: Sokal & Michener 1958 (average linkage, UPGMA).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import Int64s

NO_CONSENT = np.iinfo(np.int64).min
"""As `min_medoid`: groups merge whatever the similarity of their medoids."""


def average_linkage(
    scores: Int64s,
    min_mean: int,
    min_medoid: int = NO_CONSENT,
    compiled: bool = False,
) -> Int64s:
    """Labels of k items by average linkage on similarities.

    The pair of groups with the highest mean similarity merges first, of equal
    ones the pair with the smallest first members, as long as the mean is at
    least `min_mean`.

    Args:
        scores: Symmetric similarities, int64 of shape (k, k).
        min_mean: Smallest mean at which two groups still merge.
        min_medoid: Smallest similarity of the medoids of two groups that still merge. The
            medoid is the item with the largest sum of similarities to the others of its
            group, of equal ones the first.
        compiled: Use the kernel, which gives the same labels.

    Returns:
        For each item the smallest item of its group, int64 of shape (k,).
    """
    if compiled:
        from dedup.stories.kernels.linkage import linkage

        labels: Int64s = linkage(scores, min_mean, min_medoid, min_medoid > NO_CONSENT)
        return labels
    groups = _Groups(scores, min_medoid)
    while True:
        i, j, mean = groups.closest()
        if not mean >= min_mean:
            return groups.labels
        groups.merge(i, j)


class _Groups:
    """Groups by their first item, and the means of all two; -inf where they may not merge."""

    def __init__(self, scores: Int64s, min_medoid: int) -> None:
        count = len(scores)
        self.labels = np.arange(count)
        self._scores = scores
        self._min_medoid = min_medoid
        self._sums = scores.astype(np.int64)
        self._sizes = np.ones(count, np.int64)
        self._alive = np.ones(count, bool)
        self._medoids = np.arange(count)
        self._means = self._sums.astype(np.float64)
        if min_medoid > NO_CONSENT:
            self._means[scores < min_medoid] = -np.inf
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
        self._sums[i] += self._sums[j]
        self._sums[:, i] = self._sums[i]
        self._sizes[i] += self._sizes[j]
        others = self._alive.copy()
        others[i] = False
        if self._min_medoid > NO_CONSENT:
            members = np.flatnonzero(self.labels == i)
            inside = self._scores[np.ix_(members, members)]
            sums = inside.sum(axis=1) - inside.diagonal()
            self._medoids[i] = members[sums.argmax()]
            others &= self._scores[self._medoids[i], self._medoids] >= self._min_medoid
        self._means[i] = np.where(others, self._sums[i] / (self._sizes[i] * self._sizes), -np.inf)
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
