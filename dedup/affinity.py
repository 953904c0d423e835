"""The step `score`: pairs of texts -> log-odds that both cover the same event, with the parts.

A logistic model over a few features whose effect has a known direction. Its
weights are a readable JSON file per encoder, since every encoder's cosines have
their own scale. Log-odds are whole numbers of 1/1000, so that their sums do not
depend on the order of adding, and ties are ties everywhere.

All features come from whole numbers by the four operations and square roots,
which IEEE 754 rounds the same everywhere: one pair has one value, scored alone, in
a list or in a matrix.

Source: logistic regression with additive evidence, Good 1950, "Probability and
the Weighing of Evidence" (the parts are weights of evidence, in nats).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from dedup.encoders import Float32s
from dedup.errors import ConfigError
from dedup.neighbors import SCALE, UNDATED
from dedup.records import Evidence
from dedup.shingles import Int64s
from dedup.terms import WEIGHT_UNIT, count_terms, spelled_terms, term_weights

Float64s = npt.NDArray[np.float64]

LOG_ODDS_UNIT = 0.001
FEATURES = ("cosine", "shared_terms", "gap", "undated", "cross_language")
"""cosine: of title and lead. shared_terms: square root of the summed rarity, in
bits, of the rare terms in both texts, at most 20. gap: days between the two, at
most 30, 0 where a date is missing. undated: 1 if a date is missing, so that the two
may be of any time. cross_language: 1 if both languages are known and differ."""

_RARE_BITS = 9.0
_MAX_SHARED = 20.0
_MAX_GAP_DAYS = 30.0
_SECONDS_PER_DAY = 86_400.0
_PAIRS_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True)
class AffinityModel:
    """Weights of the logistic model.

    Args:
        name: What they were fitted for, an encoder's name or `default`.
        min_cosine: Pairs below this cosine are not worth scoring.
        intercept: Log-odds of a pair whose features are all 0.
        weights: Log-odds per unit of each feature.
    """

    name: str
    min_cosine: float
    intercept: float
    weights: Mapping[str, float]

    @classmethod
    def load(cls, path: str, encoder: str) -> Self:
        """Weights from a JSON file, or, for an empty path, those shipped for the encoder.

        Raises:
            ConfigError: The file cannot be read or lacks a value.
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
            weights = {name: float(stored["weights"][name]) for name in FEATURES}
            return cls(
                str(stored["name"]),
                float(stored["min_cosine"]),
                float(stored["intercept"]),
                weights,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"affinity weights {shown}: cannot be used: {error!r}. Needed are `name`, "
                f"`min_cosine`, `intercept` and `weights` for {', '.join(FEATURES)}"
            ) from error


