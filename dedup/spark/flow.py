"""Driver 3: the steps of the batch on Apache Spark, in its order.

The batch sees all texts at once; here a shuffle brings together what belongs together: pages by
source, texts by bucket, by pair, by component, by time. The functions of the steps do the work
there. So the result is that of the batch, however the rows are divided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dedup.config import Config
from dedup.description.summary import notes_on
from dedup.encoders import load_encoder
from dedup.readers.columns import OnColumns
from dedup.readers.problems import nothing_read
from dedup.records import Summary
from dedup.result import ARTICLE_COLUMNS, STORY_COLUMNS
from dedup.spark.copies import candidates, clusters, matches
from dedup.spark.groups import stories
from dedup.spark.links import links, profiles
from dedup.spark.reading import (
    COLUMN_USE,
    articles_of,
    clean_texts,
    column_uses,
    originals,
    read,
    repeated_lines,
    with_numbers,
)
from dedup.spark.rows import DataFrame, functions
from dedup.spark.stages import Stages
from dedup.stories.affinity import AffinityModel


@dataclass(frozen=True)
class ClusteredRows:
    """The result of a run, as DataFrames.

    Args:
        articles: A row per article, with the columns `result.ARTICLE_COLUMNS`.
        stories: A row per story group, with the columns `result.STORY_COLUMNS`.
        summary: Counts.
        examples: A problem of each kind: kind, place, value, and whether the article was kept.
    """

    articles: DataFrame
    stories: DataFrame
    summary: Summary
    examples: Sequence[tuple[str, str, str, bool]]


def cluster_rows(
    rows: Sequence[DataFrame],
    config: Config,
    stages: Stages,
    *,
    columns: Mapping[str, str] | None = None,
    records: str = "",
    now: datetime | None = None,
    on_columns: OnColumns | None = None,
    inputs: str = "",
) -> ClusteredRows:
    """Duplicate clusters and story groups of the articles in a DataFrame.

    Args:
        rows: DataFrames with a row per article, under the usual names of columns, or with one
            binary column `line` of JSON.
        config: All settings.
        stages: Stores the finished stages.
        columns: The column to take for a field, where its usual names do not fit.
        records: Where the records are in JSON documents.
        now: A date later than a day after this is set aside.
        on_columns: Told which columns of documents are used, as soon as they are read.
        inputs: Names of the inputs; empty if it is no error that there is no article.

    Raises:
        InputError: The inputs give no article.
    """
    encoder = load_encoder(config.encoder)
    model = AffinityModel.load(config.affinity.weights, encoder.name)
    stage = stages.stage
    read_rows = stage("read", lambda: read(rows, config, columns, now, records))
    if on_columns is not None:
        for use in column_uses(read_rows):
            on_columns(use)
    articles = articles_of(read_rows)
    if inputs and articles.isEmpty():
        raise nothing_read(inputs, _problems(read_rows)[0])
    repeated = None
    if config.cleaning.remove_boilerplate:
        repeated = stage("repeated-lines", lambda: repeated_lines(articles, config.cleaning))
    clean = stage("clean", lambda: clean_texts(articles, repeated, config))
    texts = stage("texts", lambda: with_numbers(clean))
    equal = stage("equal-texts", lambda: originals(texts))
    pairs = stage("candidates", lambda: candidates(texts, equal, config))
    verified = stage("matches", lambda: matches(pairs, texts, config))
    copies = stage("clusters", lambda: clusters(stages, texts, equal, verified, config))
    profiled = stage("profiles", lambda: profiles(texts, copies, config))
    count = stages.count("profiles", profiled)
    clusters_count, apart = copies.selectExpr(
        "count(distinct duplicate_cluster)", "count_if(apart)"
    ).first()
    linked = stage("links", lambda: links(stages, profiled, model, config, count))
    groups = stage(
        "stories", lambda: stories(stages, texts, copies, profiled, linked, model, config)
    )
    story_count, split = groups.selectExpr("count(*)", "sum(split_components)").first()
    article_count = stages.count("texts", texts)
    problems, examples = _problems(read_rows)
    summary = Summary(
        articles=article_count,
        texts=clusters_count,
        story_groups=story_count,
        duplicates=article_count - clusters_count,
        problems=problems,
        removals=_counts(texts.selectExpr("explode(removed) as kind")),
        encoder=f"{encoder.name} {encoder.revision}",
        config_digest=config.digest(),
        notes=notes_on(
            encoder,
            model,
            config,
            count <= config.neighbors.max_exact_texts,
            int(split or 0),
            apart,
        ),
    )
    return ClusteredRows(
        _articles(copies, groups, config), groups.select(*STORY_COLUMNS), summary, examples
    )


def _articles(copies: DataFrame, groups: DataFrame, config: Config) -> DataFrame:
    placed = groups.selectExpr("id as story_group", "explode(placed) as member")
    members = placed.selectExpr(
        "member.id as id", "story_group", "member.probability as probability"
    )
    return (
        copies.join(members, "id")
        .withColumn("published_at", functions.expr("timestamp_micros(published_us)"))
        .withColumn("config_digest", functions.lit(config.digest()))
        .select(*ARTICLE_COLUMNS)
    )


def _problems(read_rows: DataFrame) -> tuple[dict[str, int], list[tuple[str, str, str, bool]]]:
    """Counts of each kind of problem, and an example of each."""
    rows = (
        read_rows.where("kind is not null")
        .where(functions.col("kind") != COLUMN_USE)
        .groupBy("kind")
        .agg(
            functions.count("*"), functions.min(functions.struct("place", "value", "article_kept"))
        )
        .collect()
    )
    rows.sort()
    return {kind: int(count) for kind, count, _ in rows}, [
        (kind, *example) for kind, _, example in rows
    ]


def _counts(kinds: DataFrame) -> dict[str, int]:
    """How often each value of the column `kind` occurs."""
    rows = kinds.groupBy("kind").count().collect()
    return {kind: int(count) for kind, count in sorted(rows)}
