"""Unlabelled pairs whose label is certain: edited copies, and texts a year apart.

Copies with small edits report the same event; texts more than a year apart do not. Log-odds that
contradict this are shifted by one constant; their order and their parts stay.

Whether links connect most of the corpus (the percolation point) is reported but shifts nothing:
linkage splits such components, and raising the floor until none was left cost more stories than
it saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from dedup.articles import UNDATED
from dedup.compute.arrays import Float64s, Int64s
from dedup.stories.affinity import LOG_ODDS_UNIT
from dedup.stories.features import Features
from dedup.stories.pairs import Pairs, time_gaps

FAR = timedelta(days=365)
"""Texts further apart do not report the same event."""
MIN_PAIRS = 20
"""Fewer sure pairs of a kind prove nothing."""
MIN_SAME = 0.95
"""The least mean probability of pairs that certainly report the same event."""
_MOST_PAIRS = 2000
_DRAWN = 100_000
_SEED = 0
_STEP = round(0.05 / LOG_ODDS_UNIT)
_FURTHEST = round(15 / LOG_ODDS_UNIT)


@dataclass(frozen=True, slots=True)
class SurePairs:
    """Log-odds of pairs whose label is certain, by the curves of an encoder.

    Args:
        same: Log-odds of pairs of one event, in units of 1/1000, int64 of shape (k,).
        different: Log-odds of pairs of different events, int64 of shape (l,).
        max_different: The largest mean probability of these.
    """

    same: Int64s
    different: Int64s
    max_different: float

    def shift(self) -> int:
        """The constant to add to all log-odds, in units of 1/1000.

        The smallest one with which pairs of one event have a mean probability of at least
        `MIN_SAME`, and those of different events at most `max_different`. If no constant does
        both, the encoder does not separate them, and the pairs of different events decide.
        """
        steps = np.arange(-_FURTHEST, _FURTHEST + 1, _STEP)
        steps = steps[np.lexsort((steps, np.abs(steps)))]
        near, apart = np.ones((2, len(steps)), bool)
        if len(self.same) >= MIN_PAIRS:
            near = np.array([mean_probability(self.same + k) >= MIN_SAME for k in steps])
        if len(self.different) >= MIN_PAIRS:
            means = np.array([mean_probability(self.different + k) for k in steps])
            apart = means <= self.max_different
        for good in (apart & near, apart):
            if good.any():
                return int(steps[good.argmax()])
        return -_FURTHEST


def mean_probability(log_odds: Int64s) -> float:
    """Mean of the probabilities of log-odds in units of 1/1000."""
    chances: Float64s = 1 / (1 + np.exp(-log_odds * LOG_ODDS_UNIT))
    return float(chances.mean())


def far_pairs(features: Features, seconds: Int64s, max_gap: timedelta) -> tuple[Pairs, timedelta]:
    """Pairs of texts too far apart in time to report the same event.

    They are more than a year apart; in a shorter corpus, those furthest apart that share no rare
    term and are more than `max_gap` apart.

    Args:
        features: Of the texts.
        seconds: Publication times, int64 of shape (n,); undated texts are left out.
        max_gap: Largest time between articles that are compared.

    Returns:
        At most 2,000 of 100,000 random pairs, and the smallest time between the two of a pair.
    """
    dated = np.flatnonzero(seconds != UNDATED)
    places = np.random.default_rng(_SEED).integers(0, max(1, len(dated)), (2, _DRAWN))
    a, b = dated[places] if len(dated) else np.empty((2, 0), np.int64)
    drawn = Pairs.of([(a[a != b], b[a != b])], len(seconds))
    gaps, _ = time_gaps(seconds, drawn.first, drawn.second)
    chosen = np.flatnonzero(gaps > FAR.total_seconds())
    if len(chosen) >= MIN_PAIRS:
        chosen = chosen[evenly(len(chosen), _MOST_PAIRS)]
    else:
        chosen = np.flatnonzero(gaps > max_gap.total_seconds())
        values = features.of_pairs(drawn.first[chosen], drawn.second[chosen])
        chosen = chosen[values["shared_terms"] == 0]
        chosen = chosen[np.argsort(-gaps[chosen], kind="stable")][:_MOST_PAIRS]
    least = int(gaps[chosen].min()) if len(chosen) else 0
    return Pairs(drawn.first[chosen], drawn.second[chosen]), timedelta(seconds=least)


def evenly(count: int, most: int) -> Int64s:
    """At most `most` evenly spaced places among `count`; int64 of shape (m,)."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)
