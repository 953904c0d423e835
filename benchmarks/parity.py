"""Parity of languages: the same news, grouped alone in each language, should give the same stories.

    python -m benchmarks.parity NTREX.jsonl.xz [--half] [--detected]

123 documents, translated into 128 languages, all of one day and without titles. Parity of a
language is the B-cubed F1 of its stories against those of the English documents, which are no
gold either. A heap is a group with more than three times the texts of the largest English one.
`--half` takes the half of the documents that no table of rarity and no mean was made from;
`--detected` leaves the languages to be detected.
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.saved import made_by, save_rows
from benchmarks.term_weights import ntrex_language
from dedup.encoders import Encoder, load_encoder
from dedup.evaluation.measures import b_cubed, codes, overlap
from dedup.pipeline import cluster
from dedup.records import Article
from dedup.stories.affinity import AffinityModel
from dedup.text.languages import detect_language

ENGLISH = "eng"
_MAIN = (
    "eng arb rus zho-CN fra spa deu por ita tur fas ukr heb hin jpn kor ind pol nld vie ces ron hun"
    " swe dan nob fin ell bul slv"
)
MAIN = frozenset(_MAIN.split())
"""The codes in NTREX of thirty languages with much news."""
_DAY = datetime(2019, 1, 1, tzinfo=UTC)
_HEAP = 3


@dataclass(frozen=True)
class Parity:
    """Stories of one language beside the English ones.

    Args:
        code: Of NTREX.
        f1: B-cubed F1 against the English stories.
        stories: How many.
        largest: Texts in the largest one.
    """

    code: str
    f1: float
    stories: int
    largest: int


def read_documents(path: Path, *, half: bool = False) -> dict[str, dict[str, str]]:
    """Texts by code of NTREX and document, lines joined.

    Args:
        path: The file.
        half: Only the documents that no table was made from.
    """
    documents: dict[str, dict[str, str]] = defaultdict(dict)
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            documents[row["lang"]][row["cluster"]] = row["text"].replace("\n", " ")
    chosen = sorted(documents[ENGLISH])[int(half) :: 1 + int(half)]
    return {code: {name: texts[name] for name in chosen} for code, texts in documents.items()}


def articles_in(code: str, texts: Mapping[str, str], *, detected: bool = False) -> list[Article]:
    """The documents of one language as articles of one day without titles.

    Args:
        code: Of NTREX.
        texts: By document.
        detected: Detect the language of each.
    """
    language = ntrex_language(code)
    return [
        Article(
            name,
            "",
            text,
            language=detect_language(text) if detected else language,
            published_at=_DAY,
        )
        for name, text in texts.items()
    ]


def stories_in(
    code: str,
    texts: Mapping[str, str],
    encoder: Encoder,
    affinity: AffinityModel | None = None,
    *,
    detected: bool = False,
) -> dict[str, str]:
    """Story by document, of the documents of one language alone."""
    articles = articles_in(code, texts, detected=detected)
    result = cluster(articles, encoder=encoder, affinity=affinity)
    return {member.id: story.id for story in result.story_groups for member in story.members}


def parities(
    documents: Mapping[str, Mapping[str, str]],
    encoder: Encoder,
    affinity: AffinityModel | None = None,
    *,
    detected: bool = False,
) -> list[Parity]:
    """Parity of each language, English first."""
    measured = []
    english = stories_in(ENGLISH, documents[ENGLISH], encoder, affinity, detected=detected)
    gold = codes(english.values())
    for code in sorted(documents, key=lambda code: (code != ENGLISH, code)):
        stories = stories_in(code, documents[code], encoder, affinity, detected=detected)
        _, table = overlap(gold, codes(stories[name] for name in english))
        sizes = Counter(stories.values())
        measured.append(Parity(code, b_cubed(table).f1, len(sizes), max(sizes.values())))
    return measured


def summary(measured: Sequence[Parity]) -> dict[str, Any]:
    """Means, the worst of the main languages, and how many languages have a heap."""
    english = measured[0]
    main = [parity.f1 for parity in measured if parity.code in MAIN]
    return {
        "english_stories": english.stories,
        "english_largest": english.largest,
        "main_mean": float(np.mean(main)),
        "main_worst": min(main),
        "all_mean": float(np.mean([parity.f1 for parity in measured])),
        "heaps": sum(parity.largest > _HEAP * english.largest for parity in measured),
        "languages": len(measured),
    }


def main() -> None:
    """Measure all languages and print them, the worst first."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("ntrex", type=Path, metavar="NTREX")
    parser.add_argument("--encoder", default="bundled")
    parser.add_argument("--half", action="store_true", help="documents that no table has seen")
    parser.add_argument("--detected", action="store_true", help="detect the languages")
    parser.add_argument("--weights", default="", help="curves, else those that ship")
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    encoder = load_encoder(given.encoder)
    model = AffinityModel.load(given.weights, encoder.name)
    documents = read_documents(given.ntrex, half=given.half)
    measured = parities(documents, encoder, model, detected=given.detected)
    for parity in sorted(measured, key=lambda parity: parity.f1):
        print(f"{parity.code}: {parity.f1:.3f}, {parity.stories} stories, largest {parity.largest}")
    print(summary(measured))
    if given.save:
        rows = [{**vars(parity)} for parity in measured]
        provenance = made_by("python -m benchmarks.parity", ("story-dedup",), **summary(measured))
        save_rows(given.save, provenance, rows)


if __name__ == "__main__":
    main()
