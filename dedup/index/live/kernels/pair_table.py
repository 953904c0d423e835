"""Table of pairs of texts and whether they are linked: open addressing with linear probing.

Source: Knuth, "The Art of Computer Programming" 3, 6.4.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array, mix64


@nb.njit(inline="always")
def _slot(keys: Array, first: int, second: int) -> Any:
    """Slot of a pair, present or not, and its key; no pair has the key 0."""
    low, high = min(first, second), max(first, second)
    key = (np.uint64(low) << np.uint64(32)) | np.uint64(high + 1)
    mask = np.uint64(keys.shape[0] - 1)
    slot = mix64(key) & mask
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot, key


@nb.njit(**OPTIONS)
def looked_up(keys: Array, values: Array, texts: Array) -> Any:
    """Number of pairs of some texts that are known to be linked, and the unknown pairs.

    Args:
        keys: Keys of the table, uint64 (a power of two,).
        values: Whether the pairs are linked, bool, of the same shape.
        texts: Rows of different texts, int64 (k,).

    Returns:
        The number of linked pairs; the unknown pairs, two arrays int64 (m,).
    """
    count = texts.shape[0]
    first = np.empty(count * (count - 1) // 2, np.int64)
    second = np.empty_like(first)
    linked = unknown = 0
    for i in range(count):
        for j in range(i + 1, count):
            slot, _ = _slot(keys, texts[i], texts[j])
            if keys[slot] == 0:
                first[unknown], second[unknown] = texts[i], texts[j]
                unknown += 1
            elif values[slot]:
                linked += 1
    return linked, first[:unknown].copy(), second[:unknown].copy()


@nb.njit(**OPTIONS)
def remember(keys: Array, values: Array, first: Array, second: Array, linked: Array) -> None:
    """Put pairs into the table, which must have room."""
    for k in range(first.shape[0]):
        slot, key = _slot(keys, first[k], second[k])
        keys[slot], values[slot] = key, linked[k]
