"""Inverted index from keys to texts, to which texts are added one or many at a time."""

from __future__ import annotations

import numpy as np

from dedup.compute.arrays import Int32s, Int64s, UInt64s

_TAIL = 1 << 16


class _Sorted:
    """Entries in the order of their keys."""

    def __init__(self) -> None:
        self.keys = np.empty(0, np.uint64)
        self.owners = np.empty(0, np.int32)

    def insert(self, keys: UInt64s, owners: Int32s) -> None:
        """Add entries, which are in the order of their keys."""
        places = np.searchsorted(self.keys, keys, side="right")
        self.keys = np.insert(self.keys, places, keys)
        self.owners = np.insert(self.owners, places, owners)

    def places(self, keys: UInt64s) -> tuple[Int64s, Int64s]:
        """Index of the key and place of each entry that has one of some keys."""
        starts = np.searchsorted(self.keys, keys, side="left")
        sizes = np.searchsorted(self.keys, keys, side="right") - starts
        ends = np.cumsum(sizes)
        key_index = np.repeat(np.arange(len(keys)), sizes)
        return key_index, np.arange(ends[-1] if len(ends) else 0) + np.repeat(
            starts - (ends - sizes), sizes
        )


class InvertedIndex:
    """Entries (key, text): most in a large sorted array, the latest in a small one."""

    def __init__(self) -> None:
        self._main = _Sorted()
        self._tail = _Sorted()

    def add(self, keys: UInt64s, owners: Int64s) -> None:
        """Add entries: arrays of one shape."""
        order = np.argsort(keys, kind="stable")
        entries = keys[order], owners[order].astype(np.int32)
        tail = self._tail
        if len(tail.keys) + len(keys) <= _TAIL:
            tail.insert(*entries)
            return
        self._main.insert(tail.keys, tail.owners)
        self._main.insert(*entries)
        self._tail = _Sorted()

    def saved(self, new_row: Int64s) -> tuple[UInt64s, Int32s]:
        """Entries in the order of their keys, without those of texts that have no new row.

        Args:
            new_row: New row of each text, -1 for none; int64 of shape (n,).

        Returns:
            Keys and new rows, uint64 and int32 of shape (m,).
        """
        main, tail = self._main, self._tail
        all_entries = _Sorted()
        all_entries.keys, all_entries.owners = main.keys, main.owners
        all_entries.insert(tail.keys, tail.owners)
        owners = new_row[all_entries.owners]
        there = owners >= 0
        return all_entries.keys[there], owners[there].astype(np.int32)

    def load(self, keys: UInt64s, owners: Int32s) -> None:
        """Load what `saved` returned."""
        self._main.keys, self._main.owners = keys, owners

    def of(self, keys: UInt64s) -> tuple[Int64s, Int64s]:
        """Entries that have one of some different keys.

        Returns:
            Index of the key among `keys` and row of the text of each entry, int64 of shape (m,)
            each; ordered by key, else in no meaningful order.
        """
        indices, texts = [], []
        for part in (self._main, self._tail):
            index, places = part.places(keys)
            indices.append(index)
            texts.append(part.owners[places])
        key_index = np.concatenate(indices)
        order = np.argsort(key_index, kind="stable")
        return key_index[order], np.concatenate(texts)[order].astype(np.int64)
