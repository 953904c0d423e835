"""Lasting ids: which new story group goes on under the id of which old one.

The partition is a function of the set of articles; ids are a matter of history. An old id goes
on with the group that has most of its articles, and of several old ids that claim one group,
the one with most articles in it stays. The others lead to it for ever.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dedup.store.records import EventKind, StoryEvent

_Groups = Mapping[str, frozenset[str]]
"""Ids of articles by the lasting id of their group."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one id; the arguments are those of `StoryEvent`."""

    kind: EventKind
    story_group: str
    other: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdMapping:
    """Ids of new groups, and what happened to the old ones.

    Args:
        ids: Lasting id of each new group, in their order.
        changes: By old id as given, then by new group; groups that are as they were have none.
    """

    ids: tuple[str, ...]
    changes: tuple[Change, ...]


def map_ids(
    before: Mapping[str, Iterable[str]],
    after: Sequence[Iterable[str]],
    new_id: Callable[[int], str],
) -> IdMapping:
    """Map the ids of old groups to the new groups that go on under them.

    Args:
        before: Ids of articles of the old groups, by lasting id; the elder comes first.
        after: Ids of articles of the new groups. Groups that neither lost nor gained articles
            may be left out on both sides.
        new_id: Makes an id for a new group, by its number.
    """
    old = {story: frozenset(members) for story, members in before.items()}
    new = [frozenset(members) for members in after]
    shared = _shared(old, new)
    successors = _successors(shared, list(old))
    ids = {number: story for story, number in successors.items()}
    for number in range(len(new)):
        if number not in ids:
            ids[number] = new_id(number)
    new_ids = tuple(ids[number] for number in range(len(new)))
    changes = (*_of_old(old, new, new_ids, shared, successors), *_of_new(old, new, new_ids, shared))
    return IdMapping(new_ids, changes)


def _shared(old: _Groups, new: Sequence[frozenset[str]]) -> dict[str, Counter[int]]:
    """How many articles each old group shares with each new one."""
    home = {article: number for number, members in enumerate(new) for article in members}
    return {
        story: Counter(home[article] for article in members if article in home)
        for story, members in old.items()
    }


def _successors(shared: Mapping[str, Counter[int]], elders: Sequence[str]) -> dict[str, int]:
    """The new group of each old id that goes on: the largest overlaps first."""
    claims = sorted(
        (-count, age, number, story)
        for age, story in enumerate(elders)
        for number, count in shared[story].items()
    )
    successors: dict[str, int] = {}
    taken: set[int] = set()
    for _, _, number, story in claims:
        if story not in successors and number not in taken:
            successors[story] = number
            taken.add(number)
    return successors


def _of_old(
    old: _Groups,
    new: Sequence[frozenset[str]],
    ids: Sequence[str],
    shared: Mapping[str, Counter[int]],
    successors: Mapping[str, int],
) -> Iterator[Change]:
    for story, members in old.items():
        if story in successors:
            group = new[successors[story]]
            added, removed = tuple(sorted(group - members)), tuple(sorted(members - group))
            if added or removed:
                yield Change("grown" if added else "shrunk", story, "", added, removed)
        elif shared[story]:
            most = min(shared[story], key=lambda number: (-shared[story][number], number))
            yield Change("merged", story, ids[most], (), tuple(sorted(members)))
        else:
            yield Change("closed", story, "", (), tuple(sorted(members)))


def _of_new(
    old: _Groups,
    new: Sequence[frozenset[str]],
    ids: Sequence[str],
    shared: Mapping[str, Counter[int]],
) -> Iterator[Change]:
    parents: defaultdict[int, list[str]] = defaultdict(list)
    for story in old:
        for number in shared[story]:
            parents[number].append(story)
    for number, members in enumerate(new):
        if ids[number] not in old:
            parent = max(parents[number], key=lambda story: shared[story][number], default="")
            kind: EventKind = "split" if parent else "created"
            yield Change(kind, ids[number], parent, tuple(sorted(members)), ())


def replay(
    events: Iterable[StoryEvent], view: Mapping[str, Iterable[str]] | None = None
) -> dict[str, frozenset[str]]:
    """Articles of every story group that has some, after events in their order.

    Args:
        events: From `StoryIndex.changes`.
        view: What was there before them.
    """
    stories = {story: set(members) for story, members in (view or {}).items()}
    for event in events:
        members = stories.setdefault(event.story_group, set())
        members.difference_update(event.removed)
        members.update(event.added)
        if event.kind in ("merged", "closed"):
            left = stories.pop(event.story_group)
            if event.kind == "merged":
                stories.setdefault(event.other, set()).update(left)
    return {story: frozenset(members) for story, members in stories.items() if members}
