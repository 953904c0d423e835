"""How good groups are, how sure that is, and whether probabilities are what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.story_sets import StorySet
from dedup.evaluation import evaluate
from dedup.evaluation.measures import codes, overlap

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DRAWS = 200
_SEED = 0
_COVERED = (2.5, 97.5)


def scores_of(story_set: StorySet, predicted: Mapping[str, str]) -> dict[str, Any]:
    """B-cubed with its interval, pairwise, and the share of cross-language pairs found.

    Micro over all articles with gold, those alone in their cluster included.

    Args:
        story_set: The set.
        predicted: Story by article id; a missing article is a story of its own.
    """
    languages = {article.id: article.language for article in story_set.articles}
    found = evaluate(predicted, story_set.gold, languages)
    across = [pair for pair in found.language_pairs if pair.first == "cross language"]
    low, high = interval(predicted, story_set.gold)
    return {
        "stories": found.predicted_clusters,
        "largest_story": found.largest_predicted,
        "b_cubed": {
            "precision": found.b_cubed.precision,
            "recall": found.b_cubed.recall,
            "f1": found.b_cubed.f1,
            "f1_low": low,
            "f1_high": high,
        },
        "pairwise": {
            "precision": found.pairwise.precision,
            "recall": found.pairwise.recall,
            "f1": found.pairwise.f1,
        },
        "cross_language_recall": across[0].recall if across else None,
    }


def interval(
    predicted: Mapping[str, str], gold: Mapping[str, str], *, draws: int = DRAWS
) -> tuple[float, float]:
    """95 % confidence interval of B-cubed F1, by drawing gold clusters with replacement.

    The prediction is held fixed: what a drawn article sees of its predicted and gold
    cluster is what it sees in the whole set, and only the mix of clusters varies.

    Args:
        predicted: Story by article id; a missing article is a story of its own.
        gold: Cluster by article id.
        draws: How many resamples; always the same ones.

    Source:
        Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13
        (percentile intervals).
    """
    gold_codes = codes(gold.values())
    cells, table = overlap(gold_codes, codes(predicted.get(id_, (id_,)) for id_ in gold))
    shared = table.shared[cells]
    precision = shared / table.predicted_sizes[table.predicted[cells]]
    recall = shared / table.gold_sizes[table.gold[cells]]
    sums = np.stack(
        [np.bincount(gold_codes, each) for each in (precision, recall, np.ones(len(cells)))],
        axis=1,
    )
    clusters = len(sums)
    generator = np.random.default_rng(_SEED)
    times = generator.multinomial(clusters, np.full(clusters, 1 / clusters), size=draws)
    drawn = times @ sums
    means = drawn[:, :2] / drawn[:, 2:]
    f1 = 2 * means.prod(axis=1) / means.sum(axis=1)
    low, high = np.percentile(f1, _COVERED).tolist()
    return low, high


class Bin(NamedTuple):
    """Pairs whose predicted probabilities are near each other.

    Args:
        low: Smallest probability of the bin, included.
        high: Largest, excluded but for 1.
        pairs: How many.
        predicted: Their mean probability.
        observed: Share of them that are of one story.
    """

    low: float
    high: float
    pairs: int
    predicted: float
    observed: float


def reliability(probability: Float64s, same: Bools, bins: int = 10) -> tuple[Bin, ...]:
    """What was predicted beside what was observed, in bins of equal width.

    Args:
        probability: Of pairs, float64 of shape (m,), in [0, 1].
        same: Whether each is of one story, bool of shape (m,).
        bins: How many; those without a pair are left out.

    Source:
        DeGroot & Fienberg 1983, "The comparison and evaluation of forecasters".
    """
    places = np.minimum((probability * bins).astype(np.int64), bins - 1)
    pairs, predicted, observed = (
        np.bincount(places, weights, bins)
        for weights in (np.ones(len(places)), probability, same.astype(np.float64))
    )
    return tuple(
        Bin(
            place / bins,
            (place + 1) / bins,
            int(pairs[place]),
            float(predicted[place] / pairs[place]),
            float(observed[place] / pairs[place]),
        )
        for place in np.flatnonzero(pairs).tolist()
    )


def reliability_by_language(
    probability: Float64s, same: Bools, cross_language: Bools, bins: int = 10
) -> dict[str, tuple[Bin, ...]]:
    """The same for pairs in one language and in two.

    Args:
        probability: Of pairs, float64 of shape (m,), in [0, 1].
        same: Whether each is of one story, bool of shape (m,).
        cross_language: Whether the two are in different languages, bool of shape (m,).
        bins: How many.
    """
    return {
        name: reliability(probability[chosen], same[chosen], bins)
        for name, chosen in (
            ("same language", ~cross_language),
            ("cross language", cross_language),
        )
    }
