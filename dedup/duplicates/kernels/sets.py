"""Exact intersections of shingle sets, by open-addressing hash tables."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array
from dedup.duplicates.kernels.sketch import shingles_of, tokens_of


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
    slots = 16
    while slots < 2 * (longest + 4):
        slots *= 2
    table_values = np.zeros(slots, np.uint64)
    stamps = np.zeros(slots, np.int32)
    for i in range(texts.shape[0]):
        text = texts[i]
        count = tokens_of(data, begins[text], ends[text], table, tokens)
        total = shingles_of(tokens, count, sizes[i], shingles)
        mask = 16
        while mask < 2 * total:
            mask *= 2
        mask -= 1
        end = starts[i]
        for j in range(total):
            if _insert(table_values, stamps, mask, i + 1, shingles[j]):
                out[end] = shingles[j]
                end += 1
        counts[i] = end - starts[i]
    return counts


@nb.njit(inline="always")
def _insert(table: Array, stamps: Array, mask: int, stamp: int, value: Any) -> bool:
    """Insert a value into an open-addressing set; False if the set has it.

    Slots of older stamps are empty.
    """
    slot = np.int64(value) & mask
    while stamps[slot] == stamp:
        if table[slot] == value:
            return False
        slot = (slot + 1) & mask
    stamps[slot] = stamp
    table[slot] = value
    return True


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
    slots = 16
    while slots < 2 * largest:
        slots *= 2
    table = np.zeros(slots, np.uint64)
    stamps = np.zeros(slots, np.int32)
    stamp, mask, current = 0, 0, -1
    for pair in range(first.shape[0]):
        one, other = first[pair], second[pair]
        if one != current:
            current = one
            stamp += 1
            mask = 16
            while mask < 2 * counts[one]:
                mask *= 2
            mask -= 1
            for j in range(starts[one], starts[one] + counts[one]):
                _insert(table, stamps, mask, stamp, hashes[j])
        for j in range(starts[other], starts[other] + counts[other]):
            slot = np.int64(hashes[j]) & mask
            while stamps[slot] == stamp:
                if table[slot] == hashes[j]:
                    shared[pair] += 1
                    break
                slot = (slot + 1) & mask
    return shared
