"""Story groups: grouping and description of the texts of whole components.

Linkage never crosses a component. The texts of a component and the links between them are sent
to one partition, where the functions of the batch group and describe them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from dedup.config import Config
from dedup.description.groups import describe_groups
from dedup.description.terms import DESCRIBED_CHARS, terms_of
from dedup.duplicates.stretches import is_digest
from dedup.output.headlines import in_languages
from dedup.output.tables import arrow_schema, arrow_table
from dedup.records import Article, CleanText, CopyType, DuplicateCluster, DuplicateMember
from dedup.result import STORY_COLUMNS, story_row
from dedup.spark.components import components
from dedup.spark.links import profiles_in
from dedup.spark.rows import (
    DataFrame,
    applied_to_partitions,
    functions,
    integers,
    sorted_by,
    strings,
    times,
)
from dedup.spark.stages import Stages
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.grouping import Grouping, group
from dedup.stories.profiles import name_hashes

_TEXT = pa.string()
_PLACED = pa.struct({"id": _TEXT, "probability": pa.float64()})
STORIES = pa.schema(
    [
        *arrow_schema(STORY_COLUMNS),
        pa.field("placed", pa.list_(_PLACED)),
        pa.field("split_components", pa.int64()),
    ]
)
"""A story group; its members with their probabilities; and how many components of the partition
were split, in the row of its first story."""
_COPY = (
    "id", "duplicate_cluster", "copy_type", "digest", "jaccard", "containment", "source",
    "url", "language", "published_us", "date_precision",
)  # fmt: skip
_TEXTS_OF_A_PARTITION = 2_000


def stories(
    stages: Stages,
    texts: DataFrame,
    clusters: DataFrame,
    profiles: DataFrame,
    links: DataFrame,
    model: AffinityModel,
    config: Config,
) -> DataFrame:
    """A row per story group, see `STORIES`."""
    component_of = components(stages, "stories", links.select("first", "second"))
    copies = clusters.groupBy(functions.col("text_number").alias("number")).agg(
        functions.collect_list(
            functions.struct(*_COPY, functions.col("number").alias("order"))
        ).alias("copies")
    )
    described = texts.selectExpr(
        *("number", "id", "title", "clean_title", "published"),
        f"left(text, {DESCRIBED_CHARS}) as lead",
    )
    rows = (
        profiles.join(described, "number")
        .join(copies, "number")
        .join(component_of, "number", "left")
        .withColumn("component", functions.coalesce("component", "number"))
    )
    roots = component_of.selectExpr("number as first", "component")
    linked = links.join(roots, "first", "left").withColumn(
        "component", functions.coalesce("component", "first")
    )
    count = max(stages.tasks, stages.count("profiles", profiles) // _TEXTS_OF_A_PARTITION)
    work = partial(_group, model=model, config=config)
    return applied_to_partitions(rows, linked, "component", count, work, STORIES)


def _group(texts: pa.Table, links: pa.Table, model: AffinityModel, config: Config) -> pa.Table:
    """The story groups of whole components."""
    rows = sorted_by(texts, "number")
    names = integers(rows, "number")
    affinity = Affinity(model, profiles_in(rows))
    clusters, articles = _records(rows)
    first, second = (np.searchsorted(names, integers(links, k)) for k in ("first", "second"))
    grouping = group(
        first,
        second,
        integers(links, "log_odds"),
        affinity.profiles.seconds,
        name_hashes(rows["id"].to_pylist()),
        affinity,
        config.stories,
        config.neighbors.max_gap,
        np.flatnonzero([is_digest(cluster) for cluster in clusters]),
    )
    return _rows(grouping, rows, clusters, articles, config)


def _rows(
    grouping: Grouping,
    rows: pa.Table,
    clusters: Sequence[DuplicateCluster],
    articles: Mapping[str, Article],
    config: Config,
) -> pa.Table:
    clean = zip(strings(rows, "clean_title"), strings(rows, "lead"), strict=True)
    texts = {
        cluster.representative: CleanText(title, lead)
        for cluster, (title, lead) in zip(clusters, clean, strict=True)
    }
    terms = terms_of(grouping, clusters, articles, texts)
    groups = describe_groups(grouping, clusters, articles, texts, terms)
    digest = config.digest()
    return arrow_table(
        [
            story_row(in_languages(story, config.output.headline_languages), digest)
            | {
                "placed": [
                    {"id": member.id, "probability": member.probability} for member in story.members
                ],
                "split_components": 0 if place else grouping.split_components,
            }
            for place, story in enumerate(groups)
        ],
        STORIES,
    )


def _records(rows: pa.Table) -> tuple[list[DuplicateCluster], dict[str, Article]]:
    """The stretches of duplicate clusters, in the order of the texts, and all their articles."""
    clusters, articles = [], {}
    ids = rows["id"].to_pylist()
    titles = dict(zip(ids, strings(rows, "title"), strict=True))
    leads = zip(rows["published"].to_pylist(), strings(rows, "lead"), strict=True)
    published_texts = dict(zip(ids, (text or lead for text, lead in leads), strict=True))
    for representative, copies in zip(ids, rows["copies"].to_pylist(), strict=True):
        members = []
        copies.sort(key=lambda copy: (copy["id"] != representative, copy["order"]))
        for copy in copies:
            id = copy["id"]
            leads = copy["digest"] and id == representative
            kind: CopyType = "digest" if leads else copy["copy_type"]
            members.append(DuplicateMember(id, kind, copy["jaccard"], copy["containment"]))
            (published,) = times([copy["published_us"]])
            articles[id] = Article(
                id=id,
                title=titles.get(id, ""),
                text=published_texts.get(id, ""),
                source=copy["source"],
                published_at=published,
                language=copy["language"],
                url=copy["url"],
                date_precision=copy["date_precision"],
            )
        cluster = copies[0]["duplicate_cluster"]
        clusters.append(DuplicateCluster(cluster, representative, tuple(members)))
    return clusters, articles
