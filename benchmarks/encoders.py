"""What the vectors of an encoder are worth: across languages, within a story, and in time.

    python -m benchmarks.encoders DATA_DIR [--encoder [LABEL=]NAME ...]
        [--english [LABEL=]NAME|potion|tfidf ...] [--no-speed] [--save FILE.json]

DATA_DIR holds `ntrex.jsonl.xz` (123 news documents in many languages, sentence by
sentence), `itn.jsonl` and `allsides.jsonl` (news items with the story of each). A
program that trains an encoder measures it with `measure_vectors(encode, load_data(folder))`.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.encoder_baselines import open_encoder
from benchmarks.encoder_data import NTREX_CODES, Data, Pairs, load_data
from benchmarks.encoder_speed import measure_speed
from benchmarks.saved import made_by, save_rows
from dedup.compute.arrays import Float32s

__all__ = [
    "Data",
    "load_data",
    "measure_documents",
    "measure_pairs",
    "measure_sentences",
    "measure_vectors",
    "recall_at_precision",
    "roc_auc",
    "table",
    "top1",
]

Encode = Callable[[Sequence[str]], Float32s]

LIBRARIES = ("story-dedup", "numpy", "scikit-learn", "tokenizers", "torch", "sentence-transformers")
GROUPS = {
    "A": ("ar", "ru", "zh", "tr", "fa", "he", "hi", "uk", "ja"),
    "B": ("fr", "es", "de", "pt", "it", "nl", "pl", "cs", "sv"),
    "ko": ("ko",),
}
DIRECT = (("ar", "ru"), ("zh", "ar"), ("ru", "zh"))
MIN_PRECISION = 0.95
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
) -> dict[str, Any]:
    """All measurements of quality.

    Args:
        encode: float32 of shape (n, d) for n texts, unit or zero rows.
        data: From `load_data`.
        languages: Of the sentences and documents; English is always encoded.
        documents: Leave out to be quick.
        labelled: Leave out, with `documents`, to measure sentences only.
    """
    chosen = ["en", *(name for name in languages if name != "en" and name in data.sentences)]
    result: dict[str, Any] = {}
    if len(chosen) > 1:
        result["sentences"] = measure_sentences({k: encode(data.sentences[k]) for k in chosen})
    if documents and len(chosen) > 1:
        grouped = {"en"}.union(*GROUPS.values()) & set(chosen)
        result["documents"] = measure_documents({k: encode(data.documents[k]) for k in grouped})
    if labelled:
        for name, task_set in data.labelled.items():
            result[name] = measure_pairs(encode(task_set.texts), task_set.tasks)
    return result


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


def measure(
    name: str, folder: Path, data: Data, *, parallel: bool = True, speed: bool = True
) -> dict[str, Any]:
    """All measurements of one encoder or baseline.

    Args:
        name: A baseline, or what `load_encoder` takes.
        folder: Of the data.
        data: From `load_data`.
        parallel: Leave out for an English model and for TF-IDF, which knows no words but
            those of one call: only the labelled news is then measured.
        speed: Leave out to be quick.
    """
    encoder = open_encoder(name, folder)
    languages = tuple(NTREX_CODES) if parallel else ()
    result = measure_vectors(encoder.encode, data, languages=languages)
    if speed and parallel:
        result["speed"] = measure_speed(name, folder)
    return result


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The measurements as Markdown tables, one encoder a column.

    Args:
        rows: Each `encoder`, its label, and the result of `measure_vectors`.
    """
    lines = ["| | " + " | ".join(row["encoder"] for row in rows) + " |"]
    lines.append("|---|" + "--:|" * len(rows))
    figures = [_figures(row) for row in rows]
    keys = dict.fromkeys(key for column in figures for key in column)
    lines.extend(
        f"| {key} | " + " | ".join(column.get(key, "") for column in figures) + " |" for key in keys
    )
    return "\n".join(lines)


def _figures(row: Mapping[str, Any]) -> dict[str, str]:
    """What is printed of one encoder, by the name of the line."""
    shown: dict[str, str] = {}
    if figures := row.get("sentences"):
        for group, means in figures["groups"].items():
            shown[f"sentences, {group} to en / en to {group}"] = _both(
                means["to_english"], means["from_english"]
            )
        for pair, top in figures["direct"].items():
            shown[f"sentences, {pair} / back"] = _both(top["there"], top["back"])
        for name, to_english in figures["to_english"].items():
            shown[f"{name} to en / en to {name}"] = _both(to_english, figures["from_english"][name])
    if figures := row.get("documents"):
        shown["documents, mean / min"] = _both(figures["mean"], figures["min"])
        shown["documents, worst"] = ", ".join(figures["worst"])
    for name in ("itn", "itn bodies", "allsides", "allsides titles"):
        for task, scores in row.get(name, {}).items():
            shown[f"{name}, {task}: AUC / recall"] = (
                f"{scores['roc_auc']:.4f} / {scores['recall_at_95_precision']:.3f}"
            )
    if figures := row.get("speed"):
        shown["texts per CPU second"] = f"{figures['texts_per_cpu_second']:,.0f}"
        shown["load, without / with imports, s"] = _both(
            figures["load_seconds"], figures["import_and_load_seconds"]
        )
        size = figures["files_mb"]
        shown["files, MB"] = "" if size is None else f"{size:.1f}"
    return shown


def _both(first: float, second: float) -> str:
    return f"{first:.3f} / {second:.3f}"


def main() -> None:
    """Measure all encoders and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, metavar="DATA_DIR")
    parser.add_argument("--encoder", nargs="*", default=[], metavar="[LABEL=]NAME")
    parser.add_argument("--english", nargs="*", default=[], metavar="[LABEL=]NAME")
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    data = load_data(given.folder)
    rows = []
    parallel = [(choice, True) for choice in given.encoder]
    for choice, everything in [*parallel, *((choice, False) for choice in given.english)]:
        label, _, name = choice.rpartition("=")
        measured = measure(name, given.folder, data, parallel=everything, speed=not given.no_speed)
        rows.append({"encoder": label or name, **measured})
    print(table(rows))
    if given.save:
        save_rows(given.save, made_by("python -m benchmarks.encoders", LIBRARIES), rows)


if __name__ == "__main__":
    main()
