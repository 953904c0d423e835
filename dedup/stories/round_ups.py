"""Which texts only bring others together.

A round-up, a live page or a morning briefing is near to many texts that are not near each
other. Source of the measure: the clustering coefficient of Watts & Strogatz 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from dedup.articles import UNDATED
from dedup.compute import compiled as kernels
from dedup.compute.arrays import BoolMask, Int64s
from dedup.compute.threads import mapped
from dedup.config import StoryConfig
from dedup.stories.affinity import log_odds_of
from dedup.stories.links import Links

if TYPE_CHECKING:
    from dedup.stories.links import PairScorer

_LOOKED_AT = 12
_TEXTS_AT_ONCE = 4096
_MEMBERS_AT_ONCE = 1 << 20
_MANY = 200_000
"""With fewer links the product of two matrices costs less than loading the kernel."""


def round_ups(links: Links, scorer: PairScorer, config: StoryConfig) -> Int64s:
    """Numbers of the texts that are near to many which are not near each other, ascending.

    At least `roundup_min_links` texts are linked to it with `min_probability`, and of the pairs
    among these (twelve of them, evenly chosen) at most the share `roundup_max_clustering` is as
    probable.

    Args:
        links: Links above the floor.
        scorer: Scores pairs that are not linked.
        config: Uses `min_probability` and the limits of round-ups.

    Returns:
        int64 of shape (k,).
    """
    floor = log_odds_of(config.min_probability)
    near = links.at_least(floor)
    suspects = _loosely_linked(near, config)
    return suspects[
        hold_nothing_together(list(map(near.neighbors, suspects.tolist())), scorer, config)
    ]


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
    loose: BoolMask = shares <= config.roundup_max_clustering
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
    """Texts with many links and few among those; pairs that were no candidates may add more."""
    starts = np.searchsorted(near.first, np.arange(near.count + 1))
    degrees = np.diff(starts)
    many = np.flatnonzero(degrees >= config.roundup_min_links)
    if not kernels.chosen(None, len(near.first) >= _MANY):
        ones = np.ones(len(near.first), np.int64)
        graph = sp.csr_array((ones, near.second, starts), shape=(near.count,) * 2)
        closed: Int64s = np.asarray((graph[many] @ graph).multiply(graph[many]).sum(axis=1)).ravel()
        pairs = degrees[many] * (degrees[many] - 1)
        loose: BoolMask = closed <= config.roundup_max_clustering * pairs
        return many[loose]
    from dedup.stories.kernels.round_ups import loosely_linked

    counts, others, weights = (
        column.astype(np.int32) for column in (degrees, near.second, near.log_odds)
    )
    table = starts, counts, counts, others, weights
    limits = np.iinfo(np.int32).min, config.roundup_min_links, config.roundup_max_clustering
    parts = np.split(many, np.arange(_TEXTS_AT_ONCE, len(many), _TEXTS_AT_ONCE))
    return np.concatenate(
        list(mapped(lambda part: part[loosely_linked(table, part, *limits)], parts))
    )


def best_homes(
    late: Int64s,
    groups: Sequence[Int64s],
    links: Links,
    seconds: Int64s,
    scorer: PairScorer,
    config: StoryConfig,
    max_gap: timedelta,
) -> Int64s:
    """Which group each round-up joins: the one with the highest mean log-odds, of equal the first.

    Asked are groups that it has a link to and that were not silent for too long around it.

    Args:
        late: The round-ups, int64 of shape (k,).
        groups: Members of the groups of the other texts.
        links: All links.
        seconds: Times of all texts, int64 of shape (n,), `UNDATED` where unknown.
        scorer: Scores round-ups with members.
        config: What a round-up joins.
        max_gap: Longest silence.

    Returns:
        Numbers of groups, int64 of shape (k,); -1 for a text that stays alone.
    """
    if not len(late):
        return np.empty(0, np.int64)
    home = np.full(links.count, -1)
    for number, members in enumerate(groups):
        home[members] = number
    around = [np.unique(home[links.neighbors(text)]) for text in late.tolist()]
    places = np.repeat(np.arange(len(late)), [len(each) for each in around])
    near = np.concatenate([np.empty(0, np.int64), *around])
    kept = near >= 0
    kept[kept] = _silences(late[places[kept]], near[kept], groups, seconds) <= (
        max_gap.total_seconds()
    )
    places, near = places[kept], near[kept]
    means = mean_log_odds(late[places], [groups[number] for number in near.tolist()], scorer)
    order = np.lexsort((near, -means, places))
    order = order[means[order] >= log_odds_of(config.min_probability)]
    chosen = np.full(len(late), -1)
    # The first of each round-up is the best; it is written last.
    chosen[places[order[::-1]]] = near[order[::-1]]
    return chosen


def mean_log_odds(
    texts: Int64s, groups: Sequence[Int64s], scorer: PairScorer
) -> npt.NDArray[np.float64]:
    """Mean log-odds of each text with the members of a group, float64 of shape (m,).

    Args:
        texts: One for each group, int64 of shape (m,).
        groups: Members, at least one each.
        scorer: Scores pairs.
    """
    sizes = np.array([len(each) for each in groups], np.int64)
    # Pairs of about a million members at a time: what is held for each of them adds up.
    cuts = np.flatnonzero(np.diff(np.cumsum(sizes) // _MEMBERS_AT_ONCE)) + 1
    means = [np.empty(0)]
    for part in np.split(np.arange(len(texts)), cuts):
        if len(part):
            members = np.concatenate([groups[number] for number in part.tolist()])
            log_odds = scorer.log_odds(np.repeat(texts[part], sizes[part]), members)
            starts = np.cumsum(sizes[part]) - sizes[part]
            means.append(np.add.reduceat(log_odds, starts) / sizes[part])
    return np.concatenate(means)


def _silences(
    texts: Int64s, numbers: Int64s, groups: Sequence[Int64s], seconds: Int64s
) -> npt.NDArray[np.float64]:
    """Seconds from texts to the nearest dated member of groups; 0 where one has no date."""
    owners = np.repeat(np.arange(len(groups)), [len(each) for each in groups])
    times = seconds[np.concatenate([np.empty(0, np.int64), *groups])]
    dated = times != UNDATED
    owners, times = owners[dated], times[dated]
    order = np.lexsort((times, owners))
    owners, times = owners[order], times[order]
    asked = seconds[texts]
    starts, stops = (np.searchsorted(owners, numbers, side) for side in ("left", "right"))
    silent = np.zeros(len(texts))
    for place in np.flatnonzero((asked != UNDATED) & (starts < stops)).tolist():
        inside = times[starts[place] : stops[place]]
        after = int(np.searchsorted(inside, asked[place]))
        nearest = inside[max(0, after - 1) : after + 1]
        silent[place] = np.abs(nearest - asked[place]).min()
    return silent
