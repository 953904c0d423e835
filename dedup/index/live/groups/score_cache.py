"""Log-odds of all pairs of the texts of a part, kept for the next time that one comes or goes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from dedup.compute.arrays import Int32s, Int64s, UInt64s
from dedup.stories.affinity import Affinity

_MAX_KEPT_PAIRS = 8 << 20
_AT_ONCE = 1 << 20
_MIN_TEXTS = 8
"""Of fewer texts the pairs are scored again as quickly as they are found."""


class ScoredParts:
    """Scores of parts of texts by number, the latest ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[Int64s, Int32s]] = OrderedDict()
        self._pairs = 0

    def of(
        self, parts: Sequence[Int64s], affinity: Affinity, before: Sequence[Iterable[int]]
    ) -> list[Int64s]:
        """Log-odds of the texts of parts with one another, 0 on the diagonal.

        Args:
            parts: Different texts of each, int64 of shape (k,).
            affinity: Scores pairs.
            before: For each part keys of parts that had many of these texts.

        Returns:
            int64 of shape (k, k) for each part.
        """
        known = [[self._kept[key] for key in keys if key in self._kept] for keys in before]
        fresh = [part for part, found in zip(parts, known, strict=True) if not found]
        scored = iter(_scores_of(fresh, affinity))
        return [
            _completed(part, affinity, found) if found else next(scored)
            for part, found in zip(parts, known, strict=True)
        ]

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

    def learn(self, keys: UInt64s, members: Int64s, scores: Int64s) -> None:
        """Keep what the scores of some texts say of the parts that they are in.

        Args:
            keys: Of the part of each text, 0 for none; uint64 of shape (k,).
            members: The texts, int64 of shape (k,).
            scores: Of all pairs, int64 of shape (k, k).
        """
        for key in np.unique(keys).tolist():
            if key and key not in self._kept:
                inside = np.flatnonzero(keys == key)
                self.keep(key, members[inside], scores[np.ix_(inside, inside)])

    def forget(self, keys: Iterable[int]) -> None:
        """Give up parts that are no more."""
        for key in keys:
            if key in self._kept:
                self._pairs -= self._kept.pop(key)[1].size


def _scores_of(parts: Sequence[Int64s], affinity: Affinity) -> Iterator[Int64s]:
    """Scores of each part; the pairs of all of them are scored at once, unless they are many."""
    start = 0
    while start < len(parts):
        stop, pairs = start, 0
        while stop < len(parts) and (stop == start or pairs + len(parts[stop]) ** 2 <= _AT_ONCE):
            pairs += len(parts[stop]) ** 2
            stop += 1
        some = parts[start:stop]
        start = stop
        if len(some) == 1:
            scores = affinity.block(some[0], some[0])
            np.fill_diagonal(scores, 0)
            yield scores
            continue
        corners = [np.triu_indices(len(part), 1) for part in some]
        first, second = (
            np.concatenate([part[corner[k]] for part, corner in zip(some, corners, strict=True)])
            for k in (0, 1)
        )
        found = affinity.log_odds(first, second)
        begin = 0
        for part, (rows, columns) in zip(some, corners, strict=True):
            scores = np.zeros((len(part), len(part)), np.int64)
            scores[rows, columns] = scores[columns, rows] = found[begin : begin + len(rows)]
            begin += len(rows)
            yield scores


def _completed(
    members: Int64s, affinity: Affinity, known: Sequence[tuple[Int64s, Int32s]]
) -> Int64s:
    """Scores of a part, of which those of the largest known part are taken over."""
    numbers, kept = max(known, key=lambda each: len(each[0]))
    _, here, there = np.intersect1d(members, numbers, assume_unique=True, return_indices=True)
    scores = np.empty((len(members), len(members)), np.int64)
    scores[np.ix_(here, here)] = kept[np.ix_(there, there)]
    new = np.ones(len(members), bool)
    new[here] = False
    if new.any():
        block = affinity.block(members[new], members)
        scores[new] = block
        scores[:, new] = block.T
    np.fill_diagonal(scores, 0)
    return scores
