"""Partition of the texts of the index: round-ups, components at all floors, subcomponents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import BoolMask, Int32s, Int64s, UInt64s
from dedup.config import StoryConfig
from dedup.index.live.arrays.link_table import LinkTable
from dedup.index.live.groups.roundup_detection import RoundUpDetector
from dedup.index.live.groups.spanning_forest import SpanningForest
from dedup.index.live.groups.split_decisions import SplitDecisions
from dedup.index.live.links.links import LinkChanges
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import log_odds_of
from dedup.stories.dendrogram import Floors


@dataclass(frozen=True, slots=True)
class Partition:
    """Partition of n texts into subcomponents.

    Args:
        round_ups: Which texts are round-ups, bool (n,).
        forest: The components of the other texts.
        nodes: Node of the dendrogram that is the subcomponent of each text, int32 (n,).
        part_hashes: Hash of the subcomponent of each text, 0 for a text that takes no part,
            uint64 (n,).
    """

    round_ups: BoolMask
    forest: SpanningForest
    nodes: Int32s
    part_hashes: UInt64s


class PartitionTracker:
    """Current partition of the texts, brought up to date from one change to the next.

    Args:
        texts: The texts.
        table: Their links.
        config: What round-ups are, and what is split.
    """

    def __init__(self, texts: LiveTexts, table: LinkTable, config: StoryConfig) -> None:
        self._texts = texts
        self._table = table
        floor = log_odds_of(config.min_link_probability)
        self._detector = RoundUpDetector(texts, table, config)
        self._splits = SplitDecisions(texts, config, floor)
        nothing = np.empty(0, np.int32)
        empty = SpanningForest.empty(Floors(floor))
        self.current = Partition(np.empty(0, bool), empty, nothing, nothing.astype(np.uint64))

    def build(self, round_ups: BoolMask | None, subcomponents: Int64s | None) -> None:
        """Partition all texts by all links.

        Args:
            round_ups: Which texts are round-ups, if known, bool (n,).
            subcomponents: Equal for texts of one subcomponent and else different, if known;
                int64 (n,).
        """
        first, second, log_odds = self._table.all()
        if round_ups is None:
            none = np.zeros(len(self._texts), bool)
            round_ups = self._detector.updated(none, (first, second))
        absent = round_ups | ~self._texts.alive
        there = ~(absent[first] | absent[second])
        links = first[there], second[there], log_odds[there]
        forest = self.current.forest.updated(links, (first[:0], first[:0]), self._table, absent)
        if subcomponents is not None:
            self._splits.load(forest, subcomponents)
        self.current = self._partition(round_ups, absent, forest)

    def updated(self, changes: LinkChanges) -> Partition:
        """Partition after a change of texts and links; the current one is left as it is."""
        added, removed = changes.links_added, changes.links_removed
        before = longer(self.current.round_ups, len(self._texts), False)
        round_ups = self._detector.updated(
            before, (np.append(added[0], removed[0]), np.append(added[1], removed[1]))
        )
        absent = round_ups | ~self._texts.alive
        returning = self._table.around(np.flatnonzero(before & ~absent))
        first, second, log_odds = (np.concatenate((added[k], returning[k])) for k in range(3))
        there = ~(absent[first] | absent[second])
        links = first[there], second[there], log_odds[there]
        forest = self.current.forest.updated(links, removed, self._table, absent)
        return self._partition(round_ups, absent, forest)

    def _partition(
        self, round_ups: BoolMask, absent: BoolMask, forest: SpanningForest
    ) -> Partition:
        tree = forest.dendrogram
        nodes = tree.unsplit(self._splits.split_nodes(forest))
        part_hashes = np.where(absent, np.uint64(0), tree.hashes(nodes))
        return Partition(round_ups, forest, nodes, part_hashes)


def longer(values: npt.NDArray[Any], count: int, fill: float) -> npt.NDArray[Any]:
    """Array of shape (count,), whose new last entries are `fill`."""
    more = np.full(count - len(values), fill, values.dtype)
    return np.concatenate((values, more)) if len(more) else values
