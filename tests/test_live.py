"""The contract of the index: after every change it holds what the batch computes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.compute.growable import Columns
from dedup.config import Config
from dedup.duplicates.candidates import MAX_BUCKET
from dedup.encoders import Encoder, load_encoder
from dedup.index.live.live import LiveIndex
from dedup.readers.fields import as_articles
from dedup.records import Article, CleanText, DuplicateCluster, StoryGroup
from dedup.result import Result
from dedup.stories.affinity import AffinityModel
from tests.news_streams import START, HashingEncoder, Step, World, after

TIGHT = Config.from_mapping(
    {
        "cleaning": {"min_repeated_pages": 3},
        "neighbors": {"neighbors_per_language": 2, "min_shared_idf_bits": 25.0, "max_gap": "2d"},
        "stories": {"roundup_min_links": 3, "max_component_texts": 20},
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
    clusters: dict[str, DuplicateCluster] = field(default_factory=dict)
    stories: dict[str, StoryGroup] = field(default_factory=dict)
    grown: Columns = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.model = AffinityModel.load("", self.encoder.name)
        self.live = LiveIndex(self.config, self.encoder, self.model)

    def take(self, step: Step) -> None:
        # As they are read: with a language.
        removed = tuple(each for each in step.removed if each in self.articles)
        step = Step(tuple(as_articles(step.put)), removed)
        change = self.live.apply(step.put, step.removed)
        self.articles = after(self.articles, step)
        for gone in step.removed:
            del self.texts[gone], self.clusters[gone]
        self.texts.update(change.texts)
        for cluster in change.clusters:
            self.clusters.update((member.id, cluster) for member in cluster.members)
        for story in change.old_stories:
            self.stories.pop(story, None)
        self.stories.update((story.id, story) for story in change.stories)

    def open_again(self, *, renumbered: bool = False) -> None:
        """Forget what is in memory, and take over what was saved."""
        self.live.memory.lasting = {story: f"lasting {story}" for story in self.stories}
        saved = self.live.memory.saved(renumbered=renumbered)
        columns = {name: column.copy() for name, column in {**saved.grown, **saved.state}.items()}
        if renumbered:
            self.grown = {}
        self.grows(saved.grown)
        self.live = LiveIndex(self.config, self.encoder, self.model)
        self.live.memory.load(columns)
        for id, each in self.articles.items():
            self.live.articles.put(each, self.texts[id])
        assert self.live.memory.lasting == {story: f"lasting {story}" for story in self.stories}

    def grows(self, grown: Columns) -> None:
        """What only grows begins as it was when it was saved before."""
        for name, column in self.grown.items():
            assert np.array_equal(grown[name][: len(column)], column), name
        self.grown = {name: column.copy() for name, column in grown.items()}

    def ask(self, article: Article) -> None:
        """What is asked for changes nothing, be it there or not."""
        (asked,) = as_articles([article])
        self.live.memory.lasting.update({story: story for story in self.stories})
        self.live.query(asked, 3)

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
        assert self.clusters == {id: self.live.cluster_of(id) for id in self.articles}
        assert self.stories == {story.id: story for story in batch.story_groups}


def streams(seed: int, steps: int, config: Config = TIGHT, **given: Any) -> Followed:
    """A stream that is checked after every step, and opened again now and then."""
    random = Random(seed)
    followed = Followed(config, **given)
    world = World(random)
    for step in world.steps(steps):
        followed.take(step)
        followed.check()
        if random.random() < 0.2:
            followed.open_again(renumbered=random.random() < 0.5)
        if random.random() < 0.2:
            followed.ask(random.choice(world.articles))
    return followed


@pytest.mark.parametrize("seed", range(3))
def test_streams_of_changes_equal_the_batch(seed: int) -> None:
    streams(seed, steps=8)


@pytest.mark.parametrize("seed", range(2))
def test_large_buckets_come_and_go(seed: int) -> None:
    """Of more than 32 texts in a bucket only neighbours are compared."""
    random = Random(seed)
    crowd = World(random, 1, crowd=1).crowd(70)
    followed = Followed(TIGHT)
    followed.take(Step(tuple(crowd[: MAX_BUCKET - 2]), ()))
    left = crowd[MAX_BUCKET - 2 :]
    for change in (1, 2, -3, 4, -1, -6, 3, 9, 9, -2, 1, -20, 5):
        there = sorted(followed.articles)
        gone = random.sample(there, max(1, -change)) if change < 5 else []
        put = [left.pop() for _ in range(max(0, change) + len(gone) * (change > 0))]
        followed.take(Step(tuple(put), tuple(gone)))
        followed.check()


def test_streams_equal_the_batch_with_the_bundled_encoder_and_usual_settings() -> None:
    streams(7, steps=5, config=Config(), encoder=load_encoder())


POOL = World(Random(5), 24, crowd=6).articles

small_steps = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, len(POOL) - 1), st.integers(0, 40)), max_size=6),
        st.sets(st.integers(0, len(POOL) - 1), max_size=4),
    ),
    min_size=1,
    max_size=5,
)
"""Articles of the pool, some with the text of another or at another time, and others that go."""


def step_of(followed: Followed, put: Iterable[tuple[int, int]], gone: Iterable[int]) -> Step:
    changed: dict[str, Article] = {}
    for number, other in put:
        article = POOL[number]
        if other < len(POOL):
            article = replace(article, text=POOL[other].text)
        elif other % 2:
            article = replace(article, published_at=START + timedelta(hours=other))
        changed[article.id] = article
    removed = [POOL[number].id for number in sorted(gone)]
    return Step(
        tuple(changed.values()),
        tuple(each for each in removed if each in followed.articles and each not in changed),
    )


@settings(max_examples=8)
@given(small_steps)
def test_small_streams_equal_the_batch(
    stream: list[tuple[list[tuple[int, int]], set[int]]],
) -> None:
    followed = Followed(TIGHT)
    for put, gone in stream:
        followed.take(step_of(followed, put, gone))
        followed.check()
        for number, other in put:
            followed.ask(replace(POOL[number], text=POOL[other % len(POOL)].text))
    followed.open_again()
    followed.take(Step((), tuple(followed.articles)))
    followed.check()
    assert not followed.stories


@settings(max_examples=4)
@given(st.randoms(use_true_random=False))
def test_the_order_and_the_size_of_batches_do_not_matter(random: Random) -> None:
    articles = World(Random(3), 24, crowd=6).articles
    random.shuffle(articles)
    sizes = random.choices([1, 2, 3, 30], k=len(articles))
    followed = Followed(TIGHT)
    while articles:
        size = sizes.pop()
        followed.take(Step(tuple(articles[:size]), ()))
        del articles[:size]
    followed.check()


@pytest.mark.parametrize("seed", [2, 3])
def test_what_was_asked_is_not_remembered(seed: int) -> None:
    """The text that comes next has the number that the question had."""
    random = Random(seed)
    articles = World(random, 40, crowd=12).articles
    random.shuffle(articles)
    large = TIGHT.replace(
        neighbors={"max_gap": timedelta(days=30), "neighbors_per_language": 20},
        stories={"max_component_texts": 2000, "roundup_min_links": 50},
    )
    followed = Followed(large)
    followed.take(Step(tuple(articles[:20]), ()))
    for asked, coming in zip(articles[30:40], articles[20:30], strict=True):
        followed.ask(asked)
        followed.take(Step((coming,), ()))
    followed.check()


CHAINED = Config.from_mapping(
    {
        "neighbors": {"min_cosine": -1.0, "min_shared_idf_bits": 25.0, "max_gap": "20d"},
        "stories": {"max_component_texts": 45, "min_link_density": 0.3, "roundup_min_links": 5},
    }
)
"""Eight texts can percolate, and what is too large is split."""


def chain(random: Random, size: int, telling: int) -> list[Article]:
    """Texts of which each tells on what the one before told, now and then several of the same."""
    words = ["".join(random.choices("bcdfgklmnprstvz", k=9)) for _ in range(size * 3 + 12)]
    articles = []
    for number in range(size):
        place = 3 * (number - number % random.choice([1, 1, 4]))
        told = words[place : place + telling]
        random.shuffle(told)
        text = " ".join([*told, *random.choices(words, k=2), f"on day {number}"])
        time = START + timedelta(hours=2 * number + random.randrange(3))
        articles.append(Article(f"c{number:03}", " ".join(told[:4]), text, "", time, "en"))
    return articles


@pytest.mark.parametrize("seed", range(4))
def test_chains_that_percolate_equal_the_batch(seed: int) -> None:
    random = Random(seed)
    articles = chain(random, 150, 9 + seed)
    followed = Followed(CHAINED)
    random.shuffle(articles)
    followed.take(Step(tuple(articles[:90]), ()))
    followed.check()
    left = articles[90:]
    for number, change in enumerate((1, 1, -1, 3, -4, 25, 1, -20, 2, 1, 20, 1)):
        gone = random.sample(sorted(followed.articles), max(0, -change))
        put = [left.pop() for _ in range(max(0, change))]
        if put:
            followed.ask(put[0])
        followed.take(Step(tuple(put), tuple(gone)))
        if number % 3 == 2:
            followed.check()
        if random.random() < 0.2:
            followed.open_again(renumbered=random.random() < 0.5)
