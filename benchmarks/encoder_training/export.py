"""From the trained table to the file that ships: four bits a value, whole-number scales."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Float32s = npt.NDArray[np.float32]

LEVELS = 7
MAX_SCALE = 4095
_SHRINKS = np.linspace(0.35, 1.0, 27)


def quantized(rows: Float32s) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.uint16]]:
    """Whole numbers from -7 to 7 and a scale for each row, with the least squared error.

    Args:
        rows: float32 of shape (n, dim).

    Returns:
        int8 of shape (n, dim), and uint16 of shape (n,) up to 4095 for the largest row.
    """
    largest = np.abs(rows).max(axis=1)
    best = np.full(len(rows), np.inf, np.float32)
    scales = np.zeros(len(rows), np.float32)
    for shrink in _SHRINKS:
        tried = np.maximum(largest * np.float32(shrink / LEVELS), 1e-12)
        levels = np.clip(np.rint(rows / tried[:, None]), -LEVELS, LEVELS)
        errors = ((rows - levels * tried[:, None]) ** 2).sum(axis=1)
        better = errors < best
        best[better], scales[better] = errors[better], tried[better]
    levels = np.clip(np.rint(rows / scales[:, None]), -LEVELS, LEVELS).astype(np.int8)
    return levels, np.rint(scales * (MAX_SCALE / scales.max())).astype(np.uint16)


def save(path: Path, pieces: Sequence[str], scores: Sequence[float], rows: Float32s) -> None:
    """Write the file that `dedup.encoders.bundled` loads; two values in each byte."""
    levels, scales = quantized(rows)
    unsigned = (levels + 8).astype(np.uint8)
    half = unsigned.shape[1] // 2
    np.savez(
        path,
        pieces=np.frombuffer("\n".join(pieces).encode(), np.uint8),
        scores=np.array(scores, np.float32),
        nibbles=unsigned[:, :half] | (unsigned[:, half:] << 4),
        scales=scales,
    )
