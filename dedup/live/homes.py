"""Which group each round-up of the index joins; see `stories.best_home`.

A round-up is linked to texts of dozens of groups. What it has in common with a group is kept until
either has changed. It was never silent for too long between the two, since no link is that long.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from dedup.affinity import log_odds_of
from dedup.config import StoryConfig
from dedup.live.link_table import LinkTable
from dedup.live.texts import LiveTexts
from dedup.round_ups import mean_log_odds
from dedup.shingles import Int64s

_Means = tuple[Int64s, npt.NDArray[np.float64]]
"""First texts of groups, ascending, and the mean log-odds of a text with each group."""


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

    def of(
        self,
        numbers: Int64s,
        firsts: Int64s,
        groups: Mapping[int, Int64s],
        changed: Collection[int],
    ) -> dict[int, int]:
        """First text of the group that each round-up joins, -1 for none.

        Args:
            numbers: The round-ups.
            firsts: First text of the group of each text, -1 for none; int64 of shape (n,).
            groups: Texts of the groups, by the first.
            changed: First texts of groups that are not what they were.
        """
        found = self._all_means(numbers, firsts, groups, changed)
        self._means.update(found)
        return {each: self._best(means) for each, means in found.items()}

    def asked(
        self,
        numbers: Int64s,
        firsts: Int64s,
        groups: Mapping[int, Int64s],
        changed: Collection[int],
    ) -> dict[int, int]:
        """The same, of which nothing is kept."""
        found = self._all_means(numbers, firsts, groups, changed)
        return {each: self._best(means) for each, means in found.items()}

    def _all_means(
        self,
        numbers: Int64s,
        firsts: Int64s,
        groups: Mapping[int, Int64s],
        changed: Collection[int],
    ) -> dict[int, _Means]:
        """Means of texts with the groups around them; those that are kept are not scored again."""
        ends, others, _ = self._table.around(numbers)
        near = firsts[others]
        count = len(firsts) + 1
        keys = np.unique((ends * count + near)[near >= 0])
        known = {each: self._means[each] for each in numbers.tolist() if each in self._means}
        old = [np.empty(0, np.int64), *(each * count + means[0] for each, means in known.items())]
        values = [np.empty(0), *(means[1] for means in known.values())]
        old_keys, old_values = np.concatenate(old), np.concatenate(values)
        valid = np.ones(count, bool)
        valid[[each for each in changed if each >= 0]] = False
        kept = np.flatnonzero(valid[old_keys % count])
        ascending = kept[np.argsort(old_keys[kept])]
        old_keys, old_values = old_keys[ascending], old_values[ascending]
        place = np.minimum(np.searchsorted(old_keys, keys), max(0, len(old_keys) - 1))
        means = np.empty(len(keys))
        new = np.ones(len(keys), bool)
        if len(old_keys):
            new = old_keys[place] != keys
            means[~new] = old_values[place[~new]]
        members = [groups[first] for first in (keys[new] % count).tolist()]
        means[new] = mean_log_odds(keys[new] // count, members, self._texts.scorer)
        starts = np.searchsorted(keys, numbers * count)
        stops = np.searchsorted(keys, (numbers + 1) * count)
        return {
            number: (keys[start:stop] % count, means[start:stop])
            for number, start, stop in zip(
                numbers.tolist(), starts.tolist(), stops.tolist(), strict=True
            )
        }

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
