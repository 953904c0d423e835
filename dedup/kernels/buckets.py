"""Pairs inside the buckets of sorted keys."""

from __future__ import annotations

import numba as nb
import numpy as np

from dedup.kernels.sketch import OPTIONS, Array

_U = np.uint64


@nb.njit(**OPTIONS)
def packed_anchors(anchors: Array, counts: Array) -> Array:
    """Each anchor in the high half of a uint64, the number of its text in the low half."""
    out = np.empty(anchors.shape[0], np.uint64)
    place = 0
    for text in range(counts.shape[0]):
        for _ in range(counts[text]):
            out[place] = (_U(anchors[place]) << _U(32)) | _U(text)
            place += 1
    return out


@nb.njit(**OPTIONS)
def linked_pairs(packed: Array, low: int, max_bucket: int, mates: int, count: int) -> Array:
    """Pairs inside the buckets of sorted keys; see `dedup.candidates.bucket_pairs`.

    Args:
        packed: Keys with the member in the low bits, ascending and different, uint64.
        low: How many bits those are.
        max_bucket: A larger bucket is linked ...
        mates: ... to so many mates before each member.
        count: Number of texts.

    Returns:
        `a * count + b` of each pair, int64.
    """
    mask = (_U(1) << _U(low)) - _U(1)
    total = packed.shape[0]
    out = np.empty(0, np.int64)
    written = 0
    # First count the pairs, then fill them in.
    for filling in range(2):
        written, start = 0, 0
        while start < total:
            key = packed[start] >> _U(low)
            stop = start + 1
            while stop < total and packed[stop] >> _U(low) == key:
                stop += 1
            if stop > start + 1:
                reach = mates if stop - start > max_bucket else max_bucket
                for later in range(start + 1, stop):
                    for mate in range(max(start, later - reach), later):
                        if filling:
                            a = np.int64(packed[mate] & mask)
                            out[written] = a * count + np.int64(packed[later] & mask)
                        written += 1
            start = stop
        if not filling:
            out = np.empty(written, np.int64)
    return out
