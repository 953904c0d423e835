"""Average linkage against scipy, and what must hold of groups."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from dedup.affinity import log_odds_of
from dedup.config import StoryConfig
from dedup.shingles import Int64s
from dedup.stories import average_linkage, group

FAR = 100_000


def partition(labels: list[int]) -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for item, label in enumerate(labels):
        found.setdefault(label, set()).add(item)
    return {frozenset(each) for each in found.values()}


def symmetric(values: Int64s) -> Int64s:
    upper = np.triu(values, 1)
    scores: Int64s = (upper + upper.T).astype(np.int64)
    return scores


def slow_linkage(scores: Int64s, min_mean: int) -> list[int]:
    """Average linkage by trying every pair of groups at every step."""
    groups = [[i] for i in range(len(scores))]
    while True:
        options = [
            (sum(int(scores[x, y]) for x in a for y in b) / (len(a) * len(b)), -a[0], -b[0])
            for a, b in itertools.combinations(groups, 2)
        ]
        if not options or max(options)[0] < min_mean:
            break
        _, first, second = max(options)
        one = next(each for each in groups if each[0] == -first)
        two = next(each for each in groups if each[0] == -second)
        groups.remove(two)
        one.extend(two)
    return [min(each) for i in range(len(scores)) for each in groups if i in each]


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(-4, 4))
def test_linkage_equals_the_slow_one_also_with_ties(seed: int, count: int, min_mean: int) -> None:
    values = np.random.default_rng(seed).integers(-5, 6, (count, count))
    scores = symmetric(values)
    assert average_linkage(scores, min_mean).tolist() == slow_linkage(scores, min_mean)


@pytest.mark.parametrize("seed", range(20))
def test_linkage_equals_scipy_without_ties(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = symmetric(generator.integers(-5000, 5000, (40, 40)))
    distances = FAR - scores
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), "average")
    expected = fcluster(tree, FAR - 200, "distance").tolist()
    assert partition(average_linkage(scores, 200).tolist()) == partition(expected)


class Dense:
    """Scores by a matrix."""

    def __init__(self, scores: Int64s) -> None:
        self.scores = scores

    def matrix(self, members: Int64s) -> Int64s:
        return self.scores[np.ix_(members, members)]


def links(scores: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    first, second = np.triu_indices(len(scores), 1)
    return first, second, scores[first, second]


@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_links(seed: int, random: Random) -> None:
    scores = symmetric(np.random.default_rng(seed).integers(-4000, 2500, (14, 14)))
    first, second, values = links(scores)
    order = list(range(len(first)))
    random.shuffle(order)
    plain = group(14, first, second, values, Dense(scores))
    mixed = group(14, second[order], first[order], values[order], Dense(scores))
    assert [g.members.tolist() for g in plain.groups] == [g.members.tolist() for g in mixed.groups]
    assert sorted(i for g in plain.groups for i in g.members.tolist()) == list(range(14))


def test_a_chain_of_links_is_not_one_story() -> None:
    count = 30
    scores = np.full((count, count), -6000)
    for i in range(count - 1):
        scores[i, i + 1] = scores[i + 1, i] = 1500
    np.fill_diagonal(scores, 0)
    found = group(count, *links(scores), Dense(scores))
    assert found.largest_component == count
    assert max(len(g.members) for g in found.groups) == 2


def test_linkage_does_not_cross_components() -> None:
    scores = symmetric(np.full((4, 4), 5000))
    near = np.array([0, 2]), np.array([1, 3]), np.array([5000, 5000])
    found = group(4, *near, Dense(scores))
    assert [g.members.tolist() for g in found.groups] == [[0, 1], [2, 3]]


def test_a_component_that_is_too_large_is_split_at_a_higher_floor() -> None:
    scores = np.full((20, 20), 300)
    scores[:10, :10] = scores[10:, 10:] = 4000
    np.fill_diagonal(scores, 0)
    config = StoryConfig(max_component=10)
    found = group(20, *links(scores), Dense(scores), config)
    assert found.split_components == 1
    assert [len(g.members) for g in found.groups] == [10, 10]


def test_equal_links_of_a_component_that_is_too_large_end_as_single_texts() -> None:
    scores = symmetric(np.full((12, 12), 4000))
    found = group(12, *links(scores), Dense(scores), StoryConfig(max_component=5))
    assert len(found.groups) == 12


def test_the_medoid_is_closest_to_the_others() -> None:
    scores = symmetric(np.array([[0, 900, 100], [0, 0, 900], [0, 0, 0]]))
    found = group(3, *links(scores), Dense(scores))
    assert len(found.groups) == 1
    assert found.groups[0].medoid == 1
    assert found.groups[0].mean_log_odds.tolist() == [500.0, 900.0, 500.0]


def test_no_texts_make_no_groups() -> None:
    empty = np.empty(0, np.int64)
    assert group(0, empty, empty, empty, Dense(np.empty((0, 0), np.int64))).groups == ()


def test_the_floor_is_included() -> None:
    floor = log_odds_of(0.2)
    scores = symmetric(np.array([[0, floor], [0, 0]]))
    config = StoryConfig(min_probability=0.2, floor_probability=0.2)
    assert len(group(2, *links(scores), Dense(scores), config).groups) == 1
