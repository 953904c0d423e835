"""Lines above an article on its page: headline, section path, dateline.

The kind of such a line depends on its place, and nothing but the headline is removed unless
prose follows.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from itertools import islice

from dedup.cleaning.boilerplate import Reason, phrases
from dedup.cleaning.page_lines import ends_sentence, is_prose, words_in
from dedup.text.dates.datelines import is_dateline, is_hard_wrapped
from dedup.text.normalization import key

_TITLE_LINES = 4
_HEAD_LINES = 8
_HEAD_PROSE = 2
# A page with more of them tells events by day.
_MOST_DATELINES = 3
_LONGEST_LINE = 120
_STEP_WORDS = 4
_LAST_STEP_WORDS = 15
_YEAR = re.compile(r"\d{4}")
# After `normalize` a "»" is a quotation mark.
_STEP = re.compile(r"\s*(?:(?<![-=<])>|[›→❯▸])\s*|\s*[/|]\s*|(?<=\s)\"\s")
_STEP_MARK = re.compile(r"[>›→❯▸/|\"]")
_STRONG_STEP = re.compile(r"(?<![-=<])>|[›→❯▸]")
_SENTENCE = re.compile(r"[.!?…。؟।](?:\s|$)")


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, key(text)))


def mark_title(lines: Sequence[str], reasons: list[Reason | None], title: str) -> None:
    """Mark the headline, on one to three lines, among the first lines of the body."""
    headline = _letters(title)
    rows = (row for row, reason in enumerate(reasons) if reason is None)
    near: list[int] = []
    other_lines = 0
    while headline and other_lines < _TITLE_LINES:
        near += islice(rows, 3 - len(near))
        if not near:
            return
        joined, same = "", 0
        for number, row in enumerate(near, 1):
            joined += _letters(lines[row][: 2 * len(title) + 20])
            if not headline.startswith(joined):
                break
            same = number if joined == headline else 0
        for row in near[:same]:
            reasons[row] = "title repeated"
        other_lines += not same
        del near[: same or 1]


def mark_head(
    lines: Sequence[str], reasons: list[Reason | None], *, language: str, title: str
) -> None:
    """Mark section paths and datelines above the prose or amid its beginning.

    Without a title the first line may be the headline, and stays if it names a date.
    """
    marked: dict[int, Reason] = {}
    dates = other_lines = prose = 0
    # In fragments of sentences, which are many, no date is looked for.
    with_dates = not is_hard_wrapped(lines)
    for row, line in enumerate(lines):
        if reasons[row]:
            continue
        if is_section_path(line):
            marked[row] = "section path"
        elif with_dates and (row or title) and _is_dated(line, language):
            marked[row] = "dateline"
            dates += 1
            with_dates = dates <= _MOST_DATELINES
        else:
            other_lines += 1
            prose += is_prose(line)
            if other_lines == _HEAD_LINES or prose == _HEAD_PROSE:
                break
    last = _last_prose(lines, reasons, marked) if marked else 0
    for row, reason in marked.items():
        if row < last and (with_dates or reason == "section path"):
            reasons[row] = reason


def _is_dated(line: str, language: str) -> bool:
    return (
        len(line) <= _LONGEST_LINE
        and _YEAR.search(line) is not None
        and is_dateline(line, language=language)
    )


def _last_prose(
    lines: Sequence[str], reasons: Sequence[Reason | None], marked: Container[int]
) -> int:
    for row in range(len(lines) - 1, -1, -1):
        if reasons[row] is None and row not in marked and is_prose(lines[row]):
            return row
    return 0


def is_section_path(line: str) -> bool:
    """Whether a line is the path from the home page to this one: "Home > World > Asia".

    It begins with a word for the home page, or has two arrows or more and only
    short parts.
    """
    if len(line) > _LONGEST_LINE or not _STEP_MARK.search(line):
        return False
    steps = [step for step in _STEP.split(key(line).strip("|/> ")) if step]
    if len(steps) < 2 or ends_sentence(line):
        return False
    sizes = [words_in(step) for step in steps]
    arrows = len(_STRONG_STEP.findall(line))
    if steps[0].rpartition(":")[2].strip() in phrases("home"):
        # "Home / away form" is no path: a slash alone needs a short name behind it.
        last = _LAST_STEP_WORDS if arrows or len(steps) > 2 else _STEP_WORDS - 1
        return max(sizes[:-1]) <= _STEP_WORDS and sizes[-1] <= last
    return (
        arrows >= 2
        and arrows >= len(steps) - 1
        and max(sizes) <= _STEP_WORDS
        # "Corp <CORP> and" is a share's name.
        and "<" not in line
        and all(step[0].isalpha() for step in steps)
        and not _SENTENCE.search(line)
    )
