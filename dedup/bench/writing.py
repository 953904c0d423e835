"""The texts of a generated corpus: each is a function of the seed and of its number alone.

A text is made of words that are frequent in its language, by Zipf's law, of words of its topic,
and of what its story has of its own: concepts, names, numbers and rare words. Two texts of one
story share these, in any language, and hardly a sentence beside a quotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from dedup.bench.names import drawn_name, spelled
from dedup.bench.plan import EDITED, SHORTENED, Plan
from dedup.bench.vocabulary import (
    USUAL,
    between,
    concepts,
    general_words,
    joined,
    line,
    usual_words,
)

_STORY, _TEXT, _COPY, _PEOPLE, _PLACE, _SERIES, _SOURCE, _NAMES = range(2, 10)
"""What a stream of random numbers is for: none is used for two purposes."""
_OWN_SHARE = 0.34
_TOPIC_CONCEPTS, _SHARED_CONCEPTS, _STORY_CONCEPTS = 60, 24, 10
_PEOPLE_OF_TOPIC = 4
_PLACES = 3_000
_MEDIAN_WORDS, _WORDS_SPREAD, _FEWEST, _MOST = 170, 0.5, 60, 900
_TOLD_SHARE = 0.45
_QUOTED, _QUOTED_WORDS = 0.35, 18
_FURNISHED = 0.4
_EDITED_EVERY = 70
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Text:
    """A headline and sentences, each a list of words."""

    headline: Sequence[str]
    sentences: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Told:
    """What texts of one story in one language draw from."""

    headline: Sequence[str]
    words: Sequence[str]
    quotation: Sequence[str]


class Writer:
    """Writes the texts of a plan.

    Args:
        plan: What to write.
        seed: Of all words.
    """

    def __init__(self, plan: Plan, seed: int) -> None:
        self._plan = plan
        self._seed = seed
        # Articles come in the order of time: few stories are told at one time.
        self._told = lru_cache(1 << 13)(self._told_in)

    def text(self, number: int) -> tuple[str, str]:
        """Headline and body of an article."""
        plan = self._plan
        original, language = int(plan.original[number]), int(plan.language[number])
        code = plan.languages[language]
        series = int(plan.series[plan.story[number]])
        of_series = series >= 0
        made = self._of_template(number, series, code) if of_series else self._own(original, code)
        if original != number:
            made = self._copied(made, number, code)
        lines = [line(sentence, code) for sentence in made.sentences]
        paragraphs = [between(code).join(lines[k : k + 3]) for k in range(0, len(lines), 3)]
        footer = self._footer(int(plan.source[number]), code)
        return joined(made.headline, code), "\n".join([*paragraphs, *footer])

    def _random(self, purpose: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, purpose, number])

    def _own(self, number: int, code: str) -> Text:
        generator = self._random(_TEXT, number)
        told = self._told(int(self._plan.story[number]), code)
        length = int(_MEDIAN_WORDS * np.exp(_WORDS_SPREAD * generator.standard_normal()))
        length = min(max(length, _FEWEST), _MOST)
        usual = usual_words(code)
        drawn = generator.integers(0, USUAL, length).tolist()
        own = (generator.random(length) < _OWN_SHARE).tolist()
        # Nobody tells everything: a text has a stretch of what there is to tell.
        of_story, first = told.words, int(generator.integers(len(told.words)))
        most = int(_TOLD_SHARE * len(of_story))
        words = [
            of_story[(first + k % most) % len(of_story)] if o else usual[k]
            for k, o in zip(drawn, own, strict=True)
        ]
        sentences = _cut(words, generator)
        if generator.random() < _QUOTED:
            sentences.insert(int(generator.integers(1, len(sentences) + 1)), told.quotation)
        places = generator.permutation(len(told.headline))[: int(generator.integers(5, 9))]
        return Text([told.headline[k] for k in places.tolist()], sentences)

    def _copied(self, made: Text, number: int, code: str) -> Text:
        """A copy of a text, as its kind has it."""
        generator = self._random(_COPY, number)
        kind = int(self._plan.kind[number])
        sentences = list(made.sentences)
        if kind == EDITED:
            usual = usual_words(code)
            total = sum(map(len, sentences))
            for _ in range(1 + total // _EDITED_EVERY):
                chosen = int(generator.integers(len(sentences)))
                words = list(sentences[chosen])
                words[int(generator.integers(len(words)))] = usual[int(generator.integers(USUAL))]
                sentences[chosen] = words
        if kind == SHORTENED:
            sentences = sentences[: max(2, int(len(sentences) * generator.uniform(0.5, 0.9)))]
        headline = list(made.headline)
        if generator.random() < 0.5:
            headline = headline[::-1]
        return Text(headline, sentences)

    def _of_template(self, number: int, series: int, code: str) -> Text:
        """A text of a series: the words of its template, every other one a number of its own."""
        fixed, generator = self._random(_SERIES, series), self._random(_TEXT, number)
        usual = usual_words(code)
        rows = fixed.integers(0, USUAL, (8, 9)).tolist()
        figures = generator.integers(10, 10_000, (8, 3)).tolist()
        sentences = [
            [*(usual[k] for k in row[:3]), str(one), *(usual[k] for k in row[3:6]), str(two),
             *(usual[k] for k in row[6:]), str(three)]
            for row, (one, two, three) in zip(rows, figures, strict=True)
        ]  # fmt: skip
        return Text([usual[k] for row in rows[:2] for k in row[:3]], sentences)

    def _told_in(self, story: int, code: str) -> _Told:
        """Words of a story, each as often as its share of what is its own."""
        generator = self._random(_STORY, story)
        topic = int(self._plan.topic[story])
        known = concepts()
        window = np.random.default_rng([self._seed, _PEOPLE, topic])
        first = int(window.integers(len(known) - _TOPIC_CONCEPTS))
        shared = first + generator.integers(0, _TOPIC_CONCEPTS, _SHARED_CONCEPTS)
        special = generator.integers(0, len(known), _STORY_CONCEPTS)
        about, own = (
            [known[k][code] for k in numbers.tolist() if code in known[k]]
            for numbers in (shared, special)
        )
        general = general_words(code)
        rare = [general[-1 - k] for k in generator.integers(0, len(general) // 2, 6).tolist()]
        people = [spelled(drawn_name(window, int(window.integers(3, 5))), code)
                  for _ in range(_PEOPLE_OF_TOPIC)]  # fmt: skip
        names = [*self._names(story, code), people[int(generator.integers(_PEOPLE_OF_TOPIC))]]
        parent = int(self._plan.parent[story])
        if parent >= 0:
            names.append(self._names(parent, code)[0])
        numbers = [str(int(10 ** generator.uniform(0.5, 4.5))) for _ in range(3)]
        often = ((about, 2), (own, 6), (rare, 2), (names, 5), (numbers, 3))
        items = [(word, times) for part, times in often for word in part]
        order = generator.permutation(len(items)).tolist()
        words = [items[k][0] for k in order for _ in range(items[k][1])]
        usual = usual_words(code)
        places = generator.integers(0, USUAL, _QUOTED_WORDS).tolist()
        quoted = [usual[k] if k % 3 else words[k % len(words)] for k in places]
        return _Told([*names, *own, *about[:3], numbers[0]], words, quoted)

    def _names(self, story: int, code: str) -> list[str]:
        """Names that a story has of its own, the place last."""
        generator = self._random(_NAMES, story)
        people = [drawn_name(generator, int(generator.integers(3, 5))) for _ in range(3)]
        place = int(_PLACES * generator.random() ** 2)
        people.append(drawn_name(self._random(_PLACE, place), 3))
        return [spelled(name, code) for name in people]

    def _footer(self, source: int, code: str) -> list[str]:
        """What an outlet prints below each of its texts, if it does."""
        generator = self._random(_SOURCE, source)
        if generator.random() >= _FURNISHED:
            return []
        usual = usual_words(code)
        return [line([usual[k] for k in generator.integers(0, USUAL, 9).tolist()], code)]


def _cut(words: Sequence[str], generator: np.random.Generator) -> list[Sequence[str]]:
    """Words as sentences of 8 to 20."""
    lengths = generator.integers(8, 21, len(words) // 8 + 1)
    ends = np.cumsum(lengths)
    ends = ends[ends < len(words) - _SHORTEST].tolist()
    return [words[start:end] for start, end in pairwise([0, *ends, len(words)])]
