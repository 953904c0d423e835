"""Neighbours against brute force on whole numbers."""

from __future__ import annotations

import itertools
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.encoders import Float32s
from dedup.neighbors import SCALE, UNDATED, neighbor_pairs, whole_vectors

DAY = 86_400


def vectors_of(count: int, seed: int) -> Float32s:
    generator = np.random.default_rng(seed)
    rows: Float32s = generator.normal(size=(count, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


@given(
    st.lists(st.integers(0, 20) | st.none(), max_size=25),
    st.integers(0, 9),
    st.floats(-0.5, 0.95),
    st.integers(1, 10),
)
def test_pairs_equal_brute_force(
    days: list[int | None], seed: int, min_cosine: float, gap: int
) -> None:
    whole = whole_vectors(vectors_of(len(days), seed))
    seconds = np.array([UNDATED if day is None else day * DAY for day in days], np.int64)
    found = neighbor_pairs(whole, seconds, min_cosine=min_cosine, max_gap=timedelta(days=gap))
    numbers = whole.astype(np.int64)
    brute = []
    for a, b in itertools.combinations(range(len(days)), 2):
        product = int(numbers[a] @ numbers[b])
        first, second = days[a], days[b]
        near = first is None or second is None or abs(first - second) <= gap
        if near and product > np.float32(min_cosine * SCALE * SCALE - 0.5):
            brute.append((a, b, product))
    rows = zip(found.first.tolist(), found.second.tolist(), found.products.tolist(), strict=True)
    assert list(rows) == brute


def test_small_blocks_equal_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = whole_vectors(vectors_of(200, 1))
    seconds = np.array([UNDATED if i % 7 == 0 else i * DAY // 9 for i in range(200)], np.int64)
    large = neighbor_pairs(whole, seconds, min_cosine=0.5, max_gap=timedelta(days=2))
    monkeypatch.setattr("dedup.neighbors._BLOCK", 16)
    steps: list[int] = []
    small = neighbor_pairs(
        whole, seconds, min_cosine=0.5, max_gap=timedelta(days=2), on_progress=steps.append
    )
    assert small.first.tolist() == large.first.tolist()
    assert small.products.tolist() == large.products.tolist()
    assert steps[-1] == 200


@pytest.mark.parametrize("dim", [256, 384, 512, 1024])
def test_products_of_whole_vectors_are_exact_in_float32(dim: int) -> None:
    generator = np.random.default_rng(dim)
    rows = np.abs(generator.normal(size=(64, dim))).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    whole = whole_vectors(rows)
    exact = whole.astype(np.int64) @ whole.astype(np.int64).T
    np.testing.assert_array_equal((whole @ whole.T).astype(np.int64), exact)
    np.testing.assert_allclose(exact / SCALE**2, rows @ rows.T, atol=1e-3)
