"""The measurements of encoders as the README and the model card show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.encoder_data import NTREX_CODES

BUNDLED = "bundled"
TEACHER = "e5"
GOALS = {
    "NTREX sentence to English, first of 1,997: ar ru zh tr fa he hi uk ja": ".93",
    "the same: fr es de pt it nl pl cs sv": ".96",
    "the same: ko": ".85",
    "directly, mean of both directions": ".75",
    "WMT news sentence to English, first of up to 1,000: mean of 29 languages": ".93",
    "NTREX document to any of 20 languages, first of 123: mean, worst pair": ".99, .95",
    "ITN, one event in two languages against others within 30 days, AUC": ".980",
    "SemEval-2022 task 8, Pearson of cosine and grade: all pairs, least of a language": ".76, .62",
    "AllSides, same event against others within 3 days, AUC: title and lead": "",
    "the same: titles alone": ".972",
    "unrelated NTREX documents, mean cosine: worst language": ".10",
    "the same, 99.9 % quantile: worst of 30 languages": ".35",
    "texts of 200 words per CPU-second": "3,000",
    "loading, seconds": "0.3",
    "size, MB": "30",
}
"""What is measured, and what is wanted of the bundled encoder."""
_NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sl": "Slovene", "sv": "Swedish",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
    "et": "Estonian", "gu": "Gujarati", "ha": "Hausa", "hr": "Croatian", "is": "Icelandic",
    "iu": "Inuktitut", "kk": "Kazakh", "km": "Khmer", "liv": "Livonian", "lt": "Lithuanian",
    "lv": "Latvian", "ps": "Pashto", "ta": "Tamil",
}  # fmt: skip


def goals_table(saved: Mapping[str, Any]) -> str:
    """What was wanted of the bundled encoder and what was measured, beside e5 and the others."""
    rows = {row["encoder"]: row for row in saved["rows"]}
    ours, teacher = _figures(rows[BUNDLED]), _figures(rows.get(TEACHER, {}))
    lines = [
        f"| {name} | {goal} | {ours.get(name, '')} | {teacher.get(name, '')} |"
        for name, goal in GOALS.items()
    ]
    titles = {
        label: f"{label} {row['allsides titles']['title']['roc_auc']:.3f}"
        for label, row in rows.items()
        if label not in (BUNDLED, TEACHER)
    }
    beside = f"Others on AllSides' titles alone, AUC: {', '.join(titles.values())}."
    return "\n".join(
        [
            "| | goal | bundled | e5 |",
            "|---|--:|---|---|",
            *lines,
            *(["", beside] if titles else []),
        ]
    )


def _figures(row: Mapping[str, Any]) -> dict[str, str]:
    """What was measured, by the names of `GOALS`."""
    shown: list[str] = []
    for measure in (_sentences, _news, _labelled, _unrelated, _speed):
        shown += measure(row)
    return dict(zip(GOALS, shown, strict=True))


def _sentences(row: Mapping[str, Any]) -> list[str]:
    if "sentences" not in row:
        return [""] * 4
    measured = row["sentences"]
    groups = [f"{measured['groups'][name]['to_english']:.3f}" for name in ("A", "B", "ko")]
    direct = (f"{pair} {top['mean']:.3f}" for pair, top in measured["direct"].items())
    return [*groups, ", ".join(direct)]


def _news(row: Mapping[str, Any]) -> list[str]:
    shown = ["", ""]
    if news := row.get("news sentences"):
        shown[0] = f"{sum(news.values()) / len(news):.3f}"
    if documents := row.get("documents"):
        shown[1] = f"{documents['mean']:.3f}, {documents['min']:.3f}"
    return shown


def _labelled(row: Mapping[str, Any]) -> list[str]:
    shown = [
        f"{row[name][task]['roc_auc']:.3f}" if name in row else ""
        for name, task in (
            ("itn", "across languages"),
            ("allsides", "title and lead"),
            ("allsides titles", "title"),
        )
    ]
    graded = row.get("graded")
    least = "" if not graded else f"{min(graded['languages'].values()):.3f}"
    pearson = "" if not graded else f"{graded['pearson']:.3f}, {least}"
    return [shown[0], pearson, *shown[1:]]


def _unrelated(row: Mapping[str, Any]) -> list[str]:
    unrelated = row.get("unrelated")
    if not unrelated:
        return ["", ""]
    worst, code = max((figures["mean"], code) for code, figures in unrelated.items())
    main = max(unrelated[code]["quantile"] for code in NTREX_CODES if code in unrelated)
    return [f"{worst:.3f} ({code})", f"{main:.3f}"]


def _speed(row: Mapping[str, Any]) -> list[str]:
    speed = row.get("speed")
    if not speed:
        return [""] * 3
    size = speed["files_mb"]
    return [
        f"{speed['texts_per_cpu_second']:,.0f}",
        f"{speed['load_seconds']:.2f}",
        "" if size is None else f"{size:.1f}",
    ]


def languages_table(saved: Mapping[str, Any]) -> str:
    """How good the bundled encoder is in each language, the best first."""
    ours = next(row for row in saved["rows"] if row["encoder"] == BUNDLED)
    to_english, news = ours["sentences"]["to_english"], ours.get("news sentences", {})
    from_english, unrelated = ours["sentences"]["from_english"], ours.get("unrelated", {})
    languages = {*to_english, *news}
    best = {code: max(to_english.get(code, 0.0), news.get(code, 0.0)) for code in languages}
    ranked = sorted(languages, key=lambda code: (-best[code], code))
    means = {code: figures["mean"] for code, figures in unrelated.items()}
    columns = (to_english, from_english, news, means)
    return "\n".join(
        [
            "| language | to English | from English | WMT news to English | unrelated |",
            "|---|--:|--:|--:|--:|",
            *(
                f"| {_NAMES[code]} ({code}) | "
                + " | ".join(f"{column[code]:.3f}" if code in column else "" for column in columns)
                + " |"
                for code in ranked
            ),
        ]
    )
