"""Lasting ids: which new story group goes on under the id of which old one.

The partition is a function of the set of articles; ids are a matter of history. An old id goes
on with the group that has most of its articles, and of several old ids that claim one group,
the one with most articles in it stays. The others lead to it for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dedup.store.records import EventKind, StoryEvent


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
    changes = [
        change
        for story, members in old.items()
        if (change := _of_old(story, members, successors.get(story), new, ids, shared))
    ]
    parents: dict[int, list[str]] = {}
    for story in old:
        for number in shared[story]:
            parents.setdefault(number, []).append(story)
    changes += [
        _of_new(number, members, ids[number], shared, parents.get(number, ()))
        for number, members in enumerate(new)
        if ids[number] not in old
    ]
    return IdMapping(tuple(ids[number] for number in range(len(new))), tuple(changes))


def _shared(
    old: Mapping[str, frozenset[str]], new: Sequence[frozenset[str]]
) -> dict[str, Counter[int]]:
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
    story: str,
    members: frozenset[str],
    successor: int | None,
    new: Sequence[frozenset[str]],
    ids: Mapping[int, str],
    shared: Mapping[str, Counter[int]],
) -> Change | None:
    if successor is not None:
        added, removed = sorted(new[successor] - members), sorted(members - new[successor])
        if not added and not removed:
            return None
        kind: EventKind = "grown" if added else "shrunk"
        return Change(kind, story, "", tuple(added), tuple(removed))
    articles = tuple(sorted(members))
    if not shared[story]:
        return Change("closed", story, "", (), articles)
    most = min(shared[story], key=lambda number: (-shared[story][number], number))
    return Change("merged", story, ids[most], (), articles)


def _of_new(
    number: int,
    members: frozenset[str],
    story: str,
    shared: Mapping[str, Counter[int]],
    parents: Sequence[str],
) -> Change:
    if not parents:
        return Change("created", story, "", tuple(sorted(members)), ())
    parent = max(parents, key=lambda old: shared[old][number])
    return Change("split", story, parent, tuple(sorted(members)), ())


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
