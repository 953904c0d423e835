"""Components of links, and what to do with one that only chance holds together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from dedup.compute.arrays import Int64s
from dedup.config import StoryConfig
from dedup.stories.affinity import LOG_ODDS_UNIT, log_odds_of
from dedup.stories.links import Links

if TYPE_CHECKING:
    from dedup.stories.links import PairScorer

RAISE_FLOOR = round(0.25 / LOG_ODDS_UNIT)
CERTAIN = log_odds_of(0.98)
ASKED = 64


def components_of(links: Links, members: Int64s, floor: int) -> Iterator[Int64s]:
    """Components of the links of at least `floor` among the members, each int64 (k,), ascending."""
    place = np.full(links.count, -1)
    place[members] = np.arange(len(members))
    a, b = place[links.first], place[links.second]
    kept = (links.log_odds >= floor) & (a >= 0) & (b >= 0)
    graph = sp.coo_array(
        (np.ones(int(kept.sum()), np.int8), (a[kept], b[kept])), shape=(len(members),) * 2
    )
    _, labels = connected_components(graph, directed=False)
    order = np.argsort(labels, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        if len(part):
            yield members[part]


def percolates(
    members: Int64s, keys: Int64s, scorer: PairScorer, config: StoryConfig, floor: int
) -> bool:
    """Whether it is chance, not an event, that holds texts together.

    Links that are wrong now and then join any texts into one component as soon as each has
    more than one of them (Erdős & Rényi 1959). What grew so did not grow denser: a text is
    linked to the few beside it, and the ends of the chain have nothing in common. Texts of
    one event are all linked to each other, those of k equally large events in a share 1/k of
    their pairs. So the component itself is asked, not what else appeared in its time:
    which share of its pairs reaches the floor? Of large ones 64 texts are asked, those with the
    smallest keys: as good as drawn by lot, and one more text seldom changes who is asked. The
    n - 1 links that n texts need are a share 2/n: few texts never percolate.

    Args:
        members: Texts of a component, int64 of shape (k,).
        keys: Of all texts, int64 of shape (n,).
        scorer: Scores their pairs.
        config: The largest component, and the smallest share of linked pairs.
        floor: Log-odds of links, in units of 1/1000.
    """
    if len(members) > config.max_component_texts:
        return True
    if len(members) * config.min_link_density <= 2:
        return False
    asked = members[np.argsort(keys[members], kind="stable")[:ASKED]]
    scores = scorer.block(asked, asked)[np.triu_indices(len(asked), 1)]
    return sparse(int(np.count_nonzero(scores >= floor)), len(scores), config)


def sparse(linked: int, pairs: int, config: StoryConfig) -> bool:
    """Whether so few of the pairs of the texts that are asked are linked that it is chance."""
    return bool(linked < config.min_link_density * pairs)


def denser_parts(
    links: Links, component: Int64s, keys: Int64s, scorer: PairScorer, config: StoryConfig
) -> Iterator[Int64s]:
    """Parts of a component that percolates, by raising the floor inside it until none does.

    What near-certain links still hold together is left whole; if it is too large, the floor
    is raised further, as long as some of its links are stronger. Texts by number, int64 of
    shape (k,) each.
    """
    floor = log_odds_of(config.min_link_probability)
    forest = links.among(component).forest()
    waiting = [(component, floor)]
    while waiting:
        members, level = waiting.pop()
        below = level < CERTAIN
        level = min(level + RAISE_FLOOR, CERTAIN) if below else level + RAISE_FLOOR
        for part in components_of(forest, members, level):
            if level < CERTAIN:
                done = not percolates(part, keys, scorer, config, floor)
            else:
                done = len(part) <= config.max_component_texts or not len(
                    forest.among(part).at_least(level + RAISE_FLOOR).first
                )
            if done:
                yield part
            else:
                waiting.append((part, level))
