"""The step `group`: scored pairs -> story groups.

Connected components of the links above a loose floor, split where only chance holds them
together (`components.py`); inside each, deterministic average linkage on log-odds, where no merge
may loosen a close-knit group (`linkage.py`). Linkage never crosses a component, so that an
arriving or leaving text changes only the components that it touches.

Round-ups, texts near to many that are not near each other, and digests, which quote several
texts (`duplicates/digests.py`), would bridge stories: they take no part in components and linkage,
and join the story that they fit best at the end.
A group that was silent for longer than `max_gap` is cut there.

Texts are rows in the order of precedence; of equal candidates the one in the smaller row wins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np
import numpy.typing as npt

from dedup.articles import UNDATED
from dedup.compute.arrays import Int64s
from dedup.config import NeighborConfig, StoryConfig
from dedup.stories.affinity import log_odds_of, log_odds_of_ratio
from dedup.stories.components import components
from dedup.stories.linkage import average_linkage
from dedup.stories.links import Links, PairScorer
from dedup.stories.round_ups import best_homes, round_ups

_MAX_GAP = NeighborConfig().max_gap


@dataclass(frozen=True, slots=True)
class Group:
    """Group of texts that cover one event.

    Args:
        members: Rows of the texts, ascending, int64 of shape (k,).
        medoid: Row of the text with the highest mean log-odds to the others.
        mean_log_odds: Mean log-odds of each member with the others, float64 of shape (k,), in
            units of 1/1000; empty in a group of one.
    """

    members: Int64s
    medoid: int
    mean_log_odds: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups of all texts.

    Args:
        groups: Groups ordered by their first member; every text is in exactly one.
        components: Number of components of two texts or more.
        largest_component: Number of texts in the largest component.
        split_components: Number of components that percolated, with more than
            `max_component_texts` texts or fewer links than `min_link_density`, and were split.
        round_ups: Rows of the round-ups.
    """

    groups: tuple[Group, ...]
    components: int
    largest_component: int
    split_components: int
    round_ups: tuple[int, ...]


def group(
    first: Int64s,
    second: Int64s,
    log_odds: Int64s,
    seconds: Int64s,
    id_hashes: Int64s,
    scorer: PairScorer,
    config: StoryConfig = StoryConfig(),
    max_gap: timedelta = _MAX_GAP,
    digests: Int64s | None = None,
) -> Grouping:
    """Story groups of n texts.

    Args:
        first: Row of the first text of each scored pair, int64 of shape (m,).
        second: Row of the second text, int64 of shape (m,).
        log_odds: Log-odds of each pair, in units of 1/1000, int64 of shape (m,). Pairs below the
            floor may be left out.
        seconds: Publication times, int64 of shape (n,), `UNDATED` where unknown.
        id_hashes: A hash of the id of each text, int64 of shape (n,).
        scorer: Scores the pairs inside a component that were no candidates.
        config: Probabilities of floor and merging, largest component, round-ups.
        max_gap: A group that was silent for longer is cut there.
        digests: Rows of texts that quote several others, which are round-ups, int64 of shape (k,).

    Returns:
        A function of the set of links; their order does not matter.
    """
    floor = log_odds_of(config.min_link_probability)
    links = Links.of(first, second, log_odds, len(seconds)).at_least(floor)
    apart = round_ups(links, scorer, config)
    if digests is not None:
        apart = np.union1d(apart, digests)
    absent = np.zeros(len(seconds), bool)
    absent[apart] = True
    split = components(links, absent, id_hashes, scorer, config)
    groups = [
        linked
        for rows in split.subcomponents
        for linked in _linked(rows, seconds, scorer, config, max_gap)
    ]
    groups = _with_round_ups(_ordered(groups), apart, links, seconds, scorer, config, max_gap)
    return Grouping(
        tuple(_ordered(groups)),
        split.count,
        split.largest,
        split.percolating,
        tuple(apart.tolist()),
    )


