"""Nearest neighbours of each text in each language, as texts are added and removed.

The rule is that of `stories.neighbors.neighbor_pairs`, with exact search. For each text and
language the largest products of vectors are stored: another text must reach the least of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from dedup.compute.arrays import BoolMask, Int32s, Int64s
from dedup.compute.growable import Columns, GrowableArray
from dedup.compute.threads import mapped
from dedup.config import NeighborConfig
from dedup.encoders.whole_vectors import SCALE
from dedup.index.live.texts import LiveTexts
from dedup.stories.pairs import RowPairs, joined, within_gap

ROWS_AT_ONCE = 256
_ONE = SCALE * SCALE
NONE = np.iinfo(np.int32).min
"""Stands for the product of a missing neighbour."""
_PAIRS_OF_A_THREAD = 1 << 20


class _Products(NamedTuple):
    """Pairs of two texts, a row and a column, and the products of their vectors."""

    rows: Int64s
    columns: Int64s
    values: Int32s


class Nearest:
    """Nearest neighbours of the texts in memory.

    Args:
        texts: The texts.
        min_cosine: Smallest cosine of neighbours.
        config: Largest gap, and number of neighbours in each language.
    """

    def __init__(self, texts: LiveTexts, min_cosine: float, config: NeighborConfig) -> None:
        self._texts = texts
        self._gap = int(config.max_gap.total_seconds())
        # Products are whole numbers.
        self._threshold = math.ceil(float(np.float32(min_cosine * _ONE - 0.5)))
        self._places: dict[int, int] = {}
        self._languages = GrowableArray(np.int64)
        self._tops = np.empty((0, 0, config.neighbors_per_language), np.int32)
        self._filled = 0

    def saved(self, rows: Int64s) -> dict[str, Any]:
        """Columns of some texts."""
        return {
            "nearest.languages": np.array(list(self._places), np.int64),
            "nearest.tops": self._tops[:, rows],
        }

    def load(self, columns: Columns) -> None:
        """Load what `saved` returned; the texts have their rows already."""
        languages = columns["nearest.languages"].tolist()
        self._places = {language_id: place for place, language_id in enumerate(languages)}
        self._tops = columns["nearest.tops"]
        self._filled = self._tops.shape[1]
        self.make_room()

    def add(self, rows: Int64s) -> tuple[Int64s, RowPairs]:
        """Add texts, at most `ROWS_AT_ONCE`, of which those with smaller rows were added before.

        Returns:
            Places (language, text), int64 of shape (k, 2), where the least product that counts
            was raised; and the pairs that are or in the meantime were among the nearest of
            one another.
        """
        raised = np.zeros(self._tops.shape[:2], bool)
        parts = [self._reaching(rows, self._columns(rows, int(rows[0])))]
        parts.append(self._reaching(rows, rows, own=True))
        for products in parts:
            self._offer(products.rows, products.columns, products.values, raised)
            self._offer(products.columns, products.rows, products.values, raised)
        raised[:, rows] = False
        return np.argwhere(raised), joined(map(self._near, parts))

    def query_last(self, row: int) -> RowPairs:
        """Pairs of the last text, a query, which is not added."""
        rows = np.array([row])
        products = self._reaching(rows, self._columns(rows, row))
        self._offer(products.rows, products.columns, products.values)
        near = self._near(products)
        self._languages.shrink(row)
        self._filled = row
        return near

    @property
    def languages(self) -> Int64s:
        """Places of the languages of all texts, int64 (n,)."""
        languages: Int64s = self._languages.rows
        return languages

    def are_near(self, first: Int64s, second: Int64s) -> BoolMask:
        """Whether pairs of texts are among the nearest of one another, bool of shape (m,)."""
        from dedup.index.live.kernels.tops import products_of

        of = self._texts.profiles
        products = products_of(of.vectors, first, second)
        near: BoolMask = (products >= self._threshold) & (products >= self._least(first, second))
        near &= within_gap(of.seconds, first, second, self._gap)
        return near

    def make_room(self) -> None:
        """Make room for all texts that have a row, and for their languages."""
        language_ids = self._texts.profiles.languages[self._languages.count :].tolist()
        for language_id in language_ids:
            self._places.setdefault(language_id, len(self._places))
        self._languages.extend(np.array([self._places[id] for id in language_ids], np.int64))
        count, (languages, texts, most) = self._languages.count, self._tops.shape
        if len(self._places) > languages or count > texts:
            more = int(count * 1.25) + 64 if count > texts else texts
            # Rows that no text has yet take no memory.
            room = np.empty((len(self._places), more, most), np.int32)
            room[:languages, : self._filled] = self._tops[:, : self._filled]
            room[languages:, : self._filled] = NONE
            self._tops = room
        self._tops[:, self._filled : count] = NONE
        self._filled = count

    def affected_by_removal(self, rows: Int64s) -> set[tuple[int, int]]:
        """Other texts that have one of these among their nearest, with the language of that one."""
        affected: set[tuple[int, int]] = set()
        leaving = set(rows.tolist())
        for row in rows.tolist():
            query = np.array([row])
            products = self._reaching(query, self._columns(query, len(self._texts)))
            language = int(self._languages.rows[row])
            near = products.values >= self._tops[language, products.columns, 0]
            others = products.columns[near].tolist()
            affected.update((other, language) for other in others if other not in leaving)
        return affected

    def refill(self, affected: Iterable[tuple[int, int]]) -> RowPairs:
        """Search the nearest of these texts in these languages again; returns the pairs."""
        by_language: dict[int, list[int]] = {}
        for row, language in sorted(affected):
            by_language.setdefault(language, []).append(row)
        pairs = []
        for language, of_language in by_language.items():
            same = np.flatnonzero(self._texts.alive & (self._languages.rows == language))
            for start in range(0, len(of_language), ROWS_AT_ONCE):
                rows = np.array(of_language[start : start + ROWS_AT_ONCE], np.int64)
                self._tops[language, rows] = NONE
                products = self._reaching(rows, same)
                self._offer(products.rows, products.columns, products.values)
                pairs.append(self._near(products))
        return joined(pairs)

    def _columns(self, rows: Int64s, before: int) -> Int64s:
        """Rows below `before` of the texts close in time to some."""
        seconds = self._texts.profiles.seconds
        early, late = seconds[rows].min() - self._gap, seconds[rows].max() + self._gap
        return np.flatnonzero((seconds[:before] >= early) & (seconds[:before] <= late))

    def _reaching(self, rows: Int64s, columns: Int64s, *, own: bool = False) -> _Products:
        """Pairs of rows and columns that may be among the nearest of one another."""
        from dedup.index.live.kernels.tops import reaching

        of = self._texts.profiles

        def work(part: Int64s) -> _Products:
            return _Products(
                *reaching(
                    of.vectors, rows, part, of.seconds, self._languages.rows,
                    self._gap, self._threshold, self._tops, own,
                )
            )  # fmt: skip

        size = max(1, _PAIRS_OF_A_THREAD // max(1, len(rows)))
        parts = np.split(columns, np.arange(size, len(columns), size))
        products = list(mapped(work, parts))
        if len(products) == 1:
            return products[0]
        return _Products(*map(np.concatenate, zip(*products, strict=True)))

    def _offer(
        self, texts: Int64s, others: Int64s, products: Int32s, raised: BoolMask | None = None
    ) -> None:
        from dedup.index.live.kernels.tops import offer

        if raised is None:
            raised = np.zeros(self._tops.shape[:2], bool)
        offer(texts, others, products, self._languages.rows, self._threshold, self._tops, raised)

    def _near(self, products: _Products) -> RowPairs:
        """Pairs of which one is now among the nearest of the other."""
        near = products.values >= self._least(products.rows, products.columns)
        return products.rows[near], products.columns[near]

    def _least(self, first: Int64s, second: Int64s) -> Int32s:
        """Least product at which one text of a pair is among the nearest of the other."""
        languages = self._languages.rows
        least: Int32s = np.minimum(
            self._tops[languages[second], first, 0], self._tops[languages[first], second, 0]
        )
        return least
