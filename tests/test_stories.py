"""Average linkage against scipy, and what must hold of groups."""

from __future__ import annotations

import itertools
from datetime import timedelta
from fractions import Fraction
from random import Random

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from dedup.articles import UNDATED
from dedup.compute.arrays import Int64s
from dedup.config import StoryConfig
from dedup.stories.affinity import log_odds_of
from dedup.stories.components import percolates
from dedup.stories.dendrogram import Dendrogram, Floors
from dedup.stories.grouping import GroupMemory, group
from dedup.stories.linkage import UNBOUNDED, average_linkage
from dedup.stories.linked_groups import Group, described
from dedup.stories.links import LinkChanges, LinkedTexts, Links
from dedup.stories.round_ups import RoundUps

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


def slow_bound(scores: Int64s, members: list[int], min_mean: int, max_drop: int) -> Fraction:
    """The least mean of a group with another one: of its pairs, and three that have the least."""
    inside = [int(scores[a, b]) - max_drop for a, b in itertools.combinations(members, 2)]
    return max(Fraction(min_mean), Fraction(sum(inside) + 3 * min_mean, len(inside) + 3))


def slow_linkage(scores: Int64s, min_mean: int, max_drop: int) -> list[int]:
    """Average linkage by trying every pair of groups at every step."""
    groups = [[i] for i in range(len(scores))]
    while True:
        options = [
            (mean, -a[0], -b[0])
            for a, b in itertools.combinations(groups, 2)
            for mean in [Fraction(sum(int(scores[x, y]) for x in a for y in b), len(a) * len(b))]
            if all(mean >= slow_bound(scores, one, min_mean, max_drop) for one in (a, b))
        ]
        if not options:
            break
        _, first, second = max(options)
        one = next(each for each in groups if each[0] == -first)
        two = next(each for each in groups if each[0] == -second)
        groups.remove(two)
        one.extend(two)
        one.sort()
    return [min(each) for i in range(len(scores)) for each in groups if i in each]


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(-4, 4), st.integers(0, 8))
def test_linkage_equals_the_slow_one_also_with_ties(
    seed: int, count: int, min_mean: int, max_drop: int
) -> None:
    values = np.random.default_rng(seed).integers(-5, 6, (count, count))
    scores = symmetric(values)
    for drop in (max_drop, UNBOUNDED):
        expected = slow_linkage(scores, min_mean, drop)
        assert average_linkage(scores, min_mean, drop).tolist() == expected
        assert average_linkage(scores, min_mean, drop, compiled=True).tolist() == expected


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

    def log_odds(self, first: Int64s, second: Int64s) -> Int64s:
        scores: Int64s = self.scores[first, second]
        return scores

    def block(self, rows: Int64s, columns: Int64s) -> Int64s:
        return self.scores[np.ix_(rows, columns)]


def at_once(count: int) -> tuple[Int64s, Int64s]:
    """Times of texts that appear together, and their keys."""
    return np.zeros(count, np.int64), keys(count)


def keys(count: int) -> Int64s:
    """Keys of texts, in no order."""
    return np.random.default_rng(0).permutation(count)


