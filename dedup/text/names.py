"""Names in any script: one key for Putin, Путин, بوتين and 普京, from a table that ships.

The table holds spellings, as hashes of runs of tokens, and for each the key of the name that it
stands for: a hash of its usual English spelling. So it knows translated names (Deutschland, ООН),
and those in scripts that have no consonants to compare (`dedup.text.consonant_keys`). Of several
names that begin at one place the longest is taken. A word in Latin letters that the table does not
have stands for itself.

A name does not begin with a small letter, and is no common word of its language. Cases and
particles are taken off where a word without them is in the table: Путиным, 푸틴은, وبوتين.

Made by `benchmarks/name_table.py`; sources: `dedup/weights/README.md`.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import BoolMask, Int64s, UInt32s, UInt64s, mix64, places_in, ranges
from dedup.text.rarity import WEIGHT_UNIT, language_numbers, term_weights
from dedup.text.shingles import Scan, tokenize
from dedup.text.terms import NEXT, PlacedTerms

MAX_TOKENS, MAX_CHARACTERS = 5, 10
"""Tokens of the longest name; characters in scripts without spaces."""
MIN_BITS = 4.0
"""Less rare words are no names."""
SELF_BITS = 7.0
"""A word that is not in the table is a name if it is so rare."""
_MIN_LETTERS = 3
_JOINTS = np.array([ord(joint) for joint in " '-\u00b7\u2027\u30fb"], np.uint32)
_HYPHEN = ord("-")
_KEY_SHIFT = np.uint64(41)
_FLAG_BIT = 63
_FLAG = np.uint64(1 << _FLAG_BIT)
"""Tells keys of names from those of consonants, which are ASCII letters."""
_GOES_ON = 1
_CYRILLIC = (
    "а я у ю е ы и о й ь ой ей ою ею ом ем ым им ый ий ая яя ую юю ов ев ого его ому ему ами"
)
_KOREAN = "은 는 이 가 을 를 의 에 와 과 도 로 측 으로 에서 에게 이나 까지 부터"
_ARABIC = "و ف ب ل ك"
ENDINGS = (
    (0x0400, 0x052F, 3, tuple(_CYRILLIC.split())),
    (0xAC00, 0xD7A3, 2, tuple(_KOREAN.split())),
)
"""First and last letter of a script, letters that are left, and what may follow them."""
BEGINNINGS = ((0x0600, 0x06FF, 3, tuple(_ARABIC.split())),)
"""The same of what may stand before them."""


@dataclass(frozen=True, slots=True)
class PlacedNames:
    """Names in n texts with their places in the case-folded texts, in reading order.

    Args:
        keys: Key of each name, uint64 of shape (m,).
        owners: Number of its text, int64 of shape (m,).
        starts: First character of each, int64 of shape (m,).
        ends: Character after the last one, int64 of shape (m,).
        weights: Rarity of its rarest term, see `rarity.term_weights`, int64 of shape (m,).
    """

    keys: UInt64s
    owners: Int64s
    starts: Int64s
    ends: Int64s
    weights: Int64s


@dataclass(frozen=True, slots=True)
class _Table:
    """Spellings: 32 bits of the hash of each, ascending; and its value, uint32, see `packed`."""

    spellings: UInt32s
    values: UInt32s

    def find(self, hashes: UInt64s) -> UInt32s:
        """Value of each run of tokens, 0 of those that are not there."""
        spellings = table_spellings(hashes)
        places = places_in(self.spellings, spellings)
        return np.where(self.spellings[places] == spellings, self.values[places], 0).astype(
            np.uint32
        )


def read_table(path: Path | Traversable) -> _Table:
    """The table in a file that `benchmarks/name_table.py` wrote."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        gaps, values = (_joined(stored[name]) for name in ("gaps", "values"))
        return _Table(np.cumsum(gaps, dtype=np.uint32), values)


@functools.cache
def _table() -> _Table:
    return read_table(resources.files("dedup.weights").joinpath("names.npz"))


def _joined(octets: npt.NDArray[np.uint8]) -> UInt32s:
    """Numbers of three bytes, the lowest first, uint32 (n,)."""
    low, middle, high = octets.astype(np.uint32)
    numbers: UInt32s = low | (middle << 8) | (high << 16)
    return numbers


def table_spellings(hashes: UInt64s) -> UInt32s:
    """What stands for a run of tokens in the table: 32 bits of its hash, of the same shape."""
    return (hashes >> np.uint64(32)).astype(np.uint32)


