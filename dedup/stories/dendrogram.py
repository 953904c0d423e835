"""Dendrograms: the connected components of links at rising floors.

Floors are numbered: a link of level q holds at the floors 0 to q. As few links as have the same
components at every floor, the strongest, are a spanning forest (Gower & Ross 1969, single
linkage and spanning trees). Joining its links from the highest level down makes a tree of
components: texts are its leaves; every link that joins two components makes a node above them.

The loops are plain functions: Python runs them for few texts, numba compiles them for many.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.compute import compiled as kernels
from dedup.compute.arrays import BoolMask, Int32s, Int64s, UInt64s, mix64
from dedup.stories.affinity import LOG_ODDS_UNIT, log_odds_of

UInt8s = npt.NDArray[np.uint8]

RAISE_FLOOR = round(0.25 / LOG_ODDS_UNIT)
CERTAIN = log_odds_of(0.98)
HIGHEST = 255
"""Level of the strongest links; no log-odds are that high."""
_LEAF = 1 << 14


@dataclass(frozen=True, slots=True)
class Floors:
    """Rising floors of log-odds.

    Args:
        lowest: Floor 0, in units of 1/1000.
    """

    lowest: int

    @property
    def certain(self) -> int:
        """Number of the first floor at which all links are near-certain."""
        return max(1, -(-(CERTAIN - self.lowest) // RAISE_FLOOR))

    def levels(self, log_odds: Int64s) -> UInt8s:
        """Highest floor at which links hold, uint8 of their shape."""
        steps = (log_odds - self.lowest) // RAISE_FLOOR
        if self.lowest < CERTAIN:
            above = self.certain + (log_odds - CERTAIN) // RAISE_FLOOR
            steps = np.where(log_odds < CERTAIN, np.minimum(steps, self.certain - 1), above)
        return np.minimum(steps, HIGHEST).astype(np.uint8)


@dataclass(frozen=True)
class Dendrogram:
    """Components of `count` texts at all floors.

    Nodes of one level that are above one another are one component: the topmost represents it.

    Args:
        above: Next node above each leaf and node, -1 for none, int32 of shape (nodes,).
        level: Highest floor at which a node is one component, int16 (nodes,); high for a leaf.
        strongest: Level of the strongest link in it, -1 for a leaf, int16 (nodes,).
        sizes: Number of its texts, int32 (nodes,).
        starts: Position of the first of its texts in `order`, int32 (nodes,).
        order: Rows of the texts, those of every node side by side, int32 (count,).
        compiled: Whether its loops are compiled.
    """

    above: Int32s
    level: npt.NDArray[np.int16]
    strongest: npt.NDArray[np.int16]
    sizes: Int32s
    starts: Int32s
    order: Int32s
    compiled: bool

    @classmethod
    def of(
        cls, first: Int32s, second: Int32s, levels: UInt8s, count: int, compiled: bool
    ) -> tuple[Dendrogram, BoolMask]:
        """Dendrogram of some links, and which of these links are its spanning forest.

        Args:
            first: One end of each link, int32 of shape (m,).
            second: The other end, int32 (m,).
            levels: Levels of the links, descending, uint8 (m,).
            count: Number of texts.
            compiled: Compile the loops. The dendrogram is the same.
        """
        above, level, strongest, sizes, below, in_forest = _loop(_join, compiled)(
            first, second, levels, count
        )
        starts, order = _loop(_positions, compiled)(above, sizes, below)
        return cls(above, level, strongest, sizes, starts, order, compiled), in_forest

    @property
    def count(self) -> int:
        """Number of texts."""
        return len(self.order)

    @cached_property
    def trees(self) -> Int64s:
        """Number of the component of each text at the lowest floor, int64 (count,)."""
        begins = np.zeros(self.count, np.int64)
        begins[self.starts[self.above < 0]] = 1
        numbers: Int64s = np.cumsum(begins)[self.starts[: self.count]] - 1
        return numbers

    @cached_property
    def topmost(self) -> Int32s:
        """Topmost node of the component of each leaf and node, int32 (nodes,)."""
        top: Int32s = _loop(_topmost, self.compiled)(self.above, self.level)
        return top

    def members(self, node: int) -> Int64s:
        """Rows of the texts of a node, in no meaningful order; int64 of shape (k,)."""
        start = int(self.starts[node])
        rows: Int64s = self.order[start : start + int(self.sizes[node])].astype(np.int64)
        return rows

    def hashes(self, nodes: Int32s | Int64s) -> UInt64s:
        """Hash of the set of texts of each node, uint64 of shape (k,)."""
        starts = self.starts[nodes]
        hashes: UInt64s = self._sums[starts + self.sizes[nodes]] - self._sums[starts]
        return hashes

    @cached_property
    def _sums(self) -> UInt64s:
        """Sums of the hashes of the texts before each position; differences are exact."""
        return np.concatenate((np.zeros(1, np.uint64), np.cumsum(_hashes(self.order))))

    def components(self, least: int) -> tuple[Int64s, Int64s]:
        """Components of at least `least` texts (two or more) at all floors.

        Returns:
            Topmost nodes, descending, so that a larger component comes before those inside it,
            int64 of shape (k,); and for each the index of the next larger one, -1 for none.
        """
        large = (self.sizes >= least) & (self.topmost == np.arange(len(self.above)))
        nodes = np.flatnonzero(large)[::-1]
        index = np.full(len(self.above) + 1, -1)
        index[nodes] = np.arange(len(nodes))
        over = self.above[nodes]
        return nodes, index[np.where(over >= 0, self.topmost[over], len(self.above))]

    def unsplit(self, split: BoolMask) -> Int32s:
        """Node of the largest component that is not split, for each text; int32 (count,).

        Args:
            split: Which nodes are split, bool (nodes,); only topmost nodes are read.
        """
        nodes: Int32s = _loop(_unsplit, self.compiled)(self.above, self.topmost, split)
        return nodes[: self.count]


def set_hash(rows: Int64s) -> int:
    """Hash of a set of texts: the sum of those of its texts."""
    return int(_hashes(rows).sum(dtype=np.uint64))


def _hashes(rows: Int32s | Int64s) -> UInt64s:
    return mix64(rows.astype(np.uint64) + np.uint64(1))


def _loop(loop: Any, compiled: bool) -> Any:  # noqa: ANN401 (a function)
    return kernels.compiled(loop) if compiled else loop


def _join(first: Any, second: Any, levels: Any, count: int) -> Any:  # noqa: ANN401 (arrays)
    """Fields of the dendrogram of some links, and which links are its spanning forest.

    Source: union by rank with path halving, Tarjan & van Leeuwen 1984.
    """
    roots = np.arange(count).astype(np.int32)
    ranks = np.zeros(count, np.int8)
    node_of = np.arange(count).astype(np.int32)
    above = np.full(2 * count, -1, np.int32)
    level = np.full(2 * count, _LEAF, np.int16)
    strongest = np.full(2 * count, -1, np.int16)
    sizes = np.ones(2 * count, np.int32)
    below = np.empty((count, 2), np.int32)
    in_forest = np.zeros(len(first), np.bool_)
    nodes = count
    for k in range(len(first)):
        a, b = first[k], second[k]
        while roots[a] != a:
            roots[a] = roots[roots[a]]
            a = roots[a]
        while roots[b] != b:
            roots[b] = roots[roots[b]]
            b = roots[b]
        if a == b:
            continue
        in_forest[k] = True
        u, v = node_of[a], node_of[b]
        if ranks[a] < ranks[b]:
            a, b = b, a
        roots[b] = a
        if ranks[a] == ranks[b]:
            ranks[a] += 1
        node_of[a] = nodes
        above[u] = above[v] = nodes
        below[nodes - count, 0], below[nodes - count, 1] = u, v
        level[nodes] = levels[k]
        strongest[nodes] = max(level[nodes], strongest[u], strongest[v])
        sizes[nodes] = sizes[u] + sizes[v]
        nodes += 1
    return above[:nodes], level[:nodes], strongest[:nodes], sizes[:nodes], below, in_forest


def _positions(above: Any, sizes: Any, below: Any) -> Any:  # noqa: ANN401 (arrays)
    """Position of the first text of each leaf and node, and the texts in this order."""
    nodes, count = len(above), len(below)
    starts = np.empty(nodes, np.int32)
    next_root = 0
    for node in range(nodes - 1, -1, -1):
        if above[node] < 0:
            starts[node] = next_root
            next_root += sizes[node]
        if node >= count:
            u, v = below[node - count, 0], below[node - count, 1]
            starts[u] = starts[node]
            starts[v] = starts[node] + sizes[u]
    order = np.empty(count, np.int32)
    for text in range(count):
        order[starts[text]] = text
    return starts, order


def _topmost(above: Any, level: Any) -> Any:  # noqa: ANN401 (arrays)
    top = np.empty(len(above), np.int32)
    for node in range(len(above) - 1, -1, -1):
        over = above[node]
        top[node] = top[over] if over >= 0 and level[over] == level[node] else node
    return top


def _unsplit(above: Any, topmost: Any, split: Any) -> Any:  # noqa: ANN401 (arrays)
    """Node of the largest unsplit component of each leaf and node, -1 for those above it."""
    nodes = np.full(len(above), -1, np.int32)
    for node in range(len(above) - 1, -1, -1):
        over = above[node]
        if over >= 0 and nodes[over] >= 0:
            nodes[node] = nodes[over]
        elif not split[topmost[node]]:
            nodes[node] = node
    return nodes
