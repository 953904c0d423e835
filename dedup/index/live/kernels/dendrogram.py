"""Components of links at rising floors: which texts hang together at each.

Floors are numbered: a link of level q holds at the floors 0 to q. As few links as have the same
components at every floor, the strongest, are a forest (Gower & Ross 1969, single linkage and
spanning trees). Joining its links from the highest level down makes a tree of components, a
dendrogram: texts are its leaves; every link that joins two components makes a node above them.

What the functions are given as `tree`: for each leaf and node the node above it, -1 for none; its
level, that of a leaf like no other; the number of its texts; a hash of these texts, the sum of
theirs; where its texts begin in the order of the leaves; the level of its strongest link: int32,
int16, int32, uint64, int32, int16 (2n,).
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array

_LEAF = 1 << 14


@nb.njit(inline="always")
def _root(above: Array, text: int) -> int:
    """Union by path halving; source: Tarjan & van Leeuwen 1984."""
    while above[text] != text:
        above[text] = above[above[text]]
        text = above[text]
    return text


@nb.njit(**OPTIONS)
def components(count: int, first: Array, second: Array) -> Any:
    """Smallest text of the component of each text, int32 (count,).

    Args:
        count: Number of texts.
        first: One end of each link, int32 (m,).
        second: The other.
    """
    above = np.arange(count).astype(np.int32)
    for k in range(first.shape[0]):
        a, b = _root(above, first[k]), _root(above, second[k])
        if a < b:
            above[b] = a
        else:
            above[a] = b
    for text in range(count):
        above[text] = above[above[text]]
    return above


@nb.njit(**OPTIONS)
def planted(hashes: Array, first: Array, second: Array, levels: Array) -> Any:
    """The forest of some links, and the tree of its components.

    Args:
        hashes: Of the texts, uint64 (n,).
        first: One end of each link, int32 (m,).
        second: The other.
        levels: Of the links, descending, uint8 (m,).

    Returns:
        Which links are in the forest, bool (m,); the tree, see above; how many leaves and nodes it
        has; the texts in the order of the leaves, int32 (n,), and where each stands.
    """
    count = hashes.shape[0]
    roots = np.arange(count).astype(np.int32)
    ranks = np.zeros(count, np.int8)
    node_of = np.arange(count).astype(np.int32)
    above = np.full(2 * count, -1, np.int32)
    level = np.full(2 * count, _LEAF, np.int16)
    strongest = np.full(2 * count, -1, np.int16)
    sizes = np.ones(2 * count, np.int32)
    hashed = np.zeros(2 * count, np.uint64)
    hashed[:count] = hashes
    lower = np.empty((count, 2), np.int32)
    kept = np.zeros(first.shape[0], np.bool_)
    nodes = count
    for k in range(first.shape[0]):
        a, b = _root(roots, first[k]), _root(roots, second[k])
        if a == b:
            continue
        kept[k] = True
        u, v = node_of[a], node_of[b]
        if ranks[a] < ranks[b]:
            a, b = b, a
        roots[b] = a
        if ranks[a] == ranks[b]:
            ranks[a] += 1
        node_of[a] = nodes
        above[u] = above[v] = nodes
        lower[nodes - count, 0], lower[nodes - count, 1] = u, v
        level[nodes] = levels[k]
        strongest[nodes] = max(np.int16(levels[k]), strongest[u], strongest[v])
        sizes[nodes] = sizes[u] + sizes[v]
        hashed[nodes] = hashed[u] + hashed[v]
        nodes += 1
    starts = np.empty(2 * count, np.int32)
    next_root = np.int32(0)
    for node in range(nodes - 1, -1, -1):
        if above[node] < 0:
            starts[node] = next_root
            next_root += sizes[node]
        if node >= count:
            u, v = lower[node - count, 0], lower[node - count, 1]
            starts[u] = starts[node]
            starts[v] = starts[node] + sizes[u]
    order = np.empty(count, np.int32)
    for text in range(count):
        order[starts[text]] = text
    return kept, (above, level, sizes, hashed, starts, strongest), nodes, order, starts[:count]


@nb.njit(**OPTIONS)
def asked_nodes(tree: Any, nodes: int, count: int, least: int) -> Any:
    """The components of at least so many texts, and for each the next larger one.

    Nodes of one level that are above one another are one component: the uppermost.

    Args:
        tree: See above.
        nodes: How many leaves and nodes it has.
        count: Number of texts.
        least: Smaller components are left out.

    Returns:
        Nodes, descending, so that a larger component comes before those inside it, int64 (k,); the
        place in this list of the next larger one of each, -1 for none.
    """
    above, level, sizes, _, _, _ = tree
    place_of = np.full(nodes, -1, np.int64)
    found, outer = np.empty(nodes - count, np.int64), np.empty(nodes - count, np.int64)
    written = 0
    for node in range(nodes - 1, count - 1, -1):
        if sizes[node] < least:
            continue
        over = above[node]
        if over >= 0 and level[over] == level[node]:
            place_of[node] = place_of[over]
            continue
        found[written], outer[written] = node, -1 if over < 0 else place_of[over]
        place_of[node] = written
        written += 1
    return found[:written].copy(), outer[:written].copy()


@nb.njit(**OPTIONS)
def uppermost(tree: Any, nodes: int) -> Any:
    """Nodes of one level that are above one another are one component: the uppermost of each.

    Args:
        tree: See above.
        nodes: How many leaves and nodes it has.

    Returns:
        int32 (nodes,).
    """
    above, level, _, _, _, _ = tree
    found = np.empty(nodes, np.int32)
    for node in range(nodes - 1, -1, -1):
        over = above[node]
        found[node] = found[over] if over >= 0 and level[over] == level[node] else node
    return found


@nb.njit(**OPTIONS)
def parts(tree: Any, nodes: int, split: Array) -> Any:
    """The largest components that are not split, by the texts in them.

    Args:
        tree: See above.
        nodes: How many leaves and nodes it has.
        split: Which nodes are split, bool (nodes,); of nodes that are one component the uppermost
            says it.

    Returns:
        The node of the part of each leaf and node, -1 for those above the parts, int32 (nodes,).
    """
    above, level, _, _, _, _ = tree
    part = np.empty(nodes, np.int32)
    open_ = np.empty(nodes, np.bool_)
    for node in range(nodes - 1, -1, -1):
        over = above[node]
        if over >= 0 and part[over] >= 0:
            part[node] = part[over]
            continue
        same = over >= 0 and level[over] == level[node]
        open_[node] = open_[over] if same else split[node]
        part[node] = -1 if open_[node] else node
    return part


@nb.njit(**OPTIONS)
def crossing(table: Any, labels: Array, texts: Array, floor: int, absent: Array) -> Any:
    """Links of some texts that leave their component.

    Args:
        table: The links, see `kernels/links.py`.
        labels: Component of each text, int32 (n,).
        texts: Some texts, int64 (k,).
        floor: Weaker links are left out.
        absent: Texts whose links are left out, bool (n,).

    Returns:
        Text, other one and log-odds of each: three arrays int64 (m,).
    """
    starts, counts, _, others, weights = table
    first, second = np.empty(256, np.int64), np.empty(256, np.int64)
    log_odds = np.empty(256, np.int64)
    written = 0
    for k in range(texts.shape[0]):
        text = texts[k]
        if absent[text]:
            continue
        for place in range(starts[text], starts[text] + counts[text]):
            other = others[place]
            if weights[place] < floor or absent[other] or labels[other] == labels[text]:
                continue
            if written == first.shape[0]:
                first = np.concatenate((first, np.empty_like(first)))
                second = np.concatenate((second, np.empty_like(second)))
                log_odds = np.concatenate((log_odds, np.empty_like(log_odds)))
            first[written], second[written], log_odds[written] = text, other, weights[place]
            written += 1
    return first[:written], second[:written], log_odds[:written]
