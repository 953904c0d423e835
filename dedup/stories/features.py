"""Evidence for "same event": what a pair of texts has in common, as numbers.

Every feature comes from whole numbers by the four operations and square roots, which IEEE
754 rounds the same everywhere: a pair has one value, computed alone, in a list or in a matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from dedup.compute import compiled as kernels
from dedup.compute.arrays import BoolMask, Float64s, Int64s
from dedup.encoders.whole_vectors import SCALE
from dedup.stories.chance import above_chance
from dedup.stories.compiled_pairs import CompiledPairs, Sizes
from dedup.stories.dates import shown_day
from dedup.stories.pairs import time_gaps
from dedup.stories.profiles import RARE_BITS, Profiles, language_of, numbers_of
from dedup.text.name_keys import spelled_names
from dedup.text.rarity import language_numbers, term_weights
from dedup.text.terms import spelled_terms

Values = dict[str, Float64s]

FEATURES: Mapping[str, int] = {
    "text_cosine": 1,
    "title_cosine": 1,
    "cross_cosine": 1,
    "shared_terms": 1,
    "term_cosine": 1,
    "title_terms": 1,
    "shared_names": 1,
    "shared_numbers": 1,
    "number_clash": -1,
    "shared_dates": 1,
    "date_clash": -1,
    "gap": -1,
    "undated": 0,
    "short_text": 0,
}
"""Features, and whether a larger value speaks for (1) or against (-1) the same event, or both (0).

