"""Summaries of story groups, from which `relations.py` finds related stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from dedup.articles import UNDATED
from dedup.compute.arrays import BoolMask, Int32s, Int64s
from dedup.description.terms import StoryTerms
from dedup.stories.linked_groups import Group
from dedup.text.names import are_names


@dataclass(frozen=True, slots=True)
class StorySummaries:
    """Centroids, times, terms and names of n story groups, in the order of their first texts.

    Args:
        sums: Sums of the whole-number vectors of their texts, int32 of shape (n, dim).
        begins: Time of the first text in seconds since 1970, int64 of shape (n,), `UNDATED`
            where unknown.
        middles: Median time of the dated texts, likewise.
        shared: Rarity of the rare terms that are in several groups but not in too many, in
            units of `terms.WEIGHT_UNIT` bits; int64 of shape (n, terms).
        columns: Their columns in `StoryTerms`, int64 of shape (terms,).
        known: Which of them are keys of names in any script, bool of shape (terms,).
        names: 1 where a group has a name, int64 of shape (n, different names).
    """

    sums: Int32s
    begins: Int64s
    middles: Int64s
    shared: sp.csr_array
    columns: Int64s
    known: BoolMask
    names: sp.csr_array

    @classmethod
    def of(
        cls,
        groups: Sequence[Group],
        names: Sequence[Sequence[str]],
        whole: npt.NDArray[np.generic],
        seconds: Int64s,
        terms: StoryTerms,
        max_term_groups: int,
    ) -> StorySummaries:
        """Summaries of groups of numbered texts.

        Args:
            groups: n groups of rows of texts, in the order of their first members.
            names: Names of each group.
            whole: Whole-number vectors of the texts, of shape (texts, dim).
            seconds: Times of the texts, int64 of shape (texts,).
            terms: Rare terms of the groups.
            max_term_groups: Terms of more groups than this do not count.
        """
        members = [group.members for group in groups]
        columns = _specific_terms(terms.weights, max_term_groups)
        return cls(
            sums_of(members, whole),
            np.array([seconds[rows[0]] for rows in members], np.int64),
            np.array([middle_of(seconds[rows]) for rows in members], np.int64),
            terms.weights[:, columns].tocsr(),
            columns,
            are_names(terms.hashes[columns]),
            _names(names),
        )


def sums_of(members: Sequence[Int64s], whole: npt.NDArray[np.generic]) -> Int32s:
    """Sums of the vectors of groups of texts, int32 of shape (groups, dim).

    The sum of up to 500,000 vectors fits.
    """
    starts = np.cumsum([0, *(len(rows) for rows in members[:-1])])
    sums: Int32s = np.add.reduceat(whole[np.concatenate(members)].astype(np.int32), starts, axis=0)
    return sums


def _names(names: Sequence[Sequence[str]]) -> sp.csr_array:
    """1 where a group has a name, int64 of shape (groups, different names)."""
    different = sorted({name for names_of_group in names for name in names_of_group})
    column_of = {name: column for column, name in enumerate(different)}
    groups = np.repeat(np.arange(len(names)), [len(names_of_group) for names_of_group in names])
    columns = np.array([column_of[n] for names_of_group in names for n in names_of_group], np.int64)
    ones = np.ones(len(columns), np.int64)
    return sp.csr_array((ones, (groups, columns)), shape=(len(names), len(different)))


def middle_of(seconds: Int64s) -> int:
    """Median of the known times (the earlier of two), `UNDATED` if none is known."""
    dated = np.sort(seconds[seconds != UNDATED])
    return int(dated[(len(dated) - 1) // 2]) if len(dated) else int(UNDATED)


def _specific_terms(weights: sp.csr_array, max_term_groups: int) -> Int64s:
    """Columns of the terms of at least two and at most `max_term_groups` groups."""
    groups = np.bincount(weights.indices, minlength=weights.shape[1])
    return np.flatnonzero((groups >= 2) & (groups <= max_term_groups))
