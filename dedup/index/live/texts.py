"""The texts in memory that represent their copies, ready to be compared."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any

import numpy as np

from dedup.articles import Precedence
from dedup.compute.arrays import Int64s
from dedup.compute.growable import (
    Columns,
    Growable,
    GrowableArray,
    GrowableRows,
    GrowableStrings,
    load_columns,
    saved_columns,
)
from dedup.compute.keyed_rows import KeyedRows
from dedup.index.live.arrays.column_dict import ColumnDict
from dedup.index.live.columns import Saved
from dedup.index.live.precedence import Ordering
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.compiled_pairs import SQUARED, Sizes
from dedup.stories.profiles import Profiles, name_hashes
from dedup.text.outlines import SLOTS, Outline

_LONG_AGO = -(1 << 60)
"""The time of a removed text: far from any other."""
_ROWS = ("terms", "title_terms", "names", "numbers", "dates", "details")
_SCORED_ROWS = 5
_OUTLINES = 1 << 14
_FEW = 1000
"""So many rows of removed texts do not matter."""


class LiveTexts:
    """Profiles of the texts in memory, each with a row of its own.

    Args:
        dim: Dimensions of the vectors.
        model: Weighs the evidence of pairs.
        name: Of their columns.
    """

    def __init__(self, dim: int, model: AffinityModel, name: str = "texts") -> None:
        self._name = name
        self._model = model
        self._curves = model.arrays()
        self.order = Ordering()
        self.row_of: MutableMapping[str, int] = ColumnDict()
        """Row of each text that is there, by the id of the article that represents it."""
        self._columns = {
            "vectors": GrowableArray(np.int16, (dim,)),
            "title_vectors": GrowableArray(np.int16, (dim,)),
            "seconds": GrowableArray(np.int64),
            "languages": GrowableArray(np.int64),
            "sources": GrowableArray(np.int64),
            "short": GrowableArray(np.bool_),
            "outlines": GrowableArray(np.uint16, (SLOTS,)),
        }
        self._id_hashes = GrowableArray(np.int64)
        self._rows = {name: GrowableRows() for name in _ROWS}
        self._squares = {name: GrowableArray(np.int64) for name in SQUARED}
        self._longest = np.zeros(_SCORED_ROWS, np.int64)
        self._alive = GrowableArray(np.bool_)
        self._digests = GrowableArray(np.bool_)
        self._profiles: Profiles | None = None
        self._scorer: Affinity | None = None
        self._outlines: dict[int, Outline] = {}

    def __len__(self) -> int:
        """Rows there are, those of removed texts included."""
        return self._alive.count

    @property
    def articles(self) -> GrowableStrings:
        """Ids of the articles that represent the texts, by row."""
        return self.order.ids

    @property
    def sparse(self) -> bool:
        """Whether so many rows are of removed texts that all should be read anew."""
        removed = len(self) - len(self.row_of)
        return removed > max(_FEW, len(self.row_of) // 4)

    @property
    def alive(self) -> np.ndarray:
        """Which rows are of texts that are there, bool (n,)."""
        return self._alive.rows

    @property
    def digests(self) -> np.ndarray:
        """Which rows are of texts that are there and quote several others, bool (n,)."""
        return self._digests.rows & self._alive.rows

    @property
    def profiles(self) -> Profiles:
        """Profiles of all rows, as views; without the words."""
        if self._profiles is None:
            columns: dict[str, Any] = {name: grown.rows for name, grown in self._columns.items()}
            columns.update((name, grown.rows) for name, grown in self._rows.items())
            self._profiles = Profiles(texts=(), **columns)
        return self._profiles

    @property
    def scorer(self) -> Affinity:
        """Scores pairs of texts by row."""
        if self._scorer is None:
            squares = tuple(grown.rows for grown in self._squares.values())
            sizes = Sizes(squares, self._longest)
            self._scorer = Affinity(
                self._model, self.profiles, True, sizes, self._curves, self._outlines
            )
        return self._scorer

    @property
    def id_hashes(self) -> Int64s:
        """Hashes of the ids of the articles, int64 (n,)."""
        id_hashes: Int64s = self._id_hashes.rows
        return id_hashes

    def add(
        self,
        articles: Sequence[str],
        profiles: Profiles,
        precedences: Sequence[Precedence],
        digests: Sequence[bool],
    ) -> Int64s:
        """Add texts; returns their rows, int64 of shape (k,).

        Args:
            articles: Ids of articles that have no row; an empty one for a query.
            profiles: Of each.
            precedences: Of each.
            digests: Whether each is a digest.
        """
        self._profiles = self._scorer = None
        if len(self._outlines) > _OUTLINES:
            self._outlines.clear()
        rows = np.arange(len(self), len(self) + len(articles))
        self.order.extend(precedences)
        self.row_of.update(zip(articles, rows.tolist(), strict=True))
        self._id_hashes.extend(name_hashes([id for *_, id in precedences]))
        for name, grown in self._columns.items():
            grown.extend(getattr(profiles, name))
        features: list[KeyedRows] = [getattr(profiles, name) for name in _ROWS]
        for grown_rows, new in zip(self._rows.values(), features, strict=True):
            grown_rows.extend(new)
        for name, grown in self._squares.items():
            grown.extend(getattr(profiles, name).squares())
        self._note_longest(features)
        self._alive.extend(np.ones(len(articles), bool))
        self._digests.extend(np.array(digests, bool))
        return rows

    def saved(self, rows: Int64s | None = None) -> Saved:
        """Columns of some texts, int64 (k,), or of all."""
        return Saved(
            saved_columns(self._name, self._growing(), rows),
            saved_columns(self._name, self._changing(), rows),
        )

    def load(self, columns: Columns) -> None:
        """Load what `saved` returned."""
        self._profiles = self._scorer = None
        load_columns(self._name, self._growing() | self._changing(), columns)
        self._note_longest([grown.rows for grown in self._rows.values()])
        present, articles = np.flatnonzero(self.alive).tolist(), self.articles
        self.row_of = ColumnDict(lambda: {articles[row]: row for row in present})

    def remap(self, columns: Columns) -> None:
        """Have the columns that only grow, as they were saved, from elsewhere."""
        self._profiles = self._scorer = None
        load_columns(self._name, self._growing(), columns)

    def _growing(self) -> dict[str, Growable]:
        """Columns that only grow, by name."""
        squares = {f"{name}_squares": grown for name, grown in self._squares.items()}
        others = {"id_hashes": self._id_hashes, "digests": self._digests}
        columns = {name: column for name, column in self._columns.items() if name != "seconds"}
        return {**self.order.growing(), **columns, **self._rows, **squares, **others}

    def _changing(self) -> dict[str, Growable]:
        """Columns that change where texts are removed, by name."""
        others = {"seconds": self._columns["seconds"], "alive": self._alive}
        return {**self.order.changing(), **others}

    def _note_longest(self, features: Sequence[KeyedRows]) -> None:
        counts = [feature.counts.max(initial=0) for feature in features[:_SCORED_ROWS]]
        self._longest = np.maximum(self._longest, counts)

    def remove(self, rows: Int64s) -> None:
        """Remove texts; their rows are not used again."""
        self._alive.rows[rows] = False
        self._columns["seconds"].rows[rows] = _LONG_AGO
        for row in rows.tolist():
            if self.row_of.get(self.articles[row]) == row:
                del self.row_of[self.articles[row]]

    def remove_last(self) -> None:
        """Remove the text that was added last, a query, with its row."""
        self._profiles = self._scorer = None
        last = len(self) - 1
        self._outlines.pop(last, None)
        del self.row_of[""]
        for column in (self._growing() | self._changing()).values():
            column.shrink(last)
