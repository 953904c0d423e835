"""Log-odds: one pair has one value, its parts add up to it, and no part turns back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.articles import UNDATED
from dedup.compute.arrays import Int64s
from dedup.encoders import load_encoder
from dedup.encoders.whole_vectors import whole_vectors
from dedup.errors import ConfigError
from dedup.stories.affinity import (
    KINDS,
    LOG_ODDS_UNIT,
    Affinity,
    AffinityModel,
    height,
    log_odds_of,
    probability_of,
)
from dedup.stories.features import FEATURES
from dedup.stories.profiles import Profiles, profiles, title_of

TEXTS = [
    "Vulkan Krakatau erupts, 12 villages of Banten evacuated",
    "Krakatau: Banten orders people out of 12 villages",
    "Ferry Estrella sinks off Palawan, 35 dead",
    "",
    "كراكاتاو Krakatau",
    "Извержение вулкана Кракатау: эвакуированы 12 деревень провинции Бантен",
    "Ferry sinks on March 5",
    "Fähre am 5. März 2024 gesunken",
    "Ferry sinks on 7 March",
]
LANGUAGES = ["en", "en", "en", "", "ar", "ru", "en", "de", "en"]
DAY = 86_400


def profiled(texts: list[str], seconds: Int64s, languages: list[str]) -> Profiles:
    vectors = whole_vectors(load_encoder().encode(texts))
    titles = [title_of("", text) for text in texts]
    sources = ["post", "post", "times", "", "", "times", "post", "", "post"][: len(texts)]
    return profiles(texts, titles, vectors, vectors, seconds, languages, sources)


@pytest.fixture
def affinity() -> Affinity:
    seconds = np.array([0, DAY, 3 * DAY, UNDATED, 400 * DAY, DAY // 2, 0, UNDATED, DAY])
    return Affinity(AffinityModel.load("", "bundled"), profiled(TEXTS, seconds, LANGUAGES))


def test_alone_in_a_list_and_in_a_block_a_pair_has_one_value(affinity: Affinity) -> None:
    everyone = np.arange(len(TEXTS))
    block = affinity.block(everyone, everyone)
    first, second = np.triu_indices(len(TEXTS), 1)
    listed = affinity.log_odds(first, second)
    alone = [
        int(affinity.log_odds(np.array([b]), np.array([a]))[0])
        for a, b in zip(first, second, strict=True)
    ]
    assert listed.tolist() == alone == block[first, second].tolist()
    assert (block == block.T).all()
    assert affinity.block(np.array([4]), np.array([2, 0])).tolist() == [block[4, [2, 0]].tolist()]


def test_blocks_of_any_height_are_equal(
    affinity: Affinity, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = np.arange(len(TEXTS))
    expected = affinity.block(everyone, everyone)
    monkeypatch.setattr("dedup.stories.affinity._PAIRS_AT_ONCE", 7)
    assert affinity.block(everyone, everyone).tolist() == expected.tolist()
    first, second = np.triu_indices(len(TEXTS), 1)
    assert affinity.log_odds(first, second).tolist() == expected[first, second].tolist()


def test_the_parts_add_up_to_the_log_odds(affinity: Affinity) -> None:
    for a in range(len(TEXTS)):
        for b in range(len(TEXTS)):
            if a != b:
                parts = sum(part.log_odds for part in affinity.evidence(a, b))
                whole = int(affinity.log_odds(np.array([a]), np.array([b]))[0]) * LOG_ODDS_UNIT
                assert parts == pytest.approx(whole, abs=4 * LOG_ODDS_UNIT)


def test_evidence_names_words_names_and_numbers(affinity: Affinity) -> None:
    details = {part.name: part.detail for part in affinity.evidence(0, 1)}
    assert "krakatau" in details["shared_terms"]
    assert "banten" in details["shared_terms"]
    assert details["shared_numbers"] == "12"
    details = {part.name: part.detail for part in affinity.evidence(0, 5)}
    assert details["shared_terms"] == ""
    assert "krakatau" in details["shared_names"]


def test_the_same_event_is_likelier_than_another(affinity: Affinity) -> None:
    first = np.arange(3)
    scores = affinity.block(first, first)
    assert scores[0, 1] > 0 > scores[0, 2]


def test_features_have_their_units(affinity: Affinity) -> None:
    values = {part.name: part.value for part in affinity.evidence(0, 2)}
    assert values["gap"] == 3.0
    assert values["number_clash"] == 1.0
    assert values["short_text"] == 1.0
    values = {part.name: part.value for part in affinity.evidence(0, 1)}
    assert values["shared_numbers"] == 1.0
    values = {part.name: part.value for part in affinity.evidence(2, 3)}
    assert (values["gap"], values["undated"]) == (0.0, 1.0)


def test_days_that_texts_name_are_shared_or_clash(affinity: Affinity) -> None:
    parts = {part.name: part for part in affinity.evidence(6, 7)}
    assert (parts["shared_dates"].value, parts["date_clash"].value) == (1.0, 0.0)
    assert parts["shared_dates"].detail == "5 March"
    values = {part.name: part.value for part in affinity.evidence(6, 8)}
    assert (values["shared_dates"], values["date_clash"]) == (0.0, 1.0)
    values = {part.name: part.value for part in affinity.evidence(0, 6)}
    assert (values["shared_dates"], values["date_clash"]) == (0.0, 0.0)


def test_languages_decide_the_kind_of_pair(affinity: Affinity) -> None:
    a, b = np.array([0, 0, 0, 4]), np.array([1, 3, 4, 5])
    assert affinity.features.is_cross(a, b).tolist() == [False, False, True, True]


@pytest.mark.parametrize("encoder", ["bundled", "some/other-model"])
@given(st.data())
def test_more_evidence_of_a_kind_is_never_held_against_a_pair(
    encoder: str, data: st.DataObject
) -> None:
    model = AffinityModel.load("", encoder)
    name = data.draw(st.sampled_from([each for each, sign in FEATURES.items() if sign]))
    values = {each: data.draw(st.floats(0, 30)) for each in FEATURES}
    low, high = sorted((values[name], data.draw(st.floats(0, 30))))
    cross = np.array([data.draw(st.booleans())] * 2)
    arrays = {each: np.array([value, value]) for each, value in values.items()}
    arrays[name] = np.array([low, high])
    before, after = model.log_odds(arrays, cross).tolist()
    assert (after - before) * FEATURES[name] >= 0


def test_a_curve_joins_its_points_and_is_level_beyond() -> None:
    curve = ((0.0, 0.0), (1.0, 2.0), (3.0, 3.0))
    values = np.array([-5.0, 0.0, 0.5, 1.0, 2.0, 3.0, 50.0])
    stops, levels = [x for x, _ in curve], [y for _, y in curve]
    assert height(curve, values).tolist() == np.interp(values, stops, levels).tolist()


def test_weights_of_another_encoder_are_the_default_ones() -> None:
    assert AffinityModel.load("", "bundled").name == "bundled"
    assert AffinityModel.load("", "intfloat/multilingual-e5-small").name != "bundled"


def flat(value: float) -> dict[str, object]:
    curves = {kind: {name: [[0, 0], [1, value]] for name in FEATURES} for kind in KINDS}
    intercepts = dict.fromkeys(KINDS, -1)
    return {"name": "own", "min_cosine": 0.1, "intercepts": intercepts, "curves": curves}


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"name": "x", "min_cosine": 0.1}, "intercepts"),
        (flat(1.0), "number_clash: must not turn back"),
        (flat(-1.0), "text_cosine: must not turn back"),
        (flat(0.0) | {"min_cosine": "near"}, "near"),
    ],
)
def test_unusable_weights_are_refused(tmp_path: Path, stored: dict[str, object], said: str) -> None:
    path = tmp_path / "weights.json"
    path.write_text(json.dumps(stored))
    with pytest.raises(ConfigError, match=rf"weights\.json.*{said}"):
        AffinityModel.load(str(path), "bundled")


def test_weights_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.json"):
        AffinityModel.load(str(tmp_path / "missing.json"), "bundled")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    shipped = AffinityModel.load("", "bundled")
    path = tmp_path / "weights.json"
    path.write_text(shipped.to_json("a copy"))
    assert AffinityModel.load(str(path), "bundled") == shipped
    assert json.loads(path.read_text())["note"] == "a copy"


def test_probabilities_and_log_odds_are_inverse() -> None:
    for probability in (0.01, 0.2, 0.5, 0.87):
        assert probability_of(log_odds_of(probability)) == pytest.approx(probability, abs=1e-3)
    assert probability_of(10**9) == 1.0
    assert probability_of(-(10**9)) == 0.0


def test_no_texts_give_no_scores() -> None:
    nothing = np.empty(0, np.int64)
    empty = Affinity(AffinityModel.load("", "bundled"), profiled([], nothing, []))
    assert len(empty.log_odds(nothing, nothing)) == 0
    assert empty.block(nothing, nothing).shape == (0, 0)
