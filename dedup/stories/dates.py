"""Dates in a text, as evidence: two texts that name the same day may tell of one event.

Dates are found as news texts write them: a number beside the name of a month, with a year or
without ("March 5", "5 марта 2024"), "3月5日", "2024-03-05", "5.3.2024". Names of weekdays are
not resolved: what "on Tuesday" means depends on when the sentence was written. `text.dates.values`
reads one date in a field or short line; here all dates in a text are looked for, by patterns made
of the same parts that begin with a digit, since those that begin with a month's name would be slow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from dedup.articles import UNDATED
from dedup.text.dates.calendars import (
    fold,
    from_solar_hijri,
    gregorian_date,
    month_names,
    solar_hijri_month_names,
)
from dedup.text.dates.values import AFTER_DAY, AFTER_MONTH, MAX_YEAR, MIN_YEAR, YEAR, month_pattern

_EPOCH = date(1970, 1, 1)
_LEAP_YEAR = 2000
_ENGLISH = ("", "en")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_AROUND = 32
_WORDS_AFTER = 3
# The first Solar Hijri year began in 622.
_SOLAR_YEARS = 621

# A number of one or two digits, or a date in digits. The pattern begins with one set of
# characters, for which `re` runs through a text fast: what may not stand before comes second.
_NUMBER = re.compile(
    r"""\d(?<![\d.,:/$€£]\d)(?<![^\W\d_א-ת]-\d)(?:
      \d{3}\s?(?P<mark>[-/.年년])\s?(?P<month>\d{1,2})\s?(?:(?P=mark)|[月월])\s?(?P<day>\d{1,2})
        (?![\d:])
    | \d?(?P<dot>[./-])(?P<second>\d{1,2})(?P=dot)(?P<year>\d{4})(?![\d/.-]\d)
    | \d?\s?[月월]\s?(?P<cjk>\d{1,2})\s?[日일號号]
    | \d?(?P<bare>)(?!\d|\s?[:%]|[.,/]\d)
    )""",
    re.VERBOSE,
)
_YEAR_AFTER_DAY = re.compile(rf"(?:st|nd|rd|th)?[\s,.-]{{1,4}}{YEAR}")
_WORD = re.compile(r"[^\s\d.,;:/()'’\"\[\]-]+")


@dataclass(frozen=True, slots=True)
class _Mention:
    """Day as a text names it; year 0 where the text names none."""

    year: int
    month: int
    day: int
    solar: bool = False


@dataclass(frozen=True, slots=True)
class _Months:
    """Names of the months in a language, folded.

    Args:
        numbers: Number of each Gregorian month, by its name.
        solar: Number of each month of the Solar Hijri calendar, by its name.
        whole: Names that are no abbreviations.
        before: Pattern of a name at the end of the words before a day.
        after: Pattern of a name, and the year, at the beginning of the words after a day.
    """

    numbers: Mapping[str, int]
    solar: Mapping[str, int]
    whole: frozenset[str]
    before: re.Pattern[str]
    after: re.Pattern[str]


def dates_of(text: str, seconds: int, language: str) -> set[int]:
    """Days of the year that a text names.

    The year is left out: one text writes it, the other does not, and how far apart the two
    are tells the time of publication better. (Days with the year nearest to the publication
    were tried: fewer pairs of one event agree, and as many of different events.)

    Args:
        text: Canonical text.
        seconds: Its publication in seconds since 1970, `UNDATED` where unknown; decides on
            which day a month of the Solar Hijri calendar began.
        language: Its language, whose names of months and calendar are added to the English ones.

    Returns:
        100 * month + day, of the Gregorian calendar.

    >>> sorted(dates_of("On March 5, 2024, and again on 7 March", UNDATED, "en"))
    [305, 307]
    """
    days = set()
    for number in _NUMBER.finditer(text):
        mention = (
            _in_digits(number) if number["bare"] is None else _in_words(text, number, language)
        )
        day = None if mention is None else _day_code(mention, seconds, language)
        if day is not None:
            days.add(day)
    return days


def shown_day(day: int) -> str:
    """Day of `dates_of` in words.

    >>> shown_day(305)
    '5 March'
    """
    return f"{day % 100} {_MONTHS[day // 100 - 1]}"


def _in_digits(number: re.Match[str]) -> _Mention | None:
    if number["month"]:
        return _Mention(int(number[0][:4]), int(number["month"]), int(number["day"]))
    if number["cjk"]:
        return _Mention(0, int(re.split("[月월]", number[0])[0]), int(number["cjk"]))
    day, month = int(number[0].split(number["dot"])[0]), int(number["second"])
    if number["dot"] != "." and day <= 12 and month <= 12 and day != month:
        # The order of 3/4/2024 is ambiguous.
        return None
    if month > 12:
        day, month = month, day
    return _Mention(int(number["year"]), month, day)


def _in_words(text: str, number: re.Match[str], language: str) -> _Mention | None:
    """Date of a number that stands beside the name of a month."""
    start, end = number.span()
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    day = int(number[0])
    # Folding is dear, and few numbers are days.
    if any(_is_month(word, language) for word in before.split()[-1:]):
        months = _months(language)
        name = months.before.search(fold(before))
        # In "Sept. 5" the dot is part of the name; "... in May. 5 people ..." are two sentences.
        if name is not None and not (name["dot"] and name["name"] in months.whole):
            year = name["year"] or _year(_YEAR_AFTER_DAY.match(fold(after)))
            return _mention(months, name["name"], year, day)
    if any(_is_month(word, language) for word in after.split(None, _WORDS_AFTER)[:_WORDS_AFTER]):
        months = _months(language)
        name = months.after.match(fold(after))
        # An ordinal number has a dot in many languages, but not in English.
        ends = (",", ".") if language in _ENGLISH else (",",)
        if name is not None and not after.startswith(ends):
            return _mention(months, name["name"], name["year"], day)
    return None


def _year(match: re.Match[str] | None) -> str | None:
    return None if match is None else match["year"]


def _mention(months: _Months, name: str, written_year: str | None, day: int) -> _Mention | None:
    year = int(written_year or 0)
    if name in months.solar:
        return _Mention(year if year < MIN_YEAR else 0, months.solar[name], day, solar=True)
    if year < MIN_YEAR:
        year = 0
    # Abbreviations mean other things too: "set" and "ago" are words.
    if not year and name not in months.whole and name not in _months("").numbers:
        return None
    return _Mention(year, months.numbers[name], day)


def _day_code(mention: _Mention, seconds: int, language: str) -> int | None:
    """Month and day as a number; None if there is no such day, or it is not known which."""
    if mention.solar:
        day = _from_solar(mention, seconds)
    else:
        day = gregorian_date(
            mention.year or _LEAP_YEAR, mention.month, mention.day, language=language
        )
    if day is None or not MIN_YEAR <= day.year <= MAX_YEAR:
        return None
    return 100 * day.month + day.day


def _from_solar(mention: _Mention, seconds: int) -> date | None:
    """Gregorian date of a day of the Solar Hijri calendar, whose years begin on changing days."""
    if mention.year or seconds == UNDATED:
        return from_solar_hijri(mention.year, mention.month, mention.day) if mention.year else None
    published = _EPOCH + timedelta(seconds=seconds)
    year = published.year - _SOLAR_YEARS
    years = (year - 1, year, year + 1)
    dates = (from_solar_hijri(near, mention.month, mention.day) for near in years)
    days = [day for day in dates if day is not None]
    return min(days, key=lambda day: (abs(day - published), day), default=None)


@lru_cache(maxsize=1 << 14)
def _is_month(word: str, language: str) -> bool:
    """Whether a word may name a month; in English only if it does not begin like "may"."""
    if language in _ENGLISH and word.islower():
        return False
    words = _month_words(language)
    return any(
        part in words or part.removeprefix("ב") in words for part in _WORD.findall(fold(word))
    )


@lru_cache(maxsize=256)
def _month_words(language: str) -> frozenset[str]:
    months = _months(language)
    return frozenset(_WORD.findall(" ".join((*months.numbers, *months.solar))))


@lru_cache(maxsize=256)
def _months(language: str) -> _Months:
    numbers, solar = month_names(language), solar_hijri_month_names(language)
    name = month_pattern({*numbers, *solar})
    # In "5 March 7" the month belongs to the 5.
    alone = r"(?<!\d)(?<!\d[\s.,-])(?<!\d\.\s)(?<![^\W\d_])"
    year = r"(?<!\d)(?P<year>\d{4})[\s.,-]{0,3}(?:m\.\s?)?"
    return _Months(
        numbers,
        solar,
        frozenset(month_names(language, short=False)) | frozenset(solar),
        re.compile(rf"(?:{year}|{alone}){name}(?P<dot>\.?)\s?-?$"),
        re.compile(rf"{AFTER_DAY}{name}(?:{AFTER_MONTH}{YEAR})?"),
    )
