"""Vectors of whole numbers, whose products are the same on every machine."""

from __future__ import annotations

import numpy as np

from dedup.compute.arrays import Float32s

SCALE = 4000
"""A whole-number vector is this many times the unit vector."""


def whole_vectors(vectors: Float32s) -> Float32s:
    """Unit vectors as whole numbers: `round(4000 * vector)`, float32 of the same shape."""
    return np.round(vectors.astype(np.float64) * SCALE).astype(np.float32)
