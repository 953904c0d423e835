from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.config import ReadingConfig
from dedup.errors import InputError
from dedup.readers.columns import NoColumnsError, check_columns, require_columns, used_columns
from dedup.readers.fields import article_from_mapping, as_articles
from dedup.readers.values import as_text
from dedup.records import Article, Problem

DAY = datetime(2023, 10, 18, tzinfo=UTC)
FULL = {
    "id": "a1",
    "title": "Fire in Rome",
    "text": "A fire broke out in Rome.",
    "source": "Example Times",
    "published_at": "2023-10-18",
    "language": "en",
    "url": "https://example.org/a1",
}
ARTICLE = Article(
    id="a1",
    title="Fire in Rome",
    text="A fire broke out in Rome.",
    source="Example Times",
    published_at=DAY,
    language="en",
    url="https://example.org/a1",
    date_precision="day",
)


def read(row: Mapping[str, object], **options: Any) -> Article:
    article = article_from_mapping(row, where="here", **options)
    assert article is not None
    return article


def problems_of(row: Mapping[str, object], **options: Any) -> list[Problem]:
    met: list[Problem] = []
    article_from_mapping(row, where="here", on_problem=met.append, **options)
    return met


def test_our_own_names() -> None:
    assert read(FULL) == ARTICLE


@pytest.mark.parametrize(
    "names",
    [
        "ID headline body outlet pubDate lang link",
        "guid Heading full_text publisher date_publish language-code permalink",
        "articleId HEADLINE content newspaper publishedAt LANG uri",
        "_id article_title maintext source_domain timestamp locale Article URL",
    ],
)
def test_usual_other_names(names: str) -> None:
    row = dict(zip(names.replace("Article URL", "Article_URL").split(), FULL.values(), strict=True))
    assert read(row) == ARTICLE


def test_a_better_name_comes_before_a_worse_one() -> None:
    row = {"description": "The summary.", "content": "The whole text."}
    assert read(row).text == "The whole text."


def test_an_empty_column_gives_way_to_the_next() -> None:
    assert read({"content": None, "description": "The summary."}).text == "The summary."


def test_a_chosen_column_wins_and_is_used_for_nothing_else() -> None:
    row = {"title": "ignored", "description": "The headline"}
    assert read(row, columns={"title": "description"}) == read({"title": "The headline"})


def test_labels_are_never_looked_at() -> None:
    assert read({**FULL, "cluster": "7", "label": "x", "story": "9", "event": "e"}) == ARTICLE


