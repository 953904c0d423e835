"""What an index costs: bulk add, one more article, a question, opening, memory, and HTTP.

    python -m benchmarks.index [--articles 100000] [--days 30] [--save FILE.json]

Articles are those of `dedup.bench`, from a seed: nine languages, stories with a median of two
texts and a long tail, copies, series from one template. They come in the order of time; the last
ones are added one at a time. Everything is durable (`synchronous=FULL`), in a folder of its own
that is deleted afterwards. Opening and memory are measured in processes of their own; so is the
server, and those who read from it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.memory import own_memory_mb, peak_memory_mb
from benchmarks.saved import made_by, save_rows
from dedup.bench.corpus import generate
from dedup.index.story_index import CACHE, StoryIndex
from dedup.records import Article

LIBRARIES = ("story-dedup", "numpy", "scipy", "numba")
GOALS = {
    "bulk add, articles/s": ">= 2,000",
    "one article, p50 ms": "<= 8",
    "one article, p99 ms": "<= 50",
    "query, p50 ms": "<= 5",
    "query, p99 ms": "<= 20",
    "query names another story, %": "<= 2",
    "open with columns, s": "<= 0.5",
    "memory, all asked and added, MB": "<= 600",
    "of that, without mapped files, MB": "-",
    "open without columns, s": "<= 20",
    "memory at most, without columns, MB": "-",
    "HTTP reads/s while one writes": ">= 1,169",
    "HTTP read, p99 ms": "<= 12",
}
_SINGLE = 300
_BATCH = 25_000
_WARM_UP = 20
_CLIENTS = 4
_SERVED_SECONDS = 15.0


def articles(count: int, days: float) -> list[Article]:
    """Generated articles, in the order of time."""
    return [generated.article for generated in generate(count, days)]


def measure(count: int, days: float, folder: Path) -> dict[str, float]:
    """All figures of an index of so many articles."""
    given = articles(count + 4 * _SINGLE, days)
    bulk, rest = given[:count], given[count:]
    single, queries, writes, others = (rest[k * _SINGLE : (k + 1) * _SINGLE] for k in range(4))
    path = folder / "index"
    with StoryIndex.open(path) as index:
        # The kernels are compiled, or loaded, with the first articles.
        index.add(bulk[:_SINGLE])
        begun = time.perf_counter()
        for start in range(_SINGLE, count, _BATCH):
            index.add(bulk[start : start + _BATCH])
            _tell(f"{start:,} articles, {time.perf_counter() - begun:.0f} s")
        spent = time.perf_counter() - begun
        figures = {"bulk add, articles/s": (count - _SINGLE) / spent}
        figures |= _percentiles("one article", index.add, single)
        _tell(json.dumps(figures))
        figures |= _percentiles("query", index.query, queries)
        figures["query names another story, %"] = 100 * _others(index, queries)
        _tell(json.dumps(figures))
    figures |= _opened(path, others)
    shutil.rmtree(path / CACHE)
    figures |= _opened(path, [])
    _tell(json.dumps(figures))
    return figures | served(path, [article.id for article in bulk[-10_000:]], writes)


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _percentiles(
    name: str, work: Callable[[Article], object], given: Sequence[Article]
) -> dict[str, float]:
    for article in given[:_WARM_UP]:
        work(article)
    spent = []
    for article in given[_WARM_UP:]:
        begun = time.perf_counter()
        work(article)
        spent.append(1000 * (time.perf_counter() - begun))
    return {f"{name}, p{k} ms": float(np.percentile(spent, k)) for k in (50, 99)}


def _others(index: StoryIndex, given: Sequence[Article]) -> float:
    """Share of articles that join another story than a query for them has named."""
    others = 0
    for article in given:
        named = index.query(article).story_group
        story = index.story(index.add(article).story_group)
        alone = len(story.members) == 1
        others += bool(named) if alone else not named or index.successor(named) != story.id
    return others / len(given)


def _opened(path: Path, asked: Sequence[Article]) -> dict[str, float]:
    """Seconds until an index in another process can answer, and its memory.

    Args:
        path: The index; without columns if nothing is asked.
        asked: Half of them are asked for, and the others added.
    """
    command = [sys.executable, "-m", "benchmarks.index", "--open", str(path)]
    shown = subprocess.run(
        command, input="\n".join(map(_as_json, asked)), check=True, capture_output=True, text=True
    )
    seconds, resident, own = json.loads(shown.stdout)
    if not asked:
        return {
            "open without columns, s": seconds,
            "memory at most, without columns, MB": resident,
        }
    return {
        "open with columns, s": seconds,
        "memory, all asked and added, MB": resident,
        "of that, without mapped files, MB": own,
    }


def _as_json(article: Article) -> str:
    return json.dumps(asdict(article) | {"published_at": str(article.published_at)})


def _open(path: Path, asked: Sequence[Mapping[str, Any]]) -> tuple[float, float, float]:
    """Seconds, the most memory that was resident, and what is now without mapped files, in MB."""
    from dedup.encoders import load_encoder

    load_encoder()
    begun = time.perf_counter()
    with StoryIndex.open(path, read_only=not asked) as index:
        index.warm_up()
        seconds = time.perf_counter() - begun
        for number, article in enumerate(asked):
            (index.add if number % 2 else index.query)(article)
        return seconds, peak_memory_mb(), own_memory_mb()


def served(path: Path, ids: Sequence[str], written: Sequence[Article]) -> dict[str, float]:
    """Reads per second of some clients at once, while another adds one article after the other.

    Half of the reads are of an article, a quarter each of a story and of the latest stories.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dedup", "serve", str(path), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _until_ready(server, port)
        reading = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.index", "--read", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        writer = threading.Thread(target=_write, args=(port, written, reading))
        writer.start()
        shown, _ = reading.communicate("\n".join(ids))
        writer.join()
        return dict(json.loads(shown))
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def _until_ready(server: subprocess.Popen[bytes], port: int) -> None:
    while server.poll() is None:
        try:
            if _requested(HTTPConnection("127.0.0.1", port, timeout=60), "GET", "/readyz"):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server ended with {server.returncode}")


