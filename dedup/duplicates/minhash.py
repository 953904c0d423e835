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
DENSE_TOKENS = 100
"""Texts of fewer tokens have denser anchors, so that what a brief quotes is found for certain."""
CERTAIN_TOKENS = ANCHOR_WINDOW + ANCHOR_TOKENS - 1
"""A passage of so many tokens gives any two texts that share it an anchor in common."""
DENSE_WINDOW = 10
"""A passage of 12 tokens that two such texts share gives both an anchor in common."""
_SEED = 1
_CHUNK_HASHES = 1 << 14


def least_certain(tokens: Int64s) -> Int64s:
    """From how many tokens on a text that lies in one of so many tokens is found for certain.

    Between two texts with denser anchors there is no such limit.

    Args:
        tokens: Of the longer text of each pair, int64 of shape (m,).

    Returns:
        int64 of shape (m,).
    """
    return np.where(tokens < DENSE_TOKENS, 0, CERTAIN_TOKENS)


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
    smallest hash, as an even number. In a text of fewer than `DENSE_TOKENS` tokens also of every
    `DENSE_WINDOW`, as an odd number. A text with fewer shingles has the smallest of them all.

    Returns:
        uint32 of shape (m,), and int64 of shape (n,).
    """
    shingles = shingle(tokens, np.full(len(tokens.counts), ANCHOR_TOKENS))
    dense = tokens.counts < DENSE_TOKENS
    wide = _smallest_places(shingles, ANCHOR_WINDOW)
    narrow = _smallest_places(shingles, DENSE_WINDOW)
    texts = [np.searchsorted(shingles.offsets, places, "right") - 1 for places in (wide, narrow)]
    narrow, texts[1] = narrow[dense[texts[1]]], texts[1][dense[texts[1]]]
    hashes = shingles.hashes.astype(np.uint32) & ~np.uint32(1)
    anchors = np.concatenate((hashes[wide], hashes[narrow] | np.uint32(1)))
    text = np.concatenate(texts)
    counts = np.bincount(text, minlength=len(tokens.counts))
    return anchors[np.argsort(text, kind="stable")], counts.astype(np.int64)


def _smallest_places(shingles: Tokens, window: int) -> Int64s:
    """Places of the leftmost smallest hash of each window inside a text, ascending, each once."""
    return np.unique(
        np.concatenate((_long_places(shingles, window), _short_places(shingles, window)))
    )


def _long_places(shingles: Tokens, window: int) -> Int64s:
    """Places of the smallest hash of every window inside a text."""
    if len(shingles.hashes) < window:
        return np.empty(0, np.int64)
    room = np.maximum(shingles.counts - window + 1, 0)
    starts = ranges(shingles.offsets[:-1], room)
    windows = np.lib.stride_tricks.sliding_window_view(shingles.hashes, window)
    smallest: Int64s = starts + windows[starts].argmin(axis=1)
    return smallest


def _short_places(shingles: Tokens, window: int) -> Int64s:
    """Place of the smallest hash of each text that is shorter than a window."""
    short = np.flatnonzero((shingles.counts > 0) & (shingles.counts < window))
    places = [
        start + int(shingles.hashes[start : start + count].argmin())
        for start, count in zip(
            shingles.offsets[short].tolist(), shingles.counts[short].tolist(), strict=True
        )
    ]
    return np.array(places, np.int64)


@functools.cache
def rule_of(config: FingerprintConfig) -> Int64s:
    """The configuration as the kernel `sketch` takes it; int64 of shape (7,)."""
    return np.array(
        [
            config.shingle_tokens,
            config.short_shingle_tokens,
            config.short_text_tokens,
            ANCHOR_TOKENS,
            ANCHOR_WINDOW,
            DENSE_TOKENS,
            DENSE_WINDOW,
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
