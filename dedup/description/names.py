"""Names in texts of scripts with case: capitalised words and runs of them.

A word that begins a sentence is capitalised anyway; it counts only where the same word
stands capitalised inside a sentence of the same texts. Lines whose words are mostly
capitalised, as titles of some languages are, say nothing about names and are passed over.
In German every noun is capitalised: a single word of a German text is taken for a name only
where a text in another language has it too.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial

import numpy as np

from dedup.compute.arrays import UInt64s
from dedup.compute.processes import spread
from dedup.text.shingles import tokenize
from dedup.text.terms import WEIGHT_UNIT, term_weights

MAX_NAMES = 8
_MIN_BITS = 5.0
_MAX_WORDS = 4
_STORIES_AT_ONCE = 512
_TEXTS_REMEMBERED = 4096
_MOSTLY = 0.6
_ALL_NOUNS = frozenset({"de", "lb", "nds"})

_CAPITALS = "".join(
    chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) in ("Lu", "Lt")
)
_WORD = rf"[{_CAPITALS}](?:\w+|(?=['’][{_CAPITALS}]\w))(?:[-'’][{_CAPITALS}]\w+)*"
_RUN = re.compile(rf"(?<!\w){_WORD}(?:[ \u00a0]{_WORD})*")
_ANY_WORD = re.compile(r"[^\W\d_]{2,}")
_BEFORE_A_SENTENCE = " \u00a0\t\"'“”„«»‘’‚‹›([{-–—*"
_ENDS = ".!?…:;•|"

Run = tuple[str, ...]
Told = tuple[Sequence[str], Sequence[str]]
"""The texts of a story and the language of each, empty where unknown."""


def story_names(stories: Sequence[Told], dates: Callable[[str], UInt64s]) -> list[tuple[str, ...]]:
    """Up to 8 names of each story that stand in several of its texts, or in its only one.

    Those in the most texts times the rarity of their rarest word come first. Of a name and
    a part of it ("Ilse Vantongeren", "Vantongeren") the longer one is named, unless it
    stands in less than half of the texts of the shorter one.

    Args:
        stories: Canonical texts of each story, and their languages.
        dates: Hashes of the terms of a language that are no names; see
            `story_terms.calendar_terms`. A function of a module: other processes call it.
    """
    starts = range(0, len(stories), _STORIES_AT_ONCE)
    with spread(sum(len(texts) for texts, _ in stories)) as mapped:
        parts = (stories[start : start + _STORIES_AT_ONCE] for start in starts)
        return [names for part in mapped(partial(_named, dates), parts) for names in part]


def _named(dates: Callable[[str], UInt64s], stories: Sequence[Told]) -> list[tuple[str, ...]]:
    found = [_several(texts, languages) for texts, languages in stories]
    rarity = _Rarity(sorted({w for each in found for run in each for w in run}), dates)
    return [
        _ranked(each, rarity.of(languages))
        for each, (_, languages) in zip(found, stories, strict=True)
    ]


def _several(texts: Sequence[str], languages: Sequence[str]) -> dict[Run, int]:
    """Runs that stand in several of the texts, or in the only one."""
    needed = min(2, len(texts))
    return {run: n for run, n in _counts(texts, languages).items() if n >= needed}


def _ranked(found: Mapping[Run, int], bits: Mapping[str, float]) -> tuple[str, ...]:
    """The most telling names, given the rarity of each word."""
    rarest = {run: max(bits[word] for word in run) for run in found}
    known = {
        run: count
        for run, count in found.items()
        if rarest[run] >= _MIN_BITS and all(bits[word] >= 0 for word in run)
    }
    ranked = sorted(_whole_names(known), key=lambda run: (-known[run] * rarest[run], run))
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
        weights = term_weights(self._tokens.hashes) * WEIGHT_UNIT
        self._bits = np.full(len(words), -1.0)
        if len(self._full):
            self._bits[self._full] = np.maximum.reduceat(weights, self._starts)

    def of(self, languages: Iterable[str]) -> Mapping[str, float]:
        """Rarity of all words, with the dates of those languages."""
        key = tuple(sorted(set(languages)))
        if key not in self._known:
            dates = np.concatenate([self._dates(code) for code in key])
            bits = self._bits.copy()
            if len(self._full):
                timely = np.isin(self._tokens.hashes, dates)
                bits[self._full[np.logical_or.reduceat(timely, self._starts)]] = -1.0
            self._known[key] = dict(zip(self._words, bits.tolist(), strict=True))
        return self._known[key]


def _counts(texts: Sequence[str], languages: Sequence[str]) -> Counter[Run]:
    """In how many texts each run of capitalised words stands, parts of longer runs included."""
    found = [_runs(text) for text in texts]
    inside = {word for runs in found for run, begins in runs for word in run[begins:]}
    parts = [set(_parts(runs, inside)) for runs in found]
    elsewhere = {
        run
        for each, language in zip(parts, languages, strict=True)
        for run in each
        if language not in _ALL_NOUNS
    }
    counts: Counter[Run] = Counter()
    for each in parts:
        counts.update(run for run in each if len(run) > 1 or run in elsewhere)
    return counts


def _parts(runs: Sequence[tuple[Run, bool]], inside: set[str]) -> Iterator[Run]:
    """Runs and the shorter runs in them, without what only begins a sentence."""
    for run, begins in runs:
        kept = run[1:] if begins and run[0] not in inside else run
        for i in range(len(kept)):
            for j in range(i + 1, min(i + _MAX_WORDS, len(kept)) + 1):
                yield kept[i:j]


@lru_cache(maxsize=_TEXTS_REMEMBERED)
def _runs(text: str) -> tuple[tuple[Run, bool], ...]:
    """Runs of capitalised words, and whether each begins a sentence.

    A story that grows is told again with each text that joins it.
    """
    return tuple(_found_runs(text))


def _found_runs(text: str) -> Iterator[tuple[Run, bool]]:
    for line in text.split("\n"):
        found = list(_RUN.finditer(line))
        if not found:
            continue
        words = [tuple(run[0].replace("\u00a0", " ").split(" ")) for run in found]
        if sum(map(len, words)) > _MOSTLY * len(_ANY_WORD.findall(line)):
            continue
        for run, each in zip(found, words, strict=True):
            yield each, _begins_sentence(line, run.start())


def _begins_sentence(line: str, start: int) -> bool:
    place = start - 1
    while place >= 0 and line[place] in _BEFORE_A_SENTENCE:
        place -= 1
    return place < 0 or line[place] in _ENDS


def _whole_names(counts: dict[Run, int]) -> list[Run]:
    """The runs without parts of them, or without the wholes where those are too seldom."""
    dropped: set[Run] = set()
    for run in sorted(counts, key=lambda run: (-len(run), run)):
        if run in dropped:
            continue
        for size in range(1, len(run)):
            for start in range(len(run) - size + 1):
                part = run[start : start + size]
                if part not in counts:
                    continue
                if 2 * counts[run] >= counts[part]:
                    dropped.add(part)
                else:
                    dropped.add(run)
    return [run for run in counts if run not in dropped]
