"""Counts, lengths of time and texts of strangers, as people read them in messages and on pages."""

from __future__ import annotations

import re
from datetime import timedelta

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Embeddings, overrides and isolates, by which a text could reorder the text around it.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MOST_MINUTES, _MOST_HOURS, _MOST_PRECISE_DAYS = 90, 36, 10


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun: `one` for 1, else `many`, by default `one` with an s.

    >>> counted(1, "text"), counted(1200, "text"), counted(2, "story", "stories")
    ('1 text', '1,200 texts', '2 stories')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(span: timedelta) -> str:
    """A length of time in minutes, hours or days; below ten days with one decimal.

    >>> duration(timedelta(minutes=80)), duration(timedelta(hours=24)), duration(timedelta(days=33))
    ('80 minutes', '24 hours', '33 days')
    >>> duration(timedelta(hours=40)), duration(timedelta(days=7))
    ('1.7 days', '7 days')
    """
    span = abs(span)
    minutes, hours = round(span / timedelta(minutes=1)), round(span / timedelta(hours=1))
    if minutes < _MOST_MINUTES:
        return counted(minutes, "minute")
    if hours < _MOST_HOURS:
        return counted(hours, "hour")
    days = span / timedelta(days=1)
    if days >= _MOST_PRECISE_DAYS:
        return f"{days:,.0f} days"
    return f"{days:.1f}".removesuffix(".0") + " days"


def printable(text: str, substitute: str = "\ufffd") -> str:
    """A text without control characters, lone surrogates and marks that reorder other text.

    Args:
        text: Any text; tabs and line feeds stay.
        substitute: Replaces each control character and surrogate.
    """
    return _UNPRINTABLE.sub(substitute, _REORDERING.sub("", text))


def one_line(text: str) -> str:
    r"""A text on one line of a terminal: control characters, which could steer it, are spaces.

    >>> one_line("Flood\x1b[31m in\nBrackwater")
    'Flood [31m in Brackwater'
    """
    return printable(text, " ").replace("\n", " ").replace("\t", " ")
