"""A field's value -> a time with its precision: what tools write where a date should be.

Beyond `parse_date`: compact digits as numbers (20240305), scientific notation, `/Date(...)/` of
.NET, JavaScript's `Tue Mar 05 2024 09:00:00 GMT+0100 (...)`, zones by name (`Europe/Berlin`, ET),
two-digit years, and day and month in the order that the caller has found out. Values that stand for
"no date" in databases and spreadsheets are told apart from dates.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dedup.records import DatePrecision
from dedup.text.dates.calendars import fold, languages_of_month
from dedup.text.dates.clocks import CLOCK
from dedup.text.dates.values import MAX_YEAR, parse_date

Failure = Literal["", "impossible date", "placeholder date"]

_PLACEHOLDERS = (date(1, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SERIAL_START = datetime(1899, 12, 30, tzinfo=UTC)
_PLACEHOLDER_TEXT = re.compile(r"0{0,3}[01]-0?[01]-0?[01](?:[T ].*)?|1970-0?1-0?1", re.DOTALL)
_NUMERIC_DAY = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/-])")
# 05-Mar-24, as Excel and Oracle write it.
_SHORT_YEAR = re.compile(r"^(\d{1,2}-[^\W\d_]{3,}\.?-)(\d{2})(?!\d)")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_SERIALS = (30_000, 73_050)
"""Numbers of days since 1899-12-30, as spreadsheets hold dates: 1982 to 2099."""
_DOT_NET = re.compile(r"\\?/Date\((-?\d+)(?:[+-]\d{4})?\)\\?/")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,2}")
_COMPACT = re.compile(r"(?:18|19|20|21)\d{6}(?:\d{4}|\d{6})?")
_JAVASCRIPT = re.compile(r"(GMT[+-]\d{4})\s*\([^()]*\)$")
_AFTER_CLOCK = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?\s?[Mm]\.?)?\s*"
    r"\[?\b(?P<zone>[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?|[A-Z]{2,5})\b\]?(?![+-]?\d)"
)
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[Tt ](?P<minute>\d\d:\d\d)(?P<second>:\d\d(?:[.,]\d+)?)?"
    r"(?:[Zz]| ?[+-]\d\d:?\d\d)?)?"
)
_DAY_AND_YEAR = re.compile(
    r"(?<!\d)\d{1,2}(?!\d).*(?<!\d)\d{4}(?!\d)|(?<!\d)\d{4}(?!\d).*\b\d{1,2}(?!\d)"
)
_COMPACT_TIME = re.compile(r"\d{8}T(\d{4}|\d{6})(?!\d)")
_ZONE_BESIDE_OFFSET = re.compile(r"(?<=[Zz\d])\[[A-Za-z_/+-]+\]$")
_LOG_CLOCK = re.compile(r"(?<=\d{4}):(?=\d\d:\d\d)")
_CHANGING_ZONES = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "AKT": "America/Anchorage",
    "NT": "America/St_Johns",
}
"""Abbreviations that hold in summer and in winter."""
_NO_ZONES = frozenset({"AM", "PM", "UHR", "AD", "CE", "BC"})
_SHORT_YEAR_PIVOT = 70


class ReadDate(NamedTuple):
    """What a value says about a time.

    Args:
        when: Aware UTC time, or None.
        precision: How exactly it is known.
        failure: Why there is no time, though the value is not empty.
        unknown_zone: The abbreviation of a zone that is not known: the time is taken as UTC.
        is_ambiguous: Whether day and month could also be the other way round.
    """

    when: datetime | None
    precision: DatePrecision = "second"
    failure: Failure = ""
    unknown_zone: str = ""
    is_ambiguous: bool = False


def read_date(value: object, *, language: str = "", month_first: bool = False) -> ReadDate:
    """The time that a field's value names.

    Args:
        value: A `datetime`, `date`, number or text.
        language: Of the article; adds its month names and its calendar.
        month_first: Whether 03/04/2024 is 4 March.

    >>> read_date(20240305).when.isoformat(), read_date("05.03.2024").precision
    ('2024-03-05T00:00:00+00:00', 'day')
    >>> read_date("03/12/2024 9:05 PM", month_first=True).when.isoformat()
    '2024-03-12T21:05:00+00:00'
    """
    if type(value) is str and value[4:5] == "-" and value[16:17] == ":":
        # A time to the second in ISO 8601, as most tools write it: the common case is fast.
        try:
            when = datetime.fromisoformat(value)
        except ValueError:
            when = _EPOCH
        if _EPOCH.year < when.year < MAX_YEAR:
            return ReadDate(when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC))
    elif value is None or value == "":
        return ReadDate(None)
    if isinstance(value, bool):
        return ReadDate(None, failure="impossible date")
    if isinstance(value, int | float):
        return _of_number(value)
    if isinstance(value, datetime):
        return _checked(parse_date(value), "second")
    if isinstance(value, date):
        return _checked(parse_date(value), "day")
    return _of_text(str(value).strip(), language, month_first)


@lru_cache(maxsize=4096)
def read_date_of_any_language(text: str, *, month_first: bool = False) -> ReadDate:
    """The time that a text names with the name of a month in any language of news.

    Where languages disagree ("listopad" is November in Polish, October in Croatian), there is none.

    >>> read_date_of_any_language("5 marzo 2024").when.isoformat()
    '2024-03-05T00:00:00+00:00'
    >>> read_date_of_any_language("5 listopad 2024").failure
    'impossible date'
    """
    read: set[ReadDate] = set()
    if _DAY_AND_YEAR.search(folded := fold(_with_whole_year(text))):
        for language in languages_of_month(folded):
            read.add(read_date(text, language=language, month_first=month_first))
    dates = [date for date in read if date.when is not None]
    return dates[0] if len(dates) == 1 else ReadDate(None, failure="impossible date")


def order_of(text: str) -> Literal["", "either", "day first", "month first"]:
    """In which order day and month stand in a date written in numbers; empty where there is none.

    >>> order_of("03/12/2024"), order_of("03/13/2024"), order_of("05.03.2024")
    ('either', 'month first', '')
    """
    if text[4:5] == "-" or not text:
        return ""
    match = _NUMERIC_DAY.search(text)
    if match is None or match[2] == ".":
        return ""
    first, second = int(match[1]), int(match[3])
    if first == second:
        return ""
    if first > 12 >= second:
        return "day first"
    if second > 12 >= first:
        return "month first"
    return "either" if first <= 12 and second <= 12 else ""


def _of_number(number: float) -> ReadDate:
    if number == number and abs(number) < 1e20 and float(number).is_integer():
        digits = str(int(number))
        if _COMPACT.fullmatch(digits):
            when = parse_date(digits)
            if when is not None:
                return _checked(when, _precision_of_digits(digits))
        if int(number) == 0:
            return ReadDate(None, failure="placeholder date")
    if _SERIALS[0] <= number < _SERIALS[1]:
        when = _SERIAL_START + timedelta(days=round(number * 86_400) / 86_400)
        return ReadDate(when, "day" if number == int(number) else "second")
    return _checked(parse_date(number), "second")


def _of_text(text: str, language: str, month_first: bool) -> ReadDate:
    if not text:
        return ReadDate(None)
    if text.endswith("]"):
        text = _ZONE_BESIDE_OFFSET.sub("", text)
    if iso := _ISO.fullmatch(text):
        exact: DatePrecision = "second" if iso["second"] else "minute" if iso["minute"] else "day"
        if (when := parse_date(text, language=language)) is not None and text != "1970-01-01":
            return _checked(when, exact)
    if _PLACEHOLDER_TEXT.fullmatch(text) or text == "0":
        return ReadDate(None, failure="placeholder date")
    if match := _DOT_NET.fullmatch(text):
        return _checked(datetime.fromtimestamp(int(match[1]) / 1000, UTC), "second")
    if _SCIENTIFIC.fullmatch(text) or _SERIAL.fullmatch(text):
        return _of_number(float(text.replace(",", ".")))
    digits = text.removesuffix(".0")
    if _COMPACT.fullmatch(digits) and (when := parse_date(digits)) is not None:
        return _checked(when, _precision_of_digits(digits))
    text = _with_whole_year(text)
    is_ambiguous = order_of(text) == "either"
    text = _LOG_CLOCK.sub(" ", _JAVASCRIPT.sub(r"\1", text))
    text, zone, unknown = _without_zone(_in_order(text, month_first))
    when = parse_date(text, language=language)
    if when is not None and zone is not None:
        when = when.replace(tzinfo=zone).astimezone(UTC)
    read = _checked(when, _precision_of_text(text))
    return ReadDate(read.when, read.precision, read.failure, unknown, is_ambiguous)


def _in_order(text: str, month_first: bool) -> str:
    """A text with its date in numbers written year first, where day and month are told apart."""
    match = _NUMERIC_DAY.search(text)
    if match is None:
        return text
    day, month = int(match[1]), int(match[3])
    if (month_first and match[2] != "." and day <= 12) or month > 12:
        day, month = month, day
    year = _whole_year(match[4])
    if len(match[4]) == 4 and month_first is False and match[2] == "." and month <= 12:
        # As written: a Persian or Thai year has rules of its own.
        return text
    return f"{text[: match.start()]}{year:04}-{month:02}-{day:02}{text[match.end() :]}"


def _with_whole_year(text: str) -> str:
    return _SHORT_YEAR.sub(lambda match: f"{match[1]}{_whole_year(match[2])}", text)


def _whole_year(digits: str) -> int:
    """A year of two or four digits in four."""
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year < _SHORT_YEAR_PIVOT else 1900)


def _without_zone(text: str) -> tuple[str, ZoneInfo | None, str]:
    """A text without a zone that `parse_date` does not know, the zone, or its unknown name."""
    match = _AFTER_CLOCK.search(text)
    if match is None:
        return text, None, ""
    name = match["zone"]
    clock = CLOCK.search(fold(text[match.start() : match.end()]))
    if name.upper() in _NO_ZONES or (clock is not None and clock["zone"]):
        return text, None, ""
    rest = f"{text[: match.start('zone')].rstrip(' [')}{text[match.end() :]}"
    try:
        return rest, ZoneInfo(_CHANGING_ZONES.get(name, name)), ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return rest, None, name


def _precision_of_digits(digits: str) -> DatePrecision:
    return "day" if len(digits) == 8 else "minute" if len(digits) == 12 else "second"


def _precision_of_text(text: str) -> DatePrecision:
    if text.replace(".", "", 1).isdigit() and text[8:9] != ".":
        return "second"
    if compact := _COMPACT_TIME.search(text):
        return "minute" if len(compact[1]) == 4 else "second"
    clock = CLOCK.search(re.sub(r"(?<=\d)t(?=\d)", " ", fold(text)))
    if clock is None:
        return "day"
    return "second" if clock["second"] else "minute"


def _checked(when: datetime | None, precision: DatePrecision) -> ReadDate:
    if when is None:
        return ReadDate(None, failure="impossible date")
    if when.year <= _EPOCH.year and (when.date() in _PLACEHOLDERS or when == _EPOCH):
        return ReadDate(None, failure="placeholder date")
    return ReadDate(when, precision)
