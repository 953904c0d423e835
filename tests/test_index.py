"""`StoryIndex` holds what the batch computes, however its articles came, changed and went."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

import dedup
from dedup.errors import InputError, NotFoundError
from dedup.index.story_index import StoryIndex
from dedup.records import Article, Problem
from tests.indexes import (
    HOUR,
    NOON,
    QUAKE,
    SMALL,
    VOTE,
    Clock,
    all_stories,
    article,
    articles_of,
    check_index,
    opened,
)
from tests.news_streams import START, World, after


@pytest.mark.parametrize("seed", range(2))
def test_streams_equal_the_batch_also_when_opened_again(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    index = opened(tmp_path)
    expected: dict[str, Article] = {}
    for step in World(random, 60, crowd=20).steps(7):
        index.add(step.put)
        index.remove(step.removed)
        expected = after(expected, step)
        if random.random() < 0.5:
            index.close()
            index = opened(tmp_path, random.choice([None, SMALL]))
        check_index(index)
        assert articles_of(index).keys() == expected.keys()
    index.close()


def test_the_bundled_encoder_and_usual_settings(tmp_path: Path, seeds_path: Path) -> None:
    articles = [item for item in dedup.read_articles([seeds_path]) if item.published_at][:40]
    with StoryIndex.open(tmp_path / "index") as index:
        index.add(articles[:25])
    with StoryIndex.open(tmp_path / "index") as index:
        for item in articles[25:]:
            index.add(item)
        batch = dedup.cluster(articles)
        assert {replace(story, id="") for story in all_stories(index)} == {
            replace(story, id="") for story in batch.story_groups
        }


def test_batches_of_any_size_give_the_same(tmp_path: Path, pool: list[Article]) -> None:
    partitions = []
    for number, size in enumerate((1, 7, len(pool))):
        with opened(tmp_path / str(number)) as index:
            for start in range(0, 30, size):
                index.add(pool[start : min(30, start + size)])
            partitions.append({replace(story, id="") for story in all_stories(index)})
    assert partitions[0] == partitions[1] == partitions[2]


def test_placements_say_where_each_article_is(index: StoryIndex) -> None:
    first = index.add(article("a"))
    assert (first.id, first.status, first.copy_type) == ("a", "added", "original")
    assert first.probability is None
    copy, other = index.add([article("b", hours=1), article("c", VOTE)])
    assert (copy.representative, copy.copy_type, copy.story_group) == (
        "a",
        "exact",
        first.story_group,
    )
    assert other.story_group != first.story_group
    for variant in (copy, other):
        place = asdict(index.placement(variant.id))
        assert place | asdict(variant) == {**place, "status": "added"}


def test_the_same_again_changes_nothing(index: StoryIndex, pool: list[Article]) -> None:
    index.add(pool[:20])
    events, stories = index.changes(), list(all_stories(index))
    again = index.add([asdict(item) for item in reversed(pool[:20])])
    assert {item.status for item in again} == {"unchanged"}
    assert index.changes() == events
    assert list(all_stories(index)) == stories


def test_an_article_with_another_content_replaces_the_one_before(index: StoryIndex) -> None:
    index.add([article("a"), article("b", VOTE), article("c", VOTE, hours=1)])
    changed = index.add(article("a", VOTE, hours=2))
    assert (changed.status, changed.representative) == ("updated", "b")
    assert index.update(article("a", VOTE, hours=-1)).representative == "a"
    assert index.placement("c").representative == "a"
    assert index.stats().articles == 3
    check_index(index)


def test_update_and_remove_need_articles_that_are_there(index: StoryIndex) -> None:
    index.add([article("a"), article("b", VOTE)])
    with pytest.raises(NotFoundError, match="'c'"):
        index.update(article("c"))
    with pytest.raises(NotFoundError, match="'c'"):
        index.remove(["a", "c"])
    assert articles_of(index).keys() == {"a", "b"}
    index.remove(item for item in ("a", "b", "a"))
    assert articles_of(index) == {}
    check_index(index)


def test_nothing_may_be_added_and_removed(index: StoryIndex) -> None:
    assert index.add([]) == []
    index.remove([])
    assert index.changes() == []
    check_index(index)


def test_a_removed_article_may_come_back(index: StoryIndex) -> None:
    story = index.add(article("a")).story_group
    index.remove("a")
    again = index.add(article("a"))
    assert (again.status, [event.kind for event in index.changes()]) == (
        "added",
        ["created", "closed", "created"],
    )
    assert again.story_group != story
    with pytest.raises(NotFoundError, match="closed"):
        index.story(story)
    check_index(index)


def test_bad_rows_are_told_and_the_others_added(index: StoryIndex) -> None:
    problems: list[Problem] = []
    rows: list[Any] = [{"id": "x"}, {"id": "a", "text": QUAKE}, article("b"), article("b", VOTE)]
    assert {item.id for item in index.add(rows, problems)} == {"a", "b"}
    assert {item.kind for item in problems} == {
        "empty article",
        "duplicate id with different content",
    }
    with pytest.raises(InputError, match="empty article"):
        index.add({"id": "x"})
    with pytest.raises(InputError, match="empty article"):
        index.update({"id": "a", "text": ""})
    check_index(index)


def test_an_article_without_a_date_has_the_time_of_its_adding_for_ever(index: StoryIndex) -> None:
    before = NOON + timedelta(days=1)
    clock = Clock(before)
    index._clock = clock
    undated = replace(article("a"), published_at=None)
    index.add([undated, article("b", VOTE)])
    given = index.article("a")
    assert given.time_imputed
    assert given.article.published_at == given.added_at == before + timedelta(seconds=1)
    assert not index.article("b").time_imputed
    clock.now += 5 * HOUR
    assert index.add(undated).status == "unchanged"
    assert index.add(replace(undated, text=f"{QUAKE} More soon.")).status == "updated"
    assert index.article("a").article.published_at == given.added_at
    index.add(article("a", hours=3))
    known = index.article("a")
    assert (known.article.published_at, known.time_imputed) == (START + 3 * HOUR, False)
    assert known.added_at == given.added_at
    index.add(undated)
    assert index.article("a").article.published_at == given.added_at
    check_index(index)


def test_odd_ids_and_texts_come_back_as_they_are(index: StoryIndex) -> None:
    odd = ["'; DROP TABLE articles; --", "ä b", "\U0001f300", "x" * 2000, "%", "普京"]
    index.add([article(id, f"{QUAKE} {id}\ud800", hours=k) for k, id in enumerate(odd)])
    assert set(articles_of(index)) == set(odd)
    check_index(index)
    index.remove(odd)
    check_index(index)
