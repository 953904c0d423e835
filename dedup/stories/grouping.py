"""The step `group`: scored pairs -> story groups.

Connected components of the links above a loose floor; inside each component,
deterministic average linkage on log-odds (`linkage.py`), the medoids consenting.
Linkage never crosses a component, so that an arriving or leaving text changes
only the components that it touches. One that percolates is split at a higher floor first.

Round-ups, texts near to many that are not near each other, would bridge stories: they
take no part in components and linkage, and join the story that they fit best at the end.
A group that was silent for longer than `max_gap` is cut there.

Texts are numbered in the order of precedence; ties go to the smaller numbers.
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
from dedup.stories.affinity import log_odds_of
from dedup.stories.components import components_of, denser_parts, percolates
from dedup.stories.linkage import average_linkage
from dedup.stories.links import Links, PairScorer
from dedup.stories.round_ups import best_homes, round_ups

_MAX_GAP = NeighborConfig().max_gap


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
        split_components: Components that percolated, with more than `max_component_texts` texts
            or fewer links than `min_link_density`, and were split at a higher floor.
        round_ups: Numbers of the texts that joined last.
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
    keys: Int64s,
    scorer: PairScorer,
    config: StoryConfig = StoryConfig(),
    max_gap: timedelta = _MAX_GAP,
) -> Grouping:
    """Story groups of n texts.

    Args:
        first: One end of each scored pair, int64 of shape (m,).
        second: The other end, int64 of shape (m,).
        log_odds: Of each pair, in units of 1/1000, int64 of shape (m,). Pairs below the floor
            may be left out.
        seconds: Publication times, int64 of shape (n,), `UNDATED` where unknown.
        keys: A number of each text that no other text changes, such as a hash of its id; int64 of
            shape (n,).
        scorer: Scores the pairs inside a component that were no candidates.
        config: Probabilities of floor and merging, largest component, round-ups.
        max_gap: A group that was silent for longer is cut there.

    Returns:
        A function of the set of links; their order does not matter.
    """
    floor = log_odds_of(config.min_link_probability)
    links = Links.of(first, second, log_odds, len(seconds)).at_least(floor)
    late = round_ups(links, scorer, config)
    others = np.setdiff1d(np.arange(len(seconds)), late)
    components = list(components_of(links, others, floor))
    percolate = [percolates(component, keys, scorer, config, floor) for component in components]
    pieces = [
        piece
        for component, split in zip(components, percolate, strict=True)
        for part in (denser_parts(links, component, keys, scorer, config) if split else [component])
        for piece in _linked(part, seconds, scorer, config, max_gap)
    ]
    pieces.sort(key=lambda each: int(each.members[0]))
    groups = _with_late(pieces, late, links, seconds, scorer, config, max_gap)
    return Grouping(
        tuple(sorted(groups, key=lambda each: int(each.members[0]))),
        sum(len(component) > 1 for component in components),
        max(map(len, components), default=0),
        sum(percolate),
        tuple(late.tolist()),
    )


def _linked(
    part: Int64s, seconds: Int64s, scorer: PairScorer, config: StoryConfig, max_gap: timedelta
) -> list[Group]:
    """Groups of a part; one that is still too large is one group."""
    if len(part) == 1 or len(part) > config.max_component_texts:
        pieces = unbroken(part, seconds[part], lambda a, b: scorer.block(part[a], part[b]), max_gap)
        return [described(part[piece], scorer) for piece in pieces]
    return linked_part(part, seconds[part], scorer.block(part, part), config, max_gap)


def linked_part(
    part: Int64s,
    seconds: Int64s,
    scores: Int64s,
    config: StoryConfig,
    max_gap: timedelta,
    compiled: bool | None = None,
) -> list[Group]:
    """Groups by average linkage, cut where they were silent.

    Args:
        part: Texts, in the order of precedence, int64 of shape (k,).
        seconds: Their times, int64 of shape (k,).
        scores: Their log-odds with one another, int64 of shape (k, k); the diagonal becomes 0.
        config: What merges.
        max_gap: A group that was silent for longer is cut there.
        compiled: See `average_linkage`.
    """
    np.fill_diagonal(scores, 0)
    labels = average_linkage(
        scores,
        log_odds_of(config.min_probability),
        log_odds_of(config.min_medoid_probability),
        compiled,
    )
    found = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        known = scores[np.ix_(members, members)]
        for piece in unbroken(members, seconds[members], partial(_taken, known), max_gap):
            inside = members[piece]
            found.append(described_by(part[inside], known[np.ix_(piece, piece)]))
    return found


def _taken(scores: Int64s, rows: Int64s, columns: Int64s) -> Int64s:
    return scores[np.ix_(rows, columns)]


def unbroken(
    members: Int64s,
    seconds: Int64s,
    block: Callable[[Int64s, Int64s], Int64s],
    max_gap: timedelta,
) -> list[Int64s]:
    """Places of a group, cut where it was silent for too long; the undated go where they fit best.

    Args:
        members: The texts, int64 of shape (k,).
        seconds: Their times, int64 of shape (k,).
        block: Log-odds of some places with others.
        max_gap: Longest silence.

    Returns:
        Places among the members, ascending in each piece.
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
        np.sort(np.concatenate((piece, undated[homes == number])))
        for number, piece in enumerate(pieces)
    ]


def _with_late(
    groups: Sequence[Group],
    late: Int64s,
    links: Links,
    seconds: Int64s,
    scorer: PairScorer,
    config: StoryConfig,
    max_gap: timedelta,
) -> list[Group]:
    """The groups, with each round-up in the one that it fits best, or alone.

    Every round-up sees the groups as they were before any of them joined.
    """
    homes = best_homes(
        late, [each.members for each in groups], links, seconds, scorer, config, max_gap
    )
    made = [*groups, *(described(late[[place]], scorer) for place in np.flatnonzero(homes < 0))]
    for number in np.unique(homes[homes >= 0]).tolist():
        joined = np.concatenate((groups[number].members, late[homes == number]))
        made[number] = described(np.sort(joined), scorer)
    return made


def described(members: Int64s, scorer: PairScorer) -> Group:
    """The group of these texts, with its medoid."""
    if len(members) == 1:
        return Group(members, int(members[0]), np.empty(0))
    return described_by(members, scorer.block(members, members))


def described_by(members: Int64s, scores: Int64s) -> Group:
    """The group of texts with these scores, int64 of shape (k, k)."""
    if len(members) == 1:
        return Group(members, int(members[0]), np.empty(0))
    sums = scores.sum(axis=1) - scores.diagonal()
    return Group(members, int(members[np.argmax(sums)]), sums / (len(members) - 1))
