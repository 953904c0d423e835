"""The language of a text as far as it is sure: its common words must be those of the language.

Codes come from columns that are filled with one value, from models that know a hundred languages,
and from scripts that several languages share. Evidence in the wrong language makes every common
word a rare one, so that all texts of an unknown language look alike. Hence the check: of the words
of a text as many are common in its language as is usual there. Otherwise it is the counted
language that fits best, or none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.compute.arrays import Float64s, Int64s, UInt64s
from dedup.text.rarity import (
    MAX_BITS,
    UNKNOWN,
    WEIGHT_UNIT,
    common_shares,
    counted_languages,
    language_numbers,
    term_weights,
    unseen_weights,
)
from dedup.text.shingles import Tokens
from dedup.text.terms import terms

COMMON_BITS = 5.0
"""Terms in one of 32 texts or more are common."""
_CHARS = 600
_MIN_TERMS = 25
"""Shorter texts are believed: a headline is mostly names."""
_DOUBTFUL = 0.35
"""Texts with less than this of the usual share of common words are not in that language."""
_USUAL = 0.9
"""With this share there is no doubt about a detected language."""
_FIRST_TERMS, _NEAR_LANGUAGES = 24, 8
_CLEARLY_BITS = 0.7
"""Another language fits better if the terms have so many bits less there, in the mean."""
_UNSEEN_WEIGHT = round(MAX_BITS / WEIGHT_UNIT)


def sure_languages(texts: Sequence[str], languages: Sequence[str]) -> list[str]:
    """Languages in which the terms of texts may be weighed; empty where none is sure.

    Args:
        texts: n canonical texts.
        languages: Their languages, as named or detected.

    >>> sure_languages(["Lorem ipsum"], ["en"]), sure_languages(["Lorem"], ["tlh"])
    (['en'], [''])
    """
    rows = terms([text[:_CHARS] for text in texts], languages)
    numbers = language_numbers(languages)
    long = rows.counts >= _MIN_TERMS
    doubtful = np.flatnonzero(long & (_fit(rows, numbers) < _DOUBTFUL))
    sure = [
        "" if number == UNKNOWN else code for number, code in zip(numbers, languages, strict=True)
    ]
    for place in doubtful.tolist():
        hashes = rows.hashes[rows.offsets[place] : rows.offsets[place + 1]]
        sure[place] = _likeliest(hashes, languages[place])
    return sure


def _fit(rows: Tokens, numbers: Int64s) -> Float64s:
    """Share of common terms in each text, of what is usual in its language; float64 (n,)."""
    common = term_weights(rows.hashes, np.repeat(numbers, rows.counts)) <= COMMON_BITS / WEIGHT_UNIT
    sums = np.concatenate(([0], np.cumsum(common)))
    counts = sums[rows.offsets[1:]] - sums[rows.offsets[:-1]]
    fit: Float64s = counts / np.maximum(rows.counts, 1) / common_shares()[numbers]
    fit[numbers == UNKNOWN] = 0.0
    return fit


def likeliest_language(text: str, language: str = "") -> str:
    """The counted language in whose words a text is written.

    Args:
        text: A canonical text.
        language: The language that is taken unless another one fits clearly better.

    Returns:
        `language` for a short text; empty where no language fits.
    """
    rows = terms([text[:_CHARS]])
    if len(rows.hashes) < _MIN_TERMS or _fit(rows, language_numbers([language]))[0] >= _USUAL:
        return language
    return _likeliest(rows.hashes, language)


def _likeliest(hashes: UInt64s, language: str) -> str:
    """The language in which terms are the least strange; empty if they are in none.

    Source: the cross entropy of a text under the words of each language, as for n-grams in
    Dunning 1994, "Statistical Identification of Language".
    """
    bits = _mean_bits(hashes[:_FIRST_TERMS], sorted(counted_languages()))
    near = sorted(bits, key=lambda code: (bits[code], code))[:_NEAR_LANGUAGES]
    bits = _mean_bits(hashes, sorted({*near, language} & counted_languages()))
    best = min(bits, key=lambda code: (bits[code], code))
    if bits.get(language, np.inf) - bits[best] < _CLEARLY_BITS:
        best = language
    rows = Tokens(hashes, np.array([0, len(hashes)]))
    return best if _fit(rows, language_numbers([best]))[0] >= _DOUBTFUL else ""


def _mean_bits(hashes: UInt64s, codes: Sequence[str]) -> dict[str, float]:
    """Mean rarity of terms in each language, in bits."""
    numbers = np.repeat(language_numbers(codes), len(hashes))
    weights = term_weights(np.tile(hashes, len(codes)), numbers)
    # What a language with few counts has not seen is no less strange than in another one.
    weights = np.where(weights < unseen_weights(numbers), weights, _UNSEEN_WEIGHT)
    means = weights.reshape(len(codes), -1).mean(axis=1) * WEIGHT_UNIT
    return dict(zip(codes, means.tolist(), strict=True))
