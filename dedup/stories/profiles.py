"""Profiles of texts, which the step `score` compares: vectors, times, terms, names and numbers.

Everything is a whole number: vectors (`encoders.whole_vectors`), rarities of terms in
quarter bits, counts. The sum for a pair is therefore the same however it is computed: for
the pair alone, in a list of pairs or by a product of two matrices.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import xxhash

from dedup.compute.arrays import BoolMask, Float32s, Int64s, UInt16s, UInt64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.compute.processes import spread
from dedup.stories.dates import dates_of
from dedup.text.name_keys import keyed_names
from dedup.text.outlines import SLOTS, outline_of_lead
from dedup.text.rarity import WEIGHT_UNIT, counted_languages
from dedup.text.shingles import counted_rows
from dedup.text.terms import PlacedTerms, placed_terms, weights_of

TITLE_CHARS = 200
"""A text without a title has so many characters of its first line as title."""
_SHORT_CHARS = 300
_MIN_TERM_BITS = 2.0
RARE_BITS = 7.0
"""Terms at least this rare in general language are names, places and special subjects."""
RARE_WEIGHT = round(RARE_BITS / WEIGHT_UNIT)
_AT_ONCE = 4096
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_YEARS = range(1900, 2100)
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Profiles:
    """Profiles of n texts.

    The profile of a text does not depend on other texts: profiles can be selected by row, and
    those of several parts of a corpus joined.

    Args:
        texts: Titles and leads as canonical text, as they were encoded; may be left out.
        vectors: Whole-number vectors of the texts, float32 of shape (n, dim).
        title_vectors: Those of the titles alone, see `title_of`.
        seconds: Publication times in seconds since 1970, `UNDATED` where unknown.
        languages: Ids of the languages that are sure, see `name_hashes`, int64 of shape (n,).
        sources: Ids of the outlets, int64 of shape (n,).
        short: Whether a text has few characters, bool of shape (n,).
        terms: Rarity of the terms of each text, the very common ones left out.
        title_terms: Rarity of the terms of each title.
        names: Rarity of the names of each text, by the keys of `text.name_keys`.
        numbers: 1 for each numeral in a text.
        dates: 1 for each day that a text names.
        outlines: Signatures of the outlines, uint16 of shape (n, outlines.SLOTS).
        details: Kinds of the details of the outlines, see `outlines.Outline`.
    """

    texts: Sequence[str]
    vectors: Float32s
    title_vectors: Float32s
    seconds: Int64s
    languages: Int64s
    sources: Int64s
    short: BoolMask
    terms: KeyedRows
    title_terms: KeyedRows
    names: KeyedRows
    numbers: KeyedRows
    dates: KeyedRows
    outlines: UInt16s
    details: KeyedRows

    @property
    def rare(self) -> KeyedRows:
        """Rarity of the rare terms alone."""
        return self.terms.at_least(RARE_WEIGHT)

    def take(self, rows: Int64s) -> Profiles:
        """Profiles of some of the texts, in the order of the given rows."""
        columns: list[Any] = [getattr(self, name) for name in _FIELDS]
        selected: list[Any] = [
            column.take(rows) if isinstance(column, KeyedRows) else column[rows]
            for column in columns
        ]
        return Profiles([self.texts[row] for row in rows.tolist() if self.texts], *selected)

    @classmethod
    def joined(cls, parts: Sequence[Profiles]) -> Self:
        """Profiles of all parts (at least one), one part after the other."""
        columns: list[list[Any]] = [[getattr(part, name) for part in parts] for name in _FIELDS]
        merged: list[Any] = [
            KeyedRows.joined(column) if isinstance(column[0], KeyedRows) else np.concatenate(column)
            for column in columns
        ]
        return cls([text for part in parts for text in part.texts], *merged)


_FIELDS = tuple(field.name for field in dataclasses.fields(Profiles))[1:]


def title_of(title: str, text: str) -> str:
    """The title, or the beginning of the first line of the text where there is none."""
    return title or text.split("\n", 1)[0][:TITLE_CHARS]


def profiles(
    texts: Sequence[str],
    titles: Sequence[str],
    vectors: Float32s,
    title_vectors: Float32s,
    seconds: Int64s,
    languages: Sequence[str],
    sources: Sequence[str],
) -> Profiles:
    """Profiles of n texts.

    The arguments are those of `Profiles`, but with the names of languages and outlets instead of
    their ids, and with the titles (`title_of`).
    """
    slices = [slice(start, start + _AT_ONCE) for start in range(0, len(texts), _AT_ONCE)]
    with spread(len(texts)) as mapped:
        batches = ((texts[k], titles[k], seconds[k].tolist(), languages[k]) for k in slices)
        parts = list(mapped(_sparse_rows, batches))
    terms, title_terms, names, numbers, dates, details = (
        KeyedRows.joined([part[column] for part, _ in parts]) for column in range(6)
    )
    no_outlines = np.empty((0, SLOTS), np.uint16)
    return Profiles(
        texts=texts,
        vectors=vectors,
        title_vectors=title_vectors,
        seconds=seconds,
        languages=name_hashes(languages),
        sources=name_hashes(sources),
        short=np.array([len(text) < _SHORT_CHARS for text in texts], bool),
        terms=terms,
        title_terms=title_terms,
        names=names,
        numbers=numbers,
        dates=dates,
        outlines=np.concatenate([no_outlines, *(signatures for _, signatures in parts)]),
        details=details,
    )


_Batch = tuple[Sequence[str], Sequence[str], Sequence[int], Sequence[str]]
"""Texts, titles, publication times and languages."""


def _sparse_rows(batch: _Batch) -> tuple[tuple[KeyedRows, ...], UInt16s]:
    """Terms, terms of titles, names, numbers, dates and details; and signatures of outlines."""
    texts, titles, seconds, languages = batch
    placed = placed_terms(texts, languages)
    outlines = list(map(outline_of_lead, texts, titles, languages))
    return (
        _rows(len(texts), _terms(placed, languages)),
        _rows(len(texts), _terms(placed_terms(titles, languages), languages)),
        _rows(len(texts), _names(placed, languages)),
        _rows_of_ones([numbers_of(text) for text in texts]),
        _rows_of_ones(list(map(dates_of, texts, seconds, languages))),
        _rows_of([one.details for one in outlines]),
    ), np.array([one.signature for one in outlines], np.uint16)


def numbers_of(text: str) -> set[int]:
    """Numerals of two digits or more in a text, years left out, thousands joined.

    >>> sorted(numbers_of("12,500 people and 7 dogs in 2023; 35 %; ٤٥"))
    [35, 45, 12500]
    """
    digits = {re.sub("[.,]", "", number) for number in _NUMBER.findall(text)}
    numbers = {int(number) for number in digits if len(number) <= _MAX_DIGITS}
    return {number for number in numbers if number >= 10 and number not in _YEARS}


def name_hashes(names: Sequence[str]) -> Int64s:
    """63 bits of the XXH3 hash of each name, -1 for an empty one; int64 of shape (n,)."""
    hashes = {name: xxhash.xxh3_64_intdigest(name.encode()) >> 1 for name in set(names)}
    hashes[""] = -1
    return np.array([hashes[name] for name in names], np.int64)


def language_of(name_hash: int) -> str:
    """The counted language with that hash; empty for any other."""
    return _counted_by_hash().get(name_hash, "")


@functools.cache
def _counted_by_hash() -> dict[int, str]:
    codes = sorted(counted_languages())
    return dict(zip(name_hashes(codes).tolist(), codes, strict=True))


@dataclass(frozen=True, slots=True)
class _Entries:
    """Entries of sparse rows: row of the text, key, and value; arrays of one shape."""

    owners: Int64s
    keys: UInt64s
    values: Int64s


def _only(entries: _Entries, which: BoolMask | Int64s) -> _Entries:
    return _Entries(entries.owners[which], entries.keys[which], entries.values[which])


def _terms(placed: PlacedTerms, languages: Sequence[str]) -> _Entries:
    """Rarities of the different terms of each text, the very common ones left out."""
    terms, _ = counted_rows(placed.terms)
    owners = np.repeat(np.arange(len(terms.counts)), terms.counts)
    entries = _Entries(owners, terms.hashes, weights_of(terms, languages))
    return _only(entries, entries.values * WEIGHT_UNIT >= _MIN_TERM_BITS)


def _names(placed: PlacedTerms, languages: Sequence[str]) -> _Entries:
    """Keys of the names of each text, each with its largest weight."""
    found = keyed_names(placed, languages)
    names = _Entries(found.owners, found.keys, found.weights)
    names = _only(names, np.lexsort((-names.values, names.keys, names.owners)))
    new = np.ones(len(names.keys), bool)
    new[1:] = (names.owners[1:] != names.owners[:-1]) | (names.keys[1:] != names.keys[:-1])
    return _only(names, new)


def _rows_of_ones(sets: Sequence[set[int]]) -> KeyedRows:
    """Rows with a 1 for each whole number in the set of each text."""
    return _rows_of([dict.fromkeys(numbers, 1) for numbers in sets])


def _rows_of(parts: Sequence[Mapping[int, int]]) -> KeyedRows:
    """Rows with the value of each whole number of each text."""
    owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    keys = np.array([key for part in parts for key in sorted(part)], np.uint64)
    values = np.array([part[key] for part in parts for key in sorted(part)], np.int64)
    return _rows(len(parts), _Entries(owners, keys, values))


def _rows(count: int, entries: _Entries) -> KeyedRows:
    return KeyedRows.of(entries.owners, entries.keys, entries.values, count)
