"""Story groups of the texts of the index; only what a change touches is computed again.

The step `group` splits components of the links into subcomponents, links the texts of each to
groups, and lets round-ups join last. Here the components at all floors are brought up to date
(`partition.py`), only changed subcomponents are linked again (`linked_groups.py`), and round-ups
are assigned again where the groups around them have changed (`roundup_assignment.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.config import Config
from dedup.index.live.arrays.growable import GrowableArray
from dedup.index.live.columns import Columns
from dedup.index.live.groups.linked_groups import LinkedGroupChanges, LinkedGroups
from dedup.index.live.groups.partition import PartitionTracker, longer
from dedup.index.live.groups.roundup_assignment import JoinableGroups, RoundUpAssigner
from dedup.index.live.links.links import LinkChanges, LiveLinks
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import log_odds_of
from dedup.stories.grouping import Group
from dedup.stories.round_ups import mean_log_odds


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """Changes of the story groups.

    Args:
        new: New and changed groups; members are rows in the order of precedence.
        removed: First members of removed and changed groups.
    """

    new: Sequence[Group]
    removed: set[int]


class LiveGroups:
    """Story groups of the texts in memory.

    Args:
        texts: The texts.
        links: The links among them.
        config: All settings.
    """

    def __init__(self, texts: LiveTexts, links: LiveLinks, config: Config) -> None:
        self._texts = texts
        self._table = links.table
        self._partitions = PartitionTracker(texts, links.table, config.stories)
        self._linked = LinkedGroups(texts, config)
        self._assigner = RoundUpAssigner(texts, links.table, config.stories)
        self._least = log_odds_of(config.stories.min_probability)
        self._home_of: dict[int, int] = {}
        self._groups: dict[int, Group] = {}
        self._first_of = GrowableArray(np.int64, fill=-1)
        self._members: dict[int, Int64s] = {}

    def of(self, row: int) -> Group:
        """Group of a text."""
        first = self.first_of(row)
        if first not in self._groups:
            (self._groups[first],) = self._described([self._members[first]])
        return self._groups[first]

    @property
    def members(self) -> Mapping[int, Int64s]:
        """Rows of the texts of each group, int64 of shape (k,), by the first of them."""
        return self._members

    def first_of(self, row: int) -> int:
        """First text of the group of a text."""
        return int(self._first_of.rows[row])

    def load(self, groups: Iterable[Sequence[int]]) -> list[int]:
        """Load all groups of texts whose links are there; returns the first text of each.

        Args:
            groups: Rows of the texts of each group.
        """
        self._partitions.build(None, None)
        sorted_groups = [self._texts.order.sorted(np.array(rows, np.int64)) for rows in groups]
        self._add_known(sorted_groups)
        return [int(members[0]) for members in sorted_groups]

    def saved(self, rows: Int64s, new_row: Int64s) -> dict[str, Any]:
        """Columns of some texts, which get new rows without gaps; see `LiveLinks.saved`."""
        partition = self._partitions.current
        return {
            "groups.round_ups": partition.round_ups[rows],
            "groups.subcomponents": partition.part_hashes[rows].view(np.int64),
            "groups.firsts": new_row[self._first_of.rows[rows]],
        }

    def load_saved(self, columns: Columns) -> list[int]:
        """Load what `saved` returned; returns the first text of each group, ascending."""
        self._partitions.build(columns["groups.round_ups"], columns["groups.subcomponents"])
        firsts = columns["groups.firsts"]
        order = self._texts.order.order(firsts, np.arange(len(firsts)))
        cuts = np.flatnonzero(np.diff(firsts[order])) + 1
        groups = np.split(order, cuts) if len(order) else []
        self._add_known(groups)
        return [int(members[0]) for members in groups]

    def _add_known(self, groups: Iterable[Int64s]) -> None:
        """Add groups, the rows of each in the order of precedence."""
        round_ups = self._partitions.current.round_ups
        self._linked.resize(len(self._texts))
        self._first_of.resize(len(self._texts))
        for members in groups:
            self._add_group(members)
            linked = members[~round_ups[members]]
            if len(linked):
                self._linked.add(linked)
            home = int(linked[0]) if len(linked) else -1
            self._home_of.update((row, home) for row in members[round_ups[members]].tolist())

    def update(self, changes: LinkChanges) -> GroupChanges:
        """Bring the groups up to date.

        Args:
            changes: Changes of texts and links.
        """
        before = self._partitions.current
        self._partitions.current = now = self._partitions.updated(changes)
        self._linked.resize(len(self._texts))
        self._first_of.resize(len(self._texts))
        old_hashes = longer(before.part_hashes, len(self._texts), 0)
        touched = np.flatnonzero(now.part_hashes != old_hashes)
        linked = self._linked.update(touched, old_hashes, now.part_hashes)
        moved = self._assign_round_ups(changes, before.round_ups, linked)
        return self._put_together(moved, linked.computed)

    def best_for(self, row: int, linked: Int64s) -> tuple[int, float] | None:
        """The group that a query fits best: its first text, and the mean log-odds with its texts.

        Only groups that the query has a link to are compared; of equal ones the one that comes
        first. None if the best one is not likely enough to be joined.

        Args:
            row: Row of the query.
            linked: Rows of the texts that it has a link to, int64 of shape (k,).
        """
        firsts = np.unique(self._first_of.rows[linked])
        groups = [self._members[first] for first in firsts.tolist()]
        means = mean_log_odds(np.full(len(firsts), row), groups, self._texts.scorer)
        best = float(means.max(initial=-np.inf))
        if best < self._least:
            return None
        return int(self._texts.order.sorted(firsts[means == best])[0]), best

    def _assign_round_ups(
        self, changes: LinkChanges, before: BoolMask, linked: LinkedGroupChanges
    ) -> Int64s:
        """Assign round-ups to groups; returns the rows of all texts whose groups have changed.

        Args:
            changes: Changes of texts and links.
            before: Which texts were round-ups.
            linked: Changes of the linked groups.
        """
        round_ups = self._partitions.current.round_ups
        before = longer(before, len(round_ups), False)
        moved = [linked.moved]
        for row in np.flatnonzero(before & ~round_ups).tolist():
            moved.append(self._with_home(row))
            del self._home_of[row]
            self._assigner.remove(row)
        affected = np.zeros(len(round_ups), bool)
        ends = (*changes.links_added[:2], *changes.links_removed, changes.new_rows)
        affected[np.concatenate(ends)] = True
        affected[self._table.around(linked.moved)[1]] = True
        rows = np.flatnonzero(round_ups & (affected | ~before))
        groups = JoinableGroups(self._linked.firsts, self._linked.members, linked.firsts)
        # Where a home is the same but has other texts, these have moved.
        for row, home in self._assigner.assign(rows, groups).items():
            if home == self._home_of.get(row):
                continue
            if row in self._home_of:
                moved.append(self._with_home(row))
            self._home_of[row] = home
            moved.append(self._with_home(row))
        return np.unique(np.concatenate(moved))

    def _with_home(self, row: int) -> Int64s:
        """Rows of a round-up and of the texts of the group that it joins."""
        home = self._home_of[row]
        return np.append(self._linked.members.get(home, np.empty(0, np.int64)), row)

    def _put_together(self, touched: Int64s, computed: Mapping[int, Group]) -> GroupChanges:
        """Put together again the groups that some texts are or were in.

        Args:
            touched: Rows of the texts.
            computed: Linked groups that were just computed, by their first texts.
        """
        alive, round_ups = self._texts.alive, self._partitions.current.round_ups
        old = {
            first: self._members.pop(first)
            for first in np.unique(self._first_of.rows[touched]).tolist()
            if first >= 0
        }
        rows = np.unique(np.concatenate([touched, *old.values()]))
        self._first_of.rows[rows] = -1
        rows = rows[alive[rows]]
        joining: dict[int, list[int]] = {}
        alone = []
        for row in rows[round_ups[rows]].tolist():
            home = self._home_of[row]
            if home < 0:
                alone.append(np.array([row]))
            else:
                joining.setdefault(home, []).append(row)
        linked = self._linked.members
        joined = [
            self._texts.order.sorted(np.append(linked[first], joining[first]))
            if first in joining
            else linked[first]
            for first in np.unique(self._linked.firsts[rows[~round_ups[rows]]]).tolist()
        ]
        new = {self._add_group(members): members for members in (*joined, *alone)}
        same = {
            first for first in old.keys() & new.keys() if np.array_equal(old[first], new[first])
        }
        changed = {first: members for first, members in new.items() if first not in same}
        for first in old.keys() - same:
            self._groups.pop(first, None)
        missing = []
        for first, members in changed.items():
            known = computed.get(first)
            if known and len(known.members) == len(members):
                self._groups[first] = known
            else:
                missing.append(first)
        groups = self._described([changed[first] for first in missing])
        self._groups.update(zip(missing, groups, strict=True))
        return GroupChanges([self._groups[first] for first in changed], old.keys() - same)

    def _add_group(self, members: Int64s) -> int:
        first = int(members[0])
        self._members[first] = members
        self._first_of.rows[members] = first
        return first

    def _described(self, groups: Sequence[Int64s]) -> list[Group]:
        return self._linked.described(groups, self._partitions.current.part_hashes)
