"""Put real outputs and measured tables into README.md and the card of the bundled encoder.

    python -m benchmarks.readme

Runs the commands of the `console` blocks in a folder that holds the demonstration corpus, and
fills in the tables from `benchmarks/results/`. `tests/test_docs.py` fails when they are stale.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.encoder_tables import goals_table, languages_table
from benchmarks.quality import table
from benchmarks.story_scale import table as scale_table
from benchmarks.story_tables import reliability_table, stories_block
from dedup.bench.report import table as size_table

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
CARD = ROOT / "dedup" / "encoders" / "bundled" / "MODEL_CARD.md"
RESULTS = ROOT / "benchmarks" / "results"
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def near_duplicate_tables(saved: dict[str, Any], start_up: dict[str, Any]) -> str:
    """The comparison with the peers and the other measurements, as Markdown tables."""
    lines = []
    for compared in saved["compared"]:
        lines += [
            f"**{compared['corpus'].capitalize()}**, {compared['articles']:,} texts:",
            "",
            "| system | cores | texts per CPU-second | CPU time / ours | peak MB | pairs P / R "
            "| clusters P / R |",
            "|---|--:|--:|--:|--:|--:|--:|",
            *map(_peer_row, compared["rows"]),
            "",
        ]
    lines += _goals(saved, start_up)
    made_by = saved["made_by"]
    versions = ", ".join(f"{name} {number}" for name, number in made_by["versions"].items())
    lines += ["", f"Machine: {made_by['machine']}, {made_by['date']}; {versions}."]
    return "\n".join(lines)


def _goals(saved: dict[str, Any], start_up: dict[str, Any]) -> list[str]:
    """What was wanted and what was measured, a row each."""
    planted, *real = saved["compared"]
    slower = {row["system"]: row["times_slower_than_dedup"] for row in planted["rows"]}
    ours = planted["rows"][0]
    rensa = {
        compared["corpus"]: row["times_slower_than_dedup"]
        for compared in real
        for row in compared["rows"]
        if row["system"] == "rensa"
    }
    template, live, million = saved["template"], saved["live"], saved["million"]
    rows = [
        (
            f"{planted['articles']:,} texts to verified clusters, one core: 12 x datasketch tuned, "
            "4.5 x rensa, 2.5 x Daft",
            f"{slower['datasketch tuned']:.1f} x, {slower['rensa']:.1f} x, {slower['daft']:.1f} x",
        ),
        (
            "pairs at Jaccard .8 / .7: precision 1, recall .995 / .99",
            f"precision {ours['precision_0.8']:.3f} / {ours['precision_0.7']:.3f}, "
            f"recall {ours['recall_0.8']:.4f} / {ours['recall_0.7']:.4f}",
        ),
        (
            f"one template, {template['articles']:,} texts, every pair at Jaccard .615: largest "
            "cluster 1, bounded work",
            f"{template['largest_cluster']}, "
            f"{template['verified_pairs_per_article']} pairs verified per text",
        ),
        (
            "real news, the same precision and recall: 4 x rensa",
            ", ".join(f"{name} {ratio:.1f} x" for name, ratio in rensa.items()),
        ),
        (
            f"{million['articles']:,} texts, Parquet to verified clusters, all cores: 120 s, 6 GB",
            f"{million['wall_seconds']:.0f} s, {million['peak_memory_mb'] / 1024:.1f} GB",
        ),
        (
            f"live index of {live['articles']:,} texts, add and query: 100 us (p50), 400 us (p99)",
            f"{live['add_and_query_p50_us']:.0f} us, {live['add_and_query_p99_us']:.0f} us; "
            f"remove {live['remove_p50_us']:.0f} us",
        ),
        (
            "memory at rest, without the texts: 1,000 bytes each",
            f"{live['bytes_per_article_without_text']:,} bytes",
        ),
        (
            f"`dedup cluster` on {start_up['articles']} short articles, a whole process: 2 s, the "
            "first run ever 3 s more",
            f"{start_up['warm_run_seconds']:.1f} s, the first run "
            f"{start_up['first_run_seconds']:.1f} s",
        ),
    ]
    return ["| goal | measured |", "|---|---|", *(f"| {goal} | {value} |" for goal, value in rows)]


def _peer_row(row: dict[str, Any]) -> str:
    return (
        f"| {row['system']} | {row['threads']} | {row['articles_per_cpu_second']:,} | "
        f"{row['times_slower_than_dedup']:.1f} | {row['peak_memory_mb']:,} | "
        f"{row['precision_0.8']:.3f} / {row['recall_0.8']:.3f} | "
        f"{row['cluster_precision']:.3f} / {row['cluster_recall']:.3f} |"
    )


def run_block(block: str, folder: Path) -> str:
    """The commands of a block, each followed by what it prints."""
    shown = []
    for line in block.splitlines():
        if line.startswith("$ dedup "):
            command = [sys.executable, "-m", "dedup", *line.split()[2:]]
            done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
            printed = "\n".join(each.rstrip() for each in done.stdout.splitlines())
            shown.append(f"{line}\n{printed}\n" if printed else f"{line}\n")
    return f"```console\n{''.join(shown)}```"


def filled(text: str, name: str, made: str) -> str:
    """A document with what stands between `<!-- name: ... -->` and `<!-- end -->` replaced."""
    block = re.compile(rf"(<!-- {name}:[^\n]*\n).*?(<!-- end -->)", re.DOTALL)
    return block.sub(lambda found: f"{found[1]}{made}\n{found[2]}", text)


def main() -> None:
    """Rewrite both."""
    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "seeds", folder / "seeds")
        shutil.copy(ROOT / "seeds" / "articles.jsonl", folder)
        text = _CONSOLE.sub(lambda found: run_block(found[1], folder), text)
    rows = json.loads((RESULTS / "quality.json").read_text("utf-8"))["rows"]
    text = filled(text, "quality", table(rows))
    saved, start_up, encoders, stories, scale, affinity = (
        json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
        for name in (
            "near_duplicates",
            "start_up",
            "encoders",
            "stories",
            "story_scale",
            "affinity",
        )
    )
    text = filled(text, "stories", stories_block(stories))
    text = filled(text, "scale", scale_table(scale["rows"]))
    size = json.loads((RESULTS / "corpus_size.json").read_text("utf-8"))
    text = filled(text, "corpus-size", size_table(size))
    text = filled(text, "reliability", reliability_table(affinity["rows"]))
    text = filled(text, "near-duplicates", near_duplicate_tables(saved, start_up))
    README.write_text(filled(text, "encoders", goals_table(encoders)), encoding="utf-8")
    card = filled(CARD.read_text(encoding="utf-8"), "encoders", goals_table(encoders))
    CARD.write_text(filled(card, "languages", languages_table(encoders)), encoding="utf-8")


if __name__ == "__main__":
    main()
