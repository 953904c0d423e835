"""What the step `score` compares: for each text its vectors, time, terms, names and numbers.

Everything is a whole number: vectors (`neighbors.whole_vectors`), rarities of terms in
quarter bits, counts. The sum for a pair is therefore the same however it is computed, for
the pair alone, in a list or by the product of two matrices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from dedup.encoders import Float32s
from dedup.shingles import BoolMask, Int64s, UInt64s
from dedup.skeletons import skeleton
from dedup.terms import WEIGHT_UNIT, count_terms, spelled_terms, term_weights

HEAD_CHARS = 200
"""Of the first line of a text without a title."""
_SHORT_CHARS = 300
_MIN_TERM_BITS = 2.0
RARE_BITS = 9.0
"""Terms at least this rare in general language are names, places and what is special."""
_MIN_SKELETON, _MAX_SKELETON = 3, 8
_AT_ONCE = 4096
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_YEARS = range(1900, 2100)
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Profiles:
    """n texts, ready to be compared; sparse arrays are int64 of shape (n, different terms).

    Args:
        texts: Titles and leads as canonical text, as they were encoded.
        heads: Titles, or the beginning of the text where there is none.
        whole: Whole-number vectors of the texts, float32 of shape (n, dim).
        head_whole: Whole-number vectors of the heads, float32 of shape (n, dim).
        seconds: Publication times in seconds since 1970, `UNDATED` where unknown.
        languages: Numbers of the languages, int64 of shape (n,), -1 where unknown.
        sources: Numbers of the outlets, int64 of shape (n,), -1 where unknown.
        short: Texts of few words, bool of shape (n,).
        terms: Rarity of the terms of each text, the very common ones left out.
        head_terms: The same of each head.
        rare: The rare ones among `terms`.
        names: Rarity of the rare words of each text, by consonant skeleton.
        numbers: 1 for each number that stands in a text.
    """

    texts: Sequence[str]
    heads: Sequence[str]
    whole: Float32s
    head_whole: Float32s
    seconds: Int64s
    languages: Int64s
    sources: Int64s
    short: BoolMask
    terms: sp.csr_array
    head_terms: sp.csr_array
    rare: sp.csr_array
    names: sp.csr_array
    numbers: sp.csr_array


def head_of(title: str, text: str) -> str:
    """The title, or the beginning of the first line of the text where there is none."""
    return title or text.split("\n", 1)[0][:HEAD_CHARS]


def profiles(
    texts: Sequence[str],
    heads: Sequence[str],
    whole: Float32s,
    head_whole: Float32s,
    seconds: Int64s,
    languages: Sequence[str],
    sources: Sequence[str],
) -> Profiles:
    """Profiles of n texts; the arguments are those of `Profiles`, by name instead of number."""
    return Profiles(
        texts=texts,
        heads=heads,
        whole=whole,
        head_whole=head_whole,
        seconds=seconds,
        languages=_numbered(languages),
        sources=_numbered(sources),
        short=np.array([len(text) < _SHORT_CHARS for text in texts], bool),
        terms=_term_rows(texts, _MIN_TERM_BITS),
        head_terms=_term_rows(heads, _MIN_TERM_BITS),
        rare=_term_rows(texts, RARE_BITS),
        names=_name_rows(texts),
        numbers=_number_rows(texts),
    )


def numbers_of(text: str) -> set[int]:
    """Numbers of two digits or more in a text, years left out, thousands joined.

    >>> sorted(numbers_of("12,500 people and 7 dogs in 2023; 35 %; ٤٥"))
    [35, 45, 12500]
    """
    digits = {re.sub("[.,]", "", number) for number in _NUMBER.findall(text)}
    found = {int(number) for number in digits if len(number) <= _MAX_DIGITS}
    return {number for number in found if number >= 10 and number not in _YEARS}


def names_of(spelled: Mapping[int, str]) -> dict[int, int]:
    """Consonant skeletons of words, as numbers, by the hash of the word.

    Words that have fewer than three classes of consonants say too little.
    """
    skeletons = {key: skeleton(word) for key, word in spelled.items()}
    return {
        key: int.from_bytes(made[:_MAX_SKELETON].encode(), "big")
        for key, made in skeletons.items()
        if len(made) >= _MIN_SKELETON
    }


def _numbered(names: Sequence[str]) -> Int64s:
    numbers = {name: number for number, name in enumerate(sorted(set(names) - {""}))}
    return np.array([numbers.get(name, -1) for name in names], np.int64)


def _term_rows(texts: Sequence[str], min_bits: float) -> sp.csr_array:
    parts = []
    for start in range(0, len(texts), _AT_ONCE):
        owner, hashes, weights = _rare(texts[start : start + _AT_ONCE], min_bits)
        parts.append((owner + start, hashes, weights))
    return _rows(len(texts), parts)


def _name_rows(texts: Sequence[str]) -> sp.csr_array:
    """Each skeleton with the largest rarity of the words of the text that have it."""
    parts = []
    for start in range(0, len(texts), _AT_ONCE):
        chunk = texts[start : start + _AT_ONCE]
        owner, hashes, weights = _rare(chunk, RARE_BITS)
        named = names_of(spelled_terms(chunk, RARE_BITS))
        names = np.array([named.get(key, 0) for key in hashes.tolist()], np.uint64)
        kept = np.lexsort((-weights, names, owner))
        kept = kept[names[kept] > 0]
        owner, names, weights = owner[kept], names[kept], weights[kept]
        new = np.ones(len(kept), bool)
        new[1:] = (owner[1:] != owner[:-1]) | (names[1:] != names[:-1])
        parts.append((owner[new] + start, names[new], weights[new]))
    return _rows(len(texts), parts)


def _number_rows(texts: Sequence[str]) -> sp.csr_array:
    found = [(i, number) for i, text in enumerate(texts) for number in sorted(numbers_of(text))]
    owner, numbers = np.array(found, np.int64).reshape(-1, 2).T
    return _rows(len(texts), [(owner, numbers.astype(np.uint64), np.ones(len(owner), np.int64))])


def _rare(texts: Sequence[str], min_bits: float) -> tuple[Int64s, UInt64s, Int64s]:
    """Owner, hash and rarity of the different terms of each text that are that rare."""
    found, _ = count_terms(texts)
    weights = term_weights(found.hashes)
    kept = weights * WEIGHT_UNIT >= min_bits
    owner = np.repeat(np.arange(len(found.counts)), found.counts)
    return owner[kept], found.hashes[kept], weights[kept]


def _rows(count: int, parts: Sequence[tuple[Int64s, UInt64s, Int64s]]) -> sp.csr_array:
    """Sparse rows from owners, keys of columns, and values."""
    nothing = (np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.int64))
    owner, keys, values = (
        np.concatenate([part[k] for part in (nothing, *parts)]) for k in range(3)
    )
    different, columns = np.unique(keys, return_inverse=True)
    shape = (count, max(1, len(different)))
    return sp.csr_array((values, (owner.astype(np.int64), columns)), shape=shape)
