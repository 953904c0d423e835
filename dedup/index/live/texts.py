"""The texts of the index that stand for their copies, ready to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dedup.articles import Precedence
from dedup.compute.arrays import Int64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.index.live.arrays.growable import GrowableArray, GrowableRows
from dedup.index.live.precedence import Ordering
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.compiled_pairs import Sizes
from dedup.stories.profiles import Profiles, name_hashes

_LONG_AGO = -(1 << 60)
"""The time of a text that went: far from any other."""
_ROWS = ("terms", "title_terms", "names", "numbers", "dates")


class LiveTexts:
    """Profiles of numbered texts, to which texts are added.

    Args:
        dim: Dimensions of the vectors.
        model: Weighs the evidence of pairs.
    """

    def __init__(self, dim: int, model: AffinityModel) -> None:
        self._model = model
        self._curves = model.arrays()
        self.order = Ordering()
        self.articles: list[str] = []
        self.number: dict[str, int] = {}
        self._columns = {
            "vectors": GrowableArray(np.int16, (dim,)),
            "title_vectors": GrowableArray(np.int16, (dim,)),
            "seconds": GrowableArray(np.int64),
            "languages": GrowableArray(np.int64),
            "sources": GrowableArray(np.int64),
            "short": GrowableArray(np.bool_),
        }
        self._keys = GrowableArray(np.int64)
        self._rows = {name: GrowableRows() for name in _ROWS}
        self._squares = GrowableArray(np.int64), GrowableArray(np.int64)
        self._longest = np.zeros(len(_ROWS), np.int64)
        self._alive = GrowableArray(np.bool_)

    def __len__(self) -> int:
        """Numbers given, those of texts that went included."""
        return len(self.articles)

    @property
    def alive(self) -> np.ndarray:
        """Which numbers are of texts that are there, bool (n,)."""
        return self._alive.rows

    @property
    def profiles(self) -> Profiles:
        """Profiles of all numbers, as views; without the words."""
        columns: dict[str, Any] = {name: grown.rows for name, grown in self._columns.items()}
        columns.update((name, grown.rows) for name, grown in self._rows.items())
        return Profiles(texts=(), **columns)

    @property
    def scorer(self) -> Affinity:
        """Scores pairs of texts by number."""
        sizes = Sizes(self._squares[0].rows, self._squares[1].rows, self._longest)
        return Affinity(self._model, self.profiles, True, sizes, self._curves)

    @property
    def keys(self) -> Int64s:
        """Hashes of the ids of the articles, int64 (n,)."""
        keys: Int64s = self._keys.rows
        return keys

    def add(
        self, articles: Sequence[str], found: Profiles, precedences: Sequence[Precedence]
    ) -> Int64s:
        """Add texts; returns their numbers, int64 of shape (k,).

        Args:
            articles: Ids of articles that have no number.
            found: Their profiles.
            precedences: Of each.
        """
        numbers = np.arange(len(self), len(self) + len(articles))
        self.order.extend(precedences)
        self.number.update(zip(articles, numbers.tolist(), strict=True))
        self.articles.extend(articles)
        self._keys.extend(name_hashes([id for *_, id in precedences]))
        for name, grown in self._columns.items():
            grown.extend(getattr(found, name))
        rows: list[KeyedRows] = [getattr(found, name) for name in _ROWS]
        for grown_rows, new in zip(self._rows.values(), rows, strict=True):
            grown_rows.extend(new)
        self._squares[0].extend(found.terms.squares())
        self._squares[1].extend(found.title_terms.squares())
        counts = [each.counts.max(initial=0) for each in rows]
        self._longest = np.maximum(self._longest, counts)
        self._alive.extend(np.ones(len(articles), bool))
        return numbers

    def remove(self, numbers: Int64s) -> None:
        """Forget texts; their numbers are not given again."""
        self._alive.rows[numbers] = False
        self._columns["seconds"].rows[numbers] = _LONG_AGO
        for number in numbers.tolist():
            if self.number.get(self.articles[number]) == number:
                del self.number[self.articles[number]]

    def forget_last(self) -> None:
        """Take back the text that was added last."""
        number = len(self) - 1
        self.remove(np.array([number]))
        self.articles.pop()
        self.order.forget_last()
        for grown in (*self._columns.values(), *self._squares, self._alive, self._keys):
            grown.shrink(number)
        for rows in self._rows.values():
            rows.shrink(number)
