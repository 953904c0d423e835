"""Spark finds what the batch finds, however the rows are divided."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from dedup.config import Config
from dedup.readers.files import read_articles
from tests.news_streams import World
from tests.on_spark import in_batch, on_spark

# Java's gateway leaves sockets to the garbage collector.
pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
def divided(spark: Any) -> Iterator[Any]:
    """Sets into how many partitions shuffles go, small or not."""
    before = spark.conf.get("spark.sql.shuffle.partitions")
    coalesce = "spark.sql.adaptive.coalescePartitions.enabled"

    def divide(count: int) -> Any:
        spark.conf.set("spark.sql.shuffle.partitions", str(count))
        spark.conf.set(coalesce, "false")
        return spark

    yield divide
    spark.conf.set("spark.sql.shuffle.partitions", before)
    spark.conf.set(coalesce, "true")


@pytest.mark.parametrize("partitions", [1, 5])
def test_the_demonstration_corpus_is_that_of_the_batch(
    partitions: int, divided: Any, seeds_path: Path
) -> None:
    articles = list(read_articles([seeds_path]))
    found = on_spark(divided(partitions), articles, Config())
    assert found == in_batch(articles, Config())


@pytest.mark.parametrize("partitions", [1, 4])
def test_made_up_news_is_that_of_the_batch(partitions: int, divided: Any) -> None:
    """Copies, templates in large buckets, round-ups, repeated lines, equal and missing times."""
    made = random.Random(partitions)
    articles = World(made, 160, crowd=50).articles
    undated = {article.id for article in made.sample(articles, 20)}
    articles = [
        replace(article, published_at=None) if article.id in undated else article
        for article in articles
    ]
    twice = [replace(article, title="Later") for article in articles[:3]] + articles[3:5]
    config = Config().replace(
        neighbors={"max_gap": timedelta(days=2), "per_language": 4},
        stories={"max_component": 20, "round_up_links": 3},
    )
    shuffled = [*articles, *twice]
    made.shuffle(shuffled)
    assert on_spark(divided(partitions), shuffled, config) == in_batch(shuffled, config)


def test_components_are_those_of_the_whole_graph(spark: Any, tmp_path: Path) -> None:
    from dedup.spark.components import components
    from dedup.spark.stages import Stages

    made = np.random.default_rng(3)
    # A path, which takes the most rounds, a star, and chance.
    edges = [(k, k + 1) for k in range(14)] + [(100, 101 + k) for k in range(30)]
    edges += [(min(pair), max(pair)) for pair in (made.choice(200, (60, 2)) + 200).tolist()]
    edges = sorted({(a, b) for a, b in edges if a != b})
    frame = spark.createDataFrame(edges, "first bigint, second bigint").repartition(5)
    found = {
        row.number: row.component
        for row in components(Stages(spark, str(tmp_path / "x")), "x", frame).collect()
    }
    first, second = np.array(edges).T
    graph = sp.coo_array((np.ones(len(first)), (first, second)), shape=(400, 400))
    labels = connected_components(graph, directed=False)[1]
    smallest = {label: k for k, label in reversed(list(enumerate(labels.tolist())))}
    wanted = {k: smallest[label] for k, label in enumerate(labels.tolist())}
    assert found == {k: root for k, root in wanted.items() if k != root}
