"""What grouping costs: neighbours, scores and groups of many texts of some days.

    python -m benchmarks.story_scale [--texts 100000] [--days 30] [--save FILE.json]

Cleaning and embedding are not part of it: texts and vectors are generated, from a seed.
Stories have a median of two texts and a long tail, several languages, topics that stories share,
names of their own, and last some days. Half, and all, of the days are measured with as many texts
a day, each in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.saved import made_by, save_rows
from dedup.affinity import Affinity, AffinityModel
from dedup.config import Config
from dedup.encoders import Float32s
from dedup.encoders.bundled import BundledEncoder
from dedup.neighbors import whole_vectors
from dedup.pipeline import group_texts
from dedup.profiles import Profiles, head_of, keys_of, profiles
from dedup.shingles import Int64s

_CONSONANTS, _VOWELS = "bdfgklmnprstvzw", "aeiou"
LIBRARIES = ("story-dedup", "numpy", "scipy")
_DIM = 256
_TOPICS = 400
_LANGUAGES = ("en", "ru", "ar", "zh", "es", "fr", "de", "tr")
_SHARES = (0.4, 0.15, 0.1, 0.1, 0.08, 0.07, 0.05, 0.05)
_DAY = 86_400
_LASTS_DAYS = 1.2
_LARGEST = 400
_COMMON_WORDS = 2000


def corpus(texts: int, days: int, seed: int = 0) -> Profiles:
    """Texts of stories, in the order of time."""
    generator = np.random.default_rng(seed)
    sizes = np.minimum(generator.zipf(1.9, texts), _LARGEST)
    story = np.repeat(np.arange(len(sizes)), sizes)[:texts]
    begins = generator.random(len(sizes)) * days * _DAY
    seconds = (begins[story] + generator.exponential(_LASTS_DAYS * _DAY, texts)).astype(np.int64)
    order = np.argsort(seconds, kind="stable")
    story, seconds = story[order], seconds[order]
    languages = generator.choice(len(_LANGUAGES), texts, p=_SHARES)
    topic = generator.integers(0, _TOPICS, len(sizes))[story]
    vectors = _vectors(generator, topic, story, languages, spread=0.7)
    heads = _vectors(generator, topic, story, languages, spread=0.9)
    words = [each for each in BundledEncoder().vocabulary()[0] if each.isascii() and len(each) > 3]
    words = generator.permutation(words).tolist()
    told = zip(topic.tolist(), story.tolist(), languages.tolist(), strict=True)
    written = [_text(generator, words, *each) for each in told]
    return profiles(
        written,
        [head_of("", text) for text in written],
        whole_vectors(vectors),
        whole_vectors(heads),
        seconds,
        [_LANGUAGES[code] for code in languages],
        [f"source {code}" for code in generator.integers(0, 300, texts)],
    )


def _vectors(
    generator: np.random.Generator,
    topic: Int64s,
    story: Int64s,
    languages: Int64s,
    spread: float,
) -> Float32s:
    """Sums of what topic, story and language add, and of noise; unit rows."""

    def directions(count: int) -> Float32s:
        return _unit(generator.standard_normal((count, _DIM), np.float32))

    made = 0.6 * directions(_TOPICS)[topic] + 0.8 * directions(int(story.max()) + 1)[story]
    made += 0.3 * directions(len(_LANGUAGES))[languages] + spread * directions(len(story))
    return _unit(made)


def _unit(rows: Float32s) -> Float32s:
    unit: Float32s = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _text(
    generator: np.random.Generator, words: Sequence[str], topic: int, story: int, language: int
) -> str:
    """Some 120 words: of the language, of the topic, and names of the story.

    The words are English ones, others for each language, so that their rarity is real.
    """
    common = [words[k * 8 + language] for k in generator.zipf(1.3, 95) % _COMMON_WORDS]
    of_topic = [words[-1 - topic * 40 - k] for k in generator.integers(0, 40, 12)]
    told = np.random.default_rng(story)
    own = [_name(told) for _ in range(6)]
    names = [own[k] for k in generator.integers(0, 6, 8)]
    text = np.array([*common, *of_topic, *names])
    return " ".join(text[generator.permutation(len(text))].tolist())


def _name(generator: np.random.Generator) -> str:
    """A name of five to seven syllables."""
    syllables = [
        _CONSONANTS[generator.integers(len(_CONSONANTS))]
        + _VOWELS[generator.integers(len(_VOWELS))]
        for _ in range(generator.integers(5, 8))
    ]
    return "".join(syllables).capitalize()


def measure(texts: int, days: int) -> dict[str, Any]:
    """Seconds, also those of all cores together, and peak memory of grouping, in this process."""
    affinity = Affinity(AffinityModel.load("", "bundled"), corpus(texts, days))
    steps: dict[str, float] = {}
    begun = last = time.perf_counter()

    def told(step: str, done: int, total: int) -> None:
        nonlocal last
        now = time.perf_counter()
        steps[step] = steps.get(step, 0.0) + now - last
        last = now

    used = time.process_time()
    grouping = group_texts(
        affinity, keys_of([str(number) for number in range(texts)]), Config(), told
    )
    return {
        "texts": texts,
        "days": days,
        "wall_seconds": round(time.perf_counter() - begun, 1),
        "cpu_seconds": round(time.process_time() - used, 1),
        "neighbour_seconds": round(steps["neighbours"], 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "story_groups": len(grouping.groups),
        "largest_component": grouping.largest_component,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The measurements as a Markdown table."""
    lines = [
        "| texts | days | wall s | of these neighbours | peak MB | stories | largest component |",
        "|--:|--:|--:|--:|--:|--:|--:|",
        *(
            f"| {row['texts']:,} | {row['days']} | {row['wall_seconds']:.0f} | "
            f"{row['neighbour_seconds']:.0f} | {row['peak_memory_mb']:,} | "
            f"{row['story_groups']:,} | {row['largest_component']:,} |"
            for row in rows
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure half and all of the days, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--alone", action="store_true", help="one measurement, as JSON")
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    if given.alone:
        print(json.dumps(measure(given.texts, given.days)))
        return
    rows = []
    for part in (2, 1):
        size = ["--texts", str(given.texts // part), "--days", str(given.days // part)]
        command = [sys.executable, "-m", "benchmarks.story_scale", "--alone", *size]
        shown = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
        rows.append(json.loads(shown.stdout))
    print(table(rows))
    if given.save:
        ran = f"python -m benchmarks.story_scale --texts {given.texts} --days {given.days}"
        save_rows(given.save, made_by(ran, LIBRARIES), rows)


if __name__ == "__main__":
    main()
