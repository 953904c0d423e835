"""Assignment of round-ups to the groups of the index; see `stories.round_ups.best_homes`.

A round-up is linked to texts of dozens of groups. Its mean log-odds with a group is cached until
either changes. It is never too far from the group in time, since no link is that long.
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
class JoinableGroups:
    """Groups that round-ups may join.

    Args:
        firsts: First text of the group of each text, -1 for none; int64 of shape (n,).
        members: Rows of the texts of each group, by its first text.
        changed: First texts of groups that have changed.
    """

    firsts: Int64s
    members: Mapping[int, Int64s]
    changed: Collection[int]


class RoundUpAssigner:
    """Assigns round-ups to groups; caches their means with the groups that they have links to.

    Args:
        texts: The texts.
        table: Their links.
        config: Smallest probability of joining.
    """

    def __init__(self, texts: LiveTexts, table: LinkTable, config: StoryConfig) -> None:
        self._texts = texts
        self._table = table
        self._least = float(log_odds_of(config.min_probability))
        self._means: dict[int, _Means] = {}

    def remove(self, row: int) -> None:
        """Remove a text that is no longer a round-up."""
        self._means.pop(row, None)

    def assign(self, rows: Int64s, groups: JoinableGroups) -> dict[int, int]:
        """First text of the group that each round-up joins, -1 for none.

        Args:
            rows: Rows of the round-ups.
            groups: The groups.
        """
        means = self._all_means(rows, groups)
        self._means.update(means)
        return {row: self._best(of_row) for row, of_row in means.items()}

    def _all_means(self, rows: Int64s, groups: JoinableGroups) -> dict[int, _Means]:
        """Means of texts with the groups that they have links to; cached ones are not computed."""
        ends, others, _ = self._table.around(rows)
        near = groups.firsts[others]
        count = len(groups.firsts) + 1
        pairs = np.unique((ends * count + near)[near >= 0])
        texts, firsts = np.divmod(pairs, count)
        known, means = self._cached(pairs, rows, count)
        new = ~known | np.isin(firsts, [*groups.changed])
        members = [groups.members[first] for first in firsts[new].tolist()]
        means[new] = mean_log_odds(texts[new], members, self._texts.scorer)
        starts = np.searchsorted(pairs, rows * count)
        stops = np.searchsorted(pairs, (rows + 1) * count)
        return {
            row: (firsts[start:stop], means[start:stop])
            for row, start, stop in zip(rows.tolist(), starts.tolist(), stops.tolist(), strict=True)
        }

    def _cached(
        self, pairs: Int64s, rows: Int64s, count: int
    ) -> tuple[BoolMask, npt.NDArray[np.float64]]:
        """Which means are cached, and these.

        Args:
            pairs: Pairs of a text and a group, row * count + first text of the group.
            rows: Rows of the texts.
            count: Larger than all rows.
        """
        cached = [(row, self._means[row]) for row in rows.tolist() if row in self._means]
        parts = [np.empty(0, np.int64), *(row * count + firsts for row, (firsts, _) in cached)]
        values = np.concatenate([np.empty(0), *(means for _, (_, means) in cached)])
        old = np.concatenate(parts)
        known = np.isin(pairs, old)
        order = np.argsort(old)
        means = np.full(len(pairs), np.nan)
        means[known] = values[order[np.searchsorted(old[order], pairs[known])]]
        return known, means

    def _best(self, means: _Means) -> int:
        """First text of the best group; of equal groups the one whose first text comes first."""
        firsts, values = means
        best = values.max(initial=-np.inf)
        if best < self._least:
            return -1
        equal = firsts[values == best]
        return int(equal[0] if len(equal) == 1 else self._texts.order.sorted(equal)[0])
