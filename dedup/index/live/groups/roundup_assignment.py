"""Which group each round-up of the index joins; see `stories.best_home`.

A round-up is linked to texts of dozens of groups. What it has in common with a group is kept until
either has changed. It was never silent for too long between the two, since no link is that long.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import BoolMask, Int64s
from dedup.config import StoryConfig
from dedup.index.live.arrays.link_table import LinkTable
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import log_odds_of
from dedup.stories.round_ups import mean_log_odds

_Means = tuple[Int64s, npt.NDArray[np.float64]]
"""First texts of groups, and the mean log-odds of a text with each group."""


@dataclass(frozen=True, slots=True)
class Around:
    """Groups that round-ups may join.

    Args:
        firsts: First text of the group of each text, -1 for none; int64 of shape (n,).
        groups: Texts of the groups, by the first.
        changed: First texts of groups that are not what they were.
        before: What these were, by the first; also others.
    """

    firsts: Int64s
    groups: Mapping[int, Int64s]
    changed: Collection[int]
    before: Mapping[int, Int64s]


class Homes:
    """Means of round-ups with the groups that they have links to.

    Args:
        texts: The texts.
        table: Their links.
        config: What joins.
    """

    def __init__(self, texts: LiveTexts, table: LinkTable, config: StoryConfig) -> None:
        self._texts = texts
        self._table = table
        self._least = float(log_odds_of(config.min_probability))
        self._means: dict[int, _Means] = {}

    def forget(self, number: int) -> None:
        """Give up a text that is no round-up any more."""
        self._means.pop(number, None)

    def of(self, numbers: Int64s, around: Around) -> dict[int, int]:
        """First text of the group that each round-up joins, -1 for none.

        Args:
            numbers: The round-ups.
            around: The groups, as they are.
        """
        found = self._all_means(numbers, around)
        self._means.update((each, means) for each, (means, _) in found.items())
        return {each: self._best(means) for each, (means, _) in found.items()}

    def asked(self, numbers: Int64s, around: Around, late: BoolMask) -> dict[int, int]:
        """The same if things were so; only what is true as they are is kept.

        Args:
            numbers: The round-ups that there would be.
            around: The groups, as they would be.
            late: Which texts are round-ups, bool (n,): of others nothing is brought up to date.
        """
        found = self._all_means(numbers, around)
        for each, ((near, means), new) in found.items():
            if each < len(late) and late[each] and new.any():
                known, values = self._means.get(each, (near[:0], means[:0]))
                self._means[each] = (
                    np.concatenate((known, near[new])),
                    np.concatenate((values, means[new])),
                )
        return {each: self._best(means) for each, (means, _) in found.items()}

    def _all_means(self, numbers: Int64s, around: Around) -> dict[int, tuple[_Means, BoolMask]]:
        """Means of texts with the groups around them; those that are kept are not scored again.

        Returns:
            For each text its means, and which of them are not kept and are so as things are.
        """
        ends, others, _ = self._table.around(numbers)
        near = around.firsts[others]
        count = len(around.firsts) + 1
        keys = np.unique((ends * count + near)[near >= 0])
        texts, firsts = np.divmod(keys, count)
        known, means = self._known(keys, numbers, count)
        stale = np.isin(firsts, [*around.changed])
        self._carry_over(means, np.flatnonzero(known & stale), texts, firsts, around)
        new = ~known | (stale & np.isnan(means))
        members = [around.groups[first] for first in firsts[new].tolist()]
        means[new] = mean_log_odds(texts[new], members, self._texts.scorer)
        lasting = new & ~stale
        starts = np.searchsorted(keys, numbers * count)
        stops = np.searchsorted(keys, (numbers + 1) * count)
        return {
            number: ((firsts[start:stop], means[start:stop]), lasting[start:stop])
            for number, start, stop in zip(
                numbers.tolist(), starts.tolist(), stops.tolist(), strict=True
            )
        }

    def _known(
        self, keys: Int64s, numbers: Int64s, count: int
    ) -> tuple[BoolMask, npt.NDArray[np.float64]]:
        """Which means are kept, of texts and groups as one key each, and these."""
        kept = [(each, self._means[each]) for each in numbers.tolist() if each in self._means]
        old = [np.empty(0, np.int64), *(each * count + near for each, (near, _) in kept)]
        values = [np.empty(0), *(means for _, (_, means) in kept)]
        old_keys, old_values = np.concatenate(old), np.concatenate(values)
        known = np.isin(keys, old_keys)
        order = np.argsort(old_keys)
        means = np.full(len(keys), np.nan)
        places = np.searchsorted(old_keys[order], keys[known])
        means[known] = old_values[order[places]]
        return known, means

    def _carry_over(
        self,
        means: npt.NDArray[np.float64],
        rows: Int64s,
        texts: Int64s,
        firsts: Int64s,
        around: Around,
    ) -> None:
        """Bring means with groups up to date that have a few texts more or less; else set NaN.

        Log-odds are whole numbers, so that a sum can be told from its mean.

        Args:
            means: Of all texts and groups.
            rows: Those whose groups have changed.
            texts: All texts.
            firsts: First texts of all groups.
            around: The groups.
        """
        stale = means[rows]
        means[rows] = np.nan
        for first in np.unique(firsts[rows]).tolist():
            was, now = around.before.get(first), around.groups[first]
            if was is None:
                continue
            came, went = np.setdiff1d(now, was), np.setdiff1d(was, now)
            if len(came) + len(went) > len(now) // 2 or not self._texts.alive[went].all():
                continue
            of_it = firsts[rows] == first
            some = texts[rows[of_it]]
            total = np.rint(stale[of_it] * len(was))
            for others, sign in ((came, 1), (went, -1)):
                if len(others):
                    more = mean_log_odds(some, [others] * len(some), self._texts.scorer)
                    total += sign * np.rint(more * len(others))
            means[rows[of_it]] = total / len(now)

    def _best(self, means: _Means) -> int:
        """Of equal groups the one whose first text comes first."""
        firsts, values = means
        if not len(values):
            return -1
        place = int(values.argmax())
        best = values[place]
        if best < self._least:
            return -1
        equal = firsts[values == best]
        return int(firsts[place] if len(equal) == 1 else self._texts.order.sorted(equal)[0])
