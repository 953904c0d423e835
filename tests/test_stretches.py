"""Copies of one text at several times: what each means for stories, and what it moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.articles import UNDATED
from dedup.config import Config
from dedup.duplicates.stretches import copies_apart, stretches
from dedup.records import Article, DuplicateCluster, DuplicateMember
from dedup.result import Result
from tests.news_streams import START, HashingEncoder, World

WEEK = timedelta(days=7)
DAM = (
    "A dam above the town of Keltra gave way on Tuesday after four days of rain, and 6,200 people "
    "were told to leave their homes, the governor Amadou Sorel said."
)


def clustered(articles: Sequence[Article], config: Config = Config()) -> Result:
    return dedup.cluster(articles, config, encoder=HashingEncoder())


def copy(id: str, days: float | None, text: str = DAM) -> Article:
    at = None if days is None else START + timedelta(days=days)
    return Article(id, "Dam above Keltra gives way", text, f"paper {id}", at, "en")


def cluster_of(days: Sequence[float | None]) -> tuple[DuplicateCluster, dict[str, int]]:
    ids = [f"a{k}" for k in range(len(days))]
    members = tuple(
        DuplicateMember(id, "exact" if k else "original", 1.0, 1.0) for k, id in enumerate(ids)
    )
    seconds = {
        id: UNDATED if day is None else int(day * 86_400) for id, day in zip(ids, days, strict=True)
    }
    return DuplicateCluster("d", "a0", members), seconds


@pytest.mark.parametrize(
    ("days", "parts", "apart"),
    [
        ((3,), [[0]], 0),
        ((0, 1, 2), [[0, 1, 2]], 0),
        ((0, 7, 14), [[0, 1, 2]], 0),
        ((-365, 0, 1, 2), [[0], [1, 2, 3]], 1),
        ((0, 1, 365), [[0, 1], [2]], 1),
        ((0, 365), [[0], [1]], 1),
        ((0, 30, 60), [[0], [1], [2]], 2),
        ((-365, 0, 1, None), [[0], [1, 2, 3]], 1),
        ((0, 30, None), [[0, 2], [1]], 1),
        ((None, None), [[0, 1]], 0),
        ((0, None), [[0, 1]], 0),
    ],
)
def test_stretches(days: Sequence[float | None], parts: list[list[int]], apart: int) -> None:
    cluster, seconds = cluster_of(days)
    found = stretches(cluster, seconds, WEEK)
    assert [[int(m.id[1:]) for m in part.members] for part in found] == parts
    assert [part.representative for part in found] == [part.members[0].id for part in found]
    assert {part.id for part in found} == {"d"}
    assert {part.members[0].copy_type for part in found} == {"original"}
    assert len(copies_apart(found, seconds)) == apart


@given(st.lists(st.none() | st.floats(-900, 900), min_size=1, max_size=12))
def test_stretches_are_the_parts_between_silences(days: list[float | None]) -> None:
    cluster, seconds = cluster_of(days)
    found = stretches(cluster, seconds, WEEK)
    assert sorted(m.id for part in found for m in part.members) == sorted(seconds)
    ends = []
    for part in found:
        times = sorted(seconds[m.id] for m in part.members if seconds[m.id] != UNDATED)
        assert all(later - earlier <= WEEK.total_seconds() for earlier, later in pairwise(times))
        ends.append((times[0], times[-1]) if times else (0, 0))
    assert all(b[0] - a[1] > WEEK.total_seconds() for a, b in pairwise(ends))


@pytest.mark.parametrize("wrong", [-365, 365, -20_000])
def test_a_copy_with_a_wrong_date_moves_no_other(wrong: float) -> None:
    others = [copy(f"c{k}", k / 10) for k in range(5)]
    report = copy(
        "r",
        0.2,
        "More than 6,000 residents of Keltra fled when the dam upstream burst on Tuesday after "
        "four days of rain, Governor Amadou Sorel said; their homes are gone.",
    )
    without = clustered([*others, report])
    result = clustered([*others, report, copy("wrong", wrong)])
    right = without.story_of["c0"][0]
    found = result.story_of["c0"][0]
    assert [member.id for member in found.members] == [member.id for member in right.members]
    assert (found.first_seen, found.headline) == (right.first_seen, right.headline)
    assert result.duplicates_of["wrong"][0] is result.duplicates_of["c0"][0]
    assert result.story_of["wrong"][0].members[0].id == "wrong"
    assert (result.summary.texts, result.summary.duplicates) == (2, 5)
    assert "1 copy is dated more than 7 days from most copies" in " ".join(result.summary.notes)
    assert dedup.examine(result).finding("copies apart").figures["copies"] == 1
    assert result.why("c0", "wrong").sentence.startswith("Apart, although they are copies of one")


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2)])
def test_in_the_index_a_misdated_origin_moves_no_other_whenever_it_comes(
    tmp_path: Path, order: Sequence[int]
) -> None:
    """The copy that is dated first represents the text; the story is that of the other copies."""
    report = copy(
        "r",
        0.2,
        "More than 6,000 residents of Keltra fled when the dam upstream burst on Tuesday after "
        "four days of rain, Governor Amadou Sorel said; their homes are gone.",
    )
    articles = [copy("wrong", -365), copy("c0", 0), copy("c1", 0.1), report]
    result = clustered(articles)
    assert result.duplicates_of["c0"][0].representative == "wrong"
    with dedup.StoryIndex.open(tmp_path, encoder=HashingEncoder()) as index:
        for row in order:
            index.add(articles[row])

        def story(id: str) -> tuple[set[str], datetime | None, str]:
            found = index.story(index.placement(id).story_group)
            return {member.id for member in found.members}, found.first_seen, found.headline

        def expected(id: str, result: Result) -> tuple[set[str], datetime | None, str]:
            found = result.story_of[id][0]
            return {member.id for member in found.members}, found.first_seen, found.headline

        for article in articles:
            assert story(article.id) == expected(article.id, result)
        assert story("c0")[0] == {"c0", "c1", "r"}
        assert story("c0")[1] == START
        before = story("c0")
        index.remove("wrong")
        assert story("c0") == before == expected("c0", clustered(articles[1:]))
        index.add(articles[0])
        assert story("c0") == before
        assert story("wrong") == expected("wrong", result)


def test_an_advertisement_of_every_month_is_one_text_and_many_stories() -> None:
    result = clustered([copy(str(k), 30 * k) for k in range(7)])
    assert len(result.duplicate_clusters) == 1
    assert len(result.story_groups) == 7
    assert dedup.examine(result).finding("copies apart").figures["copies"] == 6


def test_a_copy_that_comes_again_while_the_story_goes_on_stays_in_it() -> None:
    going_on = [copy(f"r{k}", 5 * k, f"{DAM} Day {k} of the flood.") for k in range(4)]
    result = clustered([*going_on, copy("again", 15)])
    (story,) = {story.id: story for story, _ in result.story_of.values()}.values()
    assert len(story.members) == 5


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_story_spans_a_silence_copies_included(random: Random) -> None:
    gap = timedelta(days=1)
    config = Config().replace(neighbors={"max_gap": gap})
    articles = World(random, 60, crowd=12).articles
    far = random.sample(articles, 10)
    articles += [
        replace(
            article,
            id=f"{article.id}-again",
            published_at=datetime(2024, 2, random.randrange(1, 29), tzinfo=UTC),
        )
        for article in far
    ]
    result = clustered(articles, config)
    for story in result.story_groups:
        times = sorted(t for m in story.members if (t := result.by_id[m.id].published_at))
        assert all(
            later - earlier <= gap + timedelta(seconds=1) for earlier, later in pairwise(times)
        )
        assert story.first_seen == times[0]
        assert story.last_seen == times[-1]
