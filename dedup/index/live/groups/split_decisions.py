"""Which components of the index percolate and are split; see `percolation.py`."""

from __future__ import annotations

from itertools import count as counting

import numpy as np

from dedup.compute.arrays import BoolMask, Int32s, Int64s
from dedup.config import StoryConfig
from dedup.index.live.groups.dendrogram import Forest
from dedup.index.live.texts import LiveTexts
from dedup.stories.components import ASKED, sparse

_REMEMBERED = 1 << 16
_PAIRS = 1 << 19
_LATEST = 1024
"""So many texts are looked at beside those that are sorted by their keys."""
_GATHERED = 4096
_NONE = np.empty(0, np.int64)


class Splits:
    """Verdicts on components, remembered by their texts.

    Args:
        texts: The texts.
        config: Which components percolate.
        floor: Log-odds of links.
    """

    def __init__(self, texts: LiveTexts, config: StoryConfig, floor: int) -> None:
        self._texts = texts
        self._config = config
        self._floor = floor
        self._least = next(
            size for size in counting(2)
            if size > config.max_component_texts or size * config.min_link_density > 2
        )  # fmt: skip
        self._known: dict[int, bool] = {}
        self._by_key = np.empty(0, np.int64)
        self._pairs = np.zeros(_PAIRS, np.uint64), np.zeros(_PAIRS, bool)
        self._pair_count = 0

    def of(self, forest: Forest, passing: int = -1) -> BoolMask:
        """Which nodes of a forest are split, as far as parts depend on it; bool (nodes,).

        Args:
            forest: The components at all floors.
            passing: A text that does not stay, -1 for none: another will have its number.
        """
        from dedup.index.live.kernels.dendrogram import asked_nodes

        split = np.zeros(forest.nodes, bool)
        nodes, outer = asked_nodes(forest.tree, forest.nodes, forest.count, self._least)
        if not len(nodes):
            return split
        _, levels, sizes, hashes, starts, strongest = (each[nodes].tolist() for each in forest.tree)
        place = int(forest.places[passing]) if passing >= 0 else -1
        found = [False] * len(nodes)
        for k, (node, over) in enumerate(zip(nodes.tolist(), outer.tolist(), strict=True)):
            if over >= 0 and not found[over]:
                continue
            if sizes[k] > self._config.max_component_texts:
                found[k] = levels[k] < forest.certain or strongest[k] > levels[k]
            elif levels[k] < forest.certain:
                if starts[k] <= place < starts[k] + sizes[k]:
                    found[k] = self._percolates(self._asked(forest, node, passing), passing)
                    continue
                if hashes[k] not in self._known:
                    self._learned({hashes[k]: self._percolates(self._asked(forest, node))})
                found[k] = self._known[hashes[k]]
        split[nodes] = found
        return split

    def learn(self, forest: Forest, parts: Int64s) -> None:
        """Take over which components were split: those with texts of different parts.

        Args:
            forest: The components.
            parts: Equal for texts of one part and else different, int64 (n,).
        """
        from dedup.index.live.kernels.dendrogram import asked_nodes

        nodes, _ = asked_nodes(forest.tree, forest.nodes, forest.count, self._least)
        labels = parts[forest.order]
        differ = np.concatenate(([0], np.cumsum(labels[1:] != labels[:-1])))
        _, _, sizes, hashes, starts, _ = (each[nodes] for each in forest.tree)
        split = differ[starts + sizes - 1] > differ[starts]
        self._learned(dict(zip(hashes.tolist(), split.tolist(), strict=True)))

    def _learned(self, verdicts: dict[int, bool]) -> None:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known.update(verdicts)

    def joined(
        self, forest: Forest, parts: Int32s, passing: int, others: Int64s, log_odds: Int64s
    ) -> Int64s | None:
        """The texts of the part that one more text would be in; it is the last of them.

        At each floor it would be in one component with those of the texts that it is linked to.

        Args:
            forest: The components of the others.
            parts: Node of the part of each text.
            passing: The text.
            others: Those that it has links to and that take part, int64 of shape (m,).
            log_odds: Of these links.

        Returns:
            int64 of shape (k,); None if another part would come apart: make the forest of all.
        """
        _, level, sizes, _, _, _ = forest.tree
        levels = forest.levels_of(log_odds).astype(np.int64)
        floors = int(levels.max(initial=-1)) + 1
        at = forest.components_at(others, floors)
        joined = [np.unique(at[floor][levels >= floor]) for floor in range(floors)]
        counts = [int(sizes[nodes].sum()) + 1 for nodes in joined]
        floor = 0
        while floor < floors:
            last = max(k for k in range(floor, floors) if counts[k] == counts[floor])
            held = levels[levels >= floor]
            if not self._is_split(forest, joined[floor], counts[floor], last, held, passing):
                break
            floor = last + 1
        inside = np.zeros(len(others), bool)
        if floor < floors:
            inside = (levels >= floor) & (sizes[parts[others]] <= sizes[at[floor]])
        whole = set(parts[others[inside]].tolist())
        apart = levels >= level[parts[others]]
        if set(parts[others[apart]].tolist()) - whole:
            return None
        nodes = joined[floor].tolist() if floor < floors else []
        return np.append(np.concatenate([_NONE, *map(forest.members, nodes)]), passing)

    def _is_split(
        self, forest: Forest, nodes: Int32s, count: int, last: int, levels: Int64s, passing: int
    ) -> bool:
        """Whether a component would be split that is some nodes and one more text.

        Args:
            forest: The components.
            nodes: Those that it would be made of.
            count: Number of its texts.
            last: The highest floor at which it would be whole.
            levels: Of the links of the text in it.
            passing: The text.
        """
        if count < self._least:
            return False
        if count > self._config.max_component_texts:
            strongest = max(int(levels.max()), int(forest.tree[5][nodes].max()))
            return last < forest.certain or strongest > last
        if last >= forest.certain:
            return False
        asked = [self._asked(forest, node) for node in nodes.tolist()]
        return self._percolates(self._first(np.append(np.concatenate(asked), passing)), passing)

    def _percolates(self, asked: Int64s, passing: int = -1) -> bool:
        """`percolation.percolates` of the texts to ask, which remembers the pairs."""
        from dedup.index.live.kernels.pair_table import looked_up, remember

        stay = asked[asked != passing]
        if self._pair_count + len(stay) ** 2 // 2 > _PAIRS // 2:
            self._pairs[0][:] = 0
            self._pair_count = 0
        linked, first, second = looked_up(*self._pairs, stay)
        if len(first):
            close = self._texts.scorer.log_odds(first, second) >= self._floor
            remember(*self._pairs, first, second, close)
            self._pair_count += len(first)
            linked += np.count_nonzero(close)
        if len(stay) < len(asked):
            own = self._texts.scorer.log_odds(np.full(len(stay), passing), stay)
            linked += np.count_nonzero(own >= self._floor)
        return sparse(linked, len(asked) * (len(asked) - 1) // 2, self._config)

    def _asked(self, forest: Forest, node: int, passing: int = -1) -> Int64s:
        """The texts of a component with the smallest keys."""
        self._sort(len(forest.places) - (passing >= 0))
        _, _, sizes, _, starts, _ = forest.tree
        start, size = int(starts[node]), int(sizes[node])
        few = size <= _GATHERED
        return self._first(forest.members(node) if few else self._smallest(forest, start, size))

    def _first(self, members: Int64s) -> Int64s:
        """Those of the texts with the smallest keys."""
        if len(members) <= ASKED:
            return members
        return members[np.argpartition(self._texts.keys[members], ASKED)[:ASKED]]

    def _sort(self, count: int) -> None:
        """Sort the first texts by their keys, so many, if that was long ago."""
        if count - len(self._by_key) > _LATEST:
            self._by_key = np.argsort(self._texts.keys[:count], kind="stable")

    def _smallest(self, forest: Forest, start: int, size: int) -> Int64s:
        """Texts of a large component, among them those with the smallest keys."""
        many = 4 * ASKED * forest.count // size
        while True:
            inside = _inside(forest, self._by_key[:many], start, size)
            if len(inside) >= ASKED or many >= len(self._by_key):
                break
            many *= 2
        latest = np.arange(len(self._by_key), forest.count)
        return np.append(inside, _inside(forest, latest, start, size))


def _inside(forest: Forest, texts: Int64s, start: int, size: int) -> Int64s:
    """Those of the texts that are in the component which begins there."""
    places = forest.places[texts]
    found: Int64s = texts[(places >= start) & (places < start + size)]
    return found
