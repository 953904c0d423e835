"""A date from a field's value or from a line of text, as an aware UTC time.

Accepted are `datetime` and `date`, ISO 8601, RFC 2822, Unix time in
seconds to nanoseconds, and dates written out in the page's language or in
English. A time without a zone is taken as UTC. A date such as 03/04/2023 is
read day first, as most of the world writes it; only where the second number
cannot be a month is it read month first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from functools import lru_cache

from dedup.text.dates.calendars import fold, gregorian_date, month_names, solar_hijri_month_names
from dedup.text.dates.clocks import CLOCK, clock_time

MIN_YEAR = 1800
MAX_YEAR = 2200

# A line or value longer than this is text, not a date.
_MAX_CHARS = 200

# The unit of a Unix time follows from its size: these are the seconds of 1973 and 2100.
_UNIX_SECONDS = (1e8, 4.1e9)
_UNIX_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)

# "Wed Oct 18 14:05:00 +0000 2023": C's asctime, Java, Twitter.
_ASCTIME = re.compile(
    r"(?:\w+,? )?([a-z]{3} \d{1,2}) (\d\d:\d\d:\d\d)((?: [a-z]{3,5}| [+-]\d{4})?) (\d{4})"
)
# RFC 822 and 850 wrote years with two digits.
_RFC_850 = re.compile(r"(?:[a-z]{3,9}, )?\d{1,2}[ -][a-z]{3}[ -]\d{2} \d", re.IGNORECASE)

# Parts of patterns, with the characters that may separate day, month and year.
GAP = r"[\s.,/–-]{0,3}"
AFTER_DAY = rf"(?:\s?(?:st|nd|rd|th|er|o|a|e)(?!\w))?{GAP}(?:(?:de|of|ta'|din)\s|d['’]|ב-?)?"
AFTER_MONTH = rf"{GAP}(?:(?:de|del|of|năm|พ\.ศ\.)\s)?"
YEAR = r"(?P<year>\d{4})(?!\d)"
_DAY = r"(?<!\d)(?P<day>\d{1,2})"
_NUMERIC = (
    # 2023-10-18, 2023年10月18日
    re.compile(
        r"(?<!\d)(?P<year>\d{4})\s?[-/.年년]\s?(?P<month>\d{1,2})\s?[-/.月월]\s?"
        r"(?P<day>\d{1,2})(?!\d)\s?[日일.]?"
    ),
    # 18.10.2023
    re.compile(
        r"(?<![\d/.-])(?P<day>\d{1,2})\s?(?P<mark>[-/.])\s?(?P<month>\d{1,2})\s?(?P=mark)\s?" + YEAR
    ),
)


@dataclass(frozen=True, slots=True)
class DateInText:
    """A date in a piece of text.

    Args:
        when: Aware UTC time; midnight where only a day was written.
        ambiguous: True if day and month could also be exchanged.
        before: Folded text in front of the date.
        rest: Folded text without the date and the time of day.
    """

    when: datetime
    ambiguous: bool
    before: str
    rest: str


def parse_date(value: object, *, language: str = "") -> datetime | None:
    """The time that the value of a field names.

    Args:
        value: A `datetime`, `date`, number or text.
        language: Of the article; adds its month names and its calendar.

    Returns:
        Aware UTC time, or None if the value is not a usable date between the
        years 1800 and 2200.

    >>> parse_date("October 18, 2023 2:05 pm")
    datetime.datetime(2023, 10, 18, 14, 5, tzinfo=datetime.timezone.utc)
    """
    if isinstance(value, datetime):
        return as_utc(value)
    if isinstance(value, date):
        return as_utc(datetime.combine(value, time()))
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_unix(float(value)) if abs(value) < 1e20 else None
    text = str(value).strip()
    if not text or len(text) > _MAX_CHARS:
        return None
    return _from_iso(text, language) or _from_digits(text) or _from_words(text, language)


def as_utc(when: datetime) -> datetime | None:
    """`when` as a plain aware UTC `datetime`; a naive one is taken as UTC.

    Returns:
        None for years before 1800 or after 2200.
    """
    if not MIN_YEAR <= when.year <= MAX_YEAR:
        return None
    utc = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    # Rebuilt, since subclasses (pandas.Timestamp) do not compare or print alike.
    return datetime.combine(
        date(utc.year, utc.month, utc.day),
        time(utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=UTC),
    )


def find_date(text: str, *, language: str = "") -> DateInText | None:
    """The first date in a short piece of text, with the time of day near it.

    Args:
        text: A line; one of more than 200 characters is not searched.
        language: Of the article; adds its month names and its calendar.
    """
    if len(text) > _MAX_CHARS:
        return None
    line = fold(text)
    if not re.search(r"\d", line):
        return None
    for pattern in (*_NUMERIC, *_written(language)):
        for match in pattern.finditer(line):
            day, ambiguous = _day_of(match, language)
            if day is not None and MIN_YEAR <= day.year <= MAX_YEAR:
                return _with_time(line, match, day, ambiguous=ambiguous)
    return None


def month_pattern(names: Iterable[str]) -> str:
    """A pattern of any of these folded names of months, as group `name`."""
    one = "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name))))
    # Levantine papers write "تشرين الأول/أكتوبر": the second name is skipped.
    return rf"(?P<name>{one})(?![^\W\d_])(?!(?<=\d)\d)(?:\s?[/(]\s?(?:{one})\s?\)?)?"


@lru_cache(maxsize=256)
def _written(language: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of dates with a month's name: day first, month first, year first."""
    name = month_pattern({*month_names(language), *solar_hijri_month_names(language)})
    month = rf"(?<![^\W\d_]){name}"
    year_first = r"(?<!\d)(?P<year>\d{4})"
    return tuple(
        re.compile(pattern)
        for pattern in (
            rf"{_DAY}{AFTER_DAY}{name}{AFTER_MONTH}{YEAR}",
            rf"{month}{GAP}(?P<day>\d{{1,2}})(?:\s?(?:st|nd|rd|th))?[\s,.-]{{1,4}}{YEAR}",
            rf"{year_first}[\s.,-]{{0,3}}(?:m\.\s?)?{month}{GAP}(?P<day>\d{{1,2}})(?!\d)",
            rf"{year_first}{GAP}(?:(?:gada|жылғы|жылы|йил|yil)\s)?"
            rf"(?P<day>\d{{1,2}}){GAP}{month}",
        )
    )


