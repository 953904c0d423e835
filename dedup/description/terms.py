"""The rare terms of story groups: what each is about, in words.

Rarity comes from the fixed table of `dedup.text.terms`, not from the corpus, and a group's
terms from its own texts: they do not change when other articles come or go.
Names of months and days of the week say when, not what, and are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from dedup.cleaning import normalize
from dedup.compute.arrays import BoolMask, Int64s, UInt64s
from dedup.text.dates.calendars import calendar_names
from dedup.text.terms import WEIGHT_UNIT, PlacedTerms, placed_terms, term_weights, unknown_weight

MIN_BITS = 9.0
"""A term of at least this rarity is rare."""
MAX_KEY_TERMS = 8
_MIN_PIECE_BITS = 5.0
_CANDIDATES = 2 * MAX_KEY_TERMS
_FEW_TEXTS = 2
_TEXTS_AT_ONCE = 512
_FIRST_UNSPACED = 0x0E00


@dataclass(frozen=True, slots=True)
class StoryTerms:
    """Rare terms of n story groups.

    A term of a group stands in at least two of its texts, or in a text in whose language
    the group has no more than two: few texts cannot confirm each other's words.

    Args:
        weights: Rarity in units of `terms.WEIGHT_UNIT` bits, int64 of shape
            (n, number of different terms).
        key_terms: Up to 8 terms of each group, spelled and case-folded, that stand in at
            least two of its texts, ranked by their number times the rarity; in a group of
            one text by how often they occur in it times the rarity.
        hashes: Hash of the term of each column, uint64.
        leads: The texts that were looked at.
        members: Numbers of the texts of each group.
    """

    weights: sp.csr_array
    key_terms: tuple[tuple[str, ...], ...]
    hashes: UInt64s
    leads: Sequence[str]
    members: Sequence[Int64s]

    def spelled(self, wanted: Iterable[tuple[int, Iterable[int]]]) -> dict[tuple[int, int], str]:
        """Spelling of terms, as they stand first in their group.

        Args:
            wanted: Numbers of groups with columns of `weights` in which they have a term.

        Returns:
            Terms by group and column, case-folded.
        """
        asked: dict[int, set[int]] = {}
        for number, columns in wanted:
            asked.setdefault(number, set()).update(int(column) for column in columns)
        numbers = sorted(asked)
        chosen = np.array(sorted({column for each in asked.values() for column in each}), np.int64)
        found: dict[tuple[int, int], str] = {}
        for first, last in _batches([self.members[number] for number in numbers]):
            placed, groups, places, columns = self._places(numbers[first:last], chosen)
            for place in range(len(places)):
                key = (int(groups[place]), int(columns[place]))
                if key[1] in asked[key[0]] and key not in found:
                    found[key] = placed.spelled(int(places[place]))
        return found

    def _places(
        self, numbers: Sequence[int], columns: Int64s
    ) -> tuple[PlacedTerms, Int64s, Int64s, Int64s]:
        """Terms of some groups; group, place and column wherever one of those columns stands."""
        texts = np.concatenate([self.members[number] for number in numbers]).tolist()
        sizes = [len(self.members[number]) for number in numbers]
        placed = placed_terms([self.leads[text] for text in texts])
        groups = np.repeat(np.repeat(numbers, sizes), placed.terms.counts)
        hashes = self.hashes[columns]
        places = np.flatnonzero(np.isin(placed.terms.hashes, hashes))
        found = columns[np.searchsorted(hashes, placed.terms.hashes[places])]
        return placed, groups[places], places, found


def story_terms(
    members: Sequence[Int64s], leads: Sequence[str], languages: Sequence[str]
) -> StoryTerms:
    """Rare terms of story groups.

    Args:
        members: Numbers of the texts of each of n groups, ascending.
        leads: Canonical texts, by number.
        languages: Language of each text, empty where unknown.
    """
    parts: list[tuple[Int64s, UInt64s, Int64s]] = []
    key_terms: list[tuple[str, ...]] = []
    for first, last in _batches(members):
        owners, hashes, weights, keys = _of_batch(members[first:last], leads, languages)
        parts.append((owners + first, hashes, weights))
        key_terms.extend(keys)
    owners = np.concatenate([part[0] for part in parts] or [np.empty(0, np.int64)])
    hashes = np.concatenate([part[1] for part in parts] or [np.empty(0, np.uint64)])
    weights = np.concatenate([part[2] for part in parts] or [np.empty(0, np.int64)])
    different, columns = np.unique(hashes, return_inverse=True)
    matrix = sp.csr_array((weights, (owners, columns)), shape=(len(members), len(different)))
    return StoryTerms(matrix, tuple(key_terms), different, leads, members)


def joined_pieces(words: Sequence[str], text: str) -> tuple[str, ...]:
    """Terms with the two-character pieces of one word put together, in the given order.

    Args:
        words: Spelled terms.
        text: A case-folded text; pieces are joined if they stand joined there.

    >>> joined_pieces(["近平", "拉夫罗夫", "习近"], "习近平会见拉夫罗夫")
    ('习近平', '拉夫罗夫')
    """
    if all(ord(word[0]) < _FIRST_UNSPACED for word in words):
        return tuple(words)
    found = list(words)
    place = 0
    while place < len(found):
        word = found[place]
        other = next((i for i in range(len(found)) if i != place and _joins(word, found[i])), None)
        if other is not None and (whole := _whole(word, found[other], text)):
            found[min(place, other)] = whole
            found.pop(max(place, other))
            place = 0
        else:
            place += 1
    return tuple(found)


def _joins(a: str, b: str) -> bool:
    return ord(min(a, b)[0]) >= _FIRST_UNSPACED and (a[-1] == b[0] or b[-1] == a[0])


def _whole(a: str, b: str, text: str) -> str:
    """Two words that overlap by a character as one, if that stands in the text; else empty."""
    wholes = (x + y[1:] for x, y in ((a, b), (b, a)) if x[-1] == y[0])
    return next((whole for whole in wholes if whole in text), "")


@lru_cache(maxsize=128)
def calendar_terms(language: str) -> UInt64s:
    """Hashes of the terms in the names of months and days of a language, uint64 of shape (k,).

    Of a language that is not known there are none.
    """
    names = {
        normalize(name)
        for kind in ("months", "days")
        for widths in calendar_names(language, kind).values()
        for name in widths["wide"].values()
    }
    return np.unique(placed_terms(sorted(names)).terms.hashes)


def _batches(members: Sequence[Int64s]) -> Iterator[tuple[int, int]]:
    """Ranges of groups with some thousand texts each."""
    first, size = 0, 0
    for number, each in enumerate(members):
        size += len(each)
        if size >= _TEXTS_AT_ONCE or number == len(members) - 1:
            yield first, number + 1
            first, size = number + 1, 0


def _of_batch(
    members: Sequence[Int64s], leads: Sequence[str], languages: Sequence[str]
) -> tuple[Int64s, UInt64s, Int64s, list[tuple[str, ...]]]:
    """Group, hash and weight of the terms of some groups, and the key terms of each."""
    texts = np.concatenate(members).tolist()
    sizes = np.array([len(each) for each in members])
    placed = placed_terms([leads[text] for text in texts])
    spoken = [languages[text] for text in texts]
    owners = np.repeat(np.arange(len(members)), sizes)
    found = _counted(placed, owners, _few(owners.tolist(), spoken), _timeless(placed, spoken))
    weights = term_weights(found.hashes)
    kept = (weights * WEIGHT_UNIT >= MIN_BITS) & ((found.texts >= 2) | found.in_few)
    keys = _key_terms(found, weights, sizes, placed)
    whole = [leads[int(each[0])].casefold() for each in members]
    joined = [
        joined_pieces(words, text)[:MAX_KEY_TERMS] for words, text in zip(keys, whole, strict=True)
    ]
    return found.groups[kept], found.hashes[kept], weights[kept], joined


def _key_terms(
    found: _Counted, weights: Int64s, sizes: Int64s, placed: PlacedTerms
) -> list[list[str]]:
    """The most telling terms of each group."""
    alone = sizes[found.groups] == 1
    worth = np.where(alone, found.occurrences, found.texts) * weights
    bits = weights * WEIGHT_UNIT
    # Half of the pairs of characters in a text join the end of a word to the next one's
    # beginning: these are rarest of all, unknown to the table, and seldom come again.
    pieces = placed.points[placed.starts[found.places]] >= _FIRST_UNSPACED
    words = (bits >= _MIN_PIECE_BITS) & (weights < unknown_weight()) & (found.occurrences > 1)
    rare = np.where(pieces, words, bits >= MIN_BITS)
    telling = np.flatnonzero(rare & (found.texts >= np.where(alone, 1, 2)))
    ranks = (found.places, -weights, -worth, found.groups)
    order = telling[np.lexsort(tuple(each[telling] for each in ranks))]
    starts = np.searchsorted(found.groups[order], np.arange(len(sizes) + 1)).tolist()
    best = found.places[order]
    return [
        [placed.spelled(place) for place in best[start:stop][:_CANDIDATES].tolist()]
        for start, stop in pairwise(starts)
    ]


def _few(owners: Sequence[int], languages: Sequence[str]) -> BoolMask:
    """Which texts are among few of their language in their group."""
    counts = Counter(zip(owners, languages, strict=True))
    return np.array([counts[each] <= _FEW_TEXTS for each in zip(owners, languages, strict=True)])


def _timeless(placed: PlacedTerms, languages: Sequence[str]) -> Int64s:
    """Places of the terms that name no month or day in the language of their text."""
    codes = sorted(set(languages))
    language_of = np.repeat([codes.index(each) for each in languages], placed.terms.counts)
    kept = np.ones(len(language_of), bool)
    for number, code in enumerate(codes):
        here = np.flatnonzero(language_of == number)
        kept[here] = ~np.isin(placed.terms.hashes[here], calendar_terms(code))
    return np.flatnonzero(kept)


@dataclass(frozen=True, slots=True)
class _Counted:
    """The different terms of groups, by group and hash; all arrays of one length.

    Args:
        groups: Number of the group.
        hashes: Hash of the term.
        texts: In how many of the group's texts it stands.
        occurrences: How often it stands there.
        in_few: Whether it stands in a text that is among few of its language.
        places: Its first place.
    """

    groups: Int64s
    hashes: UInt64s
    texts: Int64s
    occurrences: Int64s
    in_few: BoolMask
    places: Int64s


def _counted(placed: PlacedTerms, owners: Int64s, few: BoolMask, kept: Int64s) -> _Counted:
    """The different terms of groups.

    Args:
        placed: Terms of texts, those of one group together.
        owners: Group of each text, ascending.
        few: Whether each text is among few of its language.
        kept: Places that count, ascending.
    """
    text_of = np.repeat(np.arange(len(owners)), placed.terms.counts)[kept]
    groups, hashes = owners[text_of], placed.terms.hashes[kept]
    order = np.lexsort((hashes, groups))
    groups, hashes, text_of = groups[order], hashes[order], text_of[order]
    new = np.ones(len(hashes), bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (groups[1:] != groups[:-1])
    first = np.flatnonzero(new)
    if not len(first):
        none = np.empty(0, np.int64)
        return _Counted(none, hashes, none, none, np.empty(0, bool), none)
    # The sort is stable: within a term of a group, texts ascend.
    another = new.copy()
    another[1:] |= text_of[1:] != text_of[:-1]
    return _Counted(
        groups[first],
        hashes[first],
        np.add.reduceat(another.astype(np.int64), first),
        np.diff(np.append(first, len(hashes))),
        np.logical_or.reduceat(few[text_of], first),
        kept[order[first]],
    )
