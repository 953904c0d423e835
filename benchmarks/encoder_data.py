"""The labelled texts that encoders are measured on: parallel news and pairs of news items."""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.graded_pairs import GradedPairs
from benchmarks.term_weights import ntrex
from dedup.articles import UNDATED, lead_of, seconds_of
from dedup.cleaning import clean
from dedup.config import Config
from dedup.readers.files import read_articles

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Strings = npt.NDArray[np.str_]

# Where NTREX has several variants of a language, the one that most newspapers write:
# European Spanish, French and Portuguese, Simplified Chinese, Bokmål, Iranian Persian.
NTREX_CODES = {
    "en": "eng",
    "ar": "arb",
    "ru": "rus",
    "zh": "zho-CN",
    "fr": "fra",
    "es": "spa",
    "de": "deu",
    "pt": "por",
    "it": "ita",
    "tr": "tur",
    "fa": "fas",
    "uk": "ukr",
    "he": "heb",
    "hi": "hin",
    "ja": "jpn",
    "ko": "kor",
    "id": "ind",
    "pl": "pol",
    "nl": "nld",
    "vi": "vie",
    "cs": "ces",
    "ro": "ron",
    "hu": "hun",
    "sv": "swe",
    "da": "dan",
    "no": "nob",
    "fi": "fin",
    "el": "ell",
    "bg": "bul",
    "sl": "slv",
}
CHOSEN = ("ar", "ru", "zh", "en")
MAX_GAP_DAYS = {"itn": 30, "allsides": 3}
MAX_POSITIVES = 100
MIN_SHARED_JACCARD = 0.5


class Pairs(NamedTuple):
    """Pairs of numbers of texts, int64 of shape (p, 2) and (q, 2)."""

    positive: Int64s
    negative: Int64s


@dataclass(frozen=True)
class Labelled:
    """Texts, and the pairs of them that are, or are not, of one story.

    Attributes:
        texts: What is encoded.
        languages: Of the texts.
        tasks: Pairs by the name of the measurement.
    """

    texts: Sequence[str]
    languages: Sequence[str]
    tasks: Mapping[str, Pairs]


@dataclass(frozen=True)
class Graded:
    """Pairs of texts, at 2k and 2k + 1, that people graded.

    Attributes:
        texts: What is encoded.
        languages: Of the texts.
        grades: From 1 (the same event) to 4 (another one), float64 of shape (pairs,).
    """

    texts: Sequence[str]
    languages: Sequence[str]
    grades: Float64s


@dataclass(frozen=True)
class Data:
    """Everything that is encoded.

    Attributes:
        sentences: 1,997 sentences by language; the same place is the same sentence.
        documents: 123 documents by language; the same place is the same document.
        labelled: News items with the stories that they belong to.
        unrelated: Every second document, of which no mean was made, in all languages of NTREX.
        news_sentences: Sentences of news, and what they are in English, by language.
        graded: Pairs of articles with grades.
    """

    sentences: Mapping[str, Sequence[str]]
    documents: Mapping[str, Sequence[str]]
    labelled: Mapping[str, Labelled]
    unrelated: Mapping[str, Sequence[str]]
    news_sentences: Mapping[str, tuple[Sequence[str], Sequence[str]]]
    graded: Graded | None


def load_data(folder: Path, languages: Sequence[str] = tuple(NTREX_CODES)) -> Data:
    """Read the files and choose the pairs; some five seconds.

    Args:
        folder: Holds the files.
        languages: Of NTREX; English is always read.
    """
    parallel = _load_ntrex(folder / "ntrex.jsonl.xz", {"en", *languages})
    documents = {
        language: [text.replace("\n", " ") for text in texts]
        for language, texts in parallel.items()
    }
    sentences = {
        language: [sentence for text in texts for sentence in text.split("\n")]
        for language, texts in parallel.items()
    }
    itn = Items.read(folder / "itn.jsonl")
    pairs = _pairs(itn, MAX_GAP_DAYS["itn"])
    allsides = Items.read(folder / "allsides.jsonl")
    english = _pairs(allsides, MAX_GAP_DAYS["allsides"])
    dated = (allsides.seconds[english.positive] != UNDATED).all(axis=1)
    english = Pairs(english.positive[dated], english.negative)
    in_english = ["en"] * len(allsides.titles)
    labelled = {
        "itn": Labelled(itn.leads, itn.languages.tolist(), _by_language(itn, pairs)),
        "itn bodies": Labelled(
            itn.bodies, itn.languages.tolist(), _by_language(itn, _certain(itn, pairs))
        ),
        "allsides": Labelled(allsides.leads, in_english, {"title and lead": english}),
        "allsides titles": Labelled(allsides.titles, in_english, {"title": english}),
    }
    # Of several variants of a language, one: the same document in two is not two documents.
    half = {code: dict(rows) for code, rows in ntrex(folder / "ntrex.jsonl.xz", 1).items()}
    return Data(
        sentences,
        documents,
        labelled,
        unrelated={
            code: [text.replace("\n", " ") for text in by_document.values()]
            for code, by_document in half.items()
        },
        news_sentences=_news_sentences(folder / "wmt_news.jsonl.xz"),
        graded=_graded(folder / "semeval8.jsonl.xz"),
    )


