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
        self._make(grouped(texts.rows, len(self._rows))[0])
        sums = np.empty((len(texts.offsets) - 1, self._rows.shape[1]), np.float32)
        _sum(self._rows, texts.rows, texts.offsets, sums)
        return sums

    def update(self, texts: Texts, gradients: Float32s, rate: float) -> None:
        """One Adam step, given the gradients of the sums of these texts."""
        self._steps += 1
        corrected = rate * np.sqrt(1 - _BETA_2**self._steps) / (1 - _BETA_1**self._steps)
        owner = np.repeat(np.arange(len(gradients)), np.diff(texts.offsets))
        pieces, slopes = self._own.step(texts.rows.astype(np.int64), owner, gradients, corrected)
        place, number = self._traits.of_pieces(pieces)
        self._common.step(number, place, slopes, corrected)

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

    def step(
        self, keys: Int64s, owner: Int64s, gradients: Float32s, rate: float
    ) -> tuple[Int64s, Float32s]:
        """Move the rows `keys`, each by the gradients of its owners.

        Returns:
            The different rows, rising, and the sum of the gradients of each.
        """
        touched, ends, order = grouped(keys, len(self.values))
        slopes = np.empty((len(touched), gradients.shape[1]), np.float32)
        tables = self.values, self._first, self._second
        _adam(*tables, touched, ends, owner[order], gradients, slopes, np.float32(rate))
        return touched, slopes


@numba.njit(cache=True)
def grouped(keys: Int64s, count: int) -> tuple[Int64s, Int64s, Int64s]:
    """Different keys below `count`, rising; where each ends in the order by keys; that order."""
    ends = np.zeros(count + 1, np.int64)
    for key in keys:
        ends[key + 1] += 1
    touched = np.flatnonzero(ends) - 1
    ends = np.cumsum(ends)
    order = np.empty(len(keys), np.int64)
    for place, key in enumerate(keys):
        order[ends[key]] = place
        ends[key] += 1
    return touched, ends[touched], order


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
        piece = pieces[place]
        row = rows[piece]
        row[:] = own[piece]
        for trait in range(offsets[piece], offsets[piece + 1]):
            shared = common[numbers[trait]]
            for k in range(len(row)):
                row[k] += shared[k]


@numba.njit(parallel=True, fastmath=True, cache=True)
def _sum(table: Float32s, rows: Int64s, offsets: Int64s, sums: Float32s) -> None:
    for text in numba.prange(len(sums)):
        total = sums[text]
        total[:] = 0
        for place in range(offsets[text], offsets[text + 1]):
            row = table[rows[place]]
            for k in range(len(total)):
                total[k] += row[k]


@numba.njit(parallel=True, fastmath=True, cache=True)
def _adam(
    table: Float32s,
    first: Float32s,
    second: Float32s,
    touched: Int64s,
    ends: Int64s,
    owner: Int64s,
    gradients: Float32s,
    slopes: Float32s,
    rate: np.float32,
) -> None:
    for number in numba.prange(len(touched)):
        row = touched[number]
        slope = slopes[number]
        slope[:] = 0
        for place in range(ends[number - 1] if number else 0, ends[number]):
            gradient = gradients[owner[place]]
            for k in range(len(slope)):
                slope[k] += gradient[k]
        value, one, two = table[row], first[row], second[row]
        for k in range(len(slope)):
            one[k] = np.float32(_BETA_1) * one[k] + np.float32(1 - _BETA_1) * slope[k]
            two[k] = np.float32(_BETA_2) * two[k] + np.float32(1 - _BETA_2) * slope[k] * slope[k]
            value[k] -= rate * one[k] / (np.sqrt(two[k]) + np.float32(_EPSILON))
