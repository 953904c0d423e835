"""The nearest of each text in each language, as texts come and go.

The rule is that of `neighbors.neighbor_pairs`, with exact search. Kept are, for each text and
language, the largest products of vectors: the least of them is what another text must reach.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from dedup.compute.arrays import BoolMask, Int32s, Int64s
from dedup.compute.threads import mapped
from dedup.config import NeighborConfig
from dedup.encoders.whole_vectors import SCALE
from dedup.index.live.archive.bundles import Tops
from dedup.index.live.arrays.growable import GrowableArray
from dedup.index.live.arrays.pairs import Pairs, joined
from dedup.index.live.texts import LiveTexts
from dedup.stories.pairs import within_gap

ROWS_AT_ONCE = 256
_ONE = SCALE * SCALE
NONE = np.iinfo(np.int32).min
"""In place of the product of a text that is not there."""
_PAIRS_OF_A_THREAD = 1 << 20


class _Found(NamedTuple):
    """Pairs of a row and a column, and the products of their vectors."""

    rows: Int64s
    columns: Int64s
    products: Int32s


class Nearest:
    """Which texts are among the nearest of others.

    Args:
        texts: The texts.
        min_cosine: Smallest cosine of neighbours.
        config: Largest gap, how many neighbours in each language.
    """

    def __init__(self, texts: LiveTexts, min_cosine: float, config: NeighborConfig) -> None:
        self._texts = texts
        self._gap = int(config.max_gap.total_seconds())
        # Products are whole numbers.
        self._threshold = math.ceil(float(np.float32(min_cosine * _ONE - 0.5)))
        self._places: dict[int, int] = {}
        self._languages = GrowableArray(np.int64)
        self._tops = np.empty((0, 0, config.neighbors_per_language), np.int32)

    def tops(self, numbers: Int64s) -> tuple[Int64s, Int32s]:
        """Keys of l languages, int64 (l,), and the largest products of k texts.

        Returns:
            The products are int32 of shape (l, k, most).
        """
        return np.array(list(self._places), np.int64), self._tops[:, numbers]

    def load(self, languages: Int64s, tops: Int32s) -> None:
        """Take over what `tops` gave; the texts have their numbers already."""
        self._places = {key: place for place, key in enumerate(languages.tolist())}
        self._tops = tops
        self.make_room()

    def kept(self, numbers: Int64s) -> Tops:
        """What `restore` puts back: products by place among some texts, and key of a language."""
        found = []
        for key, tops in zip(self._places, self._tops[:, numbers], strict=False):
            rows, columns = np.nonzero(tops > NONE)
            counts = np.bincount(rows, minlength=len(numbers))
            ends = np.cumsum(counts)
            products = tops[rows, columns]
            for place in np.flatnonzero(counts).tolist():
                part = products[ends[place] - counts[place] : ends[place]]
                found.append((place, key, np.sort(part)))
        return found

    def restore(self, numbers: Int64s, tops: Tops) -> None:
        """Put back what `kept` gave."""
        for _, key, _ in tops:
            self._places.setdefault(key, len(self._places))
        self.make_room()
        most = self._tops.shape[2]
        self._tops[:, numbers] = NONE
        for place, key, products in tops:
            # Ascending: a heap, whose root is the least.
            row = self._tops[self._places[key], numbers[place]]
            row[most - len(products) :] = products

    def come(self, some: Int64s) -> tuple[Int64s, Pairs]:
        """Texts come, not more than `ROWS_AT_ONCE`, the ones with smaller numbers before.

        Returns:
            Rows (place of a language, text), int64 of shape (k, 2): in that language, what counts
            for the text has risen.
            Pairs that are among the nearest of one another, or were in the meantime.
        """
        risen = np.zeros(self._tops.shape[:2], bool)
        parts = [self._reaching(some, self._columns(some, int(some[0])))]
        parts.append(self._reaching(some, some, own=True))
        for found in parts:
            self._offer(found.rows, found.columns, found.products, risen)
            self._offer(found.columns, found.rows, found.products, risen)
        risen[:, some] = False
        return np.argwhere(risen), joined(self._near(found) for found in parts)

    def of_last(self, number: int) -> Pairs:
        """Pairs of the last text, which was given a number but does not come."""
        some = np.array([number])
        found = self._reaching(some, self._columns(some, number))
        self._offer(found.rows, found.columns, found.products)
        near = self._near(found)
        self._tops[:, number] = NONE
        self._languages.shrink(number)
        return near

    def language(self, number: int) -> int:
        """Place of the language of a text."""
        return int(self._languages.rows[number])

    @property
    def languages(self) -> Int64s:
        """Places of the languages of all texts, int64 (n,)."""
        languages: Int64s = self._languages.rows
        return languages

    def are_near(self, first: Int64s, second: Int64s) -> BoolMask:
        """Whether pairs of texts are among the nearest of one another, bool of shape (m,)."""
        from dedup.index.live.kernels.tops import products_of

        of, languages = self._texts.profiles, self._languages.rows
        products = products_of(of.vectors, first, second)
        least = np.minimum(
            self._tops[languages[second], first, 0], self._tops[languages[first], second, 0]
        )
        found: BoolMask = (products >= self._threshold) & (products >= least)
        found &= within_gap(of.seconds, first, second, self._gap)
        return found

    def make_room(self) -> None:
        """Room for all texts that have a number, and for their languages."""
        keys = self._texts.profiles.languages[self._languages.count :]
        for key in keys.tolist():
            self._places.setdefault(key, len(self._places))
        self._languages.extend(np.array([self._places[key] for key in keys.tolist()], np.int64))
        languages, texts, most = self._tops.shape
        if len(self._places) > languages or self._languages.count > texts:
            more = max(self._languages.count, texts)
            if more > texts:
                more = int(more * 1.25) + 64
            room = np.full((len(self._places), more, most), NONE, np.int32)
            room[:languages, :texts] = self._tops
            self._tops = room

    def reached(self, numbers: Int64s) -> set[tuple[int, int]]:
        """Texts that have one of these among their nearest, with the language of that one."""
        found: set[tuple[int, int]] = set()
        going = set(numbers.tolist())
        for number in numbers.tolist():
            row = np.array([number])
            met = self._reaching(row, self._columns(row, len(self._texts)))
            language = int(self._languages.rows[number])
            had = met.products >= self._tops[language, met.columns, 0]
            columns = met.columns[had].tolist()
            found.update((each, language) for each in columns if each not in going)
        return found

    def refilled(self, reached: Iterable[tuple[int, int]]) -> Pairs:
        """Look for the nearest of these texts in these languages again; the pairs found."""
        by_language: dict[int, list[int]] = {}
        for number, language in sorted(reached):
            by_language.setdefault(language, []).append(number)
        pairs = []
        for language, numbers in by_language.items():
            same = np.flatnonzero(self._texts.alive & (self._languages.rows == language))
            for start in range(0, len(numbers), ROWS_AT_ONCE):
                rows = np.array(numbers[start : start + ROWS_AT_ONCE], np.int64)
                self._tops[language, rows] = NONE
                found = self._reaching(rows, same)
                self._offer(found.rows, found.columns, found.products)
                pairs.append(self._near(found))
        return joined(pairs)

    def _columns(self, rows: Int64s, before: int) -> Int64s:
        """Numbers below `before` of the texts close in time to the rows."""
        seconds = self._texts.profiles.seconds
        early, late = seconds[rows].min() - self._gap, seconds[rows].max() + self._gap
        return np.flatnonzero((seconds[:before] >= early) & (seconds[:before] <= late))

    def _reaching(self, rows: Int64s, columns: Int64s, *, own: bool = False) -> _Found:
        """Pairs of rows and columns that may be among the nearest of one another."""
        from dedup.index.live.kernels.tops import reaching

        of = self._texts.profiles

        def one(part: Int64s) -> _Found:
            return _Found(
                *reaching(
                    of.vectors, rows, part, of.seconds, self._languages.rows,
                    self._gap, self._threshold, self._tops, own,
                )
            )  # fmt: skip

        size = max(1, _PAIRS_OF_A_THREAD // max(1, len(rows)))
        parts = np.split(columns, np.arange(size, len(columns), size))
        found = list(mapped(one, parts))
        if len(found) == 1:
            return found[0]
        rows, columns = (np.concatenate([each[k] for each in found]) for k in (0, 1))
        return _Found(rows, columns, np.concatenate([each.products for each in found]))

    def _offer(
        self, texts: Int64s, others: Int64s, products: Int32s, risen: BoolMask | None = None
    ) -> None:
        from dedup.index.live.kernels.tops import offer

        if risen is None:
            risen = np.zeros(self._tops.shape[:2], bool)
        offer(texts, others, products, self._languages.rows, self._threshold, self._tops, risen)

    def _near(self, found: _Found) -> Pairs:
        """The pairs of which one is among the nearest of the other, as things stand."""
        languages = self._languages.rows
        least = np.minimum(
            self._tops[languages[found.columns], found.rows, 0],
            self._tops[languages[found.rows], found.columns, 0],
        )
        near = found.products >= least
        return found.rows[near], found.columns[near]
