"""Story groups of the texts of the index: those that a change touches are made again.

Everything that the step `group` does stays inside a component of the links, round-ups included.
So the texts that a change touches, and what is linked to them directly or through others, are
given to that step, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.affinity import Affinity
from dedup.config import Config
from dedup.live.components import components
from dedup.live.links import LiveLinks
from dedup.live.texts import LiveTexts
from dedup.profiles import keys_of
from dedup.shingles import Int64s
from dedup.stories import Group, GroupMemory, described, group

_REMEMBERED = 1 << 16
"""Parts whose linkage is kept."""
LinksOf = Callable[[int], Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class _Numbered:
    """Scores of texts by their place in a list of numbers."""

    affinity: Affinity
    numbers: Int64s

    def log_odds(self, first: Int64s, second: Int64s) -> Int64s:
        return self.affinity.log_odds(self.numbers[first], self.numbers[second])

    def block(self, rows: Int64s, columns: Int64s) -> Int64s:
        return self.affinity.block(self.numbers[rows], self.numbers[columns])


class _Memory(GroupMemory):
    """Linkage and groups of texts by number, for a component whose texts have other numbers.

    Args:
        numbers: Numbers of the texts of the component, by their number in it.
        linked: What is remembered: groups of a part, of places in it, by the numbers of the part.
        groups: The group that these numbers make, if it is known.
        asked: Number of a text that does not stay, -1 for none: another will have it.
    """

    def __init__(
        self,
        numbers: Int64s,
        linked: dict[bytes, list[Group]],
        groups: Callable[[Int64s], Group | None],
        asked: int,
    ) -> None:
        self._numbers = numbers
        self._linked = linked
        self._groups = groups
        self._asked = asked

    def linked(self, part: Int64s, compute: Callable[[Int64s], Sequence[Group]]) -> Sequence[Group]:
        numbers = self._numbers[part]
        if len(part) == 1 or (numbers == self._asked).any():
            return compute(part)
        key = numbers.tobytes()
        if key not in self._linked:
            while len(self._linked) >= _REMEMBERED:
                del self._linked[next(iter(self._linked))]
            self._linked[key] = [
                Group(
                    np.searchsorted(part, each.members),
                    int(np.searchsorted(part, each.medoid)),
                    each.mean_log_odds,
                )
                for each in compute(part)
            ]
        return [_renumbered(each, part) for each in self._linked[key]]

    def described(self, members: Int64s, compute: Callable[[Int64s], Group]) -> Group:
        known = self._groups(self._numbers[members])
        if known is None:
            return compute(members)
        medoid = int(members[np.flatnonzero(known.members == known.medoid)[0]])
        return Group(members, medoid, known.mean_log_odds)


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
        self._links = links
        self._config = config
        self._first_of: dict[int, int] = {}
        self._members: dict[int, Int64s] = {}
        self._linked: dict[bytes, list[Group]] = {}
        self._groups: dict[int, Group] = {}

    def of(self, number: int) -> Group:
        """The group that a text is in."""
        first = self._first_of[number]
        if first not in self._groups:
            local = _Numbered(self._texts.scorer, self._members[first])
            found = described(np.arange(len(self._members[first])), local)
            self._groups[first] = _renumbered(found, self._members[first])
        return self._groups[first]

    def first_of(self, number: int) -> int:
        """The first text of the group that a text is in."""
        return self._first_of[number]

    def load(self, groups: Iterable[Sequence[int]]) -> list[int]:
        """Take over groups, by the numbers of their texts; the first text of each."""
        firsts = []
        for numbers in groups:
            members = self._texts.order.sorted(np.array(numbers, np.int64))
            first = int(members[0])
            self._first_of.update((each, first) for each in members.tolist())
            self._members[first] = members
            firsts.append(first)
        return firsts

    def refresh(self, touched: Iterable[int], went: Iterable[int]) -> GroupChanges:
        """Bring the groups up to date.

        Args:
            touched: Texts that are there and came, or won or lost a link.
            went: Texts that were there.
        """
        gone = {self._first_of[number] for number in went if number in self._first_of}
        made: list[Group] = []
        for component in components(touched, self._links.of):
            gone |= {self._first_of[each] for each in component if each in self._first_of}
            made += self._grouped(np.array(component, np.int64), {})
        same = {int(each.members[0]) for each in made if self._known(each.members) is not None}
        new = [each for each in made if int(each.members[0]) not in same]
        gone -= same
        for first in gone:
            self._groups.pop(first, None)
            for member in self._members.pop(first).tolist():
                self._first_of.pop(member, None)
        for each in new:
            first = int(each.members[0])
            self._groups[first], self._members[first] = each, each.members
            self._first_of.update((member, first) for member in each.members.tolist())
        return GroupChanges(new, gone)

    def _known(self, members: Int64s) -> Group | None:
        """The group of exactly these texts, if there is one."""
        first = int(members[0])
        if first in self._members and np.array_equal(self._members[first], members):
            return self.of(first)
        return None

    def joined_by(self, number: int, links: dict[int, int]) -> Group:
        """The group that a text would be in, which was given a number and these links."""

        def of(each: int) -> dict[int, int]:
            if each == number:
                return links
            return self._links.of(each) | ({number: links[each]} if each in links else {})

        (component,) = components({number}, of)
        groups = self._grouped(np.array(component, np.int64), {number: links})
        return next(each for each in groups if number in each.members)

    def _grouped(self, component: Int64s, extra: dict[int, dict[int, int]]) -> list[Group]:
        numbers = self._texts.order.sorted(component)
        place = {number: k for k, number in enumerate(numbers.tolist())}
        links = [
            (place[a], place[b], weight)
            for a in component.tolist()
            for b, weight in self._links.of(a).items()
            if place[a] < place[b]
        ]
        links += [
            (place[a], place[b], weight)
            for a, others in extra.items()
            for b, weight in others.items()
        ]
        first, second, log_odds = np.array(links, np.int64).reshape(-1, 3).T
        found = group(
            first,
            second,
            log_odds,
            self._texts.profiles.seconds[numbers],
            keys_of([self._texts.articles[number] for number in numbers.tolist()]),
            _Numbered(self._texts.scorer, numbers),
            self._config.stories,
            self._config.neighbors.max_gap,
            _Memory(numbers, self._linked, self._known, next(iter(extra), -1)),
        )
        return [_renumbered(each, numbers) for each in found.groups]


def _renumbered(found: Group, numbers: Int64s) -> Group:
    """The group of places in a list of numbers, by these numbers."""
    return Group(numbers[found.members], int(numbers[found.medoid]), found.mean_log_odds)
