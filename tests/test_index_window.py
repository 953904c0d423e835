"""The window: what is in it equals the batch of its articles, what is older stays as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.config import Config
from dedup.errors import ConfigError, NotFoundError
from dedup.index.memory import IndexMemory
from dedup.index.story_index import CACHE, StoryIndex
from dedup.records import Article, StoryGroup
from tests.indexes import (
    HASHING,
    MODEL,
    QUAKE,
    SMALL,
    VOTE,
    Clock,
    all_stories,
    article,
    check_history,
    check_index,
    opened,
    what_is_known,
)
from tests.news_streams import START, World

DAY = timedelta(days=1)
WINDOW_NEIGHBORS = {"max_gap": DAY / 2, "neighbors_per_language": 1, "min_shared_idf_bits": 60.0}
WINDOW = SMALL.replace(neighbors=WINDOW_NEIGHBORS, index={"memory_window": DAY})
"""Ten windows in the ten days of a made-up world."""


def by_day(random: Random, articles: list[Article]) -> Iterator[list[Article]]:
    """Articles in small batches, in the order of time but for some that are days late."""

    def arrival(item: Article) -> datetime:
        assert item.published_at
        return item.published_at + random.choice([0, 0, 0, 4]) * DAY

    order = sorted(articles, key=arrival)
    while order:
        size = random.choice([1, 2, 5, 12])
        yield order[:size]
        order = order[size:]


def in_memory(index: StoryIndex) -> set[str]:
    """Ids of the articles that are in memory."""
    assert index._memory.live
    return set(index._memory.live.memory.clean_texts.source_of)


def changed_at_random(
    index: StoryIndex,
    batch: list[Article],
    corrected: Callable[[Article], Article],
    random: Random,
) -> set[str]:
    """Add a batch; correct and remove some others, of any age; returns the ids of all of them."""
    there = [member.id for story in all_stories(index) for member in story.members]
    removed_ids = random.sample(there, min(len(there), random.choice([0, 0, 1, 3])))
    changed = random.sample(there, min(len(there), random.choice([0, 1])))
    put = {item: corrected(index.article(item).article) for item in changed}
    put |= {item.id: item for item in batch}
    removed = tuple(item for item in removed_ids if item not in put)
    if random.random() < 0.5:
        index.add(put.values())
        index.remove(removed)
    else:
        index.remove(removed)
        for item in put.values():
            index.add(item)
    return {*put, *removed}


class Watched:
    """An index with a window whose archived stories are remembered, and compared ever after."""

    def __init__(self, place: str, config: Config | None) -> None:
        self.place = place
        self.index = opened(place, config)
        self.archived: dict[str, StoryGroup] = {}

    def check(self, touched: Collection[str] = ()) -> None:
        """What is in the window equals the batch of the window; the rest is as it was.

        Args:
            touched: Articles that were removed or corrected since the last time.
        """
        index = self.index
        stories = {story.id: story for story in all_stories(index)}
        inside, window = in_memory(index), in_window(index)
        assert inside == window
        articles = [index.article(id).article for id in sorted(inside)]
        batch = dedup.cluster(articles, index.config, encoder=HASHING, affinity=MODEL)
        there = {id: story for id, story in stories.items() if members(story) & inside}
        assert {replace(story, id="") for story in there.values()} == {
            replace(story, id="") for story in batch.story_groups
        }
        for cluster in batch.duplicate_clusters:
            ids = {item.id for item in index.cluster(cluster.id)}
            assert {item.id for item in cluster.members} == ids & inside
            assert all(
                index.placement(item.id).copy_type == item.copy_type for item in cluster.members
            )
        for id, text in batch.clean_texts.items():
            assert index.article(id).clean == text
        old = {id: story for id, story in stories.items() if id not in there}
        end = index._memory._window.end
        assert all(story.last_seen and end and story.last_seen < end for story in old.values())
        assert not any(
            story.last_seen and end and story.last_seen < end for story in there.values()
        )
        for id, story in self.archived.items():
            if members(story).isdisjoint(touched):
                assert with_clusters_unnamed(old[id]) == with_clusters_unnamed(story)
        self.archived = old
        check_history(index, stories)
        assert index.check() == []

    def open_again(self) -> None:
        """Another process has it now."""
        self.index.close()
        self.index = opened(self.place, None)
        self.index.warm_up()


def members(story: StoryGroup) -> set[str]:
    """Ids of the articles of a story."""
    return {member.id for member in story.members}


def with_clusters_unnamed(story: StoryGroup) -> StoryGroup:
    """Without the ids of clusters: articles of other stories in them may have been removed."""
    weakest = story.least_likely_member
    return replace(
        story,
        members=tuple(replace(member, duplicate_cluster="") for member in story.members),
        least_likely_member=weakest and replace(weakest, duplicate_cluster=""),
    )


def in_window(index: StoryIndex) -> set[str]:
    """Ids of the articles that the store says are not archived."""
    return {place.id for place in index._store.all_placements(in_memory=True)}


def stream(
    place: str,
    random: Random,
    articles: list[Article],
    corrected: Callable[[Article], Article],
    config: Config = WINDOW,
) -> int:
    """A stream over many windows, checked after every step.

    Returns:
        How many articles are archived at its end.
    """
    watched = Watched(place, config)
    for batch in by_day(random, articles):
        touched = changed_at_random(watched.index, batch, corrected, random)
        if random.random() < 0.3:
            watched.index.query(random.choice(articles))
        if random.random() < 0.2:
            watched.open_again()
        watched.check(touched)
    stats = watched.index.stats()
    watched.index.close()
    return stats.articles - stats.in_memory


@pytest.mark.parametrize(("seed", "size", "crowd"), [(6, 70, 8), (7, 70, 8), (1, 100, 40)])
def test_a_stream_over_many_windows_equals_the_batch_of_the_window(
    tmp_path: Path, seed: int, size: int, crowd: int
) -> None:
    random = Random(seed)
    world = World(random, size, crowd)
    assert stream(str(tmp_path), random, world.articles, world._corrected) > 10


def alike(random: Random, topics: int) -> list[Article]:
    """Texts so alike that which are nearest decides; each day has topics of its own."""
    articles = []
    for number in range(70):
        hours = random.randrange(24 * 8)
        topic = Random(f"{hours // 18 + random.choice([0, 0, 1])} {random.randrange(topics)}")
        words = ["".join(topic.choices("abcdefghiklmnoprstu", k=6)) for _ in range(24)]
        own = [f"q{random.randrange(10**6)}" for _ in range(5)]
        text = " ".join(random.sample(words, 16) + own)
        articles.append(Article(f"b{number:03}", "", text, "", START + hours * DAY / 24, "en"))
    return articles


@pytest.mark.parametrize(("seed", "topics"), [(4, 1), (4, 2)])
def test_the_nearest_are_those_in_the_window(tmp_path: Path, seed: int, topics: int) -> None:
    random = Random(seed)
    nearest_only = WINDOW.replace(neighbors={"min_shared_idf_bits": 1e6})

    def moved(item: Article) -> Article:
        assert item.published_at
        return replace(item, published_at=item.published_at + random.choice([-9, 5, 30]) * DAY / 24)

    assert stream(str(tmp_path), random, alike(random, topics), moved, nearest_only) > 30


def days(number: int, story: str = QUAKE, **fields: Any) -> Article:
    """A telling of a story on some day, in words of its own."""
    chance = Random(number)
    words = " ".join(f"w{chance.randrange(9_999)}" for _ in range(12))
    return replace(article(f"d{number:03}", f"{story} {words}", 24 * number), **fields)


def apart(number: int, **fields: Any) -> Article:
    """A text that has nothing to do with others."""
    return days(number, " ".join(f"n{number}x{k}" for k in range(60)), **fields)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_archived_meanwhile_is_taken_in(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a reader beside the writer, and from columns that are older than the store."""
    random = Random(seed)
    articles = World(random, 60, crowd=6).articles
    with opened(tmp_path, WINDOW) as index:
        batches = by_day(random, articles)
        index.add(next(batches))
        index.save_cache()
        shutil.copytree(tmp_path / CACHE, tmp_path / "before")
        with opened(tmp_path, None, read_only=True) as reader:
            reader.warm_up()
            monkeypatch.setattr(IndexMemory, "_from_store", None)
            for batch in batches:
                index.add(batch)
                for item in random.sample(articles, 2):
                    asked = f"{item.title} {item.text} again"
                    assert reader.query(asked) == index.query(asked)
                assert what_is_known(reader) == what_is_known(index)
        assert 0 < index.stats().in_memory < index.stats().articles
        known = what_is_known(index)
    shutil.rmtree(tmp_path / CACHE)
    shutil.move(tmp_path / "before", tmp_path / CACHE)
    with opened(tmp_path, None, read_only=True) as later:
        assert what_is_known(later) == known
    monkeypatch.undo()
    shutil.rmtree(tmp_path / CACHE)
    with opened(tmp_path, None, read_only=True) as anew:
        assert what_is_known(anew) == known


