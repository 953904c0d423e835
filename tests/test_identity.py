"""Lasting ids: what goes on under which id, and what the history of it tells."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.store.identity import IdMapping, map_ids, replay
from dedup.store.records import EventKind, StoryEvent
from tests.stored_records import resolve_ids

NOW = datetime(2024, 3, 1, tzinfo=UTC)
ARTICLES = [f"a{number:02}" for number in range(24)]

Homes = Mapping[str, int]
"""The number of the group of each article that is there."""


def named(number: int) -> str:
    return f"new {number}"


def partition(homes: Homes) -> list[list[str]]:
    """Groups in the order of their numbers, articles sorted."""
    return [
        sorted(article for article, home in homes.items() if home == number)
        for number in sorted(set(homes.values()))
    ]


def changed(
    before: Mapping[str, Sequence[str]], after: Sequence[Sequence[str]]
) -> dict[str, tuple[EventKind, str]]:
    """Kind of change and the other story, by story."""
    mapping = map_ids(before, after, named)
    return {change.story_group: (change.kind, change.other) for change in mapping.changes}


class Stories:
    """Groups that change again and again, as the index would keep their ids."""

    def __init__(self) -> None:
        self.open: dict[str, list[str]] = {}
        self.events: list[StoryEvent] = []
        self.ever: set[str] = set()

    def fresh(self, number: int) -> str:
        id = f"s{len(self.ever)}"
        self.ever.add(id)
        return id

    def become(self, groups: Sequence[Sequence[str]]) -> IdMapping:
        mapping = map_ids(self.open, groups, self.fresh)
        for number, change in enumerate(mapping.changes, len(self.events) + 1):
            self.events.append(
                StoryEvent(
                    number,
                    NOW,
                    change.kind,
                    change.story_group,
                    change.other,
                    change.added,
                    change.removed,
                )
            )
        order = {story: place for place, story in enumerate(self.open)}
        pairs = zip(mapping.ids, map(list, groups), strict=True)
        self.open = dict(sorted(pairs, key=lambda pair: order.get(pair[0], len(order))))
        return mapping


steps = st.lists(
    st.dictionaries(st.sampled_from(ARTICLES), st.integers(0, 5)), min_size=1, max_size=6
)


def following(history: Sequence[Homes]) -> Stories:
    stories = Stories()
    for homes in history:
        stories.become(partition(homes))
    return stories


@given(steps)
def test_the_history_gives_the_groups_after_every_step(history: list[dict[str, int]]) -> None:
    stories = Stories()
    view: dict[str, frozenset[str]] = {}
    for homes in history:
        count = len(stories.events)
        stories.become(partition(homes))
        expected = {story: frozenset(members) for story, members in stories.open.items()}
        assert replay(stories.events) == expected
        view = replay(stories.events[count:], view)
        assert view == expected


@given(steps)
def test_every_id_lives_or_leads_to_one_that_lived_on(history: list[dict[str, int]]) -> None:
    stories = following(history)
    successors = resolve_ids(stories.events)
    assert successors.keys() == stories.ever
    last = {event.story_group: event for event in stories.events}
    for story, successor in successors.items():
        if successor != story:
            assert last[story].kind == "merged"
            assert successors[successor] == successor
        assert successor in stories.open or last[successor].kind == "closed"
        assert (story in stories.open) == (last[story].kind not in ("merged", "closed"))


@given(steps)
def test_no_id_is_ever_given_to_two_groups(history: list[dict[str, int]]) -> None:
    stories = Stories()
    ended: set[str] = set()
    for homes in history:
        mapping = stories.become(partition(homes))
        assert len(set(mapping.ids)) == len(mapping.ids)
        assert not ended & set(mapping.ids)
        ended |= {
            change.story_group for change in mapping.changes if change.kind in ("merged", "closed")
        }


@given(steps)
def test_events_are_of_the_kind_that_their_articles_say(history: list[dict[str, int]]) -> None:
    stories = following(history)
    for event in stories.events:
        assert list(event.added) == sorted(event.added)
        assert list(event.removed) == sorted(event.removed)
        assert bool(event.other) == (event.kind in ("merged", "split"))
        assert bool(event.added) == (event.kind in ("created", "grown", "split"))
        if event.kind in ("merged", "closed", "shrunk"):
            assert event.removed


@given(st.dictionaries(st.sampled_from(ARTICLES), st.tuples(st.integers(0, 4), st.integers(0, 4))))
def test_the_largest_overlap_keeps_the_id(homes: dict[str, tuple[int, int]]) -> None:
    old = partition({article: a for article, (a, _) in homes.items()})
    before = {f"old {number}": members for number, members in enumerate(old)}
    after = partition({article: b for article, (_, b) in homes.items()})
    ids = map_ids(before, after, named).ids
    shared = {
        (story, number): len(set(members) & set(group))
        for story, members in before.items()
        for number, group in enumerate(after)
    }
    for (story, number), count in shared.items():
        # What it does not have, an overlap at least as large has: of the same id or group.
        if count and ids[number] != story:
            rivals = [shared[story, k] for k, id in enumerate(ids) if id == story]
            rivals += [shared[ids[number], number]] if ids[number] in before else []
            assert max(rivals) >= count
    assert all(ids[k] not in before or shared[ids[k], k] for k in range(len(after)))


@given(
    st.dictionaries(st.sampled_from(ARTICLES), st.tuples(st.integers(0, 4), st.integers(0, 4))),
    st.randoms(use_true_random=False),
)
def test_the_order_of_articles_does_not_matter(
    homes: dict[str, tuple[int, int]], random: random.Random
) -> None:
    old = partition({article: a for article, (a, _) in homes.items()})
    after = partition({article: b for article, (_, b) in homes.items()})
    before = {f"old {number}": members for number, members in enumerate(old)}
    mixed = {story: random.sample(members, len(members)) for story, members in before.items()}
    shuffled = [random.sample(members, len(members)) for members in after]
    assert map_ids(before, after, named) == map_ids(mixed, shuffled, named)


@given(st.dictionaries(st.sampled_from(ARTICLES), st.integers(0, 5)))
def test_groups_that_stay_as_they_are_have_no_events(homes: dict[str, int]) -> None:
    stories = following([homes])
    events = list(stories.events)
    mapping = stories.become(list(reversed(partition(homes))))
    assert not mapping.changes
    assert stories.events == events
    assert list(mapping.ids) == list(reversed(stories.open))


@given(steps, st.sets(st.integers(0, 5)))
def test_groups_without_change_may_be_left_out(
    history: list[dict[str, int]], touched: set[int]
) -> None:
    stories = following(history)
    groups = list(stories.open.values())
    # The last articles of the touched groups change places.
    moved_groups = [number for number in range(len(groups)) if number in touched]
    after = [list(members) for members in groups]
    for here, there in zip(moved_groups, [*moved_groups[1:], *moved_groups[:1]], strict=True):
        after[there].append(groups[here][-1])
        after[here].remove(groups[here][-1])
    filled = [members for members in after if members]
    all_changes = map_ids(stories.open, filled, named).changes
    before = {s: m for n, (s, m) in enumerate(stories.open.items()) if n in touched}
    part = [members for number, members in enumerate(after) if number in touched and members]
    few_changes = map_ids(before, part, named).changes

    def plain(changes: Sequence[object]) -> list[str]:
        return sorted(str(change) for change in changes if "new " not in str(change))

    assert plain(few_changes) == plain(all_changes)


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ({}, [["a", "b"]], {"new 0": ("created", "")}),
        ({"s": ["a"]}, [["a", "b"]], {"s": ("grown", "")}),
        ({"s": ["a", "b"]}, [["a"]], {"s": ("shrunk", "")}),
        ({"s": ["a", "b"]}, [["a", "c"]], {"s": ("grown", "")}),
        ({"s": ["a"]}, [], {"s": ("closed", "")}),
        ({"s": ["a"]}, [["b"]], {"s": ("closed", ""), "new 0": ("created", "")}),
        (
            {"s": ["a", "b", "c"], "t": ["d"]},
            [["a", "b", "c", "d"]],
            {"s": ("grown", ""), "t": ("merged", "s")},
        ),
        (
            {"s": ["a", "b", "c"]},
            [["a"], ["b", "c"]],
            {"s": ("shrunk", ""), "new 0": ("split", "s")},
        ),
    ],
)
def test_kinds(
    before: dict[str, list[str]],
    after: list[list[str]],
    kinds: dict[str, tuple[EventKind, str]],
) -> None:
    assert changed(before, after) == kinds


def test_of_equal_overlaps_the_elder_stays() -> None:
    after = [["a", "b", "c", "d"]]
    assert changed({"s": ["a", "b"], "t": ["c", "d"]}, after)["t"] == ("merged", "s")
    assert changed({"t": ["c", "d"], "s": ["a", "b"]}, after)["s"] == ("merged", "t")


def test_of_equal_halves_the_first_goes_on() -> None:
    assert map_ids({"s": ["a", "b"]}, [["b"], ["a"]], named).ids == ("s", "new 1")


def test_a_group_that_loses_its_claim_goes_on_elsewhere() -> None:
    """`t` has most of its articles in what `s` goes on as, and the rest in a group of no one."""
    mapping = map_ids({"s": list("abc"), "t": list("defg")}, [list("abcdef"), ["g"]], named)
    assert mapping.ids == ("s", "t")


def test_heirs_of_heirs_are_followed() -> None:
    kinds: list[tuple[EventKind, str, str]] = [
        ("created", "r", ""),
        ("created", "s", ""),
        ("created", "t", ""),
        ("merged", "r", "s"),
        ("merged", "s", "t"),
        ("closed", "t", ""),
    ]
    events = [
        StoryEvent(k, NOW, kind, story, other) for k, (kind, story, other) in enumerate(kinds)
    ]
    assert resolve_ids(events) == {"r": "t", "s": "t", "t": "t"}


def test_an_article_may_come_back_before_it_is_told_to_have_gone() -> None:
    """In one step an article changes groups; the order of the two events says nothing."""

    def moved(*order: Callable[[int], StoryEvent]) -> dict[str, frozenset[str]]:
        start = [
            StoryEvent(1, NOW, "created", "s", added=("a", "b")),
            StoryEvent(2, NOW, "created", "t", added=("c",)),
        ]
        return replay([*start, *(make(number) for number, make in enumerate(order, 3))])

    def left(number: int) -> StoryEvent:
        return StoryEvent(number, NOW, "shrunk", "s", removed=("b",))

    def joined(number: int) -> StoryEvent:
        return StoryEvent(number, NOW, "grown", "t", added=("b",))

    assert moved(left, joined) == moved(joined, left) == {"s": {"a"}, "t": {"b", "c"}}
