"""Terms: what two texts may share that says what they are about.

A term is a word. In scripts that write without spaces it is a run of neighbouring characters long
enough to carry a meaning: two of Han, three that begin with a kana, five of Thai, Lao, Khmer or
Burmese. Where every syllable is written apart, as in Vietnamese, two neighbouring syllables are a
term, too. How rare a term is in its language: `dedup.text.rarity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s, UInt32s, mix64
from dedup.text.rarity import WEIGHT_UNIT, language_numbers, term_weights
from dedup.text.shingles import Scan, Tokens, counted_rows, scan

NEXT = np.uint64(0xA24BAED4963EE407)
"""Joins the hashes of neighbouring tokens."""
_SIZES = (
    (0x0E00, 0x0EFF, 5),
    (0x1000, 0x109F, 5),
    (0x1780, 0x17FF, 5),
    (0x3040, 0x30FF, 3),
    (0x31F0, 0x31FF, 3),
    (0xFF66, 0xFF9F, 3),
)
"""First and last code point of scripts without spaces, and characters in a term that begins
there; two elsewhere."""
SYLLABIC = frozenset({"vi", "bo", "dz", "hmn"})
"""Languages that write every syllable apart."""


@dataclass(frozen=True, slots=True)
class PlacedTerms:
    """Terms of n texts with their places in the case-folded texts.

    Args:
        terms: t hashes of terms, in reading order, with repetitions.
        points: Folded code points of all texts, uint32.
        starts: First character of each term, int64 of shape (t,).
        ends: Character after the last one, int64 of shape (t,).
        scan: The tokens that the terms are made of.
    """

    terms: Tokens
    points: UInt32s
    starts: Int64s
    ends: Int64s
    scan: Scan

    def spelled(self, place: int) -> str:
        """The term at that place, case-folded."""
        return self.between(self.starts[place], self.ends[place])

    def between(self, start: int | np.int64, end: int | np.int64) -> str:
        """The characters from one place to before another, case-folded."""
        return "".join(map(chr, self.points[start:end].tolist()))


def placed_terms(texts: Sequence[str], languages: Sequence[str] = ()) -> PlacedTerms:
    """The terms of canonical texts, with their places.

    Args:
        texts: n canonical texts.
        languages: Their languages; without them no text is of a syllabic language.
    """
    scanned = scan(texts)
    counts = scanned.tokens.counts
    owners = np.repeat(np.arange(len(counts)), counts)
    firsts, sizes = _runs(scanned, owners)
    if SYLLABIC.intersection(languages):
        syllabic = np.array([language in SYLLABIC for language in languages], bool)
        pairs = _pairs(scanned, owners, syllabic)
        order = np.lexsort((np.repeat((1, 2), (len(firsts), len(pairs))), np.append(firsts, pairs)))
        firsts = np.append(firsts, pairs)[order]
        sizes = np.append(sizes, np.full(len(pairs), 2))[order]
    hashes = scanned.tokens.hashes[firsts]
    for step in range(1, int(sizes.max(initial=1))):
        longer = np.flatnonzero(sizes > step)
        hashes[longer] = mix64(hashes[longer] * NEXT + scanned.tokens.hashes[firsts[longer] + step])
    of_texts = np.bincount(owners[firsts], minlength=len(counts))
    offsets = np.concatenate(([0], np.cumsum(of_texts))).astype(np.int64)
    return PlacedTerms(
        Tokens(hashes, offsets),
        scanned.points,
        scanned.starts[firsts],
        scanned.ends[firsts + sizes - 1],
        scanned,
    )


def _runs(scanned: Scan, owners: Int64s) -> tuple[Int64s, Int64s]:
    """First token of each term and how many tokens it has, int64 (t,) each.

    A run of characters without spaces that is shorter than a term is one term.
    """
    count = len(owners)
    places = np.arange(count)
    joined = np.zeros(count, bool)
    joined[:-1] = _adjacent(scanned, 0) & scanned.unspaced[:-1] & scanned.unspaced[1:]
    ends = np.flatnonzero(~joined)
    left = ends[np.searchsorted(ends, places)] + 1 - places
    begins_run = np.ones(count, bool)
    begins_run[1:] = ~joined[:-1]
    sizes = np.where(scanned.unspaced, _wanted(scanned.points[scanned.starts]), 1)
    firsts = np.flatnonzero((left >= sizes) | begins_run)
    return firsts, np.minimum(sizes, left)[firsts]


def _wanted(points: UInt32s) -> Int64s:
    """Characters of a term that begins with each of these, in scripts without spaces."""
    sizes = np.full(len(points), 2, np.int64)
    for first, last, size in _SIZES:
        sizes[(points >= first) & (points <= last)] = size
    return sizes


def _pairs(scanned: Scan, owners: Int64s, syllabic: BoolMask) -> Int64s:
    """First token of each pair of neighbouring words in texts of syllabic languages."""
    pairs = syllabic[owners[:-1]] & (owners[:-1] == owners[1:]) & _adjacent(scanned, 1)
    pairs &= ~scanned.unspaced[:-1] & ~scanned.unspaced[1:]
    return np.flatnonzero(pairs)


def _adjacent(scanned: Scan, between: int) -> BoolMask:
    """Whether so many characters are between a token and the next one, bool (tokens - 1,)."""
    adjacent: BoolMask = scanned.starts[1:] - scanned.ends[:-1] == between
    return adjacent


def terms(texts: Sequence[str], languages: Sequence[str] = ()) -> Tokens:
    """Hashes of the terms of canonical texts, in reading order, with repetitions."""
    return placed_terms(texts, languages).terms


def spelled_terms(
    texts: Sequence[str], languages: Sequence[str] = (), min_bits: float = 0.0
) -> dict[int, str]:
    """The different terms of canonical texts by their hash, case-folded, in reading order.

    Args:
        texts: Canonical texts.
        languages: Their languages.
        min_bits: Terms that are less rare than this are left out.
    """
    placed = placed_terms(texts, languages)
    hashes = placed.terms.hashes
    rare = weights_of(placed.terms, languages) * WEIGHT_UNIT >= min_bits
    places = np.flatnonzero(rare)
    places = np.sort(places[np.unique(hashes[places], return_index=True)[1]])
    return {int(hashes[place]): placed.spelled(place) for place in places.tolist()}


def count_terms(texts: Sequence[str], languages: Sequence[str] = ()) -> tuple[Tokens, Int64s]:
    """The different terms of each text, and how often they occur.

    Returns:
        Sorted sets of term hashes, and int64 counts of the shape of their hashes.
    """
    return counted_rows(terms(texts, languages))


def weights_of(rows: Tokens, languages: Sequence[str]) -> Int64s:
    """Rarity of the terms of n texts, each in the language of its text.

    Args:
        rows: Terms of n texts.
        languages: Language of each text; without them all are unknown.

    Returns:
        See `rarity.term_weights`; int64 of the shape of the hashes.
    """
    numbers = language_numbers(languages or [""] * len(rows.counts))
    return term_weights(rows.hashes, np.repeat(numbers, rows.counts))
