"""The table of rows that is trained: sums of rows forward, sparse Adam backward.

Source: Kingma & Ba 2015, "Adam"; rows that a batch does not touch are left as they
are (lazy Adam).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from benchmarks.encoder_training.batches import Int64s, Texts

Float32s = npt.NDArray[np.float32]

_BETA_1 = 0.9
_BETA_2 = 0.98
_EPSILON = 1e-8


class Table:
    """Rows of float32 with their Adam moments.

    Args:
        count: Number of rows.
        dim: Dimensions.
        generator: Source of the first values.
    """

    def __init__(self, count: int, dim: int, generator: np.random.Generator) -> None:
        self.rows = generator.normal(0, 0.01, (count, dim)).astype(np.float32)
        self._first = np.zeros((count, dim), np.float32)
        self._second = np.zeros((count, dim), np.float32)
        self._steps = 0

    def sums(self, texts: Texts) -> Float32s:
        """Sum of the rows of each text, float32 of shape (n, dim)."""
        made = np.empty((len(texts.offsets) - 1, self.rows.shape[1]), np.float32)
        _sum(self.rows, texts.rows, texts.offsets, made)
        return made

    def update(self, texts: Texts, gradients: Float32s, rate: float) -> None:
        """One Adam step, given the gradients of the sums of these texts."""
        self._steps += 1
        owner = np.repeat(np.arange(len(gradients), dtype=np.int32), np.diff(texts.offsets))
        order = np.argsort(texts.rows, kind="stable")
        touched, starts = np.unique(texts.rows[order], return_index=True)
        ends = np.append(starts[1:], len(order)).astype(np.int64)
        corrected = rate * np.sqrt(1 - _BETA_2**self._steps) / (1 - _BETA_1**self._steps)
        _adam(
            self.rows,
            self._first,
            self._second,
            touched,
            starts.astype(np.int64),
            ends,
            owner[order],
            gradients,
            np.float32(corrected),
        )


@numba.njit(parallel=True, fastmath=True, cache=True)
def _sum(table: Float32s, rows: Int64s, offsets: Int64s, made: Float32s) -> None:
    for text in numba.prange(len(made)):
        made[text, :] = 0
        for place in range(offsets[text], offsets[text + 1]):
            for k in range(table.shape[1]):
                made[text, k] += table[rows[place], k]


@numba.njit(parallel=True, fastmath=True, cache=True)
def _adam(
    table: Float32s,
    first: Float32s,
    second: Float32s,
    touched: Int64s,
    starts: Int64s,
    ends: Int64s,
    owner: Int64s,
    gradients: Float32s,
    rate: np.float32,
) -> None:
    dim = table.shape[1]
    for number in numba.prange(len(touched)):
        row = touched[number]
        total = np.zeros(dim, np.float32)
        for place in range(starts[number], ends[number]):
            for k in range(dim):
                total[k] += gradients[owner[place], k]
        for k in range(dim):
            first[row, k] = np.float32(_BETA_1) * first[row, k] + np.float32(1 - _BETA_1) * total[k]
            second[row, k] = (
                np.float32(_BETA_2) * second[row, k] + np.float32(1 - _BETA_2) * total[k] * total[k]
            )
            table[row, k] -= rate * first[row, k] / (np.sqrt(second[row, k]) + np.float32(_EPSILON))