class Affinity:
    """Log-odds of "same event" for pairs among n texts.

    Args:
        model: The weights.
        whole: Whole-number vectors, float32 of shape (n, dim).
        seconds: Publication times in seconds since 1970, int64 of shape (n,),
            `UNDATED` where unknown.
        languages: Language codes, empty where unknown.
        texts: Titles and leads as canonical text, as they were encoded.
    """

    def __init__(
        self,
        model: AffinityModel,
        whole: Float32s,
        seconds: Int64s,
        languages: Sequence[str],
        texts: Sequence[str],
    ) -> None:
        self.model = model
        self.whole = whole
        self.seconds = seconds
        codes = {language: code for code, language in enumerate(sorted(set(languages) - {""}))}
        self._languages = np.array([codes.get(language, -1) for language in languages], np.int64)
        self._rare = _rare_terms(texts)
        self._has_rare = self._rare.astype(bool).astype(np.int64)
        self._texts = texts

    def log_odds(self, first: Int64s, second: Int64s, products: Int64s | None = None) -> Int64s:
        """Log-odds of pairs, in units of 1/1000; int64 of shape (m,).

        Args:
            first: Numbers of texts, int64 of shape (m,).
            second: Numbers of texts, int64 of shape (m,).
            products: Inner products of their vectors, if known.
        """
        scored = []
        for start in range(0, len(first), _PAIRS_AT_ONCE):
            part = slice(start, start + _PAIRS_AT_ONCE)
            a, b = first[part], second[part]
            inner = self._products(a, b) if products is None else products[part]
            scored.append(self._combine(self.features(a, b, inner)))
        return np.concatenate(scored or [np.empty(0, np.int64)])

    def matrix(self, members: Int64s) -> Int64s:
        """Log-odds of all pairs of k texts, int64 of shape (k, k), zeros on the diagonal."""
        whole = self.whole[members]
        products = (whole @ whole.T).astype(np.int64)
        shared = (self._rare[members] @ self._has_rare[members].T).toarray()
        a, b = members[:, None], members[None, :]
        scores = self._combine(self._features(products, shared, a, b))
        np.fill_diagonal(scores, 0)
        return scores

    def evidence(self, a: int, b: int) -> tuple[Evidence, ...]:
        """What the log-odds of one pair are made of; the parts add up to them."""
        first, second = np.array([a]), np.array([b])
        values = self.features(first, second, self._products(first, second))
        details = {"shared_terms": ", ".join(self._shared_words(a, b))}
        parts = [
            Evidence(
                name,
                round(float(value[0]), 4),
                round(self.model.weights[name] * float(value[0]), 4),
                details.get(name, ""),
            )
            for name, value in values.items()
        ]
        return (Evidence("prior", 1.0, round(self.model.intercept, 4)), *parts)

    def _products(self, first: Int64s, second: Int64s) -> Int64s:
        """Inner products of the vectors of pairs."""
        dots: Float32s = np.einsum("ij,ij->i", self.whole[first], self.whole[second])
        return dots.astype(np.int64)

    def features(self, first: Int64s, second: Int64s, products: Int64s) -> dict[str, Float64s]:
        """Values of `FEATURES` for pairs, float64 of shape (m,) each; arguments of `log_odds`."""
        common = self._rare[first].multiply(self._has_rare[second])
        shared = np.asarray(common.sum(axis=1)).ravel()
        return self._features(products, shared, first, second)

    def _features(
        self, products: Int64s, shared: Int64s, a: Int64s, b: Int64s
    ) -> dict[str, Float64s]:
        times = self.seconds
        dated = (times[a] != UNDATED) & (times[b] != UNDATED)
        gap = np.abs(np.where(dated, times[a], 0) - np.where(dated, times[b], 0))
        languages = self._languages
        differ = (languages[a] != languages[b]) & (languages[a] >= 0) & (languages[b] >= 0)
        return {
            "cosine": products / float(SCALE * SCALE),
            "shared_terms": np.minimum(np.sqrt(shared * WEIGHT_UNIT), _MAX_SHARED),
            "gap": np.minimum(gap / _SECONDS_PER_DAY, _MAX_GAP_DAYS),
            "undated": (~dated).astype(np.float64),
            "cross_language": differ.astype(np.float64),
        }

    def _combine(self, features: Mapping[str, Float64s]) -> Int64s:
        total = np.full(features["cosine"].shape, self.model.intercept)
        for name in FEATURES:
            total = total + self.model.weights[name] * features[name]
        return np.round(total / LOG_ODDS_UNIT).astype(np.int64)

    def _shared_words(self, a: int, b: int, limit: int = 8) -> list[str]:
        """Rare terms that stand in both texts, the rarest first."""
        first, second = (spelled_terms(self._texts[i]) for i in (a, b))
        shared = [key for key in first if key in second]
        weights = term_weights(np.array(shared, np.uint64)).tolist()
        rare = [
            (-weight, first[key])
            for key, weight in zip(shared, weights, strict=True)
            if weight * WEIGHT_UNIT >= _RARE_BITS
        ]
        return [word for _, word in sorted(rare)[:limit]]


def log_odds_of(probability: float) -> int:
    """Log-odds of a probability, in units of 1/1000.

    >>> log_odds_of(0.5), log_odds_of(0.9)
    (0, 2197)
    """
    return round(math.log(probability / (1 - probability)) / LOG_ODDS_UNIT)


def probability_of(log_odds: float) -> float:
    """Probability of log-odds in units of 1/1000, rounded to 4 digits."""
    bounded = max(-30.0, min(30.0, log_odds * LOG_ODDS_UNIT))
    return round(1 / (1 + math.exp(-bounded)), 4)


def _rare_terms(texts: Sequence[str]) -> sp.csr_array:
    """Rare terms of each text with their weight, int64 of shape (n, different terms)."""
    parts = []
    for start in range(0, max(len(texts), 1), 4096):
        found, _ = count_terms(texts[start : start + 4096])
        weights = term_weights(found.hashes)
        kept = weights * WEIGHT_UNIT >= _RARE_BITS
        owner = np.repeat(np.arange(len(found.counts)), found.counts)[kept] + start
        parts.append((owner, found.hashes[kept], weights[kept]))
    owner, hashes, weights = (np.concatenate([part[k] for part in parts]) for k in range(3))
    _, columns_of = np.unique(hashes, return_inverse=True)
    return sp.csr_array(
        (weights, (owner, columns_of)),
        shape=(len(texts), int(columns_of.max(initial=-1)) + 1),
    )
