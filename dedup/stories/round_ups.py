"""Round-ups: hub documents, linked to many texts that are not linked to each other.

A round-up, a live page or a morning briefing tells of many events. Source of the measure: the
clustering coefficient of Watts & Strogatz 1998.
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
from dedup.stories.pairs import joined_links

if TYPE_CHECKING:
    from dedup.stories.links import PairScorer

_SAMPLE = 12
_TEXTS_AT_ONCE = 4096
_MEMBERS_AT_ONCE = 1 << 20
_MANY = 200_000
"""With fewer links the product of two matrices costs less than loading the kernel."""


def round_ups(links: Links, scorer: PairScorer, config: StoryConfig) -> Int64s:
    """Rows of the round-ups, ascending.

    At least `roundup_min_links` texts are linked to a round-up with `min_probability`, and of the
    pairs among these (among twelve of them, evenly chosen) at most the share
    `roundup_max_clustering` is as probable.

    Args:
        links: Links above the floor.
        scorer: Scores pairs that are not linked.
        config: `min_probability` and the limits of round-ups.

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
    """Which texts are round-ups, of those with many links and few among these; bool (k,).

    Args:
        around: For each text the rows of those it is linked to, in the order of precedence.
        scorer: Scores pairs among these.
        config: Largest share of probable pairs, and `min_probability`.
    """
    first, second, owner = _pairs_among(around)
    close = scorer.log_odds(first, second) >= log_odds_of(config.min_probability)
    pairs = np.bincount(owner, minlength=len(around))
    shares = np.bincount(owner, close, minlength=len(around)) / np.maximum(pairs, 1)
    loose: BoolMask = shares <= config.roundup_max_clustering
    return loose


def _pairs_among(lists: Sequence[Int64s]) -> tuple[Int64s, Int64s, Int64s]:
    """Pairs among a sample of each list of rows, and the index of the list."""
    parts = []
    for index, around in enumerate(lists):
        sample = around[np.linspace(0, len(around) - 1, min(len(around), _SAMPLE)).astype(int)]
        a, b = np.triu_indices(len(sample), 1)
        parts.append((sample[a], sample[b], np.full(len(a), index)))
    return joined_links(parts)


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
    round_ups: Int64s,
    groups: Sequence[Int64s],
    links: Links,
    seconds: Int64s,
    scorer: PairScorer,
    config: StoryConfig,
    max_gap: timedelta,
) -> Int64s:
    """Index of the group that each round-up joins: that of the highest mean log-odds.

    Only groups that the round-up has a link to, and that have a text within `max_gap` of it, are
    compared; of equal ones the first is chosen.

    Args:
        round_ups: Rows of the round-ups, int64 of shape (k,).
        groups: Rows of the members of the groups of the other texts.
        links: All links.
        seconds: Times of all texts, int64 of shape (n,), `UNDATED` where unknown.
        scorer: Scores round-ups with members.
        config: Smallest probability of joining.
        max_gap: Longest silence.

    Returns:
        int64 of shape (k,); -1 for a text that stays alone.
    """
    if not len(round_ups):
        return np.empty(0, np.int64)
    group_of = np.full(links.count, -1)
    for index, members in enumerate(groups):
        group_of[members] = index
    near = [np.unique(group_of[links.neighbors(row)]) for row in round_ups.tolist()]
    places = np.repeat(np.arange(len(round_ups)), [len(indices) for indices in near])
    homes = np.concatenate(near)
    places, homes = places[homes >= 0], homes[homes >= 0]
    silences = _silences(round_ups[places], homes, groups, seconds)
    close = silences <= max_gap.total_seconds()
    places, homes = places[close], homes[close]
    means = mean_log_odds(round_ups[places], [groups[home] for home in homes.tolist()], scorer)
    order = np.lexsort((homes, -means, places))
    order = order[means[order] >= log_odds_of(config.min_probability)]
    best = np.full(len(round_ups), -1)
    # The first of each round-up is the best; it is written last.
    best[places[order[::-1]]] = homes[order[::-1]]
    return best


def mean_log_odds(
    texts: Int64s, groups: Sequence[Int64s], scorer: PairScorer
) -> npt.NDArray[np.float64]:
    """Mean log-odds of each text with the members of a group, float64 of shape (m,).

    Args:
        texts: Row of a text for each group, int64 of shape (m,).
        groups: Rows of the members, at least one each.
        scorer: Scores pairs.
    """
    sizes = np.array([len(members) for members in groups], np.int64)
    # About a million pairs at a time, to bound the memory.
    cuts = np.flatnonzero(np.diff(np.cumsum(sizes) // _MEMBERS_AT_ONCE)) + 1
    means = [np.empty(0)]
    for part in np.split(np.arange(len(texts)), cuts):
        if len(part):
            members = np.concatenate([groups[index] for index in part.tolist()])
            log_odds = scorer.log_odds(np.repeat(texts[part], sizes[part]), members)
            starts = np.cumsum(sizes[part]) - sizes[part]
            means.append(np.add.reduceat(log_odds, starts) / sizes[part])
    return np.concatenate(means)


def _silences(
    texts: Int64s, homes: Int64s, groups: Sequence[Int64s], seconds: Int64s
) -> npt.NDArray[np.float64]:
    """Seconds from each text to the nearest dated member of its group; 0 without two dates."""
    silences = np.zeros(len(texts))
    for place, (text, home) in enumerate(zip(texts.tolist(), homes.tolist(), strict=True)):
        times = seconds[groups[home]]
        times = times[times != UNDATED]
        if seconds[text] != UNDATED and len(times):
            silences[place] = np.abs(times - seconds[text]).min()
    return silences
