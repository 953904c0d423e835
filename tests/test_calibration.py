"""Curves for other encoders: from labels, and from a corpus alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from dedup.affinity import Affinity, AffinityModel
from dedup.calibration import calibrate
from dedup.cleaning import clean
from dedup.cli import app
from dedup.config import Config
from dedup.curve_fitting import LabelledPairs, fit
from dedup.encoders import Encoder, Float32s, load_encoder
from dedup.errors import InputError
from dedup.evaluation import evaluate
from dedup.features import FEATURES
from dedup.pipeline import cluster, profiles_of
from dedup.readers.files import read_articles
from dedup.records import Article


class Squeezed:
    """The bundled encoder with a constant beside its vectors, so that every cosine is high."""

    name = "squeezed"
    revision = "1"

    def __init__(self) -> None:
        self._inner = load_encoder()
        self.dim = self._inner.dim + 1

    def encode(self, texts: Sequence[str]) -> Float32s:
        inner = self._inner.encode(texts)
        made = np.concatenate((inner, np.full((len(texts), 1), 2, np.float32)), axis=1)
        unit: Float32s = made / np.linalg.norm(made, axis=1, keepdims=True)
        return unit


@pytest.fixture(scope="module")
def seeds(seeds_path: Path) -> list[Article]:
    return list(read_articles([seeds_path]))


@pytest.fixture(scope="module")
def labels(seeds_path: Path) -> dict[str, str]:
    """Story by article id."""
    files = [seeds_path] if seeds_path.is_file() else sorted(seeds_path.glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    return {row["id"]: row["cluster"] for row in rows if row.get("cluster")}


def affinity_of(articles: list[Article], encoder: Encoder, model: AffinityModel) -> Affinity:
    texts = {each.id: clean(each) for each in articles}
    return Affinity(model, profiles_of(articles, texts, encoder, Config()))


def test_without_labels_the_probabilities_are_those_of_the_bundled_encoder(
    seeds: list[Article],
) -> None:
    found = calibrate(seeds, encoder=Squeezed())
    assert found.model.name == "squeezed"
    assert found.same_event is None
    assert found.model.min_cosine > 0.7
    shipped = AffinityModel.load("", "bundled")
    first, second = np.triu_indices(len(seeds), 1)
    before = affinity_of(seeds, load_encoder(), shipped).log_odds(first, second)
    after = affinity_of(seeds, Squeezed(), found.model).log_odds(first, second)
    unchanged = affinity_of(seeds, Squeezed(), shipped).log_odds(first, second)
    near = before > -4000
    assert np.abs(before - after)[near].mean() < 800
    assert np.abs(before - after)[near].mean() < 0.3 * np.abs(before - unchanged)[near].mean()


def test_labels_give_curves_that_group_better_than_those_of_another_scale(
    seeds: list[Article], labels: dict[str, str]
) -> None:
    found = calibrate(seeds, gold=labels, encoder=Squeezed())
    assert found.same_event is not None
    assert 0 < found.same_event < found.pairs
    scores = []
    for model in (found.model, AffinityModel.load("", "bundled")):
        result = cluster(seeds, encoder=Squeezed(), affinity=model)
        stories = {each: group.id for each, (group, _) in result.story_of.items()}
        scores.append(evaluate(stories, labels).b_cubed.f1)
    assert scores[0] > scores[1]


def test_labels_that_teach_nothing_are_refused(
    seeds: list[Article], labels: dict[str, str]
) -> None:
    with pytest.raises(InputError, match="articles with a label"):
        calibrate(seeds, gold={})
    with pytest.raises(InputError, match="different stories"):
        calibrate(seeds, gold=dict.fromkeys(labels, "one"))
    with pytest.raises(InputError, match="the same story"):
        calibrate(seeds, gold={each: each for each in labels})


def test_the_fit_finds_the_direction_of_the_evidence() -> None:
    generator = np.random.default_rng(0)
    same = generator.random(4000) < 0.5
    values = {name: generator.random(4000) for name in FEATURES}
    # A cosine that tells, and numbers that tell the wrong way round.
    values["text_cosine"] = np.where(same, 0.8, 0.3) + 0.1 * generator.normal(size=4000)
    values["shared_numbers"] = np.where(same, 0.0, 2.0)
    model = fit([LabelledPairs(values, generator.random(4000) < 0.5, same)], "any", 0.1)
    right = (model.log_odds(values, np.zeros(4000, bool)) > 0) == same
    assert right.mean() > 0.97
    for curves in model.curves.values():
        assert curves["text_cosine"][-1][1] > 2
        assert curves["shared_numbers"][-1][1] == 0


@pytest.mark.parametrize("crossed", [False, True])
def test_few_labels_of_one_language_still_teach(crossed: bool) -> None:
    generator = np.random.default_rng(0)
    same = np.arange(120) % 2 == 0
    values = {name: np.zeros(120) for name in FEATURES}
    values["text_cosine"] = np.where(same, 0.8, 0.3) + 0.1 * generator.normal(size=120)
    cross = np.full(120, crossed)
    model = fit([LabelledPairs(values, cross, same)], "any", 0.1)
    for kind in (cross, ~cross):
        assert ((model.log_odds(values, kind) > 0) == same).mean() > 0.95


def test_the_fit_needs_both_kinds_of_labels() -> None:
    values = {name: np.zeros(3) for name in FEATURES}
    with pytest.raises(ValueError, match="different events"):
        fit([LabelledPairs(values, np.zeros(3, bool), np.ones(3, bool))], "any", 0.1)


def test_the_command_writes_what_the_configuration_names(tmp_path: Path, seeds_path: Path) -> None:
    curves = tmp_path / "own.json"
    done = CliRunner().invoke(app, ["calibrate", str(seeds_path), "-o", str(curves)])
    assert done.exit_code == 0, done.output
    assert "without labels" in done.output
    config = Config().replace(affinity={"weights": str(curves)})
    assert AffinityModel.load(config.affinity.weights, "bundled").name == "bundled"
    wrong = CliRunner().invoke(app, ["calibrate", str(seeds_path), "-o", "own.txt"])
    assert wrong.exit_code == 2
