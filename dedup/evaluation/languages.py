"""Precision and recall of pairs of articles, by the languages of the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.evaluation.measures import share


@dataclass(frozen=True, slots=True)
class LanguagePair:
    """Pairwise precision and recall over pairs of articles in two languages.

    Args:
        first: A language; or "same language" / "cross language" for the sum
            over all such pairs, with an empty `second`.
        second: A language, equal to or after `first`.
        pairs_gold: Unordered pairs of articles that share a gold cluster.
        pairs_predicted: Those that share a predicted cluster.
        precision: Share of the predicted pairs that are gold; None without any.
        recall: Share of the gold pairs that are predicted; None without any.
    """

    first: str
    second: str
    pairs_gold: int
    pairs_predicted: int
    precision: float | None
    recall: float | None


def language_pairs(
    languages: Sequence[str], gold: Int64s, predicted: Int64s, cells: Int64s
) -> tuple[LanguagePair, ...]:
    """Precision and recall by languages.

    Args:
        languages: Of each of n articles, empty where unknown.
        gold: Code of the gold cluster of each, int64 of shape (n,).
        predicted: Code of the predicted cluster of each, int64 of shape (n,).
        cells: Code of both together, int64 of shape (n,).
    """
    known = np.array([language != "" for language in languages])
    if not known.any():
        return ()
    present, language_ids = np.unique(np.array(languages)[known], return_inverse=True)
    names = present.tolist()
    in_gold, in_predicted, in_both = (
        _pairs_by_language(codes[known], language_ids) for codes in (gold, predicted, cells)
    )

    def row(first: str, second: str, where: tuple[int, int] | BoolMask) -> LanguagePair:
        g, p, both = (int(np.sum(counts[where])) for counts in (in_gold, in_predicted, in_both))
        return LanguagePair(first, second, g, p, share(both, p), share(both, g))

    same = np.eye(len(names), dtype=np.bool_)
    return (
        *(row(names[i], names[j], (i, j)) for i, j in np.argwhere(np.triu(in_gold + in_predicted))),
        row("same language", "", same),
        row("cross language", "", np.triu(~same)),
    )


def _pairs_by_language(clusters: Int64s, languages: Int64s) -> Int64s:
    """Unordered pairs in one cluster by language: int64 (languages, languages), symmetric."""
    from scipy.sparse import coo_array

    ones = np.ones(len(clusters), dtype=np.int64)
    counts = coo_array((ones, (clusters, languages))).tocsr()  # adds up articles of one place
    pairs: Int64s = (counts.T @ counts).toarray()
    own = np.diag_indices_from(pairs)
    pairs[own] = (pairs[own] - np.bincount(languages)) // 2
    return pairs
