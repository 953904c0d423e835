"""Words and numbers of dates in many languages: folding, month names, the Solar Hijri calendar.

Month names come from Unicode's CLDR through Babel, so that the project maintains no
list of its own; what CLDR lacks (Sept, Afghan months) is added below.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from dedup.text.languages import KNOWN_LANGUAGES

# One calendar month is written in several ways in one language.
_LOCALES = {
    "ar": ("ar", "ar_SY", "ar_MA", "ar_DZ", "ar_IQ", "ar_MR"),
    "no": ("nb",),
    "sh": ("sr_Latn", "hr"),
    "sr": ("sr_Cyrl", "sr_Latn"),
    "uz": ("uz_Latn", "uz_Cyrl"),
    "tl": ("fil",),
}
_EXTRA_NAMES = {
    "ar": {"كانون ثاني": 1, "تشرين اول": 10, "تشرين ثاني": 11, "كانون اول": 12},
    "hi": {"फरवरी": 2, "सितम्बर": 9, "अक्तूबर": 10, "नवम्बर": 11, "दिसम्बर": 12},
    "uz": {"sentyabr": 9, "oktyabr": 10},
}

_EXTRA_SHORT_NAMES = {"en": {"sept": 9}}

_SOLAR_HIJRI_LANGUAGES = frozenset({"fa", "ps"})
_SOLAR_HIJRI_MONTHS = (
    ("فروردین", "حمل", "وری"),
    ("اردیبهشت", "ثور", "غویی"),
    ("خرداد", "جوزا", "غبرگولی"),
    ("تیر", "سرطان", "چنگاښ"),
    ("مرداد", "اسد", "زمری"),
    ("شهریور", "سنبله", "وږی"),
    ("مهر", "میزان", "تله"),
    ("آبان", "عقرب", "لړم"),
    ("آذر", "قوس", "لیندۍ"),
    ("دی", "جدی", "مرغومی"),
    ("بهمن", "دلو", "سلواغه"),
    ("اسفند", "حوت", "کب"),
)
_SOLAR_HIJRI_YEARS = range(1200, 1500)
# The day before 1 Farvardin of year 1, as a proleptic Gregorian ordinal.
_SOLAR_HIJRI_EPOCH = 226_894

_FOLDED = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"),
        **dict.fromkeys("ىیې", "ي"),
        "ک": "ك",
        "ة": "ه",
        "ۀ": "ه",
        "ı": "i",
        # Combining dot (Turkish capital I), tatweel.
        **dict.fromkeys("\u0307ـ"),
    }
)
# Arabic vowel marks and hamza above; bidirectional and zero-width marks.
_DROPPED = re.compile("[\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")


def fold(text: str) -> str:
    """`text` in the one spelling in which dates are searched.

    Compatibility forms, letter case, Arabic letter variants and invisible
    marks are unified, all decimal digits become ASCII, white space one blank.

    >>> fold("١٨ أكتوبر ۲۰۲۳")
    '18 اكتوبر 2023'
    """
    if not text.isascii():
        # Once before and once after the case folding, which can decompose.
        text = unicodedata.normalize("NFKC", text).casefold()
        text = unicodedata.normalize("NFKC", _DROPPED.sub("", text)).translate(_FOLDED)
        text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
    return " ".join(text.casefold().split())


@lru_cache(maxsize=256)
def month_names(language: str, *, short: bool = True) -> dict[str, int]:
    """Folded Gregorian month names of `language`, and the English ones.

    Args:
        language: A normalised language code; an unknown one gives English only.
        short: With the abbreviated names.

    Returns:
        Month number (1 to 12) by name.
    """
    names: dict[str, int] = {}
    for code in dict.fromkeys((language, "en")):
        for locale in _LOCALES.get(code, (code,)):
            for number, name in _cldr_months(locale, short=short):
                names.setdefault(name, number)
        extra = _EXTRA_NAMES.get(code, {}) | (_EXTRA_SHORT_NAMES.get(code, {}) if short else {})
        names |= {fold(name): month for name, month in extra.items()}
    return names


def languages_of_month(text: str) -> list[str]:
    """Languages in which a folded text may name a month: one for each name and its meaning.

    >>> [bool(languages_of_month(fold(text))) for text in ("5 marzo 2024", "5 zqz 2024")]
    [True, False]
    """
    meanings = _months_of_all_languages()
    return sorted(
        {
            language
            for name, by_month in meanings.items()
            if name in text
            for language in by_month.values()
        }
    )


@lru_cache(maxsize=1)
def _months_of_all_languages() -> dict[str, dict[tuple[str, int], str]]:
    """A language for each meaning of each name of a month: its calendar and number."""
    names: dict[str, dict[tuple[str, int], str]] = {}
    for language in sorted(KNOWN_LANGUAGES):
        for calendar, months in (
            ("gregorian", month_names(language)),
            ("solar hijri", solar_hijri_month_names(language)),
        ):
            for name, number in months.items():
                names.setdefault(name, {}).setdefault((calendar, number), language)
    return names


def calendar_names(language: str, kind: str) -> dict[str, dict[str, dict[Any, str]]]:
    """Names of the months or days of a language in CLDR, by context, width and number.

    Args:
        language: A language code, with a script or country if need be.
        kind: `months` or `days`.

    Returns:
        Empty for a language that CLDR does not know.
    """
    from babel import Locale, UnknownLocaleError
    from babel.localedata import LocaleDataDict, load

    try:
        name = str(Locale.parse(language))
    except (UnknownLocaleError, ValueError):
        return {}
    # Babel (2.18) writes a resolved alias into tables that all languages share, so that
    # one language would get the names of the first language that was loaded: hence the copy.
    names = LocaleDataDict({kind: copy.deepcopy(load(name)[kind])})[kind]
    return {
        context: {width: dict(names[context][width].items()) for width in names[context]}
        for context in names
    }


def _cldr_months(locale: str, *, short: bool) -> Iterable[tuple[int, str]]:
    months = calendar_names(locale, "months") if locale else {}
    for widths in (months[name] for name in ("format", "stand-alone") if name in months):
        for width in ("wide", "abbreviated") if short else ("wide",):
            for number, name in widths[width].items():
                folded = fold(name).strip(" .॰")
                # CJK names are digits, handled by their own pattern; "m01" is CLDR's
                # word for "unknown"; one letter is no evidence for a month.
                if len(folded) >= 2 and not re.match(r"\d|m\d\d$", folded):
                    yield number, folded


@lru_cache(maxsize=16)
def solar_hijri_month_names(language: str) -> dict[str, int]:
    """Folded month names of the Solar Hijri calendar; empty where it is not used."""
    if language not in _SOLAR_HIJRI_LANGUAGES:
        return {}
    return {
        fold(name): number
        for number, names in enumerate(_SOLAR_HIJRI_MONTHS, start=1)
        for name in names
    }


def gregorian_date(year: int, month: int, day: int, *, language: str = "") -> date | None:
    """The Gregorian day that a page in `language` means by year, month and day.

    Persian and Pashto years of the 13th to 15th century are Solar Hijri, Thai
    years of the 25th to 27th are Buddhist; all others are Gregorian.

    Returns:
        None where there is no such day.
    """
    if language in _SOLAR_HIJRI_LANGUAGES and year in _SOLAR_HIJRI_YEARS:
        return from_solar_hijri(year, month, day)
    if language == "th" and year >= 2400:
        year -= 543
    try:
        return date(year, month, day)
    except ValueError:
        return None


def from_solar_hijri(year: int, month: int, day: int) -> date | None:
    """Gregorian date of a day of the Solar Hijri (Persian) calendar.

    By the 33-year rule, which ICU corrects only for years after 1500: later
    than any that is converted here.

    Returns:
        None where there is no such day.

    Source:
        ICU 75, `persncal.cpp`: the first day of a year, the lengths of its months.

    >>> from_solar_hijri(1402, 7, 26)
    datetime.date(2023, 10, 18)
    """
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    before = 31 * (month - 1) if month <= 7 else 30 * (month - 1) + 6
    new_year = _solar_hijri_new_year(year)
    gregorian = new_year + timedelta(days=before + day - 1)
    month_days = 31 if month <= 6 else 30
    if day > month_days or gregorian >= _solar_hijri_new_year(year + 1):
        return None
    return gregorian


def _solar_hijri_new_year(year: int) -> date:
    return date.fromordinal(_SOLAR_HIJRI_EPOCH + 1 + 365 * (year - 1) + (8 * year + 21) // 33)
