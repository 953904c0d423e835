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
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Self

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
_PARTS, _ASCII_PARTS = (re.compile(f"({token.pattern})") for token in (_TOKEN, _ASCII_TOKEN))
"""They divide a text into what stands before a word, the word, and so on."""
_SENTENCE = re.compile(r"[.!?…:;\n\"“”«»„()؟。！？|]|\s[-–—•]\s")
# Stored signatures depend on these: no generator of numbers, whose stream may change.
_MIX = np.array([xxhash.xxh3_64_intdigest(bytes([slot])) | 1 for slot in range(SLOTS)], np.uint64)

Signature = npt.NDArray[np.uint16]


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
    read = _Reading.of(title, text, language)
    details: dict[int, int] = {}
    for place in read.places_of_details():
        _, key, kind = read.detail(place)
        if kind & WORD:
            details[key] = kind
        else:
            known = details.get(key, kind)
            details[key] = (known | kind) & ~(FAR & ~(known & kind))
    return Outline(_signature(set(map(_hash, read.outline_words()))), details)


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
    read = _Reading.of(title, text, language)
    return (Detail(*read.detail(place)) for place in range(len(read.words)))


@dataclass(frozen=True, slots=True)
class _Reading:
    """The words and numbers of a text, and what tells which of them are details.

    Args:
        words: All words and numbers, in reading order.
        folded: The same without case.
        gaps: What stands before each.
        second_half: How many of them begin in the first half of what counts.
        names: Words that are names, without case.
        unsure: Words that may be names.
        cased: Whether the text has small letters at all.
        days: Names of days.
        title: Words of the headline, without case.
    """

    words: Sequence[str]
    folded: Sequence[str]
    gaps: Sequence[str]
    second_half: int
    names: set[str]
    unsure: set[str]
    cased: bool
    days: frozenset[str]
    title: set[str]

    @classmethod
    def of(cls, title: str, text: str, language: str) -> Self:
        text = text[:OUTLINE_CHARS] if text.strip() else title
        parts = (_ASCII_PARTS if text.isascii() else _PARTS).split(text)
        words, gaps = parts[1::2], parts[:-1:2]
        folded = [word.casefold() for word in words]
        ends = list(accumulate(map(len, parts)))
        names, unsure, cased = _names(words, folded, gaps, _title_words(title))
        return cls(
            words,
            folded,
            gaps,
            bisect_left(ends[:-1:2], OUTLINE_CHARS // 2),
            names,
            unsure,
            cased,
            weekdays(language),
            {word.casefold() for word in tokens_in(title)},
        )

    def detail(self, place: int) -> tuple[str, int, int]:
        """A word or number as written, its hash, and its kind, see `Detail`."""
        word, low = self.words[place], self.folded[place]
        where = HEAD if place < HEAD_WORDS or low in self.title else 0
        if place >= self.second_half:
            where = FAR
        if word[0].isdigit():
            return (word, _hash(word), NUMBER | where)
        if low in self.days:
            return (word, _hash(low), DAY | where)
        if low in self.names:
            return (word, _hash(_name_key(low)), NAME | where)
        if low in self.unsure:
            return (word, _hash(low), -1)
        kind = 0 if self.cased or place >= 2 * HEAD_WORDS else WORD
        if place < HEAD_WORDS and kind:
            kind |= HEAD
        return (word, _hash(self._spelled(place)), kind)

    def places_of_details(self) -> Iterator[int]:
        """Places of the words and numbers that are details, ascending."""
        first = 0 if self.cased else 2 * HEAD_WORDS
        details = self.names | self.days
        for place, low in enumerate(self.folded):
            is_detail = low in details or low[0].isdigit()
            if is_detail or (place < first and low not in self.unsure):
                yield place

    def outline_words(self) -> set[str]:
        """The other words, as they are hashed, without those that may be names."""
        words = set(self.folded) - self.names - self.days - self.unsure
        unspaced = {word for word in words if len(word) == 1 and UNSPACED.match(word)}
        if unspaced:
            words -= unspaced
            words |= {
                self._spelled(place) for place, low in enumerate(self.folded) if low in unspaced
            }
        return {word for word in words if not word[0].isdigit()}

    def _spelled(self, place: int) -> str:
        """A word without case; a character of a script without spaces with that before it."""
        word, low = self.words[place], self.folded[place]
        if len(word) > 1 or not place or not UNSPACED.match(word):
            return low
        before = self.words[place - 1]
        return before + low if not self.gaps[place] and UNSPACED.match(before) else low


def tokens_in(text: str, most: int | None = None) -> Iterator[str]:
    """The first words and numbers of a text; in scripts without spaces each character is one."""
    return (match[0] for match in islice(_pattern(text).finditer(text), most))


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_TOKEN if text.isascii() else _TOKEN


def _title_words(title: str) -> set[str]:
    """Words of a headline that are capitalised, where this says anything, without case."""
    words = [word for word in tokens_in(title) if word.lower() != word.upper()]
    capitals = [word for word in words if word[0].isupper()]
    if len(words) > 2 and len(capitals) > _MAX_TITLE_CAPITALS * len(words):
        return set()
    return {word.casefold() for word in capitals}


def _names(
    words: Sequence[str], folded: Sequence[str], gaps: Sequence[str], in_title: set[str]
) -> tuple[set[str], set[str], bool]:
    """Words that are names, words that may be, and whether the text has small letters at all."""
    inside: dict[str, int] = {}
    begins: dict[str, int] = {}
    lower: set[str] = set()
    small = large = 0
    for place, (word, low) in enumerate(zip(words, folded, strict=True)):
        first = word[0]
        if first.isupper():
            begin = not place or (gaps[place] != " " and _SENTENCE.search(gaps[place]))
            counts = begins if begin else inside
            counts[low] = counts.get(low, 0) + 1
            large += 1
        elif first.islower():
            lower.add(low)
            small += 1
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
