"""Fit the affinity for an encoder on labelled articles.

    python -m benchmarks.affinity_training DEV_DIR SEEDS_GOLD [--encoder bundled] [--write FILE]

The curves are fitted by `dedup.calibration.curves` on the candidate pairs of the labelled sets of
`benchmarks.stories`, each set with a weight of its own. The look-alikes take no part: they are only
measured on.

`cross_fitted` is what `benchmarks.stories` measures.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.saved import made_by, save_rows
from benchmarks.story_scores import Bin, Run, reliability_by_language
from benchmarks.story_sets import Int64s, StorySet, folds_of, load_sets
from benchmarks.story_tables import reliability_table
from dedup.calibration.curves import LabelledPairs, fit
from dedup.cleaning import clean
from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.pipeline import cluster, independent, profiles_of
from dedup.result import Result
from dedup.stories.affinity import LOG_ODDS_UNIT
from dedup.stories.candidates import story_candidates
from dedup.stories.features import Features
from dedup.stories.pairs import Pairs

LIBRARIES = ("story-dedup", "numpy", "scipy")
FOLDS = 2
MIN_COSINE = 0.25
WEIGHTS = {
    "seeds": 0.6,
    "ITN": 0.5,
    "AllSides": 1.0,
    "ECB+": 1.0,
    "NTREX mixed": 0.5,
}
"""How much each set counts; others are only measured on."""


@dataclass(frozen=True)
class Labelled:
    """Candidate pairs of a set, with their labels and the folds of their two ends."""

    name: str
    pairs: LabelledPairs
    folds: tuple[Int64s, Int64s]


def labelled(story_set: StorySet, encoder: Encoder, config: Config = Config()) -> Labelled:
    """Embed the independent texts of a set and label their candidate pairs."""
    articles = [article for article in story_set.articles if article.id in story_set.gold]
    texts = {article.id: clean(article, config.cleaning) for article in articles}
    articles = independent(articles, texts, config)
    profiles = profiles_of(articles, texts, encoder, config)
    pairs = story_candidates(profiles, MIN_COSINE, config.neighbors)
    folds = folds_of(replace(story_set, articles=tuple(articles)), FOLDS)
    clusters = [story_set.gold[article.id] for article in articles]
    weight = WEIGHTS[story_set.name]
    labelled_pairs = LabelledPairs.of(Features(profiles), pairs, clusters, weight)
    return Labelled(story_set.name, labelled_pairs, _ends(folds, pairs))


def _ends(folds: Int64s, pairs: Pairs) -> tuple[Int64s, Int64s]:
    return folds[pairs.first], folds[pairs.second]


def training_sets(sets: Sequence[StorySet], encoder: Encoder) -> list[Labelled]:
    """The sets that the curves are fitted on, among those given."""
    return [labelled(story_set, encoder) for story_set in sets if story_set.name in WEIGHTS]


def without_fold(sets: Sequence[Labelled], fold: int) -> list[LabelledPairs]:
    """The pairs of which neither end is in a fold."""
    return [part.pairs.only((part.folds[0] != fold) & (part.folds[1] != fold)) for part in sets]


def stories_of(result: Result) -> dict[str, str]:
    """Story group by article id."""
    return {member.id: story.id for story in result.story_groups for member in story.members}


def cross_fitted(sets: Sequence[StorySet], encoder: Encoder) -> dict[str, list[Run]]:
    """Groupings of whole sets by curves that have not seen the clusters which are scored."""
    material = training_sets(sets, encoder)
    runs: dict[str, list[Run]] = {story_set.name: [] for story_set in sets}
    for fold in range(FOLDS):
        model = fit(without_fold(material, fold), encoder.name, MIN_COSINE)
        for story_set in sets:
            folds = zip(story_set.articles, folds_of(story_set, FOLDS).tolist(), strict=True)
            scored = frozenset(article.id for article, of in folds if of == fold)
            result = cluster(story_set.articles, encoder=encoder, affinity=model)
            runs[story_set.name].append(Run(stories_of(result), scored))
    return runs


def reliability(sets: Sequence[Labelled], name: str) -> dict[str, tuple[Bin, ...]]:
    """Predicted and observed shares of same events, by curves that have not seen the clusters."""
    predicted, same, cross = [], [], []
    for fold in range(FOLDS):
        model = fit(without_fold(sets, fold), name, MIN_COSINE)
        for part in sets:
            pairs = part.pairs.only((part.folds[0] == fold) & (part.folds[1] == fold))
            predicted.append(
                1 / (1 + np.exp(-model.log_odds(pairs.values, pairs.cross) * LOG_ODDS_UNIT))
            )
            same.append(pairs.same)
            cross.append(pairs.cross)
    return reliability_by_language(
        np.concatenate(predicted), np.concatenate(same), np.concatenate(cross)
    )


def main() -> None:
    """Fit the curves on all sets and print, or write, them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, metavar="DEV_DIR")
    parser.add_argument("seeds", type=Path, metavar="SEEDS_GOLD")
    parser.add_argument("--encoder", default="bundled")
    parser.add_argument("--english", action="store_true", help="only the English sets")
    parser.add_argument("--name", default="", help="name in the file, else the encoder's")
    parser.add_argument("--write", type=Path, help="file of the curves")
    parser.add_argument("--save", type=Path, help="file of the reliability")
    given = parser.parse_args()
    encoder = load_encoder(given.encoder)
    known = load_sets(given.folder, given.seeds)
    chosen = [
        story_set for story_set in known if not given.english or story_set.languages == {"en"}
    ]
    sets = training_sets(chosen, encoder)
    model = fit([part.pairs for part in sets], given.name or encoder.name, MIN_COSINE)
    names = ", ".join(part.name for part in sets)
    text = model.to_json(f"Fitted by benchmarks/affinity_training.py on {names}")
    if given.write:
        given.write.write_text(text, encoding="utf-8")
    bins = reliability(sets, encoder.name)
    rows = [{"kind": kind, **share._asdict()} for kind, shares in bins.items() for share in shares]
    print(text, reliability_table(rows), sep="\n")
    if given.save:
        provenance = made_by(
            "python -m benchmarks.affinity_training", LIBRARIES, encoder=encoder.name
        )
        save_rows(given.save, provenance, rows)


if __name__ == "__main__":
    main()
