"""Candidates, matches and representatives against brute force."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
from dedup.duplicates.candidates import bucket_pairs, candidate_pairs
from dedup.duplicates.clustering import find_near_duplicates
from dedup.duplicates.fingerprints import fingerprint, use_kernels
from dedup.duplicates.matches import compare
from dedup.text.shingles import tokenize

CONFIG = Config()


def is_copy(a: str, b: str) -> bool:
    found = compare(a, b, CONFIG)
    fewest, most = sorted(tokenize([a, b]).counts)
    near = found.jaccard >= CONFIG.near_duplicates.min_jaccard
    inside = found.containment >= CONFIG.near_duplicates.min_containment
    return near or (inside and fewest >= (12 if most < 100 else 25))


def edited(text: str, edits: int, seed: int) -> str:
    words = text.split()
    for k, place in enumerate(random.Random(seed).sample(range(len(words)), edits)):
        words[place] = f"edit{seed}x{k}"
    return " ".join(words)


@pytest.fixture
def corpus(prose: Callable[[int, int], str]) -> list[str]:
    """Families of texts at all similarities, of all lengths."""
    texts: list[str] = []
    for family in range(12):
        base = prose(family, 30 + 25 * family)
        words = base.split()
        texts.append(base)
        texts += [edited(base, edits, family * 10 + edits) for edits in (1, 2, 4, 6)]
        texts.append(" ".join(words[: len(words) // 2]))
        texts.append(" ".join(words[len(words) // 3 :]) + " " + prose(family + 100, 200))
    texts += [
        "Fire in Rome kills two",
        "Fire in Rome kills three",
        "",
        "!",
        "普京会见习近平",
        "普京会见习近平。",
    ]
    return texts


def test_matches_equal_brute_force(corpus: list[str]) -> None:
    found = find_near_duplicates(corpus, CONFIG)
    brute = {
        (a, b)
        for a, b in itertools.combinations(range(len(corpus)), 2)
        if found.originals[a] == a and found.originals[b] == b and is_copy(corpus[a], corpus[b])
    }
    assert set(found.matches.as_dict()) == brute


def test_every_member_is_a_verified_copy_of_its_representative(corpus: list[str]) -> None:
    found = find_near_duplicates(corpus, CONFIG)
    for text, representative in enumerate(found.representatives.tolist()):
        assert found.representatives[representative] == representative
        assert text == representative or is_copy(corpus[representative], corpus[text])


def test_copies_do_not_chain() -> None:
    words = [f"w{i}" for i in range(100)]
    chain = [" ".join(words[:100])]
    for step in range(1, 12):
        changed = [f"new{i}" if i < step * 5 else word for i, word in enumerate(words)]
        chain.append(" ".join(changed))
    found = find_near_duplicates(chain)
    assert found.representatives[-1] != 0
    for text, representative in enumerate(found.representatives.tolist()):
        assert text == representative or is_copy(chain[representative], chain[text])


def test_one_template_is_not_one_cluster() -> None:
    frame = [f"frame{i}" for i in range(160)]
    texts = [" ".join(frame + [f"own{i}x{k}" for k in range(40)]) for i in range(300)]
    assert 0.5 < compare(texts[0], texts[1]).jaccard < 0.7
    found = find_near_duplicates(texts)
    assert found.representatives.tolist() == list(range(300))
    assert found.verified <= 300 * 32


def test_a_large_family_is_one_cluster_in_spite_of_capped_buckets() -> None:
    base = " ".join(f"w{i}" for i in range(200))
    texts = [base + f" edition{i}" for i in range(150)]
    assert set(find_near_duplicates(texts).representatives.tolist()) == {0}


def test_equal_texts_have_one_original_and_empty_ones_none() -> None:
    found = find_near_duplicates(["same text", "same text", "", "", "?", "?"])
    assert found.originals.tolist() == [0, 0, 2, 3, 4, 4]
    assert found.representatives.tolist() == [0, 0, 2, 3, 4, 4]


def test_a_brief_inside_a_long_article_is_contained(prose: Callable[[int, int], str]) -> None:
    brief = prose(1, 35)
    long = f"{prose(2, 150)} {brief} {prose(3, 300)}"
    found = find_near_duplicates([long, brief])
    assert found.representatives.tolist() == [0, 0]
    match = found.matches.as_dict()[0, 1]
    assert match.jaccard < 0.2
    assert match.containment_b == 1.0


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("length", range(36, 46))
def test_a_short_text_and_one_just_too_long_to_be_short_are_compared(
    prose: Callable[[int, int], str], length: int, compiled: bool
) -> None:
    longer = prose(length, length)
    texts = [longer, " ".join(longer.split()[:-3])]
    found = find_near_duplicates(texts, CONFIG, compiled=compiled)
    assert found.representatives.tolist() == [0, 0]


def test_a_few_words_inside_another_text_are_no_copy(prose: Callable[[int, int], str]) -> None:
    texts = [prose(1, 300), " ".join(prose(1, 300).split()[:8])]
    assert len(find_near_duplicates(texts).matches) == 0


def test_candidates_of_nothing_are_none() -> None:
    assert candidate_pairs(fingerprint([])).shape == (0, 2)
    assert find_near_duplicates([]).representatives.shape == (0,)


@given(st.lists(st.integers(0, 5), max_size=60), st.booleans())
def test_bucket_pairs_are_all_pairs_of_small_buckets(keys: list[int], compiled: bool) -> None:
    count = max(len(keys), 1)
    packed = (np.array(keys, np.uint64) << np.uint64(32)) | np.arange(len(keys), dtype=np.uint64)
    found = bucket_pairs(packed, count, compiled=compiled)
    brute = [
        a * count + b
        for a, b in itertools.combinations(range(len(keys)), 2)
        if keys[a] == keys[b] and keys.count(keys[a]) <= 32
    ]
    small = [pair for pair in found.tolist() if keys.count(keys[pair // count]) <= 32]
    assert sorted(small) == sorted(brute)


@pytest.mark.parametrize("compiled", [False, True])
def test_large_buckets_are_linked_in_a_chain_of_eight(compiled: bool) -> None:
    found = bucket_pairs(np.arange(100, dtype=np.uint64), 100, compiled=compiled)
    assert len(found) == sum(min(8, i) for i in range(100))


def test_a_text_is_in_a_bucket_once() -> None:
    packed = np.array([0, 0, 1, 1], np.uint64) + np.uint64(1 << 40)
    for compiled in (False, True):
        assert bucket_pairs(packed, 2, compiled=compiled).tolist() == [1]


@pytest.mark.parametrize("threads", [1, 3])
def test_kernels_and_threads_change_nothing(
    corpus: list[str], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = find_near_duplicates(corpus, CONFIG, compiled=False, threads=1)
    monkeypatch.setattr("dedup.duplicates.fingerprints._CHUNK_BYTES", 1000)
    monkeypatch.setattr("dedup.duplicates.matches._PAIRS_AT_ONCE", 7)
    found = find_near_duplicates(corpus, CONFIG, compiled=True, threads=threads)
    assert found.representatives.tolist() == plain.representatives.tolist()
    assert found.originals.tolist() == plain.originals.tolist()
    assert found.matches.as_dict() == plain.matches.as_dict()
    assert found.verified == plain.verified


def test_an_arrow_array_gives_the_same(corpus: list[str]) -> None:
    found = find_near_duplicates(pa.array(corpus))
    assert found.matches.as_dict() == find_near_duplicates(corpus).matches.as_dict()


def test_much_text_takes_the_kernels_and_little_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedup.duplicates.fingerprints.COMPILE_FROM_BYTES", 100)
    assert use_kernels(Utf8Texts.of(["x" * 100]), None)
    assert not use_kernels(Utf8Texts.of(["x" * 99]), None)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert not use_kernels(Utf8Texts.of(["x" * 100]), None)


ODD = st.sampled_from(
    ["red", "Straße", "普", "京", "ไทย", "हिन्दी", "пу́тин", "🙂", "\u200f", "é", "a1", ".", "\n"]
)
ODD_TEXTS = st.lists(ODD, max_size=60).map(" ".join)


@given(st.lists(ODD_TEXTS, max_size=8), st.booleans())
def test_of_any_texts_the_matches_are_true_and_near_equal_ones_are_found(
    texts: list[str], compiled: bool
) -> None:
    found = find_near_duplicates(texts, CONFIG, compiled=compiled)
    matches = found.matches.as_dict()
    for a, b in itertools.combinations(range(len(texts)), 2):
        if found.originals[a] == a and found.originals[b] == b:
            similarity = compare(texts[a], texts[b], CONFIG)
            if (a, b) in matches:
                assert matches[a, b] == similarity
                assert is_copy(texts[a], texts[b])
            else:
                # Banding finds a pair at .95 with a probability of 1 - 4e-17.
                assert similarity.jaccard < 0.95


@pytest.mark.parametrize(
    "text",
    ["a", "a " * 5000, "🙂" * 50, "\u200f\u202e ", "é" * 10, "漢" * 2000, "x" * 10_000_000],
    ids=["letter", "one word", "emoji", "marks", "combining", "han", "ten megabytes"],
)
def test_odd_texts_are_their_own_copies_only(text: str) -> None:
    found = find_near_duplicates(
        [text, "something else entirely", text + " and a tail of other words " * 9]
    )
    assert found.representatives[1] == 1
