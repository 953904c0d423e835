"""Pairs of numbered texts, as two arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dedup.compute.arrays import Int64s

Pairs = tuple[Int64s, Int64s]
Scored = tuple[Int64s, Int64s, Int64s]
"""Pairs and their log-odds."""


def joined(pairs: Iterable[Pairs]) -> Pairs:
    """All pairs of several parts."""
    parts = [(np.empty(0, np.int64), np.empty(0, np.int64)), *pairs]
    return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])


def distinct(first: Int64s, second: Int64s) -> Pairs:
    """Each pair once, the smaller number first, in ascending order."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    count = int(high.max(initial=0)) + 1
    keys = np.unique(low * count + high)
    return keys // count, keys % count
