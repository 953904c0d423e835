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

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from dedup.affinity import LOG_ODDS_UNIT, log_odds_of
from dedup.config import NeighborConfig, StoryConfig
from dedup.linkage import average_linkage
from dedup.links import Links
from dedup.neighbors import UNDATED
from dedup.round_ups import round_ups
from dedup.shingles import Int64s

RAISE_FLOOR = round(0.25 / LOG_ODDS_UNIT)
_MAX_GAP = NeighborConfig().max_gap
CERTAIN = log_odds_of(0.98)
_ASKED = 64


class PairScorer(Protocol):
    """What `group` needs of `affinity.Affinity`."""

    def log_odds(self, first: Int64s, second: Int64s) -> Int64s:
        """Log-odds of pairs, int64 of shape (m,)."""
        ...

    def block(self, rows: Int64s, columns: Int64s) -> Int64s:
        """Log-odds of k texts with each of l, int64 of shape (k, l); symmetric."""
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


class GroupMemory:
    """Answers what `group` computed before of the same texts; this one remembers nothing.

    The linkage of the texts of a part, and the description of a group, depend on these texts alone.
    """

    def linked(
        self, part: Int64s, compute: Callable[[Int64s], Sequence[Int64s]]
    ) -> Sequence[Int64s]:
        """Groups by average linkage of the texts of a part."""
        return compute(part)

    def described(self, members: Int64s, compute: Callable[[Int64s], Group]) -> Group:
        """The group of these texts."""
        return compute(members)


