"""Series of one template beside real small edits: who takes what for a copy.

    python -m benchmarks.series [--texts 12] [--save FILE.json]

Two texts are copies if they tell one event. Peers compare texts alone, at an estimated Jaccard
similarity of at least .8; so does this library where it is not told who published what. Precision
is over the pairs inside clusters, recall over the copies whose exact similarity is that high.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import dedup
from benchmarks import corpora
from benchmarks.near_duplicates import truth
from benchmarks.peers import MIN_JACCARD, datasketch, rensa
from benchmarks.saved import made_by, save_rows
from benchmarks.series_texts import Labelled, labelled_texts
from dedup.config import Config

Pairs = set[tuple[int, int]]


def main() -> None:
    """Print, and save if wanted, precision and recall of each system."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=12, help="texts of each series")
    parser.add_argument("--save", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    rows = measured(labelled_texts(options.texts))
    for row in rows:
        print("  ".join(f"{name} {value:.3g}" for name, value in row.items() if name != "system"))
        print(f"    {row['system']}")
    if options.save:
        provenance = made_by("python -m benchmarks.series", ("story-dedup", "numpy", "datasketch"))
        save_rows(options.save, provenance, rows)


def series_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Precision and recall of each system, and stories of the series, as Markdown."""
    names = [name for name in rows[0] if name != "system"]
    lines = [f"| system | {' | '.join(names)} |", f"|---|{'--:|' * len(names)}"]
    for row in rows:
        cells = (_shown(row.get(name)) for name in names)
        lines.append(f"| {row['system']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}"


def measured(texts: Sequence[Labelled]) -> list[dict[str, Any]]:
    """Figures of every system that is installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.parquet"
        corpora.save([one.article.text for one in texts], path)
        exact = truth(path, MIN_JACCARD)
        systems: dict[str, Callable[[], Sequence[Any]]] = {
            "datasketch 16x8": lambda: datasketch(path, tuned=True)[1].tolist(),
            "rensa 16x8": lambda: rensa(path)[1].tolist(),
        }
        rows = [_own(texts, exact, sources=True), _own(texts, exact, sources=False)]
        for name, run in systems.items():
            try:
                rows.append(_row(name, _pairs(run()), texts, exact))
            except ImportError:
                continue
    return rows


def _own(
    texts: Sequence[Labelled], exact: Mapping[tuple[int, int], float], *, sources: bool
) -> dict[str, Any]:
    """Figures of this library, with the sources of the articles or without."""
    articles = [one.article if sources else replace(one.article, source="") for one in texts]
    config = Config.from_mapping({"near_duplicates": {"min_jaccard": MIN_JACCARD}})
    result = dedup.cluster(articles, config)
    clusters = [result.duplicates_of[article.id][0].id for article in articles]
    row = _row("dedup" if sources else "dedup, no sources", _pairs(clusters), texts, exact)
    names = [one.event.rsplit(" ", 1)[0] for one in texts]
    stories = [
        events
        for name in sorted({*names} - {"report"})
        for events in _stories(
            [one.event for one, own in zip(texts, names, strict=True) if own == name],
            [article for article, own in zip(articles, names, strict=True) if own == name],
        )
    ]
    mixed = sum(len(events) > 1 for events in stories)
    return row | {"stories of series": len(stories), "of several events": mixed}


def _stories(events: Sequence[str], articles: Sequence[dedup.Article]) -> list[set[str]]:
    """The events in each story of one series, which is clustered by itself."""
    event_of = {article.id: event for article, event in zip(articles, events, strict=True)}
    groups = dedup.cluster(articles).story_groups
    return [{event_of[member.id] for member in group.members} for group in groups]


def _pairs(labels: Sequence[Any]) -> Pairs:
    """Pairs with one label."""
    return {(a, b) for a, b in combinations(range(len(labels)), 2) if labels[a] == labels[b]}


def _row(
    system: str,
    pairs: Pairs,
    texts: Sequence[Labelled],
    exact: Mapping[tuple[int, int], float],
) -> dict[str, Any]:
    wanted = _pairs([one.event for one in texts])
    similar = wanted & exact.keys()
    return {
        "system": system,
        "pairs": len(pairs),
        "precision": len(pairs & wanted) / max(len(pairs), 1),
        "recall": len(pairs & similar) / max(len(similar), 1),
    }


if __name__ == "__main__":
    main()
