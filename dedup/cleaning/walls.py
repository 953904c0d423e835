"""Walls: what a site shows instead of an article, to readers who do not pay, log in or consent.

A wall says nothing of what the headline tells. So a page stands before a wall, as far as the page
alone shows, if its headline has at least three words and fewer than a quarter of the longer ones
recur in its body. A body that one source has under three such headlines is a wall, however short
or long it is; the headline itself, and the numbers of a line with few of them, make no difference.
A real text that is printed under several headlines is safe: each of them is about it. So are
bodies of figures: no two are equal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from dedup.cleaning.page_lines import words_in
from dedup.text.normalization import normalize
from dedup.text.scripts import UNSPACED

MIN_WALL_TITLES = 3
_MIN_WORDS, _MIN_LONGER_WORDS = 3, 2
_MIN_SHARED = 0.25
_WORDS_PER_NUMBER = 5
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\s\d!-/:-@\[-`{-~]+")


def headline(title: str) -> str:
    """A title as canonical texts have it: normalised, on one line."""
    return " ".join(normalize(title).split())


def wall_key(lines: Iterable[str], title: str) -> str:
    """A body without the headline and the numbers of sentences: equal for nearly equal walls.

    >>> wall_key(["Fire in Ostland", "You have 3 free articles left."], "Fire in Ostland")
    'You have 0 free articles left.'
    """
    return "\n".join(_wall_lines(lines, title))


def _wall_lines(lines: Iterable[str], title: str) -> Iterator[str]:
    left = (line.replace(title, "").strip() if title else line for line in lines)
    return map(_without_numbers, filter(None, left))


def is_known_wall(lines: Sequence[str], title: str, repeated: frozenset[str]) -> bool:
    """Whether the `wall_key` of a body is among the lines that its source repeats."""
    # The first and the last line tell most bodies from all walls, and cost less than the others.
    ends = tuple(next(_wall_lines(part, title), "") for part in (lines, lines[::-1]))
    return ends in _ends(repeated) and wall_key(lines, title) in repeated


@lru_cache(1024)
def _ends(repeated: frozenset[str]) -> frozenset[tuple[str, ...]]:
    """The first and the last line of each wall, or line, that a source repeats."""
    return frozenset((line.split("\n", 1)[0], line.rsplit("\n", 1)[-1]) for line in repeated)


def _without_numbers(line: str) -> str:
    numbers = len(_DIGITS.findall(line))
    few = 0 < numbers * _WORDS_PER_NUMBER <= words_in(line)
    return _DIGITS.sub("0", line) if few else line


def is_foreign(title: str, text: str) -> bool:
    """Whether a headline has nothing to do with the body below it.

    >>> is_foreign("Port strike enters third week", "This content is for members only. Log in.")
    True
    >>> is_foreign("Port strike enters third week", "The port strike in Lindmar went on.")
    False
    """
    stems = _stems(title)
    if len(stems) < _MIN_LONGER_WORDS or words_in(title) < _MIN_WORDS:
        return False
    body = text.replace(title, "")
    # Folding takes longer than looking: most bodies have the words as the headline has them.
    return _fewer(stems, body) and _fewer(stems, body.casefold())


def _fewer(stems: Collection[str], body: str) -> bool:
    """Whether fewer than a quarter of the stems stand in a body."""
    shared = 0
    for stem in stems:
        shared += stem in body
        if shared >= _MIN_SHARED * len(stems):
            return False
    return True


def _stems(title: str) -> set[str]:
    """Beginnings of the longer words of a headline; two characters where there are no spaces."""
    folded = title.casefold()
    runs = UNSPACED.findall(folded)
    if len(runs) > _MIN_WORDS:
        return {a + b for a, b in pairwise(runs)}
    caseless = folded.upper() == folded
    stems = (_stem(word, caseless or word.upper() == word) for word in _WORD.findall(folded))
    return {stem for stem in stems if stem}


def _stem(word: str, caseless: bool) -> str:
    """The first letters of a word, as endings change; empty for a short one."""
    least, most = (2, 3) if caseless else (4, 5)
    return word[:most] if len(word) >= least else ""
