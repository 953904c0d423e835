"""Curves for other encoders: from labels, and from a corpus alone."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from dedup.articles import UNDATED
from dedup.calibration.calibrate import calibrate
from dedup.calibration.curves import LabelledPairs, fit
from dedup.calibration.sure_pairs import SurePairs, far_pairs, mean_probability
from dedup.cleaning import clean
from dedup.cli import app
from dedup.compute.arrays import Float32s, Int64s
from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.encoders.whole_vectors import whole_vectors
from dedup.errors import InputError
from dedup.evaluation import evaluate
from dedup.pipeline import cluster, profiles_of
from dedup.readers.files import read_articles
from dedup.records import Article
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.features import FEATURES, Features
from dedup.stories.profiles import profiles


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


class Wary:
    """An encoder to which a text and its edited copy are as unlike as any two texts."""

    name = "wary"
    revision = "1"
    dim = 64

    def encode(self, texts: Sequence[str]) -> Float32s:
        rows = [np.random.default_rng(zlib.crc32(text.encode())).normal(size=64) for text in texts]
        made = np.array(rows, np.float32).reshape(-1, 64)
        unit: Float32s = made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)
        return unit


def test_edited_copies_are_alike_and_distant_pairs_are_not_whatever_the_scale_says(
    prose: Callable[[int, int], str],
) -> None:
    """No text is like its copies to this encoder: its quantiles say nothing of them."""
    articles = []
    for number in range(60):
        published = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=20 * number)
        for copy, ending in enumerate((" 101 202 on 3 May", " 606 on 9 June")):
            time = published + timedelta(days=6 * copy)
            words = prose(number, 60).split()
            text = " ".join(f"the {word.title()} of" for word in words) + ending
            source = f"paper {copy}"
            articles.append(Article(f"{number}-{copy}", "", text, source=source, published_at=time))
    found = calibrate(articles, encoder=Wary())
    assert "60 edited copies (mean P" in found.note
    affinity = affinity_of(articles, Wary(), found.model)
    ends = np.arange(0, 120, 2)
    assert mean_probability(affinity.log_odds(ends, ends + 1)) >= 0.8
    assert mean_probability(affinity.log_odds(ends[:-20], ends[20:])) <= 0.2


def chances(log_odds: Int64s) -> float:
    return float(np.mean([1 / (1 + math.exp(-each / 1000)) for each in log_odds.tolist()]))


@given(
    st.lists(st.integers(-9000, 9000), min_size=20, max_size=30),
    st.lists(st.integers(-9000, 9000), min_size=20, max_size=30),
)
def test_the_shift_is_the_smallest_that_the_sure_pairs_allow(a: list[int], b: list[int]) -> None:
    sure = SurePairs(np.array(a), np.array(b), 0.1)
    shift = sure.shift()
    both, apart = [], []
    for step in range(-15_000, 15_001, 50):
        if chances(sure.different + step) <= 0.1:
            apart.append(step)
            if chances(sure.same + step) >= 0.95:
                both.append(step)
    assert abs(shift) == min(map(abs, both or apart))


def test_few_sure_pairs_move_nothing() -> None:
    assert SurePairs(np.full(19, -9000), np.full(19, 9000), 0.1).shift() == 0
    assert SurePairs(np.full(20, 9000), np.full(20, -9000), 0.1).shift() == 0
    assert SurePairs(np.full(20, 1000), np.full(2, 0), 0.1).shift() == 1950
    assert SurePairs(np.full(2, 0), np.full(20, 0), 0.1).shift() == -2200


def test_pairs_far_apart_are_more_than_a_year_or_the_furthest_without_a_term() -> None:
    days = np.arange(0, 600, 30)
    texts = ["Krakatau erupts", "Estrella sinks", "Banten votes", "Palawan burns"] * 5
    titles = texts
    vectors = whole_vectors(load_encoder().encode(texts))

    def found(seconds: Int64s) -> tuple[list[tuple[int, int]], int]:
        of = profiles(texts, titles, vectors, vectors, seconds, ["en"] * 20, [""] * 20)
        pairs, least = far_pairs(Features(of), of.seconds, timedelta(days=7))
        return list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)), least.days

    pairs, least = found(days * 86_400)
    assert least == 390
    assert sorted(pairs) == [(a, b) for a in range(20) for b in range(a + 13, 20)]
    pairs, least = found(days * 8_640)
    assert least == 9
    assert sorted(pairs) == [
        (a, b) for a in range(20) for b in range(a + 3, 20) if texts[a] != texts[b]
    ]
    assert found(np.full(20, UNDATED)) == ([], 0)


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
    assert "8 edited copies (too few to use)" in done.output
    assert "days or more apart (mean P 0.0" in done.output
    assert "links at min_probability join at most" in done.output
    config = Config().replace(affinity={"weights": str(curves)})
    assert AffinityModel.load(config.affinity.weights, "bundled").name == "bundled"
    wrong = CliRunner().invoke(app, ["calibrate", str(seeds_path), "-o", "own.txt"])
    assert wrong.exit_code == 2
