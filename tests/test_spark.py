"""Spark finds what the batch finds, however the rows are divided."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import adjusted_rand_score

from dedup.articles import body_of
from dedup.cleaning import clean_articles
from dedup.config import Config
from dedup.description.clusters import describe_clusters
from dedup.duplicates.clustering import find_near_duplicates
from dedup.readers.files import read_articles
from dedup.records import Article
from tests.news_streams import START, World
from tests.on_spark import divided, frame_of, in_batch, on_spark

# Java's gateway leaves sockets to the garbage collector.
pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def test_the_demonstration_corpus_is_that_of_the_batch(java: None, seeds_path: Path) -> None:
    articles = list(read_articles([seeds_path]))
    with divided(2) as spark:
        found = on_spark(spark, articles, Config())
    assert found == in_batch(articles, Config())


def test_made_up_news_is_that_of_the_batch(java: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies, templates in large buckets, round-ups, repeated lines, equal and missing times."""
    # No graph is so small that one task has all of it.
    monkeypatch.setattr("dedup.spark.components._EDGES_OF_A_TASK", 0)
    made = random.Random(4)
    articles = World(made, 160, crowd=50).articles
    undated = {article.id for article in made.sample(articles, 20)}
    articles = [
        replace(article, published_at=None) if article.id in undated else article
        for article in articles
    ]
    twice = [replace(article, title="Later") for article in articles[:3]] + articles[3:5]
    config = Config().replace(
        neighbors={"max_gap": timedelta(days=2), "neighbors_per_language": 4},
        stories={"max_component_texts": 20, "roundup_min_links": 3},
    )
    shuffled = [*articles, *twice]
    made.shuffle(shuffled)
    with divided(5) as spark:
        found = on_spark(spark, shuffled, config)
    assert found == in_batch(shuffled, config)


@pytest.mark.parametrize("held", [0, 1_000])
def test_components_are_those_of_the_whole_graph(
    held: int, spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dedup.spark.components import components
    from dedup.spark.stages import Stages

    monkeypatch.setattr("dedup.spark.components._EDGES_OF_A_TASK", held)
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


class EnoughError(Exception):
    """What was wanted of a run is done."""


def test_a_large_template_is_that_of_the_batch(spark: Any, tmp_path: Path) -> None:
    """4,000 texts in the same buckets; no two are copies, so all after that is one by one."""
    from dedup.spark.flow import cluster_rows
    from dedup.spark.stages import Stages

    articles = template(random.Random(1), 4_000)

    def told(stage: str) -> None:
        if stage == "profiles":
            raise EnoughError

    with pytest.raises(EnoughError):
        cluster_rows([frame_of(spark, articles)], Config(), Stages(spark, str(tmp_path), told))
    pairs, placed = (
        spark.read.parquet(f"{tmp_path}/{name}") for name in ("candidates", "clusters")
    )
    assert 4_000 < pairs.count() < 50 * 4_000
    texts = clean_articles(articles, Config().cleaning)
    near = find_near_duplicates([body_of(texts[each.id]) for each in articles], Config())
    clusters, _ = describe_clusters([each.id for each in articles], near)
    assert len(clusters) > 3_600
    columns = ("id", "duplicate_cluster", "representative", "copy_type")
    assert {tuple(row) for row in placed.select(*columns).collect()} == {
        (member.id, cluster.id, cluster.representative, member.copy_type)
        for cluster in clusters
        for member in cluster.members
    }


def test_a_large_story_is_that_of_the_batch(spark: Any, tmp_path: Path) -> None:
    """800 texts of one story, nearly all of them in one component."""
    articles = large_story(random.Random(1), 800)
    config = Config().replace(neighbors={"max_gap": timedelta(hours=2)})
    found = on_spark(spark, articles, config, str(tmp_path))
    hanging = spark.read.parquet(f"{tmp_path}/stories-all").groupBy("component").count()
    assert max(row[1] for row in hanging.collect()) > 700
    assert found == in_batch(articles, config)
    assert len({row["duplicate_cluster"] for row in found[0]}) > 700
    assert max(row["texts"] for row in found[1]) > 600


def test_beyond_exact_search_most_is_found_and_the_summary_says_so(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dedup.spark import centroids, links
    from dedup.spark.flow import cluster_rows
    from dedup.spark.stages import Stages

    for module in (centroids, links):
        monkeypatch.setattr(module, "SCANNED", 60)
    articles = World(random.Random(8), 140, crowd=12).articles
    config = Config().replace(neighbors={"max_exact_texts": 50})
    found = cluster_rows([frame_of(spark, articles)], config, Stages(spark, str(tmp_path / "x")))
    stories = {row.id: row.story_group for row in found.articles.collect()}
    exact = {row["id"]: row["story_group"] for row in in_batch(articles, Config())[0]}
    ids = sorted(exact)
    same = adjusted_rand_score([exact[each] for each in ids], [stories[each] for each in ids])
    assert same > 0.8
    assert spark.read.parquet(str(tmp_path / "x" / "centroids")).distinct().count() > len(ids)
    assert any("neighbours are approximate" in note for note in found.summary.notes)


def nonsense(made: random.Random, count: int) -> list[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ["".join(made.choices(letters, k=made.randint(2, 8))) for _ in range(count)]


def template(made: random.Random, count: int) -> list[Article]:
    """Texts of one frame and some words of their own, too far apart in time to be one story."""
    words = nonsense(made, 20_000)
    frame = made.choices(words, k=23)
    return [
        Article(
            f"t{number:05}",
            text=" ".join(frame + made.choices(words, k=7)),
            published_at=START + timedelta(hours=3 * number),
            language="en",
        )
        for number in range(count)
    ]


def large_story(made: random.Random, count: int) -> list[Article]:
    """Texts that share names, a minute apart."""
    words = nonsense(made, 3_000)
    names = [word.capitalize() + "ov" for word in nonsense(made, 8)]
    texts = [made.choices(words, k=10) + made.choices(names, k=8) for _ in range(count)]
    for text in texts:
        made.shuffle(text)
    return [
        Article(
            f"s{number:05}",
            f"{names[0]} {names[1]} {text[0]}",
            " ".join(f"the {word} of" for word in text),
            f"Paper {number % 50}",
            START + timedelta(minutes=number),
            "en",
        )
        for number, text in enumerate(texts)
    ]
