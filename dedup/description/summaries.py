"""Outlines of story groups: what of them says which belong to one affair; see `storylines.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from dedup.articles import UNDATED
from dedup.compute.arrays import Int32s, Int64s
from dedup.description.terms import StoryTerms
from dedup.stories.grouping import Group


@dataclass(frozen=True, slots=True)
class Outlines:
    """Outlines of n story groups, by their first member.

    Args:
        sums: Sums of the whole-number vectors of their texts, int32 of shape (n, dim).
        begins: Time of the first text in seconds since 1970, int64 of shape (n,), `UNDATED`
            where unknown.
        middles: When half of the dated texts had appeared, likewise.
        shared: Rarity of the rare terms that stand in several groups but not in too many, in
            units of `terms.WEIGHT_UNIT` bits; int64 of shape (n, terms).
        columns: Which terms these are, by their number in `StoryTerms`.
        names: Which group has which name, int64 of shape (n, different names).
    """

    sums: Int32s
    begins: Int64s
    middles: Int64s
    shared: sp.csr_array
    columns: Int64s
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
    ) -> Outlines:
        """Of groups of numbered texts.

        Args:
            groups: n groups of numbers of texts, by their first member.
            names: Names of each.
            whole: Whole-number vectors of the texts, of shape (texts, dim).
            seconds: Times of the texts, int64 of shape (texts,).
            terms: Rare terms of the groups.
            max_term_groups: Terms of more groups do not count.
        """
        members = [group.members for group in groups]
        columns = _specific_terms(terms.weights, max_term_groups)
        return cls(
            sums_of(members, whole),
            np.array([seconds[each[0]] for each in members], np.int64),
            np.array([middle_of(seconds[each]) for each in members], np.int64),
            terms.weights[:, columns].tocsr(),
            columns,
            _names(names),
        )


def sums_of(members: Sequence[Int64s], whole: npt.NDArray[np.generic]) -> Int32s:
    """Sums of the vectors of groups of texts, int32 of shape (groups, dim).

    Of fewer than 500,000 texts a sum fits.
    """
    starts = np.cumsum([0, *(len(each) for each in members[:-1])])
    found: Int32s = np.add.reduceat(whole[np.concatenate(members)].astype(np.int32), starts, axis=0)
    return found


def _names(names: Sequence[Sequence[str]]) -> sp.csr_array:
    """Which group has which name, int64 of shape (groups, different names)."""
    columns = {name: k for k, name in enumerate(sorted({n for each in names for n in each}))}
    owners = np.repeat(np.arange(len(names)), [len(each) for each in names])
    found = np.array([columns[name] for each in names for name in each], np.int64)
    ones = np.ones(len(found), np.int64)
    return sp.csr_array((ones, (owners, found)), shape=(len(names), len(columns)))


def middle_of(seconds: Int64s) -> int:
    """The time at which half of the dated texts had appeared."""
    dated = np.sort(seconds[seconds != UNDATED])
    return int(dated[(len(dated) - 1) // 2]) if len(dated) else int(UNDATED)


def _specific_terms(weights: sp.csr_array, max_term_groups: int) -> Int64s:
    """The columns of terms that stand in several groups, but not in too many."""
    groups = np.bincount(weights.indices, minlength=weights.shape[1])
    return np.flatnonzero((groups >= 2) & (groups <= max_term_groups))
