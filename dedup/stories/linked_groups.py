"""Groups of the texts of subcomponents: average linkage, cut where a group was silent.

No merge may loosen a close-knit group (`linkage.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np
import numpy.typing as npt

from dedup.articles import UNDATED
from dedup.compute.arrays import Int64s
from dedup.config import StoryConfig
from dedup.stories.affinity import log_odds_of, log_odds_of_ratio
from dedup.stories.linkage import average_linkage
from dedup.stories.links import LinkedTexts, PairScorer
from dedup.stories.part_scores import PartScores


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


def groups_of_parts(
    parts: Mapping[int, Int64s],
    former: Mapping[int, Iterable[int]],
    texts: LinkedTexts,
    scores: PartScores,
    config: StoryConfig,
    max_gap: timedelta,
    compiled: bool,
) -> Iterator[Group]:
    """Groups of the texts of subcomponents; one that is still too large is one group.

    Args:
        parts: Rows of the texts of each in the order of precedence, int64 of shape (k,), by hash.
        former: By the same hash those of the subcomponents that its texts were in before.
        texts: All texts.
        scores: Where their scores are remembered.
        config: The largest component, and the probabilities of merging.
        max_gap: A group that was silent for longer is cut there.
        compiled: See `average_linkage`.
    """
    seconds, scorer, most = texts.seconds, texts.scorer, config.max_component_texts
    several = {part: rows for part, rows in parts.items() if 1 < len(rows) <= most}
    blocks = scores.of([*several.values()], scorer, [former[part] for part in several])
    for part, rows in parts.items():
        if part in several:
            block = next(blocks)
            scores.add(part, rows, block)
            yield from _linked_groups(rows, seconds[rows], block, config, max_gap, compiled)
            continue
        for piece in _unbroken(rows, seconds[rows], partial(_block_of, scorer, rows), max_gap):
            yield described(rows[piece], scorer)


def _block_of(scorer: PairScorer, members: Int64s, rows: Int64s, columns: Int64s) -> Int64s:
    return scorer.block(members[rows], members[columns])


def _linked_groups(
    rows: Int64s,
    seconds: Int64s,
    scores: Int64s,
    config: StoryConfig,
    max_gap: timedelta,
    compiled: bool,
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
        pieces = _unbroken(members, seconds[members], partial(_inside, inside), max_gap)
        groups += [
            described_by(rows[members[piece]], inside[np.ix_(piece, piece)]) for piece in pieces
        ]
    return groups


def _inside(scores: Int64s, rows: Int64s, columns: Int64s) -> Int64s:
    return scores[np.ix_(rows, columns)]


def _unbroken(
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
