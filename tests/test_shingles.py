"""Tokens and shingles against slow, obvious ones."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.compute.arrays import mix64, ranges
from dedup.duplicates.matches import compare
from dedup.text.characters import KIND_SHIFT, SINGLE, WORD, character_table
from dedup.text.scripts import UNSPACED
from dedup.text.shingles import Tokens, scan, shingle, tokenize, unique_rows

MASK = (1 << 64) - 1
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("aé ß普京習タイ한국пу́тин بوتين हिन्दी ไทย🙂\u200f\n.,-1٣"),
    max_size=60,
)


def is_word(char: str) -> bool:
    return re.match(r"\w", char) is not None or unicodedata.category(char)[0] == "M"


def slow_tokens(text: str) -> list[str]:
    """Tokens by looking at one character after the other."""
    tokens: list[str] = []
    open_word = False
    for char in text.casefold():
        if not is_word(char):
            open_word = False
        elif UNSPACED.match(char):
            tokens.append(char)
            open_word = False
        elif open_word:
            tokens[-1] += char
        else:
            tokens.append(char)
            open_word = True
    return tokens


def slow_mix(value: int) -> int:
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & MASK
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 & MASK
    return value ^ value >> 33


def slow_token_hash(token: str) -> int:
    total = 0
    for char in token:
        total = total * 0x9E3779B97F4A7C15 + ord(char) + 1 & MASK
    return slow_mix(total)


def slow_shingles(tokens: list[str], size: int) -> set[tuple[str, ...]]:
    size = min(size, len(tokens))
    return {tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1)} if tokens else set()


@given(st.lists(TEXTS, max_size=5))
def test_token_hashes_equal_the_formula(texts: list[str]) -> None:
    found = tokenize(texts)
    expected = [[slow_token_hash(token) for token in slow_tokens(text)] for text in texts]
    parts = np.split(found.hashes, found.offsets[1:-1]) if texts else []
    assert [part.tolist() for part in parts] == expected


@given(TEXTS, TEXTS, st.integers(1, 6))
def test_shingle_sets_have_the_sizes_of_sets_of_tuples(a: str, b: str, size: int) -> None:
    tokens = tokenize([a, b])
    sets = unique_rows(shingle(tokens, np.array([size, size])))
    slow = [slow_shingles(slow_tokens(text), size) for text in (a, b)]
    assert sets.counts.tolist() == [len(each) for each in slow]
    first, second = np.split(sets.hashes, [sets.offsets[1]])
    assert len(np.intersect1d(first, second)) == len(slow[0] & slow[1])


@given(TEXTS, TEXTS)
def test_exact_similarity_equals_that_of_sets_of_tuples(a: str, b: str) -> None:
    tokens = [slow_tokens(text) for text in (a, b)]
    size = 2 if min(len(each) for each in tokens) < 40 else 5
    first, second = (slow_shingles(each, size) for each in tokens)
    found = compare(a, b)
    if not first or not second:
        assert found.jaccard == 0.0
    else:
        assert found.jaccard == len(first & second) / len(first | second)
        assert found.containment_a == len(first & second) / len(first)
        assert found.containment_b == len(first & second) / len(second)


def test_texts_do_not_run_into_one_another() -> None:
    together, alone = tokenize(["one two", "three"]), tokenize(["three"])
    assert together.counts.tolist() == [2, 1]
    assert together.hashes[2] == alone.hashes[0]


def test_full_case_folding_joins_what_is_one_word() -> None:
    first, second = np.split(tokenize(["STRASSE", "straße"]).hashes, 2)
    assert first == second


def test_characters_of_unspaced_scripts_are_tokens() -> None:
    found = scan(["习近平 met Putin"])
    assert found.unspaced.tolist() == [True, True, True, False, False]


def test_combining_marks_do_not_split_a_word() -> None:
    assert tokenize(["हिन्दी समाचार"]).counts.tolist() == [2]


def test_a_long_text_of_one_word_is_one_token() -> None:
    assert tokenize(["a" * 3_000_000]).counts.tolist() == [1]


def test_mix_is_the_finaliser_of_murmurhash3() -> None:
    values = np.array([0, 1, 2**63, 2**64 - 1], np.uint64)
    assert mix64(values).tolist() == [slow_mix(int(value)) for value in values]


def test_ranges_of_nothing_are_empty() -> None:
    empty = np.empty(0, np.int64)
    assert len(ranges(empty, empty)) == 0


def test_unique_rows_keeps_texts_apart() -> None:
    found = unique_rows(Tokens(np.array([3, 1, 3, 3], np.uint64), np.array([0, 3, 4])))
    assert found.hashes.tolist() == [1, 3, 3]
    assert found.counts.tolist() == [2, 1]


def test_the_table_of_characters_knows_the_scripts_without_spaces() -> None:
    kinds = character_table().entries >> KIND_SHIFT
    single, word = (np.flatnonzero(kinds == kind).tolist() for kind in (SINGLE, WORD))
    assert all(UNSPACED.match(chr(point)) for point in single)
    assert not any(UNSPACED.match(chr(point)) for point in word)
