"""The window: what is old leaves memory, and the index still equals the batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dedup.config import Config
from dedup.index import StoryIndex
from dedup.records import Article
from tests.indexes import SMALL, all_stories, article, check_index, opened
from tests.news_streams import START, Step, World, after

import os

SIZE = tuple(map(int, os.environ.get("WSIZE", "70,8").split(",")))
WINDOW = SMALL.replace(
    neighbors={"max_gap": timedelta(hours=12)}, index={"keep": timedelta(days=1)}
)
"""Some ten windows in the ten days of a made-up world."""


def by_day(random: Random, articles: list[Article]) -> Iterator[list[Article]]:
    """Articles in small batches, most of them in the order of time, some of them late."""
    late = timedelta(days=4)
    order = sorted(
        articles, key=lambda each: each.published_at + random.choice([0, 0, 0, 1]) * late
    )
    while order:
        size = random.choice([1, 1, 2, 5, 12])
        yield order[:size]
        order = order[size:]


def in_memory(index: StoryIndex) -> int:
    live = index._live
    return len(live._cleaned.articles) if live else 0


@pytest.mark.parametrize("seed", range(int(os.environ.get("WS", "4"))))
def test_a_stream_over_many_windows_equals_the_batch(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    world = World(random, *SIZE)
    there: dict[str, Article] = {}
    index = opened(tmp_path, WINDOW)
    shelved = 0
    for batch in by_day(random, world.articles):
        gone = random.sample(sorted(there), min(len(there), random.choice([0, 0, 0, 1, 3])))
        changed = random.sample(sorted(there), min(len(there), random.choice([0, 0, 1])))
        put = {each: world._corrected(there[each]) for each in changed if each not in gone}
        put |= {each.id: each for each in batch}
        gone = [each for each in gone if each not in put]
        if random.random() < 0.5:
            index.add(put.values())
            index.remove(gone)
        else:
            index.remove(gone)
            for each in put.values():
                index.add(each)
        there = after(there, Step(tuple(put.values()), tuple(gone)))
        if random.random() < 0.3:
            index.query(random.choice(world.articles))
        if random.random() < 0.2:
            index.close()
            if random.random() < 0.5:
                (tmp_path / "cache" / "links.npz").unlink(missing_ok=True)
            index = opened(tmp_path, None)
        check_index(index)
        shelved = max(shelved, index.stats().articles - index.stats().hot)
    index.close()
    print("SHELVED", shelved, len(there))
    assert shelved > 10
