"""How the texts of the index hang together: round-ups, components at all floors, parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import BoolMask, Int32s, Int64s, UInt64s
from dedup.config import StoryConfig
from dedup.index.live.arrays.link_table import LinkTable
from dedup.index.live.arrays.pairs import Scored
from dedup.index.live.groups.dendrogram import Forest, Levels
from dedup.index.live.groups.roundup_detection import LateTexts
from dedup.index.live.groups.split_decisions import Splits
from dedup.index.live.links.links import LinkChanges
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import log_odds_of


@dataclass(frozen=True, slots=True)
class State:
    """How n texts hang together.

    Args:
        late: Which are round-ups, bool (n,).
        forest: The components of the others.
        nodes: Node of the forest that is the part of each text, int32 (n,).
        parts: What is equal for texts of one part and else differs, 0 for a text that takes no
            part; uint64 (n,).
    """

    late: BoolMask
    forest: Forest
    nodes: Int32s
    parts: UInt64s


@dataclass(frozen=True, slots=True)
class Imagined:
    """How n texts would hang together if the last of them stayed.

    Args:
        late: Which would be round-ups, bool (n,).
        differs: Which would be in another part than they are, the last one included, bool (n,).
        members: The texts of the part of one that differs, in no order that means anything.
    """

    late: BoolMask
    differs: BoolMask
    members: Callable[[int], Int64s]


class States:
    """Makes states, one from the other.

    Args:
        texts: The texts.
        table: Their links.
        config: What round-ups are, and what is split.
    """

    def __init__(self, texts: LiveTexts, table: LinkTable, config: StoryConfig) -> None:
        self._texts = texts
        self._table = table
        floor = log_odds_of(config.min_link_probability)
        self._late_texts = LateTexts(texts, table, config)
        self._splits = Splits(texts, config, floor)
        nothing = np.empty(0, np.int32)
        empty = Forest.empty(Levels(floor))
        self.now = State(np.empty(0, bool), empty, nothing, nothing.astype(np.uint64))

    def begin(self, late: BoolMask | None, parts: Int64s | None) -> None:
        """Look at all texts and links that are there.

        Args:
            late: Which texts are round-ups, if it is known, bool (n,).
            parts: Equal for texts of one part and else different, if it is known; int64 (n,).
        """
        first, second, log_odds = self._table.all()
        if late is None:
            late = self._late_texts.changed(np.zeros(len(self._texts), bool), (first, second))
        absent = late | ~self._texts.alive
        there = ~(absent[first] | absent[second])
        links = first[there], second[there], log_odds[there]
        forest = self.now.forest.changed(links, (first[:0], first[:0]), self._table, absent)
        if parts is not None:
            self._splits.learn(forest, parts)
        self.now = self._parted(late, absent, forest)

    def changed(self, changes: LinkChanges, passing: int = -1) -> State:
        """How texts hang together after a change; what is kept stays as it is.

        Args:
            changes: What a change did to texts and links.
            passing: A text that does not stay, -1 for none: another will have its number.
        """
        gained, lost = changes.gained, changes.lost
        before = longer(self.now.late, len(self._texts), False)
        late = self._late_texts.changed(
            before, (np.append(gained[0], lost[0]), np.append(gained[1], lost[1]))
        )
        absent = late | ~self._texts.alive
        again = self._table.around(np.flatnonzero(before & ~absent))
        first, second, log_odds = (np.concatenate((gained[k], again[k])) for k in range(3))
        there = ~(absent[first] | absent[second])
        links = first[there], second[there], log_odds[there]
        forest = self.now.forest.changed(links, lost, self._table, absent)
        return self._parted(late, absent, forest, passing)

    def imagined(self, number: int, links: Scored) -> Imagined:
        """How texts would hang together with one more, the last one.

        Args:
            number: Its number.
            links: Its links, which are in the table.
        """
        before = longer(self.now.late, len(self._texts), False)
        late = self._late_texts.changed(before, links[:2])
        if not np.array_equal(late[:number], before[:number]):
            return self._made_anew(number, links)
        part: Int64s | None = np.array([number])
        if not late[number]:
            others = np.where(links[0] == number, links[1], links[0])
            there = ~late[others]
            part = self._splits.joined(
                self.now.forest, self.now.nodes, number, others[there], links[2][there]
            )
        if part is None:
            return self._made_anew(number, links)
        found = part
        differs = np.zeros(len(late), bool)
        differs[found] = True
        return Imagined(late, differs, lambda text: found)

    def _made_anew(self, number: int, links: Scored) -> Imagined:
        """The same, by making the forest of all texts."""
        nothing = links[0][:0]
        changes = LinkChanges(links, (nothing, nothing), np.array([number]))
        state = self.changed(changes, passing=number)
        differs = state.parts != longer(self.now.parts, len(state.parts), 0)
        differs[number] = True

        def members(text: int) -> Int64s:
            return state.forest.members(int(state.nodes[text]))

        return Imagined(state.late, differs, members)

    def _parted(self, late: BoolMask, absent: BoolMask, forest: Forest, passing: int = -1) -> State:
        from dedup.index.live.kernels.dendrogram import parts

        nodes = parts(forest.tree, forest.nodes, self._splits.of(forest, passing))[: forest.count]
        keys = np.where(absent, np.uint64(0), forest.tree[3][nodes])
        return State(late, forest, nodes, keys)


def longer(values: npt.NDArray[Any], count: int, fill: float) -> npt.NDArray[Any]:
    """An array of shape (count,), the last entries of which are new."""
    more = np.full(count - len(values), fill, values.dtype)
    return np.concatenate((values, more)) if len(more) else values
