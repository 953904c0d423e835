"""Terms and their weights: the words of a text and how rare each is in general language.

A term is a word, or two neighbouring characters of a script without spaces. Its
weight is its rarity in general language, from a table of frequencies that ships
with the package: the result for a text does not depend on what else was loaded.

Source: Sparck Jones 1972, "A statistical interpretation of term specificity"
(inverse document frequency); origin of the counts in `dedup/weights/README.md`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s, UInt32s, UInt64s, mix64
from dedup.text.shingles import Scan, Tokens, counted_rows, scan

WEIGHT_UNIT = 0.25
"""Weights are whole numbers of quarter bits, so that their sums are exact."""
_BIGRAM = np.uint64(0xA24BAED4963EE407)


@dataclass(frozen=True, slots=True)
class PlacedTerms:
    """Terms of n texts with their places in the case-folded texts.

    Args:
        terms: t hashes of terms, in reading order, with repetitions.
        points: Folded code points of all texts, uint32.
        starts: First character of each term, int64 of shape (t,).
        ends: Character after the last one, int64 of shape (t,).
    """

    terms: Tokens
    points: UInt32s
    starts: Int64s
    ends: Int64s

    def spelled(self, place: int) -> str:
        """The term at that place, case-folded."""
        return "".join(map(chr, self.points[self.starts[place] : self.ends[place]].tolist()))


def placed_terms(texts: Sequence[str]) -> PlacedTerms:
    """The terms of canonical texts, with their places."""
    scanned = scan(texts)
    hashes, begins, paired = _joined(scanned)
    counts = scanned.tokens.counts
    owner = np.repeat(np.arange(len(counts)), counts)[begins]
    offsets = np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=len(counts)))))
    rows = Tokens(hashes[begins], offsets.astype(np.int64))
    return PlacedTerms(
        rows, scanned.points, scanned.starts[begins], (scanned.ends + paired)[begins]
    )


def terms(texts: Sequence[str]) -> Tokens:
    """Hashes of the terms of canonical texts, in reading order, with repetitions."""
    return placed_terms(texts).terms


def spelled_terms(texts: Sequence[str], min_bits: float = 0.0) -> dict[int, str]:
    """The different terms of canonical texts by their hash, case-folded, in reading order.

    Args:
        texts: Canonical texts.
        min_bits: Terms that are less rare than this are left out.
    """
    placed = placed_terms(texts)
    hashes = placed.terms.hashes
    places = np.sort(np.unique(hashes, return_index=True)[1])
    places = places[term_weights(hashes[places]) * WEIGHT_UNIT >= min_bits]
    return {int(hashes[place]): placed.spelled(place) for place in places.tolist()}


def _joined(scanned: Scan) -> tuple[UInt64s, BoolMask, BoolMask]:
    """Hashes of the terms that begin at each token; which tokens begin a term, which a pair."""
    hashes = scanned.tokens.hashes.copy()
    paired = np.zeros(len(hashes), bool)
    adjacent = scanned.ends[:-1] == scanned.starts[1:]
    paired[:-1] = scanned.unspaced[:-1] & scanned.unspaced[1:] & adjacent
    here = np.flatnonzero(paired)
    hashes[here] = mix64(hashes[here] * _BIGRAM + hashes[here + 1])
    begins = np.ones(len(hashes), bool)
    # The last character of a run is in the pair before it already.
    begins[np.flatnonzero(~paired[1:] & paired[:-1]) + 1] = False
    return hashes, begins, paired


def count_terms(texts: Sequence[str]) -> tuple[Tokens, Int64s]:
    """The different terms of each text, and how often they occur.

    Returns:
        Sorted sets of term hashes, and int64 counts of the shape of their hashes.
    """
    return counted_rows(terms(texts))


def term_weights(hashes: UInt64s) -> Int64s:
    """Rarity of terms in general language.

    Args:
        hashes: Term hashes, uint64 of shape (t,).

    Returns:
        -log2 of the share of texts that have the term, in units of
        `WEIGHT_UNIT` bits; int64 of shape (t,). Terms that the table does not
        know are the rarest.
    """
    known, weights, unknown = _table()
    keys = (hashes >> np.uint64(32)).astype(np.uint32)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[place] == keys, weights[place], unknown).astype(np.int64)


def unknown_weight() -> int:
    """Rarity of terms that the table does not know, in units of `WEIGHT_UNIT` bits."""
    return _table()[2]


@functools.cache
def _table() -> tuple[np.ndarray, np.ndarray, int]:
    """Sorted uint32 keys (upper half of the term hash), uint8 weights, weight of the rest."""
    path = resources.files("dedup.weights").joinpath("term_weights.npz")
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return stored["keys"], stored["weights"], int(stored["unknown"])
