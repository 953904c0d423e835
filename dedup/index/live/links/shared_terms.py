"""Pairs of texts that share enough rare terms or names, as texts are added and removed.

The rule is that of `stories.candidates.term_pairs`: in the list of each term, in the order of
precedence, a text is paired with the next sixteen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.compute.growable import Columns
from dedup.compute.keyed_rows import KeyedRows
from dedup.compute.threads import mapped
from dedup.config import NeighborConfig
from dedup.index.live.texts import LiveTexts
from dedup.stories.candidates import RARE, REACH
from dedup.stories.pairs import RowPairs, joined
from dedup.text.rarity import WEIGHT_UNIT

_KINDS = ("terms", "names")
_TAIL = 1 << 15
_TEXTS_OF_A_THREAD = 256
_PAIRS_OF_A_THREAD = 1 << 14


class SharedTerms:
    """Lists of the texts that have a rare term or a name, for the texts in memory.

    Args:
        texts: The texts.
        config: Largest gap, and how much two texts have to share.
    """

    def __init__(self, texts: LiveTexts, config: NeighborConfig) -> None:
        self._texts = texts
        self._config = config
        gap = int(config.max_gap.total_seconds())
        self._limits = REACH, gap, RARE, config.min_shared_idf_bits / WEIGHT_UNIT
        self._main = {kind: _nothing() for kind in _KINDS}
        self._tail = {kind: _nothing() for kind in _KINDS}

    def add(self, texts: Int64s) -> None:
        """Add texts to the lists of their terms."""
        from dedup.stories.kernels.term_lists import merged

        order = self._texts.order
        for kind in _KINDS:
            rows: KeyedRows = getattr(self._texts.profiles, kind)
            rare = rows.take(texts).at_least(RARE)
            owners = texts[rare.owners]
            by_term = order.order(rare.keys, owners)
            new = rare.keys[by_term], owners[by_term].astype(np.int32), rare.values[by_term]
            self._tail[kind] = merged((*self._tail[kind], *new), order.arrays)
            if len(self._tail[kind][0]) > _TAIL:
                self._main[kind] = merged((*self._main[kind], *self._tail[kind]), order.arrays)
                self._tail[kind] = _nothing()

    def saved(self, new_row: Int64s) -> dict[str, Any]:
        """Columns of the lists of terms, without texts that have no new row.

        Args:
            new_row: New row of each text, -1 for none; int64 of shape (n,).
        """
        columns = {}
        for kind in _KINDS:
            for part, lists in (("main", self._main), ("tail", self._tail)):
                terms, texts, weights = lists[kind]
                there = new_row[texts] >= 0
                columns[f"{kind}.{part}.terms"] = terms[there]
                columns[f"{kind}.{part}.texts"] = new_row[texts[there]].astype(np.int32)
                columns[f"{kind}.{part}.weights"] = weights[there]
        return columns

    def load(self, columns: Columns) -> None:
        """Load what `saved` returned; the texts have their rows already."""
        for kind in _KINDS:
            for part, lists in (("main", self._main), ("tail", self._tail)):
                terms, texts, weights = (
                    columns[f"{kind}.{part}.{name}"] for name in ("terms", "texts", "weights")
                )
                lists[kind] = terms, texts, weights

    def pairs_of(self, texts: Int64s) -> RowPairs:
        """Pairs of some texts with those that share enough, as `term_pairs` finds them."""
        from dedup.stories.kernels.term_lists import sharing

        of = self._texts.profiles

        def work(part: tuple[str, Int64s]) -> RowPairs:
            kind, queries = part
            pairs: RowPairs = sharing(
                *self._lists(kind), self._texts.alive, of.seconds, queries, True, self._limits
            )
            return pairs

        cuts = np.arange(_TEXTS_OF_A_THREAD, len(texts), _TEXTS_OF_A_THREAD)
        parts = [(kind, queries) for kind in _KINDS for queries in np.split(texts, cuts)]
        return joined(mapped(work, parts, threads=0 if len(cuts) else 1))

    def share_enough(self, first: Int64s, second: Int64s) -> BoolMask:
        """Whether pairs of texts, which are close enough in time, are among those of `pairs_of`.

        Returns:
            bool of shape (m,).
        """
        from dedup.stories.kernels.term_lists import share_enough

        def work(part: tuple[str, slice]) -> BoolMask:
            kind, pairs = part
            enough: BoolMask = share_enough(
                *self._lists(kind), self._texts.alive, first[pairs], second[pairs], self._limits
            )
            return enough

        starts = range(0, max(1, len(first)), _PAIRS_OF_A_THREAD)
        slices = [slice(start, start + _PAIRS_OF_A_THREAD) for start in starts]
        parts = [(kind, pairs) for kind in _KINDS for pairs in slices]
        enough = np.concatenate(list(mapped(work, parts, threads=0 if len(slices) > 1 else 1)))
        terms, names = np.split(enough, 2)
        either: BoolMask = terms | names
        return either

    def newly_separated(self, text: int) -> RowPairs:
        """Pairs that would be in reach of each other in the list of a term but for this text."""
        from dedup.stories.kernels.term_lists import newly_separated

        return joined(
            newly_separated(*self._lists(kind), self._texts.alive, text, self._limits)
            for kind in _KINDS
        )

    def _lists(self, kind: str) -> tuple[Any, Any, Any]:
        """Arguments of the kernels: the lists of terms, the order of precedence, the rows."""
        rows: KeyedRows = getattr(self._texts.profiles, kind)
        return (
            (*self._main[kind], *self._tail[kind]),
            self._texts.order.arrays,
            (rows.offsets, rows.keys, rows.values),
        )


def _nothing() -> tuple[Any, Any, Any]:
    return np.empty(0, np.uint64), np.empty(0, np.int32), np.empty(0, np.int32)
