"""Pairs of texts, as two arrays of rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dedup.compute.arrays import Int64s

Pairs = tuple[Int64s, Int64s]
Scored = tuple[Int64s, Int64s, Int64s]
"""Pairs and their log-odds."""

_NOTHING = np.empty(0, np.int64)


def joined(pairs: Iterable[Pairs]) -> Pairs:
    """Pairs of several parts, one part after the other."""
    first, second = zip((_NOTHING, _NOTHING), *pairs, strict=True)
    return np.concatenate(first), np.concatenate(second)


def joined_links(links: Iterable[Scored]) -> Scored:
    """Pairs and log-odds of several parts, one part after the other."""
    first, second, log_odds = zip((_NOTHING,) * 3, *links, strict=True)
    return np.concatenate(first), np.concatenate(second), np.concatenate(log_odds)


def distinct(first: Int64s, second: Int64s) -> Pairs:
    """Each pair once, the smaller row first, in ascending order."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    count = int(high.max(initial=0)) + 1
    keys = np.unique(low * count + high)
    return keys // count, keys % count
