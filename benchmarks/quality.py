"""How good the groups are on labelled sets, with time and memory of the whole command.

    python -m benchmarks.quality GOLD.jsonl ... [--encoder NAME] [--save FILE.json]

Each set is clustered by `dedup cluster` in a process of its own and compared with its
labels by `dedup evaluate`; the table is printed, and saved with the versions it holds for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.saved import made_by, save_rows

LIBRARIES = ("story-dedup", "numpy", "scipy", "faiss-cpu", "pyarrow")


def measure(gold: Path, encoder: str) -> dict[str, Any]:
    """Cluster one set and compare it with its labels."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "articles.parquet"
        command = [sys.executable, "-m", "dedup", "cluster", str(gold), "-q", "-o", str(output)]
        started = time.perf_counter()
        child = subprocess.Popen([*command, "--encoder", encoder])
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        if status:
            raise SystemExit(f"{gold}: dedup cluster failed")
        scores = json.loads(
            subprocess.run(
                [sys.executable, "-m", "dedup", "evaluate", str(output), str(gold), "--json"],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
    return {
        "set": gold.name,
        "articles": scores["articles"],
        "gold_clusters": scores["gold_clusters"],
        "clusters": scores["predicted_clusters"],
        "b_cubed": scores["b_cubed"],
        "ceaf_e": scores["ceaf_e"],
        "adjusted_rand_index": scores["adjusted_rand_index"],
        "wall_seconds": round(wall, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_memory_mb": round(usage.ru_maxrss / 1024),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The measurements as a Markdown table."""
    lines = [
        "| set | articles | gold / found stories | B-cubed P | R | F1 | wall s | peak MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        scores = row["b_cubed"]
        lines.append(
            f"| {row['set']} | {row['articles']:,} | {row['gold_clusters']:,} / "
            f"{row['clusters']:,} | {scores['precision']:.3f} | {scores['recall']:.3f} | "
            f"{scores['f1']:.3f} | {row['wall_seconds']:.1f} | {row['peak_memory_mb']} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure all sets and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--encoder", default="bundled")
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    rows = [measure(path, given.encoder) for path in given.gold]
    print(table(rows))
    if given.save:
        provenance = made_by("python -m benchmarks.quality", LIBRARIES, encoder=given.encoder)
        save_rows(given.save, provenance, rows)


if __name__ == "__main__":
    main()