def packed(names: UInt64s, goes_on: BoolMask) -> UInt32s:
    """Values in the table: 23 bits of the hash of a name, and whether longer ones begin so.

    Args:
        names: Hashes of the usual spellings of names, 0 for none, uint64.
        goes_on: Whether there are longer names that begin so, of the same shape.

    Returns:
        uint32 of the same shape.
    """
    return ((names >> _KEY_SHIFT << np.uint64(1)) | goes_on.astype(np.uint64)).astype(np.uint32)


def run_hash(hashes: Sequence[int]) -> int:
    """Hash of a run of tokens, from the hash of each."""
    run = np.array(hashes[:1], np.uint64)
    for token in hashes[1:]:
        run = mix64(run * NEXT + np.uint64(token))
    return int(run[0])


def is_known(key: int) -> bool:
    """Whether a key is that of a name, and no other kind of key."""
    return key >> _FLAG_BIT == 1


def are_names(hashes: UInt64s) -> BoolMask:
    """Which of the hashes of terms and keys of names are keys of names, bool of the same shape."""
    names: BoolMask = hashes >> np.uint64(64 - int(_KEY_SHIFT)) == _FLAG >> np.uint64(23)
    return names


def placed_names(placed: PlacedTerms, languages: Sequence[str]) -> PlacedNames:
    """The names of canonical texts.

    Args:
        placed: Terms of n texts.
        languages: Their languages, in which words are common or rare.
    """
    scan = placed.scan
    owners = np.repeat(np.arange(len(scan.tokens.counts)), scan.tokens.counts)
    begins = may_begin(scan)
    sizes, values = _longest(scan, begins)
    starts, ends = scan.starts.copy(), scan.ends[np.arange(len(owners)) + np.maximum(sizes, 1) - 1]
    stems = np.flatnonzero(begins & (sizes == 0) & ~scan.unspaced)
    bare = np.zeros(len(owners), np.uint64)
    sizes[stems], (values[stems], bare[stems]) = 1, _stemmed(scan, stems)
    keys = (values >> 1).astype(np.uint64)
    own = _own(scan) & begins & (keys == 0)
    keys[own] = scan.tokens.hashes[own] >> _KEY_SHIFT
    first = _not_overlapping(np.flatnonzero(keys > 0), sizes)
    found = PlacedNames(
        keys[first] | _FLAG,
        owners[first],
        starts[first],
        ends[first],
        _rarest(placed, starts[first], ends[first], owners[first], languages),
    )
    inflected = np.flatnonzero(bare[first])
    of_bare = term_weights(
        bare[first[inflected]], language_numbers(languages)[found.owners[inflected]]
    )
    # One name weighs the same with an ending and without.
    found.weights[inflected] = np.minimum(found.weights[inflected], of_bare)
    least = np.where(own[first], SELF_BITS, MIN_BITS) / WEIGHT_UNIT
    return _only(found, np.flatnonzero(found.weights >= least))


def _only(found: PlacedNames, which: Int64s) -> PlacedNames:
    return PlacedNames(
        found.keys[which],
        found.owners[which],
        found.starts[which],
        found.ends[which],
        found.weights[which],
    )


def may_begin(scan: Scan) -> BoolMask:
    """Which tokens may begin a name: those without a small letter or a digit at their beginning.

    bool (tokens,).
    """
    letters = scan.first_letters()
    small, digits = _small_letters(), (letters >= 0x30) & (letters <= 0x39)
    is_small = small[np.minimum(letters, len(small) - 1)]
    return ~(is_small | digits)


@functools.cache
def _small_letters() -> BoolMask:
    """Whether a code point is a small letter, bool (0x2000,)."""
    return np.array([unicodedata.category(chr(point)) == "Ll" for point in range(0x2000)])


def _own(scan: Scan) -> BoolMask:
    """Words in Latin letters that are long enough to be a name, bool (tokens,)."""
    points = scan.points[scan.starts]
    latin = ((points >= 0x61) & (points <= 0x7A)) | ((points >= 0xC0) & (points <= 0x24F))
    return latin & (scan.ends - scan.starts >= _MIN_LETTERS)


