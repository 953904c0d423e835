"""Tokens and shingles: from canonical texts to 64-bit hashes, a few NumPy passes for many texts.

A token is a maximal run of word characters (letters, marks, digits, `_`), or
one character of a script that writes without spaces (Han, kana, Thai, Lao,
Khmer, Burmese). A shingle is n consecutive tokens, so that one rule makes word
n-grams of English and character n-grams of Chinese. Case is folded by Unicode's
full case folding; `dedup.text.characters` holds the table.

Format of hashes. All arithmetic is on uint64 and wraps (mod 2^64); c_j are the folded code
points of a token, t_i the token hashes of a text:

    token    t   = mix(sum over j < L of (c_j + 1) * B^(L - 1 - j))
    shingle  s_i = mix(sum over k < n of t_(i+k) * C^k)

where mix is the 64-bit finaliser of MurmurHash3 (a bijection). B is odd, so that
it has an inverse, and the hash of every token comes from one running sum over
all texts. `dedup.compute.compiled` computes the same values in one pass, without arrays between.

Sources: Karp & Rabin 1987, "Efficient randomized pattern-matching algorithms"
(polynomial hash); Appleby, MurmurHash3, `fmix64`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s, UInt32s, UInt64s, mix64, ranges
from dedup.text.characters import SINGLE, WORD, folded

FORMAT_VERSION = 3
"""Of the fingerprints of texts. 2: accents of Latin and Greek letters make no difference; 3: short
texts have more anchors."""

POINT_BASE = np.uint64(0x9E3779B97F4A7C15)
TOKEN_BASE = np.uint64(0xD6E8FEB86659FD93)
_POINT_BASE_INVERSE = np.uint64(pow(int(POINT_BASE), -1, 1 << 64))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token hashes of n texts, one after the other.

    Args:
        hashes: uint64 of shape (t,), in reading order.
        offsets: int64 of shape (n + 1,); text i has `hashes[offsets[i]:offsets[i + 1]]`.
    """

    hashes: UInt64s
    offsets: Int64s

    @property
    def counts(self) -> Int64s:
        """Tokens in each text, int64 of shape (n,)."""
        return self.offsets[1:] - self.offsets[:-1]


@dataclass(frozen=True, slots=True)
class Scan:
    """Tokens with their places in the case-folded texts, joined by one separator.

    Args:
        tokens: t token hashes.
        points: Folded code points of all texts, uint32.
        starts: First character of each token, int64 of shape (t,).
        ends: Character after the last one, int64 of shape (t,).
        unspaced: True for a character of a script without spaces, bool of shape (t,).
        raw: Code points as written, uint32.
        became: How many folded code points each of them became, int64.
        sums: Running sums of the hashes, uint64.
    """

    tokens: Tokens
    points: UInt32s
    starts: Int64s
    ends: Int64s
    unspaced: BoolMask
    raw: UInt32s
    became: Int64s
    sums: UInt64s

    def first_letters(self) -> UInt32s:
        """The code point as written that each token begins with, uint32 of shape (t,)."""
        if len(self.raw) == len(self.points):
            return self.raw[self.starts]
        return self.raw[np.searchsorted(np.cumsum(self.became), self.starts, side="right")]

    def hashes_between(self, starts: Int64s, ends: Int64s) -> UInt64s:
        """Hashes of runs of folded characters as of tokens, uint64 of the shape of both.

        Args:
            starts: First character of each run, int64.
            ends: Character after the last one, int64.
        """
        powers, _ = _powers(len(self.points))
        return mix64((self.sums[ends] - self.sums[starts]) * powers[ends - 1])


def tokenize(texts: Sequence[str]) -> Tokens:
    """Hashes of the tokens of canonical texts.

    Args:
        texts: n texts, as `cleaning.normalize` leaves them.

    Returns:
        Token hashes; equal tokens have equal hashes in every text, on every machine.
    """
    return scan(texts).tokens


