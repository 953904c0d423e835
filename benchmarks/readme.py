"""Put real outputs and measured tables into README.md.

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

from benchmarks.quality import table

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NEAR = re.compile(r"(<!-- near-duplicates:[^\n]*\n).*?(<!-- end -->)", re.DOTALL)
_QUALITY = re.compile(r"(<!-- quality:[^\n]*\n)(?:[^\n]+\n)+")


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
    template, live, million = saved["template"], saved["live"], saved["million"]
    lines += [
        f"* One template, {template['articles']:,} texts with every pair at Jaccard .615: largest "
        f"cluster {template['largest_cluster']}, "
        f"{template['verified_pairs_per_article']} pairs verified per text.",
        f"* {million['articles']:,} texts of 300 words, Parquet to verified clusters on all cores: "
        f"{million['wall_seconds']:.0f} s, peak {million['peak_memory_mb'] / 1024:.1f} GB.",
        f"* Live index of {live['articles']:,} texts: adding and asking takes "
        f"{live['add_and_query_p50_us']:.0f} us (p50), "
        f"{live['add_and_query_p99_us']:.0f} us (p99), removing {live['remove_p50_us']:.0f} us; "
        f"{live['bytes_per_article_without_text']:,} bytes per text.",
        f"* `dedup cluster` on {start_up['articles']} short articles, a whole process: "
        f"{start_up['warm_run_seconds']:.1f} s, the first run ever "
        f"{start_up['first_run_seconds']:.1f} s (`python -m benchmarks.start_up`).",
    ]
    return "\n".join(lines)


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


def main() -> None:
    """Rewrite README.md."""
    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "seeds", folder / "seeds")
        shutil.copy(ROOT / "seeds" / "articles.jsonl", folder)
        text = _CONSOLE.sub(lambda found: run_block(found[1], folder), text)
    rows = json.loads((RESULTS / "quality.json").read_text("utf-8"))["rows"]
    text = _QUALITY.sub(lambda found: f"{found[1]}{table(rows)}\n", text)
    saved, start_up = (
        json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
        for name in ("near_duplicates", "start_up")
    )
    tables = near_duplicate_tables(saved, start_up)
    text = _NEAR.sub(lambda found: f"{found[1]}{tables}\n{found[2]}", text)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
