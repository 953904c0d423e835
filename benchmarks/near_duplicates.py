"""Near-duplicates against the peers: speed by stage, memory, precision and recall.

    python -m benchmarks.near_duplicates [--articles 100000] [--rounds 3] [--real FILE ...]
        [--systems NAME ...] [--save FILE.json]

Every system runs in a process of its own, in turn, on one core and (this library) on all cores;
ratios are medians over the rounds, in which all systems take part. Truth is the exact Jaccard
similarity of every pair that shares a shingle. What the rules about articles add (walls, series,
digests, dates, versions) is measured on the articles of the real files, see `rule_costs`.
`pip install 'story-dedup[peers]'` brings the peers.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import corpora
from benchmarks.memory import peak_memory_mb
from benchmarks.peers import MIN_JACCARD, PACKAGES, SYSTEMS
from benchmarks.rule_costs import rule_costs, rule_table
from benchmarks.saved import made_by

ROOT = Path(__file__).parent.parent


def truth(path: Path, min_jaccard: float) -> dict[tuple[int, int], float]:
    """Exact Jaccard similarity of every pair at or above a limit, by a sparse product."""
    import scipy.sparse as sp

    from dedup.text.shingles import shingle, tokenize, unique_rows

    texts = corpora.load(path).to_pylist()
    hashes, counts = [], []
    for start in range(0, len(texts), 2000):
        tokens = tokenize(texts[start : start + 2000])
        sets = unique_rows(shingle(tokens, np.full(len(tokens.counts), 5)))
        hashes.append(sets.hashes)
        counts.append(sets.counts)
    sizes = np.concatenate(counts)
    _, columns, often = np.unique(np.concatenate(hashes), return_inverse=True, return_counts=True)
    shared = often[columns] > 1
    rows = np.repeat(np.arange(len(sizes)), sizes)[shared]
    sets_matrix = sp.csr_array(
        (np.ones(len(rows), np.int32), (rows, columns[shared])), shape=(len(sizes), len(often))
    )
    jaccards: dict[tuple[int, int], float] = {}
    for start in range(0, len(sizes), 1000):
        common = (sets_matrix[start : start + 1000] @ sets_matrix.T).tocoo()
        a, b, both = common.row + start, common.col, common.data
        jaccard = both / (sizes[a] + sizes[b] - both)
        near = (a < b) & (jaccard >= min_jaccard)
        pairs = zip(a[near].tolist(), b[near].tolist(), strict=True)
        jaccards.update(zip(pairs, jaccard[near].tolist(), strict=True))
    return jaccards


def run_one(system: str, path: Path, threads: int, pairs_to: Path) -> None:
    """In a child process: run a system and print what it took as JSON."""
    if threads == 1:
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
    wall = time.perf_counter()
    pairs, labels, stages = SYSTEMS[system](path, threads)
    wall = time.perf_counter() - wall
    np.savez(pairs_to, pairs=pairs, labels=labels)
    values = {"stages": stages, "wall_with_loading": wall, "peak_memory_mb": peak_memory_mb()}
    print(json.dumps(values))


def measure(system: str, path: Path, threads: int, folder: Path) -> dict[str, Any]:
    """Run a system in a child process; returns its figures and where its pairs are."""
    pairs_to = folder / f"{system.replace(' ', '_')}.npz"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    if threads == 1:
        names = ("OMP", "RAYON", "POLARS_MAX", "NUMBA", "OPENBLAS")
        environment |= {f"{n.removesuffix('_MAX')}_NUM_THREADS": "1" for n in names}
        environment |= {"POLARS_MAX_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.near_duplicates", "--child", system, str(path)]
    done = subprocess.run(
        [*command, str(threads), str(pairs_to)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures | {"system": system, "threads": threads, "pairs_to": str(pairs_to)}


def scores(figures: dict[str, Any], exact: dict[tuple[int, int], float]) -> dict[str, float]:
    """Precision and recall of pairs and of pairs inside clusters, at .8 and, for us, at .7."""
    with np.load(figures["pairs_to"]) as stored:
        pairs = {(min(a, b), max(a, b)) for a, b in stored["pairs"].tolist()}
        inside = cluster_pairs(stored["labels"])
    limits = (0.7, 0.8) if figures["system"] == "dedup" else (MIN_JACCARD,)
    values = {}
    for limit in limits:
        wanted = {pair for pair, jaccard in exact.items() if jaccard >= limit}
        # What was asked for at the lower limit holds the exact pairs of the higher one.
        given = pairs if limit == min(limits) else {p for p in pairs if p in wanted}
        values[f"precision_{limit}"] = len(given & wanted) / max(len(given), 1)
        values[f"recall_{limit}"] = len(given & wanted) / max(len(wanted), 1)
    wanted = {pair for pair, jaccard in exact.items() if jaccard >= min(limits)}
    values["cluster_precision"] = len(inside & wanted) / max(len(inside), 1)
    values["cluster_recall"] = len(inside & wanted) / max(len(wanted), 1)
    return values


def cluster_pairs(labels: npt.NDArray[np.int64]) -> set[tuple[int, int]]:
    """All pairs that share a cluster."""
    order = np.argsort(labels, kind="stable")
    pairs = set()
    for part in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        members = part.tolist()
        pairs |= {(a, b) for i, a in enumerate(members) for b in members[i + 1 :]}
    return pairs


def compare(name: str, path: Path, systems: list[str], rounds: int, folder: Path) -> dict[str, Any]:
    """All systems on one corpus, in turn, several rounds."""
    exact = truth(path, 0.7)
    count = len(corpora.load(path))
    lanes = [(system, 1) for system in systems] + [("dedup", len(os.sched_getaffinity(0)))]
    runs: dict[tuple[str, int], list[dict[str, Any]]] = {lane: [] for lane in lanes}
    for number in range(rounds):
        for lane in lanes:
            figures = measure(*lane[:1], path, lane[1], folder)
            runs[lane].append(figures | scores(figures, exact))
            total = sum(figures["stages"].values())
            print(f"{name} round {number + 1} {lane}: {count / total:,.0f} per CPU-s", flush=True)
    return {"corpus": name, "articles": count, "rows": rows_of(runs, count)}


def rows_of(runs: dict[tuple[str, int], list[dict[str, Any]]], count: int) -> list[dict[str, Any]]:
    """One row per lane: medians over the rounds, ratios within each round."""
    ours = [sum(run["stages"].values()) for run in runs["dedup", 1]]
    rows = []
    for (system, threads), repeats in runs.items():
        totals = [sum(run["stages"].values()) for run in repeats]
        median = statistics.median(totals)
        stages = {
            stage: count / max(statistics.median(run["stages"][stage] for run in repeats), 1e-9)
            for stage in repeats[0]["stages"]
        }
        quality = {
            key: repeats[0][key]
            for key in repeats[0]
            if key[:9] in ("precision", "recall_0.", "cluster_p", "cluster_r")
        }
        rows.append(
            {
                "system": system,
                "threads": threads,
                "articles_per_cpu_second": round(count / median),
                "times_slower_than_dedup": round(
                    statistics.median(t / o for t, o in zip(totals, ours, strict=True)), 2
                ),
                "stages_per_cpu_second": {name: round(rate) for name, rate in stages.items()},
                "wall_with_loading_seconds": round(
                    statistics.median(run["wall_with_loading"] for run in repeats), 2
                ),
                "peak_memory_mb": max(run["peak_memory_mb"] for run in repeats),
                **{key: round(value, 5) for key, value in quality.items()},
            }
        )
    return rows


def template(count: int, folder: Path) -> dict[str, Any]:
    """A corpus of one template, which must not become one cluster."""
    from dedup.duplicates.clustering import find_near_duplicates

    texts = corpora.from_template(count)
    started = time.process_time()
    copies = find_near_duplicates(texts, compiled=True)
    largest = int(np.bincount(copies.representatives).max())
    return {
        "articles": count,
        "largest_cluster": largest,
        "verified_pairs_per_article": round(copies.verified / count, 1),
        "cpu_seconds": round(time.process_time() - started, 2),
    }


def live(count: int, batches: int = 5) -> dict[str, Any]:
    """Adding, asking and removing in an index that holds many articles.

    Percentiles of wall times of 2,000 articles, medians over some batches: what else runs on a
    shared machine lengthens the slowest calls of a single one.
    """
    from dedup.duplicates.live_index import NearDuplicateIndex

    texts = corpora.planted(count + 2000, seed=2)
    index = NearDuplicateIndex()
    for number, text in enumerate(texts[:count]):
        index.add(str(number), text)
    times: dict[str, list[float]] = {"p50": [], "p99": [], "remove": []}
    at_rest = index.nbytes / count
    for _ in range(batches):
        numbers = range(count, count + 2000)
        both = [_nanoseconds(index.add, str(number), texts[number]) for number in numbers]
        removed = [_nanoseconds(index.remove, str(number)) for number in numbers]
        times["p50"].append(float(np.percentile(both, 50)))
        times["p99"].append(float(np.percentile(both, 99)))
        times["remove"].append(float(np.percentile(removed, 50)))
    middle = {name: round(statistics.median(values) / 1e3, 1) for name, values in times.items()}
    return {
        "articles": count,
        "add_and_query_p50_us": middle["p50"],
        "add_and_query_p99_us": middle["p99"],
        "remove_p50_us": middle["remove"],
        "bytes_per_article_without_text": round(at_rest),
    }


def _nanoseconds(call: Callable[..., object], *arguments: str) -> int:
    started = time.perf_counter_ns()
    call(*arguments)
    return time.perf_counter_ns() - started


def million(count: int, folder: Path) -> dict[str, Any]:
    """Parquet to clusters of very many articles, on all cores, in a process of its own."""
    path = folder / "million.parquet"
    corpora.save(corpora.planted(count, seed=3), path)
    code = (
        "import time, json; t = time.perf_counter()\n"
        "from benchmarks.near_duplicates import peak_memory_mb\n"
        "from benchmarks.corpora import load\n"
        "from dedup.duplicates.clustering import find_near_duplicates\n"
        f"found = find_near_duplicates(load(__import__('pathlib').Path({str(path)!r})))\n"
        "print(json.dumps({'wall_seconds': round(time.perf_counter() - t, 1), 'cpu_seconds': "
        "round(time.process_time(), 1), 'peak_memory_mb': peak_memory_mb(), "
        "'matches': len(found.matches)}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return {"articles": count, **json.loads(done.stdout)}


def table(compared: dict[str, Any]) -> str:
    """The rows of a corpus for people: rates by stage, wall, memory, precision and recall."""
    lines = [f"\n{compared['corpus']}: {compared['articles']:,} texts; rates per CPU-second"]
    for row in compared["rows"]:
        stages = ", ".join(
            f"{name} {rate:,}" for name, rate in row["stages_per_cpu_second"].items()
        )
        measured = ("precision", "recall", "cluster")
        quality = ", ".join(f"{k} {v:.4f}" for k, v in row.items() if k.startswith(measured))
        lines += [
            f"{row['system']} ({row['threads']} threads): "
            f"{row['articles_per_cpu_second']:,} texts, "
            f"{row['times_slower_than_dedup']} x our time, "
            f"wall {row['wall_with_loading_seconds']} s, peak {row['peak_memory_mb']:,} MB",
            f"    {stages}",
            f"    {quality}",
        ]
    return "\n".join(lines)


def main() -> None:
    """Generate the corpora, measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--million", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--real", nargs="*", type=Path, default=[])
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--save", type=Path)
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        system, path, threads, pairs_to = given.child
        run_one(system, Path(path), int(threads), Path(pairs_to))
        return
    libraries = sorted({PACKAGES[system] for system in given.systems} | {"numpy", "numba"})
    provenance = made_by("python -m benchmarks.near_duplicates", libraries)
    results: dict[str, Any] = {"made_by": provenance, "compared": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = [(f"planted {given.articles:,}", corpora.planted(given.articles))]
        sets += [(path.stem.split(".")[0], corpora.real(path)) for path in given.real]
        for label, texts in sets:
            path = folder / "corpus.parquet"
            corpora.save(texts, path)
            results["compared"].append(compare(label, path, given.systems, given.rounds, folder))
        results["template"] = template(10_000, folder)
        results["live"] = live(given.articles)
        if given.million:
            results["million"] = million(given.million, folder)
        rules = [rule_costs(path, given.rounds) for path in given.real]
        results["rules"] = [row for rows in rules for row in rows]
    for compared in results["compared"]:
        print(table(compared))
    print(rule_table(results["rules"]))
    print(
        json.dumps(
            {name: results[name] for name in ("template", "live", "million") if name in results},
            indent=2,
        )
    )
    if given.save:
        given.save.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
