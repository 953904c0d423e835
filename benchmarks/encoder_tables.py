"""The measurements of encoders as the README and the model card show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BUNDLED = "bundled"
_NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sl": "Slovene", "sv": "Swedish",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def goals_table(saved: Mapping[str, Any]) -> str:
    """What was wanted of the bundled encoder and what was measured, beside the others."""
    rows = {row["encoder"]: row for row in saved["rows"]}
    ours = rows[BUNDLED]
    sentences, documents, speed = ours["sentences"], ours["documents"], ours["speed"]
    groups = {name: f"{means['to_english']:.3f}" for name, means in sentences["groups"].items()}
    direct = ", ".join(f"{pair} {top['mean']:.3f}" for pair, top in sentences["direct"].items())
    across = {name: ours[name]["across languages"] for name in ("itn", "itn bodies")}
    lines = [
        (
            "NTREX sentence to English, first of 1,997: ar ru zh tr fa he hi uk ja",
            ".90",
            groups["A"],
        ),
        ("the same: fr es de pt it nl pl cs sv", ".95", groups["B"]),
        ("the same: ko", ".75", groups["ko"]),
        ("directly, mean of both directions", ".65", direct),
        (
            "NTREX document to any of these languages, first of 123",
            ".99",
            f"mean {documents['mean']:.3f}, worst pair {documents['min']:.3f}",
        ),
        (
            "ITN, one event in two languages against others within 30 days, AUC",
            ".95",
            f"{across['itn']['roc_auc']:.3f} with titles, {across['itn bodies']['roc_auc']:.3f} "
            "without, cleaned labels",
        ),
        (
            "AllSides, same event against others within 3 days, AUC: title and lead",
            *_beside(rows, "allsides", "title and lead"),
        ),
        ("the same: titles alone", *_beside(rows, "allsides titles", "title")),
        (
            "texts of 200 words per CPU-second",
            "3,000",
            f"{speed['texts_per_cpu_second']:,.0f}",
        ),
        ("loading, seconds", "0.3", f"{speed['load_seconds']:.2f}"),
        ("size, MB", "30", f"{speed['files_mb']:.1f}"),
    ]
    return "\n".join(
        ["| | goal | measured |", "|---|--:|---|", *(f"| {a} | {b} | {c} |" for a, b, c in lines)]
    )


def _beside(rows: Mapping[str, Any], name: str, task: str) -> tuple[str, str]:
    """The goal, and the AUC of the bundled encoder with those of the others."""
    aucs = {label: row[name][task]["roc_auc"] for label, row in rows.items() if name in row}
    others = ", ".join(f"{other} {auc:.3f}" for other, auc in aucs.items() if other != BUNDLED)
    return "above potion and TF-IDF, within .03 of MiniLM", f"{aucs[BUNDLED]:.3f} ({others})"


def languages_table(saved: Mapping[str, Any]) -> str:
    """How good the bundled encoder is in each language, the best first."""
    ours = next(row for row in saved["rows"] if row["encoder"] == BUNDLED)
    to_english = ours["sentences"]["to_english"]
    from_english = ours["sentences"]["from_english"]
    ranked = sorted(to_english, key=lambda language: (-to_english[language], language))
    return "\n".join(
        [
            "| language | to English | from English |",
            "|---|--:|--:|",
            *(
                f"| {_NAMES[code]} ({code}) | {to_english[code]:.3f} | {from_english[code]:.3f} |"
                for code in ranked
            ),
        ]
    )
