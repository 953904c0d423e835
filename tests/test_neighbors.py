"""Neighbours and shared words against brute force on whole numbers."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.neighbors import faiss_pairs, pairs_above
from dedup.articles import UNDATED
from dedup.compute.arrays import BoolMask, Float32s, Int64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.config import NeighborConfig
from dedup.encoders.whole_vectors import SCALE, whole_vectors
from dedup.stories.candidates import story_candidates, term_pairs
from dedup.stories.neighbors import is_exact, neighbor_pairs
from dedup.stories.pairs import Pairs
from dedup.stories.profiles import Profiles
from dedup.text.outlines import SLOTS
from dedup.text.rarity import WEIGHT_UNIT

DAY = 86_400


def vectors_of(count: int, seed: int, dim: int = 8) -> Float32s:
    generator = np.random.default_rng(seed)
    rows: Float32s = generator.normal(size=(count, dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def seconds_of(days: list[int | None]) -> Int64s:
    return np.array([UNDATED if day is None else day * DAY for day in days], np.int64)


def near(first: int | None, second: int | None, gap: int) -> bool:
    return first is None or second is None or abs(first - second) <= gap


def rows_of(rows: list[dict[int, int]]) -> KeyedRows:
    owners = [number for number, row in enumerate(rows) for _ in row]
    keys = [key for row in rows for key in row]
    values = [value for row in rows for value in row.values()]
    return KeyedRows.of(
        np.array(owners, np.int64), np.array(keys, np.uint64), np.array(values, np.int64), len(rows)
    )


def listed(pairs: Pairs) -> list[tuple[int, int]]:
    return list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))


def brute_force(
    whole: Float32s,
    days: list[int | None],
    languages: list[int],
    min_cosine: float,
    gap: int,
    most: int,
) -> list[tuple[int, int]]:
    """The nearest of each language for each text, of equal ones all."""
    numbers = whole.astype(np.int64)
    least = np.float32(min_cosine * SCALE * SCALE - 0.5)
    found = set()
    for a in range(len(days)):
        products = defaultdict(list)
        for b in range(len(days)):
            if a != b and near(days[a], days[b], gap):
                products[languages[b]].append((int(numbers[a] @ numbers[b]), b))
        for each in products.values():
            ranked = sorted((product for product, _ in each), reverse=True)
            smallest = ranked[min(most, len(ranked)) - 1]
            found |= {
                (min(a, b), max(a, b)) for p, b in each if p >= smallest and np.float32(p) >= least
            }
    return sorted(found)


@given(
    st.lists(st.tuples(st.integers(0, 20) | st.none(), st.integers(-1, 2)), max_size=25),
    st.integers(0, 9),
    st.floats(-0.5, 0.95),
    st.integers(1, 10),
    st.integers(1, 5),
)
def test_pairs_equal_brute_force(
    texts: list[tuple[int | None, int]], seed: int, min_cosine: float, gap: int, most: int
) -> None:
    days, languages = [day for day, _ in texts], [language for _, language in texts]
    # Few different vectors, so that many are equally near.
    whole = whole_vectors(vectors_of(6, seed))[np.arange(len(days)) % 6]
    config = NeighborConfig(max_gap=timedelta(days=gap), neighbors_per_language=most)
    expected = brute_force(whole, days, languages, min_cosine, gap, most)
    for compiled in (True, False):
        found = neighbor_pairs(
            whole,
            seconds_of(days),
            np.array(languages, np.int64),
            min_cosine,
            config,
            compiled=compiled,
        )
        assert listed(found) == expected


def test_small_blocks_equal_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = whole_vectors(vectors_of(200, 1))
    seconds = np.array([UNDATED if i % 7 == 0 else i * DAY // 9 for i in range(200)], np.int64)
    languages = np.arange(200) % 3
    config = NeighborConfig(max_gap=timedelta(days=2), neighbors_per_language=4)
    large = neighbor_pairs(whole, seconds, languages, 0.5, config)
    monkeypatch.setattr("dedup.stories.neighbors._MAX_BLOCK", 16)
    monkeypatch.setattr("dedup.stories.neighbors._CELLS_OF_A_THREAD", 100)
    for compiled in (True, False):
        steps: list[int] = []
        small = neighbor_pairs(whole, seconds, languages, 0.5, config, steps.append, compiled)
        assert listed(small) == listed(large)
        assert steps[-1] == 200


def test_a_crowd_of_one_language_does_not_hide_the_few_of_another() -> None:
    centre = vectors_of(1, 3)[0]
    crowd = centre + 0.1 * vectors_of(100, 4)
    other = centre + 0.5 * vectors_of(1, 5)
    rows = np.concatenate((centre[None], crowd, other))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    languages = np.array([0] * 101 + [1])
    seconds = np.zeros(102, np.int64)
    config = NeighborConfig(neighbors_per_language=5)
    found = listed(neighbor_pairs(whole_vectors(rows), seconds, languages, 0.1, config))
    assert (0, 101) in found


def test_the_search_of_the_benchmark_finds_the_same_pairs() -> None:
    """FAISS over slices of time, with many equally near texts and some that are too far."""
    generator = np.random.default_rng(5)
    whole = whole_vectors(vectors_of(90, 4)[generator.integers(90, size=600)])
    seconds = np.sort(generator.integers(30 * DAY, size=600))
    languages = generator.integers(3, size=600)
    config = NeighborConfig(max_gap=timedelta(days=4), neighbors_per_language=5)
    given = whole, seconds, languages, 0.1, config
    assert listed(faiss_pairs(*given)) == listed(neighbor_pairs(*given))
    every = pairs_above(0.1, whole, seconds, config)
    near = (whole @ whole.T >= 0.1 * SCALE * SCALE) & (
        np.abs(seconds[:, None] - seconds) <= 4 * DAY
    )
    assert listed(every) == [(a, b) for a, b in np.argwhere(np.triu(near, 1)).tolist()]


def test_approximate_search_finds_most_of_what_exact_search_finds() -> None:
    generator = np.random.default_rng(0)
    centres = vectors_of(1500, 1, 32)
    rows = centres[generator.integers(0, 1500, 24_000)] + 0.3 * vectors_of(24_000, 2, 32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    whole = whole_vectors(rows)
    seconds = np.sort(generator.integers(0, 90 * DAY, 24_000))
    languages = np.arange(24_000) % 2
    config = NeighborConfig(neighbors_per_language=5)
    exact = listed(neighbor_pairs(whole, seconds, languages, 0.6, config))
    cells = replace(config, max_exact_texts=0)
    found = listed(neighbor_pairs(whole, seconds, languages, 0.6, cells))
    kept = set(exact) & set(found)
    assert len(kept) > 0.9 * len(exact)
    assert len(kept) > 0.9 * len(found)


@given(st.lists(st.integers(0, 30) | st.none(), max_size=12), st.integers(0, 13))
def test_search_is_exact_up_to_so_many_comparisons(times: list[int | None], texts: int) -> None:
    seconds = np.array([UNDATED if time is None else time for time in times], np.int64)
    config = NeighborConfig(max_gap=timedelta(seconds=7), max_exact_texts=texts)
    compared = sum(a is None or b is None or abs(a - b) <= 7 for a in times for b in times)
    assert is_exact(seconds, config) == (compared <= texts**2)
    assert is_exact(seconds, config) or len(times) > texts


@pytest.mark.parametrize("dim", [256, 384, 512, 1024])
def test_products_of_whole_vectors_are_exact_in_float32(dim: int) -> None:
    generator = np.random.default_rng(dim)
    rows = np.abs(generator.normal(size=(64, dim))).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    whole = whole_vectors(rows)
    exact = whole.astype(np.int64) @ whole.astype(np.int64).T
    np.testing.assert_array_equal((whole @ whole.T).astype(np.int64), exact)
    np.testing.assert_allclose(exact / SCALE**2, rows @ rows.T, atol=1e-3)


@given(
    st.lists(
        st.tuples(st.integers(0, 20) | st.none(), st.sets(st.integers(0, 5), max_size=4)),
        max_size=15,
    ),
    st.integers(1, 10),
)
def test_shared_words_equal_brute_force(texts: list[tuple[int | None, set[int]]], gap: int) -> None:
    texts.sort(key=lambda text: 99 if text[0] is None else text[0])
    days = [day for day, _ in texts]
    bits = {term: 7 + 4 * term for term in range(6)}
    rows = rows_of([{term: round(bits[term] / WEIGHT_UNIT) for term in each} for _, each in texts])
    config = NeighborConfig(max_gap=timedelta(days=gap), min_shared_idf_bits=30)
    found = term_pairs(rows, seconds_of(days), config)
    brute = [
        (a, b)
        for a, b in itertools.combinations(range(len(texts)), 2)
        if near(days[a], days[b], gap)
        # A term of 7 bits is too common to count, and no term stands in more than 15 texts.
        and sum(bits[term] for term in texts[a][1] & texts[b][1] if bits[term] >= 8) >= 30
    ]
    assert listed(found) == brute


@pytest.mark.parametrize("compiled", [True, False])
def test_a_word_in_many_texts_pairs_each_with_the_next_ones_only(compiled: bool) -> None:
    rows = rows_of([{7: round(50 / WEIGHT_UNIT)}] * 100)
    seconds = np.arange(100, dtype=np.int64)
    found = term_pairs(rows, seconds, NeighborConfig(), compiled)
    assert int((found.second - found.first).max()) == 16
    assert len(found.first) == sum(min(16, 99 - number) for number in range(100))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 20) | st.none(),
            st.dictionaries(st.integers(0, 3), st.integers(20, 100), max_size=4),
        ),
        max_size=60,
    ),
    st.integers(1, 10),
    st.integers(5, 40),
)
def test_shared_words_are_the_same_by_the_kernel(
    texts: list[tuple[int | None, dict[int, int]]], gap: int, bits: int
) -> None:
    # Few different words, so that many texts stand between two with the same one.
    rows, seconds = rows_of([row for _, row in texts]), seconds_of([day for day, _ in texts])
    config = NeighborConfig(max_gap=timedelta(days=gap), min_shared_idf_bits=bits)
    plain = term_pairs(rows, seconds, config, compiled=False)
    assert listed(term_pairs(rows, seconds, config, compiled=True)) == listed(plain)


def test_texts_searched_in_parts_share_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    rows = rows_of([{int(key): 60 for key in generator.integers(0, 50, 8)} for _ in range(300)])
    seconds = np.arange(300, dtype=np.int64) * DAY // 20
    whole = term_pairs(rows, seconds, compiled=True)
    monkeypatch.setattr("dedup.stories.candidates._TEXTS_AT_ONCE", 7)
    assert len(whole.first) > 100
    assert listed(term_pairs(rows, seconds, compiled=True)) == listed(whole)
    assert listed(term_pairs(rows, seconds, compiled=False)) == listed(whole)


@given(
    st.lists(
        st.tuples(st.integers(0, 12) | st.none(), st.integers(0, 1), st.booleans()),
        min_size=1,
        max_size=60,
    ),
    st.lists(st.integers(0, 12), max_size=3),
)
def test_slices_of_time_find_the_pairs_of_the_whole(
    texts: list[tuple[int | None, int, bool]], cuts: list[int]
) -> None:
    """Each slice asked for by itself, beside what is near in time, and undated texts beside all."""
    texts.sort(key=lambda text: 99 if text[0] is None else text[0])
    of = profiles_of_rows(texts)
    config = NeighborConfig(
        max_gap=timedelta(days=2), min_shared_idf_bits=30, neighbors_per_language=2
    )
    wanted = set(listed(story_candidates(of, 0.2, config)))
    found: set[tuple[int, int]] = set()
    dated = of.seconds != UNDATED
    edges = sorted({0, *cuts, 13})
    for low, high in itertools.pairwise(edges):
        asked = dated & (of.seconds >= low * DAY) & (of.seconds < high * DAY)
        around = (of.seconds >= (low - 2) * DAY) & (of.seconds <= (high + 2) * DAY)
        found |= asked_for(of, np.flatnonzero(around | ~dated), asked, config)
    found |= asked_for(of, np.arange(len(texts)), ~dated, config)
    assert found == wanted


def asked_for(
    of: Profiles, there: Int64s, asked: BoolMask, config: NeighborConfig
) -> set[tuple[int, int]]:
    pairs = story_candidates(
        of.take(there), 0.2, config, rows=np.flatnonzero(asked[there]).astype(np.int64)
    )
    return {(int(there[a]), int(there[b])) for a, b in listed(pairs)}


def profiles_of_rows(texts: list[tuple[int | None, int, bool]]) -> Profiles:
    """Texts by day, language, and whether they have a word that many have."""
    count = len(texts)
    whole = whole_vectors(vectors_of(count, seed=5))
    weight = round(40 / WEIGHT_UNIT)
    rows, nothing = (
        rows_of([{7: weight} if has else {} for *_, has in texts]),
        rows_of([{}] * count),
    )
    return Profiles(
        texts=[""] * count,
        vectors=whole,
        title_vectors=whole,
        seconds=seconds_of([day for day, *_ in texts]),
        languages=np.array([language for _, language, _ in texts], np.int64),
        sources=np.full(count, -1),
        short=np.zeros(count, bool),
        terms=rows,
        title_terms=nothing,
        names=nothing,
        numbers=nothing,
        dates=nothing,
        outlines=np.zeros((count, SLOTS), np.uint16),
        details=nothing,
    )
