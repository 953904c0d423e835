"""The contract of the index: after every change it holds what the batch computes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.affinity import AffinityModel
from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.live import Live
from dedup.readers.fields import as_articles
from dedup.records import Article, CleanText, DuplicateCluster, StoryGroup
from dedup.result import Result
from dedup.store import Derived, StoredArticle
from tests.news_streams import START, HashingEncoder, Step, World, after

TIGHT = Config.from_mapping(
    {
        "cleaning": {"repeated_line_pages": 3},
        "neighbors": {"per_language": 2, "min_shared_bits": 25.0, "max_gap": "2d"},
        "stories": {"round_up_links": 3, "max_component": 20},
    }
)
"""Everything that depends on counts happens among some hundred articles already."""

HASHING = HashingEncoder()


@dataclass
class Followed:
    """Live articles, and what is known of them from what each change reported."""

    config: Config
    encoder: Encoder = HASHING
    articles: dict[str, Article] = field(default_factory=dict)
    texts: dict[str, CleanText] = field(default_factory=dict)
    derived: dict[str, Derived] = field(default_factory=dict)
    clusters: dict[str, DuplicateCluster] = field(default_factory=dict)
    stories: dict[str, StoryGroup] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.model = AffinityModel.load("", self.encoder.name)
        self.live = Live(self.config, self.encoder, self.model)

    def take(self, step: Step) -> None:
        # As they are read: with a language.
        step = Step(tuple(as_articles(step.put)), step.removed)
        outcome = self.live.apply(step.put, step.removed)
        self.articles = after(self.articles, step)
        for gone in step.removed:
            for known in (self.texts, self.derived, self.clusters):
                known.pop(gone, None)  # type: ignore[attr-defined]
        self.texts.update(outcome.texts)
        self.derived.update(outcome.derived)
        for cluster in outcome.clusters:
            self.clusters.update((member.id, cluster) for member in cluster.members)
        for story in outcome.gone:
            self.stories.pop(story, None)
        self.stories.update((story.id, story) for story in outcome.stories)

    def open_again(self) -> None:
        """Forget what is in memory, and take over what was stored."""
        rows = [
            (StoredArticle(each, START, False, "", self.texts[id]), self.derived[id])
            for id, each in sorted(self.articles.items())
        ]
        lasting = {
            self.clusters[member.id].representative: f"lasting {story.id}"
            for story in self.stories.values()
            for member in story.members
        }
        self.live = Live(self.config, self.encoder, self.model)
        clusters = {cluster.id: cluster for cluster in self.clusters.values()}
        found = self.live.load(rows, list(clusters.values()), lasting)
        assert found == {story: f"lasting {story}" for story in self.stories}

    def batch(self) -> Result:
        return dedup.cluster(
            self.articles.values(), self.config, encoder=self.encoder, affinity=self.model
        )

    def check(self) -> None:
        """Everything is as the batch has it."""
        batch = self.batch()
        assert self.texts == batch.clean_texts
        assert set(self.clusters.values()) == set(batch.duplicate_clusters)
        assert self.clusters.keys() == self.articles.keys()
        assert self.clusters == {id: self.live.cluster_of(id) for id in self.articles}  # noqa: A001
        assert self.derived.keys() == self.articles.keys()
        assert self.stories == {story.id: story for story in batch.story_groups}


def streams(seed: int, steps: int, config: Config = TIGHT, **given: Any) -> Followed:
    """A stream that is checked after every step, and opened again now and then."""
    random = Random(seed)
    followed = Followed(config, **given)
    for step in World(random, 110).steps(steps):
        followed.take(step)
        followed.check()
        if random.random() < 0.2:
            followed.open_again()
        if random.random() < 0.2:
            followed.live.query(World(random, 1).articles[0], {}, 3)
    return followed
