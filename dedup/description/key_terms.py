"""The rare terms and the key terms of some story groups, from their texts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Self

import numpy as np

from dedup.cleaning import normalize
from dedup.compute.arrays import BoolMask, Int64s, UInt64s
from dedup.description.words import PlacedWords, group_names, placed_words
from dedup.text.dates.calendars import calendar_names
from dedup.text.rarity import WEIGHT_UNIT
from dedup.text.scripts import UNSPACED
from dedup.text.terms import PlacedTerms

MIN_BITS = 7.0
"""A term of at least this rarity is rare."""
MAX_KEY_TERMS = 8
_MIN_PIECE_BITS = 4.0
_CANDIDATES = 2 * MAX_KEY_TERMS
_FEW_TEXTS = 2


def joined_pieces(words: Sequence[str], text: str) -> tuple[str, ...]:
    """Terms in the given order, the pieces of one word joined.

    Args:
        words: Spelled terms.
        text: A case-folded text; pieces are joined if the text has them joined.

    >>> joined_pieces(["近平", "拉夫罗夫", "习近"], "习近平会见拉夫罗夫")
    ('习近平', '拉夫罗夫')
    """
    if not any(map(UNSPACED.match, words)):
        return tuple(words)
    terms = list(words)
    i = 0
    while i < len(terms):
        wholes = (
            (j, whole)
            for j in range(len(terms))
            if i != j and (whole := _whole(terms[i], terms[j], text))
        )
        j, whole = next(wholes, (i, ""))
        if whole:
            terms[min(i, j)] = whole
            terms.pop(max(i, j))
            i = 0
        else:
            i += 1
    return tuple(terms)


def _whole(a: str, b: str, text: str) -> str:
    """Two words without spaces that overlap, joined, if the text has that; else empty."""
    if not (UNSPACED.match(a) and UNSPACED.match(b)):
        return ""
    wholes = (
        x + y[size:]
        for size in range(min(len(a), len(b)) - 1, 0, -1)
        for x, y in ((a, b), (b, a))
        if x.endswith(y[:size])
    )
    return next((whole for whole in wholes if whole in text), "")


@lru_cache(maxsize=128)
def calendar_terms(language: str) -> UInt64s:
    """Hashes of the terms in the names of months and days of a language, uint64 of shape (k,).

    Empty for an unknown language.
    """
    names = {
        normalize(name)
        for kind in ("months", "days")
        for widths in calendar_names(language, kind).values()
        for name in widths["wide"].values()
    }
    return np.unique(placed_words(sorted(names), [language] * len(names)).placed.terms.hashes)


@dataclass(frozen=True, slots=True)
class GroupTexts:
    """The texts of some groups, one group after the other.

    Args:
        sizes: How many texts each group has, int64 of shape (groups,).
        leads: The texts.
        languages: Language of each.
    """

    sizes: Int64s
    leads: Sequence[str]
    languages: Sequence[str]

    @classmethod
    def of(cls, members: Sequence[Int64s], leads: Sequence[str], languages: Sequence[str]) -> Self:
        """Those of groups whose texts are these rows of all leads and languages."""
        texts = np.concatenate(members).tolist()
        sizes = np.array([len(rows) for rows in members])
        return cls(sizes, [leads[text] for text in texts], [languages[text] for text in texts])


def terms_of_groups(part: GroupTexts) -> tuple[Int64s, UInt64s, Int64s, list[tuple[str, ...]]]:
    """The rare terms and names of some groups, and their key terms.

    Returns:
        Row of the group, hash and weight of each rare term, int64, uint64 and int64 of shape (m,);
        and the key terms of each group, spelled and case-folded, the best first.
    """
    sizes, lead_of_text, language_of = part.sizes, part.leads, part.languages
    words = placed_words(lead_of_text, language_of)
    placed = words.placed
    groups = np.repeat(np.arange(len(sizes)), sizes)
    in_few = _few(groups.tolist(), language_of)
    terms = _distinct_terms(words, groups, in_few, _no_calendar(placed, language_of))
    weights = terms.weights
    rare = (weights * WEIGHT_UNIT >= MIN_BITS) & ((terms.texts >= 2) | terms.in_few)
    counted = weights // words.parts[terms.places]
    firsts = (np.cumsum(sizes) - sizes).tolist()
    first_texts = [lead_of_text[first].casefold() for first in firsts]
    key_terms = [
        joined_pieces(spelled, text)[:MAX_KEY_TERMS]
        for spelled, text in zip(_key_terms(terms, sizes, words), first_texts, strict=True)
    ]
    named = group_names(lead_of_text, language_of, groups, in_few)
    return (
        np.concatenate((terms.groups[rare], named[0])),
        np.concatenate((terms.hashes[rare], named[1])),
        np.concatenate((counted[rare], named[2])),
        key_terms,
    )


def _key_terms(terms: _DistinctTerms, sizes: Int64s, words: PlacedWords) -> list[list[str]]:
    """The most specific terms of each group, spelled, the best first."""
    placed, weights = words.placed, terms.weights
    alone = sizes[terms.groups] == 1
    worth = np.where(alone, terms.occurrences, terms.texts) * weights
    bits = weights * WEIGHT_UNIT
    # A pair that joins two words is seldom repeated.
    pieces = words.parts[terms.places] > 1
    repeated = (bits >= _MIN_PIECE_BITS) & (terms.occurrences > 1)
    rare = np.where(pieces, repeated, bits >= MIN_BITS)
    candidates = np.flatnonzero(rare & (terms.texts >= np.where(alone, 1, 2)))
    ranks = (terms.places, -weights, -worth, terms.groups)
    order = candidates[np.lexsort(tuple(rank[candidates] for rank in ranks))]
    starts = np.searchsorted(terms.groups[order], np.arange(len(sizes) + 1)).tolist()
    best = terms.places[order]
    return [
        [placed.spelled(place) for place in best[start:stop][:_CANDIDATES].tolist()]
        for start, stop in pairwise(starts)
    ]


def _few(groups: Sequence[int], languages: Sequence[str]) -> BoolMask:
    """Whether the group of a text has no more than two texts in its language, for each text."""
    keys = list(zip(groups, languages, strict=True))
    counts = Counter(keys)
    return np.array([counts[key] <= _FEW_TEXTS for key in keys])


def _no_calendar(placed: PlacedTerms, languages: Sequence[str]) -> Int64s:
    """Places of the terms that name no month or weekday in the language of their text."""
    codes = sorted(set(languages))
    language_ids = np.repeat([codes.index(code) for code in languages], placed.terms.counts)
    mask = np.ones(len(language_ids), bool)
    for language_id, code in enumerate(codes):
        here = np.flatnonzero(language_ids == language_id)
        mask[here] = ~np.isin(placed.terms.hashes[here], calendar_terms(code))
    return np.flatnonzero(mask)


@dataclass(frozen=True, slots=True)
class _DistinctTerms:
    """The different terms of groups, by group and hash; all arrays of one length.

    Args:
        groups: Row of the group.
        hashes: Hash of the term.
        texts: Texts of the group that have it.
        occurrences: Occurrences in these texts.
        in_few: Whether one of these texts is among few of its language.
        places: Its first place.
        weights: Rarity of the term, in the language of its texts in which it is the most common.
    """

    groups: Int64s
    hashes: UInt64s
    texts: Int64s
    occurrences: Int64s
    in_few: BoolMask
    places: Int64s
    weights: Int64s


def _distinct_terms(
    words: PlacedWords, group_of: Int64s, few: BoolMask, places: Int64s
) -> _DistinctTerms:
    """The different terms of groups.

    Args:
        words: Words of texts, sorted by group.
        group_of: Group of each text, ascending.
        few: Whether each text is among few of its language.
        places: Places that count, ascending.
    """
    placed = words.placed
    text_of = np.repeat(np.arange(len(group_of)), placed.terms.counts)[places]
    groups, hashes = group_of[text_of], placed.terms.hashes[places]
    order = np.lexsort((hashes, groups))
    groups, hashes, text_of = groups[order], hashes[order], text_of[order]
    new = np.ones(len(hashes), bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (groups[1:] != groups[:-1])
    first = np.flatnonzero(new)
    if not len(first):
        none = np.empty(0, np.int64)
        return _DistinctTerms(none, hashes, none, none, np.empty(0, bool), none, none)
    # The sort is stable, so texts ascend within a term of a group.
    another = new.copy()
    another[1:] |= text_of[1:] != text_of[:-1]
    return _DistinctTerms(
        groups[first],
        hashes[first],
        np.add.reduceat(another.astype(np.int64), first),
        np.diff(np.append(first, len(hashes))),
        np.logical_or.reduceat(few[text_of], first),
        places[order[first]],
        np.minimum.reduceat(words.weights[places][order], first),
    )
