"""Terms and their weights."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dedup.text.rarity import counted_languages, language_numbers, unseen_weights
from dedup.text.terms import count_terms, spelled_terms, terms, weights_of


def weight_of(word: str, language: str) -> int:
    return int(weights_of(terms([word]), [language])[0])


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


def test_terms_are_as_long_as_a_meaning_in_scripts_without_spaces() -> None:
    assert list(spelled_terms(["東京タワーで"]).values()) == ["東京", "京タ", "タワー", "ワーで"]
    assert list(spelled_terms(["ราคาทองคำ"]).values()) == [
        "ราคาท", "าคาทอ", "คาทอง", "าทองค", "ทองคำ"[:5],
    ]  # fmt: skip
    assert list(spelled_terms(["ทอง"]).values()) == ["ทอง"]


def test_two_syllables_are_a_term_where_syllables_are_written_apart() -> None:
    assert list(spelled_terms(["Hà Nội, thủ đô"], ["vi"]).values()) == [
        "hà", "hà nội", "nội", "thủ", "thủ đô", "đô",
    ]  # fmt: skip
    assert "hà nội" not in spelled_terms(["Hà Nội"], ["fr"]).values()


def test_rare_words_weigh_more_than_common_ones_in_every_script() -> None:
    for language, common, rare in (
        ("en", "the", "Lukashenko"),
        ("ru", "в", "Лукашенко"),
        ("ar", "من", "كيربيجان"),
        ("zh", "我们", "魑魅"),
        ("vi", "của", "lukashenko"),
        ("cy", "yn", "lukashenko"),
        ("th", "ประเท", "คกฮขฃ"),
    ):
        assert weight_of(common, language) < weight_of(rare, language)


def test_a_word_is_as_rare_as_in_its_language() -> None:
    assert weight_of("die", "de") < weight_of("die", "en")
    assert weight_of("a", "hu") < weight_of("a", "de")


def test_no_term_is_rarer_than_the_texts_that_were_counted_allow() -> None:
    english, welsh = (weight_of("qqzzqq", language) for language in ("en", "cy"))
    assert 2**13 <= 2 ** (english / 4) <= 2**14
    assert welsh < english
    for language in counted_languages():
        limit = unseen_weights(language_numbers([language]))[0]
        assert weight_of("qqzzqq", language) == limit


def test_what_nobody_counted_weighs_nothing_in_an_unknown_language() -> None:
    assert weight_of("qqzzqq", "") == weight_of("qqzzqq", "tlh") == 0
    assert weight_of("trump", "") > 0


def test_a_weight_does_not_depend_on_case_or_company() -> None:
    assert weight_of("Bank", "en") == weight_of("BANK", "en")
    together = weights_of(terms(["the bank of"]), ["en"]).tolist()
    assert together[1] == weight_of("bank", "en")