def _requested(connection: HTTPConnection, method: str, path: str, body: str = "") -> bytes:
    headers = {"Content-Type": "application/json"} if body else {}
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    content = answer.read()
    return content if answer.status < 400 else b""


def _write(port: int, written: Sequence[Article], reading: subprocess.Popen[str]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for article in written:
        if reading.poll() is not None:
            break
        if not _requested(connection, "POST", "/v1/articles", _as_json(article)):
            raise RuntimeError(f"the server did not take {article.id}")


def _read(port: int, ids: Sequence[str]) -> dict[str, float]:
    """What the clients measure, after a second for the start."""
    spent: list[float] = []
    begun = time.perf_counter()

    def client(number: int) -> None:
        random = Random(number)
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        story = ""
        while (start := time.perf_counter()) < begun + 1 + _SERVED_SECONDS:
            kind = random.randrange(4)
            path = f"/v1/articles/{random.choice(ids)}"
            if kind == 0:
                path = "/v1/stories?limit=20"
            elif kind == 1 and story:
                path = f"/v1/stories/{story}"
            content = _requested(connection, "GET", path)
            if start > begun + 1:
                spent.append(1000 * (time.perf_counter() - start))
            if path.startswith("/v1/articles"):
                story = json.loads(content)["placement"]["story_group"]

    clients = [threading.Thread(target=client, args=(number,)) for number in range(_CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    return {
        "HTTP reads/s while one writes": len(spent) / _SERVED_SECONDS,
        "HTTP read, p99 ms": float(np.percentile(spent, 99)),
    }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The measurements as a Markdown table, a row for each with its goal."""
    lines = ["| | measured | goal |", "|---|--:|--:|"]
    for row in rows:
        value = row["value"]
        shown = f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
        lines.append(f"| {row['figure']} | {shown} | {GOALS[row['figure']]} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--read", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.open:
        asked = [json.loads(line) for line in sys.stdin if line.strip()]
        print(json.dumps(_open(given.open, asked)))
        return
    if given.read:
        print(json.dumps(_read(given.read, sys.stdin.read().split("\n"))))
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(given.articles, given.days, Path(folder))
    rows = [{"figure": name, "value": value} for name, value in figures.items()]
    print(table(rows))
    if given.save:
        ran = f"python -m benchmarks.index --articles {given.articles} --days {given.days:g}"
        save_rows(given.save, made_by(ran, LIBRARIES), rows)


if __name__ == "__main__":
    main()
