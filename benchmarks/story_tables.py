"""The measurements of story groups as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TEACHER = "e5"
OURS = ("dedup", "dedup, shipped weights")
"""The first that was run stands for us in the overall table."""
GOALS: Mapping[str, str] = {
    "seeds": ".92",
    "ITN": ".78",
    "ITN English": ".95",
    "AllSides": ".90",
    "ECB+": ".86",
    "NTREX mixed": ".95",
    "gunviolence": ".88",
    "look-alikes": ".90",
}
"""B-cubed F1 that is wanted of a set; every set is to be above the best baseline."""


def systems_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """B-cubed F1 of every system, a system a row and a set a column."""
    names = list(dict.fromkeys(_name(system) for row in rows for system in row["systems"]))
    scores = {
        (row["set"], _name(system)): system["b_cubed"]["f1"]
        for row in rows
        for system in row["systems"]
        if "note" not in system
    }
    lines = [
        f"| system | {' | '.join(row['set'] for row in rows)} |",
        f"|---|{'--:|' * len(rows)}",
    ]
    for name in names:
        cells = (scores.get((row["set"], name)) for row in rows)
        lines.append(f"| {name} | {' | '.join(map(_or_dash, cells))} |")
    return "\n".join(lines)


def overall_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """B-cubed F1 of ours and of the best baseline, a set a row."""
    lines = [
        "| set | articles | languages | gold / found stories | ours: F1 (95 %) | P | R "
        "| cross-language recall | best baseline | F1 (95 %) | goal | e5 |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|--:|---|--:|",
    ]
    for row in rows:
        run = [system for system in row["systems"] if "note" not in system]
        ours = next(system for name in OURS for system in run if system["system"] == name)
        others = (system for system in run if not system["ours"])
        taught = [system for system in run if system["vectors"] == TEACHER]
        best = max(others, key=lambda system: float(system["b_cubed"]["f1"]))
        cells = (
            row["set"],
            f"{row['articles']:,}",
            str(row["languages"]),
            f"{row['gold_clusters']:,} / {ours['stories']:,}",
            _f1(ours),
            f"{ours['b_cubed']['precision']:.3f}",
            f"{ours['b_cubed']['recall']:.3f}",
            _or_dash(ours["cross_language_recall"]),
            _name(best),
            _f1(best),
            GOALS.get(row["set"], "above it"),
            _or_dash(taught[0]["b_cubed"]["f1"] if taught else None),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def reliability_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Predicted beside observed shares of same events, by kind of pair."""
    lines = [
        "| pairs | P(same event) | pairs in it | mean predicted | observed |",
        "|---|---|--:|--:|--:|",
        *(
            f"| {row['kind']} | {row['low']:.1f} to {row['high']:.1f} | {row['pairs']:,} | "
            f"{row['predicted']:.2f} | {row['observed']:.2f} |"
            for row in rows
            if "kind" in row
        ),
    ]
    return "\n".join(lines)


def language_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Predicted beside observed shares of same events, by language."""
    lines = [
        "| language | pairs | mean predicted | observed | largest difference in a tenth |",
        "|---|--:|--:|--:|--:|",
        *(
            f"| {row['language']} | {row['pairs']:,} | {row['predicted']:.2f} | "
            f"{row['observed']:.2f} | {row['worst']:.2f} |"
            for row in rows
            if "language" in row
        ),
    ]
    return "\n".join(lines)


def set_table(row: Mapping[str, Any]) -> str:
    """All systems on one set."""
    lines = [
        f"**{row['set']}**: {row['articles']:,} articles, {row['gold_clusters']:,} stories, "
        f"languages: {row['languages']}",
        "",
        "| system | best cut | found stories | largest | B-cubed P | R | F1 (95 %) "
        "| pairwise P | R | F1 | cross-language recall |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(f"| {_name(system)} | {' | '.join(_cells(system))} |" for system in row["systems"]),
    ]
    return "\n".join(lines)


def _cells(system: Mapping[str, Any]) -> list[str]:
    if "note" in system:
        return [system["note"], *[""] * 9]
    b_cubed, pairs = system["b_cubed"], system["pairwise"]
    return [
        system.get("best_cut", ""),
        f"{system['stories']:,}",
        f"{system['largest_story']:,}",
        f"{b_cubed['precision']:.3f}",
        f"{b_cubed['recall']:.3f}",
        _f1(system),
        *(f"{pairs[name]:.3f}" for name in ("precision", "recall", "f1")),
        _or_dash(system["cross_language_recall"]),
    ]


def _f1(system: Mapping[str, Any]) -> str:
    b_cubed = system["b_cubed"]
    return f"{b_cubed['f1']:.3f} ({b_cubed['f1_low']:.3f} to {b_cubed['f1_high']:.3f})"


def _name(system: Mapping[str, Any]) -> str:
    return f"{system['system']}, {system['vectors']}" if system["vectors"] else system["system"]


def _or_dash(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
