"""Driver 3: the steps of the batch on Apache Spark, in its order.

Where the batch looks at all texts at once, here a shuffle brings together what belongs together:
pages by source, texts by bucket, by pair, by component, by time. What is done there is done by the
functions of the steps. So the result is that of the batch, however the rows are divided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dedup.affinity import AffinityModel
from dedup.config import Config
from dedup.encoders import load_encoder
from dedup.pipeline import notes_on
from dedup.result import ARTICLE_COLUMNS, JACCARD_DIGITS, STORY_COLUMNS, Summary
from dedup.spark.copies import candidates, clusters, matches
from dedup.spark.groups import stories
from dedup.spark.links import links, profiles
from dedup.spark.reading import articles_of, cleaned, numbered, originals, read, repeated_lines
from dedup.spark.rows import DataFrame, functions
from dedup.spark.stages import Stages


@dataclass(frozen=True)
class Found:
    """What a run found, as DataFrames.

    Args:
        articles: A row per article, with the columns `result.ARTICLE_COLUMNS`.
        stories: A row per story group, with the columns `result.STORY_COLUMNS`.
        summary: Counts.
    """

    articles: DataFrame
    stories: DataFrame
    summary: Summary


def clustered(
    rows: DataFrame,
    config: Config,
    stages: Stages,
    *,
    columns: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Found:
    """Duplicate clusters and story groups of the articles in a DataFrame.

    Args:
        rows: A row per article, under the usual names of columns, or lines of JSON.
        config: All settings.
        stages: Where finished stages are kept.
        columns: The column to take for a field, where its usual names do not fit.
        now: A date later than a day after this is set aside.
    """
    encoder = load_encoder(config.encoder)
    model = AffinityModel.load(config.affinity.weights, encoder.name)
    kept = stages.kept
    met = kept("read", lambda: read(rows, config, columns, now))
    articles = articles_of(met)
    repeated = None
    if config.cleaning.remove_furniture:
        repeated = kept("repeated-lines", lambda: repeated_lines(articles, config.cleaning))
    clean = kept("clean", lambda: cleaned(articles, repeated, config))
    texts = kept("texts", lambda: numbered(clean))
    equal = kept("equal-texts", lambda: originals(texts))
    pairs = kept("candidates", lambda: candidates(texts, equal, config))
    verified = kept("matches", lambda: matches(pairs, texts, config))
    copies = kept("clusters", lambda: clusters(stages, texts, equal, verified, config))
    voices = kept("profiles", lambda: profiles(texts, copies, config))
    count = voices.count()
    linked = kept("links", lambda: links(stages, voices, model, config, count))
    told = kept("stories", lambda: stories(stages, texts, copies, voices, linked, model, config))
    total, split = told.selectExpr("count(*)", "sum(split_components)").first()
    number = texts.count()
    summary = Summary(
        articles=number,
        texts=count,
        story_groups=total,
        duplicates=number - count,
        problems=_counts(met.where("kind is not null").selectExpr("kind")),
        removals=_counts(texts.selectExpr("explode(removed) as kind")),
        encoder=f"{encoder.name} {encoder.revision}",
        config_digest=config.digest(),
        notes=notes_on(encoder, model, config, count, int(split or 0)),
    )
    return Found(_articles(copies, told, config), told.select(*STORY_COLUMNS), summary)


def _articles(copies: DataFrame, told: DataFrame, config: Config) -> DataFrame:
    placed = told.selectExpr("story_group", "explode(placed) as member")
    members = placed.selectExpr("member.id as id", "story_group", "member.probability as probability")
    return (
        copies.join(members, "id")
        .withColumn("jaccard", functions.round("jaccard", JACCARD_DIGITS))
        .withColumn("published_at", functions.expr("timestamp_micros(published_us)"))
        .withColumn("config_digest", functions.lit(config.digest()))
        .select(*ARTICLE_COLUMNS)
    )


def _counts(kinds: DataFrame) -> dict[str, int]:
    """How often each value of the column `kind` occurs."""
    rows = kinds.groupBy("kind").count().collect()
    return {kind: int(count) for kind, count in sorted(rows)}
