"""MinHash signatures and anchors in NumPy, for small inputs.

`kernels/sketch.py` computes the same values; `fingerprints.py` explains their use.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from dedup.compute.arrays import Int64s, UInt32s, ranges
from dedup.config import FingerprintConfig
from dedup.text.shingles import Tokens, shingle

ANCHOR_TOKENS = 3
ANCHOR_WINDOW = 23
_SEED = 1
_CHUNK_HASHES = 1 << 14


def fill_signatures(shingles: Tokens, signatures: UInt32s) -> None:
    """Write the MinHash values of each text's shingles into its row of uint32 (n, num_perm)."""
    a, b = permutations_of(signatures.shape[1])
    low = _mix32(shingles.hashes.astype(np.uint32))
    filled = np.flatnonzero(shingles.counts)
    starts = shingles.offsets[filled]
    for first, last in _segments(starts):
        part = low[starts[first] : starts[last] if last < len(starts) else len(low)]
        cuts = starts[first:last] - starts[first]
        for k in range(signatures.shape[1]):
            signatures[filled[first:last], k] = np.minimum.reduceat(part * a[k] + b[k], cuts)


def _segments(starts: Int64s) -> Iterator[tuple[int, int]]:
    """Consecutive ranges of texts with about `_CHUNK_HASHES` hashes: they fit the cache."""
    first = 0
    while first < len(starts):
        last = max(int(np.searchsorted(starts, starts[first] + _CHUNK_HASHES)), first + 1)
        yield first, last
        first = last


def anchors_of(tokens: Tokens) -> tuple[UInt32s, Int64s]:
    """Anchors of each text one after the other, and how many each has.

    Of every `ANCHOR_WINDOW` consecutive shingles of `ANCHOR_TOKENS` tokens, the leftmost
    smallest hash; a text with fewer shingles has the smallest of them all.

    Returns:
        uint32 of shape (m,), and int64 of shape (n,).
    """
    shingles = shingle(tokens, np.full(len(tokens.counts), ANCHOR_TOKENS))
    places = np.unique(np.concatenate((_long_places(shingles), _short_places(shingles))))
    counts = np.diff(np.searchsorted(places, shingles.offsets))
    return shingles.hashes[places].astype(np.uint32), counts.astype(np.int64)


def _long_places(shingles: Tokens) -> Int64s:
    """Places of the smallest hash of every window inside a text."""
    if len(shingles.hashes) < ANCHOR_WINDOW:
        return np.empty(0, np.int64)
    room = np.maximum(shingles.counts - ANCHOR_WINDOW + 1, 0)
    starts = ranges(shingles.offsets[:-1], room)
    windows = np.lib.stride_tricks.sliding_window_view(shingles.hashes, ANCHOR_WINDOW)
    smallest: Int64s = starts + windows[starts].argmin(axis=1)
    return smallest


def _short_places(shingles: Tokens) -> Int64s:
    """Place of the smallest hash of each text that is shorter than a window."""
    short = np.flatnonzero((shingles.counts > 0) & (shingles.counts < ANCHOR_WINDOW))
    places = [
        start + int(shingles.hashes[start : start + count].argmin())
        for start, count in zip(
            shingles.offsets[short].tolist(), shingles.counts[short].tolist(), strict=True
        )
    ]
    return np.array(places, np.int64)


@functools.cache
def rule_of(config: FingerprintConfig) -> Int64s:
    """The configuration as the kernel `sketch` takes it; int64 of shape (5,)."""
    return np.array(
        [
            config.shingle_tokens,
            config.short_shingle_tokens,
            config.short_text_tokens,
            ANCHOR_TOKENS,
            ANCHOR_WINDOW,
        ]
    )


@functools.cache
def permutations_of(num_perm: int) -> tuple[UInt32s, UInt32s]:
    """The permutations of datasketch's `affine32` scheme with seed 1: a odd, b any.

    Returns:
        a and b, uint32 of shape (num_perm,) each.
    """
    generator = np.random.RandomState(_SEED)
    half = generator.randint(0, 1 << 31, num_perm, dtype=np.uint32)
    a = half * np.uint32(2) + np.uint32(1)
    return a, generator.randint(0, 1 << 32, num_perm, dtype=np.uint32)


def _mix32(values: UInt32s) -> UInt32s:
    """The 32-bit finaliser of MurmurHash3. Source: Appleby, MurmurHash3, `fmix32`."""
    values = values ^ (values >> np.uint32(16))
    values = values * np.uint32(0x85EBCA6B)
    values = values ^ (values >> np.uint32(13))
    values = values * np.uint32(0xC2B2AE35)
    return values ^ (values >> np.uint32(16))
