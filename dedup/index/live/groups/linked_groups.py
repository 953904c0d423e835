"""The groups that the texts of the index are linked to, before round-ups join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import Int64s, UInt64s
from dedup.config import Config
from dedup.index.live.arrays.growable import GrowableArray
from dedup.index.live.groups.score_cache import ScoredParts
from dedup.index.live.texts import LiveTexts
from dedup.stories.grouping import Group, described, described_by, linked_part, unbroken


@dataclass(frozen=True, slots=True)
class CoreChanges:
    """What a change did to the groups.

    Args:
        moved: The texts of groups that are new or gone or have changed, ascending.
        firsts: The first texts of these groups.
        before: The groups that are gone or have changed, as they were, by their first texts.
        made: The groups that were made again, by their first texts.
    """

    moved: Int64s
    firsts: set[int]
    before: Mapping[int, Int64s]
    made: Mapping[int, Group]


class Cores:
    """Groups without round-ups.

    Args:
        texts: The texts.
        config: All settings.
    """

    def __init__(self, texts: LiveTexts, config: Config) -> None:
        self._texts = texts
        self._config = config
        self._scored = ScoredParts()
        self._of = GrowableArray(np.int64, fill=-1)
        self.members: dict[int, Int64s] = {}

    @property
    def firsts(self) -> Int64s:
        """First text of the group of each text, -1 for none; int64 (n,)."""
        firsts: Int64s = self._of.rows
        return firsts

    def resize(self, count: int) -> None:
        """Have room for so many texts."""
        self._of.resize(count)

    def put(self, core: Int64s) -> None:
        """Take over a group, its texts in the order of precedence."""
        self.members[int(core[0])] = core
        self._of.rows[core] = core[0]

    def again(self, touched: Int64s, before: UInt64s, now: UInt64s) -> CoreChanges:
        """Link texts again whose parts have changed.

        Args:
            touched: All texts of parts that are new, gone or have changed.
            before: Parts of all texts before, uint64 (n,).
            now: And now.
        """
        old = {
            first: self.members.pop(first)
            for first in np.unique(self._of.rows[touched]).tolist()
            if first >= 0
        }
        self._of.rows[touched] = -1
        parts = now[touched]
        order = np.argsort(parts, kind="stable")
        cuts = np.flatnonzero(np.diff(parts[order])) + 1
        members = [
            self._texts.order.sorted(some)
            for some in np.split(touched[order], cuts)
            if len(some) and now[some[0]]
        ]
        keys = [int(now[part[0]]) for part in members]
        made = self.linked(members, [before[part] for part in members], keys)
        new = {int(each.members[0]): each for each in made}
        same = {
            first
            for first in old.keys() & new.keys()
            if np.array_equal(old[first], new[first].members)
        }
        for each in made:
            self.put(each.members)
        self._scored.forget(set(np.unique(before[touched]).tolist()) - set(keys))
        changed = [old[first] for first in old if first not in same]
        changed += [new[first].members for first in new if first not in same]
        moved = np.unique(np.concatenate([np.empty(0, np.int64), *changed]))
        return CoreChanges(moved, (old.keys() | new.keys()) - same, old, new)

    def linked(
        self, parts: Sequence[Int64s], before: Sequence[UInt64s], keys: Sequence[int] = ()
    ) -> list[Group]:
        """Groups of the texts of parts, by average linkage and cut where they were silent.

        Args:
            parts: The texts of each, in the order of precedence.
            before: For each, the keys of the parts that its texts are known to be in, 0 for none.
            keys: Of the parts; none if they are only imagined.
        """
        most = self._config.stories.max_component_texts
        affinity = self._texts.scorer
        several = [k for k, part in enumerate(parts) if 1 < len(part) <= most]
        scored = self._scored.of(
            [parts[k] for k in several], affinity, [np.unique(before[k]).tolist() for k in several]
        )
        found = [
            described(part[piece], affinity)
            for part in parts
            if len(part) == 1 or len(part) > most
            for piece in unbroken(
                part,
                self._texts.profiles.seconds[part],
                affinity.block,
                self._config.neighbors.max_gap,
            )
        ]
        for k, scores in zip(several, scored, strict=True):
            if keys:
                self._scored.keep(keys[k], parts[k], scores)
            else:
                self._scored.learn(before[k], parts[k], scores)
            found += linked_part(
                parts[k], self._texts.profiles.seconds[parts[k]], scores,
                self._config.stories, self._config.neighbors.max_gap, compiled=True,
            )  # fmt: skip
        return found

    def described(self, groups: Sequence[Int64s], now: UInt64s) -> list[Group]:
        """Groups of these texts.

        Args:
            groups: The texts of each, in the order of precedence.
            now: Parts of all texts, uint64 (n,).
        """
        known = [np.unique(now[each[each < len(now)]]).tolist() for each in groups]
        scored = self._scored.of(groups, self._texts.scorer, known)
        return [described_by(*each) for each in zip(groups, scored, strict=True)]
