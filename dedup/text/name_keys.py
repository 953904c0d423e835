"""Keys by which names of two texts are compared: the key of the table, and the consonants.

A name that the table knows (`dedup.text.names`) and that has consonants to compare has both keys,
since the other text may spell it as the table does not. Then the consonants have a third of its
weight, the key of the table the rest, so that no name counts twice; a name with one key has all of
its weight there. Many names share their consonants, few the key of the table.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s, UInt64s
from dedup.text.consonant_keys import consonant_key
from dedup.text.names import SELF_BITS, PlacedNames, may_begin, placed_names
from dedup.text.rarity import WEIGHT_UNIT
from dedup.text.terms import PlacedTerms, placed_terms, weights_of

SHARE_OF_SOUND = 3
"""The consonants have one part in so many."""
_RARE_WEIGHT = round(SELF_BITS / WEIGHT_UNIT)
_MIN_SKELETON, _MAX_SKELETON = 3, 8


def keyed_names(placed: PlacedTerms, languages: Sequence[str]) -> PlacedNames:
    """All names of canonical texts, once for each key; first those of the table.

    Args:
        placed: Terms of n texts.
        languages: Their languages; without them all are unknown.
    """
    languages = languages or [""] * len(placed.terms.counts)
    known, sounds = placed_names(placed, languages), _sounding(placed, languages)
    inside, sounding = _both(known, sounds)
    known.weights[sounding] -= known.weights[sounding] // SHARE_OF_SOUND
    sounds.weights[inside] //= SHARE_OF_SOUND
    pairs = zip(dataclasses.astuple(known), dataclasses.astuple(sounds), strict=True)
    return PlacedNames(*map(np.concatenate, pairs))


def spelled_names(text: str, language: str) -> dict[int, str]:
    """The names of a canonical text by key, the first spelling of each, case-folded."""
    placed = placed_terms([text], [language])
    names = keyed_names(placed, [language])
    spelled: dict[int, str] = {}
    entries = zip(names.keys.tolist(), names.starts.tolist(), names.ends.tolist(), strict=True)
    for key, start, end in entries:
        spelled.setdefault(key, placed.between(start, end))
    return spelled


def _both(known: PlacedNames, sounds: PlacedNames) -> tuple[BoolMask, BoolMask]:
    """Which words that sound are in a known name, and which known names have such a word."""
    inside, sounding = np.zeros(len(sounds.keys), bool), np.zeros(len(known.keys), bool)
    if len(known.keys):
        before = np.searchsorted(known.starts, sounds.starts, side="right") - 1
        inside = (before >= 0) & (sounds.starts < known.ends[before])
        sounding[before[inside]] = True
    return inside, sounding


def _sounding(placed: PlacedTerms, languages: Sequence[str]) -> PlacedNames:
    """Rare words with three consonants or more, which do not begin with a small letter."""
    scan = placed.scan
    weights = weights_of(placed.terms, languages)
    tokens = np.searchsorted(scan.starts, placed.starts)
    rare = np.flatnonzero((weights >= _RARE_WEIGHT) & may_begin(scan)[tokens])
    words, first, of_word = np.unique(
        placed.terms.hashes[rare], return_index=True, return_inverse=True
    )
    keys = np.array([_sound(placed.spelled(place)) for place in rare[first].tolist()], np.uint64)
    of_place: UInt64s = keys[of_word] if len(words) else keys
    rare, of_place = rare[of_place > 0], of_place[of_place > 0]
    owners: Int64s = np.repeat(np.arange(len(placed.terms.counts)), placed.terms.counts)
    return PlacedNames(
        of_place, owners[rare], placed.starts[rare], placed.ends[rare], weights[rare]
    )


@functools.lru_cache(1 << 17)
def _sound(word: str) -> int:
    """Consonant key of a word as a whole number, 0 of what has too few or is no single word.

    Keys of two consonants coincide too often.
    """
    key = "" if " " in word else consonant_key(word)
    return int.from_bytes(key[:_MAX_SKELETON].encode(), "big") if len(key) >= _MIN_SKELETON else 0
