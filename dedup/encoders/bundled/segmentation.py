"""From text to rows of the vocabulary: words cut into their most probable pieces.

Source: Kudo 2018, "Subword Regularization" (the Unigram model), with the shortest-path
search of Viterbi 1967. The results equal those of the library tokenizers, as the tests
check; that library needs half a second to load a vocabulary of this size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

from dedup.encoders.bundled.words import folded_words

MAX_PIECES = 4096
"""Of one text: sums of so many rows fit whole numbers of 32 bits."""
_MAX_CACHED_WORDS = 1 << 18
_MAX_WORD_CHARS = 256
_BEGINNING = 2
_UNKNOWN_COST = 10.0
"""An unknown character is this much less probable than the rarest piece."""


class Segmenter:
    """Cuts texts into pieces.

    Args:
        pieces: Different pieces; the first stands for unknown characters.
        scores: Their log probabilities.
    """

    def __init__(self, pieces: Sequence[str], scores: Sequence[float]) -> None:
        self._row = dict(zip(pieces, range(len(pieces)), strict=True))
        self._scores = scores
        self._pieces = pieces
        self._unknown = min(scores) - _UNKNOWN_COST
        self._cuts: dict[str, list[int]] = {}

    @cached_property
    def _longest(self) -> dict[str, int]:
        """Length of the longest piece by its beginning: longer ones need not be tried."""
        return {piece[:_BEGINNING]: len(piece) for piece in sorted(self._pieces, key=len)}

    def rows(self, text: str, limit: int = MAX_PIECES) -> list[int]:
        """The first `limit` rows of the pieces of a text, without those of unknown characters."""
        cut_of = self._cuts.get
        rows: list[int] = []
        for word in folded_words(text)[:limit]:
            cut = cut_of(word)
            rows += self._cached_cut(word) if cut is None else cut
        return rows[:limit]

    def _cached_cut(self, word: str) -> list[int]:
        if len(self._cuts) >= _MAX_CACHED_WORDS:
            self._cuts.clear()
        cut = self._cuts[word] = self.cut(word[:_MAX_WORD_CHARS])
        return cut

    def cut(self, word: str, longest: int = _MAX_WORD_CHARS) -> list[int]:
        """Rows of the most probable pieces of a folded word; `longest` is their greatest length."""
        size, row_of, scores = len(word), self._row.get, self._scores
        longest_of = self._longest.get
        best = [0.0] + [-math.inf] * size
        last = [(0, 0)] * (size + 1)
        for start in range(size):
            reached = best[start]
            most = min(longest, longest_of(word[start : start + _BEGINNING], 1))
            for end in range(start + 1, min(start + most, size) + 1):
                row = row_of(word[start:end])
                if row is not None:
                    total = reached + scores[row]
                    if total > best[end]:
                        best[end], last[end] = total, (start, row)
            if reached + self._unknown > best[start + 1] and row_of(word[start]) is None:
                best[start + 1], last[start + 1] = reached + self._unknown, (start, 0)
        rows = []
        end = size
        while end:
            end, row = last[end]
            if row:
                rows.append(row)
        return rows[::-1]
