"""How good groups are, how sure that is, and whether probabilities are what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.story_sets import StorySet
from dedup.evaluation import evaluate
from dedup.evaluation.measures import PrecisionRecall, codes, overlap

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DRAWS = 200
_SEED = 0
_PAIRS_OF_A_LANGUAGE, _PAIRS_OF_A_TENTH = 500, 50
_COVERED = (2.5, 97.5)


@dataclass(frozen=True)
class Run:
    """One grouping of a set, and the articles that it is scored by.

    Args:
        predicted: Story by article id; a missing article is a story of its own.
        scored: Ids of the articles that count; all of them if None.
    """

    predicted: Mapping[str, str]
    scored: frozenset[str] | None = None


def scores_of(story_set: StorySet, runs: Sequence[Run]) -> dict[str, Any]:
    """B-cubed with its interval, pairwise, and the share of cross-language pairs found.

    Micro over all articles with gold, those alone in their cluster included. What an article
    sees of its story is what it sees in the run that scores it, articles that are scored by
    another run included; pairs are counted where one run scores both.

    Args:
        story_set: The set.
        runs: Each article is scored by one of them.
    """
    languages = {article.id: article.language for article in story_set.articles}
    stitched = {
        id_: f"{number} {run.predicted.get(id_, id_)}"
        for number, run in enumerate(runs)
        for id_ in (story_set.gold if run.scored is None else run.scored)
    }
    evaluation = evaluate(stitched, story_set.gold, languages)
    across = [pair for pair in evaluation.language_pairs if pair.first == "cross language"]
    gold = codes(story_set.gold.values())
    precision, recall = article_scores(runs, story_set.gold)
    low, high = interval(precision, recall, gold)
    b_cubed = PrecisionRecall(float(precision.mean()), float(recall.mean()))
    return {
        "stories": evaluation.predicted_clusters,
        "largest_story": evaluation.largest_predicted,
        "b_cubed": {
            "precision": b_cubed.precision,
            "recall": b_cubed.recall,
            "f1": b_cubed.f1,
            "f1_low": low,
            "f1_high": high,
        },
        "pairwise": {
            "precision": evaluation.pairwise.precision,
            "recall": evaluation.pairwise.recall,
            "f1": evaluation.pairwise.f1,
        },
        "cross_language_recall": across[0].recall if across else None,
    }


def article_scores(runs: Sequence[Run], gold: Mapping[str, str]) -> tuple[Float64s, Float64s]:
    """B-cubed precision and recall of each article with gold, float64 of shape (n,)."""
    scores = np.zeros((2, len(gold)))
    for run in runs:
        cells, table = overlap(
            codes(gold.values()), codes(run.predicted.get(id_, (id_,)) for id_ in gold)
        )
        shared = table.shared[cells]
        counted = np.array([run.scored is None or id_ in run.scored for id_ in gold], bool)
        scores[0, counted] = (shared / table.predicted_sizes[table.predicted[cells]])[counted]
        scores[1, counted] = (shared / table.gold_sizes[table.gold[cells]])[counted]
    return scores[0], scores[1]


def interval(
    precision: Float64s, recall: Float64s, gold: npt.NDArray[np.int64], *, draws: int = DRAWS
) -> tuple[float, float]:
    """95 % confidence interval of B-cubed F1, by drawing gold clusters with replacement.

    The grouping is held fixed, and only the mix of clusters varies.

    Args:
        precision: Of each article, float64 of shape (n,).
        recall: Of each article, float64 of shape (n,).
        gold: Number of the gold cluster of each article, int64 of shape (n,).
        draws: How many resamples; always the same ones.

    Source:
        Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13
        (percentile intervals).
    """
    parts = (precision, recall, np.ones(len(gold)))
    sums = np.stack([np.bincount(gold, values) for values in parts], axis=1)
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


def reliability_by_kind(
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


class LanguageShare(NamedTuple):
    """The pairs of one language.

    Args:
        language: Its code.
        pairs: How many.
        predicted: Their mean probability.
        observed: Share of them that are of one story.
        worst: Largest difference between what was predicted and observed in a tenth of the range
            of probabilities with 50 pairs or more.
    """

    language: str
    pairs: int
    predicted: float
    observed: float
    worst: float


def reliability_by_language(
    probability: Float64s, same: Bools, languages: npt.NDArray[np.str_]
) -> list[LanguageShare]:
    """What was predicted beside what was observed, in each language with 500 pairs or more.

    Args:
        probability: Of pairs, float64 of shape (m,), in [0, 1].
        same: Whether each is of one story, bool of shape (m,).
        languages: Code of each, of shape (m,); empty where it is unknown.

    Returns:
        The languages with most pairs first.
    """
    names, counts = np.unique(languages, return_counts=True)
    shares = []
    for place in np.lexsort((names, -counts)).tolist():
        if counts[place] < _PAIRS_OF_A_LANGUAGE or not names[place]:
            continue
        here = languages == names[place]
        bins = reliability(probability[here], same[here])
        tenths = [one for one in bins if one.pairs >= _PAIRS_OF_A_TENTH]
        shares.append(
            LanguageShare(
                str(names[place]),
                int(counts[place]),
                float(probability[here].mean()),
                float(same[here].mean()),
                max((abs(one.predicted - one.observed) for one in tenths), default=0.0),
            )
        )
    return shares
