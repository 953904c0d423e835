"""Which texts only bring others together.

A round-up, a live page or a morning briefing is near to many texts that are not near each
other. Source of the measure: the clustering coefficient of Watts & Strogatz 1998.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from dedup.affinity import log_odds_of
from dedup.config import StoryConfig
from dedup.links import Links
from dedup.shingles import Int64s

if TYPE_CHECKING:
    from dedup.stories import PairScorer

_MOST_AROUND = 64


def round_ups(links: Links, scorer: PairScorer, config: StoryConfig) -> Int64s:
    """Numbers of the texts that are near to many which are not near each other, ascending.

    At least `round_up_links` texts are linked to it with `min_probability`, and of the pairs
    among these (the first 64 of them) at most the share `round_up_cohesion` is as probable.
    """
    floor = log_odds_of(config.min_probability)
    near = links.at_least(floor)
    found = [
        text
        for text in _loosely_linked(near, config)
        if _share_among(near.around(text)[:_MOST_AROUND], scorer, floor) <= config.round_up_cohesion
    ]
    return np.array(found, np.int64)


def _loosely_linked(near: Links, config: StoryConfig) -> list[int]:
    """Texts with enough links and few among those: pairs that were no candidates may be more."""
    ones = np.ones(len(near.first), np.int64)
    graph = sp.coo_array((ones, (near.first, near.second)), shape=(near.count,) * 2).tocsr()
    degrees = np.bincount(near.first, minlength=near.count)
    many = np.flatnonzero(degrees >= config.round_up_links)
    closed: Int64s = np.asarray((graph[many] @ graph).multiply(graph[many]).sum(axis=1)).ravel()
    pairs = degrees[many] * (degrees[many] - 1)
    # With more neighbours than are looked at, the links say nothing about those.
    loose = (closed <= config.round_up_cohesion * pairs) | (degrees[many] > _MOST_AROUND)
    found: list[int] = many[loose].tolist()
    return found


def _share_among(texts: Int64s, scorer: PairScorer, floor: int) -> float:
    """Share of the pairs among some texts with at least these log-odds."""
    scores = scorer.block(texts, texts)[np.triu_indices(len(texts), 1)]
    return float((scores >= floor).mean())
