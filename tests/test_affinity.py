"""Log-odds: one pair has one value, and its parts add up to it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dedup.affinity import (
    FEATURES,
    LOG_ODDS_UNIT,
    Affinity,
    AffinityModel,
    log_odds_of,
    probability_of,
)
from dedup.encoders import load_encoder
from dedup.errors import ConfigError
from dedup.neighbors import UNDATED, whole_vectors

TEXTS = [
    "Vulkan Krakatau erupts, 12 villages of Banten evacuated",
    "Krakatau: Banten orders people out of 12 villages",
    "Ferry Estrella sinks off Palawan",
    "",
    "كراكاتاو Krakatau",
]
DAY = 86_400


@pytest.fixture
def affinity() -> Affinity:
    seconds = np.array([0, DAY, 3 * DAY, UNDATED, 400 * DAY])
    languages = ["en", "en", "en", "", "ar"]
    model = AffinityModel.load("", "bundled")
    whole = whole_vectors(load_encoder().encode(TEXTS))
    return Affinity(model, whole, seconds, languages, TEXTS)


def test_alone_in_a_list_and_in_a_matrix_a_pair_has_one_value(affinity: Affinity) -> None:
    count = len(TEXTS)
    matrix = affinity.matrix(np.arange(count))
    first, second = np.triu_indices(count, 1)
    listed = affinity.log_odds(first, second)
    alone = [
        int(affinity.log_odds(np.array([a]), np.array([b]))[0])
        for a, b in zip(first, second, strict=True)
    ]
    assert listed.tolist() == alone == matrix[first, second].tolist()
    assert (matrix == matrix.T).all()


def test_the_parts_add_up_to_the_log_odds(affinity: Affinity) -> None:
    for a in range(len(TEXTS)):
        for b in range(len(TEXTS)):
            if a != b:
                parts = sum(part.log_odds for part in affinity.evidence(a, b))
                whole = int(affinity.log_odds(np.array([a]), np.array([b]))[0]) * LOG_ODDS_UNIT
                assert parts == pytest.approx(whole, abs=2 * LOG_ODDS_UNIT)


def test_evidence_names_the_shared_rare_words(affinity: Affinity) -> None:
    shared = next(part for part in affinity.evidence(0, 1) if part.name == "shared_terms")
    assert "krakatau" in shared.detail
    assert "villages" in shared.detail or "banten" in shared.detail


def test_the_same_event_is_likelier_than_another(affinity: Affinity) -> None:
    scores = affinity.matrix(np.arange(3))
    assert scores[0, 1] > 0 > scores[0, 2]


def test_features_have_their_units(affinity: Affinity) -> None:
    values = {part.name: part.value for part in affinity.evidence(0, 2)}
    assert values["gap"] == 3.0
    assert values["cross_language"] == 0.0
    values = {part.name: part.value for part in affinity.evidence(0, 4)}
    assert values["gap"] == 30.0
    assert values["cross_language"] == 1.0
    assert next(p.value for p in affinity.evidence(2, 3) if p.name == "gap") == 0.0


def test_evidence_weighs_in_its_known_direction() -> None:
    for encoder in ("bundled", "some/other-model"):
        weights = AffinityModel.load("", encoder).weights
        assert weights["cosine"] > 0
        assert weights["shared_terms"] >= 0
        assert weights["gap"] <= 0


def test_weights_of_another_encoder_are_the_default_ones() -> None:
    assert AffinityModel.load("", "bundled").name == "bundled"
    assert AffinityModel.load("", "intfloat/multilingual-e5-small").name != "bundled"


def test_unusable_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text(json.dumps({"name": "x", "min_cosine": 0.1, "intercept": 0, "weights": {}}))
    with pytest.raises(ConfigError, match=r"weights\.json.*cosine"):
        AffinityModel.load(str(path), "bundled")
    with pytest.raises(ConfigError, match=r"missing\.json"):
        AffinityModel.load(str(tmp_path / "missing.json"), "bundled")


def test_own_weights_are_used(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    weights = dict.fromkeys(FEATURES, 1.0)
    path.write_text(
        json.dumps({"name": "own", "min_cosine": 0.1, "intercept": -1, "weights": weights})
    )
    assert AffinityModel.load(str(path), "bundled") == AffinityModel("own", 0.1, -1.0, weights)


def test_probabilities_and_log_odds_are_inverse() -> None:
    for probability in (0.01, 0.2, 0.5, 0.87):
        assert probability_of(log_odds_of(probability)) == pytest.approx(probability, abs=1e-3)
    assert probability_of(10**9) == 1.0
    assert probability_of(-(10**9)) == 0.0


def test_no_texts_give_no_scores() -> None:
    empty = Affinity(
        AffinityModel.load("", "bundled"),
        np.zeros((0, 4), np.float32),
        np.empty(0, np.int64),
        [],
        [],
    )
    nothing = np.empty(0, np.int64)
    assert len(empty.log_odds(nothing, nothing)) == 0