def _day_of(match: re.Match[str], language: str) -> tuple[date | None, bool]:
    groups = match.groupdict()
    year, day = int(groups["year"]), int(groups["day"])
    if "name" in groups:
        solar = solar_hijri_month_names(language)
        if groups["name"] in solar and year < MIN_YEAR:
            return gregorian_date(year, solar[groups["name"]], day, language=language), False
        month = month_names(language).get(groups["name"])
        # "7 مهر 2023" mixes two calendars; a Gregorian month of 1402 is no better.
        if month is None or year < MIN_YEAR:
            return None, False
        return gregorian_date(year, month, day, language=language), False
    month = int(groups["month"])
    if "mark" not in groups:
        return gregorian_date(year, month, day, language=language), False
    if month > 12:
        day, month = month, day
    ambiguous = day <= 12 and day != month and groups["mark"] != "."
    return gregorian_date(year, month, day, language=language), ambiguous


def _with_time(line: str, match: re.Match[str], day: date, *, ambiguous: bool) -> DateInText:
    before = line[: match.start()]
    # The "T" of ISO 8601 glues the time to the date.
    after = re.sub(r"^t(?=\d)", "", line[match.end() :])
    rest = f"{before} | {after}"
    clock = CLOCK.search(rest, len(before)) or CLOCK.search(rest)
    when = datetime.combine(day, time(), tzinfo=UTC)
    if clock is not None:
        when = clock_time(day, clock)
        rest = f"{rest[: clock.start()]} {rest[clock.end() :]}"
    return DateInText(when=when, ambiguous=ambiguous, before=before, rest=" ".join(rest.split()))


def _from_unix(number: float) -> datetime | None:
    low, high = _UNIX_SECONDS
    for unit in _UNIX_UNITS:
        if low * unit <= number < high * unit:
            return datetime.fromtimestamp(number / unit, tz=UTC)
    return None


def _from_digits(text: str) -> datetime | None:
    """Unix time, or year to second without any separators, as digits."""
    if not re.fullmatch(r"\d{8,19}(\.\d+)?", text, re.ASCII):
        return None
    if len(text) in (8, 12, 14) and text[:2] in ("18", "19", "20", "21"):
        form = "%Y%m%d%H%M%S"[: len(text) - 2]
        try:
            return as_utc(datetime.strptime(text, form))
        except ValueError:
            pass
    return _from_unix(float(text))


def _from_iso(text: str, language: str) -> datetime | None:
    if text.isdigit():
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    # A Persian or Thai year is converted by the pattern for numbers.
    if gregorian_date(when.year, when.month, when.day, language=language) != when.date():
        return None
    return as_utc(when)


def _from_words(text: str, language: str) -> datetime | None:
    asctime = _ASCTIME.fullmatch(text.lower())
    if asctime:
        text = f"{asctime[1]}, {asctime[4]} {asctime[2]}{asctime[3]}"
    if _RFC_850.match(text):
        try:
            return as_utc(parsedate_to_datetime(text))
        except (ValueError, TypeError):
            return None
    first = find_date(text, language=language)
    # A few words are weekdays and labels; more are a text that mentions a day.
    if first is None or len(re.findall(r"[^\W\d_]+", first.rest)) > 4:
        return None
    return first.when
