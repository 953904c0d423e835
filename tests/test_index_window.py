"""The window: what is old leaves memory, and the index still equals the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.config import Config
from dedup.errors import ConfigError, NotFoundError
from dedup.index.live.archive.archive import StoredRecords
from dedup.index.live.archive.bundles import BundleLinks
from dedup.index.live.live import LiveIndex
from dedup.index.story_index import StoryIndex
from dedup.records import Article
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
)
from tests.news_streams import START, World
from tests.test_live import CHAINED, chain

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
    return set(index._memory.live.memory.clean_texts.articles)


def changed_at_random(
    index: StoryIndex,
    batch: list[Article],
    corrected: Callable[[Article], Article],
    random: Random,
) -> None:
    """Add a batch; correct and remove some others, of any age."""
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


def stream(
    place: str,
    random: Random,
    articles: list[Article],
    corrected: Callable[[Article], Article],
    config: Config = WINDOW,
) -> int:
    """A stream over many windows, checked after every third step and at its end.

    Returns:
        The most articles that had left memory at a time.
    """
    index = opened(place, config)
    left = 0
    for number, batch in enumerate(by_day(random, articles)):
        changed_at_random(index, batch, corrected, random)
        if random.random() < 0.3:
            index.query(random.choice(articles))
        if random.random() < 0.2:
            index.close()
            if random.random() < 0.5:
                Path(place, "cache", "links.npz").unlink(missing_ok=True)
            index = opened(place, None)
        if number % 3 == 0:
            check_index(index)
        left = max(left, index.stats().articles - index.stats().in_memory)
    check_index(index)
    check_bundles(index)
    index.close()
    return left


def check_bundles(index: StoryIndex) -> None:
    """What is kept of all that left is what an index says that has everything in memory."""
    store = index._store
    stored = list(store.all_articles())
    live = LiveIndex(index.config, HASHING, MODEL)
    live.memory.load(
        replace(StoredRecords.of(stored, store.all_placements(), [], store.derived), matches=None)
    )
    numbers = {*store.archive.bundles_of([item.article.id for item in stored]).values()}
    for bundle in store.archive.bundles(sorted(numbers)):
        ours = BundleLinks.from_bytes(bundle.links)
        theirs = BundleLinks.from_bytes(live.memory.bundle_links(bundle.articles))
        assert ours.representatives == theirs.representatives
        assert sorted_links(ours) == sorted_links(theirs)


def sorted_links(links_of_bundle: BundleLinks) -> tuple[object, ...]:
    """Links and nearest in an order that does not depend on how they were found."""
    links = sorted((*sorted(pair), odds) for *pair, odds in links_of_bundle.links.tolist())
    return links, sorted(
        (place, key, products.tolist()) for place, key, products in links_of_bundle.tops
    )


def test_where_chance_holds_everything_together_parts_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dedup.index.live.bundler._MANY", 20)
    random = Random(3)
    articles = sorted(chain(random, 150, 20), key=lambda item: str(item.published_at))
    config = CHAINED.replace(neighbors={"max_gap": DAY}, index={"memory_window": 2 * DAY})
    with opened(tmp_path, config) as index:
        for start in range(0, len(articles), 10):
            index.add(articles[start : start + 10])
            assert index.check() == []
        assert index.stats().in_memory < 100
        check_history(index, {story.id: story for story in all_stories(index)})
        late = articles[5:60:9]
        index.remove([item.id for item in late])
        index.add(late)
        index.add([replace(item, text=f"{item.text} again") for item in articles[3:9]])
        assert index.check() == []
        for item in articles[::7]:
            assert index.query(item).duplicates


@pytest.mark.parametrize(("seed", "size", "crowd"), [(6, 70, 8), (7, 70, 8), (1, 100, 40)])
def test_a_stream_over_many_windows_equals_the_batch(
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
def test_the_nearest_of_texts_that_left_still_count(tmp_path: Path, seed: int, topics: int) -> None:
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


def test_memory_is_bounded_by_the_window(tmp_path: Path) -> None:
    with opened(tmp_path, WINDOW, clock=Clock(START + 60 * DAY)) as index:
        for number in range(0, 60, 2):
            index.add([apart(number), apart(number + 1)])
            stats = index.stats()
            assert stats.in_memory <= 4
            assert len(in_memory(index)) <= 4
        assert stats.articles == 60
        assert stats.texts == stats.story_groups == 60
        index.query(apart(7).text)
        assert "d007" in in_memory(index)
        assert index.stats().in_memory == stats.in_memory
        check_index(index)
    with opened(tmp_path, None) as index:
        assert index.config.index.memory_window == DAY
        index.warm_up()
        assert len(in_memory(index)) == stats.in_memory


def test_what_came_back_for_questions_leaves_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dedup.index.window._FEW", 3)
    with opened(tmp_path, WINDOW) as index:
        index.add([apart(number) for number in range(40)])
        for number in range(30):
            assert [item.a for item in index.query(apart(number).text).duplicates] == [
                f"d{number:03}"
            ]
            assert len(in_memory(index)) <= index.stats().in_memory + 5


@pytest.fixture
def old(place: str) -> Iterator[StoryIndex]:
    """An index whose first story, of three articles, has left."""
    copies = [replace(days(0, id=f"q{number}"), text=days(number).text) for number in range(3)]
    with opened(place, WINDOW) as index:
        index.add(copies)
        index.add([apart(number, source="north.example") for number in range(5, 30)])
        assert not in_memory(index) & {"q0", "q1", "q2"}
        yield index


def test_an_article_that_left_answers_as_before(old: StoryIndex) -> None:
    story = old.story(old.placement("q0").story_group)
    assert {member.id for member in story.members} == {"q0", "q1", "q2"}
    assert old.story(story.id, as_of=old.changes()[-1].at) == story
    assert story in old.stories(until=START + DAY).stories
    assert old.why("q0", "q1").same_story_group
    assert not old.why("q0", "d020").same_story_group
    assert old.cluster(old.placement("q1").duplicate_cluster)[0].id == "q1"
    assert old.check() == []


def test_a_late_article_finds_its_story(old: StoryIndex) -> None:
    story = old.placement("q0").story_group
    late = replace(days(77, id="late"), published_at=days(0).published_at)
    assert old.query(late).story_group == story
    assert old.add(late).story_group == story
    assert len(old.story(story).members) == 4
    check_index(old)


def test_a_copy_of_a_text_that_left_is_one(old: StoryIndex) -> None:
    text = old.article("q1").article.text
    same, edited = apart(30, text=text), apart(31, text=text.replace("noon", "night"))
    assert old.query(edited).duplicates[0].a == "q1"
    assert old.query(edited).story_group != old.placement("q1").story_group
    placements = old.add([same, edited])
    assert {item.representative for item in placements} == {"q1"}
    (story,) = {item.story_group for item in placements}
    assert story != old.placement("q1").story_group, "the story was silent for a month"
    check_index(old)


def test_what_left_is_updated_and_removed(old: StoryIndex) -> None:
    story = old.placement("q0").story_group
    old.update(replace(old.article("q0").article, text=VOTE))
    assert old.placement("q0").story_group != old.placement("q1").story_group
    assert story in (old.placement("q0").story_group, old.placement("q1").story_group)
    check_index(old)
    old.remove(["q0", "q2", "d006"])
    with pytest.raises(NotFoundError):
        old.article("q2")
    check_index(old)
    old.rebuild()
    check_index(old)
    assert old.stats().in_memory < old.stats().articles


def test_what_a_source_repeats_counts_the_pages_that_left(tmp_path: Path) -> None:
    line = "All rights are with the publisher of this page, who may be asked for them."
    pages = [
        apart(number, source="north.example", text=f"{apart(number).text}\n{line}")
        for number in (0, 1, 20, 21, 40, 41)
    ]
    config = WINDOW.replace(cleaning={"min_repeated_pages": 4})
    with opened(tmp_path, config, clock=Clock(START + 60 * DAY)) as index:
        for page in pages[:3]:
            index.add(page)
            index.add(apart(int(page.id[1:]) + 5, source="south.example"))
        assert line in index.article("d000").clean.text
        assert "d000" not in in_memory(index)
        index.add(pages[3])
        assert line not in index.article("d000").clean.text
        check_index(index)
    with opened(tmp_path, None) as index:
        for page in pages[4:]:
            index.add(page)
            check_index(index)
        assert line not in index.article("d041").clean.text
        index.remove("d000")
        index.remove("d001")
        index.remove("d020")
        check_index(index)
        assert line in index.article("d021").clean.text


def test_the_window_of_an_index_can_be_changed(tmp_path: Path) -> None:
    articles = [apart(number) for number in range(20)]
    with opened(tmp_path, SMALL.replace(neighbors=WINDOW_NEIGHBORS)) as index:
        index.add(articles[:18])
        assert index.stats().in_memory == 18
    with opened(tmp_path, WINDOW) as index:
        assert index.stats().in_memory == 18
        index.add(articles[18])
        assert index.stats().in_memory < 5
        check_index(index)
    with opened(tmp_path, WINDOW.replace(index={"memory_window": 5000 * DAY})) as index:
        index.add(articles[19])
        check_index(index)
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
def test_small_streams_over_many_windows_equal_the_batch(random: Random) -> None:
    world = World(Random(9), 30, crowd=6)
    with TemporaryDirectory() as folder, opened(Path(folder), WINDOW) as index:
        for batch in by_day(random, world.articles):
            changed_at_random(index, batch, world._corrected, random)
            check_index(index)
