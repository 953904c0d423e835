"""Which components of the index percolate and are split; see `stories.percolates`."""

from __future__ import annotations

from itertools import count as counting

import numpy as np

from dedup.config import StoryConfig
from dedup.live.forest import Forest
from dedup.live.texts import LiveTexts
from dedup.shingles import BoolMask
from dedup.stories import percolates

_REMEMBERED = 1 << 16


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
            if size > config.max_component or size * config.min_component_density > 2
        )  # fmt: skip
        self._known: dict[int, bool] = {}

    def of(self, forest: Forest, passing: int = -1) -> BoolMask:
        """Which nodes of a forest are split, as far as parts depend on it; bool (nodes,).

        Args:
            forest: The components at all floors.
            passing: A text that does not stay, -1 for none: another will have its number.
        """
        from dedup.kernels.forest import asked_nodes

        split = np.zeros(forest.nodes, bool)
        nodes, outer = asked_nodes(forest.tree, forest.nodes, forest.count, self._least)
        _, levels, sizes, hashes, starts = (each[nodes].tolist() for each in forest.tree)
        place = int(forest.places[passing]) if passing >= 0 else -1
        found = [False] * len(nodes)
        for k, (node, over) in enumerate(zip(nodes.tolist(), outer.tolist(), strict=True)):
            if (over >= 0 and not found[over]) or levels[k] == forest.top:
                continue
            if starts[k] <= place < starts[k] + sizes[k]:
                found[k] = self._percolates(forest, node)
                continue
            if hashes[k] not in self._known:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[hashes[k]] = self._percolates(forest, node)
            found[k] = self._known[hashes[k]]
        split[nodes] = found
        return split

    def learn(self, forest: Forest, parts: np.ndarray) -> None:
        """Take over which components were split: those with texts of different parts.

        Args:
            forest: The components.
            parts: Equal for texts of one part and else different, int64 (n,).
        """
        from dedup.kernels.forest import asked_nodes

        nodes, _ = asked_nodes(forest.tree, forest.nodes, forest.count, self._least)
        labels = parts[forest.order]
        differ = np.concatenate(([0], np.cumsum(np.diff(labels) != 0)))
        starts, sizes = forest.tree[4][nodes], forest.tree[2][nodes]
        split = differ[starts + sizes - 1] > differ[starts]
        self._known.update(
            zip(forest.tree[3][nodes].tolist(), split.tolist(), strict=True)
        )

    def _percolates(self, forest: Forest, node: int) -> bool:
        members = self._texts.order.sorted(forest.members(node))
        return percolates(members, self._texts.scorer, self._config, self._floor)
