"""What one addition costs, counted in calls of Python functions: much the same everywhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from types import FrameType

from dedup.records import Article
from tests.indexes import opened

CALLS = 5_600
"""Calls of Python functions that the median addition takes; the imports are done."""


def calls_of(work: Callable[[], object]) -> int:
    """Calls of Python functions in this thread."""
    calls = 0

    def tally(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(tally)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_an_addition_takes_few_calls(tmp_path: Path, pool: list[Article]) -> None:
    """Fails if an addition does five times as much in Python as it does today."""
    with opened(tmp_path) as index:
        index.add(pool[:40])
        index.add(pool[40])
        counts = [calls_of(partial(index.add, item)) for item in pool[41:60]]
        again = calls_of(partial(index.add, pool[59]))
    assert CALLS / 5 < median(counts) < 5 * CALLS
    assert again < CALLS
