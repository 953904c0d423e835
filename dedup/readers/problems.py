"""Problems of the input: how they are reported, and how a value is shown in one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from dedup.errors import InputError
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


def nothing_read(name: str, kinds: Mapping[str, int]) -> InputError:
    """The error of an input that gives no article.

    Args:
        name: Of the input.
        kinds: How many problems of each kind were met in it.
    """
    most = sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))[:3]
    met = ", ".join(f"{kind} ({number:,})" for kind, number in most)
    return InputError(
        f"{name}: gives no article{f': {met}' if met else ''}: check that it is what its ending "
        "says, and name columns with --title-column and --text-column, or a list of records "
        "inside of JSON with --records"
    )


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
