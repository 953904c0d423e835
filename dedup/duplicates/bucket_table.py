"""Buckets of texts that are added one after the other."""

from __future__ import annotations

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.compute.growable import GrowableLists

_GROWTH = 1.25
_FIRST = 1 << 12
_ALL = np.iinfo(np.int64).max


class BucketTable(GrowableLists):
    """The buckets of each text, by row, and the texts in each bucket.

    The work for a text does not grow with their number: buckets are looked up in a hash table.
    It is made when it is first needed; needs numba.
    """

    def __init__(self) -> None:
        super().__init__(np.int64)
        self._older = np.empty(0, np.int32)
        self._newest = np.empty(0, np.int32)
        self._linked = 0

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, with their room."""
        return super().nbytes + self._older.nbytes + self._newest.nbytes

    def members(
        self, buckets: Int64s, present: BoolMask, most: int = _ALL
    ) -> tuple[Int64s, Int64s]:
        """The texts in some buckets.

        Args:
            buckets: Buckets, int64 of shape (k,).
            present: Which texts are there, bool of shape (n,).
            most: At most so many texts of each, the newest.

        Returns:
            Place of the bucket among these, ascending, and row of the text; int64 of shape (m,).
        """
        from dedup.duplicates.kernels.chains import link, members

        entries = self.values.rows
        if not len(self._newest) or len(entries) > len(self._older):
            room = max(int(len(entries) * _GROWTH), _FIRST)
            self._older = np.empty(room, np.int32)
            # A power of two, for chains of two to four entries: short, and small in memory.
            self._newest = np.full((1 << (room - 1).bit_length()) // 4, -1, np.int32)
            self._linked = 0
        if self._linked < len(entries):
            link(entries, self._linked, self._newest, self._older)
            self._linked = len(entries)
        found: tuple[Int64s, Int64s] = members(
            buckets, entries, self._newest, self._older, self.ends.rows, present, most
        )
        return found
