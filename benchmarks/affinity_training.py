"""Fit the affinity for an encoder on labelled articles.

    python -m benchmarks.affinity_training DEV_DIR SEEDS_GOLD [--encoder bundled] [--write FILE]

The curves are fitted by `dedup.calibration.curves` on the candidate pairs of the labelled sets of
`benchmarks.stories` and on the graded pairs of `benchmarks.graded_pairs`, each set weighted alike.
The look-alikes and the parts of ITN take no part: they are only measured on.

`left_out` is what `benchmarks.stories` measures: every set by curves that saw no row of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.graded_pairs import NAME as GRADED
from benchmarks.graded_pairs import GradedPairs
from benchmarks.saved import made_by, save_rows
from benchmarks.story_scores import Run, reliability_by_kind, reliability_by_language
from benchmarks.story_sets import StorySet, load_sets
from benchmarks.story_tables import language_table, reliability_table
from dedup.calibration.curves import LabelledPairs, fit
from dedup.cleaning import clean
from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.pipeline import cluster, independent, profiles_of
from dedup.result import Result
from dedup.stories.affinity import LOG_ODDS_UNIT, AffinityModel
from dedup.stories.candidates import story_candidates
from dedup.stories.features import Features

LIBRARIES = ("story-dedup", "numpy", "scipy")
MIN_COSINE = 0.2
TRAINED = ("seeds", "ITN", "AllSides", "ECB+", "newswcl50", "gunviolence", GRADED)
"""Sets that the curves are fitted on; others are only measured on. Translations are no coverage:
with NTREX among the sets, left-out sets are grouped worse (mean B-cubed .845 instead of .854)."""
PARTS = {"ITN English": "ITN", "ITN titles": "ITN"}
"""Sets with the texts of another one, which is left out with them."""


@dataclass(frozen=True)
class TrainingPairs:
    """Labelled pairs of a set, and the language of each.

    Attributes:
        pairs: The pairs.
        languages: The language of both texts, or the two joined by `-`; of shape (m,).
    """

    pairs: LabelledPairs
    languages: npt.NDArray[np.str_]


def labelled(story_set: StorySet, encoder: Encoder, config: Config = Config()) -> TrainingPairs:
    """Embed the independent texts of a set and label their candidate pairs."""
    articles = [article for article in story_set.articles if article.id in story_set.gold]
    texts = {article.id: clean(article, config.cleaning) for article in articles}
    articles = independent(articles, texts, config)
    profiles = profiles_of(articles, texts, encoder, config)
    pairs = story_candidates(profiles, MIN_COSINE, config.neighbors)
    clusters = [story_set.gold[article.id] for article in articles]
    languages = np.array([article.language for article in articles])
    first, second = languages[pairs.first], languages[pairs.second]
    joined = np.char.add(np.char.add(first, "-"), second)
    return TrainingPairs(
        LabelledPairs.of(Features(profiles), pairs, clusters),
        np.where(first == second, first, joined),
    )


def training_sets(
    sets: Sequence[StorySet], graded: GradedPairs | None, encoder: Encoder
) -> dict[str, TrainingPairs]:
    """The pairs that the curves are fitted on, by set, of those sets that are given."""
    material = {
        story_set.name: labelled(story_set, encoder)
        for story_set in sets
        if story_set.name in TRAINED
    }
    if graded is not None:
        material[GRADED] = TrainingPairs(graded.labelled(encoder), graded.languages)
    return material


def fit_without(
    material: Mapping[str, TrainingPairs], encoder: str, without: Iterable[str] = ()
) -> AffinityModel:
    """Curves fitted on all sets but some."""
    sets = [one.pairs for name, one in material.items() if name not in set(without)]
    return fit(sets, encoder, MIN_COSINE)


def stories_of(result: Result) -> dict[str, str]:
    """Story group by article id."""
    return {member.id: story.id for story in result.story_groups for member in story.members}


def left_out(
    sets: Sequence[StorySet], graded: GradedPairs, encoder: Encoder
) -> dict[str, list[Run]]:
    """Groupings of sets, each by curves that saw no row of it."""
    material = training_sets(sets, graded, encoder)
    models: dict[str, AffinityModel] = {}
    runs = {}
    for story_set in sets:
        whole = PARTS.get(story_set.name, story_set.name)
        if whole not in models:
            models[whole] = fit_without(material, encoder.name, [whole])
        result = cluster(story_set.articles, encoder=encoder, affinity=models[whole])
        runs[story_set.name] = [Run(stories_of(result))]
    return runs


def reliability(material: Mapping[str, TrainingPairs], name: str) -> list[dict[str, Any]]:
    """Predicted and observed shares of same events, by curves that have not seen the set.

    Returns:
        A row for each tenth of the pairs of one language and of two, see `Bin`, with their `kind`;
        and one for each `language` with 500 pairs, see `LanguageShare`.
    """
    predicted = []
    for left, one in material.items():
        model = fit_without(material, name, [left])
        log_odds = model.log_odds(one.pairs.values, one.pairs.cross) * LOG_ODDS_UNIT
        predicted.append(1 / (1 + np.exp(-log_odds)))
    probability = np.concatenate(predicted)
    same = np.concatenate([one.pairs.same for one in material.values()])
    cross = np.concatenate([one.pairs.cross for one in material.values()])
    languages = np.concatenate([one.languages for one in material.values()])
    bins = reliability_by_kind(probability, same, cross)
    shares = reliability_by_language(probability[~cross], same[~cross], languages[~cross])
    return [
        *({"kind": kind, **one._asdict()} for kind, tenths in bins.items() for one in tenths),
        *(share._asdict() for share in shares),
    ]


def graded_scores(
    material: Mapping[str, TrainingPairs], graded: GradedPairs, encoder: str
) -> dict[str, Any]:
    """How well curves that never saw the graded pairs follow the grades, at the default cut."""
    model = fit_without(material, encoder, [GRADED])
    return graded.measured(material[GRADED].pairs, model, Config().stories.min_probability)


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
    graded = None if given.english else GradedPairs.read(given.folder / f"{GRADED}.jsonl.xz")
    material = training_sets(chosen, graded, encoder)
    model = fit_without(material, given.name or encoder.name)
    text = model.to_json(f"Fitted by benchmarks/affinity_training.py on {', '.join(material)}")
    if given.write:
        given.write.write_text(text, encoding="utf-8")
    rows = reliability(material, encoder.name)
    print(text, reliability_table(rows), language_table(rows), sep="\n")
    if graded is not None:
        print(graded_scores(material, graded, encoder.name))
    if given.save:
        provenance = made_by(
            "python -m benchmarks.affinity_training", LIBRARIES, encoder=encoder.name
        )
        save_rows(given.save, provenance, rows)


if __name__ == "__main__":
    main()
