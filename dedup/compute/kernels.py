"""Common parts of all kernels: numba's options, the type of arrays, and the 64-bit hash."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute import arrays

_U = np.uint64
Array = Any
"""A NumPy array; numba infers its type from the call, and mypy does not check it."""
OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False}
mix64 = nb.njit(inline="always")(arrays.mix64)
