"""Compiled kernels of the near-duplicate index: a chained hash table in plain arrays.

Each slot of the table holds the newest entry of its chain, each entry the next older one; -1 ends
a chain.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array, mix64

_U = np.uint64


@nb.njit(inline="always")
def _slot(bucket: Any, newest: Array) -> Any:
    return np.int64(mix64(_U(bucket))) & (newest.shape[0] - 1)


@nb.njit(**OPTIONS)
def link(buckets: Array, first: int, newest: Array, older: Array) -> None:
    """Put entries in front of their chains.

    Args:
        buckets: The bucket of each entry, int64.
        first: The first entry to link; those before it are linked.
        newest: Newest entry of each chain, int32 (a power of two,).
        older: The next older entry of each, int32.
    """
    for entry in range(first, buckets.shape[0]):
        slot = _slot(buckets[entry], newest)
        older[entry] = newest[slot]
        newest[slot] = entry


@nb.njit(**OPTIONS)
def members(
    wanted: Array, buckets: Array, newest: Array, older: Array, ends: Array, present: Array,
    most: int,
) -> tuple[Array, Array]:  # fmt: skip
    """The newest texts in some buckets.

    Args:
        wanted: The buckets, int64.
        buckets: See `link`.
        newest: See `link`.
        older: See `link`.
        ends: After the last entry of each text, ascending, int64 (n,).
        present: Whether a text is still in the index, bool (n,).
        most: At most so many texts of a bucket.

    Returns:
        Rows of texts, ascending, and in how many of the buckets each is; int64 (m,) each.
    """
    rows = np.empty(wanted.shape[0] * most, np.int64)
    count = 0
    for bucket in wanted:
        entry, taken = newest[_slot(bucket, newest)], 0
        while entry >= 0 and taken < most:
            if buckets[entry] == bucket:
                row = np.searchsorted(ends, entry, side="right")
                if present[row]:
                    rows[count] = row
                    count += 1
                    taken += 1
            entry = older[entry]
    rows = np.sort(rows[:count])
    shared = np.zeros(count, np.int64)
    different = 0
    for row in rows:
        if different == 0 or rows[different - 1] != row:
            rows[different] = row
            different += 1
        shared[different - 1] += 1
    return rows[:different], shared[:different]
