"""The table of rows that is trained: sums of rows forward, sparse Adam backward.

The row of a piece is the sum of its own row and those of its traits. Source: Kingma & Ba
2015, "Adam"; rows that a batch does not touch are left as they are (lazy Adam).
"""

from __future__ import annotations

from typing import Self

import numba
import numpy as np
import numpy.typing as npt

from benchmarks.encoder_training.batches import Int64s, Texts
from benchmarks.encoder_training.traits import Traits

Float32s = npt.NDArray[np.float32]

_BETA_1 = 0.9
_BETA_2 = 0.98
_EPSILON = 1e-8


class Table:
    """Rows of pieces and of traits, float32, with their Adam moments.

    Args:
        traits: Of n pieces.
        dim: Dimensions.
        generator: Source of the first values.
    """

    def __init__(self, traits: Traits, dim: int, generator: np.random.Generator) -> None:
        self._traits = traits
        self._own = _Rows(len(traits.offsets) - 1, dim, generator)
        self._common = _Rows(traits.count, dim, generator)
        self._rows = np.zeros_like(self._own.values)
        self._steps = 0

    @classmethod
    def of(cls, traits: Traits, rows: Float32s, generator: np.random.Generator) -> Self:
        """A table that begins with these rows; what pieces have in common is learned anew."""
        table = cls(traits, rows.shape[1], generator)
        table._own.values[:] = rows
        table._common.values[:] = 0
        return table

    @property
    def rows(self) -> Float32s:
        """Rows of all pieces, their traits included, float32 of shape (n, dim)."""
        self._make(np.arange(len(self._rows)))
        return self._rows.copy()

    def sums(self, texts: Texts) -> Float32s:
        """Sum of the rows of each text, float32 of shape (texts, dim)."""
        self._make(np.unique(texts.rows).astype(np.int64))
        sums = np.empty((len(texts.offsets) - 1, self._rows.shape[1]), np.float32)
        _sum(self._rows, texts.rows, texts.offsets, sums)
        return sums

    def update(self, texts: Texts, gradients: Float32s, rate: float) -> None:
        """One Adam step, given the gradients of the sums of these texts."""
        self._steps += 1
        corrected = rate * np.sqrt(1 - _BETA_2**self._steps) / (1 - _BETA_1**self._steps)
        owner = np.repeat(np.arange(len(gradients)), np.diff(texts.offsets))
        pieces, slopes = _gathered(texts.rows.astype(np.int64), owner, gradients)
        place, number = self._traits.of_pieces(pieces)
        self._own.step(pieces, slopes, corrected)
        self._common.step(*_gathered(number, place, slopes), corrected)

    def _make(self, pieces: Int64s) -> None:
        _compose(
            self._own.values,
            self._common.values,
            self._traits.offsets,
            self._traits.numbers,
            pieces,
            self._rows,
        )


class _Rows:
    """Values with their Adam moments."""

    def __init__(self, count: int, dim: int, generator: np.random.Generator) -> None:
        self.values = generator.normal(0, 0.01, (count, dim)).astype(np.float32)
        self._first = np.zeros((count, dim), np.float32)
        self._second = np.zeros((count, dim), np.float32)

    def step(self, touched: Int64s, slopes: Float32s, rate: float) -> None:
        _adam(self.values, self._first, self._second, touched, slopes, np.float32(rate))


def _gathered(keys: Int64s, owner: Int64s, gradients: Float32s) -> tuple[Int64s, Float32s]:
    """Different keys, and the sum of the gradients of the owners of each."""
    order = np.argsort(keys, kind="stable")
    touched, starts = np.unique(keys[order], return_index=True)
    ends = np.append(starts[1:], len(order)).astype(np.int64)
    totals = np.empty((len(touched), gradients.shape[1]), np.float32)
    _total(starts.astype(np.int64), ends, owner[order], gradients, totals)
    return touched.astype(np.int64), totals


@numba.njit(parallel=True, fastmath=True, cache=True)
def _compose(
    own: Float32s,
    common: Float32s,
    offsets: Int64s,
    numbers: Int64s,
    pieces: Int64s,
    rows: Float32s,
) -> None:
    for place in numba.prange(len(pieces)):
        row = pieces[place]
        for k in range(own.shape[1]):
            rows[row, k] = own[row, k]
        for trait in range(offsets[row], offsets[row + 1]):
            for k in range(own.shape[1]):
                rows[row, k] += common[numbers[trait], k]


@numba.njit(parallel=True, fastmath=True, cache=True)
def _sum(table: Float32s, rows: Int64s, offsets: Int64s, sums: Float32s) -> None:
    for text in numba.prange(len(sums)):
        sums[text, :] = 0
        for place in range(offsets[text], offsets[text + 1]):
            for k in range(table.shape[1]):
                sums[text, k] += table[rows[place], k]


@numba.njit(parallel=True, fastmath=True, cache=True)
def _total(
    starts: Int64s, ends: Int64s, owner: Int64s, gradients: Float32s, totals: Float32s
) -> None:
    for number in numba.prange(len(starts)):
        totals[number, :] = 0
        for place in range(starts[number], ends[number]):
            for k in range(totals.shape[1]):
                totals[number, k] += gradients[owner[place], k]


@numba.njit(parallel=True, fastmath=True, cache=True)
def _adam(
    table: Float32s,
    first: Float32s,
    second: Float32s,
    touched: Int64s,
    slopes: Float32s,
    rate: np.float32,
) -> None:
    for number in numba.prange(len(touched)):
        row = touched[number]
        for k in range(table.shape[1]):
            slope = slopes[number, k]
            first[row, k] = np.float32(_BETA_1) * first[row, k] + np.float32(1 - _BETA_1) * slope
            second[row, k] = (
                np.float32(_BETA_2) * second[row, k] + np.float32(1 - _BETA_2) * slope * slope
            )
            table[row, k] -= rate * first[row, k] / (np.sqrt(second[row, k]) + np.float32(_EPSILON))
