"""Log-odds of all pairs of the texts of subcomponents, remembered for when they change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np

from dedup.compute.arrays import Int32s, Int64s
from dedup.stories.links import PairScorer

_AT_ONCE = 1 << 16
_MIN_TEXTS = 8
"""Of fewer texts the pairs are scored again as quickly as they are looked up."""


class PartScores:
    """Scores of the subcomponents used last, by the hash of their texts.

    Args:
        max_pairs: So many scores are remembered.
    """

    def __init__(self, max_pairs: int) -> None:
        self._max_pairs = max_pairs
        self._scores: OrderedDict[int, tuple[Int64s, Int32s]] = OrderedDict()
        self._pairs = 0

    def of(
        self, parts: Sequence[Int64s], scorer: PairScorer, former: Sequence[Iterable[int]]
    ) -> Iterator[Int64s]:
        """Log-odds of all pairs of the texts of each part, 0 on the diagonal.

        Args:
            parts: Rows of the different texts of each, int64 of shape (k,).
            scorer: Scores pairs.
            former: For each part the hashes of subcomponents that had many of its texts.

        Yields:
            int64 of shape (k, k) for each part.
        """
        known = [
            max(
                (self._scores[part_hash] for part_hash in hashes if part_hash in self._scores),
                key=lambda scores: len(scores[0]),
                default=None,
            )
            for hashes in former
        ]
        new = _scored((part for part, same in zip(parts, known, strict=True) if not same), scorer)
        for part, same in zip(parts, known, strict=True):
            scores = _completed(part, scorer, *same) if same else next(new)
            np.fill_diagonal(scores, 0)
            yield scores

    def add(self, part_hash: int, members: Int64s, scores: Int64s) -> None:
        """Add the scores of a subcomponent."""
        if len(members) < _MIN_TEXTS or scores.size > self._max_pairs:
            return
        self.remove([part_hash])
        self._scores[part_hash] = members, scores.astype(np.int32)
        self._pairs += scores.size
        while self._pairs > self._max_pairs:
            self.remove([next(iter(self._scores))])

    def remove(self, part_hashes: Iterable[int]) -> None:
        """Remove the scores of former subcomponents, if they are there."""
        for part_hash in part_hashes:
            if part_hash in self._scores:
                self._pairs -= self._scores.pop(part_hash)[1].size


def _scored(parts: Iterable[Int64s], scorer: PairScorer) -> Iterator[Int64s]:
    """Scores of each part; pairs of several small parts are scored in one call."""
    batch: list[Int64s] = []
    pairs = 0
    for part in parts:
        if batch and pairs + len(part) ** 2 > _AT_ONCE:
            yield from _scored_at_once(batch, scorer)
            batch, pairs = [], 0
        batch.append(part)
        pairs += len(part) ** 2
    yield from _scored_at_once(batch, scorer)


def _scored_at_once(parts: Sequence[Int64s], scorer: PairScorer) -> Iterator[Int64s]:
    if len(parts) == 1:
        yield scorer.block(parts[0], parts[0])
        return
    corners = [_corner(len(part)) for part in parts]
    ends = [
        np.concatenate(
            [np.empty(0, np.int64)]
            + [part[corner[k]] for part, corner in zip(parts, corners, strict=True)]
        )
        for k in (0, 1)
    ]
    log_odds = scorer.log_odds(*ends)
    start = 0
    for part, (rows, columns) in zip(parts, corners, strict=True):
        scores = np.zeros((len(part), len(part)), np.int64)
        scores[rows, columns] = scores[columns, rows] = log_odds[start : start + len(rows)]
        start += len(rows)
        yield scores


@lru_cache(maxsize=32)
def _corner(texts: int) -> tuple[Int64s, Int64s]:
    """Rows and columns above the diagonal."""
    return np.triu_indices(texts, 1)


def _completed(members: Int64s, scorer: PairScorer, known: Int64s, scores: Int32s) -> Int64s:
    """Scores of a part, of which those of a known subcomponent are copied."""
    _, here, there = np.intersect1d(members, known, assume_unique=True, return_indices=True)
    completed = np.empty((len(members), len(members)), np.int64)
    completed[np.ix_(here, here)] = scores[np.ix_(there, there)]
    new = np.ones(len(members), bool)
    new[here] = False
    if new.any():
        block = scorer.block(members[new], members)
        completed[new] = block
        completed[:, new] = block.T
    return completed
