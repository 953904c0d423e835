"""What the step `score` compares: for each text its vectors, time, terms, names and numbers.

Everything is a whole number: vectors (`neighbors.whole_vectors`), rarities of terms in
quarter bits, counts. The sum for a pair is therefore the same however it is computed, for
the pair alone, in a list or by the product of two matrices.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import xxhash

from dedup.compute.arrays import BoolMask, Float32s, Int64s, UInt64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.compute.processes import spread
from dedup.stories.dates import dates_of
from dedup.text.consonant_keys import skeleton
from dedup.text.terms import WEIGHT_UNIT, count_terms, spelled_terms, term_weights

HEAD_CHARS = 200
"""Of the first line of a text without a title."""
_SHORT_CHARS = 300
_MIN_TERM_BITS = 2.0
RARE_BITS = 9.0
"""Terms at least this rare in general language are names, places and what is special."""
RARE_WEIGHT = round(RARE_BITS / WEIGHT_UNIT)
_MIN_SKELETON, _MAX_SKELETON = 3, 8
_AT_ONCE = 4096
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_YEARS = range(1900, 2100)
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Profiles:
    """n texts, ready to be compared.

    Nothing in it depends on which other texts are there: profiles of some texts are a part
    of those of all, and parts can be joined.

    Args:
        texts: Titles and leads as canonical text, as they were encoded.
        whole: Whole-number vectors of the texts, float32 of shape (n, dim).
        head_whole: Those of the heads: titles, or the beginning of the text where there is none.
        seconds: Publication times in seconds since 1970, `UNDATED` where unknown.
        languages: Keys of the languages, see `keys_of`, int64 of shape (n,).
        sources: Keys of the outlets, int64 of shape (n,).
        short: Texts of few words, bool of shape (n,).
        terms: Rarity of the terms of each text, the very common ones left out.
        head_terms: The same of each head.
        names: Rarity of the rare words of each text, by consonant skeleton.
        numbers: 1 for each number that stands in a text.
        dates: 1 for each day that a text names.
    """

    texts: Sequence[str]
    whole: Float32s
    head_whole: Float32s
    seconds: Int64s
    languages: Int64s
    sources: Int64s
    short: BoolMask
    terms: KeyedRows
    head_terms: KeyedRows
    names: KeyedRows
    numbers: KeyedRows
    dates: KeyedRows

    @property
    def rare(self) -> KeyedRows:
        """The rare ones among `terms`."""
        return self.terms.at_least(RARE_WEIGHT)

    def take(self, numbers: Int64s) -> Profiles:
        """Profiles of some of the texts, in the order of their numbers."""
        columns: list[Any] = [getattr(self, name) for name in _FIELDS]
        taken: list[Any] = [
            each.take(numbers) if isinstance(each, KeyedRows) else each[numbers] for each in columns
        ]
        return Profiles([self.texts[number] for number in numbers.tolist()], *taken)

    @classmethod
    def joined(cls, parts: Sequence[Profiles]) -> Self:
        """Profiles of the texts of one part or more, one part after the other."""
        columns: list[list[Any]] = [[getattr(part, name) for part in parts] for name in _FIELDS]
        whole: list[Any] = [
            KeyedRows.joined(column) if isinstance(column[0], KeyedRows) else np.concatenate(column)
            for column in columns
        ]
        return cls([text for part in parts for text in part.texts], *whole)


_FIELDS = tuple(field.name for field in dataclasses.fields(Profiles))[1:]


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
    """Profiles of n texts.

    The arguments are those of `Profiles`, by name instead of number, and the heads.
    """
    slices = [slice(start, start + _AT_ONCE) for start in range(0, len(texts), _AT_ONCE)]
    with spread(len(texts)) as mapped:
        shown = ((texts[k], heads[k], seconds[k].tolist(), languages[k]) for k in slices)
        parts = list(mapped(_rows_of, shown))
    terms, head_terms, names, numbers, dates = (
        KeyedRows.joined([rows[column] for rows in parts]) for column in range(5)
    )
    return Profiles(
        texts=texts,
        whole=whole,
        head_whole=head_whole,
        seconds=seconds,
        languages=keys_of(languages),
        sources=keys_of(sources),
        short=np.array([len(text) < _SHORT_CHARS for text in texts], bool),
        terms=terms,
        head_terms=head_terms,
        names=names,
        numbers=numbers,
        dates=dates,
    )


_Shown = tuple[Sequence[str], Sequence[str], Sequence[int], Sequence[str]]


def _rows_of(shown: _Shown) -> tuple[KeyedRows, ...]:
    """Terms, terms of the heads, names, numbers and dates of some texts."""
    texts, heads, seconds, languages = shown
    terms = _terms(texts)
    return (
        _rows(len(texts), terms),
        _rows(len(texts), _terms(heads)),
        _rows(len(texts), _names(texts, terms)),
        _counted_rows([numbers_of(text) for text in texts]),
        _counted_rows(list(map(dates_of, texts, seconds, languages))),
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


def keys_of(names: Sequence[str]) -> Int64s:
    """63 bits of the XXH3 hash of each name, -1 for an empty one; int64 of shape (n,)."""
    keys = {name: xxhash.xxh3_64_intdigest(name.encode()) >> 1 for name in set(names)}
    keys[""] = -1
    return np.array([keys[name] for name in names], np.int64)


@dataclass(frozen=True, slots=True)
class _Entries:
    """Entries of rows: number of the text, key, and value; arrays of one shape."""

    owner: Int64s
    keys: UInt64s
    values: Int64s


def _only(entries: _Entries, kept: BoolMask | Int64s) -> _Entries:
    return _Entries(entries.owner[kept], entries.keys[kept], entries.values[kept])


def _terms(texts: Sequence[str]) -> _Entries:
    """Rarities of the different terms of each text, the very common ones left out."""
    found, _ = count_terms(texts)
    owner = np.repeat(np.arange(len(found.counts)), found.counts)
    entries = _Entries(owner, found.hashes, term_weights(found.hashes))
    return _only(entries, entries.values * WEIGHT_UNIT >= _MIN_TERM_BITS)


def _names(texts: Sequence[str], terms: _Entries) -> _Entries:
    """Each skeleton with the largest rarity of the words of the text that have it."""
    rare = _only(terms, terms.values >= RARE_WEIGHT)
    named = names_of(spelled_terms(texts, RARE_BITS))
    names = np.array([named.get(key, 0) for key in rare.keys.tolist()], np.uint64)
    found = _Entries(rare.owner, names, rare.values)
    order = np.lexsort((-found.values, found.keys, found.owner))
    found = _only(found, order[found.keys[order] > 0])
    new = np.ones(len(found.keys), bool)
    new[1:] = (found.owner[1:] != found.owner[:-1]) | (found.keys[1:] != found.keys[:-1])
    return _only(found, new)


def _counted_rows(numbers: Sequence[set[int]]) -> KeyedRows:
    """1 for each of some whole numbers of each text."""
    found = [(i, number) for i, each in enumerate(numbers) for number in sorted(each)]
    owner, keys = np.array(found, np.int64).reshape(-1, 2).T
    ones = np.ones(len(owner), np.int64)
    return _rows(len(numbers), _Entries(owner, keys.astype(np.uint64), ones))


def _rows(count: int, entries: _Entries) -> KeyedRows:
    return KeyedRows.of(entries.owner, entries.keys, entries.values, count)
