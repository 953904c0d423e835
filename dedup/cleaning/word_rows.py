"""Lines made of words of one kind only: rows of buttons, marks of advertisement.

Every word of such a line has to be known, so that no headline is taken for one. All languages
are tried at once, since pages mix them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Set
from dataclasses import dataclass

from dedup.cleaning.boilerplate import Kind, Reason, phrases
from dedup.text.scripts import UNSPACED

_LONGEST_ROW = 160
_BETWEEN = re.escape(' \t|/·•,:;()[]{}<>→"+*&=_#~-.…!✓')
_WORD = re.compile(rf"[^{_BETWEEN}]+")
_COUNT = re.compile(r"\d+[kmкм]?")
_AGES = frozenset({"0", "3", "6", "7", "12", "16", "18", "21"})


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """Phrases of all languages as tuples of words.

    Args:
        buttons: Two or more of them make a row of buttons.
        beside_buttons: What may stand among them.
        first_of_buttons: First words of the buttons.
        marks: Marks of advertisement.
        first_of_marks: First words of the marks.
        beside_marks: Single words that may follow a mark.
        joined: A pattern of buttons in scripts without spaces, in which a row is one word.
    """

    buttons: Set[tuple[str, ...]]
    beside_buttons: Set[tuple[str, ...]]
    first_of_buttons: Set[str]
    marks: Set[tuple[str, ...]]
    first_of_marks: Set[str]
    beside_marks: Set[str]
    joined: re.Pattern[str]


@functools.cache
def _vocabulary() -> _Vocabulary:
    buttons = _words_of("networks", "share", "buttons")
    beside = _words_of("beside_buttons")
    marks = _words_of("advertisement")
    joined = {words[0] for words in buttons | beside if UNSPACED.search(words[0])}
    return _Vocabulary(
        buttons,
        beside,
        {words[0] for words in buttons},
        marks,
        {words[0] for words in marks},
        phrases("beside_advertisement"),
        re.compile("|".join(sorted(map(re.escape, joined), reverse=True))),
    )


def _words_of(*kinds: Kind) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(_WORD.findall(phrase)) for phrase in phrases(*kinds))


def row_reason(key: str) -> Reason | None:
    """The reason to remove a short line whose words are all of one kind."""
    first = _WORD.search(key) if len(key) <= _LONGEST_ROW else None
    if first is None:
        return None
    # "Facebook'ta paylaş"
    word = first[0].partition("'")[0]
    known = _vocabulary()
    begins_row = word in known.first_of_buttons or first[0] in known.first_of_buttons
    if (begins_row or UNSPACED.match(word)) and _is_button_row(tuple(_WORD.findall(key))):
        return "share buttons"
    if word in known.first_of_marks and _is_advertisement(tuple(_WORD.findall(key))):
        return "advertisement"
    return None


def _is_button_row(words: tuple[str, ...]) -> bool:
    """Whether the words are two buttons or more, with only counts and small words beside them."""
    at, buttons = 0, 0
    while at < len(words):
        size, count = _buttons_at(words, at)
        if not size:
            return False
        at += size
        buttons += count
    return buttons >= 2


def _is_advertisement(words: tuple[str, ...]) -> bool:
    """Whether the words are a mark of advertisement, then only "scroll to continue" or an age."""
    known = _vocabulary()
    size = _longest(words, 0, known.marks)
    return size > 0 and all(word in known.beside_marks or word in _AGES for word in words[size:])


def _longest(words: tuple[str, ...], at: int, phrases: Set[tuple[str, ...]]) -> int:
    """Number of words of the longest phrase that begins there, or 0."""
    for size in range(min(5, len(words) - at), 0, -1):
        if words[at : at + size] in phrases:
            return size
    return 0


def _buttons_at(words: tuple[str, ...], at: int) -> tuple[int, int]:
    """Number of words from there on that are known, and number of buttons that they make."""
    word, known = words[at], _vocabulary()
    if size := _longest(words, at, known.buttons):
        return size, 1
    if size := _longest(words, at, known.beside_buttons):
        return size, 0
    if _COUNT.fullmatch(word):
        return 1, 0
    if (word.partition("'")[0],) in known.buttons:
        return 1, 1
    pieces = known.joined.findall(word)
    if pieces and "".join(pieces) == word:
        return 1, sum((piece,) in known.buttons for piece in pieces)
    return 0, 0
