"""How long a new user waits: `dedup cluster` on 80 short articles, in a fresh process.

    python -m benchmarks.start_up [--save FILE.json]

The first run ever has no compiled Python and no compiled kernels on disk; it is imitated by empty
caches. The following runs are warm. Wall seconds of whole processes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.saved import made_by

SEEDS = Path(__file__).parent.parent / "seeds" / "articles.jsonl"
ARTICLES = 80
LIBRARIES = ("story-dedup", "numpy", "numba", "faiss-cpu", "pyarrow")


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Wall seconds of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure(rounds: int = 5) -> dict[str, Any]:
    """The first run and the median of the warm ones."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        articles = folder / "articles.jsonl"
        lines = SEEDS.read_text(encoding="utf-8").splitlines()[:ARTICLES]
        articles.write_text("\n".join(lines), encoding="utf-8")
        caches = {
            "PYTHONPYCACHEPREFIX": str(folder / "python"),
            "NUMBA_CACHE_DIR": str(folder / "numba"),
        }
        command = [sys.executable, "-m", "dedup", "cluster", str(articles), "--quiet"]
        environment = dict(os.environ) | caches
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        first = seconds(command, environment)
        warm = [seconds(command, environment) for _ in range(rounds)]
    return {
        "articles": ARTICLES,
        "first_run_seconds": round(first, 2),
        "warm_run_seconds": round(statistics.median(warm), 2),
    }


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    provenance = made_by("python -m benchmarks.start_up", LIBRARIES)
    text = json.dumps({"made_by": provenance, **measure()}, indent=2) + "\n"
    print(text)
    if given.save:
        given.save.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
