"""The nearest of each text in each language, as texts come and go.

The rule is that of `neighbors.neighbor_pairs`, with exact search. Kept are, for each text and
language, the largest products of vectors: the least of them is what another text must reach.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dedup.config import NeighborConfig
from dedup.encoders import Float32s
from dedup.live.growing import Growing
from dedup.live.pairs import Pairs, joined
from dedup.live.parcels import Tops
from dedup.live.texts import LiveTexts
from dedup.neighbors import SCALE, within_gap
from dedup.shingles import BoolMask, Int64s

ROWS_AT_ONCE = 256
_ONE = SCALE * SCALE


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
        self._threshold = np.float32(min_cosine * _ONE - 0.5)
        self._places: dict[int, int] = {}
        self._languages = Growing(np.int64)
        self._tops = np.empty((0, 0, config.per_language), np.float32)

    def tops(self, numbers: Int64s) -> tuple[Int64s, Float32s]:
        """Keys of the languages, and the largest products of texts: (languages, k, most)."""
        return np.array(list(self._places), np.int64), self._tops[:, numbers]

    def load(self, languages: Int64s, tops: Float32s) -> None:
        """Take over what `tops` gave; the texts have their numbers already."""
        self._places = {key: place for place, key in enumerate(languages.tolist())}
        self._tops = tops
        self.make_room()

    def kept(self, numbers: Int64s) -> Tops:
        """What `restore` puts back: products by place among some texts, and key of a language."""
        found = []
        for key, tops in zip(self._places, self._tops[:, numbers], strict=False):
            rows, columns = np.nonzero(np.isfinite(tops))
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
        self._tops[:, numbers] = -np.inf
        for place, key, products in tops:
            # Ascending: a heap, whose root is the least.
            row = self._tops[self._places[key], numbers[place]]
            row[most - len(products) :] = products

    def come(self, some: Int64s) -> tuple[Int64s, Pairs]:
        """Texts come, not more than `ROWS_AT_ONCE`, the ones with smaller numbers before.

        Returns:
            Rows (place of a language, text): in that language, what counts for the text has risen.
            Pairs that are among the nearest of one another, or were in the meantime.
        """
        risen = np.zeros(self._tops.shape[:2], bool)
        parts = [(self._columns(some, int(some[0])), True), (some, False)]
        products = [self._products(some, columns) for columns, _ in parts]
        for (columns, both), found in zip(parts, products, strict=True):
            self._offer(found, some, columns, both, risen)
        pairs = [
            self._near(found, some, columns)
            for (columns, _), found in zip(parts, products, strict=True)
        ]
        return np.argwhere(risen), joined(pairs)

    def of_last(self, number: int) -> Pairs:
        """Pairs of the last text, which was given a number but does not come."""
        some = np.array([number])
        columns = self._columns(some, number)
        found = self._products(some, columns)
        self._offer(found, some, columns, False, np.zeros(self._tops.shape[:2], bool))
        near = self._near(found, some, columns)
        self._tops[:, number] = -np.inf
        self._languages.shrink(number)
        return near

    def language(self, number: int) -> int:
        """Place of the language of a text."""
        return int(self._languages.rows[number])

    def are_near(self, first: Int64s, second: Int64s) -> BoolMask:
        """Whether pairs of texts are among the nearest of one another, bool of shape (m,)."""
        of, languages = self._texts.profiles, self._languages.rows
        products = np.einsum("ij,ij->i", of.whole[first], of.whole[second])
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
            room = np.full((len(self._places), more, most), -np.inf, np.float32)
            room[:languages, :texts] = self._tops
            self._tops = room

    def reached(self, numbers: Int64s) -> set[tuple[int, int]]:
        """Texts that have one of these among their nearest, with the language of that one."""
        found: set[tuple[int, int]] = set()
        going = set(numbers.tolist())
        seconds = self._texts.profiles.seconds
        for number in numbers.tolist():
            row = np.array([number])
            columns = self._columns(row, len(self._texts))
            products = self._products(row, columns)[0]
            language = int(self._languages.rows[number])
            had = (products >= self._threshold) & (products >= self._tops[language, columns, 0])
            had &= within_gap(seconds, columns, np.full(len(columns), number), self._gap)
            found.update((each, language) for each in columns[had].tolist() if each not in going)
        return found

    def refilled(self, reached: Iterable[tuple[int, int]]) -> Pairs:
        """Look for the nearest of these texts in these languages again; the pairs found."""
        by_language: dict[int, list[int]] = {}
        for number, language in sorted(reached):
            by_language.setdefault(language, []).append(number)
        found = []
        nothing = np.zeros(self._tops.shape[:2], bool)
        for language, numbers in by_language.items():
            same = np.flatnonzero(self._texts.alive & (self._languages.rows == language))
            for start in range(0, len(numbers), ROWS_AT_ONCE):
                rows = np.array(numbers[start : start + ROWS_AT_ONCE], np.int64)
                self._tops[language, rows] = -np.inf
                products = self._products(rows, same)
                self._offer(products, rows, same, False, nothing)
                found.append(self._near(products, rows, same))
        return joined(found)

    def _columns(self, rows: Int64s, before: int) -> Int64s:
        """Numbers below `before` among which are all texts close in time to the rows.

        A range, so that their vectors need not be copied; those of texts that went are in it, but
        their time is far from any.
        """
        seconds = self._texts.profiles.seconds
        early, late = seconds[rows].min() - self._gap, seconds[rows].max() + self._gap
        near = np.flatnonzero((seconds[:before] >= early) & (seconds[:before] <= late))
        return np.arange(near[0], near[-1] + 1) if len(near) else near

    def _products(self, rows: Int64s, columns: Int64s) -> Float32s:
        whole = self._texts.profiles.whole
        if not len(columns):
            return np.empty((len(rows), 0), np.float32)
        dense = columns[-1] - columns[0] + 1 == len(columns)
        others = whole[columns[0] : columns[-1] + 1] if dense else whole[columns]
        products: Float32s = whole[rows] @ others.T
        return products

    def _offer(
        self, products: Float32s, rows: Int64s, columns: Int64s, both: bool, risen: BoolMask
    ) -> None:
        from dedup.kernels.tops import offer

        offer(
            products, rows, columns, self._texts.profiles.seconds, self._languages.rows,
            self._gap, self._threshold, self._tops, both, risen,
        )  # fmt: skip

    def _near(self, products: Float32s, rows: Int64s, columns: Int64s) -> Pairs:
        from dedup.kernels.tops import near_pairs

        found: Pairs = near_pairs(
            products, rows, columns, self._texts.profiles.seconds, self._languages.rows,
            self._gap, self._threshold, self._tops,
        )  # fmt: skip
        return found
