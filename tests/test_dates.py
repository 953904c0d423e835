from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.text.dates.calendars import fold, from_solar_hijri, month_names
from dedup.text.dates.datelines import find_dateline, is_dateline
from dedup.text.dates.values import parse_date

DAY = datetime(2023, 10, 18, tzinfo=UTC)
TIME = datetime(2023, 10, 18, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        TIME,
        datetime(2023, 10, 18, 14, 5),
        datetime(2023, 10, 18, 17, 5, tzinfo=timezone(timedelta(hours=3))),
        "2023-10-18T14:05:00Z",
        "2023-10-18 14:05",
        "2023-10-18T17:05:00+0300",
        "2023-10-18 14:05:00 UTC",
        "2023-10-18 14:05:00 +0000 UTC",
        "2023-10-18T14:05:00.0000000Z",
        "20231018T140500Z",
        "Wed, 18 Oct 2023 14:05:00 GMT",
        "Wed, 18 Oct 2023 09:05:00 -0500",
        "18 Oct 2023 19:35 +0530",
        "Wednesday, 18-Oct-23 14:05:00 GMT",
        "18 Oct 23 14:05 GMT",
        "Wed Oct 18 14:05:00 2023",
        "Wed Oct 18 14:05:00 +0000 2023",
        1697637900,
        1697637900.0,
        1697637900000,
        1697637900000000,
        "1697637900",
        "1697637900000",
        "202310181405",
        "20231018140500",
        "2023/10/18 14:05",
        "18.10.2023, 14:05 Uhr",
        "October 18, 2023 2:05 pm",
        "Oct. 18, 2023, 10:05 a.m. EDT",
        "18/10/2023 - 14h05",
        "2023年10月18日 14:05",
        "2023年10月18日 下午2:05",
        "2023년 10월 18일 오후 2:05",
        "2023. 10. 18. 오후 2:05",
    ],
)
def test_a_time_in_any_usual_form(value: object) -> None:
    assert parse_date(value) == TIME


@pytest.mark.parametrize(
    "value",
    ["20231018", "18.10.2023", "2023-10-18", date(2023, 10, 18), "18OCT2023", "10/18/2023"],
)
def test_a_day_without_a_time_is_midnight(value: object) -> None:
    assert parse_date(value) == DAY


def test_an_ambiguous_numeric_date_is_read_day_first() -> None:
    assert parse_date("03/04/2023") == datetime(2023, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "n/a",
        "2023",
        "45217",
        45217,
        -1,
        True,
        float("nan"),
        float("inf"),
        pytest.param(10**400, id="a number of 400 digits"),
        "0000-00-00",
        "2023-13-45",
        "30 February 2023",
        "1799-12-31",
        "2201-01-01",
        "令和5年",
        "It was on 18 October 2023 that the two presidents met for the third time",
        "x" * 1000,
    ],
)
def test_an_unusable_value_is_no_date(value: object) -> None:
    assert parse_date(value) is None


def test_an_impossible_time_leaves_the_day() -> None:
    assert parse_date("2023-10-18T99:99") == DAY


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("18 de octubre de 2023", "es"),
        ("le 18 octobre 2023", "fr"),
        ("18. Oktober 2023", "de"),
        ("18 октября 2023 г.", "ru"),
        ("18 жовтня 2023 р.", "uk"),
        ("18 Ekim 2023 Çarşamba", "tr"),
        ("18 EKİM 2023", "tr"),
        ("18 de outubro de 2023", "pt"),
        ("18 ottobre 2023", "it"),
        ("१८ अक्टूबर २०२३", "hi"),
        ("18 अक्तूबर 2023", "hi"),
        ("18 באוקטובר 2023", "he"),
        ("18 października 2023", "pl"),
        ("18 oktober 2023", "nl"),
        ("18 Oktober 2023", "id"),
        ("18 ตุลาคม 2566", "th"),
        ("18 tháng 10, 2023", "vi"),
        ("2023. október 18.", "hu"),
        ("2023 m. spalio 18 d.", "lt"),
        ("2023. gada 18. oktobris", "lv"),
        ("2023-yil 18-oktyabr", "uz"),
        ("18. lokakuuta 2023", "fi"),
        ("18 Οκτωβρίου 2023", "el"),
        ("18. oktober 2023", "no"),
        ("18 d’octubre de 2023", "ca"),
        ("18 қазан 2023", "kk"),
        ("১৮ অক্টোবর ২০২৩", "bn"),
        ("18 اکتوبر 2023", "ur"),
        ("18 أكتوبر 2023", "ar"),
        ("١٨ تشرين الأول ٢٠٢٣", "ar"),
        ("18 تشرين الأول/أكتوبر 2023", "ar"),
        ("۲۶ مهر ۱۴۰۲", "fa"),
        ("چهارشنبه ۲۶ میزان ۱۴۰۲", "fa"),
        ("1402/07/26", "fa"),
        ("October 18, 2023", "fa"),
    ],
)
def test_a_day_written_in_the_language_of_the_page(text: str, language: str) -> None:
    assert parse_date(text, language=language) == DAY


