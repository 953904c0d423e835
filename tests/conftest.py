"""Settings and helpers that the tests share."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("dedup", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("dedup")

SEEDS = Path(__file__).parent.parent / "seeds" / "articles.jsonl"


@pytest.fixture(scope="session")
def seeds_path() -> Path:
    """The demonstration corpus."""
    return SEEDS


@pytest.fixture
def prose() -> Callable[[int, int], str]:
    """Makes reproducible nonsense prose: `prose(seed, words)`."""

    def make(seed: int, words: int) -> str:
        generator = random.Random(seed)
        return " ".join(f"w{generator.randrange(50_000)}" for _ in range(words))

    return make
