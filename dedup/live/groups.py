"""Story groups of the texts of the index: what a change touches is made again.

The step `group` splits components of the links into parts, links the texts of a part to groups,
and lets round-ups join last. Here the components at all floors are brought up to date
(`forest.py`), and only parts that have other texts than before are linked again; round-ups look
for their group again where the groups around them are others.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.affinity import log_odds_of
from dedup.config import Config
from dedup.live.forest import Forest, Levels
from dedup.live.growing import Growing
from dedup.live.homes import Homes
from dedup.live.late import LateTexts
from dedup.live.links import LinkChanges, LiveLinks
from dedup.live.pairs import Scored
from dedup.live.scored import ScoredParts
from dedup.live.splits import Splits
from dedup.live.texts import LiveTexts
from dedup.shingles import BoolMask, Int64s
from dedup.stories import Group, described, described_by, linked_part, unbroken


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


@dataclass(frozen=True, slots=True)
class _State:
    """How the texts hang together.

    Args:
        late: Which are round-ups, bool (n,).
        forest: The components of the others.
        nodes: Node of the forest that is the part of each text, int32 (n,).
        parts: What is equal for texts of one part and else differs, 0 for a text that takes no
            part; uint64 (n,).
    """

    late: BoolMask
    forest: Forest
    nodes: np.ndarray
    parts: np.ndarray


class LiveGroups:
    """Story groups of the texts that are there.

    Args:
        texts: The texts.
        links: The links between them.
        config: All settings.
    """

    def __init__(self, texts: LiveTexts, links: LiveLinks, config: Config) -> None:
        self._texts = texts
        self._links = links
        self._config = config
        floor = log_odds_of(config.stories.floor_probability)
        self._late_texts = LateTexts(texts, links.table, config.stories)
        self._splits = Splits(texts, config.stories, floor)
        nothing = np.empty(0, np.int32)
        self._state = _State(
            np.empty(0, bool),
            Forest.empty(Levels(floor)),
            nothing,
            nothing.astype(np.uint64),
        )
        self._scored = ScoredParts()
        self._core_of = Growing(np.int64, fill=-1)
        self._cores: dict[int, Int64s] = {}
        self._changed_cores: set[int] = set()
        self._fresh: dict[int, Group] = {}
        self._home_of: dict[int, int] = {}
        self._homes = Homes(texts, links.table, config.stories)
        self._groups: dict[int, Group] = {}
        self._first_of = Growing(np.int64, fill=-1)
        self._members: dict[int, Int64s] = {}

    def of(self, number: int) -> Group:
        """The group that a text is in."""
        first = self.first_of(number)
        if first not in self._groups:
            (self._groups[first],) = self._described([self._members[first]])
        return self._groups[first]

    def together(self, number: int) -> tuple[Int64s, Int64s]:
        """The texts of the group that a text is in, and of its part."""
        state = self._state
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
        links = self._links.table.all()
        if late is None:
            late = self._late_texts.changed(np.zeros(len(self._texts), bool), links[:2])
        absent = late | ~self._texts.alive
        there = ~(absent[links[0]] | absent[links[1]])
        empty = np.empty(0, np.int64)
        forest = self._state.forest.changed(
            (links[0][there], links[1][there], links[2][there]),
            (empty, empty),
            self._links.table,
            absent,
        )
        if parts is not None:
            self._splits.learn(forest, parts)
        self._state = self._parted(late, absent, forest)
        return self._put_known(groups)

    def take_back(self, groups: Iterable[Sequence[int]], changes: LinkChanges) -> list[int]:
        """Take over more groups, which nothing links to others; the first text of each.

        Args:
            groups: By the numbers of their texts.
            changes: That these texts and their links came.
        """
        self._state = self._changed(changes)
        return self._put_known(groups)

    def _put_known(self, groups: Iterable[Sequence[int]]) -> list[int]:
        late = self._state.late
        self._core_of.resize(len(self._texts))
        self._first_of.resize(len(self._texts))
        firsts = []
        for numbers in groups:
            members = self._texts.order.sorted(np.array(numbers, np.int64))
            firsts.append(self._put_group(members))
            core = members[~late[members]]
            if len(core):
                self._put_core(core)
            home = int(core[0]) if len(core) else -1
            self._home_of.update((each, home) for each in members[late[members]].tolist())
        return firsts

    def cached(self) -> tuple[BoolMask, Int64s]:
        """Which texts are round-ups, and the parts of all, as `load` takes them over."""
        return self._state.late, self._state.parts.view(np.int64)

    def refresh(self, changes: LinkChanges) -> GroupChanges:
        """Bring the groups up to date.

        Args:
            changes: What a change did to texts and links.
        """
        before = self._state
        self._state = after = self._changed(changes)
        for each in (self._core_of, self._first_of):
            each.resize(len(self._texts))
        old_parts = _longer(before.parts, len(self._texts), 0)
        touched = np.flatnonzero(after.parts != old_parts)
        moved = self._core_again(touched, old_parts)
        late = self._late_again(changes, before.late, moved)
        return self._group_again(late)

    def joined_by(self, number: int, links: Scored) -> Group:
        """The group that a text would be in, which was given a number and these links."""
        table = self._links.table
        table.resize(len(self._texts))
        table.put(*links)
        try:
            changes = LinkChanges(links, (links[0][:0], links[1][:0]), np.array([number]))
            state = self._changed(changes, passing=number)
            return self._described([self._group_under(number, state)])[0]
        finally:
            table.cut_all(number)
            table.shrink(number)

    # The components, and what they are split into.

    def _changed(self, changes: LinkChanges, passing: int = -1) -> _State:
        """How texts hang together after a change; what is kept stays as it is."""
        gained, lost = changes.gained, changes.lost
        before = _longer(self._state.late, len(self._texts), False)
        late = self._late_texts.changed(
            before, (np.append(gained[0], lost[0]), np.append(gained[1], lost[1]))
        )
        absent = late | ~self._texts.alive
        again = self._links.table.around(np.flatnonzero(before & ~absent))
        first, second, log_odds = (np.concatenate((gained[k], again[k])) for k in range(3))
        there = ~(absent[first] | absent[second])
        forest = self._state.forest.changed(
            (first[there], second[there], log_odds[there]), lost, self._links.table, absent
        )
        return self._parted(late, absent, forest, passing)

    def _parted(
        self, late: BoolMask, absent: BoolMask, forest: Forest, passing: int = -1
    ) -> _State:
        from dedup.kernels.forest import parts

        nodes = parts(forest.tree, forest.nodes, self._splits.of(forest, passing))[: forest.count]
        keys = np.where(absent, np.uint64(0), forest.tree[3][nodes])
        return _State(late, forest, nodes, keys)

    # The parts, and how their texts are linked.

    def _core_again(self, touched: Int64s, old_parts: np.ndarray) -> Int64s:
        """Link texts again whose parts have changed; those of groups that are others now."""
        old = {
            first: self._cores.pop(first)
            for first in np.unique(self._core_of.rows[touched]).tolist()
            if first >= 0
        }
        self._core_of.rows[touched] = -1
        parts = self._state.parts[touched]
        order = np.argsort(parts, kind="stable")
        cuts = np.flatnonzero(np.diff(parts[order])) + 1
        members = [
            self._texts.order.sorted(some)
            for some in np.split(touched[order], cuts)
            if len(some) and self._state.parts[some[0]]
        ]
        keys = [int(self._state.parts[part[0]]) for part in members]
        made = self._linked(
            members, [np.unique(old_parts[part]).tolist() for part in members], keys
        )
        new = {int(each.members[0]): each for each in made}
        same = {
            first
            for first in old.keys() & new.keys()
            if np.array_equal(old[first], new[first].members)
        }
        self._fresh = new
        for each in made:
            self._put_core(each.members)
        self._scored.forget(set(np.unique(old_parts[touched]).tolist()) - set(keys))
        self._changed_cores = (old.keys() | new.keys()) - same
        changed = [old[first] for first in old if first not in same]
        changed += [new[first].members for first in new if first not in same]
        return np.unique(np.concatenate([np.empty(0, np.int64), *changed]))

    def _linked(
        self, parts: Sequence[Int64s], before: Sequence[Iterable[int]], keys: Sequence[int] = ()
    ) -> list[Group]:
        """Groups of the texts of parts, by average linkage and cut where they were silent.

        Args:
            parts: The texts of each, in the order of precedence.
            before: For each, parts that had many of these texts.
            keys: Of the parts, none if they are not to be remembered.
        """
        most = self._config.stories.max_component
        affinity = self._texts.scorer
        several = [k for k, part in enumerate(parts) if 1 < len(part) <= most]
        scored = self._scored.of(
            [parts[k] for k in several], affinity, [before[k] for k in several]
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
            found += linked_part(
                parts[k], self._texts.profiles.seconds[parts[k]], scores,
                self._config.stories, self._config.neighbors.max_gap, compiled=True,
            )  # fmt: skip
        return found

    def _put_core(self, core: Int64s) -> int:
        first = int(core[0])
        self._cores[first] = core
        self._core_of.rows[core] = first
        return first

    # The round-ups, and where they join.

    def _late_again(self, changes: LinkChanges, before: BoolMask, moved: Int64s) -> Int64s:
        """Look where round-ups join; the texts whose groups have others among them now.

        Args:
            changes: What happened to links.
            before: Which texts were round-ups.
            moved: The texts of groups that changed.
        """
        late = self._state.late
        before = _longer(before, len(late), False)
        found = [moved]
        for number in np.flatnonzero(before & ~late).tolist():
            found.append(self._with_home(number))
            del self._home_of[number]
            self._homes.forget(number)
        asked = np.zeros(len(late), bool)
        asked[np.concatenate((*changes.gained[:2], *changes.lost, changes.came))] = True
        asked[self._links.table.around(moved)[1]] = True
        numbers = np.flatnonzero(late & (asked | ~before))
        homes = self._homes.of(numbers, self._core_of.rows, self._cores, self._changed_cores)
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
        return np.append(self._cores.get(home, np.empty(0, np.int64)), number)

    # The groups.

    def _group_again(self, touched: Int64s) -> GroupChanges:
        """Put groups together again that some texts are or were in."""
        alive, late = self._texts.alive, self._state.late
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
        cores = np.unique(self._core_of.rows[everyone[~late[everyone]]]).tolist()
        whole = [
            self._texts.order.sorted(np.append(self._cores[first], joined[first]))
            if first in joined
            else self._cores[first]
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
            known = self._fresh.get(first)
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
        """Groups of these texts."""
        parts = self._state.parts
        known = [np.unique(parts[each[each < len(parts)]]).tolist() for each in groups]
        scored = self._scored.of(groups, self._texts.scorer, known)
        return [described_by(*each) for each in zip(groups, scored, strict=True)]

    def _group_under(self, number: int, state: _State) -> Int64s:
        """The group of a text under another state of things, in the order of precedence."""
        before = _longer(self._state.parts, len(state.parts), 0)
        firsts = _longer(self._core_of.rows, len(state.parts), -1).copy()
        differ = (before != state.parts) | (np.arange(len(before)) == number)
        changed: set[int] = set()
        groups = ChainMap({}, self._cores)

        def link_again(texts: Int64s) -> None:
            for text in texts[differ[texts] & ~state.late[texts]].tolist():
                if not differ[text]:
                    continue
                members = self._texts.order.sorted(state.forest.members(int(state.nodes[text])))
                changed.update(np.unique(firsts[members]).tolist())
                for each in self._linked([members], [np.unique(before[members]).tolist()]):
                    firsts[each.members] = first = int(each.members[0])
                    groups[first] = each.members
                    changed.add(first)
                differ[members] = False

        def homes_of(texts: Int64s) -> dict[int, int]:
            link_again(np.unique(self._links.table.around(texts)[1]))
            firsts[state.late] = -1
            return self._homes.asked(texts, firsts, groups, changed)

        if state.late[number]:
            first = homes_of(np.array([number]))[number]
            if first < 0:
                return np.array([number])
        else:
            link_again(np.array([number]))
            first = int(firsts[number])
        around = np.unique(self._links.table.around(groups[first])[1])
        homes = homes_of(around[state.late[around]])
        joined = [each for each, home in homes.items() if home == first]
        return self._texts.order.sorted(np.append(groups[first], np.array(joined, np.int64)))


def _longer(values: np.ndarray, count: int, fill: float) -> np.ndarray:
    """An array of `count` entries, the last of which are new."""
    more = np.full(count - len(values), fill, values.dtype)
    return np.concatenate((values, more)) if len(more) else values
