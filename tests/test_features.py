"""Features and log-odds by kernel and by NumPy; profiles of some texts out of those of all."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.articles import UNDATED
from dedup.compute.arrays import Int64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.encoders.whole_vectors import whole_vectors
from dedup.stories.affinity import KINDS, Affinity, AffinityModel, likely_pairs
from dedup.stories.chance import above_chance, chance_by_language
from dedup.stories.features import COMPILE_FROM_TEXTS, FEATURES, Features
from dedup.stories.pairs import Pairs
from dedup.stories.profiles import Profiles, name_hashes, profiles

DAY = 86_400
WORDS = [
    "the", "volcano", "krakatau", "кракатау", "كراكاتاو", "banten", "palawan", "12", "35", "12,500",
    "火山", "erupts", "people", "ferry", "estrella", "Эстрелла",
]  # fmt: skip

told = st.tuples(
    st.lists(st.sampled_from(WORDS), max_size=12),
    st.lists(st.sampled_from(WORDS), max_size=4),
    st.integers(-900, 900) | st.none(),
    st.sampled_from(["", "en", "ru", "ar"]),
    st.sampled_from(["", "post", "times"]),
)
Told = tuple[list[str], list[str], int | None, str, str]


def profiled(texts: list[Told], seed: int) -> Profiles:
    """Profiles with vectors of which some are equal."""
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(5, 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    whole = whole_vectors(vectors)
    return profiles(
        [" ".join(words) for words, *_ in texts],
        [" ".join(head) for _, head, *_ in texts],
        whole[generator.integers(0, 5, len(texts))],
        whole[generator.integers(0, 5, len(texts))],
        np.array([UNDATED if hour is None else hour * 3600 + 7 for *_, hour, _, _ in texts]),
        [language for *_, language, _ in texts],
        [source for *_, source in texts],
    )


def all_pairs(count: int) -> tuple[Int64s, Int64s]:
    """In both directions, and each text with itself."""
    first, second = np.divmod(np.arange(count * count), max(1, count))
    return first, second


@st.composite
def models(draw: st.DrawFn) -> AffinityModel:
    """Curves with any number of points, of heights that do not round well."""

    def curve(sign: int) -> tuple[tuple[float, float], ...]:
        steps = draw(st.lists(st.integers(1, 30), min_size=1, max_size=5))
        rises = draw(st.lists(st.integers(0, 2000), min_size=len(steps), max_size=len(steps)))
        lefts, heights = np.cumsum(steps) / 7 - 1, (sign or 1) * np.cumsum(rises) / 997
        return tuple(zip(lefts.tolist(), heights.tolist(), strict=True))

    return AffinityModel(
        "drawn",
        0.1,
        {kind: draw(st.floats(-6, 6)) for kind in KINDS},
        {kind: {name: curve(sign) for name, sign in FEATURES.items()} for kind in KINDS},
    )


@given(st.lists(told, max_size=9), st.integers(0, 9))
def test_features_are_the_same_by_the_kernel(texts: list[Told], seed: int) -> None:
    made = profiled(texts, seed)
    first, second = all_pairs(len(texts))
    plain = Features(made, compiled=False).of_pairs(first, second)
    found = Features(made, compiled=True).of_pairs(first, second)
    assert list(found) == list(FEATURES)
    for name in FEATURES:
        assert found[name].tolist() == plain[name].tolist(), name


def test_names_count_from_what_is_usual_in_a_language() -> None:
    korean, german = map(int, name_hashes(["ko", "de"]))
    unknown = -1
    ids, chances = chance_by_language()
    assert ids.tolist() == sorted(ids.tolist())
    usual = dict(zip(ids.tolist(), chances.tolist(), strict=True))
    often, seldom = usual[korean], usual.get(german, 0.0)
    assert seldom < 0.02 < 0.1 < often
    pairs = {
        (korean, korean, often / 2): 0.0,
        (korean, korean, 1.0): 1.0,
        (korean, korean, 0.5): (0.5 - often) / (1 - often),
        (german, german, 0.5): (0.5 - seldom) / (1 - seldom),
        (korean, german, 0.5): 0.5,
        (unknown, unknown, 0.5): 0.5,
    }
    first, second, cosines = (np.array(column) for column in zip(*pairs, strict=True))
    assert above_chance(cosines, first, second).tolist() == pytest.approx(list(pairs.values()))


@given(st.lists(told, max_size=9), st.integers(0, 9), models())
@settings(max_examples=60)
def test_log_odds_and_blocks_are_the_same_by_the_kernel(
    texts: list[Told], seed: int, model: AffinityModel
) -> None:
    made = profiled(texts, seed)
    plain, compiled = Affinity(model, made, compiled=False), Affinity(model, made, compiled=True)
    everyone = np.arange(len(texts))
    first, second = all_pairs(len(texts))
    listed = plain.log_odds(first, second)
    assert compiled.log_odds(first, second).tolist() == listed.tolist()
    square = listed.reshape(len(texts), -1).tolist() if texts else []
    assert plain.block(everyone, everyone).tolist() == square
    assert compiled.block(everyone, everyone).tolist() == square
    some = everyone[::-2]
    assert compiled.block(some, everyone).tolist() == plain.block(some, everyone).tolist()
    assert compiled.block(some, some).tolist() == plain.block(some, some).tolist()


def many(count: int) -> Profiles:
    generator = np.random.default_rng(1)
    texts: list[Told] = [
        (
            generator.choice(WORDS, 8).tolist(),
            generator.choice(WORDS, 3).tolist(),
            None if k % 11 == 0 else int(generator.integers(0, 500)),
            ["", "en", "ru"][k % 3],
            ["", "post"][k % 2],
        )
        for k in range(count)
    ]
    return profiled(texts, 0)


def test_parts_in_threads_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made, model = many(60), AffinityModel.load("", "bundled")
    everyone = np.arange(60)
    first, second = all_pairs(60)
    expected = Affinity(model, made, compiled=True).block(everyone, everyone)
    monkeypatch.setattr("dedup.stories.compiled_pairs._PAIRS_AT_ONCE", 131)
    affinity = Affinity(model, made, compiled=True)
    assert affinity.block(everyone, everyone).tolist() == expected.tolist()
    assert affinity.log_odds(first, second).tolist() == expected.ravel().tolist()
    values = affinity.features.of_pairs(first, second)
    plain = Features(made, compiled=False).of_pairs(first, second)
    assert all((values[name] == plain[name]).all() for name in FEATURES)


def test_likely_pairs_are_those_at_the_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    affinity = Affinity(AffinityModel.load("", "bundled"), many(40))
    pairs = Pairs(*np.triu_indices(40, 1))
    log_odds = affinity.log_odds(pairs.first, pairs.second)
    floor = int(np.median(log_odds))
    kept = log_odds >= floor
    monkeypatch.setattr("dedup.stories.affinity._SCORED_AT_ONCE", 100)
    found = likely_pairs(affinity, pairs, floor)
    wanted = (pairs.first[kept], pairs.second[kept], log_odds[kept])
    assert [each.tolist() for each in found] == [each.tolist() for each in wanted]


def test_many_texts_take_the_kernels_and_few_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert COMPILE_FROM_TEXTS > 40
    assert Features(many(40)).kernel is None
    monkeypatch.setattr("dedup.stories.features.COMPILE_FROM_TEXTS", 40)
    assert Features(many(40)).kernel is not None


def same(a: Profiles, b: Profiles) -> bool:
    def columns(each: Profiles) -> list[object]:
        found = [getattr(each, field.name) for field in fields(Profiles)]
        return [
            [part.tolist() for part in (x.offsets, x.keys, x.values)]
            if isinstance(x, KeyedRows)
            else np.asarray(x).tolist()
            for x in found
        ]

    return columns(a) == columns(b)


@given(st.lists(told, min_size=1, max_size=8), st.data())
@settings(max_examples=40)
def test_profiles_can_be_taken_and_joined(texts: list[Told], data: st.DataObject) -> None:
    made = profiled(texts, 0)
    cut = data.draw(st.integers(0, len(texts)))
    parts = [made.take(np.arange(cut)), made.take(np.arange(cut, len(texts)))]
    assert same(Profiles.joined(parts), made)
    numbers = np.array(data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=8)), np.int64)
    alone = [made.take(numbers[k : k + 1]) for k in range(len(numbers))]
    if alone:
        assert same(Profiles.joined(alone), made.take(numbers))


@given(st.lists(told, max_size=8), st.lists(told, max_size=8))
@settings(max_examples=40)
def test_a_profile_does_not_depend_on_the_other_texts(here: list[Told], there: list[Told]) -> None:
    def rows(made: Profiles) -> list[object]:
        kinds = (made.terms, made.title_terms, made.names, made.numbers, made.rare)
        return [
            made.languages[: len(here)].tolist(),
            made.sources[: len(here)].tolist(),
            *(each.take(np.arange(len(here))).keys.tolist() for each in kinds),
            *(each.take(np.arange(len(here))).values.tolist() for each in kinds),
        ]

    assert rows(profiled(here, 0)) == rows(profiled([*here, *there], 0))


def test_names_have_name_hashes_their_own() -> None:
    keys = name_hashes(["en", "", "ru", "en"])
    assert keys[0] == keys[3] != keys[2]
    assert keys[1] == -1
    assert (keys[[0, 2]] >= 0).all()


@pytest.mark.parametrize("compiled", [True, False])
def test_shared_names_are_a_cosine_of_all_keys_of_the_names(compiled: bool) -> None:
    # Both words have one consonant key; the first one has a key of the table as well.
    made = profiled([(["Petersburg"], [], 0, "en", ""), (["Петерзборк"], [], 0, "ru", "")], 0)
    known, sounding = (made.names.take(np.array([row])) for row in (0, 1))
    assert len(known.keys) == 2
    assert sounding.keys.tolist() == [known.keys[0]]
    expected = known.values[0] / np.sqrt(sum(value**2 for value in known.values.tolist()))
    features = Features(made, compiled)
    for a, b in ((0, 1), (1, 0)):
        value = features.of_pairs(np.array([a]), np.array([b]))["shared_names"]
        assert value.tolist() == pytest.approx([expected])


@settings(max_examples=30)
@given(st.lists(told, max_size=9), st.integers(1, 4))
def test_profiles_do_not_depend_on_how_many_texts_are_taken_at_once(
    texts: list[Told], at_once: int
) -> None:
    whole = profiled(texts, 1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("dedup.stories.profiles._AT_ONCE", at_once)
        parts = profiled(texts, 1)
    for name in ("terms", "title_terms", "names", "numbers", "dates"):
        for field in fields(KeyedRows):
            one, other = (getattr(getattr(each, name), field.name) for each in (whole, parts))
            assert one.dtype == other.dtype
            assert one.tolist() == other.tolist()
