"""Days that texts name, in the languages of CLDR."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from dedup.articles import UNDATED
from dedup.cleaning import normalize
from dedup.stories.dates import dates_of, shown_day

LANGUAGES = (
    *("ar", "bg", "cs", "da", "de", "el", "en", "es", "fr", "hr"),
    *("id", "it", "nl", "pl", "pt", "ro", "ru", "sk", "sv", "tr", "uk"),
)
PUBLISHED = int(datetime(2024, 3, 8, tzinfo=UTC).timestamp())


def days(text: str, language: str = "en", seconds: int = PUBLISHED) -> list[int]:
    return sorted(dates_of(normalize(text), seconds, language))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("March 5", "en"),
        ("Mar. 5, 2024", "en"),
        ("March 5th", ""),
        ("the 5th of March", "en"),
        ("5 March 2024", "en"),
        ("MARCH 5", "en"),
        ("2024-03-05", ""),
        ("2024-03-05T10:30", ""),
        ("5.3.2024", "de"),
        ("am 5. März", "de"),
        ("el 5 de marzo de 2021", "es"),
        ("5 марта", "ru"),
        ("5 березня 2024 року", "uk"),
        ("٥ آذار/مارس ٢٠٢٤", "ar"),
        ("5 مارس", "ar"),
        ("3月5日", "zh"),
        ("2024年3月5日", "ja"),
        ("3월 5일", "ko"),
        ("ngày 5 tháng 3 năm 2024", "vi"),
        ("5 มีนาคม 2567", "th"),
        ("2024. március 5-én", "hu"),
        ("március 5.", "hu"),
        ("5. maaliskuuta", "fi"),
        ("5 Mart'ta", "tr"),
        ("ב-5 במרץ 2024", "he"),
        ("5 मार्च", "hi"),
        ("১৫ নভেম্বর ও ৫ মার্চ", "bn"),
        # The 15th of Esfand of 1402.
        ("۱۵ اسفند", "fa"),
        ("۱۵ اسفند ۱۴۰۲", "fa"),
        ("1402/12/15", "fa"),
    ],
)
def test_a_day_as_news_write_it(text: str, language: str) -> None:
    assert 305 in days(text, language)
    assert 305 in days(f"({text})", language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("in May. 12 people", "en"),
        ("12 may have died", "en"),
        ("killed 12. March was cold", "en"),
        ("in March, 12 people", "en"),
        ("May 10,000 people", "en"),
        ("in June 5%", "en"),
        ("May 5:30", "en"),
        ("an F-16 March flight", "en"),
        ("vinto in 3 set", "it"),
        ("3/4/2024", "en"),
        ("10.12.13", "en"),
        ("30 February", "en"),
        ("2023-02-29", "en"),
        ("5 марта", "en"),
        ("March 2024", "en"),
        ("", "en"),
    ],
)
def test_what_is_no_day(text: str, language: str) -> None:
    assert days(text, language) == []


def test_each_number_has_its_own_month() -> None:
    assert days("on May 3, June 12, March 5") == [305, 503, 612]
    assert days("on 5 March 7 people, on 6 April 2020 80") == [305, 406]
    assert days("13/4/2024 and 4/13/2024") == [413]


def test_a_day_of_the_persian_year_needs_a_year() -> None:
    # The year 1403 began on 20 March, 1404 on the 21st.
    assert days("۱ فروردین", "fa", int(datetime(2024, 4, 1, tzinfo=UTC).timestamp())) == [320]
    assert days("۱ فروردین", "fa", int(datetime(2025, 4, 1, tzinfo=UTC).timestamp())) == [321]
    assert days("۱ فروردین", "fa", UNDATED) == []
    assert days("۱ فروردین ۱۴۰۳", "fa", UNDATED) == [320]


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)))
def test_long_dates_of_every_language_are_read(language: str, day: date) -> None:
    text = format_date(day, "long", locale=language)
    assert days(f"x {text} x", language) == [100 * day.month + day.day]


@given(st.text(), st.sampled_from(["", "en", "fa", "zh", "xx"]), st.integers(0, 4 * 10**9))
def test_any_text_gives_days_of_the_year(text: str, language: str, seconds: int) -> None:
    for day in dates_of(text, seconds, language):
        month, number = divmod(day, 100)
        assert 1 <= number <= calendar.monthrange(2000, month)[1]


def test_a_day_has_a_name() -> None:
    assert [shown_day(day) for day in (101, 1231)] == ["1 January", "31 December"]
