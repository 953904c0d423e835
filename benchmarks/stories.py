"""Story groups on labelled sets: ours beside the usual ways to group news.

    python -m benchmarks.stories DEV_DIR SEEDS_GOLD [--sets NAME ...] [--english FOLDER]
        [--e5 NAME ...] [--cache FOLDER] [--save benchmarks/results/stories.json]

DEV_DIR holds the sets of `story_sets.load_sets` and `semeval8.jsonl.xz`; SEEDS_GOLD is
`seeds/articles.jsonl`. All that take vectors take those of the bundled encoder; with
`--english`, on English sets also those of an English sentence-transformers model, and with
`--e5`, on the sets that are named, those of e5, whose weights are then learned on these sets and
the graded pairs only. The weights of `dedup` are learned on the other sets alone; `dedup, shipped
weights` has seen the sets that the shipped weights were fitted on. Each baseline has the cut that
is best on the very set.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.affinity_training import left_out, stories_of
from benchmarks.graded_pairs import GradedPairs
from benchmarks.saved import made_by, save_rows
from benchmarks.story_baselines import BASELINES, Baseline
from benchmarks.story_scores import Run, scores_of
from benchmarks.story_sets import StorySet, load_sets
from benchmarks.story_tables import TEACHER, overall_table, set_table
from benchmarks.story_texts import Prepared, RememberingEncoder
from dedup.compute.arrays import Int64s
from dedup.config import EncoderConfig
from dedup.encoders import Encoder, load_encoder
from dedup.evaluation.measures import b_cubed, codes, overlap

Stories = dict[str, list[Run]]
"""Groupings by name of the set."""
Ours = Callable[[Sequence[StorySet], Encoder], Stories]

LIBRARIES = (
    "story-dedup",
    "numpy",
    "scipy",
    "scikit-learn",
    "faiss-cpu",
    "igraph",
    "sentence-transformers",
    "torch",
)
ENGLISH_MODEL = "MiniLM"


def shipped(sets: Sequence[StorySet], encoder: Encoder) -> Stories:
    """The pipeline as users run it, with the weights that ship for the encoder."""
    from dedup.pipeline import cluster

    groupings: Stories = {}
    for story_set in sets:
        result = cluster(story_set.articles, encoder=encoder)
        groupings[story_set.name] = [Run(stories_of(result))]
    return groupings


OURS: Mapping[str, Ours] = {"dedup, shipped weights": shipped}


def measure(
    sets: Sequence[StorySet],
    encoder: Encoder,
    vectors: str,
    *,
    ours: Mapping[str, Ours] = OURS,
    baselines: Sequence[Baseline] = BASELINES,
) -> list[dict[str, Any]]:
    """All systems on all sets.

    Args:
        sets: What is grouped.
        encoder: Makes the vectors.
        vectors: What they are called in tables.
        ours: Our ways, by name.
        baselines: The others.

    Returns:
        For each set its name and sizes, and `systems`: scores, or a `note` why there are none.
    """
    encoder = RememberingEncoder(encoder)
    groupings: dict[str, Stories] = {}
    notes: dict[str, str] = {}
    for name, run in ours.items():
        try:
            groupings[name] = run(sets, encoder)
        except ImportError as error:
            notes[name] = f"not run: {error}"
    rows = []
    for story_set in sets:
        print(f"{story_set.name}: {len(story_set.articles)} articles, {vectors}", flush=True)
        systems = []
        for name in ours:
            row = {"system": name, "vectors": vectors, "ours": True}
            scores = (
                scores_of(story_set, groupings[name][story_set.name]) if name in groupings else {}
            )
            systems.append({**row, **(scores or {"note": notes[name]})})
        prepared = Prepared.of(story_set, encoder)
        systems += [baseline_row(baseline, prepared, story_set, vectors) for baseline in baselines]
        rows.append(
            {
                "set": story_set.name,
                "articles": len(story_set.gold),
                "gold_clusters": len(set(story_set.gold.values())),
                "languages": len(story_set.languages),
                "systems": systems,
            }
        )
    return rows


def baseline_row(
    baseline: Baseline, prepared: Prepared, story_set: StorySet, vectors: str
) -> dict[str, Any]:
    """Scores of a baseline at its best cut, or a `note` that its library is not installed."""
    row: dict[str, Any] = {
        "system": baseline.name,
        "vectors": vectors if baseline.on_vectors else "",
        "ours": False,
    }
    try:
        cut, labels = best_cut(baseline, prepared, story_set)
    except ImportError as error:
        return {**row, "note": f"not run: {error}"}
    if baseline.cut:
        row["best_cut"] = f"{baseline.cut} {cut:g}"
    return {**row, **scores_of(story_set, [Run(named(story_set, labels))])}


def best_cut(baseline: Baseline, prepared: Prepared, story_set: StorySet) -> tuple[float, Int64s]:
    """The cut with the highest B-cubed F1 on this very set, the first of equal ones; its labels."""
    known = [story_set.gold.get(article.id) for article in story_set.articles]
    scored = np.array([cluster is not None for cluster in known])
    gold = codes(cluster for cluster in known if cluster is not None)
    tried = []
    for cut in baseline.cuts:
        labels = baseline.label(prepared, cut)
        _, table = overlap(gold, np.unique(labels[scored], return_inverse=True)[1])
        tried.append((b_cubed(table).f1, cut, labels))
    _, cut, labels = max(tried, key=lambda trial: trial[0])
    return cut, labels


def named(story_set: StorySet, labels: Int64s) -> dict[str, str]:
    """Labels of the articles of a set as stories by article id."""
    pairs = zip(story_set.articles, labels.tolist(), strict=True)
    return {article.id: str(label) for article, label in pairs}


def with_english(
    rows: Sequence[dict[str, Any]], sets: Sequence[StorySet], folder: str
) -> list[dict[str, Any]]:
    """The rows, those of English sets with what takes vectors also on those of the model.

    Args:
        rows: Of all sets, from `measure`.
        sets: The same sets.
        folder: Of a sentence-transformers model.
    """
    english = [story_set for story_set in sets if story_set.languages == {"en"}]
    on_vectors = [baseline for baseline in BASELINES if baseline.on_vectors]
    ours = {name: run for name, run in OURS.items() if run is shipped}
    measured = measure(
        english, load_encoder(folder), ENGLISH_MODEL, ours=ours, baselines=on_vectors
    )
    more = {row["set"]: row["systems"] for row in measured}
    return [{**row, "systems": row["systems"] + more.get(row["set"], [])} for row in rows]


def with_e5(
    rows: Sequence[dict[str, Any]], sets: Sequence[StorySet], graded: GradedPairs, cache: str
) -> list[dict[str, Any]]:
    """The rows, those of some sets with what is found on the vectors of e5.

    Args:
        rows: Of all sets, from `measure`.
        sets: Sets that are grouped, each by weights learned on the others.
        graded: The graded pairs.
        cache: Folder where vectors are kept, see `EncoderConfig`.
    """
    encoder = load_encoder(EncoderConfig(name=TEACHER, cache=cache))
    ours: dict[str, Ours] = {"dedup": partial(_left_out, graded)}
    measured = measure(sets, encoder, TEACHER, ours=ours, baselines=())
    more = {row["set"]: row["systems"] for row in measured}
    return [{**row, "systems": row["systems"] + more.get(row["set"], [])} for row in rows]


def _left_out(graded: GradedPairs, sets: Sequence[StorySet], encoder: Encoder) -> Stories:
    return left_out(sets, graded, encoder)


def main() -> None:
    """Measure all systems on all sets and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, metavar="DEV_DIR")
    parser.add_argument("seeds", type=Path, metavar="SEEDS_GOLD")
    parser.add_argument("--sets", nargs="*", default=[], metavar="NAME", help="only these sets")
    parser.add_argument("--english", metavar="FOLDER", help="of an English model")
    parser.add_argument("--e5", nargs="*", default=[], metavar="NAME", help="sets for e5")
    parser.add_argument("--cache", default="", help="folder where vectors of e5 are kept")
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    sets = load_sets(given.folder, given.seeds)
    sets = [story_set for story_set in sets if not given.sets or story_set.name in given.sets]
    graded = GradedPairs.read(given.folder / "semeval8.jsonl.xz")
    ours: dict[str, Ours] = {"dedup": partial(_left_out, graded), **OURS}
    rows = measure(sets, load_encoder(), "bundled", ours=ours)
    if given.english:
        rows = with_english(rows, sets, given.english)
    if given.e5:
        chosen = [story_set for story_set in sets if story_set.name in given.e5]
        rows = with_e5(rows, chosen, graded, given.cache)
    for row in rows:
        print(f"\n{set_table(row)}")
    print(f"\n{overall_table(rows)}")
    if given.save:
        save_rows(given.save, made_by("python -m benchmarks.stories", LIBRARIES), rows)


if __name__ == "__main__":
    main()
