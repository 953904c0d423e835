"""Fingerprints of texts as bytes for the store, and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.compute.arrays import Int64s, UInt32s, ranges
from dedup.config import FingerprintConfig
from dedup.duplicates.fingerprints import Fingerprints, shingle_sizes

_AT_ONCE = 4096


def signature_bytes(tokens: int, signature: UInt32s, anchors: UInt32s) -> bytes:
    """The token count, signature and anchors of one text, as little-endian uint32."""
    parts = np.array([tokens], np.uint32), signature, anchors
    return np.concatenate(parts).astype("<u4").tobytes()


def fingerprints_of(parts: Sequence[bytes], config: FingerprintConfig) -> Fingerprints:
    """Fingerprints of n texts from the `signature_bytes` of each."""
    chunks = [
        _arrays_of(parts[start : start + _AT_ONCE], config.num_perm)
        for start in range(0, len(parts), _AT_ONCE)
    ]
    tokens, signatures, anchors, counts = (
        np.concatenate(arrays) for arrays in zip(*chunks, strict=True)
    )
    return Fingerprints(signatures, tokens, shingle_sizes(tokens, config), anchors, counts)


def _arrays_of(parts: Sequence[bytes], slots: int) -> tuple[Int64s, UInt32s, UInt32s, Int64s]:
    """Token counts, signatures, anchors and anchor counts of texts."""
    sizes = np.array([len(part) // 4 for part in parts], np.int64)
    values = np.frombuffer(b"".join(parts), "<u4").astype(np.uint32, copy=False)
    starts = np.cumsum(sizes) - sizes
    counts = sizes - slots - 1
    signatures = values[starts[:, None] + np.arange(1, slots + 1)]
    anchors = values[ranges(starts + slots + 1, counts)]
    return values[starts].astype(np.int64), signatures, anchors, counts
