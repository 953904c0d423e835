"""What grouping costs: neighbours, scores and groups of many texts of some days.

    python -m benchmarks.story_scale [--texts 100000] [--days 30] [--save FILE.json]

Cleaning and embedding are not part of it. The texts are those of `dedup bench`, from a seed, the
copies left out. Half, and all, of the days are measured with as many texts a day, each in a
process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory import peak_memory_mb
from benchmarks.saved import made_by, save_rows
from dedup.articles import precedence
from dedup.bench.corpus import generate
from dedup.cleaning import clean
from dedup.compute.arrays import Int64s
from dedup.config import Config
from dedup.encoders import load_encoder
from dedup.evaluation.measures import b_cubed, overlap
from dedup.pipeline import group_texts, profiles_of
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.grouping import Grouping
from dedup.stories.profiles import Profiles, name_hashes

LIBRARIES = ("story-dedup", "numpy", "scipy", "numba", "faiss-cpu")
_ARTICLES_OF_A_TEXT = 1.6


def corpus(texts: int, days: float, config: Config = Config()) -> tuple[Profiles, Int64s, Int64s]:
    """Texts without copies, in the order of time; keys of their ids, and their stories."""
    count = int(texts * _ARTICLES_OF_A_TEXT)
    originals = (
        generated
        for generated in generate(count, days)
        if generated.duplicates == generated.article.id
    )
    chosen = list(islice(originals, texts))
    cleaned = {
        generated.article.id: clean(generated.article, config.cleaning) for generated in chosen
    }
    chosen.sort(key=lambda generated: precedence(generated.article, cleaned[generated.article.id]))
    articles = [generated.article for generated in chosen]
    _, stories = np.unique([generated.story for generated in chosen], return_inverse=True)
    encoder = load_encoder()
    return (
        profiles_of(articles, cleaned, encoder, config),
        name_hashes([article.id for article in articles]),
        stories,
    )


def measure(texts: int, days: int) -> dict[str, Any]:
    """Seconds, also those of all cores together, and peak memory of grouping, in this process."""
    profiled, keys, stories = corpus(texts, days)
    affinity = Affinity(AffinityModel.load("", "bundled"), profiled)
    steps: dict[str, float] = {}
    begun = last = time.perf_counter()

    def progress(step: str, done: int, total: int) -> None:
        nonlocal last
        now = time.perf_counter()
        steps[step] = steps.get(step, 0.0) + now - last
        last = now

    used = time.process_time()
    grouping = group_texts(affinity, keys, Config(), progress)
    wall, used = time.perf_counter() - begun, time.process_time() - used
    return {
        "texts": texts,
        "days": days,
        "wall_seconds": round(wall, 1),
        "cpu_seconds": round(used, 1),
        "neighbour_seconds": round(steps["neighbours"], 1),
        "peak_memory_mb": peak_memory_mb(),
        "story_groups": len(grouping.groups),
        "largest_component": grouping.largest_component,
        "b_cubed_f1": round(f1_of(grouping, stories), 3),
    }


def f1_of(grouping: Grouping, stories: Int64s) -> float:
    """B-cubed F1 of groups of texts whose stories, int64 of shape (n,), are known."""
    labels = np.empty(len(stories), np.int64)
    for number, group in enumerate(grouping.groups):
        labels[group.members] = number
    return b_cubed(overlap(stories, labels)[1]).f1


def table(rows: list[dict[str, Any]]) -> str:
    """The measurements as a Markdown table."""
    lines = [
        "| texts | days | CPU s | wall s | peak MB | stories | largest component | B-cubed F1 |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(
            f"| {row['texts']:,} | {row['days']} | {row['cpu_seconds']:.0f} | "
            f"{row['wall_seconds']:.0f} | {row['peak_memory_mb']:,} | "
            f"{row['story_groups']:,} | {row['largest_component']:,} | "
            f"{row['b_cubed_f1']:.3f} |"
            for row in rows
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure half and all of the days, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--alone", action="store_true", help="one measurement, as JSON")
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    if given.alone:
        print(json.dumps(measure(given.texts, given.days)))
        return
    rows = []
    for part in (2, 1):
        size = ["--texts", str(given.texts // part), "--days", str(given.days // part)]
        command = [sys.executable, "-m", "benchmarks.story_scale", "--alone", *size]
        shown = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
        rows.append(json.loads(shown.stdout))
    print(table(rows))
    if given.save:
        ran = f"python -m benchmarks.story_scale --texts {given.texts} --days {given.days}"
        save_rows(given.save, made_by(ran, LIBRARIES), rows)


if __name__ == "__main__":
    main()
