"""Whether nearest texts should be searched by FAISS, and whether they could be a rule of the pair.

    python -m benchmarks.neighbors DATA_DIR SEEDS.jsonl [--texts 20000] [--save FILE.json]

First, the nearest of each text in each language: our search (`stories/neighbors.py`: products in
BLAS, a kernel that chooses) beside `faiss.knn` over the same slices of time, in turns in one
process, on generated texts. Both give the same pairs. Second, what would be if all pairs above a
floor of cosine were candidates, which needs no neighbours: how many pairs, and how good stories
are. DATA_DIR holds the labelled sets.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.affinity_training import stories_of
from benchmarks.saved import made_by, save_rows
from benchmarks.story_scale import corpus, f1_of
from benchmarks.story_scores import Run, scores_of
from benchmarks.story_sets import StorySet, load_sets
from dedup.compute.arrays import BoolMask, Float32s, Int64s
from dedup.config import Config, NeighborConfig
from dedup.encoders import load_encoder
from dedup.encoders.whole_vectors import SCALE
from dedup.pipeline import cluster, group_texts
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.neighbors import neighbor_pairs
from dedup.stories.pairs import Pairs, RowPairs, within_gap
from dedup.stories.profiles import Profiles

LIBRARIES = ("story-dedup", "numpy", "numba", "faiss-cpu")
FLOORS = (0.2, 0.3, 0.4)
SETS = ("seeds", "ITN", "AllSides", "ECB+", "gunviolence", "newswcl50")
_BLOCK = 1024
_SPARE = 8
_ROUNDS = 5
_DAYS_OF_A_TEXT = 30 / 100_000
_Search = Callable[..., Pairs]


def faiss_pairs(
    vectors: Float32s,
    seconds: Int64s,
    languages: Int64s,
    min_cosine: float,
    config: NeighborConfig = NeighborConfig(),
    *_: object,
) -> Pairs:
    """The pairs of `neighbor_pairs`, all texts dated, searched by FAISS.

    A slice of time holds more than the texts within the gap of each query, and equally near ones
    all count: some more are asked for, and where these do not reach, all products are looked at.
    """
    import faiss

    gap, most = int(config.max_gap.total_seconds()), config.neighbors_per_language
    least = np.float32(min_cosine * SCALE * SCALE - 0.5)
    order = np.argsort(seconds, kind="stable")
    found: list[RowPairs] = []
    for language in np.unique(languages):
        own = order[languages[order] == language]
        others, times = np.ascontiguousarray(vectors[own]), seconds[own]
        for start in range(0, len(order), _BLOCK):
            queries = order[start : start + _BLOCK]
            early = np.searchsorted(times, seconds[queries[0]] - gap)
            late = np.searchsorted(times, seconds[queries[-1]] + gap, "right")
            if early == late:
                continue
            around, asked = own[early:late], min(most + 1 + _SPARE, int(late - early))
            products, places = faiss.knn(
                vectors[queries], others[early:late], asked, metric=faiss.METRIC_INNER_PRODUCT
            )
            rows = np.repeat(queries, asked).reshape(-1, asked)
            there = _there(rows, around[places], products, seconds, gap, least)
            bars = np.sort(np.where(there, products, -np.inf), axis=1)[:, -most:][:, 0]
            short = (asked < late - early) & (products[:, -1] >= np.maximum(bars, least))
            near = there & (products >= bars[:, None]) & ~short[:, None]
            found.append((rows[near], around[places][near]))
            limits = gap, most, least
            found += [
                _all_products(row, around, vectors, seconds, limits)
                for row in queries[short].tolist()
            ]
    return Pairs.of(found, len(vectors))


def _there(
    rows: Int64s, others: Int64s, products: Float32s, seconds: Int64s, gap: int, least: np.float32
) -> BoolMask:
    near: BoolMask = within_gap(seconds, rows, others, gap) & (rows != others)
    near &= products >= least
    return near


def _all_products(
    row: int,
    around: Int64s,
    vectors: Float32s,
    seconds: Int64s,
    limits: tuple[int, int, np.float32],
) -> RowPairs:
    gap, most, least = limits
    products = vectors[around] @ vectors[row]
    rows = np.full(len(around), row)
    there = _there(rows, around, products, seconds, gap, least)
    others, products = around[there], products[there]
    if len(products) > most:
        others = others[products >= np.partition(products, -most)[-most]]
    return rows[: len(others)], others


def searched(profiles: Profiles, min_cosine: float) -> list[dict[str, Any]]:
    """CPU and wall time of both ways, for all texts at once."""
    given = profiles.vectors.astype(np.float32), profiles.seconds, profiles.languages, min_cosine
    ways: dict[str, _Search] = {"ours": neighbor_pairs, "FAISS": faiss_pairs}
    pairs = {name: way(*given) for name, way in ways.items()}
    ours, theirs = pairs.values()
    if not np.array_equal(ours.first, theirs.first) or not np.array_equal(
        ours.second, theirs.second
    ):
        raise AssertionError("FAISS found other pairs")
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            spent[name].append(_timed(partial(way, *given)))
    return [
        {
            "search": name,
            "texts": len(profiles.seconds),
            "pairs": len(ours.first),
            "cpu_seconds": statistics.median(cpu for cpu, _ in spent[name]),
            "wall_seconds": statistics.median(wall for _, wall in spent[name]),
        }
        for name in ways
    ]


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def pairs_above(
    floor: float, vectors: Float32s, seconds: Int64s, config: NeighborConfig = NeighborConfig()
) -> Pairs:
    """All pairs within the gap whose cosine reaches a floor; other arguments as there."""
    gap, least = int(config.max_gap.total_seconds()), math.ceil(floor * SCALE * SCALE)
    found: list[RowPairs] = []
    for start in range(0, len(vectors), _BLOCK):
        products = vectors[start : start + _BLOCK] @ vectors[start:].T
        first, second = np.nonzero(products >= least)
        first, second = first + start, second + start
        near = (first < second) & within_gap(seconds, first, second, gap)
        found.append((first[near], second[near]))
    return Pairs.of(found, len(vectors))


@contextmanager
def near_by(floor: float | None) -> Iterator[list[int]]:
    """Let pairs above a floor be near, or by None those that ship; yields how many were found."""
    counts: list[int] = []

    def search(
        vectors: Float32s,
        seconds: Int64s,
        languages: Int64s,
        min_cosine: float,
        config: NeighborConfig,
        *others: Any,  # noqa: ANN401 (those of `neighbor_pairs`)
    ) -> Pairs:
        pairs = (
            neighbor_pairs(vectors, seconds, languages, min_cosine, config, *others)
            if floor is None
            else pairs_above(floor, vectors, seconds, config)
        )
        counts.append(len(pairs.first))
        return pairs

    with patch("dedup.stories.candidates.neighbor_pairs", search):
        yield counts


def by_rule(sets: Sequence[StorySet], texts: int) -> list[dict[str, Any]]:
    """Pairs, and B-cubed F1 of the stories, with each rule on each set and on generated texts."""
    encoder, rows = load_encoder(), []
    profiles, keys, stories = corpus(texts, texts * _DAYS_OF_A_TEXT)
    affinity = Affinity(AffinityModel.load("", "bundled"), profiles)
    for floor in (None, *FLOORS):
        rule = "nearest in each language" if floor is None else f"cosine from {floor:g} on"
        for story_set in sets:
            with near_by(floor) as counts:
                result = cluster(story_set.articles, encoder=encoder)
            scores = scores_of(story_set, [Run(stories_of(result))])
            rows.append(_row(rule, story_set.name, counts, scores["b_cubed"]["f1"]))
        with near_by(floor) as counts:
            grouping = group_texts(affinity, keys, Config())
        rows.append(_row(rule, "generated", counts, f1_of(grouping, stories)))
    return rows


def _row(rule: str, name: str, counted: list[int], f1: float) -> dict[str, Any]:
    print(rule, name, sum(counted), f"{f1:.3f}", flush=True)
    return {"rule": rule, "set": name, "pairs": sum(counted), "b_cubed_f1": f1}


def search_table(rows: Sequence[dict[str, Any]]) -> str:
    """Both searches as a Markdown table."""
    searches = [row for row in rows if "search" in row]
    ours = searches[0]["cpu_seconds"]
    lines = [
        "| search | texts | pairs | CPU s | wall s | CPU, ours = 1 |",
        "|---|--:|--:|--:|--:|--:|",
        *(
            f"| {row['search']} | {row['texts']:,} | {row['pairs']:,} | {row['cpu_seconds']:.2f} | "
            f"{row['wall_seconds']:.2f} | {row['cpu_seconds'] / ours:.2f} |"
            for row in searches
        ),
    ]
    return "\n".join(lines)


def rule_table(rows: Sequence[dict[str, Any]]) -> str:
    """Pairs and quality by rule, a column for each set, as a Markdown table."""
    rules_of = [row for row in rows if "rule" in row]
    names = list(dict.fromkeys(row["set"] for row in rules_of))
    lines = [f"| candidates | {' | '.join(names)} |", "|---|" + "--:|" * len(names)]
    for rule in dict.fromkeys(row["rule"] for row in rules_of):
        of_rule = {row["set"]: row for row in rules_of if row["rule"] == rule}
        cells = [f"{of_rule[n]['b_cubed_f1']:.3f} ({of_rule[n]['pairs']:,})" for n in names]
        lines.append(f"| {rule} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, metavar="DATA_DIR")
    parser.add_argument("seeds", type=Path, metavar="SEEDS.jsonl")
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    encoder = load_encoder()
    profiles, *_ = corpus(given.texts, given.texts * _DAYS_OF_A_TEXT)
    rows = searched(profiles, AffinityModel.load("", encoder.name).min_cosine)
    print(search_table(rows))
    sets = [one for one in load_sets(given.folder, given.seeds) if one.name in SETS]
    rows += by_rule(sets, given.texts)
    print(rule_table(rows))
    if given.save:
        ran = f"python -m benchmarks.neighbors DATA_DIR SEEDS.jsonl --texts {given.texts}"
        save_rows(given.save, made_by(ran, LIBRARIES), rows)


if __name__ == "__main__":
    main()
