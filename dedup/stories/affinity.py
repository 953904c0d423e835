"""The step `score`: pairs of texts -> log-odds that both cover the same event, with the parts.

An additive model: every feature adds to the log-odds what a curve gives for its value. A
curve joins a few points by straight lines and never turns back, so that more shared
evidence is never held against a pair. Pairs of one language and pairs of two have curves of
their own, since translated texts are less similar than texts of one language. The curves are a
readable JSON file per encoder, as every encoder's cosines have their own scale.

Log-odds are whole numbers, in units of 1/1000, so that their sums do not depend on the order of
adding, and equal sums are equal everywhere.

Sources: Good 1950, "Probability and the Weighing of Evidence" (the parts are weights of
evidence, in nats); Hastie & Tibshirani 1990, "Generalized Additive Models".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np

from dedup.compute.arrays import BoolMask, Float64s, Int64s
from dedup.errors import ConfigError
from dedup.records import PAIR_KINDS, Evidence
from dedup.stories.compiled_pairs import Sizes, curve_arrays
from dedup.stories.features import FEATURES, Features, Values
from dedup.stories.pairs import Pairs, ScoredPairs, joined_links
from dedup.stories.profiles import Profiles
from dedup.stories.series import SeriesPairs
from dedup.text.outlines import Outline

Curve = tuple[tuple[float, float], ...]
"""Points (value of the feature, log-odds) from left to right; level beyond its ends."""

LOG_ODDS_UNIT = 0.001
KINDS = ("same_language", "cross_language")
"""Kinds of pairs: those whose languages are known and differ have curves of their own."""

_PAIRS_AT_ONCE = 1 << 16
_SCORED_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class AffinityModel:
    """Curves of the additive model.

    Args:
        name: The encoder that the curves were fitted for, or `default`.
        min_cosine: Pairs below this cosine are not worth scoring.
        intercepts: Log-odds of a pair without evidence, by kind of pair.
        curves: By kind of pair and feature.
    """

    name: str
    min_cosine: float
    intercepts: Mapping[str, float]
    curves: Mapping[str, Mapping[str, Curve]]

    @classmethod
    def load(cls, path: str, encoder: str) -> Self:
        """Model from a JSON file, or, for an empty path, the one shipped for the encoder.

        Raises:
            ConfigError: The file cannot be read, lacks a value, or has a curve that turns back.
        """
        if path:
            return cls._parsed(Path(path), path)
        shipped = resources.files("dedup.weights")
        own = shipped.joinpath(f"affinity_{encoder}.json")
        chosen = own if encoder.isidentifier() and own.is_file() else None
        return cls._parsed(chosen or shipped.joinpath("affinity_default.json"), encoder)

    @classmethod
    def _parsed(cls, file: Any, shown: str) -> Self:  # noqa: ANN401 (Path or Traversable)
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            return cls(
                str(stored["name"]),
                float(stored["min_cosine"]),
                {kind: float(stored["intercepts"][kind]) for kind in KINDS},
                {
                    kind: {name: _curve(stored["curves"][kind][name], name) for name in FEATURES}
                    for kind in KINDS
                },
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"affinity weights {shown}: cannot be used: {error!r}. Needed are `name`, "
                f"`min_cosine`, and `intercepts` and `curves` for {' and '.join(KINDS)}, with "
                f"curves for {', '.join(FEATURES)}; `dedup calibrate` writes such a file"
            ) from error

    def log_odds(self, values: Values, cross: BoolMask) -> Int64s:
        """Log-odds of pairs, in units of 1/1000, of the shape of the values.

        Args:
            values: Values of all features, in arrays of one shape.
            cross: Whether the languages of each pair differ, of that shape.
        """
        one, two = self.curves[KINDS[0]], self.curves[KINDS[1]]
        same_prior, cross_prior = (self.intercepts[kind] for kind in KINDS)
        total = np.where(cross, cross_prior, same_prior)
        for name in FEATURES:
            x = values[name]
            total = total + np.where(cross, height(two[name], x), height(one[name], x))
        return np.round(total / LOG_ODDS_UNIT).astype(np.int64)

    def arrays(self) -> tuple[Any, ...]:
        """Intercepts and curves as arrays, see `compiled_pairs.curve_arrays`."""
        return curve_arrays(
            [self.intercepts[kind] for kind in KINDS],
            [self.curves[kind] for kind in KINDS],
            list(FEATURES),
        )

    def to_json(self, note: str) -> str:
        """The file that `load` reads.

        Args:
            note: Where the curves come from, in words.
        """
        stored = {
            "name": self.name,
            "note": note,
            "min_cosine": self.min_cosine,
            "intercepts": self.intercepts,
            "curves": self.curves,
        }
        lines = json.dumps(stored, indent=1, ensure_ascii=False)
        return re.sub(r"\[\s+([-0-9.e]+),\s+([-0-9.e]+)\s+\]", r"[\1, \2]", lines) + "\n"


def _curve(points: Sequence[Sequence[float]], name: str) -> Curve:
    curve = tuple((float(x), float(y)) for x, y in points)
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(curve)]
    if not curve or any(step <= 0 for step, _ in steps):
        raise ValueError(f"curve {name}: its points must go from left to right")
    if any(rise * FEATURES[name] < 0 for _, rise in steps):
        raise ValueError(f"curve {name}: must not turn back")
    return curve


def height(curve: Curve, values: Float64s) -> Float64s:
    """Log-odds that a curve gives for values of its feature, of the same shape."""
    total = np.full(values.shape, curve[0][1])
    for (left, low), (right, high) in pairwise(curve):
        slope = (high - low) / (right - left)
        total = total + (np.clip(values, left, right) - left) * slope
    return total


class Affinity:
    """Log-odds of "same event" for pairs among n texts.

    Args:
        model: The curves.
        profiles: The texts.
        compiled: Use the kernels; by default for many texts. The values are the same.
        sizes: Sizes of the profiles, if they are known.
        curves: `model.arrays()`, if they are known.
        outlines: Where outlines of texts are remembered, by row.
    """

    def __init__(
        self,
        model: AffinityModel,
        profiles: Profiles,
        compiled: bool | None = None,
        sizes: Sizes | None = None,
        curves: tuple[Any, ...] | None = None,
        outlines: dict[int, Outline] | None = None,
    ) -> None:
        self.model = model
        self.profiles = profiles
        self.features = Features(profiles, compiled, sizes)
        self._curves = (*(curves or model.arrays()), LOG_ODDS_UNIT)
        self._series = SeriesPairs(profiles, outlines)

    def log_odds(self, first: Int64s, second: Int64s) -> Int64s:
        """Log-odds of pairs of texts, in units of 1/1000.

        Args:
            first: Row of the first text of each pair, int64 of shape (m,).
            second: Row of the second text, int64 of shape (m,).

        Returns:
            int64 of shape (m,).
        """
        series = self._series.log_odds(first, second)
        if self.features.kernel is not None:
            return series + self.features.kernel.log_odds(self._curves, first, second)
        scored = [np.empty(0, np.int64)]
        for start in range(0, len(first), _PAIRS_AT_ONCE):
            a, b = first[start : start + _PAIRS_AT_ONCE], second[start : start + _PAIRS_AT_ONCE]
            values = self.features.of_pairs(a, b)
            scored.append(self.model.log_odds(values, self.features.is_cross(a, b)))
        return series + np.concatenate(scored)

    def block(self, rows: Int64s, columns: Int64s) -> Int64s:
        """Log-odds of all pairs of one text out of k and one out of l, in units of 1/1000.

        Args:
            rows: Rows of k texts, int64 of shape (k,).
            columns: Rows of l texts, int64 of shape (l,).

        Returns:
            int64 of shape (k, l). The log-odds of a text with itself mean nothing.
        """
        if self.features.kernel is not None:
            series = self._series.block(rows, columns)
            return series + self.features.kernel.block(self._curves, rows, columns)
        if not np.array_equal(rows, columns):
            scores = self.log_odds(np.repeat(rows, len(columns)), np.tile(columns, len(rows)))
            return scores.reshape(len(rows), len(columns))
        a, b = np.triu_indices(len(rows))
        mirrored = np.empty((len(rows), len(rows)), np.int64)
        mirrored[a, b] = mirrored[b, a] = self.log_odds(rows[a], rows[b])
        return mirrored

    def texts_of_series(self, within_seconds: int) -> tuple[Int64s, BoolMask]:
        """How many texts fill in the template of each text, and whether there may be more.

        int64 of shape (n,), and bool of shape (n,); see `SeriesPairs.counted`.
        """
        return self._series.counted(within_seconds)

    def evidence(self, a: int, b: int) -> tuple[Evidence, ...]:
        """Parts that add up to the log-odds of one pair.

        Args:
            a: Row of the first text.
            b: Row of the second text.
        """
        first, second = np.array([a]), np.array([b])
        place = int(self.features.is_cross(first, second)[0])
        kind = KINDS[place]
        details = self.features.details(a, b)
        parts = [
            Evidence(
                name,
                round(float(value[0]), 4),
                round(float(height(self.model.curves[kind][name], value)[0]), 4),
                details.get(name, ""),
            )
            for name, value in self.features.of_pairs(first, second).items()
        ]
        series = int(self._series.log_odds(first, second)[0])
        if series:
            parts.append(Evidence("series", 1.0, series * LOG_ODDS_UNIT))
        prior = round(self.model.intercepts[kind], 4)
        return (Evidence("prior", 1.0, prior, PAIR_KINDS[place]), *parts)


def likely_pairs(affinity: Affinity, pairs: Pairs, floor: int) -> ScoredPairs:
    """Pairs with log-odds of at least `floor`, in their order, and these log-odds.

    Pairs are scored in parts, so that memory never holds the scores of all unlikely ones.

    Args:
        affinity: Scores the pairs.
        pairs: n candidate pairs.
        floor: Smallest log-odds, in units of 1/1000.

    Returns:
        First and second text and log-odds in units of 1/1000, int64 of shape (m,) each.
    """
    parts: list[ScoredPairs] = []
    for start in range(0, len(pairs.first), _SCORED_AT_ONCE):
        part = slice(start, start + _SCORED_AT_ONCE)
        first, second = pairs.first[part], pairs.second[part]
        log_odds = affinity.log_odds(first, second)
        likely = log_odds >= floor
        parts.append((first[likely], second[likely], log_odds[likely]))
    return joined_links(parts)


def log_odds_of(probability: float) -> int:
    """Log-odds of a probability, in units of 1/1000.

    >>> log_odds_of(0.5), log_odds_of(0.9)
    (0, 2197)
    """
    return round(math.log(probability / (1 - probability)) / LOG_ODDS_UNIT)


def log_odds_of_ratio(ratio: float) -> int:
    """Difference of two log-odds whose odds have this ratio, in units of 1/1000.

    >>> log_odds_of_ratio(1), log_odds_of_ratio(10)
    (0, 2303)
    """
    return round(math.log(ratio) / LOG_ODDS_UNIT)


def probability_of(log_odds: float) -> float:
    """Probability of log-odds in units of 1/1000, rounded to 4 digits."""
    bounded = max(-30.0, min(30.0, log_odds * LOG_ODDS_UNIT))
    return round(1 / (1 + math.exp(-bounded)), 4)