def test_memory_is_bounded_by_the_window(tmp_path: Path) -> None:
    with opened(tmp_path, WINDOW, clock=Clock(START + 60 * DAY)) as index:
        for number in range(0, 60, 2):
            index.add([apart(number), apart(number + 1)])
            stats = index.stats()
            assert stats.in_memory == len(in_memory(index)) <= 3
        assert stats.articles == 60
        assert stats.texts == stats.story_groups == 60
        index.query(apart(7).text)
        assert len(in_memory(index)) == stats.in_memory
    with opened(tmp_path, None) as index:
        assert index.config.index.memory_window == DAY
        index.warm_up()
        assert len(in_memory(index)) == stats.in_memory


def test_rows_of_what_left_are_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedup.index.live.texts._FEW", 3)
    watched = Watched(str(tmp_path), WINDOW)
    for number in range(40):
        watched.index.add(apart(number))
        live = watched.index._memory.live
        assert live and len(live.memory.texts) <= 12
        watched.check()
    watched.index.close()


@pytest.fixture
def old(place: str) -> Iterator[StoryIndex]:
    """An index whose first story, of three articles, is archived."""
    copies = [replace(days(0, id=f"q{number}"), text=days(number).text) for number in range(3)]
    with opened(place, WINDOW) as index:
        index.add(copies)
        index.add([apart(number, source="north.example") for number in range(5, 30)])
        assert not in_memory(index) & {"q0", "q1", "q2"}
        yield index


