"""Words, names and numbers that two texts share, as people read them.

The evidence lists what was compared: normalised words, and the digits of numbers. Here these get
the spelling of the first text; and what is a piece of a word or of a number, or no name, is not
listed as one. The values and log-odds of the evidence stay those of the comparison.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dedup.description.key_terms import joined_pieces
from dedup.description.names import proper_words
from dedup.description.words import placed_words
from dedup.records import Evidence
from dedup.text.name_keys import spelled_names
from dedup.text.names import is_known
from dedup.text.published import published_numbers, published_words
from dedup.text.scripts import UNSPACED

_SEPARATOR = re.compile("[.,]")
_THOUSANDS = 3
_PART = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class SharingText:
    """One of two texts that are compared.

    Args:
        text: Title and beginning of the body, normalised.
        published: The same as published.
        language: Its language, empty where unknown.
    """

    text: str
    published: str
    language: str


def as_published(
    parts: Sequence[Evidence], first: SharingText, second: SharingText
) -> tuple[Evidence, ...]:
    """Evidence with what two texts share in the spelling of the first one.

    Args:
        parts: The evidence, with normalised details.
        first: The first text.
        second: The second text.
    """
    spelled: dict[str, Callable[[list[str], SharingText, SharingText], Sequence[str]]] = {
        "shared_terms": _words,
        "shared_names": _names,
        "shared_numbers": _numbers,
    }
    return tuple(
        replace(part, detail=", ".join(spelled[part.name](part.detail.split(", "), first, second)))
        if part.detail and part.name in spelled
        else part
        for part in parts
    )


def _words(words: list[str], first: SharingText, second: SharingText) -> list[str]:
    """Whole words, and the numbers that both texts have as such."""
    both = _spelled(first) & _spelled(second)
    numbers = published_numbers(first.text).keys() & published_numbers(second.text).keys()
    whole = (
        (word if word in numbers else "") if word.isdigit() else _whole(word, both)
        for word in words
    )
    joined = joined_pieces(list(dict.fromkeys(filter(None, whole))), first.text.casefold())
    spelled = published_words(joined, first.published)
    return list(dict.fromkeys(spelled.get(word, word) for word in joined))


def _spelled(text: SharingText) -> set[str]:
    placed = placed_words([text.text], [text.language]).placed
    return {placed.spelled(place) for place in range(len(placed.starts))}


def _whole(word: str, words: set[str]) -> str:
    """A word if it is among some, else the run of Katakana among them that it is a piece of."""
    if word in words or not UNSPACED.match(word):
        return word if word in words else ""
    return min((other for other in words if word in other), default="")


def _names(words: list[str], first: SharingText, second: SharingText) -> list[str]:
    """Words that are capitalised as names are in one of the texts, and not small in the other."""
    keys, others = (spelled_names(text.text, text.language) for text in (first, second))
    alike: dict[str, set[str]] = {}
    known = set()
    for key in keys.keys() & others.keys():
        alike.setdefault(keys[key], set()).add(others[key])
        known.update([keys[key]] if is_known(key) else [])
    spellings = published_words(words, first.published)
    spelled = published_words(sorted(set().union(*alike.values())), second.published)
    names = []
    for word in words:
        same = sorted(alike.get(word, ()))
        proper = _is_proper(word, first) or any(_is_proper(other, second) for other in same)
        # Scripts without capitals show by nothing but the table what is a name.
        proper = proper or (word in known and word.lower() == word.upper())
        small = _is_small(spellings.get(word, word)) or all(
            _is_small(spelled.get(other, other)) for other in same
        )
        if proper and not small:
            names.append(spellings.get(word, word))
    return names


def _is_proper(word: str, text: SharingText) -> bool:
    """Whether a word, or one of several words, is capitalised inside a sentence."""
    return not proper_words(text.text, text.language).isdisjoint(_PART.findall(word))


def _is_small(word: str) -> bool:
    """Whether a word of a script with capitals begins with none."""
    return word[:1].lower() != word[:1].upper() and word[:1].islower()


def _numbers(words: list[str], first: SharingText, second: SharingText) -> list[str]:
    """Numbers of one value; those that have the same digits only are left out."""
    numbers, others = published_numbers(first.published), published_numbers(second.published)
    values = {_value(number) for number in others}
    shown = []
    for word in words:
        digits = word.replace(",", "")
        same = (
            written
            for number, written in numbers.items()
            if _SEPARATOR.sub("", number).lstrip("0") == digits and _value(number) in values
        )
        shown += [written] if (written := next(same, "")) else []
    return shown


def _value(number: str) -> str:
    """A number without separators of thousands, and with a point before its decimals.

    >>> _value("12,500"), _value("5,9"), _value("1.234,50"), _value("0.5")
    ('12500', '5.9', '1234.5', '0.5')
    """
    whole, *groups = _SEPARATOR.split(number)
    marks = _SEPARATOR.findall(number)
    decimals = ""
    two_marks = len(marks) > 1 and marks[-1] not in marks[:-1]
    if groups and (two_marks or len(groups[-1]) != _THOUSANDS):
        decimals = groups.pop().rstrip("0")
    digits = "".join([whole, *groups]).lstrip("0") or "0"
    return f"{digits}.{decimals}" if decimals else digits
