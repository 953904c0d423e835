"""What the vectors of an encoder are measured by."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.encoder_data import NTREX_CODES, Data, Graded, Pairs
from dedup.compute.arrays import Float32s

Encode = Callable[[Sequence[str], Sequence[str]], Float32s]
"""Vectors of n texts in these languages: float32 of shape (n, d), unit or zero rows."""

GROUPS = {
    "A": ("ar", "ru", "zh", "tr", "fa", "he", "hi", "uk", "ja"),
    "B": ("fr", "es", "de", "pt", "it", "nl", "pl", "cs", "sv"),
    "ko": ("ko",),
}
DIRECT = (("ar", "ru"), ("zh", "ar"), ("ru", "zh"))
MIN_PRECISION = 0.95
MIN_NEWS_SENTENCES = 200
FEW_ALIKE = 0.999
"""Of all pairs of unrelated documents all but one in a thousand are less alike."""
# Products of equal rows differ by the rounding of float32, according to their place in the matrix.
_TIE = 1e-6
_BLOCK = 1024
_WORST = 5


def top1(queries: Float32s, targets: Float32s) -> float:
    """Share of queries whose own target is nearer than all others. Ties count against.

    Args:
        queries: float32 of shape (n, d), unit or zero rows.
        targets: The same shape; target k is the answer to query k.
    """
    hits = 0
    for start in range(0, len(queries), _BLOCK):
        cosines = queries[start : start + _BLOCK] @ targets.T
        rows = np.arange(len(cosines))
        own = cosines[rows, start + rows]
        cosines[rows, start + rows] = -np.inf
        hits += int(np.count_nonzero(own > cosines.max(axis=1) + _TIE))
    return hits / len(queries)


def roc_auc(positive: npt.NDArray[Any], negative: npt.NDArray[Any]) -> float:
    """Chance that a positive scores above a negative; equal scores count half. NaN without both."""
    if not len(positive) or not len(negative):
        return float("nan")
    below = np.sort(negative)
    scores = np.sort(positive)
    wins = int(below.searchsorted(scores, "left").sum())
    ties = int(below.searchsorted(scores, "right").sum()) - wins
    return (wins + ties / 2) / (len(positive) * len(negative))


def recall_at_precision(
    positive: npt.NDArray[Any], negative: npt.NDArray[Any], precision: float = MIN_PRECISION
) -> float:
    """The largest recall over all cuts whose precision is at least the given one.

    Zero if no cut reaches it. NaN without positives.
    """
    if not len(positive):
        return float("nan")
    cuts = np.unique(positive)
    true_positives = len(positive) - np.sort(positive).searchsorted(cuts, "left")
    false_positives = len(negative) - np.sort(negative).searchsorted(cuts, "left")
    recalled = true_positives[true_positives / (true_positives + false_positives) >= precision]
    return float(recalled.max(initial=0)) / len(positive)


def measure_vectors(
    encode: Encode,
    data: Data,
    *,
    languages: Sequence[str] = tuple(NTREX_CODES),
    documents: bool = True,
    labelled: bool = True,
    tasks: Collection[str] = (),
) -> dict[str, Any]:
    """All measurements of quality.

    Args:
        encode: Of texts and their languages.
        data: From `load_data`.
        languages: Of the sentences and documents; English is always encoded.
        documents: Leave out to be quick.
        labelled: Leave out, with `documents`, to measure sentences only.
        tasks: Of the labelled sets and `graded`, those that are measured; all if there are none.
    """

    def vectors_in(language: str, texts: Sequence[str]) -> Float32s:
        return encode(texts, [language] * len(texts))

    chosen = ["en", *(name for name in languages if name != "en" and name in data.sentences)]
    result: dict[str, Any] = {}
    if len(chosen) > 1:
        result["sentences"] = measure_sentences(
            {name: vectors_in(name, data.sentences[name]) for name in chosen}
        )
    if documents and len(chosen) > 1:
        grouped = {"en"}.union(*GROUPS.values()) & set(chosen)
        result["documents"] = measure_documents(
            {name: vectors_in(name, data.documents[name]) for name in grouped}
        )
        result["unrelated"] = measure_unrelated(
            {name: vectors_in(name, texts) for name, texts in data.unrelated.items()}
        )
        result["news sentences"] = {
            name: top1(vectors_in(name, foreign), vectors_in("en", english))
            for name, (foreign, english) in data.news_sentences.items()
            if len(foreign) >= MIN_NEWS_SENTENCES
        }
    if labelled:
        for name, task_set in data.labelled.items():
            if not tasks or name in tasks:
                vectors = encode(task_set.texts, task_set.languages)
                result[name] = measure_pairs(vectors, task_set.tasks)
    if labelled and data.graded is not None and (not tasks or "graded" in tasks):
        result["graded"] = measure_graded(encode, data.graded)
    return result


def measure_unrelated(vectors: Mapping[str, Float32s]) -> dict[str, Any]:
    """Cosines of all pairs of different documents, by language: their mean and a high quantile."""
    result = {}
    for name, rows in sorted(vectors.items()):
        if len(rows) < 2:
            continue
        cosines = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
        quantile = float(np.quantile(cosines, FEW_ALIKE))
        result[name] = {"mean": float(cosines.mean()), "quantile": quantile}
    return result


def measure_graded(encode: Encode, graded: Graded) -> dict[str, Any]:
    """Pearson correlation of the cosine with the grade, the sign turned: all pairs, by language."""
    vectors = encode(graded.texts, graded.languages)
    cosines = (vectors[::2] * vectors[1::2]).sum(axis=1)
    kinds = np.array(
        [f"{a}-{b}" for a, b in zip(graded.languages[::2], graded.languages[1::2], strict=True)]
    )
    by_language = {
        name: _pearson(cosines[kinds == name], graded.grades[kinds == name])
        for name in sorted(set(kinds.tolist()))
    }
    return {"pearson": _pearson(cosines, graded.grades), "languages": by_language}


def _pearson(cosines: npt.NDArray[Any], grades: npt.NDArray[Any]) -> float:
    return -float(np.corrcoef(cosines, grades)[0, 1])


def measure_sentences(vectors: Mapping[str, Float32s]) -> dict[str, Any]:
    """Top-1 to and from English by language, their means by group, and direct pairs."""
    others = [language for language in vectors if language != "en"]
    to_english = {name: top1(vectors[name], vectors["en"]) for name in others}
    from_english = {name: top1(vectors["en"], vectors[name]) for name in others}
    groups = {}
    for group, members in {**GROUPS, "all": tuple(others)}.items():
        measured = [name for name in members if name in vectors]
        if measured:
            groups[group] = {
                "to_english": float(np.mean([to_english[name] for name in measured])),
                "from_english": float(np.mean([from_english[name] for name in measured])),
            }
    direct = {}
    for a, b in DIRECT:
        if a in vectors and b in vectors:
            there, back = top1(vectors[a], vectors[b]), top1(vectors[b], vectors[a])
            direct[f"{a}-{b}"] = {"there": there, "back": back, "mean": (there + back) / 2}
    return {
        "to_english": to_english,
        "from_english": from_english,
        "groups": groups,
        "direct": direct,
    }


def measure_documents(vectors: Mapping[str, Float32s]) -> dict[str, Any]:
    """Top-1 of every ordered pair of languages: the least, the mean and the worst pairs."""
    top = {
        f"{a}-{b}": top1(vectors[a], vectors[b])
        for a, b in itertools.permutations(sorted(vectors), 2)
    }
    worst = sorted(top, key=lambda pair: (top[pair], pair))[:_WORST]
    return {
        "pairs": len(top),
        "min": min(top.values()),
        "mean": float(np.mean(list(top.values()))),
        "worst": {pair: top[pair] for pair in worst},
    }


def measure_pairs(vectors: Float32s, tasks: Mapping[str, Pairs]) -> dict[str, Any]:
    """ROC AUC and recall at 95 % precision of each task."""
    cosines = vectors @ vectors.T
    result = {}
    for name, pairs in tasks.items():
        positive = cosines[pairs.positive[:, 0], pairs.positive[:, 1]]
        negative = cosines[pairs.negative[:, 0], pairs.negative[:, 1]]
        result[name] = {
            "positives": len(positive),
            "negatives": len(negative),
            "roc_auc": roc_auc(positive, negative),
            "recall_at_95_precision": recall_at_precision(positive, negative),
        }
    return result
