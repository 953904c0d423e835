"""Lines made of words of one kind only: rows of buttons, marks of advertisement.

A word that `cleaning` uses. Every word of such a line has to be known, so no
headline is taken for one; all languages at once, as pages mix them.
"""

from __future__ import annotations

import re
from collections.abc import Set

from dedup.cleaning.boilerplate import NETWORKS, PHRASES, Reason
from dedup.text.normalization import key as key_of
from dedup.text.normalization import normalize

_LONGEST_ROW = 160
_BETWEEN = re.escape(' \t|/·•,:;()[]{}<>→"+*&=_#~-.…!✓')
_WORD = re.compile(rf"[^{_BETWEEN}]+")
_COUNT = re.compile(r"\d+[kmкм]?")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_AGES = frozenset({"0", "3", "6", "7", "12", "16", "18", "21"})


def _phrases(*written: str) -> frozenset[tuple[str, ...]]:
    phrases = "|".join(written).split("|")
    return frozenset(tuple(_WORD.findall(key_of(normalize(each)))) for each in phrases if each)


_BUTTONS = _phrases(NETWORKS, *(f"{each.share}|{each.buttons}" for each in PHRASES.values()))
_BESIDE_BUTTONS = _phrases(*(each.beside_buttons for each in PHRASES.values()))
_FIRST_IN_ROW = frozenset(phrase[0] for phrase in _BUTTONS)
_MARKS = _phrases(*(each.advertisement for each in PHRASES.values()))
_FIRST_OF_MARK = frozenset(phrase[0] for phrase in _MARKS)
_BESIDE_MARKS = frozenset(
    word for each in PHRASES.values() for (word,) in _phrases(*each.beside_advertisement.split("|"))
)
# Without spaces the buttons of a Chinese or Japanese page are one word.
_UNSPACED_BUTTONS = frozenset(p for p in _BUTTONS | _BESIDE_BUTTONS if _UNSPACED.search(p[0]))
_GLUED = re.compile("|".join(sorted((re.escape(p[0]) for p in _UNSPACED_BUTTONS), reverse=True)))


def row_reason(key: str) -> Reason | None:
    """Why a short line goes whose words are all of one kind."""
    first = _WORD.search(key) if len(key) <= _LONGEST_ROW else None
    if first is None:
        return None
    # "Facebook'ta paylaş"
    word = first[0].partition("'")[0]
    row = word in _FIRST_IN_ROW or first[0] in _FIRST_IN_ROW or _UNSPACED.match(word)
    if row and _is_button_row(tuple(_WORD.findall(key))):
        return "share buttons"
    if word in _FIRST_OF_MARK and _is_advertisement(tuple(_WORD.findall(key))):
        return "advertisement"
    return None


def _is_button_row(words: tuple[str, ...]) -> bool:
    """Is it two buttons or more, with nothing but counts and small words beside them?"""
    at, buttons = 0, 0
    while at < len(words):
        size, found = _buttons_at(words, at)
        if not size:
            return False
        at += size
        buttons += found
    return buttons >= 2


def _is_advertisement(words: tuple[str, ...]) -> bool:
    """Is it a mark of advertisement with nothing but "scroll to continue" or an age behind it?"""
    size = _longest(words, 0, _MARKS)
    return size > 0 and all(word in _BESIDE_MARKS or word in _AGES for word in words[size:])


def _longest(words: tuple[str, ...], at: int, phrases: Set[tuple[str, ...]]) -> int:
    """How many words the longest of the phrases has that begins there, or 0."""
    for size in range(min(5, len(words) - at), 0, -1):
        if words[at : at + size] in phrases:
            return size
    return 0


def _buttons_at(words: tuple[str, ...], at: int) -> tuple[int, int]:
    """How many words are understood there (0: none), and how many buttons they are."""
    word = words[at]
    if size := _longest(words, at, _BUTTONS):
        return size, 1
    if size := _longest(words, at, _BESIDE_BUTTONS):
        return size, 0
    if _COUNT.fullmatch(word):
        return 1, 0
    if (word.partition("'")[0],) in _BUTTONS:
        return 1, 1
    glued = _GLUED.findall(word)
    if glued and "".join(glued) == word:
        return 1, sum((piece,) in _BUTTONS for piece in glued)
    return 0, 0
