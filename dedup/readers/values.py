"""Values of any shape -> text, or a date: what databases and other tools put into a field.

An object stands for what it holds under a known name: mongoexport's `$date` and `$oid`, `#text` of
XML made JSON, WordPress' `rendered`, `content` of the Google Reader API, `seconds` of protobuf and
Firestore, PHP's `date` with its `timezone`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dedup.readers.problems import replace_surrogates

_NAMES = (
    "#text", "$t", "__text", "_", "rendered", "content", "value", "@value", "$date", "$oid",
    "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "iso", "dateTime", "name",
    "main", "title", "text", "plain",
    "html", "raw", "body", "label", "href", "@href", "url", "@url",
    "domain", "hostname", "uri", "@id", "id", "blocks", "paragraphs", "data",
)  # fmt: skip
"""Under which names an object holds what it stands for, in the order in which they are looked at.
"""
NO_VALUES = frozenset(("nan", "NaN", "None", "null", "NULL", "NaT", "<NA>", "\\N"))
"""What databases and data frames write into a text field for nothing."""
_SECONDS = ("seconds", "_seconds", "epochSecond")
_NANOSECONDS = ("nanos", "nanoseconds", "_nanoseconds", "nano")
_CALENDAR = ("year", "month", "day", "hour", "minute", "second")
_MAX_DEPTH = 4


def as_text(value: object) -> str:
    """The text that a value of any type stands for; empty for a missing value.

    Lists are joined by newlines, whole numbers lose their `.0`, and of an object what it holds
    under a known name counts.

    >>> as_text({"direction": "ltr", "content": "A ferry ran aground."})
    'A ferry ran aground.'
    """
    if type(value) is str and value.isascii():
        return value
    return _text_of(value, _MAX_DEPTH)


def as_date(value: object) -> object:
    """What `dedup.text.dates` reads a date from: a text, a number, a `date` or a `datetime`.

    Args:
        value: Of any type; objects are opened, tuples of a calendar are put together.

    >>> as_date({"$date": {"$numberLong": "1709625600000"}}), as_date([2024, 3, 5])
    ('1709625600000', datetime.date(2024, 3, 5))
    """
    if isinstance(value, date | int | float | str) or value is None:
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, time.struct_time):
        value = tuple(value)
    if isinstance(value, Mapping):
        return _date_of_object(value)
    if isinstance(value, list | tuple) and _is_calendar(value):
        return _of_calendar([int(part) for part in value])
    if isinstance(value, list | tuple) and len(value) == 1:
        return as_date(value[0])
    return as_text(value)


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, or what pandas writes for nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NaTType", "NAType")


def _text_of(value: object, depth: int) -> str:
    if isinstance(value, str):
        return replace_surrogates(value)
    if is_missing(value) or isinstance(value, bool):
        return ""
    if hasattr(value, "tolist") and not isinstance(value, Sequence):
        value = value.tolist()
    if isinstance(value, Mapping | list | tuple):
        return _nested_text(value, depth - 1) if depth else ""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        # Python refuses to print an integer of thousands of digits.
        return str(value) if value.bit_length() <= 1024 else hex(value)
    return replace_surrogates(str(value))


def _nested_text(value: Mapping[str, object] | Sequence[object], depth: int) -> str:
    if isinstance(value, Mapping):
        return next(filter(None, (_text_of(value.get(key), depth) for key in _NAMES)), "")
    # A text with its formatted parts as objects between (Telegram) goes on in one line.
    parts = {isinstance(item, Mapping) for item in value if isinstance(item, str | Mapping)}
    return ("" if len(parts) == 2 else "\n").join(
        filter(None, (_text_of(item, depth) for item in value))
    )


def _date_of_object(value: Mapping[str, object]) -> object:
    seconds = next((value[name] for name in _SECONDS if name in value), None)
    if isinstance(seconds, int | float | str) and str(seconds).lstrip("-").isdigit():
        nanoseconds = next((value[name] for name in _NANOSECONDS if name in value), 0)
        parts = int(nanoseconds) if isinstance(nanoseconds, int | float | str) else 0
        return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=parts // 1000 % 10**6)
    if isinstance(value.get("date"), str) and isinstance(value.get("timezone"), str):
        return _in_zone(str(value["date"]), str(value["timezone"]))
    if {"year", "month", "day"} <= set(value):
        names = [name for name in _CALENDAR if name in value]
        return as_date([value[name] for name in names])
    for name in _NAMES:
        inner = value.get(name)
        if inner not in (None, ""):
            return as_date(inner)
    return ""


def _in_zone(text: str, zone: str) -> object:
    """PHP's pair of a local time and a zone (a name, an abbreviation or an offset)."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return f"{text} {zone}"


def _is_calendar(values: Sequence[object]) -> bool:
    return (
        3 <= len(values) <= 9
        and all(isinstance(part, int) and not isinstance(part, bool) for part in values)
        and 1000 <= int(str(values[0])) <= 3000
    )


def _of_calendar(parts: list[int]) -> object:
    """A date from year, month and day; with hour, minute and second a time in UTC."""
    year, month, day, hour, minute, second = (*parts[:6], 0, 0, 0)[:6]
    try:
        if len(parts) == 3:
            return date(year, month, day)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return " ".join(map(str, parts))
