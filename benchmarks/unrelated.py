"""What texts about different things have in common, by language: is evidence on one scale?

    python -m benchmarks.unrelated NTREX.jsonl.xz [--save benchmarks/results/unrelated.json]
        [--write dedup/weights/names_by_chance.json]

All pairs of different documents of NTREX, each language by itself, of the half that no table of
rarity and no mean was made of. A curve reads the same value in every language, so evidence has to
be spread alike where there is nothing to find. Of the other half is the table of
`dedup.stories.chance`, which `--write` makes.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.parity import MAIN, articles_in, read_documents
from benchmarks.saved import made_by, save_rows
from dedup.cleaning import clean
from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.pipeline import profiles_of
from dedup.records import Article
from dedup.stories.features import Features

MEASURED = (
    "text_cosine",
    "title_cosine",
    "cross_cosine",
    "shared_terms",
    "term_cosine",
    "shared_names",
)
LIBRARIES = ("story-dedup", "numpy", "scipy")
_HIGH = 0.99
_NOTE = "Made by benchmarks/unrelated.py of every second document of NTREX"


def spread(articles: Sequence[Article], encoder: Encoder) -> dict[str, dict[str, float]]:
    """Mean, standard deviation and 99 % quantile of each feature over all pairs of articles.

    Args:
        articles: Of one language; no two about the same thing.
        encoder: Makes the vectors.
    """
    texts = {article.id: clean(article) for article in articles}
    features = Features(profiles_of(articles, texts, encoder, Config()))
    values = features.of_pairs(*np.triu_indices(len(articles), 1))
    return {
        name: {
            "mean": float(values[name].mean()),
            "deviation": float(values[name].std()),
            "high": float(np.quantile(values[name], _HIGH)),
        }
        for name in MEASURED
    }


def names_by_chance(
    documents: Mapping[str, Mapping[str, str]], encoder: Encoder
) -> dict[str, float]:
    """Mean cosine of the names of different documents, by language.

    Args:
        documents: Texts by code of NTREX and document, all of them; every second one counts.
        encoder: Makes the vectors, which do not matter.
    """
    means: dict[str, list[float]] = defaultdict(list)
    for code, texts in documents.items():
        articles = articles_in(code, dict(list(texts.items())[::2]))
        clean_texts = {article.id: clean(article) for article in articles}
        names = profiles_of(articles, clean_texts, encoder, Config()).names
        rows = names.sparse().astype(np.float64)
        lengths = np.sqrt(np.maximum(names.squares(), 1))
        cosines = (rows @ rows.T).toarray() / np.outer(lengths, lengths)
        if articles[0].language:
            means[articles[0].language].append(
                float(cosines[np.triu_indices(len(articles), 1)].mean())
            )
    return {code: round(float(np.mean(means[code])), 4) for code in sorted(means)}


def unrelated_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The middle and the ends of each figure over the main languages, as Markdown."""
    main = [row for row in rows if row["code"] in MAIN]
    lines = [
        "| evidence | mean | standard deviation | 99 % quantile | highest mean |",
        "|---|--:|--:|--:|---|",
    ]
    for name in MEASURED:
        cells = []
        for figure in ("mean", "deviation", "high"):
            low, middle, high = np.quantile([row[name][figure] for row in main], (0.1, 0.5, 0.9))
            cells.append(f"{middle:.3f} ({low:.3f} to {high:.3f})")
        highest = max(main, key=lambda row: float(row[name]["mean"]))
        cells.append(f"{highest['code']} {highest[name]['mean']:.3f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure all languages and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("ntrex", type=Path, metavar="NTREX")
    parser.add_argument("--save", type=Path, help="write the figures to this file")
    parser.add_argument("--write", type=Path, help="make the table of `dedup.stories.chance`")
    given = parser.parse_args()
    encoder = load_encoder()
    if given.write:
        means = names_by_chance(read_documents(given.ntrex), encoder)
        given.write.write_text(
            json.dumps({"note": _NOTE, "means": means}, indent=1) + "\n", "utf-8"
        )
    documents = read_documents(given.ntrex, half=True)
    rows = [
        {"code": code, **spread(articles_in(code, documents[code]), encoder)}
        for code in sorted(documents)
    ]
    print(unrelated_table(rows))
    if given.save:
        save_rows(given.save, made_by("python -m benchmarks.unrelated", LIBRARIES), rows)


if __name__ == "__main__":
    main()