@pytest.mark.parametrize(
    ("name", "month"),
    [("غشت", 8), ("شتنبر", 9), ("جويلية", 7), ("آب", 8), ("كانون الثاني", 1), ("كانون الأول", 12)],
)
def test_arabic_months_of_the_maghreb_and_the_levant(name: str, month: int) -> None:
    assert parse_date(f"18 {name} 2023", language="ar") == datetime(2023, month, 18, tzinfo=UTC)


def test_no_language_has_the_names_of_the_one_before() -> None:
    # Babel keeps what it found for one language in tables that others read.
    assert "ינואר" in month_names.__wrapped__("he")
    assert "ינואר" not in month_names.__wrapped__("hi")
    assert "ינואר" not in month_names.__wrapped__("")


def test_short_names_may_be_left_out() -> None:
    assert {"sept", "oct", "october"} <= set(month_names("en"))
    assert "october" in month_names("en", short=False)
    assert not {"sept", "oct"} & set(month_names("en", short=False))


def test_months_of_an_unknown_language_are_english() -> None:
    assert month_names("tlh") == month_names("en")


@pytest.mark.parametrize(
    ("solar_hijri", "gregorian"),
    [
        # New Year's days as celebrated, and the last day of a leap year.
        ((1350, 1, 1), date(1971, 3, 21)),
        ((1375, 1, 1), date(1996, 3, 20)),
        ((1399, 12, 30), date(2021, 3, 20)),
        ((1403, 1, 1), date(2024, 3, 20)),
        ((1404, 1, 1), date(2025, 3, 21)),
        ((1402, 12, 30), None),
        ((1402, 7, 31), None),
        ((1402, 13, 1), None),
    ],
)
def test_solar_hijri_days(solar_hijri: tuple[int, int, int], gregorian: date | None) -> None:
    assert from_solar_hijri(*solar_hijri) == gregorian


def test_every_solar_hijri_day_is_followed_by_the_next() -> None:
    days = [
        found
        for year in range(1300, 1460)
        for month in range(1, 13)
        for day in range(1, 32)
        if (found := from_solar_hijri(year, month, day)) is not None
    ]
    assert all(b - a == timedelta(days=1) for a, b in pairwise(days))


_TIMES = st.datetimes(datetime(1800, 1, 2), datetime(2200, 12, 30))


@given(_TIMES)
def test_iso_times_round_trip(when: datetime) -> None:
    assert parse_date(when.isoformat()) == when.replace(tzinfo=UTC)


@given(_TIMES, st.sampled_from(["%d %B %Y %H:%M:%S", "%B %d, %Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S"]))
def test_written_times_round_trip(when: datetime, form: str) -> None:
    when = when.replace(microsecond=0)
    assert parse_date(when.strftime(form)) == when.replace(tzinfo=UTC)


@given(st.datetimes(datetime(1975, 1, 1), datetime(2099, 1, 1)))
def test_unix_times_round_trip(when: datetime) -> None:
    when = when.replace(microsecond=0, tzinfo=UTC)
    assert parse_date(int(when.timestamp())) == when


@given(st.text(max_size=60), st.sampled_from(["", "en", "ar", "fa", "th", "ja", "xx"]))
def test_no_text_makes_the_parser_fail(text: str, language: str) -> None:
    when = parse_date(text, language=language)
    assert when is None or when.tzinfo is UTC


def test_folding_unifies_letters_digits_and_marks() -> None:
    assert fold("  ١٨\u200f  أكتوبر\u00a0۲۰۲۳ ") == "18 اكتوبر 2023"


