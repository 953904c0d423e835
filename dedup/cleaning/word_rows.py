"""Lines made of words of one kind only: rows of buttons, marks of advertisement.

Every word of such a line has to be known, so that no headline is taken for one. All languages
are tried at once, since pages mix them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Set

from dedup.cleaning.boilerplate import Kind, Reason, phrases
from dedup.text.scripts import UNSPACED

_LONGEST_ROW = 160
_BETWEEN = re.escape(' \t|/·•,:;()[]{}<>→"+*&=_#~-.…!✓')
_WORD = re.compile(rf"[^{_BETWEEN}]+")
_COUNT = re.compile(r"\d+[kmкм]?")
_AGES = frozenset({"0", "3", "6", "7", "12", "16", "18", "21"})


_BUTTONS: tuple[Kind, ...] = ("networks", "share", "buttons")
"""Two or more of them make a row of buttons."""


@functools.cache
def _words_of(*kinds: Kind) -> frozenset[tuple[str, ...]]:
    """Phrases of all languages as tuples of words."""
    return frozenset(tuple(_WORD.findall(phrase)) for phrase in phrases(*kinds))


@functools.cache
def _first_words(*kinds: Kind) -> frozenset[str]:
    return frozenset(words[0] for words in _words_of(*kinds))


@functools.cache
def _joined() -> re.Pattern[str]:
    """A pattern of buttons in scripts without spaces, in which a row is one word."""
    words = filter(UNSPACED.search, _first_words(*_BUTTONS, "beside_buttons"))
    return re.compile("|".join(sorted(map(re.escape, words), reverse=True)))


def row_reason(key: str) -> Reason | None:
    """The reason to remove a short line whose words are all of one kind."""
    first = _WORD.search(key) if len(key) <= _LONGEST_ROW else None
    if first is None:
        return None
    # "Facebook'ta paylaş"
    word = first[0].partition("'")[0]
    begins_row = not _first_words(*_BUTTONS).isdisjoint((word, first[0]))
    if (begins_row or UNSPACED.match(word)) and _is_button_row(tuple(_WORD.findall(key))):
        return "share buttons"
    if word in _first_words("advertisement") and _is_advertisement(tuple(_WORD.findall(key))):
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
    size = _longest(words, 0, _words_of("advertisement"))
    return size > 0 and (phrases("beside_advertisement") | _AGES).issuperset(words[size:])


def _longest(words: tuple[str, ...], at: int, phrases: Set[tuple[str, ...]]) -> int:
    """Number of words of the longest phrase that begins there, or 0."""
    for size in range(min(5, len(words) - at), 0, -1):
        if words[at : at + size] in phrases:
            return size
    return 0


def _buttons_at(words: tuple[str, ...], at: int) -> tuple[int, int]:
    """Number of words from there on that are known, and number of buttons that they make."""
    word, buttons = words[at], _words_of(*_BUTTONS)
    if size := _longest(words, at, buttons):
        return size, 1
    if size := _longest(words, at, _words_of("beside_buttons")):
        return size, 0
    if _COUNT.fullmatch(word):
        return 1, 0
    if (word.partition("'")[0],) in buttons:
        return 1, 1
    pieces = _joined().findall(word)
    if pieces and "".join(pieces) == word:
        return 1, sum((piece,) in buttons for piece in pieces)
    return 0, 0