text_cosine: of the vectors of title and lead. title_cosine: of the titles alone.
cross_cosine: the larger one of title with text. shared_terms: square root of the share of the
terms of one text, by squared rarity, that are rare and in the other one, too; of the text where
this share is larger. term_cosine, title_terms: cosine of texts, or titles, as sets of terms
weighted by rarity. shared_names: cosine of texts as sets of names weighted by rarity, in whatever
script, by the table of names and by their sound (see `text.name_keys`), from what is usual between
unrelated texts of their language (see `chance`).
shared_numbers: square root of how many numbers both have. number_clash: 1 if both have numbers
and none in common. shared_dates, date_clash: the same of the days that the texts name. gap:
days between the two, 0 where a date is missing. undated: 1 if a date is missing, so that the
two may be of any time. short_text: 1 if one of them has less than 300 characters."""

COMPILE_FROM_TEXTS = 3000
"""Below so many texts NumPy takes less time than loading the compiled kernels."""
_ONE = float(SCALE * SCALE)
_SECONDS_PER_DAY = 86_400.0
_SHOWN = 8


class Features:
    """Features of pairs among n texts.

    Args:
        profiles: The texts.
        compiled: Use the kernels; by default for many texts.
        sizes: Sizes of the profiles, if they are known.
    """

    def __init__(
        self, profiles: Profiles, compiled: bool | None = None, sizes: Sizes | None = None
    ) -> None:
        self._of = profiles
        many = len(profiles.seconds) >= COMPILE_FROM_TEXTS
        self.kernel = CompiledPairs(profiles, sizes) if kernels.chosen(compiled, many) else None
        """Computes pairs by the compiled kernel; None where NumPy does."""

    @cached_property
    def _matrices(self) -> _Matrices:
        return _Matrices.of(self._of)

    def of_pairs(self, a: Int64s, b: Int64s) -> Values:
        """Values of `FEATURES` for pairs of texts.

        Args:
            a: Row of the first text of each pair, int64 of shape (m,).
            b: Row of the second text, int64 of shape (m,).

        Returns:
            float64 of shape (m,) by feature, in the units named at `FEATURES`.
        """
        if self.kernel is not None:
            return dict(zip(FEATURES, self.kernel.values(a, b, len(FEATURES)).T, strict=True))
        of, rows = self._of, self._matrices
        texts, titles = of.vectors, of.title_vectors
        crossed = np.maximum(_dots(texts[a], titles[b]), _dots(titles[a], texts[b]))
        title_products = _common(rows.title_terms[a], rows.title_terms[b])
        return {
            "text_cosine": _dots(texts[a], texts[b]) / _ONE,
            "title_cosine": _dots(titles[a], titles[b]) / _ONE,
            "cross_cosine": crossed / _ONE,
            "shared_terms": _root_share(_common(rows.rare[a], rows.rare[b]), rows.squares[0], a, b),
            "term_cosine": _cosine(_common(rows.terms[a], rows.terms[b]), rows.squares[0], a, b),
            "title_terms": _cosine(title_products, rows.squares[1], a, b),
            "shared_names": above_chance(
                _cosine(_common(rows.names[a], rows.names[b]), rows.squares[2], a, b),
                of.languages[a],
                of.languages[b],
            ),
            **_agreement("number", rows.numbers, a, b),
            **_agreement("date", rows.dates, a, b),
            **self._circumstances(a, b),
        }

    def is_cross(self, a: Int64s, b: Int64s) -> BoolMask:
        """Whether the languages of pairs are known and differ; the shapes of a and b broadcast."""
        codes = self._of.languages
        differ: BoolMask = (codes[a] != codes[b]) & (codes[a] >= 0) & (codes[b] >= 0)
        return differ

    def details(self, a: int, b: int) -> dict[str, str]:
        """Words, names, numbers and days that two texts share, as text, by feature.

        Words and names are listed by rarity, names only if the two texts spell them differently.

        Args:
            a: Row of the first text.
            b: Row of the second text.
        """
        texts = self._of.texts[a], self._of.texts[b]
        languages = [language_of(code) for code in self._of.languages[[a, b]].tolist()]
        first, second = (
            spelled_terms([text], [language], RARE_BITS)
            for text, language in zip(texts, languages, strict=True)
        )
        names, others = map(spelled_names, texts, languages)
        numbers = sorted(numbers_of(texts[0]) & numbers_of(texts[1]))
        days = sorted(self._days(a) & self._days(b))
        return {
            "shared_terms": _rarest(
                {term: first[term] for term in first if term in second}, languages[0]
            ),
            "shared_names": _different(names, others),
            "shared_numbers": ", ".join(f"{number:,}" for number in numbers),
            "shared_dates": ", ".join(map(shown_day, days)),
        }

    def _days(self, row: int) -> set[int]:
        dates = self._of.dates
        return set(dates.keys[dates.offsets[row] : dates.offsets[row + 1]].tolist())

    def _circumstances(self, a: Int64s, b: Int64s) -> Values:
        """Features of times and lengths, which do not compare contents."""
        of = self._of
        gap, dated = time_gaps(of.seconds, a, b)
        return {
            "gap": gap / _SECONDS_PER_DAY,
            "undated": (~dated).astype(np.float64),
            "short_text": (of.short[a] | of.short[b]).astype(np.float64),
        }


@dataclass(frozen=True, slots=True)
class _Matrices:
    """Sparse matrices of the rows of n texts, for the NumPy path."""

    terms: sp.csr_array
    title_terms: sp.csr_array
    rare: sp.csr_array
    names: sp.csr_array
    numbers: sp.csr_array
    dates: sp.csr_array
    squares: tuple[Int64s, Int64s, Int64s]

    @classmethod
    def of(cls, profiles: Profiles) -> Self:
        return cls(
            profiles.terms.sparse(),
            profiles.title_terms.sparse(),
            profiles.rare.sparse(),
            profiles.names.sparse(),
            profiles.numbers.sparse(),
            profiles.dates.sparse(),
            (profiles.terms.squares(), profiles.title_terms.squares(), profiles.names.squares()),
        )


def _common(a: sp.csr_array, b: sp.csr_array) -> Int64s:
    """Inner products of the rows of two sparse arrays, int64 of shape (m,)."""
    products: Int64s = np.asarray(a.multiply(b).sum(axis=1)).ravel()
    return products


def _dots(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> Float64s:
    """Inner products of whole-number rows, exact."""
    products: Float64s = np.einsum("ij,ij->i", a, b).astype(np.float64)
    return products


def _agreement(name: str, rows: sp.csr_array, a: Int64s, b: Int64s) -> Values:
    """Root of the number of shared entries, and whether both texts have some but share none."""
    shared, counts = _common(rows[a], rows[b]), np.diff(rows.indptr)
    clash = (counts[a] > 0) & (counts[b] > 0) & (shared == 0)
    return {
        f"shared_{name}s": np.sqrt(shared.astype(np.float64)),
        f"{name}_clash": clash.astype(np.float64),
    }


def _root_share(products: Int64s, squares: Int64s, a: Int64s, b: Int64s) -> Float64s:
    """Square root of the share that products have of the smaller one of two sums of squares."""
    smaller = np.maximum(np.minimum(squares[a], squares[b]), 1).astype(np.float64)
    roots: Float64s = np.sqrt(products / smaller)
    return roots


def _cosine(products: Int64s, squares: Int64s, a: Int64s, b: Int64s) -> Float64s:
    lengths = np.sqrt((squares[a] * squares[b]).astype(np.float64))
    cosines: Float64s = products / np.where(lengths > 0, lengths, 1.0)
    return cosines


def _different(names: Mapping[int, str], others: Mapping[int, str]) -> str:
    """Names that two texts spell differently, in the spelling of the first; known ones first."""
    spelled = set(others.values())
    listed: list[str] = []
    for key, name in names.items():
        # A piece of a name that is listed already says nothing more.
        if key in others and name not in spelled and not any(name in one for one in listed):
            listed.append(name)
    return ", ".join(listed[:_SHOWN])


def _rarest(words: Mapping[int, str], language: str, limit: int = _SHOWN) -> str:
    hashes = np.array(list(words), np.uint64)
    weights = term_weights(hashes, np.repeat(language_numbers([language]), len(hashes))).tolist()
    ranked = sorted(zip((-weight for weight in weights), words.values(), strict=True))
    return ", ".join(word for _, word in ranked[:limit])
