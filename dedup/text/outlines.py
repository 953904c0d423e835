"""Outlines of texts: what is left of a text without its names and numbers, and what these are.

A site that fills in a template (obituaries, earthquakes, weather, results, rates) publishes texts
with one outline and other details. `of_one_series` tells two such texts from a text and its
correction. It looks at what differs, not at what the texts are about, and needs the two alone, so
that any number of texts, in any order, gives the same answer.

* **Details** are numbers, names of days, and names: words that are always capitalised, not only
  where a sentence begins. Spellings with the same consonants are one name. In a script without
  capitals, or a text in capitals, there are no names; its words belong to the outline.
* Two texts have **one outline** if the sets of their other words are alike (Jaccard similarity,
  estimated by MinHash, of about a half).
* They are of **one series** if, besides, one of three things holds:

  1. A name at the head of one text (in the first words, or in the headline) is not in the other,
     and the other way round; two names differ so, or numbers or days do, too; and at least three
     of ten details are in one text only. The subject is another one.
  2. In texts without names the same of a word at the head, and at least two numbers differ on
     either side: more than both texts share.
  3. At least two numbers differ on either side, more than both texts share, and the texts are of
     different days: they name different ones, or none in common and were published most of a day
     apart. The subject is the same, the day another one.

A new toll of the same place and day is none of these, nor is a name that was corrected.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, starmap

import numpy as np
import numpy.typing as npt
import xxhash

from dedup.text.consonant_keys import consonant_key
from dedup.text.dates.calendars import calendar_names, fold
from dedup.text.scripts import UNSPACED, UNSPACED_BLOCKS

SLOTS = 32
"""Slots of the signature of the other words."""
OUTLINE_CHARS = 2000
"""So much of a body counts: as much as is embedded, unless set otherwise."""
NAME, NUMBER, DAY, HEAD, WORD, FAR = 1, 2, 4, 8, 16, 32
"""Kinds of details; those at the head of a text; the first words of a text without names, of which
twice as many are kept as are at the head; and details that stand only in the second half of what
counts. What is inserted in one text pushes the end of it, but nothing of the first half, out of
sight."""

_MIN_AGREEING = 16
_MIN_WORDS = 6
_MIN_SHARE = 0.3
_MIN_NUMBERS = 2
_MOST_OF_A_DAY_SECONDS = 20 * 3600
_DAYS_OF_ONE_WEEK_SECONDS = 6 * 86_400
HEAD_WORDS = 12
"""So many words and numbers are at the head of a text, beside those of its headline."""
_MIN_CONSONANTS = 3
_WORDS = 1 << 16
"""The hashes of so many words are kept."""
_MIN_LOWER = 0.3
_MAX_TITLE_CAPITALS = 0.7
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0970-\u0dff"
"""Marks of letters, which `\\w` leaves out, and the Indic scripts that are full of them."""
_TOKEN = re.compile(
    rf"\d+(?:[.,:/-]\d+)*|[{UNSPACED_BLOCKS}]|(?:[^\W\d_{UNSPACED_BLOCKS}]|[{_MARKS}])+"
)
# The same for ASCII, which is looked through in half of the time.
_ASCII_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*|[A-Za-z]+")
_SENTENCE = re.compile(r"[.!?…:;\n\"“”«»„()؟。！？|]|\s[-–—•]\s")
# Stored signatures depend on these: no generator of numbers, whose stream may change.
_MIX = np.array([xxhash.xxh3_64_intdigest(bytes([slot])) | 1 for slot in range(SLOTS)], np.uint64)

Signature = npt.NDArray[np.uint16]
_Token = tuple[str, str, int, int]
"""A word or number: as written, without case, where it begins and where it ends."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of a text, and its details.

    Args:
        signature: MinHash of its other words, uint16 of shape (SLOTS,); all 0 where there are
            too few.
        details: Kinds (`NAME`, ... added) of each detail by its hash.
    """

    signature: Signature
    details: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Detail:
    """A word or number as it stands in a text.

    Args:
        spelled: As written.
        key: Its hash.
        kind: Kinds, added; 0 for a word of the outline, which may be `WORD` at the head.
    """

    spelled: str
    key: int
    kind: int


def outline(title: str, text: str, language: str = "") -> Outline:
    """The outline of a canonical text.

    Args:
        title: Its headline, which only says which details are at the head.
        text: Its body, of which the first 2,000 characters count; the headline where it has none.
        language: For the names of the days of the week; English ones are known in any language.
    """
    words: set[int] = set()
    details: dict[int, int] = {}
    for _, key, kind in _details(title, text, language):
        if kind < 0:
            continue
        if kind & (NAME | NUMBER | DAY):
            known = details.get(key, kind)
            details[key] = (known | kind) & ~(FAR & ~(known & kind))
        else:
            words.add(key)
            if kind & WORD:
                details[key] = kind
    return Outline(_signature(words), details)


def outline_of_lead(lead: str, title: str, language: str = "") -> Outline:
    """The outline of a text whose headline stands above its body, as texts are embedded.

    Args:
        lead: Headline, if there is one, and body.
        title: The headline; or the beginning of the body, where there is none.
        language: See `outline`.
    """
    body = lead.removeprefix(f"{title}\n") if title else lead
    return outline(title, body, language)


def of_one_series(a: Outline, b: Outline, gap_seconds: int | None) -> bool:
    """Whether two texts of one source fill in one template, see the module.

    Args:
        a: Outline of one text.
        b: Of the other.
        gap_seconds: Time between the two; None where one has no date.
    """
    if not a.signature.any() or agreeing(a.signature, b.signature) < _MIN_AGREEING:
        return False
    ours, theirs = _only(a, b), _only(b, a)
    numbers = min(_count(ours, NUMBER), _count(theirs, NUMBER))
    days = min(_count(ours, DAY), _count(theirs, DAY))
    names = min(_count(ours, NAME), _count(theirs, NAME))
    mostly = numbers >= _MIN_NUMBERS and numbers > _shared(a, b, NUMBER)
    if min(_count(ours, NAME | HEAD), _count(theirs, NAME | HEAD)) and (
        numbers or days or names > 1
    ):
        different = [kind for kind in (*ours, *theirs) if not kind & WORD]
        if len(different) >= _MIN_SHARE * len(_near(a) | _near(b)):
            return True
    if mostly and min(_count(ours, WORD | HEAD), _count(theirs, WORD | HEAD)):
        return True
    return mostly and _other_day(days, _shared(a, b, DAY), gap_seconds)


def agreeing(a: Signature, b: Signature) -> int:
    """Slots in which two signatures agree."""
    return int(np.count_nonzero(a == b))


def may_be_of_one_series(a: Signature, b: Signature) -> npt.NDArray[np.bool_]:
    """Whether pairs of signatures, uint16 of shape (m, SLOTS), agree enough; bool of shape (m,)."""
    alike: npt.NDArray[np.bool_] = (a == b).sum(axis=1) >= _MIN_AGREEING
    return alike & a.any(axis=1)


def alike_signatures(a: npt.NDArray[np.uint16], b: npt.NDArray[np.uint16]) -> npt.NDArray[np.bool_]:
    """Which of some signatures agree enough with which of others; bool of shape (k, m).

    Args:
        a: uint16 of shape (k, SLOTS).
        b: uint16 of shape (m, SLOTS).
    """
    agree = np.zeros((len(a), len(b)), np.uint8)
    for ours, theirs in zip(a.T, np.ascontiguousarray(b.T), strict=True):
        agree += ours[:, None] == theirs
    alike: npt.NDArray[np.bool_] = agree >= _MIN_AGREEING
    return alike & a.any(axis=1, keepdims=True)


def _only(a: Outline, b: Outline) -> list[int]:
    """Kinds of the details that only the first text has, in its first half."""
    return [kind for key, kind in a.details.items() if key not in b.details and not kind & FAR]


def _near(one: Outline) -> set[int]:
    """Names, numbers and days in the first half of a text."""
    return {key for key, kind in one.details.items() if not kind & (WORD | FAR)}


def _count(kinds: list[int], kind: int) -> int:
    return sum(one & kind == kind for one in kinds)


def _shared(a: Outline, b: Outline, kind: int) -> int:
    """Details of a kind that both texts have."""
    return sum(bool(own & b.details.get(key, 0) & kind) for key, own in a.details.items())


def _other_day(days: int, shared_days: int, gap_seconds: int | None) -> bool:
    if shared_days and (gap_seconds is None or gap_seconds < _DAYS_OF_ONE_WEEK_SECONDS):
        return False
    return days > 0 or (gap_seconds is not None and gap_seconds >= _MOST_OF_A_DAY_SECONDS)


def details_of(title: str, text: str, language: str = "") -> Iterator[Detail]:
    """Every word and number of a text with its kind, in reading order.

    The kind is negative for a word that belongs neither to the outline nor to the details: it
    is capitalised, but only where a sentence begins.
    """
    return starmap(Detail, _details(title, text, language))


def _details(title: str, text: str, language: str) -> Iterator[tuple[str, int, int]]:
    """See `details_of`; plain tuples, which are made in half of the time."""
    text = text[:OUTLINE_CHARS] if text.strip() else title
    tokens = [(word := m[0], word.casefold(), *m.span()) for m in _pattern(text).finditer(text)]
    in_title = _title_words(title)
    names, unsure, cased = _names(text, tokens, in_title)
    days = weekdays(language)
    known_title = {word.casefold() for word in tokens_in(title)}
    before = None
    for place, token in enumerate(tokens):
        word, low, start, _ = token
        where = HEAD if place < HEAD_WORDS or low in known_title else 0
        if start >= OUTLINE_CHARS // 2:
            where = FAR
        if word[0].isdigit():
            yield (word, _hash(word), NUMBER | where)
        elif low in days:
            yield (word, _hash(low), DAY | where)
        elif low in names:
            yield (word, _hash(_name_key(low)), NAME | where)
        elif low in unsure:
            yield (word, _hash(low), -1)
        else:
            kind = 0 if cased or place >= 2 * HEAD_WORDS else WORD
            if place < HEAD_WORDS and kind:
                kind |= HEAD
            spelled = low if len(word) > 1 else _with_before(before, token)
            yield (word, _hash(spelled), kind)
        before = token


def tokens_in(text: str, most: int | None = None) -> Iterator[str]:
    """The first words and numbers of a text; in scripts without spaces each character is one."""
    return (match[0] for match in islice(_pattern(text).finditer(text), most))


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_TOKEN if text.isascii() else _TOKEN


def _with_before(before: _Token | None, token: _Token) -> str:
    """A character of a script without spaces with that before it, or alone as other words."""
    word, low, start, _ = token
    if before is None or not UNSPACED.match(word):
        return low
    return before[0] + low if before[3] == start and UNSPACED.match(before[0]) else low


def _title_words(title: str) -> set[str]:
    """Words of a headline that are capitalised, where this says anything, without case."""
    words = [word for word in tokens_in(title) if word.lower() != word.upper()]
    capitals = [word for word in words if word[0].isupper()]
    if len(words) > 2 and len(capitals) > _MAX_TITLE_CAPITALS * len(words):
        return set()
    return {word.casefold() for word in capitals}


def _names(
    text: str, tokens: Sequence[_Token], in_title: set[str]
) -> tuple[set[str], set[str], bool]:
    """Words that are names, words that may be, and whether the text has small letters at all."""
    inside: dict[str, int] = {}
    begins: dict[str, int] = {}
    lower: set[str] = set()
    small = large = 0
    last = 0
    for word, low, start, end in tokens:
        first = word[0]
        if first.isupper():
            begin = last == 0 or _SENTENCE.search(text, last, start) is not None
            counts = begins if begin else inside
            counts[low] = counts.get(low, 0) + 1
            large += 1
        elif first.islower():
            lower.add(low)
            small += 1
        last = end
    if small < _MIN_LOWER * (small + large) or not small:
        return set(), set(), False
    capital = (inside.keys() | begins.keys()) - lower
    names = {low for low in capital if low in inside or begins[low] + (low in in_title) > 1}
    return names, capital - names, True


@functools.lru_cache(64)
def weekdays(language: str) -> frozenset[str]:
    """Names of the days of the week in a language and in English, without case."""
    return frozenset(
        spelling
        for code in dict.fromkeys((language or "en", "en"))
        for widths in calendar_names(code, "days").values()
        for name in widths.get("wide", {}).values()
        for spelling in (name.casefold(), fold(name))
    )


@functools.lru_cache(_WORDS)
def _name_key(word: str) -> str:
    """Equal for spellings of one name."""
    consonants = consonant_key(word)
    return word[0] + consonants if len(consonants) >= _MIN_CONSONANTS else word


@functools.lru_cache(_WORDS)
def _hash(word: str) -> int:
    return xxhash.xxh3_64_intdigest(word.encode("utf-8", "replace"))


def _signature(words: set[int]) -> Signature:
    if len(words) < _MIN_WORDS:
        return np.zeros(SLOTS, np.uint16)
    hashes = np.fromiter(words, np.uint64, len(words))
    # The upper halves of products with odd numbers: Dietzfelbinger et al. 1997.
    mixed = (hashes[:, None] * _MIX[None, :]) >> np.uint64(32)
    least: Signature = (mixed.min(axis=0) & np.uint64(0xFFFF)).astype(np.uint16)
    return np.maximum(least, 1)
