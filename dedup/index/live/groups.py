"""Story groups of the texts of the index: those of the step `group`, which remembers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dedup.compute.arrays import Int64s
from dedup.compute.growable import Columns
from dedup.config import Config
from dedup.index.live.links.links import LiveLinks
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import log_odds_of, log_odds_of_ratio
from dedup.stories.components import SAMPLE
from dedup.stories.grouping import GroupChanges, GroupMemory
from dedup.stories.linkage import bounds
from dedup.stories.linked_groups import Group
from dedup.stories.links import LinkChanges, LinkedTexts
from dedup.stories.round_ups import mean_log_odds

_MAX_PAIRS = 8 << 20
"""So many scores of pairs are remembered."""


class LiveGroups:
    """Story groups of the texts in memory; see `GroupMemory` for their labels.

    Args:
        texts: The texts.
        links: The links among them.
        config: All settings.
    """

    def __init__(self, texts: LiveTexts, links: LiveLinks, config: Config) -> None:
        self._texts = texts
        self._table = links.table
        max_gap = config.neighbors.max_gap
        self._memory = GroupMemory(config.stories, max_gap, _MAX_PAIRS, compiled=True)
        stories = config.stories
        self._bounds = (
            log_odds_of(stories.min_probability), log_odds_of_ratio(stories.max_odds_ratio),
        )  # fmt: skip

    @property
    def members(self) -> Mapping[int, Int64s]:
        """Rows of the texts of each group by precedence, int64 of shape (k,), by label."""
        return self._memory.members

    def label_of(self, row: int) -> int:
        """Label of the group of a text."""
        return int(self._memory.labels[row])

    def first_of(self, row: int) -> int:
        """First text of the group of a text."""
        return int(self.members[self.label_of(row)][0])

    def of(self, row: int) -> Group:
        """Group of a text."""
        (group,) = self._memory.described([self.members[self.label_of(row)]], self._linked_texts())
        return group

    def mean_log_odds(self, row: int) -> float | None:
        """Mean log-odds of a text with the others of its group; None if there are none."""
        members = self.members[self.label_of(row)]
        others = members[members != row]
        if not len(others):
            return None
        return float(mean_log_odds(np.array([row]), [others], self._texts.scorer)[0])

    def saved(self, rows: Int64s, new_row: Int64s) -> dict[str, Any]:
        """Columns of some texts, which get new rows without gaps; see `LiveLinks.saved`."""
        memory = self._memory
        firsts = np.full(len(new_row), -1)
        for members in memory.members.values():
            firsts[members] = new_row[members[0]]
        return {
            "groups.round_ups": memory.round_ups[rows],
            "groups.subcomponents": memory.parts[rows].view(np.int64),
            "groups.firsts": firsts[rows],
        }

    def load(self, columns: Columns) -> list[int]:
        """Load what `saved` returned; returns the first text of each group, ascending."""
        firsts = columns["groups.firsts"]
        present = np.flatnonzero(firsts >= 0)
        order = present[self._texts.order.order(firsts[present], present)]
        cuts = np.flatnonzero(np.diff(firsts[order])) + 1
        members = np.split(order, cuts) if len(order) else []
        known = columns["groups.round_ups"], columns["groups.subcomponents"].view(np.uint64)
        self._memory.load(self._linked_texts(), self._table.all(), members, known)
        return [int(rows[0]) for rows in members]

    def update(self, changes: LinkChanges) -> GroupChanges:
        """Bring the groups up to date after texts and links have changed."""
        return self._memory.update(self._linked_texts(), changes)

    def best_for(self, row: int, linked: Int64s) -> tuple[int, float] | None:
        """The group that a query fits best: its first text, and the mean log-odds with its texts.

        Only groups that the query has a link to are compared; of equal ones the one that comes
        first. As in linkage, it may not loosen the group. None if it may join none.

        Args:
            row: Row of the query.
            linked: Rows of the texts that it has a link to, int64 of shape (k,).
        """
        groups = [self.members[label] for label in np.unique(self._memory.labels[linked]).tolist()]
        means = mean_log_odds(np.full(len(groups), row), groups, self._texts.scorer)
        likely = np.flatnonzero(means >= self._bounds[0])
        firsts = np.array([groups[k][0] for k in likely.tolist()], np.int64)
        order = self._texts.order.order(-means[likely], firsts)
        for k in likely[order].tolist():
            if means[k] >= self._least_to_join(groups[k]):
                return int(groups[k][0]), float(means[k])
        return None

    def _least_to_join(self, members: Int64s) -> float:
        """Smallest mean at which linkage lets a text join a group; of a large one, by a sample."""
        size = min(len(members), SAMPLE)
        sample = members[np.arange(size) * len(members) // size]
        scores = self._texts.scorer.block(sample, sample)
        inside = np.array([(scores.sum() - np.trace(scores)) // 2])
        pairs = np.array([size * (size - 1) // 2])
        return float(bounds(inside, pairs, *self._bounds)[0])

    def _linked_texts(self) -> LinkedTexts:
        texts = self._texts
        return LinkedTexts(
            self._table, texts.scorer, texts.profiles.seconds, texts.id_hashes, texts.digests,
            texts.alive, texts.order.sorted,
        )  # fmt: skip