def scan(texts: Sequence[str]) -> Scan:
    """The tokens of canonical texts, with their places."""
    joined = "\n".join(texts) + "\n"
    raw = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    points, kinds, became = folded(raw)
    word, single = kinds == WORD, kinds == SINGLE
    starts = np.flatnonzero(single | (word & ~np.roll(word, 1)))
    ends = np.flatnonzero(single | (word & ~np.roll(word, -1))) + 1

    powers, inverse_powers = _powers(len(points))
    sums = np.zeros(len(points) + 1, np.uint64)
    np.cumsum((points.astype(np.uint64) + np.uint64(1)) * inverse_powers, out=sums[1:])
    hashes = mix64((sums[ends] - sums[starts]) * powers[ends - 1])
    offsets = np.zeros(len(texts) + 1, np.int64)
    lengths = np.fromiter((len(text) for text in texts), np.int64, len(texts))
    if len(texts):
        offsets[1:] = np.searchsorted(starts, np.cumsum(became)[np.cumsum(lengths + 1) - 1])
    tokens = Tokens(hashes, offsets)
    return Scan(tokens, points, starts, ends, single[starts], raw, became, sums)


def shingle(tokens: Tokens, sizes: Int64s) -> Tokens:
    """Hashes of the shingles of each text.

    Args:
        tokens: Tokens of n texts.
        sizes: Tokens in a shingle, int64 of shape (n,). A text with fewer
            tokens than that has one shingle of all its tokens; one without
            tokens has none.

    Returns:
        Shingle hashes with repetitions, in reading order.
    """
    counts = tokens.counts
    sizes = np.minimum(sizes, counts)
    shingles = np.where(counts > 0, counts - sizes + 1, 0)
    offsets = np.concatenate(([0], np.cumsum(shingles)))
    hashes = np.empty(int(offsets[-1]), np.uint64)
    for size in np.unique(sizes[counts > 0]):
        texts = np.flatnonzero((sizes == size) & (counts > 0))
        windows = ranges(tokens.offsets[texts], shingles[texts])
        total = np.zeros(len(windows), np.uint64)
        weight = np.uint64(1)
        for k in range(int(size)):
            total += tokens.hashes[windows + k] * weight
            weight = np.multiply(weight, TOKEN_BASE)
        hashes[ranges(offsets[texts], shingles[texts])] = mix64(total)
    return Tokens(hashes, offsets)


def unique_rows(tokens: Tokens) -> Tokens:
    """Hashes of each text as a set: sorted ascending, without repetitions."""
    return counted_rows(tokens)[0]


def counted_rows(tokens: Tokens) -> tuple[Tokens, Int64s]:
    """Hashes of each text as a sorted set, and how often they occur there, int64 (m,)."""
    owner = np.repeat(np.arange(len(tokens.counts)), tokens.counts)
    order = np.lexsort((tokens.hashes, owner))
    owner, hashes = owner[order], tokens.hashes[order]
    new = np.ones(len(hashes), bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])
    places = np.flatnonzero(new)
    counts = np.bincount(owner[places], minlength=len(tokens.counts))
    rows = Tokens(hashes[places], np.concatenate(([0], np.cumsum(counts))))
    return rows, np.diff(np.append(places, len(hashes)))


_power_cache: tuple[UInt64s, UInt64s] = (np.ones(1, np.uint64), np.ones(1, np.uint64))


def _powers(count: int) -> tuple[UInt64s, UInt64s]:
    """B^i and B^-i mod 2^64 for i < count; uint64 (>= count,)."""
    global _power_cache
    if len(_power_cache[0]) < count:
        size = 1 << max(16, (count - 1).bit_length())
        factors = np.full((2, size), 1, np.uint64)
        factors[0, 1:], factors[1, 1:] = POINT_BASE, _POINT_BASE_INVERSE
        powers = np.cumprod(factors, axis=1, dtype=np.uint64)
        _power_cache = (powers[0], powers[1])
    return _power_cache[0][:count], _power_cache[1][:count]
