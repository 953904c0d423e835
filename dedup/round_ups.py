"""Which texts only bring others together.

A round-up, a live page or a morning briefing is near to many texts that are not near each
other. Source of the measure: the clustering coefficient of Watts & Strogatz 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from dedup import kernels
from dedup.affinity import log_odds_of
from dedup.config import StoryConfig
from dedup.links import Links
from dedup.shingles import BoolMask, Int64s
from dedup.threads import mapped

if TYPE_CHECKING:
    from dedup.stories import PairScorer

_LOOKED_AT = 12
_TEXTS_AT_ONCE = 4096
_MANY = 200_000
"""With fewer links the product of two matrices costs less than loading the kernel."""


def round_ups(links: Links, scorer: PairScorer, config: StoryConfig) -> Int64s:
    """Numbers of the texts that are near to many which are not near each other, ascending.

    At least `round_up_links` texts are linked to it with `min_probability`, and of the pairs
    among these (twelve of them, evenly chosen) at most the share `round_up_cohesion` is as
    probable.
    """
    floor = log_odds_of(config.min_probability)
    near = links.at_least(floor)
    suspects = _loosely_linked(near, config)
    return suspects[hold_nothing_together(list(map(near.around, suspects.tolist())), scorer, config)]


def hold_nothing_together(
    around: Sequence[Int64s], scorer: PairScorer, config: StoryConfig
) -> BoolMask:
    """Which texts are round-ups, of those with enough links and few among these; bool (k,).

    Args:
        around: The texts that each is linked to, in the order of precedence.
        scorer: Scores pairs among these.
        config: Which share of the pairs may be probable, and what is probable.
    """
    first, second, owner = _pairs_among(around)
    close = scorer.log_odds(first, second) >= log_odds_of(config.min_probability)
    pairs = np.bincount(owner, minlength=len(around))
    shares = np.bincount(owner, close, minlength=len(around)) / np.maximum(pairs, 1)
    loose: BoolMask = shares <= config.round_up_cohesion
    return loose


def _pairs_among(lists: Sequence[Int64s]) -> tuple[Int64s, Int64s, Int64s]:
    """Pairs among some of the texts of each list, and the place of the list."""
    nothing = np.empty(0, np.int64)
    parts = [(nothing, nothing, nothing)]
    for place, around in enumerate(lists):
        chosen = around[np.linspace(0, len(around) - 1, min(len(around), _LOOKED_AT)).astype(int)]
        a, b = np.triu_indices(len(chosen), 1)
        parts.append((chosen[a], chosen[b], np.full(len(a), place)))
    first, second, owner = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return first, second, owner


def _loosely_linked(near: Links, config: StoryConfig) -> Int64s:
    """Texts with enough links and few among those: pairs that were no candidates may be more."""
    starts = np.searchsorted(near.first, np.arange(near.count + 1))
    degrees = np.diff(starts)
    many = np.flatnonzero(degrees >= config.round_up_links)
    count = closed_compiled if kernels.chosen(None, len(near.first) >= _MANY) else closed_plain
    pairs = degrees[many] * (degrees[many] - 1)
    loose: Int64s = many[count(near, starts, many) <= config.round_up_cohesion * pairs]
    return loose


def closed_plain(near: Links, starts: Int64s, texts: Int64s) -> Int64s:
    """Ordered pairs of texts linked to each that are linked themselves, int64 of shape (k,).

    Args:
        near: The links.
        starts: First link of each text, int64 of shape (n + 1,).
        texts: Numbers of the texts that are asked for, int64 of shape (k,).
    """
    ones = np.ones(len(near.first), np.int64)
    graph = sp.csr_array((ones, near.second, starts), shape=(near.count,) * 2)
    closed: Int64s = np.asarray((graph[texts] @ graph).multiply(graph[texts]).sum(axis=1)).ravel()
    return closed


def closed_compiled(near: Links, starts: Int64s, texts: Int64s) -> Int64s:
    """The same by a kernel, which holds no product of matrices."""
    from dedup.kernels.triangles import closed_pairs

    def one(part: Int64s) -> Int64s:
        found: Int64s = closed_pairs(starts, near.second, part)
        return found

    parts = np.split(texts, np.arange(_TEXTS_AT_ONCE, len(texts), _TEXTS_AT_ONCE))
    closed: Int64s = np.concatenate(list(mapped(one, parts)))
    return closed
