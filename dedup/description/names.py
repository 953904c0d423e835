"""Names in texts of scripts with case: capitalised words and runs of them.

Spellings that differ by accents or case alone are one name, in its most frequent spelling.
The first word of a sentence is capitalised anyway. It counts only if the texts also have it
capitalised inside a sentence. Lines in which most words are capitalised, such as titles in
some languages, are skipped. German capitalises every noun, so a single word of a German text
counts as a name only if a text in another language has it too.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from dedup.compute.arrays import Int64s, UInt64s
from dedup.compute.processes import spread
from dedup.text.normalization import key
from dedup.text.rarity import MAX_BITS, WEIGHT_UNIT, language_numbers, term_weights
from dedup.text.shingles import tokenize

MAX_NAMES = 8
_MIN_BITS = 4.0
_UNKNOWN_WEIGHT = round(MAX_BITS / WEIGHT_UNIT)
_MAX_WORDS = 4
_STORIES_AT_ONCE = 512
_TEXTS_REMEMBERED = 1024
_WORDS_REMEMBERED = 1 << 16
_MOSTLY = 0.6
_ALL_NOUNS = frozenset({"de", "lb", "nds"})

_CAPITALS = "".join(
    chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) in ("Lu", "Lt")
)
_WORD = rf"[{_CAPITALS}](?:\w+|(?=['’][{_CAPITALS}]\w))(?:[-'’][{_CAPITALS}]\w+)*"
_RUN = re.compile(rf"(?<!\w){_WORD}(?:[ \u00a0]{_WORD})*")
_LETTERS = re.compile(r"\w+")
_ANY_WORD = re.compile(r"[^\W\d_]{2,}")
_BEFORE_A_SENTENCE = " \u00a0\t\"'“”„«»‘’‚‹›([{-–—*"
_ENDS = ".!?…:;•|"

Run = tuple[str, ...]
StoryTexts = tuple[Sequence[str], Sequence[str]]
"""The texts of a story and the language of each, empty where unknown."""


def story_names(
    stories: Sequence[StoryTexts], dates: Callable[[str], UInt64s]
) -> list[tuple[str, ...]]:
    """Up to 8 names of each story, from those in several of its texts, or in its only one.

    Names are ranked by the number of texts times the rarity of their rarest word. Of a name
    and a part of it ("Ilse Vantongeren", "Vantongeren") only the longer one is listed, unless
    fewer than half of the texts with the shorter one have it.

    Args:
        stories: Canonical texts of each story, and their languages.
        dates: Maps a language to the hashes of its calendar words, which are no names; see
            `key_terms.calendar_terms`. A function of a module, since worker processes call it.
    """
    starts = range(0, len(stories), _STORIES_AT_ONCE)
    with spread(sum(len(texts) for texts, _ in stories)) as mapped:
        parts = (stories[start : start + _STORIES_AT_ONCE] for start in starts)
        return [names for part in mapped(partial(_names, dates), parts) for names in part]


@lru_cache(maxsize=_TEXTS_REMEMBERED)
def proper_words(text: str, language: str) -> frozenset[str]:
    """Words of a text that are capitalised inside a sentence, case-folded.

    Args:
        text: A canonical text.
        language: Its language; one that capitalises every noun has none.
    """
    if language in _ALL_NOUNS:
        return frozenset()
    words = _runs_of(text).inside
    return frozenset(part for word in words for part in _LETTERS.findall(word.casefold()))


def _names(dates: Callable[[str], UInt64s], stories: Sequence[StoryTexts]) -> list[tuple[str, ...]]:
    repeated = [_repeated_runs(texts, languages) for texts, languages in stories]
    rarity = _Rarity(sorted({word for runs in repeated for run in runs for word in run}), dates)
    return [
        _ranked(runs, rarity.of(languages))
        for runs, (_, languages) in zip(repeated, stories, strict=True)
    ]


def _repeated_runs(texts: Sequence[str], languages: Sequence[str]) -> dict[Run, int]:
    """Number of texts by run, for runs that are in several of the texts or in the only one."""
    needed = min(2, len(texts))
    return {run: n for run, n in _counts(texts, languages).items() if n >= needed}


def _ranked(counts: Mapping[Run, int], bits: Mapping[str, float]) -> tuple[str, ...]:
    """The most specific names, given the rarity of each word."""
    rarest = {run: max(bits[word] for word in run) for run in counts}
    rare = {
        run: count
        for run, count in counts.items()
        if rarest[run] >= _MIN_BITS and all(bits[word] >= 0 for word in run)
    }
    ranked = sorted(_whole_names(rare), key=lambda run: (-rare[run] * rarest[run], run))
    return tuple(" ".join(run) for run in ranked[:MAX_NAMES])


class _Rarity:
    """Rarity of words in bits; negative for those that are part of a date."""

    def __init__(self, words: Sequence[str], dates: Callable[[str], UInt64s]) -> None:
        self._words = words
        self._dates = dates
        self._tokens = tokenize(words)
        self._known: dict[tuple[str, ...], dict[str, float]] = {}
        starts, stops = self._tokens.offsets[:-1], self._tokens.offsets[1:]
        self._full = np.flatnonzero(stops > starts)
        self._starts = starts[self._full]

    def of(self, languages: Iterable[str]) -> Mapping[str, float]:
        """Rarity of all words, with the dates of those languages."""
        key = tuple(sorted(set(languages)))
        if key not in self._known:
            dates = np.concatenate([self._dates(code) for code in key])
            bits = np.full(len(self._words), -1.0)
            if len(self._full):
                weights = self._weights(key) * WEIGHT_UNIT
                bits[self._full] = np.maximum.reduceat(weights, self._starts)
                timely = np.isin(self._tokens.hashes, dates)
                bits[self._full[np.logical_or.reduceat(timely, self._starts)]] = -1.0
            self._known[key] = dict(zip(self._words, bits.tolist(), strict=True))
        return self._known[key]

    def _weights(self, languages: Sequence[str]) -> Int64s:
        """Rarity of all tokens in the language where each is the most common, int64."""
        hashes = self._tokens.hashes
        numbers = [number for number in language_numbers(languages).tolist() if number]
        if not numbers:
            # A capital says that it is a name, where nothing says how rare it is.
            return np.full(len(hashes), _UNKNOWN_WEIGHT)
        weights = [term_weights(hashes, np.full(len(hashes), number)) for number in numbers]
        lowest: Int64s = np.minimum.reduce(weights)
        return lowest


def _counts(texts: Sequence[str], languages: Sequence[str]) -> Counter[Run]:
    """Number of texts by run of capitalised words; parts of longer runs are runs too."""
    of_texts = [_runs_of(text) for text in texts]
    inside = frozenset(word for runs in of_texts for word in runs.inside)
    parts_of = [runs.parts(inside) for runs in of_texts]
    elsewhere = {
        run
        for parts, language in zip(parts_of, languages, strict=True)
        for run in parts
        if language not in _ALL_NOUNS
    }
    named = [{run for run in parts if len(run) > 1 or run in elsewhere} for parts in parts_of]
    spelling = _spellings(Counter(run for runs in named for run in runs))
    return Counter(run for runs in named for run in {spelling[_folded(run)] for run in runs})


def _spellings(counts: Counter[Run]) -> dict[Run, Run]:
    """The most frequent of the runs that differ by accents or case alone, by folded run."""
    spellings: dict[Run, Run] = {}
    # Of equally frequent ones, the one that does not leave out accents.
    for run in sorted(counts, key=lambda run: (-counts[run], "".join(run).isascii(), run)):
        spellings.setdefault(_folded(run), run)
    return spellings


@dataclass(frozen=True, slots=True)
class _TextRuns:
    """Runs of capitalised words of a text.

    Args:
        inside: The words that stand inside a sentence.
        certain: The runs, and the shorter runs in them, without the words that begin a sentence.
        begun: Each word that begins a sentence, with the runs that it begins.
    """

    inside: frozenset[str]
    certain: frozenset[Run]
    begun: tuple[tuple[str, tuple[Run, ...]], ...]

    def parts(self, inside: frozenset[str]) -> set[Run]:
        """All runs, without what only begins a sentence.

        Args:
            inside: Words that stand inside a sentence, here or elsewhere.
        """
        begun = (run for word, runs in self.begun if word in inside for run in runs)
        return {*self.certain, *begun}


@lru_cache(maxsize=_TEXTS_REMEMBERED)
def _runs_of(text: str) -> _TextRuns:
    """The runs of a text.

    Remembered, as a story of an index is described again with each text that joins it.
    """
    runs = list(_iter_runs(text))
    certain = (part for run, begins in runs for part in _parts(run[begins:]))
    begun = ((run[0], tuple(_beginnings(run))) for run, begins in runs if begins)
    inside = (word for run, begins in runs for word in run[begins:])
    return _TextRuns(frozenset(inside), frozenset(certain), tuple(begun))


def _parts(run: Run) -> Iterator[Run]:
    """A run and the shorter runs in it."""
    for start in range(len(run)):
        yield from _beginnings(run[start:])


def _beginnings(run: Run) -> Iterator[Run]:
    """The runs that begin as this one does."""
    for stop in range(1, min(_MAX_WORDS, len(run)) + 1):
        yield run[:stop]


def _iter_runs(text: str) -> Iterator[tuple[Run, bool]]:
    for line in text.split("\n"):
        hits = list(_RUN.finditer(line))
        if not hits:
            continue
        runs = [tuple(hit[0].replace("\u00a0", " ").split(" ")) for hit in hits]
        if sum(map(len, runs)) > _MOSTLY * len(_ANY_WORD.findall(line)):
            continue
        for hit, run in zip(hits, runs, strict=True):
            yield run, _begins_sentence(line, hit.start())


def _begins_sentence(line: str, start: int) -> bool:
    position = start - 1
    while position >= 0 and line[position] in _BEFORE_A_SENTENCE:
        position -= 1
    return position < 0 or line[position] in _ENDS


def _whole_names(counts: dict[Run, int]) -> list[Run]:
    """The runs without those that are part of another one, or without rare longer ones.

    The words of a compound such as "Palermo-Messina" are parts of it.
    """
    by_words = {_words_of(run): run for run in sorted(counts)}
    dropped: set[Run] = set()
    for words, run in sorted(by_words.items(), key=lambda item: (-len(item[0]), item[1])):
        if run not in dropped:
            for part in _parts_of(words, by_words):
                dropped.add(part if 2 * counts[run] >= counts[part] else run)
    chosen = set(by_words.values()) - dropped
    return [run for run in counts if run in chosen]


def _folded(run: Run) -> Run:
    return tuple(map(_folded_word, run))


@lru_cache(maxsize=_WORDS_REMEMBERED)
def _folded_word(word: str) -> str:
    return key(word)


def _words_of(run: Run) -> Run:
    """The folded words of a run, those of compounds too."""
    return tuple(part for word in run for part in _folded_word(word).split("-"))


def _parts_of(words: Run, by_words: Mapping[Run, Run]) -> Iterator[Run]:
    for size in range(1, len(words)):
        for start in range(len(words) - size + 1):
            if part := by_words.get(words[start : start + size]):
                yield part
