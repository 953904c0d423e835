"""Curves of the affinity from labelled pairs: logistic regression with known directions.

Each curve is a sum of ramps between neighbouring points, so that the model is linear in
the heights of the ramps, and a bound on each keeps the curve from turning back. Squared
heights are penalised: a curve stays level where the labels show nothing.

Labelled sets are few, and each has its own ways. Three rules keep what one set shows from being
taken for a law:

* The curves of pairs of two languages are drawn to those of one language; what has nothing to do
  with language (times, lengths) is the same in both.
* What speaks for an event in one set only is not believed: the penalty is so high that a curve
  rises where several sets show it. (Of sets left out, log loss was least at this penalty: .335,
  and .345 at a third of it.)
* Every set with dates is learned from a second time without them, so that an undated pair is one
  of any time, and not one of the sets that have no dates.

Sources: Hastie & Tibshirani 1990 (additive models); Byrd et al. 1995 (L-BFGS-B); Evgeniou &
Pontil 2004, "Regularized Multi-Task Learning" (heights drawn to each other).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import minimize

from dedup.compute.arrays import BoolMask, Float32s, Float64s
from dedup.stories.affinity import KINDS, AffinityModel, Curve
from dedup.stories.features import FEATURES, Features, Values
from dedup.stories.pairs import Pairs

COSINES = ("text_cosine", "title_cosine", "cross_cosine")
_SHARES = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0)
_POINTS: Mapping[str, tuple[float, ...]] = {
    "shared_terms": (0, 0.1, 0.2, 0.35, 0.6, 1),
    "term_cosine": (0, 0.1, 0.2, 0.35, 0.6, 1),
    "title_terms": (0, 0.1, 0.25, 0.5, 1),
    "shared_names": (0, 0.05, 0.15, 0.35, 0.6, 1),
    "shared_numbers": (0, 1, 2, 4),
    "number_clash": (0, 1),
    "shared_dates": (0, 1, 2),
    "date_clash": (0, 1),
    "gap": (0, 0.25, 1, 3, 7, 30),
    "undated": (0, 1),
    "short_text": (0, 1),
}
_PENALTY = 9.0
_LEVELS = ("", "undated")
"""How rare the same event is among all pairs, and among those of any time: no evidence."""
_APART = 1.0
"""Penalty on the squared difference between the heights of the two kinds of pairs."""
_APART_ANYWHERE = 100.0
_ANYWHERE = ("number_clash", "date_clash", "gap", "undated", "short_text")
"""Features that mean the same whatever the languages."""
_MOSTLY = 0.5
_PAIRS = 3000.0
"""All sets together weigh as much as so many pairs: pairs of one story are not independent."""
_STEPS = 400
MIN_PAIRS_OF_A_KIND = 200
"""Fewer pairs of one language, or of two languages, have no curves of their own."""


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """Pairs of one set of articles with their labels.

    Args:
        values: Features, float64 of shape (m,) each.
        cross: Whether the languages differ, bool of shape (m,).
        same: Whether both cover the same event, bool of shape (m,).
        weight: Weight of this set beside others.
    """

    values: Values
    cross: BoolMask
    same: BoolMask
    weight: float = 1.0

    @classmethod
    def of(
        cls, features: Features, pairs: Pairs, clusters: Sequence[str], weight: float = 1.0
    ) -> LabelledPairs:
        """The labels of pairs of texts whose clusters are known."""
        _, codes = np.unique(np.array(clusters), return_inverse=True)
        a, b = pairs.first, pairs.second
        return cls(features.of_pairs(a, b), features.is_cross(a, b), codes[a] == codes[b], weight)

    def only(self, mask: BoolMask) -> LabelledPairs:
        """The pairs of a mask, bool of shape (m,)."""
        values = {name: column[mask] for name, column in self.values.items()}
        return LabelledPairs(values, self.cross[mask], self.same[mask], self.weight)

    def without_dates(self) -> LabelledPairs:
        """The pairs with a date, as if it were missing."""
        dated = self.only(self.values["undated"] == 0)
        none = np.zeros(len(dated.same))
        values = {**dated.values, "gap": none, "undated": none + 1}
        return LabelledPairs(values, dated.cross, dated.same, self.weight)


def fit(sets: Sequence[LabelledPairs], name: str, min_cosine: float) -> AffinityModel:
    """Curves fitted to the labels of all sets.

    A kind (one language, two languages) with fewer than 200 pairs takes the curves of the other.

    Args:
        sets: At least one pair of the same event and one of different events among them.
        name: Name of the encoder.
        min_cosine: Pairs below this cosine are not scored.

    Raises:
        ValueError: All labels are the same.
    """
    same = np.concatenate([pairs.same for pairs in sets])
    if same.all() or not same.any():
        raise ValueError("pairs of the same event and of different events are needed")
    dated = [pairs for pairs in sets if pairs.values["undated"].mean() < _MOSTLY]
    sets = [*sets, *(pairs.without_dates() for pairs in dated)]
    same = np.concatenate([pairs.same for pairs in sets])
    points = _points(sets)
    rows = np.concatenate([_design(pairs.values, pairs.cross, points) for pairs in sets])
    whole = sum(pairs.weight for pairs in sets)
    weights = np.concatenate([_weights(pairs, whole) for pairs in sets])
    heights = np.split(_fitted(rows, same, weights, points), len(KINDS))
    crossed = int(sum(pairs.cross.sum() for pairs in sets))
    fewer = int(crossed < len(same) - crossed)
    if min(crossed, len(same) - crossed) < MIN_PAIRS_OF_A_KIND:
        heights[fewer] = heights[1 - fewer]
    return _model(heights, points, name, min_cosine)


def _weights(pairs: LabelledPairs, whole: float) -> Float32s:
    count = len(pairs.same)
    return np.full(count, _PAIRS * pairs.weight / whole / max(1, count), np.float32)


def _points(sets: Sequence[LabelledPairs]) -> dict[str, tuple[float, ...]]:
    """The points of each curve; those of cosines depend on the scale of the encoder."""
    points = {}
    for name in FEATURES:
        if name in COSINES:
            values = np.concatenate([pairs.values[name] for pairs in sets])
            lowest = min(0.95, max(0.0, round(float(np.quantile(values, 0.01)), 2)))
            points[name] = tuple(round(lowest + (1 - lowest) * share, 4) for share in _SHARES)
        else:
            points[name] = _POINTS[name]
    return points


def _design(values: Values, cross: BoolMask, points: Mapping[str, tuple[float, ...]]) -> Float32s:
    """One column for the prior of each kind of pair, and one for each ramp of each kind."""
    ramps = [
        (np.clip(values[name], left, right) - left) / (right - left)
        for name, stops in points.items()
        for left, right in pairwise(stops)
    ]
    block = np.stack([np.ones(len(cross)), *ramps], axis=1).astype(np.float32)
    two = cross.astype(np.float32)[:, None]
    return np.concatenate((block * (1 - two), block * two), axis=1)


def _names(points: Mapping[str, tuple[float, ...]]) -> list[str]:
    """The feature of each column of one kind of pair, empty for the prior."""
    return ["", *(name for name, stops in points.items() for _ in stops[1:])]


def _fitted(
    rows: Float32s, same: BoolMask, weights: Float32s, points: Mapping[str, tuple[float, ...]]
) -> Float64s:
    """Heights that minimise the weighted logistic loss and the penalties."""
    labels = same.astype(np.float32)
    names = _names(points)
    penalty = np.array([1e-4 if name in _LEVELS else _PENALTY for name in names] * len(KINDS))
    apart = np.array(
        [0.0 if not name else _APART_ANYWHERE if name in _ANYWHERE else _APART for name in names]
    )
    signs = [FEATURES[name] if name else 0 for name in names] * len(KINDS)
    bounds = [(0 if sign > 0 else None, 0 if sign < 0 else None) for sign in signs]

    def loss(heights: Float64s) -> tuple[float, Float64s]:
        log_odds = rows @ heights.astype(np.float32)
        surprise = np.logaddexp(0, log_odds) - labels * log_odds
        slope = weights * (1 / (1 + np.exp(-log_odds)) - labels)
        one, two = np.split(heights, len(KINDS))
        pull = apart * (one - two)
        value = float(weights @ surprise) + 0.5 * float(penalty @ heights**2 + pull @ (one - two))
        gradient = (slope @ rows).astype(np.float64) + penalty * heights
        return value, gradient + np.concatenate((pull, -pull))

    start = np.zeros(len(signs))
    solution = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}
    )
    heights: Float64s = solution.x
    return heights


def _model(
    heights: Sequence[Float64s],
    points: Mapping[str, tuple[float, ...]],
    name: str,
    min_cosine: float,
) -> AffinityModel:
    intercepts: dict[str, float] = {}
    curves: dict[str, dict[str, Curve]] = {}
    places = np.cumsum([1, *(len(stops) - 1 for stops in points.values())])[:-1]
    for kind, part in zip(KINDS, heights, strict=True):
        prior, *ramps = np.split(part, places)
        intercepts[kind] = round(float(prior[0]), 3)
        curves[kind] = {}
        for (feature, stops), rises in zip(points.items(), ramps, strict=True):
            levels = np.round(np.concatenate(([0.0], np.cumsum(rises))), 3).tolist()
            curves[kind][feature] = tuple(zip(map(float, stops), levels, strict=True))
    return AffinityModel(name, min_cosine, intercepts, curves)