def _ordered(groups: list[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: int(group.members[0]))


def _linked(
    rows: Int64s, seconds: Int64s, scorer: PairScorer, config: StoryConfig, max_gap: timedelta
) -> list[Group]:
    """Groups of a subcomponent; one that is still too large is one group."""
    if len(rows) == 1 or len(rows) > config.max_component_texts:
        pieces = unbroken(rows, seconds[rows], lambda a, b: scorer.block(rows[a], rows[b]), max_gap)
        return [described(rows[piece], scorer) for piece in pieces]
    return linked_groups(rows, seconds[rows], scorer.block(rows, rows), config, max_gap)


def linked_groups(
    rows: Int64s,
    seconds: Int64s,
    scores: Int64s,
    config: StoryConfig,
    max_gap: timedelta,
    compiled: bool | None = None,
) -> list[Group]:
    """Groups of a subcomponent by average linkage, cut where they were silent.

    Args:
        rows: Rows of its texts, in the order of precedence, int64 of shape (k,).
        seconds: Their times, int64 of shape (k,).
        scores: Log-odds of all pairs, int64 of shape (k, k); the diagonal is set to 0.
        config: Probabilities of merging.
        max_gap: A group that was silent for longer is cut there.
        compiled: See `average_linkage`.
    """
    np.fill_diagonal(scores, 0)
    labels = average_linkage(
        scores,
        log_odds_of(config.min_probability),
        log_odds_of_ratio(config.max_odds_ratio),
        compiled,
    )
    groups = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        inside = scores[np.ix_(members, members)]
        pieces = unbroken(members, seconds[members], partial(_block_of, inside), max_gap)
        groups += [
            described_by(rows[members[piece]], inside[np.ix_(piece, piece)]) for piece in pieces
        ]
    return groups


def _block_of(scores: Int64s, rows: Int64s, columns: Int64s) -> Int64s:
    return scores[np.ix_(rows, columns)]


def unbroken(
    members: Int64s,
    seconds: Int64s,
    block: Callable[[Int64s, Int64s], Int64s],
    max_gap: timedelta,
) -> list[Int64s]:
    """Pieces of a group that was silent for too long; the undated join the piece they fit best.

    Args:
        members: Rows of the texts, int64 of shape (k,).
        seconds: Their times, int64 of shape (k,).
        block: Log-odds of members with members, by their positions in the group.
        max_gap: Longest silence.

    Returns:
        Positions in the group, ascending in each piece.
    """
    places = np.arange(len(members))
    dated = places[seconds != UNDATED]
    dated = dated[np.argsort(seconds[dated], kind="stable")]
    cuts = np.flatnonzero(np.diff(seconds[dated]) > max_gap.total_seconds()) + 1
    if not len(cuts):
        return [places]
    pieces = np.split(dated, cuts)
    undated = places[seconds == UNDATED]
    fits = np.array([block(undated, piece).mean(axis=1) for piece in pieces])
    homes = fits.argmax(axis=0)
    return [
        np.sort(np.concatenate((piece, undated[homes == index])))
        for index, piece in enumerate(pieces)
    ]


def _with_round_ups(
    groups: Sequence[Group],
    apart: Int64s,
    links: Links,
    seconds: Int64s,
    scorer: PairScorer,
    config: StoryConfig,
    max_gap: timedelta,
) -> list[Group]:
    """Groups, with each round-up in the one that it fits best, or in a group of its own.

    Every round-up is compared with the groups as they were before any round-up joined.
    """
    homes = best_homes(
        apart, [group.members for group in groups], links, seconds, scorer, config, max_gap
    )
    alone = (described(apart[[place]], scorer) for place in np.flatnonzero(homes < 0))
    joined = [*groups, *alone]
    for index in np.unique(homes[homes >= 0]).tolist():
        members = np.concatenate((groups[index].members, apart[homes == index]))
        joined[index] = described(np.sort(members), scorer)
    return joined


def described(members: Int64s, scorer: PairScorer) -> Group:
    """Group of these texts, with its medoid."""
    if len(members) == 1:
        return Group(members, int(members[0]), np.empty(0))
    return described_by(members, scorer.block(members, members))


def described_by(members: Int64s, scores: Int64s) -> Group:
    """Group of texts with these log-odds of all pairs, int64 of shape (k, k)."""
    if len(members) == 1:
        return Group(members, int(members[0]), np.empty(0))
    sums = scores.sum(axis=1) - scores.diagonal()
    return Group(members, int(members[np.argmax(sums)]), sums / (len(members) - 1))
