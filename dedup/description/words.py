"""The words of a text, as stories are described and related by: one definition for all scripts.

A word is a term (`dedup.text.terms`) with a letter in it; a number names nothing. Scripts without
spaces do not show where a word ends, and terms there are neighbouring characters:

* Terms of Katakana are joined to the whole run, since Katakana writes one name or foreign word
  in a run. It is at least as rare as the rarest of its terms.
* Terms with Hiragana are left out: they are endings and particles.
* Other terms (Han, Thai, Lao, Khmer, Burmese) are pieces of words. Half of them join the end of
  one word to the beginning of the next; these are mostly unknown to the table of rarities, and
  are left out with all unknown ones. As every character is in two terms of Han and in five of
  the other scripts, a piece has a half or a fifth of its rarity.

Korean is written with spaces, and its words are words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s, UInt32s, UInt64s, mix64
from dedup.text.names import placed_names
from dedup.text.rarity import WEIGHT_UNIT, language_numbers, unseen_weights
from dedup.text.scripts import UNSPACED
from dedup.text.shingles import Tokens
from dedup.text.terms import PlacedTerms, placed_terms, weights_of

MIN_NAME_BITS = 5.0
"""A name may be less rare than a term that counts, as it is told by the table."""
_RUN = np.uint64(0xC2B2AE3D27D4EB4F)
_SPACED, _HAN, _KATAKANA, _HIRAGANA, _ALPHABETIC = range(5)
_PARTS = np.array([1, 2, 1, 1, 5], np.int64)
_KINDS = (
    (_HIRAGANA, 0x3040, 0x30A0),
    (_KATAKANA, 0x30A0, 0x3100),
    (_KATAKANA, 0x31F0, 0x3200),
    (_ALPHABETIC, 0x0E00, 0x1800),
)


@dataclass(frozen=True, slots=True)
class PlacedWords:
    """The words of n texts with their places.

    Args:
        placed: The words, in reading order, with repetitions.
        weights: Rarity of each in units of `rarity.WEIGHT_UNIT` bits, int64 of shape (t,).
        parts: The share of that rarity which a piece of a word counts for is one by this number;
            1 for a whole word, int64 of shape (t,).
    """

    placed: PlacedTerms
    weights: Int64s
    parts: Int64s


def placed_words(texts: Sequence[str], languages: Sequence[str] = ()) -> PlacedWords:
    """The words of canonical texts, with their places.

    Args:
        texts: n canonical texts.
        languages: Their languages, in which the words are weighed.
    """
    placed = placed_terms(texts)
    languages = languages or [""] * len(texts)
    weights = weights_of(placed.terms, languages)
    unseen = unseen_weights(np.repeat(language_numbers(languages), placed.terms.counts))
    unknown = weights >= unseen
    first = _kind_of(placed.points, placed.starts)
    last = _kind_of(placed.points, placed.ends - 1)
    joins = np.where(first == last, first, _HIRAGANA)
    joins[(first == _SPACED) | (last == _SPACED)] = _SPACED
    unknown &= (joins == _HAN) | (joins == _ALPHABETIC)
    joins[unknown] = _HIRAGANA
    placed, weights, joins = _with_runs(placed, weights, joins)
    kept = (joins != _HIRAGANA) & _lettered(placed)
    return PlacedWords(_only(placed, kept), weights[kept], _PARTS[joins[kept]])


def _kind_of(points: UInt32s, places: Int64s) -> Int64s:
    """The kind of script of the characters at some places."""
    characters = points[places]
    kinds = np.full(len(characters), _SPACED, np.int64)
    different, inverse = np.unique(characters, return_inverse=True)
    unspaced = np.array([bool(UNSPACED.match(chr(point))) for point in different.tolist()], bool)
    unspaced = unspaced[inverse]
    kinds[unspaced] = _HAN
    for kind, start, stop in _KINDS:
        kinds[unspaced & (characters >= start) & (characters < stop)] = kind
    return kinds


def _with_runs(
    placed: PlacedTerms, weights: Int64s, joins: Int64s
) -> tuple[PlacedTerms, Int64s, Int64s]:
    """Terms, rarities and kinds with the pairs of each run of Katakana joined to one term."""
    inside = joins == _KATAKANA
    if not inside.any():
        return placed, weights, joins
    follows = np.zeros(len(joins), bool)
    follows[1:] = inside[1:] & inside[:-1] & (placed.starts[1:] == placed.starts[:-1] + 1)
    firsts = np.flatnonzero(~follows)
    order = np.arange(len(joins)) - np.repeat(firsts, np.diff([*firsts, len(joins)]))
    # A run is known by its pairs and their order; what is no run keeps its hash.
    mixed = np.where(
        inside, mix64(placed.terms.hashes + order.astype(np.uint64) * _RUN), placed.terms.hashes
    )
    hashes: UInt64s = np.add.reduceat(mixed, firsts)
    lasts = np.append(firsts[1:], len(joins)) - 1
    offsets = np.searchsorted(firsts, placed.terms.offsets)
    runs = PlacedTerms(
        Tokens(hashes, offsets.astype(np.int64)),
        placed.points,
        placed.starts[firsts],
        placed.ends[lasts],
        placed.scan,
    )
    return runs, np.maximum.reduceat(weights, firsts), joins[firsts]


def _lettered(placed: PlacedTerms) -> BoolMask:
    """Whether each term has another character than digits."""
    digits = np.concatenate(([0], np.cumsum((placed.points >= 48) & (placed.points < 58))))
    lettered: BoolMask = digits[placed.ends] - digits[placed.starts] < placed.ends - placed.starts
    return lettered


def _only(placed: PlacedTerms, kept: BoolMask) -> PlacedTerms:
    before = np.concatenate(([0], np.cumsum(kept)))
    terms = Tokens(placed.terms.hashes[kept], before[placed.terms.offsets].astype(np.int64))
    return replace(placed, terms=terms, starts=placed.starts[kept], ends=placed.ends[kept])


def group_names(
    texts: Sequence[str], languages: Sequence[str], groups: Int64s, few: BoolMask
) -> tuple[Int64s, UInt64s, Int64s]:
    """Names of groups: those in two texts of a group, or in one that is among few.

    Args:
        texts: n canonical texts.
        languages: Language of each.
        groups: Group of each text, int64 of shape (n,).
        few: Whether each text is among few of its language in its group, bool of shape (n,).

    Returns:
        Group, key (`text.names`) and smallest weight of each name; arrays of one shape.
    """
    owners, keys, weights = _rare_names(texts, languages)
    order = np.lexsort((owners, keys, groups[owners]))
    owners, keys, weights = owners[order], keys[order], weights[order]
    if not len(keys):
        return np.empty(0, np.int64), keys, weights
    new = np.ones(len(keys), bool)
    new[1:] = (keys[1:] != keys[:-1]) | (groups[owners[1:]] != groups[owners[:-1]])
    first = np.flatnonzero(new)
    another = new.copy()
    another[1:] |= owners[1:] != owners[:-1]
    many = np.add.reduceat(another.astype(np.int64), first) >= 2
    kept = many | np.logical_or.reduceat(few[owners], first)
    group_of, least = groups[owners[first]], np.minimum.reduceat(weights, first)
    return group_of[kept], keys[first][kept], least[kept]


_Names = tuple[UInt64s, Int64s]
"""Keys of names and their weights, arrays of one shape."""
_REMEMBERED: dict[tuple[str, str], _Names] = {}
_MOST_REMEMBERED = 4096


def _rare_names(texts: Sequence[str], languages: Sequence[str]) -> tuple[Int64s, UInt64s, Int64s]:
    """Number of its text, key and weight of each rare name, arrays of one shape.

    Those of the last few texts are remembered, as a story of an index is described again with each
    text that joins it.
    """
    given = [*zip(texts, languages, strict=True)]
    known = {text: found for text in given if (found := _REMEMBERED.get(text))}
    new = [text for text in dict.fromkeys(given) if text not in known]
    known |= zip(new, _rare_names_of(new), strict=True)
    if len(_REMEMBERED) + len(new) > _MOST_REMEMBERED:
        _REMEMBERED.clear()
    _REMEMBERED.update((text, known[text]) for text in new[-_MOST_REMEMBERED:])
    counts = np.array([len(known[text][0]) for text in given], np.int64)
    owners = np.repeat(np.arange(len(given)), counts)
    nothing: _Names = np.empty(0, np.uint64), np.empty(0, np.int64)
    keys, weights = zip(nothing, *(known[text] for text in given), strict=True)
    return owners, np.concatenate(keys), np.concatenate(weights)


def _rare_names_of(given: Sequence[tuple[str, str]]) -> Iterator[_Names]:
    """The rare names of each of some texts with their languages."""
    texts, languages = [text for text, _ in given], [language for _, language in given]
    names = placed_names(placed_terms(texts, languages), languages)
    rare = np.flatnonzero(names.weights * WEIGHT_UNIT >= MIN_NAME_BITS)
    cuts = np.searchsorted(names.owners[rare], np.arange(len(given) + 1)).tolist()
    for start, stop in pairwise(cuts):
        yield names.keys[rare[start:stop]], names.weights[rare[start:stop]]
