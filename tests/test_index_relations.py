"""Relations of story groups in an index are those of the batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

import dedup
from dedup.errors import NotFoundError
from dedup.index.story_index import StoryIndex
from dedup.records import StoryRelation
from tests.indexes import HASHING, MODEL, SMALL, all_stories, article, articles_of, opened
from tests.news_streams import World

TIED = SMALL.replace(
    related_stories={
        "min_cosine": 0.05,
        "min_shared_idf_bits": 12.0,
        "max_related": 2,
        "max_term_groups": 30,
    }
)


def ties_of_batch(index: StoryIndex) -> set[StoryRelation]:
    """Relations that the batch finds, by the ids of the index."""
    batch = dedup.cluster(
        articles_of(index).values(), index.config, encoder=HASHING, affinity=MODEL
    )
    ids = {
        story.id: index.placement(story.first_article).story_group for story in batch.story_groups
    }
    return {
        replace(relation, earlier=ids[relation.earlier], later=ids[relation.later])
        for relation in batch.related
    }


def check_ties(index: StoryIndex, *, archived: bool = False) -> int:
    """Every story group has the relations of the batch, in order; how many there are.

    Args:
        index: The index.
        archived: Whether stories are archived, so that they are not those of the batch.
    """
    wanted = set(index.result().related) if archived else ties_of_batch(index)
    for story in all_stories(index):
        related = index.related(story.id)
        assert set(related) == {
            relation for relation in wanted if story.id in (relation.earlier, relation.later)
        }
        assert len(related) == len(set(related))
    return len(wanted)


@pytest.mark.parametrize(("seed", "max_related"), [(1, 2), (2, 1), (3, 5)])
def test_ties_are_those_of_the_batch(tmp_path: Path, seed: int, max_related: int) -> None:
    random = Random(seed)
    pool = World(random, 90, crowd=16).articles
    random.shuffle(pool)
    config = TIED.replace(related_stories={"max_related": max_related})
    with opened(tmp_path, config) as index:
        index.add(pool[:60])
        assert check_ties(index) > 2
        for item in pool[60:66]:
            index.add(item)
        index.remove([item.id for item in pool[:25]])
        check_ties(index)
        with opened(tmp_path, None, read_only=True) as reader:
            check_ties(reader)
            index.add(pool[66:])
            index.update(replace(pool[70], text=pool[71].text))
            check_ties(reader)


def test_archived_stories_are_tied(tmp_path: Path) -> None:
    gap = timedelta(hours=12)
    config = TIED.replace(neighbors={"max_gap": gap}, index={"memory_window": 2 * gap})
    with opened(tmp_path, config) as index:
        pool = World(Random(4), 60, crowd=6).articles
        for item in sorted(pool, key=lambda item: str(item.published_at)):
            index.add(item)
        assert index.stats().in_memory < index.stats().articles
        assert check_ties(index, archived=True) > 5


def test_ties_of_no_story(index: StoryIndex) -> None:
    with pytest.raises(NotFoundError):
        index.related("s-none")
    index.add(article("a"))
    assert index.related(index.placement("a").story_group) == ()