@dataclass(frozen=True, slots=True)
class Grouping:
    """All texts in groups.

    Args:
        groups: By their first member; every text is in exactly one.
        components: Number of components of two texts or more.
        largest_component: Texts in the largest one.
        split_components: Components that percolated, with more than `max_component` texts
            or fewer links than `min_component_density`, and were split at a higher floor.
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
    scorer: PairScorer,
    config: StoryConfig = StoryConfig(),
    max_gap: timedelta = _MAX_GAP,
    memory: GroupMemory | None = None,
) -> Grouping:
    """Story groups of n texts.

    Args:
        first: One end of each scored pair, int64 of shape (m,).
        second: The other end, int64 of shape (m,).
        log_odds: Of each pair, in units of 1/1000, int64 of shape (m,). Pairs below the floor
            may be left out.
        seconds: Publication times, int64 of shape (n,), `UNDATED` where unknown.
        scorer: Scores the pairs inside a component that were no candidates.
        config: Probabilities of floor and merging, largest component, round-ups.
        max_gap: A group that was silent for longer is cut there.
        memory: Answers what was computed before; it changes nothing.

    Returns:
        A function of the set of links; their order does not matter.
    """
    recall = memory or GroupMemory()
    floor = log_odds_of(config.floor_probability)
    links = Links.of(first, second, log_odds, len(seconds)).at_least(floor)
    late = round_ups(links, scorer, config)
    others = np.setdiff1d(np.arange(len(seconds)), late)
    components = list(_components(links, others, floor))
    percolate = [percolates(component, scorer, config, floor) for component in components]
    groups = [
        piece
        for component, split in zip(components, percolate, strict=True)
        for part in (_parts(links, component, scorer, config) if split else [component])
        for members in recall.linked(part, lambda part: list(_linked(part, scorer, config)))
        for piece in unbroken(members, seconds, scorer, max_gap)
    ]
    groups = _with_late(sorted(groups, key=min), late, links, seconds, scorer, config, max_gap)
    return Grouping(
        tuple(
            recall.described(members, lambda members: described(members, scorer))
            for members in sorted(groups, key=min)
        ),
        sum(len(component) > 1 for component in components),
        max(map(len, components), default=0),
        sum(percolate),
        tuple(late.tolist()),
    )


def _components(links: Links, members: Int64s, floor: int) -> Iterator[Int64s]:
    """Components of the links of at least `floor` among the members, each ascending."""
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


def percolates(members: Int64s, scorer: PairScorer, config: StoryConfig, floor: int) -> bool:
    """Whether it is chance, not an event, that holds texts together.

    Links that are wrong now and then join any texts into one component as soon as each has
    more than one of them (Erdős & Rényi 1959). What grew so did not grow denser: a text is
    linked to the few beside it, and the ends of the chain have nothing in common. Texts of
    one event are all linked to each other, those of k equally large events in a share 1/k of
    their pairs. So the component itself is asked, not what else appeared in its time:
    which share of its pairs reaches the floor? Large ones are asked by 64 texts, evenly
    chosen. The n - 1 links that n texts need are a share 2/n: few texts never percolate.

    Args:
        members: Texts of a component, int64 of shape (k,).
        scorer: Scores their pairs.
        config: The largest component, and the smallest share of linked pairs.
        floor: Log-odds of links, in units of 1/1000.
    """
    if len(members) > config.max_component:
        return True
    if len(members) * config.min_component_density <= 2:
        return False
    places = np.linspace(0, len(members) - 1, min(len(members), _ASKED)).astype(np.int64)
    asked = members[places]
    scores = scorer.block(asked, asked)[np.triu_indices(len(asked), 1)]
    linked = np.count_nonzero(scores >= floor)
    return bool(linked < config.min_component_density * len(scores))


def _parts(
    links: Links, component: Int64s, scorer: PairScorer, config: StoryConfig
) -> Iterator[Int64s]:
    """Parts of a component that percolates, by raising the floor inside it until none does.

    What near-certain links still hold together is left whole.
    """
    floor = log_odds_of(config.floor_probability)
    forest = links.among(component).forest()
    waiting = [(component, floor)]
    while waiting:
        members, level = waiting.pop()
        level = min(level + RAISE_FLOOR, CERTAIN)
        for part in _components(forest, members, level):
            if level < CERTAIN and percolates(part, scorer, config, floor):
                waiting.append((part, level))
            else:
                yield part


def _linked(part: Int64s, scorer: PairScorer, config: StoryConfig) -> Iterator[Int64s]:
    """Groups by average linkage; a part that is still too large is one group."""
    if len(part) == 1 or len(part) > config.max_component:
        yield part
        return
    scores = scorer.block(part, part)
    np.fill_diagonal(scores, 0)
    labels = average_linkage(
        scores, log_odds_of(config.min_probability), log_odds_of(config.medoid_probability)
    )
    for label in np.unique(labels):
        yield part[labels == label]


def unbroken(
    members: Int64s, seconds: Int64s, scorer: PairScorer, max_gap: timedelta
) -> list[Int64s]:
    """The group, cut where it was silent for too long; undated texts go where they fit best."""
    dated = members[seconds[members] != UNDATED]
    dated = dated[np.lexsort((dated, seconds[dated]))]
    cuts = np.flatnonzero(np.diff(seconds[dated]) > max_gap.total_seconds()) + 1
    if not len(cuts):
        return [members]
    pieces = np.split(dated, cuts)
    undated = members[seconds[members] == UNDATED]
    fits = np.array([scorer.block(undated, piece).mean(axis=1) for piece in pieces])
    homes = fits.argmax(axis=0)
    return [
        np.sort(np.concatenate((piece, undated[homes == number])))
        for number, piece in enumerate(pieces)
    ]


def _with_late(
    groups: Sequence[Int64s],
    late: Int64s,
    links: Links,
    seconds: Int64s,
    scorer: PairScorer,
    config: StoryConfig,
    max_gap: timedelta,
) -> list[Int64s]:
    """The groups, with each round-up in the one that it fits best, or alone.

    Every round-up sees the groups as they were before any of them joined.
    """
    home = np.full(links.count, -1)
    for number, members in enumerate(groups):
        home[members] = number
    joining: dict[int, list[int]] = {}
    alone = []
    for text in late.tolist():
        near = np.unique(home[links.around(text)])
        around = near[near >= 0].tolist()
        chosen = best_home(
            text, [groups[each] for each in around], seconds, scorer, config, max_gap
        )
        if chosen < 0:
            alone.append(np.array([text]))
        else:
            joining.setdefault(around[chosen], []).append(text)
    joined = [
        np.sort(np.append(members, joining.get(number, []))).astype(np.int64)
        for number, members in enumerate(groups)
    ]
    return [*joined, *alone]


def best_home(
    text: int,
    groups: Sequence[Int64s],
    seconds: Int64s,
    scorer: PairScorer,
    config: StoryConfig,
    max_gap: timedelta,
) -> int:
    """Place of the group that a round-up fits best, of equal ones the first; -1 if none."""
    best, chosen = float(log_odds_of(config.min_probability)), -1
    for number, members in enumerate(groups):
        if _silence(text, members, seconds) > max_gap.total_seconds():
            continue
        mean = float(scorer.block(np.array([text]), members).mean())
        if mean > best or (mean == best and chosen < 0):
            best, chosen = mean, number
    return chosen


def _silence(text: int, members: Int64s, seconds: Int64s) -> int:
    """Seconds to the nearest dated member; 0 where there is none or the text has no date."""
    dated = members[seconds[members] != UNDATED]
    if seconds[text] == UNDATED or not len(dated):
        return 0
    return int(np.abs(seconds[dated] - seconds[text]).min())


def described(members: Int64s, scorer: PairScorer) -> Group:
    """The group of these texts, with its medoid."""
    if len(members) == 1:
        return Group(members, int(members[0]), np.empty(0))
    return described_by(members, scorer.block(members, members))


def described_by(members: Int64s, scores: Int64s) -> Group:
    """The group of these texts, whose log-odds with one another are known."""
    if len(members) == 1:
        return Group(members, int(members[0]), np.empty(0))
    sums = scores.sum(axis=1) - scores.diagonal()
    return Group(members, int(members[np.argmax(sums)]), sums / (len(members) - 1))