def links(scores: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    first, second = np.triu_indices(len(scores), 1)
    return first, second, scores[first, second]


def linked_texts(
    first: Int64s, second: Int64s, values: Int64s, seconds: Int64s, scorer: Dense
) -> LinkedTexts:
    count = len(seconds)
    linked = Links.of(first, second, values, count)
    none = np.zeros(count, bool)
    return LinkedTexts(linked, scorer, seconds, keys(count), none, ~none)


@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_links(seed: int, random: Random) -> None:
    scores = symmetric(np.random.default_rng(seed).integers(-4000, 2500, (14, 14)))
    first, second, values = links(scores)
    order = list(range(len(first)))
    random.shuffle(order)
    for config in (StoryConfig(), StoryConfig(min_link_density=0.7)):
        plain = group(first, second, values, *at_once(14), Dense(scores), config)
        mixed = group(
            second[order], first[order], values[order], *at_once(14), Dense(scores), config
        )
        found = [g.members.tolist() for g in plain.groups]
        assert found == [g.members.tolist() for g in mixed.groups]
        assert sorted(i for members in found for i in members) == list(range(14))


def test_a_chain_of_links_is_not_one_story() -> None:
    count = 30
    scores = np.full((count, count), -6000)
    for i in range(count - 1):
        scores[i, i + 1] = scores[i + 1, i] = 1500
    np.fill_diagonal(scores, 0)
    found = group(*links(scores), *at_once(count), Dense(scores))
    assert found.largest_component == count
    assert max(len(g.members) for g in found.groups) == 2


def test_linkage_does_not_cross_components() -> None:
    scores = symmetric(np.full((4, 4), 5000))
    near = np.array([0, 2]), np.array([1, 3]), np.array([5000, 5000])
    found = group(*near, *at_once(4), Dense(scores))
    assert [g.members.tolist() for g in found.groups] == [[0, 1], [2, 3]]


def test_a_component_that_is_too_large_is_split_at_a_higher_floor() -> None:
    scores = np.full((20, 20), 300)
    scores[:10, :10] = scores[10:, 10:] = 4000
    np.fill_diagonal(scores, 0)
    config = StoryConfig(max_component_texts=10)
    found = group(*links(scores), *at_once(20), Dense(scores), config)
    assert found.split_components == 1
    assert [len(g.members) for g in found.groups] == [10, 10]


def ring_of_stories(stories: int, size: int) -> Int64s:
    """Scores of stories of equal size; of each and the next one pair is linked by mistake."""
    count = stories * size
    scores = np.full((count, count), -6000)
    for start in range(0, count, size):
        scores[start : start + size, start : start + size] = 4000
        scores[start, start - 1] = scores[start - 1, start] = -1200
    np.fill_diagonal(scores, 0)
    return scores


@pytest.mark.parametrize(("stories", "splits"), [(6, 0), (15, 0), (30, 1)])
def test_a_component_of_few_links_percolates(stories: int, splits: int) -> None:
    scores = ring_of_stories(stories, 5)
    found = group(*links(scores), *at_once(len(scores)), Dense(scores))
    assert found.largest_component == len(scores)
    assert found.split_components == splits
    assert [len(g.members) for g in found.groups] == [5] * stories


def test_what_percolates_is_held_together_no_longer() -> None:
    # All texts of 30 pairs are just alike enough to merge with the next pair.
    scores = ring_of_stories(30, 2)
    for i in range(0, 60, 2):
        ends = np.ix_([i, i + 1], [(i + 2) % 60, (i + 3) % 60])
        scores[ends] = -500
        scores.T[ends] = -500
    whole = StoryConfig(min_probability=0.35, min_link_density=0, max_odds_ratio=1e9)
    split = StoryConfig(min_probability=0.35, min_link_density=0.2, max_odds_ratio=1e9)
    sizes = [
        max(
            len(g.members)
            for g in group(*links(scores), *at_once(60), Dense(scores), config).groups
        )
        for config in (whole, split)
    ]
    assert sizes[0] > 2
    assert sizes[1] == 2


@given(st.integers(2, 39), st.integers(0, 1000))
def test_few_texts_never_percolate(count: int, seed: int) -> None:
    """The links of a tree, the fewest that make a component, are dense enough."""
    generator = np.random.default_rng(seed)
    scores = np.full((count, count), -9000)
    for i in range(1, count):
        other = int(generator.integers(0, i))
        scores[i, other] = scores[other, i] = -1200
    config = StoryConfig(roundup_min_links=100)
    found = group(*links(scores), *at_once(count), Dense(scores), config)
    assert (found.largest_component, found.split_components) == (count, 0)


def test_texts_without_dates_and_texts_elsewhere_do_not_change_what_percolates() -> None:
    one = ring_of_stories(30, 5)
    count = len(one)
    scores = np.full((count + 400, count + 400), -9000)
    scores[:count, :count] = one
    first, second, values = links(scores)
    kept = values > -9000
    for seconds in (np.zeros(count + 400, np.int64), np.full(count + 400, UNDATED)):
        found = group(
            first[kept], second[kept], values[kept], seconds, keys(len(seconds)), Dense(scores)
        )
        assert found.split_components == 1


def test_what_near_certain_links_hold_together_is_one_story_however_large() -> None:
    scores = symmetric(np.full((12, 12), 4000))
    found = group(*links(scores), *at_once(12), Dense(scores), StoryConfig(max_component_texts=5))
    assert [len(g.members) for g in found.groups] == [12]
    assert found.split_components == 1


def test_what_near_certain_links_hold_together_is_split_if_it_is_too_large() -> None:
    scores = np.full((12, 12), 4500)
    scores[:6, :6] = scores[6:, 6:] = 6000
    np.fill_diagonal(scores, 0)
    found = group(*links(scores), *at_once(12), Dense(scores), StoryConfig(max_component_texts=6))
    assert [len(g.members) for g in found.groups] == [6, 6]


@given(st.integers(0, 1000))
def test_groups_are_described_as_their_members_alone_would_be(seed: int) -> None:
    scores = symmetric(np.random.default_rng(seed).integers(-4000, 2500, (12, 12)))
    config = StoryConfig(roundup_min_links=3, roundup_max_clustering=0.5)
    for each in group(*links(scores), *at_once(12), Dense(scores), config).groups:
        alone = described(each.members, Dense(scores))
        assert each.medoid == alone.medoid
        assert each.mean_log_odds.tolist() == alone.mean_log_odds.tolist()


def test_one_more_text_seldom_changes_which_texts_are_asked() -> None:
    scores = symmetric(np.full((500, 500), 100))
    asked: list[list[int]] = []

    class Listening(Dense):
        def block(self, rows: Int64s, columns: Int64s) -> Int64s:
            asked.append(rows.tolist())
            return super().block(rows, columns)

    lots = keys(500)
    for count in range(400, 500):
        percolates(np.arange(count), lots, Listening(scores), StoryConfig(), 0)
    assert len({tuple(each) for each in asked}) < 30


def test_a_round_up_joins_last_and_bridges_nothing() -> None:
    # Text 0 is near to three stories of four texts each, and nearest to the last.
    scores = np.full((13, 13), -6000)
    for start in (1, 5, 9):
        scores[start : start + 4, start : start + 4] = 3000
    scores[0, 1:] = scores[1:, 0] = 1000
    scores[0, 9:] = scores[9:, 0] = 1500
    np.fill_diagonal(scores, 0)
    config = StoryConfig(roundup_min_links=6, roundup_max_clustering=0.3)
    found = group(*links(scores), *at_once(13), Dense(scores), config)
    assert found.round_ups == (0,)
    assert [g.members.tolist() for g in found.groups] == [
        [0, 9, 10, 11, 12],
        [1, 2, 3, 4],
        [5, 6, 7, 8],
    ]
    far = np.zeros(13, np.int64)
    far[0] = 30 * 86_400
    apart = group(*links(scores), far, keys(13), Dense(scores), config)
    assert [0] in [g.members.tolist() for g in apart.groups]


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_round_ups_find_the_home_that_a_search_of_all_finds(seed: int, gap: int) -> None:
    generator = np.random.default_rng(seed)
    scores = symmetric(generator.integers(-3, 4, (14, 14)) * 1000)
    seconds = np.where(generator.random(14) < 0.2, UNDATED, generator.integers(0, 20, 14))
    members = generator.integers(0, 4, 10)
    groups = [np.flatnonzero(members == number) for number in np.unique(members)]
    first, second, values = links(scores)
    near = values >= 0
    texts = linked_texts(first[near], second[near], values[near], seconds, Dense(scores))
    expected = []
    for text in range(10, 14):
        options = []
        for group_members in groups:
            dated = [int(t) for t in seconds[group_members] if t != UNDATED]
            silence = min((abs(t - int(seconds[text])) for t in dated), default=0)
            if seconds[text] == UNDATED or silence <= gap:
                mean = sum(int(scores[text, x]) for x in group_members) / len(group_members)
                if any(scores[text, x] >= 0 for x in group_members):
                    options.append((mean, -int(group_members[0])))
        best = max(options, default=(-1e9, 0))
        expected.append(-best[1] if best[0] >= log_odds_of(StoryConfig().min_probability) else -1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("dedup.stories.round_ups._MEMBERS_AT_ONCE", 5)
        labels = np.full(14, -1)
        for group_members in groups:
            labels[group_members] = group_members[0]
        by_label = {int(group_members[0]): group_members for group_members in groups}
        found = RoundUps(StoryConfig()).homes(
            np.arange(10, 14), labels, by_label.__getitem__, (), texts, timedelta(seconds=gap)
        )
    assert found.tolist() == expected


def test_a_text_in_the_midst_of_its_own_story_is_no_round_up() -> None:
    scores = symmetric(np.full((12, 12), 2000))
    assert group(*links(scores), *at_once(12), Dense(scores)).round_ups == ()


@given(
    st.lists(st.integers(0, 60) | st.none(), min_size=1, max_size=12),
    st.integers(0, 1000),
    st.integers(1, 20),
)
def test_no_group_is_silent_for_longer_than_the_largest_gap(
    days: list[int | None], seed: int, gap: int
) -> None:
    count = len(days)
    scores = symmetric(np.random.default_rng(seed).integers(-500, 3000, (count, count)))
    seconds = np.array([UNDATED if day is None else day * 86_400 for day in days], np.int64)
    config = StoryConfig(roundup_min_links=3, roundup_max_clustering=0.5)
    found = group(
        *links(scores), seconds, keys(len(seconds)), Dense(scores), config, timedelta(days=gap)
    )
    assert sorted(i for g in found.groups for i in g.members.tolist()) == list(range(count))
    for each in found.groups:
        times = sorted(day for i in each.members.tolist() if (day := days[i]) is not None)
        assert all(b - a <= gap for a, b in itertools.pairwise(times))


def test_an_undated_text_stays_with_the_part_that_it_fits_best() -> None:
    scores = symmetric(np.full((3, 3), 1000))
    scores[1, 2] = scores[2, 1] = 2000
    seconds = np.array([0, 30 * 86_400, UNDATED])
    found = group(*links(scores), seconds, keys(len(seconds)), Dense(scores))
    assert [g.members.tolist() for g in found.groups] == [[0], [1, 2]]


@given(st.integers(0, 1000))
def test_texts_elsewhere_change_nothing(seed: int) -> None:
    """A component is grouped as it would be alone."""
    generator = np.random.default_rng(seed)
    scores = np.full((16, 16), -9000)
    for part in (slice(0, 8), slice(8, 16)):
        scores[part, part] = symmetric(generator.integers(-4000, 3000, (8, 8)))
    first, second, values = links(scores)
    inside = values > -9000
    both = group(first[inside], second[inside], values[inside], *at_once(16), Dense(scores))
    alone = group(*links(scores[:8, :8]), *at_once(8), Dense(scores[:8, :8]))
    kept = [g.members.tolist() for g in both.groups if g.members[0] < 8]
    assert kept == [g.members.tolist() for g in alone.groups]


def test_the_medoid_is_closest_to_the_others() -> None:
    scores = symmetric(np.array([[0, 900, 100], [0, 0, 900], [0, 0, 0]]))
    found = group(*links(scores), *at_once(3), Dense(scores))
    assert len(found.groups) == 1
    assert found.groups[0].medoid == 1
    assert found.groups[0].mean_log_odds.tolist() == [500.0, 900.0, 500.0]


def test_no_texts_make_no_groups() -> None:
    empty = np.empty(0, np.int64)
    assert group(empty, empty, empty, empty, empty, Dense(np.empty((0, 0), np.int64))).groups == ()


def test_the_floor_is_included() -> None:
    floor = log_odds_of(0.2)
    scores = symmetric(np.array([[0, floor], [0, 0]]))
    config = StoryConfig(min_probability=0.2, min_link_probability=0.2)
    assert len(group(*links(scores), *at_once(2), Dense(scores), config).groups) == 1


def test_round_ups_are_the_same_by_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(5)
    scores = symmetric(np.where(generator.random((60, 60)) < 0.2, 3000, -6000))
    texts = linked_texts(*links(scores), np.zeros(60, np.int64), Dense(scores))
    found = RoundUps(StoryConfig()).detected(np.arange(60), texts)
    assert len(found) > 30
    monkeypatch.setattr("dedup.stories.round_ups._TEXTS_AT_ONCE", 7)
    fast = RoundUps(StoryConfig(), compiled=True).detected(np.arange(60), texts)
    assert fast.tolist() == found.tolist()


SMALL = StoryConfig(
    roundup_min_links=3, roundup_max_clustering=0.4, max_component_texts=9, min_link_density=0.3
)
"""Round-ups, splits by density and by size happen among few texts."""
Pair = tuple[int, int]


class Changing:
    """Texts that come and go, whose links change, and the memory that follows."""

    def __init__(self, seed: int, most: int) -> None:
        self.random = np.random.default_rng(seed)
        self.scores = symmetric(self.random.integers(-16, 17, (most, most)) * 250)
        self.rank = self.random.permutation(most)
        self.seconds = self.random.integers(0, 30, most)
        self.quoting = self.random.random(most) < 0.05
        self.alive = np.empty(0, bool)
        self.links: set[Pair] = set()
        self.groups: dict[int, Group] = {}
        self.memory = self.new_memory()

    def new_memory(self, *, compiled: bool = True) -> GroupMemory:
        return GroupMemory(SMALL, timedelta(seconds=9), 300, compiled=compiled)

    def texts(self) -> LinkedTexts:
        count = len(self.alive)
        return LinkedTexts(
            Links.of(*self.pairs(self.links), count), Dense(self.scores), self.seconds[:count],
            keys(len(self.rank))[:count], self.quoting[:count] & self.alive, self.alive,
            lambda rows: rows[np.argsort(self.rank[rows])],
        )  # fmt: skip

    def pairs(self, pairs: set[Pair]) -> tuple[Int64s, Int64s, Int64s]:
        first, second = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
        return first, second, self.scores[first, second]

    def change(self) -> None:
        """Texts come and go, and many or few pairs of those there become links or are none."""
        new = int(self.random.integers(0, min(5, len(self.rank) - len(self.alive)) + 1))
        self.alive = np.append(self.alive, np.ones(new, bool))
        self.alive[self.random.random(len(self.alive)) < 0.05] = False
        before, there = self.links, np.flatnonzero(self.alive)
        pairs = {(a, b) for a, b in itertools.combinations(there.tolist(), 2)}
        floor = log_odds_of(SMALL.min_link_probability)
        pairs = {pair for pair in pairs if self.scores[pair] >= floor}
        kept = before if self.random.random() < 0.9 else set[Pair]()
        share, step = (0.2, 7) if self.random.random() < 0.4 else (0.01, 40)
        others = {pair for pair in sorted(pairs) if self.random.random() < share}
        self.links = (kept & pairs) - set(sorted(kept)[::step]) | others
        gone = self.pairs(before - self.links)[:2]
        changed = self.memory.update(
            self.texts(), LinkChanges(self.pairs(self.links - before), gone)
        )
        for first in changed.removed:
            del self.groups[first]
        self.groups.update((int(each.members[0]), each) for each in changed.new)

    def check(self) -> None:
        none = np.empty(0, np.int64)
        for compiled in (False, True):
            anew = self.new_memory(compiled=compiled)
            changes = LinkChanges(self.pairs(self.links), (none, none))
            expected = anew.update(self.texts(), changes).new
            assert anew.round_ups.tolist() == self.memory.round_ups.tolist()
            assert {part for each in expected if (part := tuple(each.members.tolist()))} == {
                tuple(members.tolist()) for members in self.memory.members.values()
            }
            assert len(expected) == len(self.groups)
            for each in expected:
                own = self.groups[int(each.members[0])]
                assert own.members.tolist() == each.members.tolist()
                assert own.medoid == each.medoid
                assert own.mean_log_odds.tolist() == each.mean_log_odds.tolist()

    def load(self) -> None:
        """What was computed is forgotten, but for the groups."""
        known = self.memory.round_ups.copy(), self.memory.parts.copy()
        members = [*self.memory.members.values()]
        self.memory = self.new_memory()
        self.memory.load(self.texts(), self.pairs(self.links), members, known)


@given(st.integers(0, 1 << 30), st.integers(6, 40))
def test_groups_that_follow_changes_are_those_made_anew(seed: int, most: int) -> None:
    world = Changing(seed, most)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("dedup.stories.round_ups._SAMPLE", 4)
        patched.setattr("dedup.stories.components.SAMPLE", 5)
        for _ in range(12):
            world.change()
            world.check()
            if world.random.random() < 0.2:
                world.load()


def component_at(tree: Dendrogram, row: int, floor: int) -> int:
    """Node of the component of a text at a floor."""
    node = row
    while (over := int(tree.above[node])) >= 0 and tree.level[over] >= floor:
        node = over
    return node


@given(
    st.integers(1, 12), st.integers(0, 1000), st.floats(0, 1), st.sampled_from([-3000, 3000, 5000])
)
def test_a_dendrogram_has_the_components_of_all_links_at_every_floor(
    count: int, seed: int, share: float, lowest: int
) -> None:
    generator = np.random.default_rng(seed)
    first, second = np.triu_indices(count, 1)
    linked = generator.random(len(first)) < share
    # Few different strengths, so that many links are equally strong.
    log_odds = lowest + 250 * generator.integers(0, 30, len(first)) + 100
    first, second, log_odds = first[linked], second[linked], log_odds[linked]
    levels = Floors(lowest).levels(log_odds)
    down = np.argsort(levels)[::-1]
    ends = first[down].astype(np.int32), second[down].astype(np.int32)
    plain, in_forest = Dendrogram.of(*ends, levels[down], count, compiled=False)
    fast, _ = Dendrogram.of(*ends, levels[down], count, compiled=True)
    assert in_forest.sum() < count
    for floor in range(33):
        strong = levels >= floor
        graph = sp.coo_array((np.ones(strong.sum()), (first[strong], second[strong])), (count,) * 2)
        expected = partition(connected_components(graph, directed=False)[1].tolist())
        for tree in (plain, fast):
            at = np.array([component_at(tree, row, floor) for row in range(count)])
            assert partition(at.tolist()) == expected
            for node in np.unique(at).tolist():
                assert sorted(tree.members(node).tolist()) == np.flatnonzero(at == node).tolist()
