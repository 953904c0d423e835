"""Which texts share enough rare terms or names, as they come and go.

The rule is that of `story_candidates.term_pairs`: in the list of each term, in the order of
precedence, a text is paired with the next sixteen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.compute.threads import mapped
from dedup.config import NeighborConfig
from dedup.index.live.arrays.pairs import Pairs, joined
from dedup.index.live.texts import LiveTexts
from dedup.stories.candidates import MIN_BITS, REACH
from dedup.text.terms import WEIGHT_UNIT

_KINDS = ("terms", "names")
_RARE = int(MIN_BITS / WEIGHT_UNIT)
_TAIL = 1 << 15
_TEXTS_OF_A_THREAD = 256
_PAIRS_OF_A_THREAD = 1 << 14


class SharedTerms:
    """The lists of the rare terms, and of the names, of the texts that are there.

    Args:
        texts: The texts.
        config: Largest gap, and how much two texts have to share.
    """

    def __init__(self, texts: LiveTexts, config: NeighborConfig) -> None:
        self._texts = texts
        self._config = config
        gap = int(config.max_gap.total_seconds())
        self._limits = REACH, gap, _RARE, config.min_shared_idf_bits / WEIGHT_UNIT
        self._main = {kind: _nothing() for kind in _KINDS}
        self._tail = {kind: _nothing() for kind in _KINDS}

    def file(self, numbers: Int64s) -> None:
        """Put texts into the lists of their terms."""
        from dedup.index.live.kernels.lists import merged

        order = self._texts.order
        for kind in _KINDS:
            rows: KeyedRows = getattr(self._texts.profiles, kind)
            rare = rows.take(numbers).at_least(_RARE)
            owners = numbers[rare.owners]
            by_term = order.order(rare.keys, owners)
            new = rare.keys[by_term], owners[by_term].astype(np.int32), rare.values[by_term]
            self._tail[kind] = merged((*self._tail[kind], *new), order.arrays)
            if len(self._tail[kind][0]) > _TAIL:
                self._main[kind] = merged((*self._main[kind], *self._tail[kind]), order.arrays)
                self._tail[kind] = _nothing()

    def sharing(self, numbers: Int64s) -> Pairs:
        """Pairs of some texts with those that share enough, as `term_pairs` finds them."""
        from dedup.index.live.kernels.lists import sharing

        of = self._texts.profiles

        def one(part: tuple[str, Int64s]) -> Pairs:
            kind, some = part
            found: Pairs = sharing(
                *self._lists(kind), self._texts.alive, of.seconds, some, self._limits
            )
            return found

        cuts = np.arange(_TEXTS_OF_A_THREAD, len(numbers), _TEXTS_OF_A_THREAD)
        parts = [(kind, some) for kind in _KINDS for some in np.split(numbers, cuts)]
        return joined(mapped(one, parts, threads=0 if len(cuts) else 1))

    def share_enough(self, first: Int64s, second: Int64s) -> BoolMask:
        """Whether pairs of texts, which are close enough in time, are among those of `sharing`.

        Returns:
            bool of shape (m,).
        """
        from dedup.index.live.kernels.lists import share_enough

        def one(part: tuple[str, slice]) -> BoolMask:
            kind, some = part
            found: BoolMask = share_enough(
                *self._lists(kind), self._texts.alive, first[some], second[some], self._limits
            )
            return found

        starts = range(0, max(1, len(first)), _PAIRS_OF_A_THREAD)
        slices = [slice(start, start + _PAIRS_OF_A_THREAD) for start in starts]
        parts = [(kind, some) for kind in _KINDS for some in slices]
        found = list(mapped(one, parts, threads=0 if len(slices) > 1 else 1))
        either: BoolMask = np.concatenate(found[: len(slices)]) | np.concatenate(
            found[len(slices) :]
        )
        return either

    def bridged(self, number: int) -> Pairs:
        """Pairs that are in reach of each other in the list of a term but for this text."""
        from dedup.index.live.kernels.lists import bridged

        return joined(
            bridged(*self._lists(kind), self._texts.alive, number, self._limits) for kind in _KINDS
        )

    def _lists(self, kind: str) -> tuple[Any, Any, Any]:
        """What the kernels are given: the lists of terms, the order of precedence, the rows."""
        rows: KeyedRows = getattr(self._texts.profiles, kind)
        return (
            (*self._main[kind], *self._tail[kind]),
            self._texts.order.arrays,
            (rows.offsets, rows.keys, rows.values),
        )


def _nothing() -> tuple[Any, Any, Any]:
    return np.empty(0, np.uint64), np.empty(0, np.int32), np.empty(0, np.int32)
