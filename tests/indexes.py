"""What an index must hold, compared with the batch, and helpers of its tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dedup
from dedup.config import Config
from dedup.index.story_index import StoryIndex
from dedup.records import Article, StoryGroup
from dedup.result import Result
from dedup.store.identity import replay
from dedup.stories.affinity import AffinityModel
from tests.news_streams import START, HashingEncoder

PATIENCE = 120
"""Seconds for what takes one, on a machine that has much else to do."""
NOON = datetime(2024, 3, 20, 12, tzinfo=UTC)
HASHING = HashingEncoder()
MODEL = AffinityModel.load("", HASHING.name)
SMALL = Config.from_mapping(
    {
        "cleaning": {"min_repeated_pages": 3},
        "neighbors": {"neighbors_per_language": 3, "min_shared_idf_bits": 25.0, "max_gap": "2d"},
        "stories": {"roundup_min_links": 3},
    }
)


HOUR = timedelta(hours=1)
QUAKE = (
    "An earthquake of magnitude 6.1 shook Herat on Saturday; Abdul Karimi of the relief office "
    "said that rescuers had reached Zindajan, where houses of clay had fallen, by noon. "
)
VOTE = (
    "Parliament in Riga elected Edgars Kalnins speaker after a night of talks between the four "
    "parties of the coalition, said Baiba Ozola, who counted the ballots in the old hall. "
)


def article(id: str, text: str = QUAKE, hours: int = 0, **fields: Any) -> Article:
    given = {"title": "", "source": "north.example", "language": "en", **fields}
    return Article(id, text=text, published_at=START + hours * HOUR, **given)


def rows_of(articles: Iterable[Article]) -> list[dict[str, Any]]:
    """Articles as rows of JSON, under the names of their fields."""
    rows = [asdict(item) for item in articles]
    for row in rows:
        row["published_at"] = row["published_at"] and row["published_at"].isoformat()
    return rows


class Clock:
    """A second later each time."""

    def __init__(self, start: datetime = NOON) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def opened(path: Path | str, config: Config | None = SMALL, **options: Any) -> StoryIndex:
    """An index with a quick encoder and a clock of its own."""
    return StoryIndex.open(path, config, **{"encoder": HASHING, "clock": Clock(), **options})


def all_stories(index: StoryIndex, **wanted: Any) -> Iterator[StoryGroup]:
    """Story groups of all pages."""
    cursor = ""
    while True:
        page = index.stories(**{"limit": 7, **wanted}, cursor=cursor)
        yield from page.stories
        cursor = page.cursor
        if not cursor:
            return


def articles_of(index: StoryIndex) -> dict[str, Article]:
    """All articles of an index by id."""
    ids = [member.id for story in all_stories(index) for member in story.members]
    assert len(ids) == len(set(ids))
    return {id: index.article(id).article for id in ids}


def what_is_known(index: StoryIndex) -> tuple[object, ...]:
    """Copies, links and stories as they are in memory."""
    index.warm_up()
    live = index._memory.live
    assert live
    memory, texts = live.memory, live.memory.texts
    first, second, odds = memory.links.table.all()
    links = zip(first.tolist(), second.tolist(), odds.tolist(), strict=True)
    return (
        memory.lasting,
        dict(memory.clean_texts.source_of),
        {id: live.cluster_of(id) for id in memory.clean_texts.source_of},
        {id: memory.lasting_story(row) for id, row in texts.row_of.items()},
        {(*sorted((texts.articles[a], texts.articles[b])), odd) for a, b, odd in links},
    )


def check_index(index: StoryIndex) -> None:
    """It holds what the batch computes from its articles, and its history tells how."""
    articles = articles_of(index)
    batch = dedup.cluster(articles.values(), index.config, encoder=HASHING, affinity=MODEL)
    stories = {story.id: story for story in all_stories(index)}
    without_ids = [replace(story, id="") for story in stories.values()]
    assert sorted(without_ids, key=lambda item: item.first_article) == sorted(
        (replace(story, id="") for story in batch.story_groups), key=lambda item: item.first_article
    )
    for cluster in batch.duplicate_clusters:
        places = index.cluster(cluster.id)
        assert places[0].id == cluster.representative
        assert {(item.id, item.copy_type, item.jaccard, item.containment) for item in places} == {
            (item.id, item.copy_type, item.jaccard, item.containment) for item in cluster.members
        }
    for story in stories.values():
        for member in story.members:
            place = index.placement(member.id)
            assert (place.story_group, place.duplicate_cluster) == (
                story.id,
                member.duplicate_cluster,
            )
            assert place.probability == member.probability
            assert index.article(member.id).clean == batch.clean_texts[member.id]
    check_whole(index, batch)
    check_history(index, stories)
    stats = index.stats()
    assert (stats.articles, stats.texts) == (len(articles), len(batch.duplicate_clusters))
    assert stats.story_groups == len(stories)
    assert index.check() == []


def check_whole(index: StoryIndex, batch: Result) -> None:
    """All of it as one result is that of the batch, but for the ids of its stories."""
    whole = index.result()
    for field in ("articles", "clean_texts", "duplicate_clusters", "matches", "problems"):
        assert getattr(whole, field) == getattr(batch, field), field
    assert [replace(story, id="") for story in whole.story_groups] == [
        replace(story, id="") for story in batch.story_groups
    ]
    lasting = {
        theirs.id: ours.id
        for ours, theirs in zip(whole.story_groups, batch.story_groups, strict=True)
    }
    assert set(whole.related) == {
        replace(relation, earlier=lasting[relation.earlier], later=lasting[relation.later])
        for relation in batch.related
    }
    assert whole.regroup().story_groups == batch.story_groups


def check_history(index: StoryIndex, stories: dict[str, StoryGroup]) -> None:
    """All events lead to the story groups that there are."""
    events = index.changes()
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert index.stats().events == len(events)
    assert replay(events) == {
        id: frozenset(member.id for member in story.members) for id, story in stories.items()
    }
