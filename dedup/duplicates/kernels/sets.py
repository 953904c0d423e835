"""Exact intersections of shingle sets, by open-addressing hash tables.

A table has at least four slots for each value, so that the first one nearly always decides, and 0
stands for an empty one: the value 0, which mix64 gives as rarely as any other, is kept beside it.
Unsigned numbers index the arrays, since numba adds a test for negative ones to each signed index.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import _U, OPTIONS, Array
from dedup.duplicates.kernels.sketch import shingles_of, tokens_of

_SLOTS = 4
"""Slots of a table for each value, at least."""


@nb.njit(inline="always")
def _mask(size: int) -> Any:
    """Number of slots of the table of a set of some size, a power of two, less 1."""
    slots = _U(16)
    while slots < _U(_SLOTS * size):
        slots *= _U(2)
    return slots - _U(1)


@nb.njit(inline="always")
def _insert(table: Array, mask: Any, value: Any) -> bool:
    """Insert a value that is not 0; False if the set has it."""
    slot = value & mask
    while table[slot] != _U(0):
        if table[slot] == value:
            return False
        slot = (slot + _U(1)) & mask
    table[slot] = value
    return True


@nb.njit(inline="always")
def _holds(table: Array, mask: Any, value: Any) -> bool:
    """Whether the set has a value that is not 0."""
    slot = value & mask
    found = table[slot]
    while found != value and found != _U(0):
        slot = (slot + _U(1)) & mask
        found = table[slot]
    return bool(found == value)


@nb.njit(**OPTIONS)
def shingle_sets(
    data: Array,
    begins: Array,
    ends: Array,
    texts: Array,
    sizes: Array,
    table: Any,
    starts: Array,
    out: Array,
) -> Array:
    """The different shingles of texts, in the order of their first occurrence.

    Args:
        data: UTF-8 bytes, uint8.
        begins: Text i is `data[begins[i]:ends[i]]`, int64.
        ends: int64.
        texts: Rows of k texts, int64.
        sizes: Tokens in a shingle of each, int64 (k,).
        table: See `dedup.text.characters.CharacterTable`.
        starts: Where each set begins in `out`, with room for its tokens; int64 (k,).
        out: To fill, uint64.

    Returns:
        Size of each set, int64 (k,).
    """
    counts = np.zeros(texts.shape[0], np.int64)
    longest = 0
    for i in range(texts.shape[0]):
        longest = max(longest, ends[texts[i]] - begins[texts[i]])
    tokens = np.empty(longest + 4, np.uint64)
    shingles = np.empty(longest + 4, np.uint64)
    known = np.empty(_mask(longest + 4) + _U(1), np.uint64)
    for i in range(texts.shape[0]):
        text = texts[i]
        count = tokens_of(data, begins[text], ends[text], table, tokens)
        total = shingles_of(tokens, count, sizes[i], shingles)
        mask = _mask(total)
        known[: mask + _U(1)] = _U(0)
        has_zero = False
        end = _U(starts[i])
        for j in range(total):
            value = shingles[j]
            if value == _U(0):
                new = not has_zero
                has_zero = True
            else:
                new = _insert(known, mask, value)
            if new:
                out[end] = value
                end += _U(1)
        counts[i] = np.int64(end) - starts[i]
    return counts


@nb.njit(**OPTIONS)
def shared_counts(
    hashes: Array, starts: Array, counts: Array, first: Array, second: Array
) -> Array:
    """How many values two sets share, for pairs of sets.

    Args:
        hashes: The sets, one after the other, uint64.
        starts: Where each begins, int64 (k,).
        counts: Size of each, int64 (k,).
        first: Row of one set of each pair, equal rows adjacent, int64 (m,).
        second: Row of the other, int64 (m,).

    Returns:
        int64 (m,).
    """
    shared = np.zeros(first.shape[0], np.int64)
    largest = 0
    for i in range(counts.shape[0]):
        largest = max(largest, counts[i])
    table = np.empty(_mask(largest) + _U(1), np.uint64)
    mask, current, has_zero = _U(0), -1, False
    for pair in range(first.shape[0]):
        one, other = first[pair], second[pair]
        if one != current:
            current = one
            mask = _mask(counts[one])
            table[: mask + _U(1)] = _U(0)
            has_zero = False
            for j in range(_U(starts[one]), _U(starts[one] + counts[one])):
                if hashes[j] == _U(0):
                    has_zero = True
                else:
                    _insert(table, mask, hashes[j])
        both = 0
        for j in range(_U(starts[other]), _U(starts[other] + counts[other])):
            if hashes[j] == _U(0):
                both += has_zero
            else:
                both += _holds(table, mask, hashes[j])
        shared[pair] = both
    return shared
