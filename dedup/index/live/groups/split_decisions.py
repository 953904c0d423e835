"""Decisions which components of the index are split, remembered; see `stories/components.py`."""

from __future__ import annotations

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.config import StoryConfig
from dedup.index.live.groups.spanning_forest import SpanningForest
from dedup.index.live.texts import LiveTexts
from dedup.stories.components import SAMPLE, min_percolating, split_nodes, too_sparse
from dedup.stories.dendrogram import Dendrogram

_MAX_DECISIONS = 1 << 16
_PAIRS = 1 << 19
_MAX_UNSORTED = 1024
"""So many of the latest texts need not be in the order of the hashes."""
_MAX_SORTED_MEMBERS = 4096


class SplitDecisions:
    """Decisions on components, remembered by the hash of their texts.

    Args:
        texts: The texts.
        config: Which components percolate.
        floor: Log-odds of links.
    """

    def __init__(self, texts: LiveTexts, config: StoryConfig, floor: int) -> None:
        self._texts = texts
        self._config = config
        self._floor = floor
        self._least = min_percolating(config)
        self._decisions: dict[int, bool] = {}
        self._by_hash = np.empty(0, np.int64)
        self._pairs = np.zeros(_PAIRS, np.uint64), np.zeros(_PAIRS, bool)
        self._pair_count = 0

    def split_nodes(self, forest: SpanningForest) -> BoolMask:
        """Which nodes are split, as far as subcomponents depend on it; bool (nodes,).

        Args:
            forest: The components at all floors.
        """
        tree = forest.dendrogram

        def decide(node: int) -> bool:
            part_hash = int(tree.hashes(np.array([node]))[0])
            if part_hash not in self._decisions:
                self._remember({part_hash: self._percolates(self._sample(tree, node))})
            return self._decisions[part_hash]

        return split_nodes(tree, forest.floors, self._config, decide)

    def load(self, forest: SpanningForest, subcomponents: Int64s) -> None:
        """Remember which components were split: those with texts of several subcomponents.

        Args:
            forest: The components.
            subcomponents: Equal for texts of one subcomponent and else different, int64 (n,).
        """
        tree = forest.dendrogram
        nodes, _ = tree.components(self._least)
        labels = subcomponents[tree.order]
        changes = np.concatenate(([0], np.cumsum(labels[1:] != labels[:-1])))
        starts = tree.starts[nodes]
        split = changes[starts + tree.sizes[nodes] - 1] > changes[starts]
        self._remember(dict(zip(tree.hashes(nodes).tolist(), split.tolist(), strict=True)))

    def _remember(self, decisions: dict[int, bool]) -> None:
        if len(self._decisions) >= _MAX_DECISIONS:
            self._decisions.clear()
        self._decisions.update(decisions)

    def _percolates(self, sample: Int64s) -> bool:
        """Whether a component with this sample percolates; links of its pairs are remembered."""
        from dedup.index.live.kernels.pair_table import looked_up, remember

        if self._pair_count + len(sample) ** 2 // 2 > _PAIRS // 2:
            self._pairs[0][:] = 0
            self._pair_count = 0
        linked, first, second = looked_up(*self._pairs, sample)
        if len(first):
            close = self._texts.scorer.log_odds(first, second) >= self._floor
            remember(*self._pairs, first, second, close)
            self._pair_count += len(first)
            linked += np.count_nonzero(close)
        return too_sparse(linked, len(sample) * (len(sample) - 1) // 2, self._config)

    def _sample(self, tree: Dendrogram, node: int) -> Int64s:
        """Rows of the texts of a component with the smallest hashes."""
        self._sort(tree.count)
        if tree.sizes[node] <= _MAX_SORTED_MEMBERS:
            return self._smallest(tree.members(node))
        start, size = int(tree.starts[node]), int(tree.sizes[node])
        many = 4 * SAMPLE * tree.count // size
        while True:
            inside = _inside(tree, self._by_hash[:many], start, size)
            if len(inside) >= SAMPLE or many >= len(self._by_hash):
                break
            many *= 2
        latest = np.arange(len(self._by_hash), tree.count)
        return self._smallest(np.append(inside, _inside(tree, latest, start, size)))

    def _smallest(self, rows: Int64s) -> Int64s:
        """Rows of the texts with the smallest hashes among some."""
        if len(rows) <= SAMPLE:
            return rows
        return rows[np.argpartition(self._texts.id_hashes[rows], SAMPLE)[:SAMPLE]]

    def _sort(self, count: int) -> None:
        """Sort the first `count` texts by their hashes, unless few are new since the last time."""
        if count - len(self._by_hash) > _MAX_UNSORTED:
            self._by_hash = np.argsort(self._texts.id_hashes[:count], kind="stable")


def _inside(tree: Dendrogram, rows: Int64s, start: int, size: int) -> Int64s:
    """Rows of those texts that are in the component which starts at this position."""
    positions = tree.positions[rows]
    inside: Int64s = rows[(positions >= start) & (positions < start + size)]
    return inside
