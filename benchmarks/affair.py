"""Story groups of one affair: pages and single lines, with times and without.

    python -m benchmarks.affair [--save benchmarks/results/affair.json]

Everything in the corpus shares the words of the affair (`affair_texts.py`). A product that is
right elsewhere may run its events together here: the table has the largest group found, beside the
texts of the largest event. Each baseline has the cut that is best on the very texts.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.affair_texts import affair
from benchmarks.affinity_training import stories_of
from benchmarks.saved import made_by, save_rows
from benchmarks.stories import baseline_row
from benchmarks.story_baselines import (
    Baseline,
    average_linkage,
    components,
    nearest_centroid,
    singletons,
)
from benchmarks.story_scores import Run, scores_of
from benchmarks.story_sets import StorySet
from benchmarks.story_texts import Prepared, RememberingEncoder
from dedup.encoders import Encoder, load_encoder
from dedup.pipeline import cluster

_CUTS = tuple(round(0.05 * step, 2) for step in range(1, 20))
BASELINES = (
    Baseline("all by themselves", singletons, on_vectors=False),
    Baseline("TF-IDF, nearest centroid", nearest_centroid, _CUTS, "cosine", on_vectors=False),
    Baseline("connected components", components, _CUTS, "cosine"),
    Baseline("average linkage on cosine", average_linkage, _CUTS, "cosine"),
)
FORMS = {
    "pages, dated": (True, True),
    "pages, undated": (True, False),
    "lines, dated": (False, True),
    "lines, undated": (False, False),
}
"""Whether the articles are pages, and whether they have times."""
OURS = "dedup"


def sets(seed: int = 1) -> list[StorySet]:
    """The four corpora."""
    return [
        StorySet.of(name, *affair(pages=pages, dated=dated, seed=seed))
        for name, (pages, dated) in FORMS.items()
    ]


def measured(
    story_set: StorySet, encoder: Encoder, baselines: Sequence[Baseline] = BASELINES
) -> dict[str, Any]:
    """Scores of ours and of the baselines, and how large the largest groups are."""
    encoder = RememberingEncoder(encoder)
    ours = stories_of(cluster(story_set.articles, encoder=encoder))
    row = {"system": OURS, "vectors": "bundled", "ours": True}
    prepared = Prepared.of(story_set, encoder)
    return {
        "set": story_set.name,
        "articles": len(story_set.gold),
        "events": len(set(story_set.gold.values())),
        "largest_event": max(Counter(story_set.gold.values()).values()),
        "largest_group": max(Counter(ours.values()).values()),
        "systems": [
            {**row, **scores_of(story_set, [Run(ours)])},
            *(baseline_row(one, prepared, story_set, "bundled") for one in baselines),
        ],
    }


def affair_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """B-cubed F1 of every system on the four corpora, as Markdown."""
    lines = [f"| | {' | '.join(row['set'] for row in rows)} |", f"|---|{'--:|' * len(rows)}"]
    counts = ("articles", "events", "largest_event", "largest_group")
    for name in counts:
        label = name.replace("largest_", "texts of the largest ")
        lines.append(f"| {label} | {' | '.join(str(row[name]) for row in rows)} |")
    for place, system in enumerate(rows[0]["systems"]):
        scores = (row["systems"][place]["b_cubed"] for row in rows)
        cells = (f"{one['f1']:.3f} ({one['precision']:.2f}, {one['recall']:.2f})" for one in scores)
        lines.append(f"| {system['system']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure all systems on the four corpora and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--save", type=Path, help="write the figures to this file")
    given = parser.parse_args()
    encoder = load_encoder()
    rows = [measured(story_set, encoder) for story_set in sets()]
    print(affair_table(rows))
    if given.save:
        provenance = made_by("python -m benchmarks.affair", ("story-dedup", "numpy", "scipy"))
        save_rows(given.save, provenance, rows)


if __name__ == "__main__":
    main()