def _news_sentences(path: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Foreign sentences and the English ones, by language; of equal English ones the first."""
    if not path.exists():
        return {}
    chosen: dict[str, dict[str, str]] = defaultdict(dict)
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            chosen[row["lang"]].setdefault(row["en"], row["foreign"])
    return {language: (list(by.values()), list(by)) for language, by in sorted(chosen.items())}


def _graded(path: Path) -> Graded | None:
    """The graded pairs as the pipeline encodes their articles."""
    if not path.exists():
        return None
    pairs, config = GradedPairs.read(path), Config()
    texts = [clean(article, config.cleaning) for article in pairs.articles]
    leads = [lead_of(text, config.encoder.lead_chars) for text in texts]
    return Graded(leads, [article.language for article in pairs.articles], pairs.grades)


def _load_ntrex(path: Path, languages: set[str]) -> dict[str, list[str]]:
    """Documents by language, in the order of their ids."""
    chosen = {NTREX_CODES[language]: language for language in languages}
    documents: dict[str, dict[str, str]] = {language: {} for language in chosen.values()}
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["lang"] in chosen:
                documents[chosen[row["lang"]]][row["cluster"]] = row["text"]
    return {
        language: [documents[language][key] for key in sorted(documents["en"])]
        for language in documents
    }


@dataclass(frozen=True)
class Items:
    """News items that have a cluster, in the order of the file.

    Attributes:
        titles: Their titles.
        bodies: Their canonical texts without the titles.
        leads: What the pipeline encodes.
        languages: Their languages.
        seconds: Publication times, int64 (n,), `UNDATED` where unknown.
        clusters: Numbers of clusters from 0, int64 (n,).
    """

    titles: list[str]
    bodies: list[str]
    leads: list[str]
    languages: Strings
    seconds: Int64s
    clusters: Int64s

    @classmethod
    def read(cls, path: Path) -> Items:
        """Read and clean a labelled file."""
        with path.open(encoding="utf-8") as lines:
            clusters = {row["id"]: row["cluster"] for row in map(json.loads, lines)}
        config = Config()
        articles = [article for article in read_articles([path]) if clusters[article.id]]
        texts = [clean(article, config.cleaning) for article in articles]
        names = [clusters[article.id] for article in articles]
        return cls(
            titles=[text.title for text in texts],
            bodies=[text.text for text in texts],
            leads=[lead_of(text, config.encoder.lead_chars) for text in texts],
            languages=np.array([article.language for article in articles]),
            seconds=seconds_of(articles),
            clusters=np.unique(names, return_inverse=True)[1].astype(np.int64),
        )


def _pairs(items: Items, max_gap_days: float) -> Pairs:
    """All pairs within a cluster, and those of two clusters that are near in time."""
    first, second = np.triu_indices(len(items.clusters), 1)
    pairs = np.stack([first, second], axis=1)
    same = items.clusters[first] == items.clusters[second]
    return Pairs(pairs[same], pairs[~same & _near(items, pairs, max_gap_days)])


def _near(items: Items, pairs: Int64s, max_gap_days: float) -> Bools:
    first, second = items.seconds[pairs].T
    dated = (first != UNDATED) & (second != UNDATED)
    near: Bools = dated & (np.abs(first - second) <= max_gap_days * 86_400)
    return near


def _by_language(items: Items, pairs: Pairs) -> dict[str, Pairs]:
    """Pairs across languages, across the four that matter most to our users, and within one."""
    chosen = np.isin(items.languages, CHOSEN)

    def across(pairs: Int64s) -> Bools:
        unlike: Bools = items.languages[pairs[:, 0]] != items.languages[pairs[:, 1]]
        return unlike

    def across_chosen(pairs: Int64s) -> Bools:
        return across(pairs) & chosen[pairs].all(axis=1)

    def within(pairs: Int64s) -> Bools:
        return ~across(pairs)

    rules = {
        "across languages": across,
        f"across {', '.join(CHOSEN)}": across_chosen,
        "same language": within,
    }
    return {name: Pairs(*(part[rule(part)] for part in pairs)) for name, rule in rules.items()}


def _certain(items: Items, pairs: Pairs) -> Pairs:
    """Pairs of ITN whose label can be trusted.

    A cluster of ITN is a Wikipedia article, years of news about it: only positives near
    in time are of one event. One item that links several articles stands in several
    clusters: negatives between clusters that share an item are left out. A cluster gives
    no more than 100 positives, as one of them would give four in ten.
    """
    positive = pairs.positive[_near(items, pairs.positive, MAX_GAP_DAYS["itn"])]
    positive = np.random.default_rng(0).permutation(positive)
    clusters = items.clusters[positive[:, 0]]
    order = np.argsort(clusters, kind="stable")
    _, starts, counts = np.unique(clusters[order], return_index=True, return_counts=True)
    ranks = np.arange(len(order)) - np.repeat(starts, counts)
    shared = _sharing_clusters(items, pairs.negative)
    first, second = items.clusters[pairs.negative].T
    return Pairs(positive[order[ranks < MAX_POSITIVES]], pairs.negative[~shared[first, second]])


def _sharing_clusters(items: Items, negative: Int64s) -> Bools:
    """Which clusters share an item, symmetric (clusters, clusters): bodies of like trigrams."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer="char", ngram_range=(3, 3), binary=True, dtype=np.float32)
    trigrams = counter.fit_transform(items.bodies)
    sizes = np.asarray(trigrams.sum(axis=1)).ravel()
    first, second = negative[items.languages[negative[:, 0]] == items.languages[negative[:, 1]]].T
    common = np.asarray(trigrams[first].multiply(trigrams[second]).sum(axis=1)).ravel()
    alike = common >= MIN_SHARED_JACCARD * (sizes[first] + sizes[second] - common)
    clusters = int(items.clusters.max()) + 1
    shared = np.zeros((clusters, clusters), np.bool_)
    shared[items.clusters[first[alike]], items.clusters[second[alike]]] = True
    both: Bools = shared | shared.T
    return both
