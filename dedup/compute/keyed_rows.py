"""Sparse rows whose columns are hashes, so that rows of any texts can be joined.

A matrix numbers its columns, and each new text changes the numbers. Here an entry has the 64-bit
key of its column: the rows that were stored for a text stay valid, whatever other texts they are
compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy.sparse as sp

from dedup.compute.arrays import BoolMask, Int32s, Int64s, UInt64s, ranges


@dataclass(frozen=True, slots=True)
class KeyedRows:
    """n rows of (key, value), t entries in all.

    Args:
        offsets: Start of each row, and the end of the last one; int64 of shape (n + 1,).
        keys: Ascending inside each row, each once, uint64 of shape (t,).
        values: Not 0, int32 of shape (t,).
    """

    offsets: Int64s
    keys: UInt64s
    values: Int32s

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def of(cls, owners: Int64s, keys: UInt64s, values: Int64s, count: int) -> Self:
        """From entries in any order.

        Args:
            owners: Row of each entry, int64 of shape (t,).
            keys: Different inside each row, uint64 of shape (t,).
            values: Whole numbers below 2^31, shape (t,).
            count: Number of rows.
        """
        same = owners[1:] == owners[:-1]
        ordered = (owners[1:] > owners[:-1]) | (same & (keys[1:] > keys[:-1]))
        if not ordered.all():
            order = np.lexsort((keys, owners))
            owners, keys, values = owners[order], keys[order], values[order]
        counts = np.bincount(owners, minlength=count)
        return cls(_offsets(counts), keys.astype(np.uint64), values.astype(np.int32))

    @classmethod
    def joined(cls, parts: Sequence[KeyedRows]) -> Self:
        """The rows of all parts, one part after the other."""
        counts = [np.empty(0, np.int64), *(part.counts for part in parts)]
        keys = [np.empty(0, np.uint64), *(part.keys for part in parts)]
        values = [np.empty(0, np.int32), *(part.values for part in parts)]
        return cls(_offsets(np.concatenate(counts)), np.concatenate(keys), np.concatenate(values))

    @property
    def counts(self) -> Int64s:
        """Entries of each row, int64 of shape (n,)."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> Int64s:
        """Row of each entry, int64 of shape (t,)."""
        return np.repeat(np.arange(len(self)), self.counts)

    def take(self, rows: Int64s) -> KeyedRows:
        """The given rows, in this order; they may repeat."""
        counts = self.counts[rows]
        entries = ranges(self.offsets[rows], counts)
        return KeyedRows(_offsets(counts), self.keys[entries], self.values[entries])

    def at_least(self, value: float) -> KeyedRows:
        """The same rows without the entries below a value."""
        high = self.values >= value
        return KeyedRows(_offsets(self._sums(high)), self.keys[high], self.values[high])

    def squares(self) -> Int64s:
        """The sum of the squares of each row, int64 of shape (n,)."""
        return self._sums(self.values.astype(np.int64) ** 2)

    def sparse(self) -> sp.csr_array:
        """The rows as a matrix with a column for each different key.

        Returns:
            int64 of shape (n, different keys), columns in the order of the keys; one column
            if there is no key.
        """
        different, columns = np.unique(self.keys, return_inverse=True)
        shape = (len(self), max(1, len(different)))
        return sp.csr_array((self.values.astype(np.int64), columns, self.offsets), shape=shape)

    def _sums(self, values: Int64s | BoolMask) -> Int64s:
        """Sums over each row of values of shape (t,); int64 of shape (n,)."""
        sums = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
        return np.diff(sums[self.offsets])


def _offsets(counts: Int64s) -> Int64s:
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int64)