def test_an_archived_story_is_found_read_and_explained(old: StoryIndex) -> None:
    story = old.story(old.placement("q0").story_group)
    assert members(story) == {"q0", "q1", "q2"}
    assert old.story(story.id, as_of=old.changes()[-1].at) == story
    assert story in old.stories(until=START + DAY).stories
    assert [item.id for item in old.stories(text="herat").stories] == [story.id]
    assert old.why("q0", "q1").same_story_group
    assert not old.why("q0", "d020").same_story_group
    assert old.cluster(old.placement("q1").duplicate_cluster)[0].id == "q1"
    assert old.query(old.article("q1").article.text).neighbors[0].story_group == story.id
    assert old.check() == []


def test_an_archived_story_no_longer_grows(old: StoryIndex) -> None:
    story = old.story(old.placement("q0").story_group)
    late = replace(days(77, id="late"), published_at=days(0).published_at)
    assert old.query(late).story_group == ""
    placed = old.add([late, replace(late, id="later", text=f"{late.text} Again.")])
    assert len({item.story_group for item in placed} - {story.id}) == 1
    assert old.story(story.id) == story
    assert "late" not in in_memory(old)
    again = old.add(replace(old.article("q1").article, id="again"))
    assert (again.representative, again.copy_type) == ("again", "original")
    assert old.check() == []


