"""Signatures as bytes for the store and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.compute.arrays import Int64s, UInt32s, ranges
from dedup.config import FingerprintConfig
from dedup.duplicates.fingerprints import Fingerprints, shingle_sizes

_AT_ONCE = 4096


def signature_bytes(tokens: int, signature: UInt32s, anchors: UInt32s) -> bytes:
    """Tokens, the signature and the anchors of one text, as uint32."""
    parts = np.array([tokens], np.uint32), signature, anchors
    return np.concatenate(parts).astype("<u4").tobytes()


def fingerprints_of(parts: Sequence[bytes], config: FingerprintConfig) -> Fingerprints:
    """Fingerprints of n texts from their bytes."""
    slots = config.num_perm
    found = [_numbers_of(parts[at : at + _AT_ONCE], slots) for at in range(0, len(parts), _AT_ONCE)]
    tokens, signatures, anchors, counts = (
        np.concatenate([each[k] for each in found]) for k in range(4)
    )
    return Fingerprints(signatures, tokens, shingle_sizes(tokens, config), anchors, counts)


def _numbers_of(parts: Sequence[bytes], slots: int) -> tuple[Int64s, UInt32s, UInt32s, Int64s]:
    """Tokens, signatures, anchors and how many of these, of some texts."""
    sizes = np.array([len(part) // 4 for part in parts], np.int64)
    numbers = np.frombuffer(b"".join(parts), "<u4").astype(np.uint32, copy=False)
    starts = np.cumsum(sizes) - sizes
    counts = sizes - slots - 1
    signatures = numbers[starts[:, None] + np.arange(1, slots + 1)]
    anchors = numbers[ranges(starts + slots + 1, counts)]
    return numbers[starts].astype(np.int64), signatures, anchors, counts
