"""The live index against the batch, under any sequence of adding and removing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.config import Config
from dedup.duplicates.clustering import find_near_duplicates
from dedup.duplicates.live_index import Copy, NearDuplicateIndex
from dedup.errors import DedupError


def corpus() -> list[str]:
    """Families of near-duplicates, contained texts, short ones and empty ones."""
    texts = ["", "!", "Fire in Rome kills two", "Fire in Rome kills three", "普京会见习近平 在北京"]
    for family in range(5):
        generator = random.Random(family)
        words = [f"w{generator.randrange(9999)}" for _ in range(60 + 40 * family)]
        texts.append(" ".join(words))
        for edits in (1, 2, 5):
            changed = list(words)
            for k in range(edits):
                changed[generator.randrange(len(words))] = f"edit{k}"
            texts.append(" ".join(changed))
        texts.append(" ".join(words[:45]))
    return texts


TEXTS = corpus()
CONFIG = Config()


def expected(numbers: set[int]) -> dict[int, dict[int, float]]:
    """Copies of each text among the others, by the batch; equal texts are copies of all kinds."""
    found: dict[int, dict[int, float]] = {number: {} for number in numbers}
    ordered = sorted(numbers)
    near = find_near_duplicates([TEXTS[number] for number in ordered], CONFIG)
    for (a, b), similarity in near.matches.as_dict().items():
        found[ordered[a]][ordered[b]] = similarity.jaccard
        found[ordered[b]][ordered[a]] = similarity.jaccard
    return found


def without_itself(copies: list[Copy], number: int) -> dict[int, float]:
    return {int(copy.id): copy.similarity.jaccard for copy in copies if copy.id != str(number)}


@settings(max_examples=25)
@given(st.lists(st.integers(0, len(TEXTS) - 1), max_size=60))
def test_after_any_adds_and_removals_it_equals_the_batch(steps: list[int]) -> None:
    index = NearDuplicateIndex(CONFIG)
    held: set[int] = set()
    for number in steps:
        if number in held:
            index.remove(str(number))
            held.remove(number)
        else:
            index.add(str(number), TEXTS[number])
            held.add(number)
    assert len(index) == len(held)
    for number, copies in expected(held).items():
        assert without_itself(index.query(TEXTS[number]), number) == copies


def test_adding_returns_the_copies_that_were_there() -> None:
    index = NearDuplicateIndex()
    assert index.add("a", TEXTS[5]) == []
    copies = index.add("b", TEXTS[6])
    assert [copy.id for copy in copies] == ["a"]
    assert copies == [copy for copy in index.query(TEXTS[6]) if copy.id == "a"]


def test_the_most_similar_copy_comes_first() -> None:
    index = NearDuplicateIndex()
    for number in (8, 7, 6, 5):
        index.add(str(number), TEXTS[number])
    found = [copy.similarity.jaccard for copy in index.query(TEXTS[5])]
    assert found == sorted(found, reverse=True)
    assert found[0] == 1.0


def test_it_grows_and_shrinks_and_forgets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedup.duplicates.live_index._FEW", 4)
    index = NearDuplicateIndex()
    for number in range(200):
        index.add(str(number), f"{TEXTS[5]} edition {number}")
    for number in range(0, 200, 3):
        index.remove(str(number))
    for number in range(1, 200, 3):
        index.remove(str(number))
    left = {str(number) for number in range(2, 200, 3)}
    assert len(index) == len(left)
    assert {copy.id for copy in index.query(TEXTS[5])} <= left
    assert len(index.query(f"{TEXTS[5]} edition 2")) >= 50
    assert "2" in index
    assert "3" not in index


def test_a_short_text_and_one_just_too_long_to_be_short_are_compared() -> None:
    words = TEXTS[5].split()
    index = NearDuplicateIndex()
    index.add("long", " ".join(words[:41]))
    assert [copy.id for copy in index.query(" ".join(words[:38]))] == ["long"]


def test_texts_may_be_kept_elsewhere() -> None:
    store = {"a": TEXTS[5]}
    index = NearDuplicateIndex(text_of=store.__getitem__)
    index.add("a", TEXTS[5])
    assert [copy.id for copy in index.query(TEXTS[6])] == ["a"]
    assert index._texts == {}


def test_a_text_without_tokens_is_nobodys_copy() -> None:
    index = NearDuplicateIndex()
    index.add("a", "")
    index.add("b", "?!")
    assert index.query("") == []
    assert index.query("?!") == []


def test_ids_are_checked() -> None:
    index = NearDuplicateIndex()
    index.add("a", "text")
    with pytest.raises(DedupError, match="'a' is in the index: remove it first"):
        index.add("a", "other")
    with pytest.raises(DedupError, match="'b' is not in the index"):
        index.remove("b")


def test_memory_at_rest_is_about_a_kilobyte() -> None:
    index = NearDuplicateIndex(text_of=lambda _: "")
    generator = random.Random(0)
    for number in range(1024):
        index.add(str(number), " ".join(f"w{generator.randrange(10**6)}" for _ in range(300)))
    assert index.nbytes / 1024 < 2000
