"""Problems of the input: how they are reported, and how a value is shown in one."""

from __future__ import annotations

import re
from collections.abc import Callable

from dedup.records import Problem

MENDED = frozenset({"encoding guessed", "markup removed", "mojibake mended", "null bytes"})
"""Kinds of problems after which nothing is missing."""
OnProblem = Callable[[Problem], None]
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_VALUE_CHARS = 80


def shorten(value: object) -> str:
    """At most 80 characters of `value` on one line, for a report."""
    line = " ".join(replace_surrogates(str(value)[: 4 * _MAX_VALUE_CHARS]).split())
    return line if len(line) <= _MAX_VALUE_CHARS else line[: _MAX_VALUE_CHARS - 1] + "…"


def ignore(problem: Problem) -> None:
    """Report a problem to nobody: the default of the readers."""


def replace_surrogates(text: str) -> str:
    """`text` with U+FFFD for every surrogate, which no encoding can write."""
    if text.isascii():
        return text
    # Encoding is ten times as fast as a search, and surrogates are rare.
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text
