"""Cache of the log-odds of all pairs of a subcomponent, for the next time that it changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from dedup.compute.arrays import Int32s, Int64s
from dedup.stories.affinity import Affinity

_MAX_PAIRS = 8 << 20
_AT_ONCE = 1 << 20
_MIN_TEXTS = 8
"""Of fewer texts the pairs are scored again as quickly as they are looked up."""


class PartScoreCache:
    """Scores of the subcomponents used last, by the hash of their texts."""

    def __init__(self) -> None:
        self._scores: OrderedDict[int, tuple[Int64s, Int32s]] = OrderedDict()
        self._pairs = 0

    def scores(
        self, parts: Sequence[Int64s], affinity: Affinity, before: Sequence[Iterable[int]]
    ) -> list[Int64s]:
        """Log-odds of all pairs of the texts of each part, 0 on the diagonal.

        Args:
            parts: Rows of the different texts of each, int64 of shape (k,).
            affinity: Scores pairs.
            before: For each part the hashes of subcomponents that had many of its texts.

        Returns:
            int64 of shape (k, k) for each part.
        """
        known = [
            [self._scores[part_hash] for part_hash in part_hashes if part_hash in self._scores]
            for part_hashes in before
        ]
        unknown = [part for part, scores in zip(parts, known, strict=True) if not scores]
        computed = iter(_scores_of(unknown, affinity))
        return [
            _completed(part, affinity, scores) if scores else next(computed)
            for part, scores in zip(parts, known, strict=True)
        ]

    def add(self, part_hash: int, members: Int64s, scores: Int64s) -> None:
        """Add the scores of a subcomponent."""
        if len(members) < _MIN_TEXTS or scores.size > _MAX_PAIRS:
            return
        if part_hash not in self._scores:
            self._pairs += scores.size
        self._scores[part_hash] = members, scores.astype(np.int32)
        self._scores.move_to_end(part_hash)
        while self._pairs > _MAX_PAIRS:
            _, (_, oldest) = self._scores.popitem(last=False)
            self._pairs -= oldest.size

    def remove(self, part_hashes: Iterable[int]) -> None:
        """Remove the scores of former subcomponents."""
        for part_hash in part_hashes:
            if part_hash in self._scores:
                self._pairs -= self._scores.pop(part_hash)[1].size


def _scores_of(parts: Sequence[Int64s], affinity: Affinity) -> Iterator[Int64s]:
    """Scores of each part; pairs of several small parts are scored in one call."""
    start = 0
    while start < len(parts):
        stop, pairs = start, 0
        while stop < len(parts) and (stop == start or pairs + len(parts[stop]) ** 2 <= _AT_ONCE):
            pairs += len(parts[stop]) ** 2
            stop += 1
        batch = parts[start:stop]
        start = stop
        if len(batch) == 1:
            scores = affinity.block(batch[0], batch[0])
            np.fill_diagonal(scores, 0)
            yield scores
            continue
        corners = [np.triu_indices(len(part), 1) for part in batch]
        first, second = (
            np.concatenate([part[corner[k]] for part, corner in zip(batch, corners, strict=True)])
            for k in (0, 1)
        )
        log_odds = affinity.log_odds(first, second)
        begin = 0
        for part, (rows, columns) in zip(batch, corners, strict=True):
            scores = np.zeros((len(part), len(part)), np.int64)
            scores[rows, columns] = scores[columns, rows] = log_odds[begin : begin + len(rows)]
            begin += len(rows)
            yield scores


def _completed(
    members: Int64s, affinity: Affinity, known: Sequence[tuple[Int64s, Int32s]]
) -> Int64s:
    """Scores of a part, of which those of the largest known subcomponent are copied."""
    rows, cached = max(known, key=lambda part: len(part[0]))
    _, here, there = np.intersect1d(members, rows, assume_unique=True, return_indices=True)
    scores = np.empty((len(members), len(members)), np.int64)
    scores[np.ix_(here, here)] = cached[np.ix_(there, there)]
    new = np.ones(len(members), bool)
    new[here] = False
    if new.any():
        block = affinity.block(members[new], members)
        scores[new] = block
        scores[:, new] = block.T
    np.fill_diagonal(scores, 0)
    return scores
