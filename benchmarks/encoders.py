"""What the vectors of an encoder are worth: across languages, within a story, and in time.

    python -m benchmarks.encoders DATA_DIR [--encoder [LABEL=]NAME ...]
        [--english [LABEL=]NAME|potion|tfidf ...] [--e5 TASK ... --cache FOLDER] [--no-speed]
        [--save FILE.json]

DATA_DIR holds `ntrex.jsonl.xz` (123 news documents in many languages, sentence by sentence),
`wmt_news.jsonl.xz` (sentences of news with their translations), `semeval8.jsonl.xz` (graded pairs
of articles), `itn.jsonl` and `allsides.jsonl` (news items with the story of each); what is not
there is not measured, but for NTREX, ITN and AllSides. Vectors are those from the mean of their
language, where such means ship for the encoder. `--e5` measures e5 on these labelled sets alone
(`itn`, `graded` and so on), and, if `parallel` is among them, on the translations of the table:
all takes hours. A program that trains an encoder measures it with
`encoder_measures.measure_vectors(encode, load_data(folder))`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.encoder_baselines import centred, open_encoder
from benchmarks.encoder_data import NTREX_CODES, Data, load_data
from benchmarks.encoder_measures import GROUPS, measure_vectors
from benchmarks.encoder_speed import measure_speed
from benchmarks.encoder_tables import TEACHER
from benchmarks.saved import made_by, save_rows

LIBRARIES = ("story-dedup", "numpy", "scikit-learn", "tokenizers", "torch", "sentence-transformers")

PARALLEL = "parallel"
IN_TABLE = tuple(language for members in GROUPS.values() for language in members)


def measure(
    name: str,
    folder: Path,
    data: Data,
    *,
    parallel: bool = True,
    speed: bool = True,
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
    result = measure_vectors(centred(encoder, name), data, languages=languages)
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
    shown |= _news_figures(row)
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


def _news_figures(row: Mapping[str, Any]) -> dict[str, str]:
    """What is printed of sentences of news, unrelated documents and graded pairs."""
    shown: dict[str, str] = {}
    news: dict[str, float] = row.get("news sentences", {})
    if news:
        worst = min(news, key=news.__getitem__)
        mean = sum(news.values()) / len(news)
        shown["news sentences to en, mean / worst"] = f"{_both(mean, news[worst])} ({worst})"
    unrelated: dict[str, dict[str, float]] = row.get("unrelated", {})
    for key in ("mean", "quantile") if unrelated else ():
        highest, worst = max((figures[key], name) for name, figures in unrelated.items())
        shown[f"unrelated documents, {key}: worst"] = f"{highest:.3f} ({worst})"
    if graded := row.get("graded"):
        lowest, worst = min((value, name) for name, value in graded["languages"].items())
        shown["graded pairs, Pearson: all / worst"] = (
            f"{_both(graded['pearson'], lowest)} ({worst})"
        )
    return shown


def _both(first: float, second: float) -> str:
    return f"{first:.3f} / {second:.3f}"


def main() -> None:
    """Measure all encoders and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, metavar="DATA_DIR")
    parser.add_argument("--encoder", nargs="*", default=[], metavar="[LABEL=]NAME")
    parser.add_argument("--english", nargs="*", default=[], metavar="[LABEL=]NAME")
    parser.add_argument("--e5", nargs="*", default=[], metavar="TASK", help="what e5 does")
    parser.add_argument("--cache", default="", help="folder where vectors of e5 are kept")
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    data = load_data(given.folder)
    rows = []
    parallel = [(choice, True) for choice in given.encoder]
    for choice, everything in [*parallel, *((choice, False) for choice in given.english)]:
        label, _, name = choice.rpartition("=")
        measured = measure(
            name,
            given.folder,
            data,
            parallel=everything,
            speed=not given.no_speed,
        )
        rows.append({"encoder": label or name, **measured})
    if given.e5:
        teacher = open_encoder(TEACHER, given.folder, given.cache)
        measured = measure_vectors(
            centred(teacher, TEACHER),
            data,
            languages=IN_TABLE if PARALLEL in given.e5 else (),
            tasks=given.e5,
        )
        rows.append({"encoder": TEACHER, **measured})
    print(table(rows))
    if given.save:
        save_rows(given.save, made_by("python -m benchmarks.encoders", LIBRARIES), rows)


if __name__ == "__main__":
    main()
