"""What people see is the text as it was published; what is compared is normalised."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.articles import headline_of, published_body, published_lead, published_removals
from dedup.cleaning import clean, normalize
from dedup.config import CleaningConfig
from dedup.description.explanation import sentence
from dedup.records import Article, CleanText
from dedup.report import render_report
from dedup.report.differences import Difference, difference
from dedup.text.published import published_lines, published_numbers, published_text, published_words
from tests.indexes import opened
from tests.news_streams import START, HashingEncoder

ARABIC = (
    "قُتل عشرة أشخاص على الأقل حتى مساء أمس في مستشفى المدينة، كما أعلنت وزارة الصحة.\n"
    "اقرأ أيضا: أخبار أخرى\n"
    "وقال مسؤول إن القتلى نُقلوا إلى مستشفى آخر على بُعد ١٢ كيلومترًا من موقع الانفجار."
)
LETTERS = st.text("aB ßÉى علٰيِ\u200c\u0640می۱٢٫.,“”«»-–\n\r\u2028\t 日本ｶﾅ한\u0301", max_size=40)


@given(LETTERS)
def test_a_published_text_is_normalised_to_what_is_compared(text: str) -> None:
    assert normalize(published_text(text, normalize(text))) == normalize(text)


@given(st.lists(LETTERS, max_size=6), st.data())
def test_lines_that_cleaning_removed_are_not_shown(lines: list[str], data: st.DataObject) -> None:
    published = "\n".join(lines)
    wanted = [line for line in normalize(published).split("\n") if line]
    chosen = [line for line in wanted if data.draw(st.booleans())]
    shown = list(published_lines(published, "\n".join(chosen))) if chosen else []
    assert [normalize(line) for line in shown] == chosen


@given(LETTERS)
def test_words_are_spelled_as_the_text_has_them(text: str) -> None:
    words = normalize(text).casefold().split()
    for word, spelled in published_words(words, text).items():
        assert spelled in text
        assert normalize(spelled).casefold().strip() == word


@pytest.mark.parametrize(
    ("text", "word", "spelled"),
    [
        ("صعد حتى القمة", "حتي", "حتى"),
        ("او می‌خواهد برود", "خواهد", "خواهد"),
        ("the FLOOD, a flood", "flood", "flood"),
        ("Flood in Cefalù", "cefalù", "Cefalù"),
        ("in der Straße", "strasse", "Straße"),
        ("ｶﾚｰ と ﾗｲｽ", "ライス", "ﾗｲｽ"),
        ("علىه ثم على", "علي", "على"),
        (
            unicodedata.normalize("NFD", "대통령 말"),
            "대통령",
            unicodedata.normalize("NFD", "대통령"),
        ),
    ],
)
def test_words_in_the_letters_of_their_script(text: str, word: str, spelled: str) -> None:
    assert published_words([word], text) == {word: spelled}


def test_words_that_a_text_does_not_have_are_left_out() -> None:
    assert published_words(["kill", "zzyzx"], "It kills no one") == {}
    assert published_words([], "Anything") == {}


def test_numbers_keep_their_point() -> None:
    assert published_numbers("5.9, then 12,500 and ٥٫٩") == {"5.9": "5.9", "12,500": "12,500"}


def test_a_line_that_the_text_does_not_have_stays_normalised() -> None:
    assert published_text("other words", "these words") == "these words"
    assert published_text("Über  alles\nEnde", "Uber") == "Uber"


def test_an_article_without_a_title_has_its_first_line_as_published() -> None:
    article = Article("a", text=ARABIC, language="ar")
    cleaned = clean(article, CleaningConfig())
    assert "قتل" in cleaned.text and "علي" in cleaned.text
    assert headline_of(article, cleaned) == ARABIC.split("\n", 1)[0]
    assert published_body(article, cleaned).split("\n") == [
        ARABIC.split("\n")[0], ARABIC.split("\n")[2],
    ]  # fmt: skip
    assert [piece.text for piece in published_removals(article, cleaned)] == [ARABIC.split("\n")[1]]
    lead = published_lead(replace(article, title="على  الطريق"), cleaned, 20)
    assert lead == f"على الطريق\n{ARABIC.split(chr(10), 1)[0]}"


def test_a_changed_text_of_a_result_is_shown_as_it_was_compared() -> None:
    article = Article("a", text="")
    assert headline_of(article, CleanText("", "Compared")) == "Compared"


def test_letters_that_are_one_spelling_are_no_difference() -> None:
    assert difference("قُتل على الطريق", "قتل علي الطريق") == Difference()
    assert difference("او می‌خواهد", "او می خواهد") == Difference()
    (span,) = difference("على الطريق الطويل جدا", "على الجسر الطويل جدا").spans
    assert (span.deleted, span.inserted) == ("الطريق", "الجسر")


def test_batch_index_and_report_show_the_letters_of_the_articles(tmp_path: Path) -> None:
    articles = [
        Article(
            f"ar-{number}", text=f"{text}\n{ARABIC}", source=f"paper{number}", language="ar",
            published_at=START,
        )
        for number, text in enumerate(("انفجار كبير قرب مستشفى المدينة", "انفجار قرب المستشفى"))
    ]  # fmt: skip
    result = dedup.cluster(articles, encoder=HashingEncoder())
    (story, *_) = result.story_groups
    assert "مستشفى" in story.headline or "المستشفى" in story.headline
    page = render_report(result)
    assert "على الأقل حتى مساء" in page and "علي الأقل" not in page
    assert "مستشفي" not in " ".join([page, *story.key_terms])
    with opened(tmp_path) as index:
        index.add(articles)
        stored = index.article("ar-0")
        (there,) = {index.story(index.placement(a.id).story_group).headline for a in articles[:1]}
        assert there == story.headline
        assert published_body(stored.article, stored.clean).split("\n")[1] == ARABIC.split("\n")[0]
    assert "علي" not in sentence(result.why("ar-0", "ar-1"))
