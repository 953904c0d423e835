"""Batch against Spark: what the same articles cost on one machine, in parts, and on a cluster.

    python -m benchmarks.scale [--articles 10000,100000] [--save FILE.json]

Articles are generated (`dedup.bench`). Every run is the command `dedup cluster` in processes of its
own: in the batch, on Spark with two tasks in one process (`local[2]`), and on a standalone cluster
of a master and two workers with a core each. CPU and memory are those of all processes together,
read twice in a second. Results are compared: all three must be equal.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.saved import made_by, save_rows
from benchmarks.spark_cluster import Cluster, environment
from dedup.bench.corpus import generate, write_corpus

LIBRARIES = ("story-dedup", "pyspark", "numpy", "pyarrow")
ENGINES = ("batch", "Spark local[2]", "Spark, 2 workers")
_TICKS_PER_SECOND = 100
_EVERY_SECONDS = 0.5
_MEMORY = "2g"
_ROUND = re.compile(r"-\d+$")
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1"
_COMPARED = ("id", "duplicate_cluster", "copy_type", "jaccard", "story_group", "probability")


class Meter(threading.Thread):
    """CPU and memory of some processes and all that descend from them, while it runs."""

    def __init__(self, roots: Sequence[int]) -> None:
        super().__init__(daemon=True)
        self._roots = set(roots)
        self._ticks: dict[int, int] = {}
        self._before: dict[int, int] = {}
        self._done = threading.Event()
        self.peak_bytes = 0
        self._sample()
        self._before = dict(self._ticks)
        self.peak_bytes = 0

    @property
    def cpu_seconds(self) -> float:
        """Of all processes, those that have ended included."""
        used = (ticks - self._before.get(pid, 0) for pid, ticks in self._ticks.items())
        return sum(used) / _TICKS_PER_SECOND

    def run(self) -> None:
        """Look again and again."""
        while not self._done.wait(_EVERY_SECONDS):
            self._sample()

    def stop(self) -> None:
        """Look no more."""
        self._done.set()
        self.join()

    def _sample(self) -> None:
        parents, ticks = {}, {}
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit():
                    values = (entry / "stat").read_text().rpartition(")")[2].split()
                    parents[int(entry.name)] = int(values[1])
                    ticks[int(entry.name)] = int(values[11]) + int(values[12])
        ours = {pid for pid in parents if self._descends(pid, parents)}
        total = 0
        for pid in ours:
            self._ticks[pid] = max(ticks[pid], self._ticks.get(pid, 0))
            with suppress(OSError):
                total += _shared_out_bytes(pid)
        self.peak_bytes = max(self.peak_bytes, total)

    def _descends(self, pid: int, parents: Mapping[int, int]) -> bool:
        while pid in parents and pid not in self._roots:
            pid = parents[pid]
        return pid in self._roots


def _shared_out_bytes(pid: int) -> int:
    """Memory of a process, what it shares with others divided among them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def measure(engine: str, source: Path, folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One run: what it cost, and the rows of articles that it gave."""
    folder.mkdir()
    out = folder / ("out" if "Spark" in engine else "out.parquet")
    events = folder / "events"
    events.mkdir()
    with ExitStack() as stack:
        command = [sys.executable, "-m", "dedup", "cluster", str(source), "-q", "-o", str(out)]
        roots = []
        if engine == ENGINES[0]:
            command += ["--stories", str(folder / "stories.parquet")]
        else:
            _configure(folder, events)
            master = "local[2]"
            if engine == ENGINES[2]:
                cluster = Cluster(folder, workers=2, local=folder / "local", memory=_MEMORY)
                here = stack.enter_context(cluster)
                master, roots = here.master, here.processes()
            command += ["--engine", "spark", "--master", master]
        variables = environment() | {"SPARK_CONF_DIR": str(folder)}
        begun = time.perf_counter()
        process = subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True)
        meter = Meter([process.pid, *roots])
        meter.start()
        errors = process.communicate()[1]
        wall = time.perf_counter() - begun
        meter.stop()
        if process.returncode:
            raise RuntimeError(f"{engine}: {errors[-2000:]}")
    rows = pq.read_table(
        out if out.is_file() else out / "articles.parquet", columns=list(_COMPARED)
    )
    shuffled = shuffled_bytes(events)
    figures = {
        "engine": engine,
        "articles": rows.num_rows,
        "wall_seconds": round(wall, 1),
        "cpu_seconds": round(meter.cpu_seconds, 1),
        "peak_memory_mb": round(meter.peak_bytes / 2**20),
        "shuffled_bytes": sum(shuffled.values()) if shuffled else None,
        "shuffled_bytes_by_stage": shuffled,
    }
    return figures, sorted(rows.to_pylist(), key=lambda row: str(row["id"]))


def _configure(folder: Path, events: Path) -> None:
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.memory": _MEMORY,
        "spark.executor.memory": "1g",
        # Nothing of a large corpus is small enough to be sent to all.
        "spark.sql.autoBroadcastJoinThreshold": "-1",
        # Java's second compiler takes more than it gives back in runs of minutes.
        "spark.driver.extraJavaOptions": _JAVA_OPTIONS,
        "spark.executor.extraJavaOptions": _JAVA_OPTIONS,
        "spark.driver.host": "127.0.0.1",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
    }
    lines = "\n".join(f"{name} {value}" for name, value in settings.items())
    (folder / "spark-defaults.conf").write_text(lines, encoding="utf-8")


def shuffled_bytes(events: Path) -> dict[str, int]:
    """Bytes that tasks wrote for a shuffle, by stage of ours, from the event logs of Spark."""
    names: dict[int, str] = {}
    totals: Counter[str] = Counter()
    for log in sorted(events.glob("*")):
        for line in log.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            if event["Event"] == "SparkListenerJobStart":
                description = (event.get("Properties") or {}).get("spark.job.description", "")
                for stage in event["Stage IDs"]:
                    names.setdefault(stage, _ROUND.sub("", description))
            elif event["Event"] == "SparkListenerTaskEnd":
                written = (event.get("Task Metrics") or {}).get("Shuffle Write Metrics", {})
                totals[names[event["Stage ID"]]] += written.get("Shuffle Bytes Written", 0)
    return {name: count for name, count in totals.items() if count}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The runs as a Markdown table."""
    lines = [
        "| articles | engine | wall s | CPU s | peak MB | shuffled MB |",
        "|--:|---|--:|--:|--:|--:|",
    ]
    for row in rows:
        shuffled = row["shuffled_bytes"]
        moved = "-" if shuffled is None else f"{shuffled / 1e6:,.0f}"
        lines.append(
            f"| {row['articles']:,} | {row['engine']} | {row['wall_seconds']:,.0f} | "
            f"{row['cpu_seconds']:,.0f} | {row['peak_memory_mb']:,} | {moved} |"
        )
    return "\n".join(lines)


def stages_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Bytes shuffled per article by stage, in the largest run, and what they come to."""
    largest = max((row for row in rows if row["shuffled_bytes"]), key=lambda row: row["articles"])
    lines = [
        f"| stage | bytes per article, of {largest['articles']:,} | 100 million | 10 billion |",
        "|---|--:|--:|--:|",
    ]
    parts = largest["shuffled_bytes_by_stage"] | {"all": largest["shuffled_bytes"]}
    for name, total in parts.items():
        per_article = total / largest["articles"]
        sizes = " | ".join(_size(per_article * count) for count in (1e8, 1e10))
        lines.append(f"| {name} | {per_article:,.0f} | {sizes} |")
    return "\n".join(lines)


def _size(count: float) -> str:
    for unit in ("GB", "TB", "PB"):
        count /= 1e9 if unit == "GB" else 1e3
        if count < 1000:
            break
    return f"{count:,.1f} {unit}"


def main() -> None:
    """Measure every engine at every size, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--articles", default="10000,100000")
    parser.add_argument("--engines", default=",".join(map(str, range(len(ENGINES)))))
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for size in map(int, given.articles.split(",")):
        with tempfile.TemporaryDirectory() as name:
            source = Path(name) / "articles.parquet"
            write_corpus(source, generate(size))
            first: list[dict[str, Any]] = []
            for number in map(int, given.engines.split(",")):
                row, result = measure(ENGINES[number], source, Path(name) / f"run{number}")
                first = first or result
                rows.append(row | {"equal": result == first})
                print(json.dumps(rows[-1]), flush=True)
                if given.save:
                    _save(given.save, rows)
    print(table(rows))


def _save(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """After every run, since they are long."""
    merged = _merged(path, rows)
    sizes = ",".join(map(str, dict.fromkeys(row["articles"] for row in merged)))
    provenance = made_by(f"python -m benchmarks.scale --articles {sizes}", LIBRARIES)
    save_rows(path, provenance | {"java_options": _JAVA_OPTIONS}, merged)


def _merged(path: Path, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that were saved before, for other sizes and engines, and the new ones."""
    old = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    new = {(row["articles"], row["engine"]): row for row in [*old, *rows]}
    return [new[key] for key in sorted(new, key=lambda run: (run[0], ENGINES.index(run[1])))]


if __name__ == "__main__":
    main()
