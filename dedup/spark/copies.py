"""Copies: candidates by a shuffle of buckets, verified beside the texts, clusters by component.

The rules are those of `candidates.py`, `matches.py` and `near_duplicates.py`, whose functions
are called here on parts: a bucket, some pairs, the texts that matches connect.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa

from dedup.compute.arrays import Int64s
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
from dedup.description.clusters import describe_clusters
from dedup.duplicates.candidates import (
    ESTIMATE_SLACK,
    MIN_SHARED_ANCHORS,
    agreement,
    bands_may_miss,
    pairs_in_buckets,
    runs,
)
from dedup.duplicates.clustering import NearDuplicates, assign_leaders
from dedup.duplicates.fingerprints import shingle_sizes
from dedup.duplicates.matches import Matches, Verifier
from dedup.result import JACCARD_DIGITS
from dedup.spark.components import components
from dedup.spark.rows import (
    DataFrame,
    applied_to_parcels,
    functions,
    joined_bytes,
    mapped,
    mapped_groups,
    numbers,
    sorted_by,
    strings,
    table_of,
)
from dedup.spark.stages import Stages

_TEXT, _NUMBER, _SHARE = pa.string(), pa.int64(), pa.float64()
PAIRS = pa.schema({"first": _NUMBER, "second": _NUMBER})
OVERLAPS = pa.schema({"first": _NUMBER, "second": _NUMBER, "shared": _NUMBER, "fewest": _NUMBER})
MATCHES = pa.schema(
    {
        "first": _NUMBER,
        "second": _NUMBER,
        "jaccard": _SHARE,
        "containment_a": _SHARE,
        "containment_b": _SHARE,
    }
)
CLUSTERS = pa.schema(
    {
        "number": _NUMBER,
        "founder": _NUMBER,
        "id": _TEXT,
        "duplicate_cluster": _TEXT,
        "representative": _TEXT,
        "copy_type": _TEXT,
        "jaccard": _SHARE,
        "containment": _SHARE,
        "source": _TEXT,
        "language": _TEXT,
        "published_us": _NUMBER,
    }
)
_TEXTS_OF_A_PARCEL = 5_000
_COMPILE_FROM_PAIRS = 4_000
"""Fewer pairs cost less than loading the compiled kernels."""


def candidates(texts: DataFrame, originals: DataFrame, config: Config) -> DataFrame:
    """Pairs of numbers of texts that may be copies, as `candidates.candidates` finds them."""
    first = originals.where("number = original").select("number")
    different = texts.join(first, "number", "left_semi")
    banded = different.where("tokens > 0").select(
        "number", functions.explode("buckets").alias("bucket")
    )
    in_a_band = mapped_groups(banded, "bucket", _in_bands, PAIRS).distinct()
    signatures = texts.select("number", "signature")
    alike = mapped(_with_both(in_a_band, signatures), partial(_agreeing, config=config), PAIRS)
    anchored = different.select(
        "number",
        "tokens",
        functions.size("anchors").cast("bigint").alias("anchors"),
        functions.explode(functions.array_distinct("anchors")).alias("bucket"),
    )
    overlaps = mapped_groups(anchored, "bucket", partial(_overlapping, config=config), OVERLAPS)
    inside = (
        overlaps.groupBy("first", "second", "fewest")
        .agg(functions.sum("shared").alias("shared"))
        .where(functions.col("shared") >= functions.col("fewest") * MIN_SHARED_ANCHORS)
    )
    return alike.union(inside.select("first", "second")).distinct()


def _with_both(pairs: DataFrame, rows: DataFrame) -> DataFrame:
    """Pairs with the columns of both texts, named `..._a` and `..._b`."""
    for place, letter in (("first", "a"), ("second", "b")):
        named = {"number": place} | {
            name: f"{name}_{letter}" for name in rows.columns if name != "number"
        }
        pairs = pairs.join(rows.withColumnsRenamed(named), place)
    return pairs


def _in_bands(table: pa.Table) -> pa.Table:
    texts = numbers(table, "number")
    names = np.unique(texts)
    first, second = pairs_in_buckets(numbers(table, "bucket"), texts)
    pairs = np.unique(first * len(names) + second)
    return table_of(PAIRS, first=names[pairs // len(names)], second=names[pairs % len(names)])


def _agreeing(table: pa.Table, config: Config) -> pa.Table:
    slots = config.fingerprints.num_perm
    a, b = (joined_bytes(table, f"signature_{k}", "<u4").reshape(-1, slots) for k in "ab")
    count = np.arange(table.num_rows)
    agreeing = agreement(np.concatenate((a, b)), count, count + len(count))
    alike = agreeing >= config.near_duplicates.min_jaccard - ESTIMATE_SLACK
    return table.select(PAIRS.names).filter(pa.array(alike))


def _overlapping(table: pa.Table, config: Config) -> pa.Table:
    texts = numbers(table, "number")
    names, places = np.unique(texts, return_index=True)
    tokens, anchors = numbers(table, "tokens")[places], numbers(table, "anchors")[places]
    first, second = pairs_in_buckets(numbers(table, "bucket"), texts)
    pairs, shared = runs(np.sort(first * len(names) + second))
    first, second = pairs // max(1, len(names)), pairs % max(1, len(names))
    sizes = shingle_sizes(tokens, config.fingerprints)
    kept = bands_may_miss(tokens, sizes, first, second)
    first, second = first[kept], second[kept]
    return table_of(
        OVERLAPS,
        first=names[first],
        second=names[second],
        shared=shared[kept],
        fewest=np.minimum(anchors[first], anchors[second]),
    )


def matches(pairs: DataFrame, texts: DataFrame, config: Config) -> DataFrame:
    """Those pairs that are copies, with their exact similarity."""
    bodies = texts.selectExpr("number", "coalesce(body, text) as body", "tokens")
    return mapped(_with_both(pairs, bodies), partial(_matching, config=config), MATCHES)


def _matching(table: pa.Table, config: Config) -> pa.Table:
    ends = np.stack((numbers(table, "first"), numbers(table, "second")))
    names, places, local = np.unique(ends, return_index=True, return_inverse=True)
    both = {
        name: pa.concat_arrays([table[f"{name}_{k}"].combine_chunks() for k in "ab"])
        for name in ("body", "tokens")
    }
    bodies = Utf8Texts.of(both["body"].take(pa.array(places)))
    tokens = both["tokens"].to_numpy()[places]
    compiled = True if table.num_rows >= _COMPILE_FROM_PAIRS else None
    verifier = Verifier(bodies, tokens, config, compiled=compiled, threads=1)
    found = verifier.matches(local.reshape(2, -1).T)
    return _match_rows(found, names)


def _match_rows(found: Matches, names: Int64s) -> pa.Table:
    return table_of(
        MATCHES,
        first=names[found.first],
        second=names[found.second],
        jaccard=found.jaccard,
        containment_a=found.containment_a,
        containment_b=found.containment_b,
    )


def clusters(
    stages: Stages, texts: DataFrame, originals: DataFrame, found: DataFrame, config: Config
) -> DataFrame:
    """A row per article: the cluster it is in, and how it relates to the representative."""
    hanging = components(stages, "copies", found.select("first", "second"))
    roots = hanging.select(functions.col("component").alias("number")).distinct()
    connected = hanging.union(roots.selectExpr("number", "number as component"))
    placed = originals.join(connected.withColumnRenamed("number", "original"), "original", "left")
    rows = texts.join(placed, "number").selectExpr(
        "number",
        "original",
        "coalesce(component, original) as component",
        "case when component is not null and number = original then coalesce(body, text) end "
        "as body",
        "tokens",
        "id",
        "source",
        "language",
        "published_us",
    )
    links = found.join(connected.withColumnRenamed("number", "first"), "first")
    count = max(stages.tasks, stages.count("texts", texts) // _TEXTS_OF_A_PARCEL)
    work = partial(_clustered, config=config)
    return applied_to_parcels(rows, links, "component", count, work, CLUSTERS)


def _clustered(articles: pa.Table, links: pa.Table, config: Config) -> pa.Table:
    """Clusters of the articles of whole components."""
    rows = sorted_by(articles, "number")
    names = numbers(rows, "number")
    originals = np.searchsorted(names, numbers(rows, "original"))
    kept = np.unique(originals)
    bodies = [body.encode("utf-8", "replace") for body in strings(rows, "body")]
    verifier = Verifier(
        Utf8Texts.of_bytes([bodies[place] for place in kept.tolist()]),
        numbers(rows, "tokens")[kept],
        config,
        threads=1,
    )
    first, second = (np.searchsorted(names[kept], numbers(links, k)) for k in ("first", "second"))
    shares = (links[k].to_numpy() for k in MATCHES.names[2:])
    known = Matches.joined([Matches(first, second, *shares)])
    leaders, found = assign_leaders(len(kept), known, verifier)
    near = NearDuplicates.of_different(leaders, found, originals, config.near_duplicates)
    ids = rows["id"].to_pylist()
    place = {each: k for k, each in enumerate(ids)}
    made = [
        (place[member.id], place[cluster.representative], cluster, member)
        for cluster in describe_clusters(ids, near)[0]
        for member in cluster.members
    ]
    chosen = rows.take(pa.array([number for number, *_ in made], pa.int64()))
    return table_of(
        CLUSTERS,
        number=chosen["number"].combine_chunks(),
        founder=names[[founder for _, founder, *_ in made]],
        duplicate_cluster=[cluster.id for *_, cluster, _ in made],
        representative=[cluster.representative for *_, cluster, _ in made],
        copy_type=[member.copy_type for *_, member in made],
        jaccard=[round(member.jaccard, JACCARD_DIGITS) for *_, member in made],
        containment=[member.containment for *_, member in made],
        **{
            name: chosen[name].combine_chunks()
            for name in ("id", "source", "language", "published_us")
        },
    )
