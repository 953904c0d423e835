"""Groups of the texts of the index by average linkage, before round-ups join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import Int64s, UInt64s
from dedup.config import Config
from dedup.index.live.arrays.growable import GrowableArray
from dedup.index.live.groups.score_cache import PartScoreCache
from dedup.index.live.texts import LiveTexts
from dedup.stories.grouping import Group, described, described_by, linked_groups, unbroken


@dataclass(frozen=True, slots=True)
class LinkedGroupChanges:
    """Changes of the linked groups.

    Args:
        moved: Rows of the texts of new, removed and changed groups, ascending.
        firsts: First texts of these groups.
        computed: Groups that were computed again, by their first texts.
    """

    moved: Int64s
    firsts: set[int]
    computed: Mapping[int, Group]


class LinkedGroups:
    """Groups without round-ups, by their first texts.

    Args:
        texts: The texts.
        config: All settings.
    """

    def __init__(self, texts: LiveTexts, config: Config) -> None:
        self._texts = texts
        self._config = config
        self._cache = PartScoreCache()
        self._firsts = GrowableArray(np.int64, fill=-1)
        self.members: dict[int, Int64s] = {}

    @property
    def firsts(self) -> Int64s:
        """First text of the group of each text, -1 for none; int64 (n,)."""
        firsts: Int64s = self._firsts.rows
        return firsts

    def resize(self, count: int) -> None:
        """Make room for so many texts."""
        self._firsts.resize(count)

    def add(self, members: Int64s) -> None:
        """Add a group, its texts in the order of precedence."""
        self.members[int(members[0])] = members
        self._firsts.rows[members] = members[0]

    def update(self, touched: Int64s, before: UInt64s, now: UInt64s) -> LinkedGroupChanges:
        """Link texts again whose subcomponents have changed.

        Args:
            touched: Rows of all texts of new, removed and changed subcomponents.
            before: Hash of the former subcomponent of every text, uint64 (n,).
            now: Hash of the present one, uint64 (n,).
        """
        old = {
            first: self.members.pop(first)
            for first in np.unique(self._firsts.rows[touched]).tolist()
            if first >= 0
        }
        self._firsts.rows[touched] = -1
        part_hashes = now[touched]
        order = np.argsort(part_hashes, kind="stable")
        cuts = np.flatnonzero(np.diff(part_hashes[order])) + 1
        parts = [
            self._texts.order.sorted(rows)
            for rows in np.split(touched[order], cuts)
            if len(rows) and now[rows[0]]
        ]
        hashes = [int(now[part[0]]) for part in parts]
        groups = self.linked(parts, [before[part] for part in parts], hashes)
        new = {int(group.members[0]): group for group in groups}
        same = {
            first
            for first in old.keys() & new.keys()
            if np.array_equal(old[first], new[first].members)
        }
        for group in groups:
            self.add(group.members)
        self._cache.remove(set(np.unique(before[touched]).tolist()) - set(hashes))
        changed = [old[first] for first in old if first not in same]
        changed += [new[first].members for first in new if first not in same]
        moved = np.unique(np.concatenate([np.empty(0, np.int64), *changed]))
        return LinkedGroupChanges(moved, (old.keys() | new.keys()) - same, new)

    def linked(
        self, parts: Sequence[Int64s], before: Sequence[UInt64s], part_hashes: Sequence[int]
    ) -> list[Group]:
        """Groups of the texts of subcomponents, by average linkage and cut where they were silent.

        Args:
            parts: Rows of the texts of each, in the order of precedence.
            before: For each, the hashes of the former subcomponents of its texts, 0 for none.
            part_hashes: Hashes of the subcomponents.
        """
        most = self._config.stories.max_component_texts
        max_gap = self._config.neighbors.max_gap
        affinity, seconds = self._texts.scorer, self._texts.profiles.seconds
        several = [k for k, part in enumerate(parts) if 1 < len(part) <= most]
        scores_of = self._cache.scores(
            [parts[k] for k in several], affinity, [np.unique(before[k]).tolist() for k in several]
        )
        groups = [
            described(part[piece], affinity)
            for part in parts
            if len(part) == 1 or len(part) > most
            for piece in unbroken(part, seconds[part], affinity.block, max_gap)
        ]
        for k, scores in zip(several, scores_of, strict=True):
            self._cache.add(part_hashes[k], parts[k], scores)
            groups += linked_groups(
                parts[k], seconds[parts[k]], scores, self._config.stories, max_gap, compiled=True
            )
        return groups

    def described(self, groups: Sequence[Int64s], now: UInt64s) -> list[Group]:
        """Groups of these texts, with medoids.

        Args:
            groups: Rows of the texts of each, in the order of precedence.
            now: Hash of the subcomponent of every text, uint64 (n,).
        """
        known = [np.unique(now[rows[rows < len(now)]]).tolist() for rows in groups]
        scores = self._cache.scores(groups, self._texts.scorer, known)
        return [described_by(*group) for group in zip(groups, scores, strict=True)]
