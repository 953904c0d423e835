"""Story groups of the texts of the index: what a change touches is made again.

The step `group` splits components of the links into parts, links the texts of a part to groups,
and lets round-ups join last. Here the components at all floors are brought up to date
(`states.py`), and only parts that have other texts than before are linked again (`cores.py`);
round-ups look for their group again where the groups around them are others (`homes.py`).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.config import Config
from dedup.index.live.arrays.growable import GrowableArray
from dedup.index.live.arrays.pairs import Scored
from dedup.index.live.groups.linked_groups import CoreChanges, Cores
from dedup.index.live.groups.partition import Imagined, States, longer
from dedup.index.live.groups.roundup_assignment import Around, Homes
from dedup.index.live.links.links import LinkChanges, LiveLinks
from dedup.index.live.texts import LiveTexts
from dedup.stories.grouping import Group


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """What a change did to the story groups.

    Args:
        new: Groups that are new or have changed; members are numbers of texts in the order of
            precedence.
        gone: First members of the groups that are gone or have changed.
    """

    new: Sequence[Group]
    gone: set[int]


class LiveGroups:
    """Story groups of the texts that are there.

    Args:
        texts: The texts.
        links: The links between them.
        config: All settings.
    """

    def __init__(self, texts: LiveTexts, links: LiveLinks, config: Config) -> None:
        self._texts = texts
        self._table = links.table
        self._states = States(texts, links.table, config.stories)
        self._cores = Cores(texts, config)
        self._homes = Homes(texts, links.table, config.stories)
        self._home_of: dict[int, int] = {}
        self._groups: dict[int, Group] = {}
        self._first_of = GrowableArray(np.int64, fill=-1)
        self._members: dict[int, Int64s] = {}

    def of(self, number: int) -> Group:
        """The group that a text is in."""
        first = self.first_of(number)
        if first not in self._groups:
            (self._groups[first],) = self._described([self._members[first]])
        return self._groups[first]

    def together(self, number: int) -> tuple[Int64s, Int64s]:
        """The texts of the group that a text is in, and of its part, int64 (k,) each."""
        state = self._states.now
        group = self._members[self.first_of(number)]
        if not state.parts[number]:
            return group, np.array([number])
        return group, state.forest.members(int(state.nodes[number]))

    def first_of(self, number: int) -> int:
        """The first text of the group that a text is in."""
        return int(self._first_of.rows[number])

    def load(
        self, groups: Iterable[Sequence[int]], late: BoolMask | None, parts: Int64s | None
    ) -> list[int]:
        """Take over groups, by the numbers of their texts; the first text of each.

        Args:
            groups: All of them.
            late: Which texts are round-ups, if it is known, bool (n,).
            parts: Equal for texts of one part and else different, if it is known; int64 (n,).
        """
        self._states.begin(late, parts)
        return self._put_known(groups)

    def take_back(self, groups: Iterable[Sequence[int]], changes: LinkChanges) -> list[int]:
        """Take over more groups, which nothing links to others; the first text of each.

        Args:
            groups: By the numbers of their texts.
            changes: That these texts and their links came.
        """
        self._states.now = self._states.changed(changes)
        return self._put_known(groups)

    def _put_known(self, groups: Iterable[Sequence[int]]) -> list[int]:
        late = self._states.now.late
        self._cores.resize(len(self._texts))
        self._first_of.resize(len(self._texts))
        firsts = []
        for numbers in groups:
            members = self._texts.order.sorted(np.array(numbers, np.int64))
            firsts.append(self._put_group(members))
            core = members[~late[members]]
            if len(core):
                self._cores.put(core)
            home = int(core[0]) if len(core) else -1
            self._home_of.update((each, home) for each in members[late[members]].tolist())
        return firsts

    def cached(self) -> tuple[BoolMask, Int64s]:
        """Which texts are round-ups, and the parts of all, as `load` takes them over.

        Returns:
            bool and int64 of shape (n,).
        """
        return self._states.now.late, self._states.now.parts.view(np.int64)

    def refresh(self, changes: LinkChanges) -> GroupChanges:
        """Bring the groups up to date.

        Args:
            changes: What a change did to texts and links.
        """
        before = self._states.now
        self._states.now = now = self._states.changed(changes)
        self._cores.resize(len(self._texts))
        self._first_of.resize(len(self._texts))
        old_parts = longer(before.parts, len(self._texts), 0)
        touched = np.flatnonzero(now.parts != old_parts)
        cores = self._cores.again(touched, old_parts, now.parts)
        late = self._late_again(changes, before.late, cores)
        return self._group_again(late, cores.made)

    def joined_by(self, number: int, links: Scored) -> Group:
        """The group that a text would be in, which was given a number and these links."""
        table = self._table
        table.resize(len(self._texts))
        table.put(*links)
        try:
            imagined = self._states.imagined(number, links)
            return self._described([self._group_under(number, imagined)])[0]
        finally:
            table.cut_all(number)
            table.shrink(number)

    # The round-ups, and where they join.

    def _late_again(self, changes: LinkChanges, before: BoolMask, cores: CoreChanges) -> Int64s:
        """Look where round-ups join; the texts whose groups have others among them now.

        Args:
            changes: What happened to links.
            before: Which texts were round-ups.
            cores: What happened to groups.
        """
        late = self._states.now.late
        before = longer(before, len(late), False)
        found = [cores.moved]
        for number in np.flatnonzero(before & ~late).tolist():
            found.append(self._with_home(number))
            del self._home_of[number]
            self._homes.forget(number)
        asked = np.zeros(len(late), bool)
        asked[np.concatenate((*changes.gained[:2], *changes.lost, changes.came))] = True
        asked[self._table.around(cores.moved)[1]] = True
        numbers = np.flatnonzero(late & (asked | ~before))
        around = Around(self._cores.firsts, self._cores.members, cores.firsts, cores.before)
        homes = self._homes.of(numbers, around)
        # Where a home is the same but its texts are others, these have moved.
        for each, home in homes.items():
            if home == self._home_of.get(each):
                continue
            if each in self._home_of:
                found.append(self._with_home(each))
            self._home_of[each] = home
            found.append(self._with_home(each))
        return np.unique(np.concatenate(found))

    def _with_home(self, number: int) -> Int64s:
        """A round-up and the texts of the group that it joins, as they are now."""
        home = self._home_of[number]
        return np.append(self._cores.members.get(home, np.empty(0, np.int64)), number)

    # The groups.

    def _group_again(self, touched: Int64s, fresh: Mapping[int, Group]) -> GroupChanges:
        """Put groups together again that some texts are or were in.

        Args:
            touched: The texts.
            fresh: Groups that were described just now, by their first texts.
        """
        alive, late = self._texts.alive, self._states.now.late
        old = {
            first: self._members.pop(first)
            for first in np.unique(self._first_of.rows[touched]).tolist()
            if first >= 0
        }
        everyone = np.unique(np.concatenate([touched, *old.values()]))
        self._first_of.rows[everyone] = -1
        everyone = everyone[alive[everyone]]
        joined: dict[int, list[int]] = {}
        alone = []
        for number in everyone[late[everyone]].tolist():
            home = self._home_of[number]
            if home < 0:
                alone.append(np.array([number]))
            else:
                joined.setdefault(home, []).append(number)
        cores = np.unique(self._cores.firsts[everyone[~late[everyone]]]).tolist()
        members_of = self._cores.members
        whole = [
            self._texts.order.sorted(np.append(members_of[first], joined[first]))
            if first in joined
            else members_of[first]
            for first in cores
        ]
        new = {self._put_group(members): members for members in (*whole, *alone)}
        same = {
            first for first in old.keys() & new.keys() if np.array_equal(old[first], new[first])
        }
        changed = {first: members for first, members in new.items() if first not in same}
        for first in old.keys() - same:
            self._groups.pop(first, None)
        missing = []
        for first, members in changed.items():
            known = fresh.get(first)
            if known and len(known.members) == len(members):
                self._groups[first] = known
            else:
                missing.append(first)
        made = self._described([changed[first] for first in missing])
        self._groups.update(zip(missing, made, strict=True))
        return GroupChanges([self._groups[first] for first in changed], old.keys() - same)

    def _put_group(self, members: Int64s) -> int:
        first = int(members[0])
        self._members[first] = members
        self._first_of.rows[members] = first
        return first

    def _described(self, groups: Sequence[Int64s]) -> list[Group]:
        return self._cores.described(groups, self._states.now.parts)

    def _group_under(self, number: int, imagined: Imagined) -> Int64s:
        """The group of a text under another state of things, in the order of precedence."""
        late, differ = imagined.late, imagined.differs.copy()
        before = longer(self._states.now.parts, len(late), 0)
        firsts = longer(self._cores.firsts, len(late), -1).copy()
        changed: set[int] = set()
        groups = ChainMap({}, self._cores.members)

        def link_again(texts: Int64s) -> None:
            for text in texts[differ[texts] & ~late[texts]].tolist():
                if not differ[text]:
                    continue
                members = self._texts.order.sorted(imagined.members(text))
                changed.update(np.unique(firsts[members]).tolist())
                for each in self._cores.linked([members], [before[members]]):
                    firsts[each.members] = first = int(each.members[0])
                    groups[first] = each.members
                    changed.add(first)
                differ[members] = False

        def homes_of(texts: Int64s) -> dict[int, int]:
            link_again(np.unique(self._table.around(texts)[1]))
            firsts[late] = -1
            around = Around(firsts, groups, changed, self._cores.members)
            return self._homes.asked(texts, around, self._states.now.late)

        if late[number]:
            first = homes_of(np.array([number]))[number]
            if first < 0:
                return np.array([number])
        else:
            link_again(np.array([number]))
            first = int(firsts[number])
        around = np.unique(self._table.around(groups[first])[1])
        homes = homes_of(around[late[around]])
        joined = [each for each, home in homes.items() if home == first]
        return self._texts.order.sorted(np.append(groups[first], np.array(joined, np.int64)))
