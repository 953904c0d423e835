"""Compiled kernels of buckets to which texts are added: a chained hash table in plain arrays.

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
    """The texts in some buckets, the newest of each first.

    Args:
        wanted: The buckets, int64.
        buckets: See `link`.
        newest: See `link`.
        older: See `link`.
        ends: After the last entry of each text, ascending, int64 (n,).
        present: Whether a text is there, bool (n,).
        most: At most so many texts of a bucket.

    Returns:
        Place of the bucket among those wanted, and row of the text; int64 (m,) each.
    """
    places = np.empty(wanted.shape[0] * 4 + 16, np.int64)
    rows = np.empty_like(places)
    count = 0
    for place in range(wanted.shape[0]):
        bucket = wanted[place]
        entry, taken = newest[_slot(bucket, newest)], 0
        while entry >= 0 and taken < most:
            if buckets[entry] == bucket:
                row = np.searchsorted(ends, entry, side="right")
                if present[row]:
                    if count == rows.shape[0]:
                        places = np.concatenate((places, np.empty_like(places)))
                        rows = np.concatenate((rows, np.empty_like(rows)))
                    places[count], rows[count] = place, row
                    count += 1
                    taken += 1
            entry = older[entry]
    return places[:count], rows[:count]


@nb.njit(**OPTIONS)
def counted(rows: Array) -> tuple[Array, Array]:
    """The different ones of some rows, ascending, and how often each is there; int64 (m,) each."""
    rows = np.sort(rows)
    shared = np.zeros(rows.shape[0], np.int64)
    different = 0
    for row in rows:
        if different == 0 or rows[different - 1] != row:
            rows[different] = row
            different += 1
        shared[different - 1] += 1
    return rows[:different], shared[:different]
