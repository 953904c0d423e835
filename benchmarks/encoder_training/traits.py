"""What pieces have in common: parts, beginnings, endings, and how they sound.

A rare piece is seldom trained. It shares traits with others: `negotiations` has the parts
`negotiation` and `s`, the beginnings `nego` and `negoti`, and the consonants of `negociation`. The
row of a piece is the sum of a row of its own and of those of its traits, so that what is
learned of one piece is learned of its kin. The sums are what ships: traits cost nothing later.

Source: after Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.encoder_training.batches import Int64s
from dedup.encoders.bundled.segmentation import Segmenter
from dedup.encoders.bundled.words import UNSPACED
from dedup.text.consonant_keys import consonant_key

_BEGINNINGS = (4, 6)
_ENDING = 5
_MIN_WITH_ENDING = 6
_MIN_SKELETON = 3
_HANGUL = "\uac00", "\ud7a3"

Trait = tuple[str, str]


def is_unspaced(word: str) -> bool:
    """Whether a word is a run of a script that writes without spaces."""
    return word[0] >= "\u0e00" and re.match(f"[{UNSPACED}]", word) is not None


@dataclass(frozen=True)
class Traits:
    """Traits of n pieces: piece i has `numbers[offsets[i]:offsets[i + 1]]`.

    Args:
        offsets: int64 of shape (n + 1,).
        numbers: Numbers of the traits, int64.
        count: How many traits there are.
    """

    offsets: Int64s
    numbers: Int64s
    count: int

    @classmethod
    def of(cls, pieces: Sequence[str], scores: Sequence[float]) -> Traits:
        """The traits that at least two of the pieces have; the first piece has none."""
        segmenter = Segmenter(pieces, scores)
        trait_lists = [sorted(set(_traits(piece, segmenter, pieces))) for piece in pieces[1:]]
        shared = Counter(trait for traits in trait_lists for trait in traits)
        shared_lists = [[trait for trait in traits if shared[trait] > 1] for traits in trait_lists]
        numbers = {
            trait: k for k, trait in enumerate(dict.fromkeys(t for e in shared_lists for t in e))
        }
        offsets = np.cumsum([0, 0, *map(len, shared_lists)])
        listed = np.array([numbers[trait] for traits in shared_lists for trait in traits], np.int64)
        return cls(offsets.astype(np.int64), listed, len(numbers))

    def of_pieces(self, rows: Int64s) -> tuple[Int64s, Int64s]:
        """Place in `rows` and number of each trait of those pieces."""
        sizes = np.diff(self.offsets)[rows]
        starts = np.cumsum(sizes) - sizes
        places = np.arange(sizes.sum()) + np.repeat(self.offsets[rows] - starts, sizes)
        return np.repeat(np.arange(len(rows)), sizes), self.numbers[places]


def _traits(piece: str, segmenter: Segmenter, pieces: Sequence[str]) -> Iterator[Trait]:
    for row in segmenter.cut(piece, longest=len(piece) - 1):
        yield "part", pieces[row]
    hangul = _HANGUL[0] <= piece[0] <= _HANGUL[1]
    if hangul:
        yield from (("beginning", piece[:length]) for length in (1, 2) if len(piece) > 1)
    elif not is_unspaced(piece):
        yield from (("beginning", piece[:size]) for size in _BEGINNINGS if len(piece) >= size)
        if len(piece) >= _MIN_WITH_ENDING:
            yield "ending", piece[-_ENDING:]
    sound = consonant_key(piece)
    if len(sound) >= _MIN_SKELETON:
        yield "sound", sound
