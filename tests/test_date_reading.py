"""Dates as tools write them: the time, how exactly it is known, and what is no date."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.text.dates.reading import order_of, read_date, read_date_of_any_language

EIGHT = datetime(2024, 3, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "precision"),
    [
        ("2024-03-05T08:00:00Z", "second"),
        ("2024-03-05T08:00Z", "minute"),
        (20240305080000, "second"),
        ("20240305080000", "second"),
        (202403050800, "minute"),
        (1709625600, "second"),
        (1709625600000, "second"),
        ("1709625600", "second"),
        ("1.7096256E9", "second"),
        (1.7096256e9, "second"),
        ("/Date(1709625600000)/", "second"),
        ("/Date(1709625600000+0100)/", "second"),
        ("Tue Mar 05 2024 09:00:00 GMT+0100 (Central European Standard Time)", "second"),
        ("Tue, 05 Mar 2024 13:30:00 IST", "second"),
        ("Tue, 05 Mar 2024 03:00:00 ET", "second"),
        ("Tue, 05 Mar 2024 00:00:00 PT", "second"),
        ("05.03.2024 09:00 MEZ", "minute"),
        ("Tue, 05 Mar 2024 21:00:00 NZDT", "second"),
        ("Tue, 05 Mar 2024 05:00:00 BRT", "second"),
        ("2024-03-05 09:00:00 Europe/Berlin", "second"),
        ("2024-03-05T09:00:00+01:00[Europe/Berlin]", "second"),
        ("20240305T080000Z", "second"),
        ("05/Mar/2024:08:00:00 +0000", "second"),
        ("March 5, 2024 8:00 AM", "minute"),
        (datetime(2024, 3, 5, 8), "second"),
    ],
)
def test_one_moment_in_many_forms(value: object, precision: str) -> None:
    read = read_date(value)
    assert (read.when, read.precision, read.failure, read.unknown_zone) == (
        EIGHT,
        precision,
        "",
        "",
    )


@pytest.mark.parametrize(
    "value",
    [
        20240305,
        20240305.0,
        "20240305",
        "2024-03-05",
        "5 March 2024",
        "05.03.2024",
        "05-Mar-24",
        date(2024, 3, 5),
    ],
)
def test_a_day_without_a_time_is_known_to_the_day(value: object) -> None:
    read = read_date(value)
    assert (read.when, read.precision) == (datetime(2024, 3, 5, tzinfo=UTC), "day")


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00:00",
        "0001-01-01",
        "0000-00-00 00:00:00",
        "1899-12-30",
        "1900-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "1970-01-01",
        0,
        "0",
        datetime(1, 1, 1),
        datetime(1970, 1, 1),
    ],
)
def test_placeholders_are_no_dates(value: object) -> None:
    read = read_date(value)
    assert read.when is None
    assert read.failure in ("placeholder date", "impossible date")
    if not isinstance(value, datetime):
        assert read.failure == "placeholder date"


RELATIVE = [
    "tomorrow",
    "just now",
    "2 hours ago",
    "1 week ago, 10:30",
    "Yesterday 10:30",
    "vor 3 Stunden",
    "gestern, 12:00 Uhr",
    "il y a 2 heures",
    "hace 5 minutos",
    "3 дня назад",
    "2時間前",
    "昨天 10:30",
    "Tuesday",
    "5 March",
]
"""What depends on the time of the fetch, which nobody knows any more."""


@pytest.mark.parametrize("value", RELATIVE)
def test_a_relative_date_is_not_guessed(value: str) -> None:
    for read in (read_date(value), read_date_of_any_language(value)):
        assert (read.when, read.failure) == (None, "impossible date")


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("5 mars 2024", (3, 5)),
        ("05-août-24", (8, 5)),
        ("Di., 5. März 2024 08:00 Uhr", (3, 5)),
        ("5 de agosto de 2024", (8, 5)),
        ("15 марта 2024 г.", (3, 15)),
        ("2024. március 5.", (3, 5)),
        ("5. listopadu 2024", (11, 5)),
        ("5 มีนาคม 2567", (3, 5)),
        ("15 مرداد 1403", (8, 5)),
        ("5 mai 2024", (5, 5)),
        ("mar. 5 août 2024", (8, 5)),
        ("ngày 5 tháng 3 năm 2024", (3, 5)),
    ],
)
def test_months_are_understood_in_any_language(value: str, day: tuple[int, int]) -> None:
    when = read_date_of_any_language(value).when
    assert when is not None
    assert (when.year, when.month, when.day) == (2024, *day)


@pytest.mark.parametrize("value", ["5 listopad 2024", "5. listopada 2024", "5 srp 2024"])
def test_a_month_that_two_languages_understand_differently_is_none(value: str) -> None:
    assert read_date_of_any_language(value).failure == "impossible date"
    of_languages = {read_date(value, language=language).when for language in ("hr", "pl", "cs")}
    assert len(of_languages - {None}) == 2


@pytest.mark.parametrize("value", ["2024-13-45", True, float("nan"), "x" * 300])
def test_what_is_no_date(value: object) -> None:
    assert (read_date(value).when, read_date(value).failure) == (None, "impossible date")


@pytest.mark.parametrize("value", [None, "", "  "])
def test_nothing_is_no_failure(value: object) -> None:
    assert (read_date(value).when, read_date(value).failure) == (None, "")


def test_an_unknown_zone_is_named() -> None:
    read = read_date("Tue, 05 Mar 2024 08:00:00 QZT")
    assert (read.when, read.unknown_zone) == (EIGHT, "QZT")


@pytest.mark.parametrize(
    ("text", "month_first", "day"),
    [
        ("03/12/2024", False, (3, 12)),
        ("03/12/2024", True, (12, 3)),
        ("03/13/2024", False, (13, 3)),
        ("13/03/2024", True, (13, 3)),
        ("03-12-24", False, (3, 12)),
        ("3/12/24 9:05 PM", True, (12, 3)),
        ("03.12.2024", True, (3, 12)),
    ],
)
def test_day_and_month(text: str, month_first: bool, day: tuple[int, int]) -> None:
    when = read_date(text, month_first=month_first).when
    assert when is not None
    assert (when.day, when.month, when.year) == (*day, 2024)


def test_the_order_that_a_date_shows() -> None:
    shown = [
        order_of(text)
        for text in ("03/12/2024", "13/03/2024", "03/13/2024", "03.12.2024", "05/05/2024", "x")
    ]
    assert shown == ["either", "day first", "month first", "", "", ""]


@given(st.datetimes(datetime(1972, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_what_is_written_is_read_back(when: datetime) -> None:
    when = when.replace(microsecond=0)
    for text in (
        when.isoformat(),
        when.strftime("%Y%m%d%H%M%S"),
        when.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    ):
        assert read_date(text).when == when
    assert read_date(int(when.strftime("%Y%m%d"))).when == when.replace(hour=0, minute=0, second=0)


@given(st.text(max_size=40) | st.integers() | st.floats())
def test_no_value_is_too_odd(value: object) -> None:
    assert read_date(value).when is None or read_date(value).when.tzinfo is UTC  # type: ignore[union-attr]


def test_numbers_of_days_are_those_of_spreadsheets() -> None:
    assert read_date(45356)[:2] == (datetime(2024, 3, 5, tzinfo=UTC), "day")
    assert read_date("45356,25")[:2] == (datetime(2024, 3, 5, 6, tzinfo=UTC), "second")
    assert read_date("1709625600.5").precision == "second"
    assert read_date(19_787).failure == "impossible date"
