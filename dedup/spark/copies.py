"""Copies: candidates by a shuffle of buckets, verified beside the texts, clusters by component.

The rules are those of `dedup.duplicates`, whose functions are called here on parts: on a bucket,
on some pairs, on the texts that matches connect.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa

from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
from dedup.description.clusters import describe_clusters
from dedup.duplicates.candidates import (
    needed_anchors,
    pairs_in_buckets,
    runs,
    signatures_agree,
)
from dedup.duplicates.clustering import NearDuplicates, assign_leaders
from dedup.duplicates.fingerprints import bands_may_miss, shingle_sizes
from dedup.duplicates.matches import Matches, Verifier
from dedup.duplicates.series import Origin
from dedup.duplicates.stretches import all_stretches, copies_apart, is_digest
from dedup.result import JACCARD_DIGITS
from dedup.spark.components import components
from dedup.spark.rows import (
    DataFrame,
    applied_to_partitions,
    functions,
    integers,
    joined_bytes,
    mapped,
    sorted_by,
    strings,
    table_of,
)
from dedup.spark.stages import Stages
from dedup.text.outlines import OUTLINE_CHARS

_TEXT, _NUMBER, _SHARE = pa.string(), pa.int64(), pa.float64()
PAIRS = pa.schema({"first": _NUMBER, "second": _NUMBER})
OVERLAPS = pa.schema({"first": _NUMBER, "second": _NUMBER, "shared": _NUMBER, "needed": _NUMBER})
_SHARES = ("jaccard", "containment_a", "containment_b")
MATCHES = pa.schema([*PAIRS, *((name, _SHARE) for name in _SHARES)])
CLUSTERS = pa.schema(
    {
        "number": _NUMBER,
        "representative_number": _NUMBER,
        "text_number": _NUMBER,
        "apart": pa.bool_(),
        "digest": pa.bool_(),
        "id": _TEXT,
        "duplicate_cluster": _TEXT,
        "representative": _TEXT,
        "copy_type": _TEXT,
        "jaccard": _SHARE,
        "containment": _SHARE,
        "source": _TEXT,
        "url": _TEXT,
        "language": _TEXT,
        "published_us": _NUMBER,
        "date_precision": _TEXT,
    }
)
_ORIGIN = (
    "source", "seconds", "language", "clean_title", f"left(text, {OUTLINE_CHARS}) as lead"
)  # fmt: skip
_ORIGIN_COLUMNS = ("source", "seconds", "language", "clean_title", "lead")
_TEXTS_OF_A_PARTITION = 5_000
_COMPILE_FROM_PAIRS = 4_000
"""Fewer pairs cost less than loading the compiled kernels."""


def candidates(texts: DataFrame, originals: DataFrame, config: Config) -> DataFrame:
    """Pairs of texts that may be copies, as `candidates.candidate_pairs` finds them."""
    first = originals.where("number = original").select("number")
    different = texts.join(first, "number", "left_semi")
    banded = different.where("tokens > 0").select(
        "number", functions.explode("buckets").alias("bucket")
    )
    in_a_band = mapped(banded, _list_band_pairs, PAIRS, "bucket").distinct()
    signatures = texts.select("number", "signature")
    alike = mapped(
        _with_both(in_a_band, signatures), partial(_filter_band_pairs, config=config), PAIRS
    )
    anchored = different.select(
        "number",
        "tokens",
        functions.size("anchors").cast("bigint").alias("anchors"),
        functions.explode(functions.array_distinct("anchors")).alias("bucket"),
    )
    count = partial(_count_shared_anchors, config=config)
    overlaps = mapped(anchored, count, OVERLAPS, "bucket")
    summed = overlaps.groupBy("first", "second", "needed").agg(
        functions.sum("shared").alias("shared")
    )
    return alike.union(mapped(summed, _filter_anchor_pairs, PAIRS)).distinct()


def _with_both(pairs: DataFrame, rows: DataFrame) -> DataFrame:
    """Pairs with the columns of both texts, named `..._a` and `..._b`."""
    for end, letter in (("first", "a"), ("second", "b")):
        named = {"number": end} | {
            name: f"{name}_{letter}" for name in rows.columns if name != "number"
        }
        pairs = pairs.join(rows.withColumnsRenamed(named), end)
    return pairs


def _list_band_pairs(table: pa.Table) -> pa.Table:
    texts = integers(table, "number")
    names = np.unique(texts)
    first, second = pairs_in_buckets(integers(table, "bucket"), texts)
    pairs = np.unique(first * len(names) + second)
    return table_of(PAIRS, first=names[pairs // len(names)], second=names[pairs % len(names)])


def _filter_band_pairs(table: pa.Table, config: Config) -> pa.Table:
    slots = config.fingerprints.num_perm
    both = [joined_bytes(table, f"signature_{k}", "<u4").reshape(-1, slots) for k in "ab"]
    rows = np.arange(table.num_rows)
    alike = signatures_agree(np.concatenate(both), rows, rows + len(rows), config.near_duplicates)
    return table.select(PAIRS.names).filter(pa.array(alike))


def _count_shared_anchors(table: pa.Table, config: Config) -> pa.Table:
    texts = integers(table, "number")
    names, places = np.unique(texts, return_index=True)
    tokens, anchors = integers(table, "tokens")[places], integers(table, "anchors")[places]
    first, second = pairs_in_buckets(integers(table, "bucket"), texts)
    pairs, shared = runs(np.sort(first * len(names) + second))
    first, second = pairs // max(1, len(names)), pairs % max(1, len(names))
    sizes = shingle_sizes(tokens, config.fingerprints)
    missed = bands_may_miss(tokens, sizes, first, second)
    first, second = first[missed], second[missed]
    return table_of(
        OVERLAPS,
        first=names[first],
        second=names[second],
        shared=shared[missed],
        needed=needed_anchors(np.minimum(anchors[first], anchors[second]), tokens, first, second),
    )


def _filter_anchor_pairs(table: pa.Table) -> pa.Table:
    enough = integers(table, "shared") >= integers(table, "needed")
    return table.select(PAIRS.names).filter(pa.array(enough))


def _origins(table: pa.Table) -> list[Origin]:
    """Origins of texts, from the columns `_ORIGIN`."""
    source, seconds, *rest = (
        table[name].to_pylist() if name == "seconds" else strings(table, name)
        for name in _ORIGIN_COLUMNS
    )
    return [Origin(*values) for values in zip(source, seconds, *rest, strict=True)]


def matches(pairs: DataFrame, texts: DataFrame, config: Config) -> DataFrame:
    """Those pairs that are copies, with their exact similarity."""
    bodies = texts.selectExpr("number", "coalesce(body, text) as body", "tokens", *_ORIGIN)
    return mapped(_with_both(pairs, bodies), partial(_verify, config=config), MATCHES)


def _verify(table: pa.Table, config: Config) -> pa.Table:
    ends = np.stack((integers(table, "first"), integers(table, "second")))
    names, places, local = np.unique(ends, return_index=True, return_inverse=True)
    both = pa.table(
        {
            name: pa.concat_arrays([table[f"{name}_{k}"].combine_chunks() for k in "ab"])
            for name in ("body", "tokens", *_ORIGIN_COLUMNS)
        }
    ).take(pa.array(places))
    verifier = Verifier(
        Utf8Texts.of(both["body"].combine_chunks()),
        integers(both, "tokens"),
        config,
        compiled=True if table.num_rows >= _COMPILE_FROM_PAIRS else None,
        threads=1,
        origin_of=_origins(both).__getitem__,
    )
    copies = verifier.matches(local.reshape(2, -1).T)
    shares = {name: getattr(copies, name) for name in _SHARES}
    return table_of(MATCHES, first=names[copies.first], second=names[copies.second], **shares)


def clusters(
    stages: Stages, texts: DataFrame, originals: DataFrame, matches: DataFrame, config: Config
) -> DataFrame:
    """A row per article: the cluster it is in, and how it relates to the representative.

    `text_number` is the number of the article that represents its stretch of the cluster in
    stories; `apart` says that this is not the stretch of the median copy, `digest` that the
    cluster is one of digests.
    """
    component_of = components(stages, "copies", matches.select("first", "second"))
    roots = component_of.select(functions.col("component").alias("number")).distinct()
    connected = component_of.union(roots.selectExpr("number", "number as component"))
    placed = originals.join(connected.withColumnRenamed("number", "original"), "original", "left")
    rows = texts.join(placed, "number").selectExpr(
        "number",
        "original",
        "coalesce(component, original) as component",
        "case when component is not null and number = original then coalesce(body, text) end "
        "as body",
        "tokens",
        "id",
        "url",
        "published_us",
        "date_precision",
        *_ORIGIN,
    )
    links = matches.join(connected.withColumnRenamed("number", "first"), "first")
    count = max(stages.tasks, stages.count("texts", texts) // _TEXTS_OF_A_PARTITION)
    work = partial(_cluster, config=config)
    return applied_to_partitions(rows, links, "component", count, work, CLUSTERS)


def _cluster(articles: pa.Table, links: pa.Table, config: Config) -> pa.Table:
    """Clusters of the articles of whole components."""
    table = sorted_by(articles, "number")
    names = integers(table, "number")
    originals = np.searchsorted(names, integers(table, "original"))
    different = np.unique(originals)
    bodies = [body.encode("utf-8", "replace") for body in strings(table, "body")]
    verifier = Verifier(
        Utf8Texts.of_bytes([bodies[row] for row in different.tolist()]),
        integers(table, "tokens")[different],
        config,
        threads=1,
        origin_of=_origins(table.take(pa.array(different))).__getitem__,
    )
    first, second = (
        np.searchsorted(names[different], integers(links, k)) for k in ("first", "second")
    )
    shares = (links[name].to_numpy() for name in _SHARES)
    known = Matches.joined([Matches(first, second, *shares)])
    leaders = assign_leaders(len(different), known, verifier)
    near = NearDuplicates.of_different(leaders, originals, config.near_duplicates)
    ids = table["id"].to_pylist()
    row_of = {id: row for row, id in enumerate(ids)}
    found = describe_clusters(ids, near)[0]
    members = [(cluster, member) for cluster in found for member in cluster.members]
    seconds = dict(zip(ids, table["seconds"].to_pylist(), strict=True))
    parts = all_stretches(found, seconds, config.neighbors.max_gap)
    text_of = {member.id: part.representative for part in parts for member in part.members}
    apart = copies_apart(parts, seconds)
    chosen = table.take(pa.array([row_of[member.id] for _, member in members], pa.int64()))
    return table_of(
        CLUSTERS,
        representative_number=names[[row_of[cluster.representative] for cluster, _ in members]],
        text_number=names[[row_of[text_of[member.id]] for _, member in members]],
        apart=[member.id in apart for _, member in members],
        digest=[is_digest(cluster) for cluster, _ in members],
        duplicate_cluster=[cluster.id for cluster, _ in members],
        representative=[cluster.representative for cluster, _ in members],
        copy_type=[member.copy_type for _, member in members],
        jaccard=[round(member.jaccard, JACCARD_DIGITS) for _, member in members],
        containment=[member.containment for _, member in members],
        **{
            name: chosen[name].combine_chunks()
            for name in (
                "number",
                "id",
                "source",
                "url",
                "language",
                "published_us",
                "date_precision",
            )
        },
    )
