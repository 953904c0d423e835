"""The step `group`: scored pairs -> story groups.

Connected components of the links above a loose floor; inside each component,
deterministic average linkage on log-odds: the two groups whose pairs have the
highest mean log-odds merge, until that mean falls below the wanted probability.
Linkage never crosses a component, so that an arriving or leaving text changes
only the components that it touches.

Texts are numbered in the order of precedence; ties go to the smaller numbers. Log-odds
are whole numbers, so that the sum over the pairs of two groups is exact, and its mean
is a function of the two groups alone, not of the order in which they grew.

Source: Sokal & Michener 1958 (average linkage, UPGMA).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from dedup.affinity import LOG_ODDS_UNIT, log_odds_of
from dedup.config import StoryConfig
from dedup.shingles import Int64s

_RAISE_FLOOR = round(0.25 / LOG_ODDS_UNIT)


class PairScorer(Protocol):
    """What `group` needs of `affinity.Affinity`."""

    def matrix(self, members: Int64s) -> Int64s:
        """Log-odds of all pairs of k texts, int64 of shape (k, k), symmetric."""
        ...


@dataclass(frozen=True, slots=True)
class Group:
    """Texts that cover one event.

    Args:
        members: Numbers of the texts, ascending, int64 of shape (k,).
        medoid: Number of the text with the highest mean log-odds to the others.
        mean_log_odds: Of each member with the others, float64 of shape (k,), in
            units of 1/1000; empty in a group of one.
    """

    members: Int64s
    medoid: int
    mean_log_odds: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grouping:
    """All texts in groups.

    Args:
        groups: By their first member; every text is in exactly one.
        components: Number of components of two texts or more.
        largest_component: Texts in the largest one.
        split_components: Components that were larger than `max_component` and
            were split at a higher floor.
    """

    groups: tuple[Group, ...]
    components: int
    largest_component: int
    split_components: int


def group(
    count: int,
    first: Int64s,
    second: Int64s,
    log_odds: Int64s,
    scorer: PairScorer,
    config: StoryConfig = StoryConfig(),
) -> Grouping:
    """Story groups of n texts.

    Args:
        count: Number of texts, n.
        first: One end of each scored pair, int64 of shape (m,).
        second: The other end, int64 of shape (m,).
        log_odds: Of each pair, in units of 1/1000, int64 of shape (m,).
        scorer: Scores the pairs inside a component that were no candidates.
        config: Probabilities of floor and merging, largest component.

    Returns:
        A function of the set of links; their order does not matter.
    """
    links = sp.coo_array((log_odds, (first, second)), shape=(count, count)).tocsr()
    floor = log_odds_of(config.floor_probability)
    components = list(_components(links, np.arange(count), floor))
    groups: list[Group] = []
    split = 0
    for component in components:
        parts = [component]
        if len(component) > config.max_component:
            split += 1
            parts = list(_split(links, component, floor, config.max_component))
        for part in parts:
            groups.extend(_link_part(part, scorer, config))
    sizes = [len(component) for component in components]
    return Grouping(
        tuple(sorted(groups, key=lambda each: int(each.members[0]))),
        sum(size > 1 for size in sizes),
        max(sizes, default=0),
        split,
    )


def _components(links: sp.csr_array, members: Int64s, floor: int) -> Iterator[Int64s]:
    """Components of the links of at least `floor` among the members, each ascending."""
    inside = links[members][:, members].tocoo()
    kept = inside.data >= floor
    graph = sp.coo_array(
        (np.ones(int(kept.sum()), np.int8), (inside.row[kept], inside.col[kept])),
        shape=inside.shape,
    )
    _, labels = connected_components(graph, directed=False)
    order = np.argsort(labels, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        if len(part):
            yield members[part]


def _split(
    links: sp.csr_array, component: Int64s, floor: int, max_component: int
) -> Iterator[Int64s]:
    """Parts of a component no larger than that, by raising the floor inside it only."""
    waiting = [(component, floor)]
    while waiting:
        members, level = waiting.pop()
        if len(members) <= max_component:
            yield members
            continue
        level += _RAISE_FLOOR
        waiting.extend((part, level) for part in _components(links, members, level))


def _link_part(part: Int64s, scorer: PairScorer, config: StoryConfig) -> Iterator[Group]:
    if len(part) == 1:
        yield Group(part, int(part[0]), np.empty(0))
        return
    scores = scorer.matrix(part)
    labels = average_linkage(scores, log_odds_of(config.min_probability))
    for label in np.unique(labels):
        inside = np.flatnonzero(labels == label)
        yield _described(part[inside], scores[np.ix_(inside, inside)])


def _described(members: Int64s, scores: Int64s) -> Group:
    if len(members) == 1:
        return Group(members, int(members[0]), np.empty(0))
    sums = scores.sum(axis=1)
    return Group(members, int(members[np.argmax(sums)]), sums / (len(members) - 1))


def average_linkage(scores: Int64s, min_mean: int) -> Int64s:
    """Labels of k items by average linkage on similarities.

    The pair of groups with the highest mean similarity merges first, of equal
    ones the pair with the smallest first members, as long as the mean is at
    least `min_mean`.

    Args:
        scores: Symmetric similarities, int64 of shape (k, k).
        min_mean: Smallest mean at which two groups still merge.

    Returns:
        For each item the smallest item of its group, int64 of shape (k,).
    """
    count = len(scores)
    sums = scores.astype(np.int64)
    sizes = np.ones(count, np.int64)
    means = sums.astype(np.float64)
    np.fill_diagonal(means, -np.inf)
    labels = np.arange(count)
    best = means.argmax(axis=1)
    highest = means[labels, best]
    while True:
        i = int(highest.argmax())
        if not highest[i] >= min_mean:
            return labels
        # The highest mean is found first at its smallest row, so that i < j.
        j = int(best[i])
        labels[labels == j] = i
        _merge(sums, sizes, means, i, j)
        _refresh(means, best, highest, i, j)


def _merge(sums: Int64s, sizes: Int64s, means: npt.NDArray[np.float64], i: int, j: int) -> None:
    """Group j becomes part of group i."""
    alive = np.isfinite(means[i]) | np.isfinite(means[j])
    alive[[i, j]] = False
    sums[i] += sums[j]
    sums[:, i] = sums[i]
    sizes[i] += sizes[j]
    means[i] = np.where(alive, sums[i] / (sizes[i] * sizes), -np.inf)
    means[:, i] = means[i]
    means[j] = means[:, j] = -np.inf


def _refresh(
    means: npt.NDArray[np.float64],
    best: npt.NDArray[np.intp],
    highest: npt.NDArray[np.float64],
    i: int,
    j: int,
) -> None:
    """The best partner of each row after groups i and j became i."""
    new = means[:, i]
    closer = (new > highest) | ((new == highest) & (i < best))
    stale = ((best == j) | ((best == i) & (new < highest))) & ~closer
    stale[[i, j]] = True
    best[closer], highest[closer] = i, new[closer]
    rows = np.flatnonzero(stale)
    best[rows] = means[rows].argmax(axis=1)
    highest[rows] = means[rows, best[rows]]
