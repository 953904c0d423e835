"""The labelled sets that story groups are measured on, and their folds."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.encoder_data import NTREX_CODES
from benchmarks.lookalikes import lookalikes
from dedup.articles import precedence
from dedup.cleaning import clean
from dedup.evaluation import read_labels
from dedup.readers.files import read_articles
from dedup.records import Article

MIXED_LANGUAGES = ("ar", "de", "en", "es", "fa", "fr", "ru", "tr", "uk", "zh")
"""Of NTREX: ten languages in six scripts."""


@dataclass(frozen=True)
class StorySet:
    """Articles whose stories are known.

    Attributes:
        name: What the set is called in tables.
        articles: In the order of precedence, as the pipeline numbers them.
        gold: Cluster by article id; an article without one takes part, and is not scored.
    """

    name: str
    articles: tuple[Article, ...]
    gold: Mapping[str, str]

    @classmethod
    def of(cls, name: str, articles: Iterable[Article], gold: Mapping[str, str]) -> StorySet:
        """A set of articles in any order; gold of other articles is left out."""
        texts = {article: clean(article) for article in articles}
        ordered = sorted(texts, key=lambda article: precedence(article, texts[article]))
        gold_of_articles = {
            article.id: gold[article.id] for article in ordered if article.id in gold
        }
        return cls(name, tuple(ordered), gold_of_articles)

    @property
    def languages(self) -> set[str]:
        """Those that the articles are in, as far as known."""
        return {article.language for article in self.articles} - {""}


def load_sets(folder: Path, seeds: Path) -> list[StorySet]:
    """All sets.

    Args:
        folder: Holds `itn.jsonl`, `allsides.jsonl`, `ecbplus.jsonl`, `ntrex.jsonl.xz`,
            `newswcl50.jsonl.xz` and `gunviolence.jsonl.xz`.
        seeds: The demonstration corpus with its labels, JSONL.
    """
    itn = read_set("ITN", folder / "itn.jsonl")
    return [
        read_set("seeds", seeds),
        itn,
        in_language(itn, "ITN English", "en"),
        titles_only(itn, "ITN titles"),
        read_set("AllSides", folder / "allsides.jsonl"),
        read_set("ECB+", folder / "ecbplus.jsonl"),
        read_ntrex(folder / "ntrex.jsonl.xz"),
        read_set("newswcl50", folder / "newswcl50.jsonl.xz"),
        read_set("gunviolence", folder / "gunviolence.jsonl.xz"),
        StorySet.of("look-alikes", *lookalikes()),
    ]


def read_set(name: str, path: Path) -> StorySet:
    """Articles of a file with a column `cluster`, as `dedup cluster` reads them.

    So dates are looked for in the first lines of a page where the row has none, as in ECB+.
    """
    return StorySet.of(name, read_articles([path]), read_labels(path)[0])


def in_language(whole: StorySet, name: str, language: str) -> StorySet:
    """The articles in one language."""
    articles = (article for article in whole.articles if article.language == language)
    return StorySet.of(name, articles, whole.gold)


def titles_only(whole: StorySet, name: str) -> StorySet:
    """The articles that have a title, without their texts."""
    articles = (replace(article, text="") for article in whole.articles if article.title.strip())
    return StorySet.of(name, articles, whole.gold)


def read_ntrex(path: Path, languages: Iterable[str] = MIXED_LANGUAGES) -> StorySet:
    """News documents and their translations, all mixed, without dates.

    The first line is the headline. Gold is the document.
    """
    chosen = {NTREX_CODES[language]: language for language in languages}
    articles = []
    gold = {}
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["lang"] in chosen:
                title, _, text = row["text"].partition("\n")
                language = chosen[row["lang"]]
                articles.append(Article(row["id"], title, text, language=language))
                gold[row["id"]] = row["cluster"]
    return StorySet.of("NTREX mixed", articles, gold)
