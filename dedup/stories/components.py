"""Connected components of links, and the splitting of those that only chance holds together.

A component that percolates (`percolates`) is split: inside it the floor is raised step by step
until no component does. Components of near-certain links are left whole; if one is too large,
the floor is raised further, as long as some of its links are stronger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import count as counting
from typing import TYPE_CHECKING

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.config import StoryConfig
from dedup.stories.affinity import log_odds_of
from dedup.stories.dendrogram import HIGHEST, Dendrogram, Floors
from dedup.stories.links import Links

if TYPE_CHECKING:
    from dedup.stories.links import PairScorer

SAMPLE = 64


@dataclass(frozen=True, slots=True)
class Components:
    """Components of links, after splitting.

    Args:
        subcomponents: Rows of the texts of each, ascending, int64 of shape (k,).
        count: Number of components of two texts or more, before splitting.
        largest: Number of texts in the largest one.
        percolating: How many of them percolate.
    """

    subcomponents: list[Int64s]
    count: int
    largest: int
    percolating: int


def components(
    links: Links, absent: BoolMask, id_hashes: Int64s, scorer: PairScorer, config: StoryConfig
) -> Components:
    """Components of the links of n texts at the lowest floor, split where they percolate.

    Args:
        links: Links above the floor.
        absent: Texts that take no part, bool of shape (n,).
        id_hashes: A hash of the id of each text, int64 of shape (n,).
        scorer: Scores pairs that are not linked.
        config: The floor, the largest component, and the smallest share of linked pairs.
    """
    floor = log_odds_of(config.min_link_probability)
    there = (links.first < links.second) & ~(absent[links.first] | absent[links.second])
    levels = Floors(floor).levels(links.log_odds[there])
    down = np.flatnonzero(there)[np.argsort(HIGHEST - levels, kind="stable")]
    dendrogram, _ = Dendrogram.of(
        links.first[down].astype(np.int32),
        links.second[down].astype(np.int32),
        np.sort(levels)[::-1],
        links.count,
    )

    @cache
    def decide(node: int) -> bool:
        return percolates(np.sort(dendrogram.members(node)), id_hashes, scorer, config, floor)

    nodes = dendrogram.unsplit(split_nodes(dendrogram, Floors(floor), config, decide))
    order = dendrogram.order[~absent[dendrogram.order]].astype(np.int64)
    cuts = np.flatnonzero(np.diff(nodes[order])) + 1
    roots = np.flatnonzero((dendrogram.above < 0) & (dendrogram.sizes > 1)).tolist()
    return Components(
        [np.sort(rows) for rows in np.split(order, cuts) if len(rows)],
        len(roots),
        max((int(dendrogram.sizes[root]) for root in roots), default=int(len(order) > 0)),
        sum(map(decide, roots)),
    )


def split_nodes(
    dendrogram: Dendrogram,
    floors: Floors,
    config: StoryConfig,
    decide: Callable[[int], bool],
) -> BoolMask:
    """Which topmost nodes are split, as far as subcomponents depend on it; bool (nodes,).

    Args:
        dendrogram: Components at all floors.
        floors: Their floors.
        config: The largest component, and the smallest share of linked pairs.
        decide: Whether a component percolates, by its node.
    """
    split = np.zeros(len(dendrogram.above), bool)
    nodes, outer = dendrogram.components(min_percolating(config))
    sizes, levels, strongest = (
        field[nodes].tolist()
        for field in (dendrogram.sizes, dendrogram.level, dendrogram.strongest)
    )
    verdicts = [False] * len(nodes)
    for k, (node, over) in enumerate(zip(nodes.tolist(), outer.tolist(), strict=True)):
        if over >= 0 and not verdicts[over]:
            continue
        if sizes[k] > config.max_component_texts:
            verdicts[k] = levels[k] < floors.certain or strongest[k] > levels[k]
        elif levels[k] < floors.certain:
            verdicts[k] = decide(node)
    split[nodes] = verdicts
    return split


def min_percolating(config: StoryConfig) -> int:
    """Number of texts in the smallest component that can percolate."""
    return next(size for size in counting(2) if _can_percolate(size, config))


def _can_percolate(texts: int, config: StoryConfig) -> bool:
    return texts > config.max_component_texts or texts * config.min_link_density > 2


def percolates(
    members: Int64s, id_hashes: Int64s, scorer: PairScorer, config: StoryConfig, floor: int
) -> bool:
    """Whether it is chance, not an event, that holds texts together.

    Links that are wrong now and then join any texts into one giant component as soon as each has
    more than one of them (Erdős & Rényi 1959); physics calls it percolation. Such a component is
    sparse: a text is linked to the few beside it, and the ends of the chain have nothing in
    common. Texts of one event are all linked to each other, those of k equally large events in
    a share 1/k of their pairs. So the measure is the component's own density: the share of its
    pairs that reach the floor. In a large one it is measured on a sample, the 64 texts with the
    smallest hashes: as good as drawn by lot, and one more text seldom changes the sample. The
    n - 1 links that hold n texts together are a share 2/n: few texts never percolate.

    Args:
        members: Rows of the texts of a component, int64 of shape (k,).
        id_hashes: A hash of the id of every text, int64 of shape (n,).
        scorer: Scores their pairs.
        config: The largest component, and the smallest share of linked pairs.
        floor: Log-odds of links, in units of 1/1000.
    """
    if len(members) > config.max_component_texts:
        return True
    if not _can_percolate(len(members), config):
        return False
    sample = members[np.argsort(id_hashes[members], kind="stable")[:SAMPLE]]
    scores = scorer.block(sample, sample)[np.triu_indices(len(sample), 1)]
    return too_sparse(int(np.count_nonzero(scores >= floor)), len(scores), config)


def too_sparse(linked: int, pairs: int, config: StoryConfig) -> bool:
    """Whether so few of the pairs of a sample are linked that only chance holds it together."""
    return bool(linked < config.min_link_density * pairs)
