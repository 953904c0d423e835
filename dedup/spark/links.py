"""Links between texts: each cell holds the texts it queries and all that may be linked to them.

A cell is a slice of time: it queries the texts of that slice, and holds beside them every text
within `max_gap`, and those without a date. Texts without a date are queried in cells that hold all
texts. So the cell that queries a text holds all that the pairs of the text depend on: the pairs of
all cells are those of the batch. Each profile is sent to its cells once, and pairs are scored in
the cell.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
import pyarrow as pa

from dedup.articles import UNDATED
from dedup.config import Config, EncoderConfig
from dedup.encoders import Encoder, load_encoder
from dedup.pipeline import linked_texts, profiles_of
from dedup.records import Article, CleanText
from dedup.spark.centroids import SCANNED, with_centroids
from dedup.spark.rows import (
    DataFrame,
    applied,
    functions,
    integers,
    mapped,
    sorted_by,
    strings,
    table_of,
    times,
)
from dedup.spark.stages import Stages
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.profiles import Profiles
from dedup.stories.serialization import profile_bytes, profiles_from, vector_bytes

_NUMBER, _BYTES = pa.int64(), pa.binary()
PROFILES = pa.schema(
    dict.fromkeys(("number", "seconds", "source_id"), _NUMBER)
    | dict.fromkeys(("vectors", "profile"), _BYTES)
)
LINKS = pa.schema({"first": _NUMBER, "second": _NUMBER, "log_odds": _NUMBER})
_QUERIED_IN_A_CELL = 5_000
_TEXTS_OF_A_SLICE = 1_000
_SLICE_ERROR = 0.001


def profiles(texts: DataFrame, clusters: DataFrame, config: Config) -> DataFrame:
    """Profiles of the representatives of the stretches of duplicate clusters."""
    representatives = clusters.where("number = text_number").select("number")
    chosen = texts.join(representatives, "number", "left_semi")
    return mapped(chosen, partial(_profile, config=config), PROFILES)


@lru_cache(maxsize=1)
def _encoder(config: EncoderConfig) -> Encoder:
    """The encoder of this process."""
    return load_encoder(config)


def _profile(table: pa.Table, config: Config) -> pa.Table:
    rows = zip(
        strings(table, "id"),
        strings(table, "source"),
        times(table["published_us"].to_pylist()),
        strings(table, "language"),
        strings(table, "clean_title"),
        strings(table, "text"),
        strings(table, "title"),
        strict=True,
    )
    articles, texts = [], {}
    for id, source, published, language, clean_title, text, title in rows:
        articles.append(Article(id, title, "", source, published, language))
        texts[id] = CleanText(clean_title, text)
    profiled = profiles_of(articles, texts, _encoder(config.encoder), config)
    every = range(len(articles))
    return table_of(
        PROFILES,
        number=integers(table, "number"),
        seconds=profiled.seconds,
        source_id=profiled.sources,
        vectors=[vector_bytes(profiled, row) for row in every],
        profile=[profile_bytes(profiled, row) for row in every],
    )


def profiles_in(table: pa.Table) -> Profiles:
    """The profiles of rows with the columns `PROFILES`, in their order."""
    profiles = profiles_from(
        table["vectors"].to_pylist(),
        table["profile"].to_pylist(),
        integers(table, "seconds"),
        integers(table, "source_id"),
    )
    # The index computes with the int16 of its store; here products are those of float32.
    return replace(
        profiles,
        vectors=profiles.vectors.astype(np.float32),
        title_vectors=profiles.title_vectors.astype(np.float32),
    )


def links(
    stages: Stages, profiles: DataFrame, model: AffinityModel, config: Config, texts: int
) -> DataFrame:
    """Pairs of texts that are probable enough to be linked, with their log-odds.

    Args:
        stages: Knows how many tasks run at a time.
        profiles: See `PROFILES`.
        model: Scores pairs.
        config: Limits of candidates.
        texts: Number of profiles: above `neighbors.max_exact_texts` cells are cut once
            more, by the nearest centroids.
    """
    cells = _cells(stages, profiles, config)
    gap = int(config.neighbors.max_gap.total_seconds())
    inside = f"low is null or seconds = {UNDATED} or seconds between low - {gap} and high + {gap}"
    queried = (
        f"case when low is null then seconds = {UNDATED} and pmod(xxhash64(number), slots) = slot "
        "else seconds between low and high end as queried"
    )
    placed = profiles.join(functions.broadcast(cells), functions.expr(inside))
    columns = ["cell", queried, *PROFILES.names]
    keys = ["cell"]
    if texts > config.neighbors.max_exact_texts:
        placed = with_centroids(stages, placed, profiles)
        columns, keys = [*columns, "centroid"], ["cell", "centroid"]
        config = config.replace(neighbors={"max_exact_texts": SCANNED})
    work = partial(_link, model=model, config=config)
    return applied(placed.selectExpr(*columns), keys, work, LINKS).distinct()


def _cells(stages: Stages, profiles: DataFrame, config: Config) -> DataFrame:
    """Rows (cell, low, high, slot, slots): slices of time, then cells of texts without a date."""
    dates = profiles.selectExpr(f"nullif(seconds, {UNDATED}) as time")
    row = dates.selectExpr("min(time)", "max(time)", "count(time)", "count(*)").first()
    first, last, count, every = (int(value or 0) for value in row)
    gap = int(config.neighbors.max_gap.total_seconds())
    # A slice much shorter than the gap holds little beside what other slices hold, too.
    slices = min((last - first) // gap, count // _TEXTS_OF_A_SLICE)
    slices = min(max(stages.tasks, slices), count)
    shares = [k / slices for k in range(1, slices)]
    inner = dates.approxQuantile("time", shares, _SLICE_ERROR) if shares else []
    lows = sorted({first, *map(int, inner)}) if count else []
    highs = [low - 1 for low in lows[1:]] + [last]
    spans: list[tuple[int | None, ...]] = [
        (low, high, 0, 1) for low, high in zip(lows, highs, strict=False)
    ]
    slots = -(-(every - count) // _QUERIED_IN_A_CELL)
    spans += [(None, None, slot, slots) for slot in range(slots)]
    rows = [(cell, *span) for cell, span in enumerate(spans)]
    layout = "cell bigint, low bigint, high bigint, slot bigint, slots bigint"
    return stages.spark.createDataFrame(rows, layout)


def _link(table: pa.Table, model: AffinityModel, config: Config) -> pa.Table:
    """Links of one cell, of the texts that it queries."""
    rows = sorted_by(table, "number")
    queried = np.flatnonzero(rows["queried"].to_numpy())
    affinity = Affinity(model, profiles_in(rows))
    first, second, log_odds = linked_texts(affinity, config, rows=queried)
    names = integers(rows, "number")
    return table_of(LINKS, first=names[first], second=names[second], log_odds=log_odds)