@pytest.mark.parametrize("nothing", [None, "", "  ", float("nan"), [], {}, False])
def test_missing_values_are_empty(nothing: object) -> None:
    assert read({**FULL, "url": "", "source": nothing}).source == ""
    assert read({**FULL, "source": nothing}).source == "example.org"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["one", None, "two"], "one\ntwo"),
        ({"id": None, "name": "Example Times"}, "Example Times"),
        ({"rendered": "A title"}, "A title"),
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        (Decimal("7.10"), "7.10"),
        (b"bytes", "bytes"),
        ("\ud800 alone", "\ufffd alone"),
        pytest.param(10**5000, hex(10**5000), id="a number of 5000 digits"),
    ],
)
def test_values_of_other_types(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_title_alone_and_a_text_alone_are_articles() -> None:
    assert (read({"title": "T"}).text, read({"text": "T"}).title) == ("", "")


def test_the_id_is_the_address_else_derived_from_the_content() -> None:
    row = {name: value for name, value in FULL.items() if name != "id"}
    assert read(row).id == "https://example.org/a1"
    del row["url"]
    derived = read(row).id
    # Stable across releases: ids of stored articles depend on it.
    assert derived == "ab2dd983db8525d7"
    assert read({**row, "date": "2 hours ago"}).id == derived
    assert read({**row, "title": "Another fire"}).id != derived
    assert read({**row, "cluster": "7"}).id == derived


def test_an_id_is_kept_as_it_is_but_for_its_ends() -> None:
    assert read({"id": " a  b\n", "text": "T"}).id == "a  b"


def test_the_text_of_a_row_is_left_as_it_is() -> None:
    assert read({"text": "  one\r\n\n two "}).text == "  one\r\n\n two "


def test_a_date_in_the_language_of_a_text_without_a_language() -> None:
    row = {"text": "Президент встретился в Пекине с главой Китая", "date": "18 октября 2023"}
    assert read(row).published_at == DAY


@pytest.mark.parametrize(
    ("ahead", "kept"), [(timedelta(0), True), (timedelta(hours=23), True), (timedelta(1), False)]
)
def test_a_date_more_than_a_day_ahead_is_set_aside(ahead: timedelta, kept: bool) -> None:
    article = read({"text": "T", "date": DAY + ahead}, now=DAY)
    assert (article.published_at is not None) == kept


def test_without_a_clock_no_date_is_in_the_future() -> None:
    assert read({"text": "T", "date": "2150-01-01"}).published_at is not None


def test_a_date_in_another_language_than_the_article() -> None:
    row = {"title": "Ferry aground", "language": "en", "date": "5 mars 2024 à 8:30"}
    article = article_from_mapping(row, where="here")
    assert article is not None
    assert article.published_at == datetime(2024, 3, 5, 8, 30, tzinfo=UTC)


def test_a_relative_date_is_reported() -> None:
    met: list[Problem] = []
    row = {"title": "Ferry aground", "text": "A ferry ran aground.", "published": "2 hours ago"}
    article = article_from_mapping(row, where="here", on_problem=met.append)
    assert article is not None
    assert article.published_at is None
    assert met == [Problem("impossible date", "here", "2 hours ago", article_kept=True)]


def test_an_unknown_language_is_reported_and_left_empty() -> None:
    row = {"text": "T", "lang": "Klingonese"}
    assert read(row).language == ""
    assert problems_of(row) == [
        Problem("unknown language", "here", "Klingonese", article_kept=True)
    ]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_ROWS = st.dictionaries(
    st.sampled_from(["id", "title", "body", "date", "lang", "source", "url", "x"]) | st.text(),
    _JSON,
)


@given(_ROWS)
def test_any_json_object_is_an_article_or_none(row: dict[str, object]) -> None:
    article = article_from_mapping(row, where="here", now=DAY)
    if article is not None:
        assert article.id
        assert article.title or article.text


@given(_ROWS)
def test_reading_an_article_again_changes_nothing(row: dict[str, object]) -> None:
    once = list(as_articles([row], now=DAY))
    assert list(as_articles(once, now=DAY)) == once


def test_deeply_nested_values_are_cut_off() -> None:
    nested: object = "deep"
    for _ in range(10_000):
        nested = [nested]
    assert as_text(nested) == ""


# Columns


def test_columns_found_for_every_field() -> None:
    found = used_columns(["Headline", "content", "description", "cluster"])
    assert {field: names for field, names in found.items() if names} == {
        "title": ("Headline",),
        "text": ("content", "description"),
    }


def test_a_table_without_text_says_what_it_has_and_what_to_do() -> None:
    with pytest.raises(NoColumnsError) as caught:
        require_columns(["a", "b"], None, "x.csv")
    assert str(caught.value) == (
        "x.csv: no title or text column; columns found: 'a', 'b': "
        "name one with --text-column NAME or --title-column NAME "
        "(in Python, columns={'text': NAME})"
    )


def test_a_chosen_column_has_to_exist() -> None:
    with pytest.raises(NoColumnsError, match=r"no column 'body' \(wanted for text\)"):
        require_columns(["text"], {"text": "body"}, "x.csv")


def test_a_chosen_field_has_to_exist() -> None:
    with pytest.raises(InputError, match="'headline' is not a field of an article: use id, title"):
        check_columns({"headline": "x"})


# Python objects


def test_articles_mappings_and_tables_read_alike() -> None:
    table = pa.table({name: [value] for name, value in FULL.items()})
    assert list(as_articles([ARTICLE])) == [ARTICLE]
    assert list(as_articles([FULL])) == [ARTICLE]
    assert list(as_articles(table)) == [ARTICLE]


def test_missing_language_and_date_are_completed() -> None:
    text = "18 octobre 2023\nLe premier ministre a démissionné lundi après un vote de défiance."
    (article,) = as_articles([Article(id="1", title="Démission", text=text)])
    assert (article.language, article.published_at) == ("fr", DAY)


def test_a_date_in_the_text_is_not_taken_from_the_future() -> None:
    row = {"text": "18 October 2023\nThe prime minister resigned on Monday.", "lang": "en"}
    (article,) = as_articles([row], now=DAY - timedelta(days=30))
    assert article.published_at is None


def test_a_naive_time_of_an_article_is_taken_as_utc() -> None:
    (article,) = as_articles([Article(id="1", text="T", published_at=datetime(2023, 10, 18))])
    assert article.published_at == DAY


def test_too_long_articles_are_skipped() -> None:
    met: list[Problem] = []
    config = ReadingConfig(max_article_chars=10)
    articles = [Article(id="1", title="12345", text=text) for text in ("12345", "123456")]
    assert len(list(as_articles(articles, config=config, on_problem=met.append))) == 1
    assert met == [Problem("too long", "1", "11 characters")]


def test_anything_else_is_refused_with_a_hint() -> None:
    with pytest.raises(InputError, match="item 1 is of type int: give Article objects"):
        list(as_articles([7]))
    assert [article.text for article in as_articles(["A text."])] == ["A text."]


def test_times_that_python_cannot_hold_are_impossible_dates() -> None:
    met: list[Problem] = []
    table = pa.table(
        {
            "text": ["a", "b", "c"],
            "date": pa.array(
                [1697637900123456789, 10**18 * 9, None], pa.timestamp("ns", "Asia/Tokyo")
            ),
        }
    )
    first, second, third = as_articles(table, on_problem=met.append)
    assert first.published_at == datetime(2023, 10, 18, 14, 5, 0, 123456, tzinfo=UTC)
    assert second.published_at is None
    assert third.published_at is None
    assert [problem.kind for problem in met] == ["impossible date"]
