"""Terms and their weights."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dedup.text.terms import count_terms, spelled_terms, term_weights, terms


def weight_of(word: str) -> int:
    return int(term_weights(terms([word]).hashes)[0])


def test_words_and_pairs_of_unspaced_characters_are_terms() -> None:
    assert list(spelled_terms(["Putin met 习近平 in 北京, 京"]).values()) == [
        "putin", "met", "习近", "近平", "in", "北京", "京",
    ]  # fmt: skip


@given(st.text(max_size=40))
def test_spelled_terms_are_the_terms(text: str) -> None:
    assert set(spelled_terms([text])) == set(terms([text]).hashes.tolist())


def test_counts_are_of_each_text() -> None:
    found, counts = count_terms(["to be or not to be", "", "be"])
    assert found.counts.tolist() == [4, 0, 1]
    assert sorted(counts[:4].tolist()) == [1, 1, 2, 2]
    assert counts[4:].tolist() == [1]


def test_rare_words_weigh_more_than_common_ones_in_every_script() -> None:
    for common, rare in (
        ("the", "Lukashenko"),
        ("в", "Лукашенко"),
        ("من", "كيربيجان"),
        ("我们", "魑魅"),
    ):
        assert weight_of(common) < weight_of(rare)


def test_a_weight_does_not_depend_on_case_or_company() -> None:
    assert weight_of("Bank") == weight_of("BANK")
    together = term_weights(terms(["the bank of"]).hashes).tolist()
    assert together[1] == weight_of("bank")
