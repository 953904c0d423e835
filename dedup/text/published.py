"""The letters of a text as it was published, for what is compared in one spelling.

Texts are compared normalised; people see them as they were published. Nothing of that is stored:
the lines and words of a normalised text are found again in the published one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from dedup.text.normalization import ZWNJ_IN_ARABIC, normalize
from dedup.text.scripts import UNSPACED

_LINE_END = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
_CHUNK = re.compile(r"\S+")
_NUMBER = re.compile(r"\d+(?:[.,٫٬]\d+)*")
_JOINING = re.compile("[\u00ad\u0640\u1160-\u11ff\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f]")


def published_lines(published: str, normalized: str) -> Iterator[str]:
    """The lines of a published text that a normalised text holds, with single spaces.

    Args:
        published: The whole text as it was published, without markup.
        normalized: Some of its lines in order, normalised; the last one may be cut.

    Yields:
        A line for each line of `normalized`. One that the published text does not have, as of a
        text that was changed in the meantime, stays normalised.
    """
    lines = [" ".join(line.split()) for line in _LINE_END.split(published)]
    wanted = normalized.split("\n")
    position = 0
    for number, line in enumerate(wanted, 1):
        rest = range(position, len(lines)) if line else range(0)
        place = next((row for row in rest if _is_line(lines[row], line)), None)
        if place is None and number == len(wanted):
            place = next((row for row in rest if normalize(lines[row]).startswith(line)), None)
        yield line if place is None else lines[place]
        position = position if place is None else place + 1


def published_text(published: str, normalized: str) -> str:
    r"""A text as it was published, without the lines that cleaning removed.

    Args:
        published: The whole text as it was published, without markup.
        normalized: The normalised text that cleaning left of it.

    >>> published_text("Share this\nIl  a dit : «oui»", "Il a dit : \"oui\"")
    'Il a dit : «oui»'
    """
    if published == normalized:
        return normalized
    return "\n".join(published_lines(published, normalized))


def published_words(words: Iterable[str], published: str) -> dict[str, str]:
    """Words as a text spells them.

    Args:
        words: Normalised, case-folded words.
        published: A text as it was published.

    Returns:
        The spelling of the words that the text has, by word; with capitals only where the text
        never has it without.

    >>> published_words(["علي", "strasse"], "صعد علٰى الجبل in der Straße")
    {'علي': 'علٰى', 'strasse': 'Straße'}
    """
    found: dict[str, str] = {}
    missing = []
    folded = published.casefold()
    for word in words:
        place = _place(word, published)
        if place < 0 and len(folded) == len(published):
            place = _place(word, folded)
        if place >= 0:
            found[word] = published[place : place + len(word)]
        else:
            missing.append(word)
    return found | _normalized_words(missing, published) if missing else found


def published_numbers(published: str) -> dict[str, str]:
    """The numbers of a text as it writes them, by what they are normalised: "5.9", "12,500".

    >>> published_numbers("٥٫٩ درجات, 12,500 people")
    {'5.9': '٥٫٩', '12,500': '12,500'}
    """
    numbers: dict[str, str] = {}
    for hit in _NUMBER.finditer(published):
        numbers.setdefault(normalize(hit[0]), hit[0])
    return numbers


def _is_line(published: str, line: str) -> bool:
    return published == line or normalize(published) == line


def _place(word: str, text: str) -> int:
    """Where a text has a word that is no part of a longer one; -1 if nowhere."""
    place = text.find(word)
    while place >= 0 and not _stands_alone(text, place, place + len(word)):
        place = text.find(word, place + 1)
    return place


def _stands_alone(text: str, start: int, stop: int) -> bool:
    """Whether no letter, digit or mark goes on at either end; pieces of Chinese never do."""
    before, after = text[start - 1 : start] if start else "", text[stop : stop + 1]
    return not (_goes_on(before) and not UNSPACED.match(text[start])) and not (
        _goes_on(after) and not UNSPACED.match(text[stop - 1])
    )


def _goes_on(character: str) -> bool:
    return bool(character) and (
        unicodedata.category(character)[0] in "LMN" or _JOINING.match(character) is not None
    )


def _normalized_words(words: list[str], published: str) -> dict[str, str]:
    """Words as a text spells them that has them only after normalisation."""
    found: dict[str, str] = {}
    for chunk in _CHUNK.finditer(ZWNJ_IN_ARABIC.sub(" ", published)):
        folded = normalize(chunk[0]).casefold()
        here = [word for word in words if word not in found and _place(word, folded) >= 0]
        if not here:
            continue
        letters, starts = _letters(chunk[0])
        for word in here:
            place = _place(word, letters)
            if place >= 0:
                found[word] = chunk[0][starts[place] : starts[place + len(word)]]
    return found


def _letters(chunk: str) -> tuple[str, list[int]]:
    """Normalised, case-folded letters, and the place in the chunk that each comes from."""
    letters = ""
    starts: list[int] = []
    start = 0
    for stop in range(1, len(chunk) + 1):
        if stop < len(chunk) and _continues(chunk[stop]):
            continue
        folded = normalize(chunk[start:stop]).casefold()
        letters += folded
        starts += [start] * len(folded)
        start = stop
    return letters, [*starts, len(chunk)]


def _continues(character: str) -> bool:
    """Whether a character belongs to the letter before it."""
    return unicodedata.category(character)[0] == "M" or _JOINING.match(character) is not None
