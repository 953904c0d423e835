"""Driver 3: the steps of the batch on Apache Spark, in its order.

Where the batch looks at all texts at once, here a shuffle brings together what belongs together:
pages by source, texts by bucket, by pair, by component, by time. What is done there is done by the
functions of the steps. So the result is that of the batch, however the rows are divided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dedup.config import Config
from dedup.encoders import load_encoder
from dedup.pipeline import notes_on
from dedup.result import ARTICLE_COLUMNS, STORY_COLUMNS, Summary
from dedup.spark.copies import candidates, clusters, matches
from dedup.spark.groups import stories
from dedup.spark.links import links, profiles
from dedup.spark.reading import articles_of, cleaned, numbered, originals, read, repeated_lines
from dedup.spark.rows import DataFrame, functions
from dedup.spark.stages import Stages
from dedup.stories.affinity import AffinityModel


@dataclass(frozen=True)
class Found:
    """What a run found, as DataFrames.

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


def clustered(
    rows: Sequence[DataFrame],
    config: Config,
    stages: Stages,
    *,
    columns: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Found:
    """Duplicate clusters and story groups of the articles in a DataFrame.

    Args:
        rows: DataFrames with a row per article, under the usual names of columns, or with one
            binary column `line` of JSON.
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
    if config.cleaning.remove_boilerplate:
        repeated = kept("repeated-lines", lambda: repeated_lines(articles, config.cleaning))
    clean = kept("clean", lambda: cleaned(articles, repeated, config))
    texts = kept("texts", lambda: numbered(clean))
    equal = kept("equal-texts", lambda: originals(texts))
    pairs = kept("candidates", lambda: candidates(texts, equal, config))
    verified = kept("matches", lambda: matches(pairs, texts, config))
    copies = kept("clusters", lambda: clusters(stages, texts, equal, verified, config))
    voices = kept("profiles", lambda: profiles(texts, copies, config))
    count = stages.count("profiles", voices)
    linked = kept("links", lambda: links(stages, voices, model, config, count))
    told = kept("stories", lambda: stories(stages, texts, copies, voices, linked, model, config))
    total, split = told.selectExpr("count(*)", "sum(split_components)").first()
    number = stages.count("texts", texts)
    problems, examples = _problems(met)
    summary = Summary(
        articles=number,
        texts=count,
        story_groups=total,
        duplicates=number - count,
        problems=problems,
        removals=_counts(texts.selectExpr("explode(removed) as kind")),
        encoder=f"{encoder.name} {encoder.revision}",
        config_digest=config.digest(),
        notes=notes_on(
            encoder, model, config, count <= config.neighbors.max_exact_texts, int(split or 0)
        ),
    )
    return Found(_articles(copies, told, config), told.select(*STORY_COLUMNS), summary, examples)


def _articles(copies: DataFrame, told: DataFrame, config: Config) -> DataFrame:
    placed = told.selectExpr("id as story_group", "explode(placed) as member")
    members = placed.selectExpr(
        "member.id as id", "story_group", "member.probability as probability"
    )
    return (
        copies.join(members, "id")
        .withColumn("published_at", functions.expr("timestamp_micros(published_us)"))
        .withColumn("config_digest", functions.lit(config.digest()))
        .select(*ARTICLE_COLUMNS)
    )


def _problems(met: DataFrame) -> tuple[dict[str, int], list[tuple[str, str, str, bool]]]:
    """How often each kind of problem was met, and one of each."""
    rows = (
        met.where("kind is not null")
        .groupBy("kind")
        .agg(functions.count("*"), functions.min(functions.struct("place", "value", "kept")))
        .collect()
    )
    found = sorted((kind, int(count), *example) for kind, count, example in rows)
    return {kind: count for kind, count, *_ in found}, [
        (kind, place, value, kept) for kind, _, place, value, kept in found
    ]


def _counts(kinds: DataFrame) -> dict[str, int]:
    """How often each value of the column `kind` occurs."""
    rows = kinds.groupBy("kind").count().collect()
    return {kind: int(count) for kind, count in sorted(rows)}