# Datelines

_STORY = "\n" + "The ministers met for talks that went on until late in the evening. " * 4


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("تاريخ النشر: 18th, October 2023 GMT", "ar"),
        ("أحمد الكاتب18 أكتوبر 2023", "ar"),
        ("5 ربيع الآخر 1445 هـ - 18 أكتوبر 2023م", "ar"),
        ("18 октября 2023", "ru"),
        ("October 18 , 2023", "en"),
        ("on October 18, 2023", "en"),
        ("WASHINGTON , DC , October 18 , 2023", "en"),
        ("By Jane Smith | 18 October 2023", "en"),
        ("Published on Wednesday , 18 October 2023", "en"),
        ("2023 - 10 - 18", "en"),
        ("来源：晨报 2023年10月18日", "zh"),
        ("입력 2023.10.18", "ko"),
        ("Mis à jour le 18 octobre 2023", "fr"),
        ("چهارشنبه ۲۶ مهر ۱۴۰۲", "fa"),
        ("چهارشنبه ۲۶ مهر ۱۴۰۲ | کد خبر: ۵۵۰۱ | نسخه قابل چاپ", "fa"),
        ("बंदरगाह समाचार डेस्क | 18 अक्टूबर 2023", "hi"),
        ("18 अक्टूबर 2023 को प्रकाशित", "hi"),
        ("Jane Smith, Harbour Editor • 18 October 2023 • 3 min read", "en"),
    ],
)
def test_a_dateline_gives_the_day(line: str, language: str) -> None:
    assert find_dateline(f"A headline\n\n{line}{_STORY}", language=language) == DAY


@pytest.mark.parametrize(
    "line",
    [
        "On 7 August 1998 a bomb exploded in front of the embassy.",
        "She was born on 7 August 1998.",
        "Waiting since 7 August 1998",
        "Anna Example (7 August 1930 - 3 June 2011)",
        "7 August 1998 was the day on which everything changed for the city",
        "Year to December 31, 1986",
        "Period ended December 31, 1986",
        "04/05/2023 9:30",
        "In brief: 1998",
        "Seven people who were there remember it | 7 August 1998 | History",
        "Remembered | On 7 August 1998 a bomb exploded in front of the embassy | History",
        "Born | 7 August 1930 | Died | 3 June 2011",
        "31 June 2023",
    ],
)
def test_a_date_in_the_story_is_not_its_date(line: str) -> None:
    assert find_dateline(f"A headline\n{line}{_STORY}", language="en") is None


def test_the_time_of_day_may_stand_in_a_part_of_its_own() -> None:
    line = "Jane Smith, Harbour Editor | 18 October 2023 | 10:05 AM EDT | Print"
    assert find_dateline(line + _STORY, language="en") == TIME


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("18 October 2023", True),
        ("04/05/2023 9:30", True),
        ("Published on 18 October 2023.", True),
        ("Pay Oct 18, 2023.", False),
        ("All crossings restored : 18 October 2023", False),
        ("On 18 October 2023 a bridge was closed", False),
        ("x" * 120 + " 18 October 2023", False),
    ],
)
def test_a_dateline_is_told_from_prose(line: str, expected: bool) -> None:
    assert is_dateline(line, language="en") is expected


def test_the_time_of_day_and_the_zone_count() -> None:
    line = "Posted: Oct. 18, 2023 10 : 05 AM EDT"
    assert find_dateline(line + _STORY, language="en") == TIME


def test_published_beats_updated() -> None:
    head = "Updated: 19 October 2023\nPublished: 18 October 2023"
    assert find_dateline(head + _STORY, language="en") == DAY


def test_of_two_days_in_a_labelled_line_the_earlier_is_the_publication() -> None:
    head = "Updated 19 October 2023, published 18 October 2023"
    assert find_dateline(head + _STORY, language="en") == DAY


def test_a_date_below_the_first_lines_is_not_looked_at() -> None:
    assert find_dateline("A line\n" * 8 + "18 October 2023", language="en") is None


def test_a_line_of_hard_wrapped_prose_is_no_dateline() -> None:
    prose = "the company said it would redeem all of its outstanding notes on\n"
    assert find_dateline(prose * 5 + "October 18, 2023", language="en") is None
    assert find_dateline("October 18, 2023\n" + prose * 6, language="en") is None
