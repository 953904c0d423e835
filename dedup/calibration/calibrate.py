"""Driver: curves of the affinity for any encoder, from labels or from a corpus alone.

With labels the curves are fitted (`calibration.curves`). Without labels, the curves of the bundled
encoder are carried over to the scale of the other encoder: both encode the same texts, and a cosine
of the one corresponds to the cosine of the other that as many pairs stay below. That gives the
curves their shape, even for an encoder that understands nothing: so they are tested on pairs whose
label is certain (`calibration.sure_pairs`), and where they contradict these the prior is shifted.
Where the encoder is better than the bundled one, only labels can show it.

Source: matching of distributions by their quantiles, Kolen & Brennan 2014, "Test Equating",
chapter 2 (equipercentile equating).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import numpy as np

from dedup.articles import body_of, precedence, seconds_of
from dedup.calibration.curves import COSINES, MIN_PAIRS_OF_A_KIND, LabelledPairs, fit
from dedup.calibration.sure_pairs import (
    MIN_PAIRS,
    SurePairs,
    evenly,
    far_pairs,
    mean_probability,
)
from dedup.cleaning import clean
from dedup.compute.arrays import BoolMask, Float64s
from dedup.compute.components import component_labels
from dedup.config import Config
from dedup.duplicates.clustering import find_near_duplicates
from dedup.encoders import Encoder, load_encoder
from dedup.errors import InputError
from dedup.output.progress import Progress, silent
from dedup.pipeline import distinct, independent, origin_of_row, profiles_of
from dedup.records import Article, CleanText, Problem
from dedup.stories.affinity import (
    KINDS,
    LOG_ODDS_UNIT,
    Affinity,
    AffinityModel,
    Curve,
    log_odds_of,
)
from dedup.stories.candidates import story_candidates
from dedup.stories.components import percolates
from dedup.stories.features import Features, Values
from dedup.stories.pairs import Pairs, within_gap
from dedup.stories.profiles import Profiles

_SEED = 0
_LOWEST_SHARE = 0.02
_MAX_PAIRS = 200_000
_MAX_COPIES = 500


@dataclass(frozen=True, slots=True)
class Calibration:
    """The curves for an encoder, and their origin.

    Args:
        model: The curves; `model.to_json(note)` is the file that the configuration names.
        note: Their origin in words.
        pairs: How many pairs were compared.
        same_event: How many of them are of the same event; None without labels.
    """

    model: AffinityModel
    note: str
    pairs: int
    same_event: int | None


def calibrate(
    articles: Sequence[Article],
    config: Config = Config(),
    *,
    gold: Mapping[str, str] | None = None,
    encoder: Encoder | None = None,
    progress: Progress = silent,
    problems: list[Problem] | None = None,
) -> Calibration:
    """Curves of the affinity for an encoder.

    Args:
        articles: A corpus like those to be grouped; a few thousand articles are enough.
        config: The encoder, unless one is given, and the limits of neighbours.
        gold: Cluster by article id, where people have labelled stories; articles without a
            label are left out.
        encoder: The encoder.
        progress: Called as texts are embedded.
        problems: A list to which repeated ids are added.

    Raises:
        InputError: There are too few articles or labels.
    """
    encoder = encoder or load_encoder(config.encoder)
    problems = [] if problems is None else problems
    chosen = [
        article for article in distinct(articles, problems) if gold is None or article.id in gold
    ]
    texts = {article.id: clean(article, config.cleaning) for article in chosen}
    chosen.sort(key=lambda article: precedence(article, texts[article.id]))
    copies = [] if gold is not None else _edited_copies(chosen, texts, config)
    chosen = independent(chosen, texts, config)
    if len(chosen) < 2:
        what = "articles" if gold is None else "articles with a label"
        raise InputError(f"{len(chosen)} {what}: calibration compares pairs, give at least two")
    profiled = profiles_of(chosen, texts, encoder, config, progress)
    if gold is not None:
        return _fitted(profiled, [gold[article.id] for article in chosen], encoder.name, config)
    bundled = load_encoder()
    reference = profiles_of(chosen, texts, bundled, config, progress)
    carried = _carried_over(reference, profiled, encoder.name, config)
    alike = profiles_of([article for pair in copies for article in pair], texts, encoder, config)
    return _anchored(carried, profiled, alike, config)


def _edited_copies(
    articles: Sequence[Article], texts: Mapping[str, CleanText], config: Config
) -> list[tuple[Article, Article]]:
    """Near-duplicates that are not equal word for word, published within `max_gap`."""
    bodies = [body_of(texts[article.id]) for article in articles]
    near = find_near_duplicates(bodies, config, origin_of=partial(origin_of_row, articles, texts))
    matches, seconds = near.matches, seconds_of(articles)
    gap = int(config.neighbors.max_gap.total_seconds())
    close = within_gap(seconds, matches.first, matches.second, gap)
    edited = (matches.jaccard >= near.min_jaccard) & (matches.jaccard < 1) & close
    first, second = matches.first[edited], matches.second[edited]
    chosen = evenly(len(first), _MAX_COPIES)
    return [
        (articles[a], articles[b])
        for a, b in zip(first[chosen].tolist(), second[chosen].tolist(), strict=True)
    ]


def _fitted(
    profiled: Profiles, clusters: Sequence[str], encoder: str, config: Config
) -> Calibration:
    """Curves from labels; the smallest cosine leaves out one in fifty pairs of one story."""
    features = Features(profiled)
    near = story_candidates(profiled, -1.0, config.neighbors)
    nearest = LabelledPairs.of(features, near, clusters)
    same = nearest.same
    if same.all() or not same.any():
        missing = "different stories" if same.all() else "the same story"
        raise InputError(f"the labels have no pair of {missing} within max_gap: nothing to learn")
    cosines = nearest.values["text_cosine"][same]
    min_cosine = round(float(np.quantile(cosines, _LOWEST_SHARE)), 2)
    pairs = story_candidates(profiled, min_cosine, config.neighbors)
    labelled = LabelledPairs.of(features, pairs, clusters)
    count, alike = len(pairs.first), int(labelled.same.sum())
    note = f"Fitted on {count:,} labelled pairs, {alike:,} of them of the same event"
    return Calibration(fit([labelled], encoder, min_cosine), note, count, alike)


def _carried_over(
    reference: Profiles, profiled: Profiles, encoder: str, config: Config
) -> Calibration:
    """The shipped curves on the scale of another encoder."""
    model = AffinityModel.load("", "bundled")
    pairs = _sample(reference, model.min_cosine, config)
    first, second = pairs.first, pairs.second
    features = Features(reference)
    before = features.of_pairs(first, second)
    after = Features(profiled).of_pairs(first, second)
    cross = features.is_cross(first, second)
    curves = {
        kind: {
            name: _rescaled(curve, *_cosines(before, after, name, cross == bool(number)))
            if name in COSINES
            else curve
            for name, curve in model.curves[kind].items()
        }
        for number, kind in enumerate(KINDS)
    }
    cosines = np.sort(before["text_cosine"]), np.sort(after["text_cosine"])
    lowest = _corresponding(np.array([model.min_cosine]), *cosines)
    note = (
        f"Curves of the bundled encoder on the scale of this one, from {len(first):,} pairs "
        "without labels"
    )
    carried = replace(model, name=encoder, min_cosine=round(float(lowest[0]), 2), curves=curves)
    return Calibration(carried, note, len(first), None)


def _anchored(
    carried: Calibration, profiled: Profiles, alike: Profiles, config: Config
) -> Calibration:
    """Curves with the priors shifted so that they agree with the pairs whose label is certain.

    Args:
        carried: The curves.
        profiled: Profiles of the texts by this encoder.
        alike: Profiles of edited copies by this encoder, pair by pair.
        config: The link probability that different events stay below.
    """
    affinity = Affinity(carried.model, profiled)
    far, least = far_pairs(affinity.features, profiled.seconds, config.neighbors.max_gap)
    ends = np.arange(len(alike.texts))
    sure = SurePairs(
        Affinity(carried.model, alike).log_odds(ends[::2], ends[1::2]),
        affinity.log_odds(far.first, far.second),
        config.stories.min_link_probability,
    )
    shift = sure.shift()
    step, priors = shift * LOG_ODDS_UNIT, carried.model.intercepts
    moved = {kind: round(prior + step, 3) for kind, prior in priors.items()}
    model = replace(carried.model, intercepts=moved)
    note = (
        f"{carried.note}; {_anchors_in_words(sure, shift, least)}; "
        f"{_percolation_in_words(Affinity(model, profiled), config)}"
    )
    return replace(carried, model=model, note=note)


def _anchors_in_words(sure: SurePairs, shift: int, least: timedelta) -> str:
    used = []
    for log_odds, what in (
        (sure.same, "edited copies"),
        (sure.different, f"pairs {least.days:,} days or more apart"),
    ):
        enough = len(log_odds) >= MIN_PAIRS
        mean = f"mean P {mean_probability(log_odds + shift):.3f}" if enough else "too few to use"
        used.append(f"{len(log_odds):,} {what} ({mean})")
    return f"anchors: {', '.join(used)}: log-odds moved by {shift * LOG_ODDS_UNIT:+.2f}"


def _percolation_in_words(affinity: Affinity, config: Config) -> str:
    """The share of the corpus that the links of `min_probability` connect."""
    of, floor = affinity.profiles, log_odds_of(config.stories.min_probability)
    pairs = story_candidates(of, affinity.model.min_cosine, config.neighbors)
    likely = affinity.log_odds(pairs.first, pairs.second) >= floor
    labels = component_labels(pairs.first[likely], pairs.second[likely], len(of.texts))
    members = np.flatnonzero(labels == np.bincount(labels).argmax())
    message = (
        f"links at min_probability join at most {len(members) / len(of.texts):.0%} of the texts"
    )
    lots = np.random.default_rng(_SEED).permutation(len(of.texts))
    loose = percolates(members, lots, affinity, config.stories, floor)
    return f"{message}, by chance: they percolate" if loose else message


def _sample(reference: Profiles, min_cosine: float, config: Config) -> Pairs:
    """Near pairs, and as many random pairs: the curves need both ends of the scale."""
    near = story_candidates(reference, min_cosine, config.neighbors)
    count = len(reference.seconds)
    generator = np.random.default_rng(_SEED)
    chosen = generator.permutation(len(near.first))[: _MAX_PAIRS // 2]
    random_pairs = max(len(chosen), MIN_PAIRS_OF_A_KIND)
    a, b = generator.integers(0, count, (2, random_pairs))
    return Pairs.of([(near.first[chosen], near.second[chosen]), (a[a != b], b[a != b])], count)


def _cosines(before: Values, after: Values, name: str, kind: BoolMask) -> tuple[Float64s, Float64s]:
    """Sorted cosines of both encoders, of one kind of pairs or, where those are few, of all."""
    chosen = kind if kind.sum() >= MIN_PAIRS_OF_A_KIND else np.ones(len(kind), bool)
    return np.sort(before[name][chosen]), np.sort(after[name][chosen])


def _corresponding(values: Float64s, before: Float64s, after: Float64s) -> Float64s:
    """The cosines of the other encoder that as many pairs stay below; 1 stays 1."""
    places: Float64s = np.interp(values, np.append(before, 1.0), np.append(after, 1.0))
    return places


def _rescaled(curve: Curve, before: Float64s, after: Float64s) -> Curve:
    """The curve with its points at the corresponding values, those that fall together joined."""
    places = _corresponding(np.array([x for x, _ in curve]), before, after).round(4).tolist()
    points = dict(zip(places, (level for _, level in curve), strict=True))
    return tuple(sorted(points.items()))
