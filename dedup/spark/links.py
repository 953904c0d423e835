"""Links between texts: each cell holds some texts and all that may be linked to them.

A cell is a slice of time: it asks for the pairs of the texts of that slice, and holds
beside them every text within `max_gap`, and those without a date. Texts without a date are asked
for in cells that hold all texts. So all that a pair depends on is in the cell that asks for it: the
pairs of all cells are those of the batch. The profiles are sent to their cells once, and pairs are
scored where they are found.
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
    mapped,
    numbers,
    sorted_by,
    strings,
    table_of,
    times,
)
from dedup.spark.stages import Stages
from dedup.store import Derived
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.profiles import Profiles
from dedup.stories.serialization import VERSION, profile_bytes, profiles_from, vector_bytes

_NUMBER, _BYTES = pa.int64(), pa.binary()
PROFILES = pa.schema(
    {
        "number": _NUMBER,
        "seconds": _NUMBER,
        "language_key": _NUMBER,
        "source_key": _NUMBER,
        "vectors": _BYTES,
        "profile": _BYTES,
    }
)
LINKS = pa.schema({"first": _NUMBER, "second": _NUMBER, "log_odds": _NUMBER})
_ASKED_IN_A_CELL = 5_000
_TEXTS_OF_A_SLICE = 1_000
_SLICE_ERROR = 0.001


def profiles(texts: DataFrame, clusters: DataFrame, config: Config) -> DataFrame:
    """What the affinity compares, of the texts that represent others or themselves."""
    founders = clusters.where("number = founder").select("number")
    chosen = texts.join(founders, "number", "left_semi")
    return mapped(chosen, partial(_profiled, config=config), PROFILES)


@lru_cache(maxsize=1)
def _encoder(config: EncoderConfig) -> Encoder:
    """The encoder of this process."""
    return load_encoder(config)


def _profiled(table: pa.Table, config: Config) -> pa.Table:
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
    for id, source, published, language, title, text, head in rows:
        articles.append(Article(id, head, "", source, published, language))
        texts[id] = CleanText(title, text)
    found = profiles_of(articles, texts, _encoder(config.encoder), config)
    every = range(len(articles))
    return table_of(
        PROFILES,
        number=numbers(table, "number"),
        seconds=found.seconds,
        language_key=found.languages,
        source_key=found.sources,
        vectors=[vector_bytes(found, number) for number in every],
        profile=[profile_bytes(found, number) for number in every],
    )


def profiles_in(table: pa.Table) -> Profiles:
    """The profiles of rows with the columns `PROFILES`, in their order."""
    pairs = zip(table["vectors"].to_pylist(), table["profile"].to_pylist(), strict=True)
    found = profiles_from(
        [Derived(VERSION, b"", vectors, profile) for vectors, profile in pairs],
        numbers(table, "seconds"),
        numbers(table, "language_key"),
        numbers(table, "source_key"),
    )
    # The index keeps what it stored, int16; products of vectors are those of float32.
    return replace(
        found,
        vectors=found.vectors.astype(np.float32),
        title_vectors=found.title_vectors.astype(np.float32),
    )


def links(
    stages: Stages, found: DataFrame, model: AffinityModel, config: Config, texts: int
) -> DataFrame:
    """Pairs of numbers that are likely enough to hang together, with their log-odds.

    Args:
        stages: Says how many tasks there are room for.
        found: Profiles.
        model: Scores pairs.
        config: Limits of candidates.
        texts: How many profiles there are: above `neighbors.max_exact_texts` cells are cut once
            more, by the nearest of some centroids.
    """
    cells = _cells(stages, found, config)
    gap = int(config.neighbors.max_gap.total_seconds())
    here = f"low is null or seconds = {UNDATED} or seconds between low - {gap} and high + {gap}"
    asked = (
        f"case when low is null then seconds = {UNDATED} and pmod(xxhash64(number), slots) = slot "
        "else seconds between low and high end as asked"
    )
    placed = found.join(functions.broadcast(cells), functions.expr(here))
    columns = ["cell", asked, *PROFILES.names]
    keys = ["cell"]
    if texts > config.neighbors.max_exact_texts:
        placed = with_centroids(stages, placed, found, config)
        columns, keys = [*columns, "centroid"], ["cell", "centroid"]
        config = config.replace(neighbors={"max_exact_texts": SCANNED})
    work = partial(_linked, model=model, config=config)
    return applied(placed.selectExpr(*columns), keys, work, LINKS).distinct()


def _cells(stages: Stages, found: DataFrame, config: Config) -> DataFrame:
    """Rows (cell, low, high, slot, slots): slices of time, then cells of texts without a date."""
    dates = found.selectExpr(f"nullif(seconds, {UNDATED}) as time")
    row = dates.selectExpr("min(time)", "max(time)", "count(time)", "count(*)").first()
    first, last, count, every = (int(each or 0) for each in row)
    gap = int(config.neighbors.max_gap.total_seconds())
    # A slice much shorter than the gap holds little beside what other slices hold, too.
    slices = min((last - first) // gap, count // _TEXTS_OF_A_SLICE)
    wanted = min(max(stages.tasks, slices), count)
    shares = [k / wanted for k in range(1, wanted)]
    inner = dates.approxQuantile("time", shares, _SLICE_ERROR) if shares else []
    lows = sorted({first, *map(int, inner)}) if count else []
    highs = [low - 1 for low in lows[1:]] + [last]
    made: list[tuple[int | None, ...]] = [
        (low, high, 0, 1) for low, high in zip(lows, highs, strict=False)
    ]
    slots = -(-(every - count) // _ASKED_IN_A_CELL)
    made += [(None, None, slot, slots) for slot in range(slots)]
    rows = [(cell, *each) for cell, each in enumerate(made)]
    layout = "cell bigint, low bigint, high bigint, slot bigint, slots bigint"
    return stages.spark.createDataFrame(rows, layout)


def _linked(table: pa.Table, model: AffinityModel, config: Config) -> pa.Table:
    """Links of one cell from the texts that it asks for."""
    rows = sorted_by(table, "number")
    asked = np.flatnonzero(rows["asked"].to_numpy())
    affinity = Affinity(model, profiles_in(rows))
    first, second, log_odds = linked_texts(affinity, config, asked=asked)
    names = numbers(rows, "number")
    return table_of(LINKS, first=names[first], second=names[second], log_odds=log_odds)
