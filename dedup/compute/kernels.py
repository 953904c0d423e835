"""Common parts of all kernels: numba's options, the type of arrays, and the 64-bit hash."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

_U = np.uint64
Array = Any
"""A NumPy array; numba infers its type from the call, and mypy does not check it."""
OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False}


@nb.njit(inline="always")
def mix64(value: Any) -> Any:
    """See `dedup.compute.arrays.mix64`."""
    value ^= value >> _U(33)
    value *= _U(0xFF51AFD7ED558CCD)
    value ^= value >> _U(33)
    value *= _U(0xC4CEB9FE1A85EC53)
    return value ^ (value >> _U(33))
