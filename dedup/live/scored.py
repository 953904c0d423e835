"""Log-odds of all pairs of the texts of a part, kept for the next time that one comes or goes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import numpy as np

from dedup.affinity import Affinity
from dedup.keyed_rows import Int32s
from dedup.shingles import Int64s

_MAX_KEPT_PAIRS = 8 << 20
_MIN_TEXTS = 8
"""Of fewer texts the pairs are scored again as quickly as they are found."""


class ScoredParts:
    """Scores of parts of texts by number, the latest ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[Int64s, Int32s]] = OrderedDict()
        self._pairs = 0

    def of(self, members: Int64s, affinity: Affinity, before: Iterable[int] = ()) -> Int64s:
        """Log-odds of the texts with one another, 0 on the diagonal; int64 of shape (k, k).

        Args:
            members: Different texts, int64 of shape (k,).
            affinity: Scores pairs.
            before: Keys of parts that had many of these texts.
        """
        known = [self._kept[key] for key in before if key in self._kept]
        scores = np.empty((len(members), len(members)), np.int64)
        new = np.ones(len(members), bool)
        if known:
            numbers, kept = max(known, key=lambda each: len(each[0]))
            _, here, there = np.intersect1d(
                members, numbers, assume_unique=True, return_indices=True
            )
            scores[np.ix_(here, here)] = kept[np.ix_(there, there)]
            new[here] = False
        if new.all():
            scores = affinity.block(members, members)
        elif new.any():
            block = affinity.block(members[new], members)
            scores[new] = block
            scores[:, new] = block.T
        np.fill_diagonal(scores, 0)
        return scores

    def keep(self, key: int, members: Int64s, scores: Int64s) -> None:
        """Keep the scores of a part."""
        if len(members) < _MIN_TEXTS or scores.size > _MAX_KEPT_PAIRS:
            return
        if key not in self._kept:
            self._pairs += scores.size
        self._kept[key] = members, scores.astype(np.int32)
        self._kept.move_to_end(key)
        while self._pairs > _MAX_KEPT_PAIRS:
            _, (_, oldest) = self._kept.popitem(last=False)
            self._pairs -= oldest.size

    def forget(self, keys: Iterable[int]) -> None:
        """Give up parts that are no more."""
        for key in keys:
            if key in self._kept:
                self._pairs -= self._kept.pop(key)[1].size
