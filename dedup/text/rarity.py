"""How rare terms are: each in its own language, from counts that ship with the package.

The rarity of a term is `log2((n + 1) / (k + 1/2))` bits, where k of n texts of its language
have it. So no term is rarer than the number of texts that were counted lets us say: of a
language with 250 texts no term has more than 9 bits, however special it may look. Texts are as
long as a lead, a hundred terms: counts of sentences and lists of words are brought to that.

A text in no language of the table, or in one that is not known for sure, is compared by what
three languages or more have, as names and words that travel are: a word that nobody has
counted may be as common as "the". It weighs nothing.

Source: Sparck Jones 1972, "A statistical interpretation of term specificity" (inverse
document frequency); Jeffreys 1946 (half a count for what was not seen). Origin of the
counts: `dedup/weights/README.md`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Self

import numpy as np
import numpy.typing as npt
import xxhash

from dedup.compute.arrays import Float64s, Int64s, UInt64s, mix64

WEIGHT_UNIT = 0.25
"""Weights are whole numbers of quarter bits, so that their sums are exact."""
MAX_BITS = 14.0
"""Of a term that was not counted in a language with as many texts as are counted at most."""
UNKNOWN = 0
"""Number of no language."""


def rarity_bits(texts: Float64s | float, having: Float64s | float) -> Float64s:
    """Bits of rarity of terms that some of the texts of a language have.

    Args:
        texts: How many texts were counted, float64 of any shape.
        having: How many of them have the term, of the same shape or one.
    """
    return np.log2((np.asarray(texts, np.float64) + 1) / (np.asarray(having, np.float64) + 0.5))


def table_keys(hashes: UInt64s, languages: UInt64s | np.uint64) -> npt.NDArray[np.uint32]:
    """Keys of terms in the table: 32 bits of the hash of a term and its language.

    Args:
        hashes: Term hashes, uint64 of shape (t,).
        languages: Hashes of the languages, see `language_hash`, of the same shape or one.
    """
    return (mix64(hashes ^ languages) >> np.uint64(32)).astype(np.uint32)


def language_hash(code: str) -> int:
    """64 bits that stand for a language in the keys of the table."""
    return xxhash.xxh3_64_intdigest(code.encode())


@dataclass(frozen=True, slots=True)
class _Table:
    """Counted terms of all languages.

    Args:
        numbers: Number of each language, from 1; 0 is what several languages have.
        hashes: Hash of each language, uint64.
        unseen: Weight of a term that was not counted, by language, int64.
        common: Share of the terms of a text that are common in its language, float64.
        keys: See `table_keys`, ascending, uint32 of shape (k,).
        weights: Weight of each, uint8 of shape (k,).
    """

    numbers: dict[str, int]
    hashes: UInt64s
    unseen: Int64s
    common: Float64s
    keys: npt.NDArray[np.uint32]
    weights: npt.NDArray[np.uint8]

    @classmethod
    def read(cls) -> Self:
        path = resources.files("dedup.weights").joinpath("term_weights.npz")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            codes = stored["languages"].tobytes().decode().split(" ")
            unseen = np.round(rarity_bits(stored["texts"].astype(np.float64), 0.0) / WEIGHT_UNIT)
            unseen[UNKNOWN] = 0
            gaps = stored["gaps"].astype(np.uint32)
            return cls(
                dict(zip(codes, range(len(codes)), strict=True)),
                np.array(list(map(language_hash, codes)), np.uint64),
                unseen.astype(np.int64),
                stored["common"].astype(np.float64),
                np.cumsum(gaps[0] | (gaps[1] << 8) | (gaps[2] << 16), dtype=np.uint32),
                stored["weights"],
            )


_table = functools.cache(_Table.read)


def counted_languages() -> frozenset[str]:
    """Codes of the languages that the table has counts of."""
    return frozenset(_table().numbers) - {""}


def common_shares() -> Float64s:
    """Share of the terms of a usual text that are common, by language number; float64 (k,)."""
    return _table().common


def language_numbers(codes: Sequence[str]) -> Int64s:
    """Numbers of languages in the table, 0 where it has none; int64 of shape (n,)."""
    numbers = _table().numbers
    return np.fromiter((numbers.get(code, UNKNOWN) for code in codes), np.int64, len(codes))


def term_weights(hashes: UInt64s, languages: Int64s) -> Int64s:
    """Rarity of terms, each in a language.

    Args:
        hashes: Term hashes, uint64 of shape (t,).
        languages: `language_numbers`, int64 of the same shape.

    Returns:
        Rarity in units of `WEIGHT_UNIT` bits, int64 of shape (t,): of a term that was not
        counted in its language as much as its texts allow; in no language 0.
    """
    table = _table()
    keys = table_keys(hashes, table.hashes[languages])
    # In ascending order neighbours in the table are looked at one after the other.
    order = np.argsort(keys)
    places = np.empty(len(keys), np.int64)
    places[order] = np.searchsorted(table.keys, keys[order])
    places = np.minimum(places, len(table.keys) - 1)
    counted = table.keys[places] == keys
    return np.where(counted, table.weights[places], table.unseen[languages]).astype(np.int64)


def unseen_weights(languages: Int64s) -> Int64s:
    """Weights of terms that were not counted, by number of language; int64 of the same shape."""
    return _table().unseen[languages]
