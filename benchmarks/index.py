"""What an index costs: bulk add, one more article, a question, opening, memory, and HTTP.

    python -m benchmarks.index [--articles 100000] [--days 30] [--save FILE.json]

Articles are generated, from a seed: 200 words of one language, stories with a median of two
texts and a long tail, one article in four a reprint. The last ones are added one at a time.
Everything is durable (`synchronous=FULL`), in a folder of its own that is deleted afterwards.
Opening and memory are measured in a process of their own; so is the server.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.saved import made_by, save_rows
from dedup.encoders.bundled import BundledEncoder
from dedup.index import CACHE, StoryIndex
from dedup.records import Article
from dedup.terms import WEIGHT_UNIT, count_terms, term_weights

LIBRARIES = ("story-dedup", "numpy", "scipy", "numba")
GOALS = {
    "bulk add, articles/s": ">= 1,500",
    "one article, p50 ms": "<= 10",
    "one article, p99 ms": "<= 60",
    "query, p50 ms": "<= 5",
    "query, p99 ms": "<= 20",
    "open with cache, s": "<= 2",
    "open without cache, s": "<= 15",
    "memory, MB": "<= 1,000",
}
_SINGLE = 300
_BATCH = 5_000
_LARGEST = 100
_LASTS_DAYS = 1.2
_REPRINTS = 0.25
_WORDS = 200
_COMMON = 800
_RARE_BITS = 9.0
_CONSONANTS, _VOWELS = "bdfgklmnprstvzw", "aeiou"
_BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


def articles(count: int, days: int, seed: int = 0) -> list[Article]:
    """Generated articles, in the order of time."""
    generator = np.random.default_rng(seed)
    words = _vocabulary()
    sizes = np.minimum(generator.zipf(1.9, count), _LARGEST)
    story = np.repeat(np.arange(len(sizes)), sizes)[:count]
    begins = generator.random(len(sizes)) * days
    published = begins[story] + generator.exponential(_LASTS_DAYS, count)
    order = np.argsort(published, kind="stable")
    reprints = generator.random(count) < _REPRINTS
    first: dict[int, str] = {}
    made = []
    for number, place in enumerate(order.tolist()):
        told = int(story[place])
        text = (first.get(told) if reprints[place] else "") or _text(generator, words, told)
        first[told] = text
        made.append(
            Article(
                f"a{number}",
                " ".join(text.split()[:9]),
                text,
                f"outlet {generator.integers(300)}",
                _BEGINNING + timedelta(days=float(published[place])),
                "en",
            )
        )
    return made


def _text(generator: np.random.Generator, words: tuple[list[str], list[str]], story: int) -> str:
    """A text of common words, and of rare words and names of the story."""
    common, rare = words
    told = np.random.default_rng(story)
    names = [generated_name(told) for _ in range(6)]
    own = [rare[int(k)] for k in told.integers(0, len(rare), 30)]
    text = np.array(
        [
            *(common[int(k)] for k in generator.integers(0, len(common), _WORDS - 50)),
            *(own[int(k)] for k in generator.integers(0, len(own), 40)),
            *(names[int(k)] for k in generator.integers(0, len(names), 10)),
        ]
    )
    return " ".join(text[generator.permutation(len(text))].tolist())


def generated_name(generator: np.random.Generator) -> str:
    """A name of five to seven syllables."""
    syllables = [
        _CONSONANTS[generator.integers(len(_CONSONANTS))]
        + _VOWELS[generator.integers(len(_VOWELS))]
        for _ in range(generator.integers(5, 8))
    ]
    return "".join(syllables).capitalize()


def _vocabulary() -> tuple[list[str], list[str]]:
    """Words of general language by their rarity: the common ones, and rare ones."""
    pieces = BundledEncoder().vocabulary()[0]
    words = [each for each in pieces if each.isascii() and each.isalpha() and len(each) > 2]
    found, _ = count_terms(words)
    starts = np.cumsum(found.counts) - found.counts
    single = np.flatnonzero(found.counts == 1)
    bits = term_weights(found.hashes[starts[single]]) * WEIGHT_UNIT
    ranked = single[np.argsort(bits, kind="stable")]
    return (
        [words[k] for k in ranked[:_COMMON].tolist()],
        [words[k] for k in single[bits > _RARE_BITS].tolist()],
    )


def measure(count: int, days: int, folder: Path) -> dict[str, float]:
    """All figures of an index of so many articles."""
    given = articles(count + 2 * _SINGLE, days)
    bulk, single, asked = given[:count], given[count : count + _SINGLE], given[count + _SINGLE :]
    path = folder / "index"
    with StoryIndex.open(path) as index:
        index.add(bulk[:100])
        begun = time.perf_counter()
        for start in range(100, count, _BATCH):
            index.add(bulk[start : start + _BATCH])
        spent = time.perf_counter() - begun
        print(f"bulk: {spent:.1f} s", file=sys.stderr, flush=True)
        figures = {"bulk add, articles/s": (count - 100) / spent}
        figures |= _percentiles("one article", lambda article: index.add(article), single)
        figures |= _percentiles("query", lambda article: index.query(article), asked)
    figures |= _opened(path, "open with cache, s")
    (path / CACHE).unlink()
    figures |= _opened(path, "open without cache, s")
    return figures


def _percentiles(
    name: str, work: Callable[[Article], object], given: Sequence[Article]
) -> dict[str, float]:
    for article in given[:5]:
        work(article)
    spent = []
    for article in given[5:]:
        begun = time.perf_counter()
        work(article)
        spent.append(1000 * (time.perf_counter() - begun))
    return {f"{name}, p{k} ms": float(np.percentile(spent, k)) for k in (50, 99)}


def _opened(path: Path, name: str) -> dict[str, float]:
    """Seconds until an index in another process has answered, and its memory."""
    command = [sys.executable, "-m", "benchmarks.index", "--open", str(path)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    seconds, megabytes = json.loads(shown.stdout)
    return {name: seconds, "memory, MB": megabytes}


def _open(path: Path) -> tuple[float, float]:
    from dedup.encoders import load_encoder

    load_encoder()
    begun = time.perf_counter()
    with StoryIndex.open(path, read_only=True) as index:
        index.warm_up()
        seconds = time.perf_counter() - begun
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def table(figures: dict[str, float]) -> Iterator[str]:
    """The measurements as a Markdown table."""
    yield "| | measured | goal |"
    yield "|---|--:|--:|"
    for name, value in figures.items():
        shown = f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
        yield f"| {name} | {shown} | {GOALS[name]} |"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.open:
        print(json.dumps(_open(given.open)))
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(given.articles, given.days, Path(folder))
    print("\n".join(table(figures)))
    if given.save:
        ran = f"python -m benchmarks.index --articles {given.articles} --days {given.days}"
        rows = [{"figure": name, "value": value} for name, value in figures.items()]
        save_rows(given.save, made_by(ran, LIBRARIES), rows)


if __name__ == "__main__":
    main()