def _longest(scan: Scan, begins: BoolMask) -> tuple[Int64s, UInt32s]:
    """Tokens of the longest name that begins at each token, and its value; 0 for none."""
    hashes, count = scan.tokens.hashes, len(scan.starts)
    sizes, values = np.zeros(count, np.int64), np.zeros(count, np.uint32)
    follows = _follows(scan)
    for unspaced, first, last in ((False, 1, MAX_TOKENS), (True, 2, MAX_CHARACTERS)):
        places = np.flatnonzero(begins & (scan.unspaced == unspaced))
        runs = hashes[places]
        for size in range(1, last + 1):
            if size > 1:
                longer = follows[np.minimum(places + size - 2, count - 1)]
                if unspaced:
                    longer &= scan.unspaced[np.minimum(places + size - 1, count - 1)]
                places, runs = places[longer], runs[longer]
                runs = mix64(runs * NEXT + hashes[places + size - 1])
            if size < first or not len(places):
                continue
            found = _table().find(runs)
            named = np.flatnonzero(found > _GOES_ON)
            sizes[places[named]], values[places[named]] = size, found[named]
            if size == first:
                going = (found & _GOES_ON) > 0
                places, runs = places[going], runs[going]
    return sizes, values


def _follows(scan: Scan) -> BoolMask:
    """Whether the next token is in the same name if this one is, bool (tokens,).

    Between them is nothing or one of `_JOINTS`; in scripts without spaces no space.
    """
    follows = np.zeros(len(scan.starts), bool)
    gaps = scan.starts[1:] - scan.ends[:-1]
    between = scan.points[scan.ends[:-1]]
    joint = np.isin(between, _JOINTS) & ((between > _HYPHEN) | ~scan.unspaced[:-1])
    follows[:-1] = (gaps == 0) | ((gaps == 1) & joint)
    return follows


def _stemmed(scan: Scan, tokens: Int64s) -> tuple[UInt32s, UInt64s]:
    """Values and hashes of words without their ending or beginning, of the shape of the tokens.

    Both are 0 for a word that no name is left of.
    """
    values, bare = np.zeros(len(tokens), np.uint32), np.zeros(len(tokens), np.uint64)
    letters = scan.points[scan.starts[tokens]]
    for first, last, least, affixes, at_end in _affixes():
        chosen = np.flatnonzero((letters >= first) & (letters <= last))
        for size, hashes in affixes:
            starts, ends = scan.starts[tokens[chosen]], scan.ends[tokens[chosen]]
            long = (values[chosen] <= _GOES_ON) & (ends - starts >= least + size)
            chosen_long = chosen[long]
            starts, ends = starts[long], ends[long]
            inner = (starts, ends - size) if at_end else (starts + size, ends)
            affix = (ends - size, ends) if at_end else (starts, starts + size)
            fits = np.isin(scan.hashes_between(*affix), hashes)
            inner = inner[0][fits], inner[1][fits]
            bare[chosen_long[fits]] = scan.hashes_between(*inner)
            values[chosen_long[fits]] = _table().find(bare[chosen_long[fits]])
    named = values > _GOES_ON
    return np.where(named, values, 0).astype(np.uint32), np.where(named, bare, 0)


_Affixes = tuple[int, int, int, list[tuple[int, UInt64s]], bool]


@functools.cache
def _affixes() -> tuple[_Affixes, ...]:
    """Letters of a script, letters that are left, affixes by size, and whether they end a word."""
    return tuple(
        (first, last, least, list(_by_size(affixes)), at_end)
        for rules, at_end in ((ENDINGS, True), (BEGINNINGS, False))
        for first, last, least, affixes in rules
    )


def _by_size(affixes: Sequence[str]) -> Iterator[tuple[int, UInt64s]]:
    for size in sorted(set(map(len, affixes))):
        yield size, tokenize([one for one in affixes if len(one) == size]).hashes


def _not_overlapping(places: Int64s, sizes: Int64s) -> Int64s:
    """The first of names that overlap, and so on, int64."""
    chosen, free = [], 0
    for place, size in zip(places.tolist(), sizes[places].tolist(), strict=True):
        if place >= free:
            chosen.append(place)
            free = place + size
    return np.array(chosen, np.int64)


def _rarest(
    placed: PlacedTerms, starts: Int64s, ends: Int64s, owners: Int64s, languages: Sequence[str]
) -> Int64s:
    """Weight of the rarest term in each run of characters, or of the first that begins there."""
    if not len(starts):
        return np.zeros(0, np.int64)
    low, high = (np.searchsorted(placed.starts, bounds) for bounds in (starts, ends))
    counts = np.maximum(high - low, 1)
    places = np.minimum(ranges(low, counts), len(placed.starts) - 1)
    numbers = language_numbers(languages)
    weights = term_weights(placed.terms.hashes[places], np.repeat(numbers[owners], counts))
    inside = placed.ends[places] <= np.repeat(ends, counts)
    firsts = np.cumsum(counts) - counts
    inside[firsts] = True
    weights[~inside] = 0
    rarest: Int64s = np.maximum.reduceat(weights, firsts)
    return rarest
