"""The evidence as people read it: decimals, names, numbers, whole words."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.description.key_terms import calendar_terms
from dedup.description.names import proper_words, story_names
from dedup.description.shared_words import SharingText, as_published
from dedup.description.terms import story_terms
from dedup.description.words import placed_words
from dedup.records import Evidence
from dedup.text.normalization import normalize


def text(published: str, language: str = "en") -> SharingText:
    return SharingText(normalize(published), published, language)


def detail(name: str, words: str, first: SharingText, second: SharingText) -> str:
    (part,) = as_published([Evidence(name, 2.0, 1.5, words)], first, second)
    assert (part.name, part.value, part.log_odds) == (name, 2.0, 1.5)
    return part.detail


ITALIAN = text("Un terremoto di magnitudo 5,9 a Cefalù: la protezione civile conta 50 case.", "it")
ENGLISH = text("A quake of magnitude 5.9 near Cefalu kills 50, the civil guard in Enna said.")


@pytest.mark.parametrize(
    ("numbers", "first", "second", "shown"),
    [
        ("59", "magnitude 5.9", "di magnitudo 5,9", "5.9"),
        ("59", "magnitude 5.9", "59 dead", ""),
        ("59", "5.9 and 59 dead", "59 dead", "59"),
        ("12,500", "12.500 Menschen", "12,500 people", "12.500"),
        ("59", "بقوة ٥٫٩ درجات", "of 5.9", "٥٫٩"),
        ("50, 59", "50 homes, 5.9", "5.9 and 50", "50, 5.9"),
    ],
)
def test_numbers_are_spelled_as_in_the_text_and_of_one_value(
    numbers: str, first: str, second: str, shown: str
) -> None:
    assert detail("shared_numbers", numbers, text(first), text(second)) == shown


def test_names_are_capitalised_as_names_are() -> None:
    words = "cefalu, kills, magnitude, civil"
    assert detail("shared_names", words, ENGLISH, ITALIAN) == "Cefalu"
    assert detail("shared_names", "cefalù, civile, magnitudo", ITALIAN, ENGLISH) == "Cefalù"


def test_a_name_in_a_script_without_capitals_is_known_by_the_other_text() -> None:
    arabic = text("وصل بوتين إلى بكين", "ar")
    russian = text("Вчера вечером Путин прилетел на переговоры в город Пекин", "ru")
    assert detail("shared_names", "بوتين", arabic, russian) == "بوتين"
    small = text("вчера вечером путин прилетел на переговоры", "ru")
    assert detail("shared_names", "بوتين", arabic, small) == ""


def test_nouns_of_german_are_no_names() -> None:
    assert proper_words("Gestern sah der Bagger den Eichenstamm.", "de") == frozenset()
    assert proper_words("They say that Blockland, in Saint-Denis, is old.", "en") == {
        "blockland", "saint", "denis",
    }  # fmt: skip


def test_words_are_whole_and_in_the_spelling_of_the_text() -> None:
    first = text("震度のマグニチュードは5.9、能登半島の地震", "ja")
    second = text("マグニチュード5.9の地震、能登半島で震度7", "ja")
    shown = detail("shared_terms", "グニ, マグ, ニチ, 震が, 能登", first, second).split(", ")
    assert "マグニチュード" in shown
    assert not {"グニ", "マグ", "ニチ", "震が"} & set(shown)


def test_a_number_is_no_rare_word_unless_both_have_it_whole() -> None:
    assert detail("shared_terms", "288, derna", text("Derna, 1,288"), text("derna 288")) == "Derna"
    assert detail("shared_terms", "288", text("288 dead"), text("dead: 288")) == "288"


def test_words_of_scripts_without_spaces() -> None:
    words = placed_words(["マグニチュード 大統領が 12,500 대통령이 grisly"], ["ja"])
    spelled = [words.placed.spelled(place) for place in range(len(words.weights))]
    assert spelled[0] == "マグニチュード"
    assert words.parts[0] == 1
    assert {"대통령이", "grisly"} <= set(spelled)
    assert not any(word.isdigit() or "が" in word for word in spelled)


def test_a_run_of_katakana_counts_once_for_related_stories() -> None:
    leads = ["マグニチュードの揺れ", "マグニチュードの波"]
    terms = story_terms([np.array([0]), np.array([1])], leads, ["ja", "ja"])
    shared = (terms.weights > 0).sum(axis=0) == 2
    columns = np.flatnonzero(shared)
    assert [terms.spelled([(0, columns)])[0, int(column)] for column in columns] == [
        "マグニチュード"
    ]


def test_key_words_are_spelled_as_published() -> None:
    published = ["Cefalù shakes, says Zzyzx", "CEFALÙ and zzyzx"]
    terms = story_terms(
        [np.array([0, 1])], [normalize(one) for one in published], ["it"] * 2, published.__getitem__
    )
    assert set(terms.as_published(0, ["cefalù", "zzyzx", "absent"])) == {
        "Cefalù", "Zzyzx", "absent",
    }  # fmt: skip


def test_names_that_differ_by_accents_are_one_and_compounds_have_parts() -> None:
    texts = [
        "le strade sono chiuse vicino a Cefalù e anche a Brackwater",
        "near Cefalu on the Brackwater-Messina road",
        "roads near Cefalù and Brackwater shut",
    ]
    (names,) = story_names([(texts, ["it", "en", "en"])], calendar_terms)
    assert "Cefalù" in names and "Cefalu" not in names
    assert "Brackwater" in names and "Brackwater-Messina" not in names
