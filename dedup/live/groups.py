"""Story groups of the texts of the index: what a change touches is made again.

The step `group` splits components of the links into parts, links the texts of a part to groups, and
lets round-ups join last. Here the components at all floors are brought up to date (`forest.py`), and
only parts that have other texts than before are linked again; round-ups look for their group again
where the groups around them are others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.affinity import Affinity, log_odds_of
from dedup.config import Config
from dedup.linkage import average_linkage
from dedup.live.forest import Forest, Levels
from dedup.live.growing import Growing
from dedup.live.late import LateTexts
from dedup.live.links import LinkChanges, LiveLinks, Scored
from dedup.live.scored import ScoredParts
from dedup.live.splits import Splits
from dedup.live.texts import LiveTexts
from dedup.shingles import BoolMask, Int64s
from dedup.stories import CERTAIN, RAISE_FLOOR, Group, best_home, described_by, unbroken


@dataclass(frozen=True, slots=True)
class _Numbered:
    """Scores of texts by their place in a list of numbers."""

    affinity: Affinity
    numbers: Int64s

    def log_odds(self, first: Int64s, second: Int64s) -> Int64s:
        return self.affinity.log_odds(self.numbers[first], self.numbers[second])

    def block(self, rows: Int64s, columns: Int64s) -> Int64s:
        return self.affinity.block(self.numbers[rows], self.numbers[columns])


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
            Forest.empty(Levels(floor, RAISE_FLOOR, CERTAIN)),
            nothing,
            nothing.astype(np.uint64),
        )
        self._scored = ScoredParts()
        self._core_of = Growing(np.int64, fill=-1)
        self._cores: dict[int, Int64s] = {}
        self._home_of: dict[int, int] = {}
        self._first_of = Growing(np.int64, fill=-1)
        self._members: dict[int, Int64s] = {}

    def of(self, number: int) -> Group:
        """The group that a text is in."""
        return self._described(self._members[self.first_of(number)])

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
            return self._described(self._group_under(number, state))
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
        first, second, log_odds = (
            np.concatenate((gained[k], again[k])) for k in range(3)
        )
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
        new: dict[int, Int64s] = {}
        for some in np.split(touched[order], cuts):
            if len(some) and self._state.parts[some[0]]:
                members = self._texts.order.sorted(some)
                key = int(self._state.parts[some[0]])
                for core in self._linked(members, np.unique(old_parts[members]).tolist(), key):
                    new[self._put_core(core)] = core
        self._scored.forget(set(np.unique(old_parts[touched]).tolist()) - set(parts.tolist()))
        same = {
            first for first in old.keys() & new.keys() if np.array_equal(old[first], new[first])
        }
        changed = [each for first, each in (*old.items(), *new.items()) if first not in same]
        return np.unique(np.concatenate([np.empty(0, np.int64), *changed]))

    def _linked(self, members: Int64s, before: Iterable[int], key: int = 0) -> list[Int64s]:
        """Groups of the texts of a part, by average linkage and cut where they were silent.

        Args:
            members: The texts, in the order of precedence.
            before: Parts that had many of these texts.
            key: Of the part, 0 if it is not to be remembered.
        """
        if len(members) == 1:
            return [members]
        config = self._config.stories
        labels = np.zeros(len(members), np.int64)
        affinity = self._texts.scorer
        if len(members) <= config.max_component:
            scores = self._scored.of(members, affinity, before)
            if key:
                self._scored.keep(key, members, scores)
            labels = average_linkage(
                scores,
                log_odds_of(config.min_probability),
                log_odds_of(config.medoid_probability),
                compiled=True,
            )
        seconds, scorer = self._texts.profiles.seconds[members], _Numbered(affinity, members)
        return [
            members[piece]
            for label in np.unique(labels)
            for piece in unbroken(
                np.flatnonzero(labels == label), seconds, scorer, self._config.neighbors.max_gap
            )
        ]

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
        asked = np.zeros(len(late), bool)
        asked[np.concatenate((*changes.gained[:2], *changes.lost, changes.came))] = True
        asked[self._links.table.around(moved)[1]] = True
        for number in np.flatnonzero(late & (asked | ~before)).tolist():
            if number in self._home_of:
                found.append(self._with_home(number))
            self._home_of[number] = self._best_home(number)
            found.append(self._with_home(number))
        return np.unique(np.concatenate(found))

    def _with_home(self, number: int) -> Int64s:
        """A round-up and the texts of the group that it joins, as they are now."""
        home = self._home_of[number]
        return np.append(self._cores.get(home, np.empty(0, np.int64)), number)

    def _best_home(self, number: int) -> int:
        """First text of the group that a round-up joins, -1 for none."""
        others, _ = self._links.table.of(number)
        firsts = np.unique(self._core_of.rows[others])
        near = self._texts.order.sorted(firsts[firsts >= 0])
        return self._best(number, [self._cores[first] for first in near.tolist()])

    def _best(self, number: int, groups: Sequence[Int64s]) -> int:
        place = best_home(
            number,
            groups,
            self._texts.profiles.seconds,
            self._texts.scorer,
            self._config.stories,
            self._config.neighbors.max_gap,
        )
        return int(groups[place][0]) if place >= 0 else -1

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
        made = [
            self._texts.order.sorted(np.append(self._cores[first], joined[first]))
            if first in joined
            else self._cores[first]
            for first in cores
        ]
        new = {self._put_group(members): members for members in (*made, *alone)}
        same = {
            first for first in old.keys() & new.keys() if np.array_equal(old[first], new[first])
        }
        return GroupChanges(
            [self._described(members) for first, members in new.items() if first not in same],
            old.keys() - same,
        )

    def _put_group(self, members: Int64s) -> int:
        first = int(members[0])
        self._members[first] = members
        self._first_of.rows[members] = first
        return first

    def _described(self, members: Int64s) -> Group:
        parts = self._state.parts
        known = np.unique(parts[members[members < len(parts)]]).tolist()
        return described_by(members, self._scored.of(members, self._texts.scorer, known))

    def _group_under(self, number: int, state: _State) -> Int64s:
        """The group of a text under another state of things, in the order of precedence."""
        cores: dict[int, list[Int64s]] = {}

        def core_of(text: int) -> Int64s:
            key = int(state.parts[text])
            if text != number and key == int(self._state.parts[text]):
                return self._cores[int(self._core_of.rows[text])]
            if key not in cores:
                members = self._texts.order.sorted(state.forest.members(int(state.nodes[text])))
                old = members[members != number]
                cores[key] = self._linked(members, np.unique(self._state.parts[old]).tolist())
            return next(core for core in cores[key] if text in core)

        def home_of(text: int) -> int:
            others, _ = self._links.table.of(text)
            near = {int(core[0]): core for core in map(core_of, others[~state.late[others]].tolist())}
            firsts = self._texts.order.sorted(np.array(list(near), np.int64))
            home = self._best(text, [near[first] for first in firsts.tolist()])
            found.update(near)
            return home

        found: dict[int, Int64s] = {}
        first = home_of(number) if state.late[number] else -1
        if state.late[number] and first < 0:
            return np.array([number])
        core = found[first] if first >= 0 else core_of(number)
        around = np.unique(self._links.table.around(core)[1])
        late = around[state.late[around]].tolist()
        joined = [each for each in late if home_of(each) == core[0]]
        return self._texts.order.sorted(np.append(core, np.array(joined, np.int64)))


def _longer(values: np.ndarray, count: int, fill: float) -> np.ndarray:
    """An array of `count` entries, the last of which are new."""
    more = np.full(count - len(values), fill, values.dtype)
    return np.concatenate((values, more)) if len(more) else values