def test_archived_articles_are_corrected_and_removed(old: StoryIndex) -> None:
    story = old.placement("q0").story_group
    changed = old.update(replace(old.article("q0").article, text=VOTE))
    assert changed.status == "updated"
    assert changed.story_group != story == old.placement("q1").story_group
    assert members(old.story(story)) == {"q1", "q2"}
    assert old.check() == []
    old.remove(["q0", "q2", "d006"])
    with pytest.raises(NotFoundError):
        old.article("q2")
    assert members(old.story(story)) == {"q1"}
    old.remove("q1")
    with pytest.raises(NotFoundError, match="none of its articles are left"):
        old.story(story)
    check_history(old, {item.id: item for item in all_stories(old)})
    assert old.check() == []
    old.rebuild()
    assert old.stats().in_memory < old.stats().articles
    assert old.check() == []


def test_copies_on_both_sides_of_the_end_of_the_window(tmp_path: Path) -> None:
    watched = Watched(str(tmp_path), WINDOW)
    text = days(0).text
    for number in range(6):
        watched.index.add([days(number, id=f"c{number}", text=text), apart(20 + number)])
        watched.check()
    places = [watched.index.placement(f"c{number}") for number in range(6)]
    assert len({place.story_group for place in places}) == 6
    watched.index.remove(["c0", "c4"])
    watched.check({"c0", "c4"})
    watched.index.close()


def test_what_a_source_repeats_is_counted_in_the_window(tmp_path: Path) -> None:
    line = "All rights are with the publisher of this page, who may be asked for them."
    config = WINDOW.replace(cleaning={"min_repeated_pages": 3}, index={"memory_window": 3 * DAY})
    watched = Watched(str(tmp_path), config)
    for number in range(8):
        page = apart(number, source="north.example", text=f"{apart(number).text}\n{line}")
        watched.index.add(page)
        watched.check()
        assert (line in watched.index.article(page.id).clean.text) == (number < 2)
    watched.index.add(apart(60))
    watched.check()
    assert line not in watched.index.article("d003").clean.text
    watched.index.close()


def test_the_window_of_an_index_can_be_changed(tmp_path: Path) -> None:
    articles = [apart(number) for number in range(20)]
    with opened(tmp_path, SMALL.replace(neighbors=WINDOW_NEIGHBORS)) as index:
        index.add(articles[:18])
        assert index.stats().in_memory == 18
    with opened(tmp_path, WINDOW) as index:
        assert index.stats().in_memory == 18
        index.add(articles[18])
        assert index.stats().in_memory < 5
    with opened(tmp_path, WINDOW.replace(index={"memory_window": 5000 * DAY})) as index:
        index.add(articles[19])
        assert index.stats().in_memory < 6
    with opened(tmp_path, None) as index:
        assert index.config.index.memory_window == 5000 * DAY
        index.rebuild()
        assert index.stats().in_memory == 20
        check_index(index)


def test_a_wrong_year_makes_nothing_old(tmp_path: Path) -> None:
    wrong = replace(apart(99), published_at=datetime(2099, 1, 1, tzinfo=START.tzinfo))
    with opened(tmp_path, WINDOW, clock=Clock(START + 9 * DAY)) as index:
        index.add([wrong, *(apart(number) for number in range(10))])
        assert in_memory(index) >= {"d099", "d009"}


def test_a_window_is_at_least_twice_the_gap() -> None:
    rule = r"index\.memory_window .* at least twice neighbors\.max_gap"
    with pytest.raises(ConfigError, match=rule):
        Config.from_mapping({"index": {"memory_window": "13d"}})
    config = Config.from_mapping({"index": {"memory_window": "14d"}})
    assert Config.from_mapping(config.to_mapping()) == config
    assert config.digest() == Config().digest()


@settings(max_examples=4)
@given(st.randoms(use_true_random=False))
def test_small_streams_over_many_windows_equal_the_batch_of_the_window(random: Random) -> None:
    world = World(Random(9), 30, crowd=6)
    with TemporaryDirectory() as folder:
        assert stream(folder, random, world.articles, world._corrected) > 0
