"""Partition of the texts of the index: round-ups, components at all floors, subcomponents."""

from __future__ import annotations

from collections.abc import Callable
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
from dedup.stories.pairs import ScoredPairs


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


@dataclass(frozen=True, slots=True)
class HypotheticalPartition:
    """Partition of n texts as if the last of them, a query, were added.

    Args:
        round_ups: Which texts would be round-ups, bool (n,).
        differs: Which texts would be in another subcomponent than now, the last one included,
            bool (n,).
        members: Rows of the subcomponent of a text that differs, in no meaningful order.
    """

    round_ups: BoolMask
    differs: BoolMask
    members: Callable[[int], Int64s]


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

    def updated(self, changes: LinkChanges, transient_row: int = -1) -> Partition:
        """Partition after a change; the current one is left as it is.

        Args:
            changes: What a change did to texts and links.
            transient_row: Row of a text that does not stay, -1 for none.
        """
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
        return self._partition(round_ups, absent, forest, transient_row)

    def with_query(self, row: int, links: ScoredPairs) -> HypotheticalPartition:
        """Partition as if the last text, a query, were added.

        Args:
            row: Row of the query.
            links: Its links, which are in the table.
        """
        before = longer(self.current.round_ups, len(self._texts), False)
        round_ups = self._detector.updated(before, links[:2])
        if not np.array_equal(round_ups[:row], before[:row]):
            return self._built_with_query(row, links)
        members: Int64s | None = np.array([row])
        if not round_ups[row]:
            others = np.where(links[0] == row, links[1], links[0])
            there = ~round_ups[others]
            members = self._splits.subcomponent_with(
                self.current.forest, self.current.nodes, row, others[there], links[2][there]
            )
        if members is None:
            return self._built_with_query(row, links)
        subcomponent = members
        differs = np.zeros(len(round_ups), bool)
        differs[subcomponent] = True
        return HypotheticalPartition(round_ups, differs, lambda row: subcomponent)

    def _built_with_query(self, row: int, links: ScoredPairs) -> HypotheticalPartition:
        """Same as `with_query`, from the forest of all texts."""
        nothing = links[0][:0]
        changes = LinkChanges(links, (nothing, nothing), np.array([row]))
        partition = self.updated(changes, transient_row=row)
        now = longer(self.current.part_hashes, len(partition.part_hashes), 0)
        differs = partition.part_hashes != now
        differs[row] = True

        def members(text: int) -> Int64s:
            return partition.forest.dendrogram.members(int(partition.nodes[text]))

        return HypotheticalPartition(partition.round_ups, differs, members)

    def _partition(
        self, round_ups: BoolMask, absent: BoolMask, forest: SpanningForest, transient_row: int = -1
    ) -> Partition:
        tree = forest.dendrogram
        nodes = tree.unsplit(self._splits.split_nodes(forest, transient_row))
        part_hashes = np.where(absent, np.uint64(0), tree.hashes(nodes))
        return Partition(round_ups, forest, nodes, part_hashes)


def longer(values: npt.NDArray[Any], count: int, fill: float) -> npt.NDArray[Any]:
    """Array of shape (count,), whose new last entries are `fill`."""
    more = np.full(count - len(values), fill, values.dtype)
    return np.concatenate((values, more)) if len(more) else values
