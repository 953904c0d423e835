"""The texts of a generated corpus: each is a function of the seed and of its row alone.

A text consists of words that are frequent in its language, by Zipf's law, of words of its topic,
and of words of its story: concepts, names, numbers and rare words. Two texts of one story share
these, in any language, but hardly a sentence other than a quotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from dedup.bench.names import random_name, spell
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
"""Purposes of streams of random numbers: each stream has one purpose."""
_OWN_SHARE = 0.34
_TOPIC_CONCEPTS, _SHARED_CONCEPTS, _STORY_CONCEPTS = 60, 24, 10
_PEOPLE_OF_TOPIC = 4
_PLACES = 3_000
_MEDIAN_WORDS, _WORDS_SPREAD, _FEWEST, _MOST = 170, 0.5, 60, 900
_STRETCH_SHARE = 0.45
_QUOTED, _QUOTED_WORDS = 0.35, 18
_FOOTER_SHARE = 0.4
_EDITED_EVERY = 70
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Text:
    """A headline and sentences, each a list of words."""

    headline: Sequence[str]
    sentences: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Material:
    """Words that the texts of one story in one language are made of."""

    headline: Sequence[str]
    words: Sequence[str]
    quotation: Sequence[str]


class Writer:
    """Writes the texts of a plan.

    Args:
        plan: The articles.
        seed: Seed of all words.
    """

    def __init__(self, plan: Plan, seed: int) -> None:
        self._plan = plan
        self._seed = seed
        # Articles are written in the order of time, and few stories are current at one time.
        self._material = lru_cache(1 << 13)(self._make_material)

    def text(self, row: int) -> tuple[str, str]:
        """Headline and body of the article of a row of the plan."""
        plan = self._plan
        original, language = int(plan.original[row]), int(plan.language[row])
        code = plan.languages[language]
        series = int(plan.series[plan.story[row]])
        of_series = series >= 0
        text = self._of_template(row, series, code) if of_series else self._own(original, code)
        if original != row:
            text = self._copy(text, row, code)
        lines = [line(sentence, code) for sentence in text.sentences]
        paragraphs = [between(code).join(lines[k : k + 3]) for k in range(0, len(lines), 3)]
        footer = self._footer(int(plan.source[row]), code)
        return joined(text.headline, code), "\n".join([*paragraphs, *footer])

    def _random(self, purpose: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, purpose, number])

    def _own(self, row: int, code: str) -> Text:
        generator = self._random(_TEXT, row)
        material = self._material(int(self._plan.story[row]), code)
        length = int(_MEDIAN_WORDS * np.exp(_WORDS_SPREAD * generator.standard_normal()))
        length = min(max(length, _FEWEST), _MOST)
        usual = usual_words(code)
        drawn = generator.integers(0, USUAL, length).tolist()
        own = (generator.random(length) < _OWN_SHARE).tolist()
        # No text reports everything: it has a stretch of the words of its story.
        of_story, first = material.words, int(generator.integers(len(material.words)))
        most = int(_STRETCH_SHARE * len(of_story))
        words = [
            of_story[(first + k % most) % len(of_story)] if o else usual[k]
            for k, o in zip(drawn, own, strict=True)
        ]
        sentences = _cut(words, generator)
        if generator.random() < _QUOTED:
            sentences.insert(int(generator.integers(1, len(sentences) + 1)), material.quotation)
        places = generator.permutation(len(material.headline))[: int(generator.integers(5, 9))]
        return Text([material.headline[k] for k in places.tolist()], sentences)

    def _copy(self, text: Text, row: int, code: str) -> Text:
        """A copy of a text, of the kind of its row."""
        generator = self._random(_COPY, row)
        kind = int(self._plan.kind[row])
        sentences = list(text.sentences)
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
        headline = list(text.headline)
        if generator.random() < 0.5:
            headline = headline[::-1]
        return Text(headline, sentences)

    def _of_template(self, row: int, series: int, code: str) -> Text:
        """A text of a series: the words of its template with numbers of its own between them."""
        fixed, generator = self._random(_SERIES, series), self._random(_TEXT, row)
        usual = usual_words(code)
        rows = fixed.integers(0, USUAL, (8, 9)).tolist()
        figures = generator.integers(10, 10_000, (8, 3)).tolist()
        sentences = [
            [*(usual[k] for k in row[:3]), str(one), *(usual[k] for k in row[3:6]), str(two),
             *(usual[k] for k in row[6:]), str(three)]
            for row, (one, two, three) in zip(rows, figures, strict=True)
        ]  # fmt: skip
        return Text([usual[k] for row in rows[:2] for k in row[:3]], sentences)

    def _make_material(self, story: int, code: str) -> _Material:
        """The words of a story, each as often as its share in its texts."""
        generator = self._random(_STORY, story)
        topic = int(self._plan.topic[story])
        known = concepts()
        window = np.random.default_rng([self._seed, _PEOPLE, topic])
        first = int(window.integers(len(known) - _TOPIC_CONCEPTS))
        shared = first + generator.integers(0, _TOPIC_CONCEPTS, _SHARED_CONCEPTS)
        special = generator.integers(0, len(known), _STORY_CONCEPTS)
        about, own = (
            [known[k][code] for k in rows.tolist() if code in known[k]]
            for rows in (shared, special)
        )
        general = general_words(code)
        rare = [general[-1 - k] for k in generator.integers(0, len(general) // 2, 6).tolist()]
        people = [spell(random_name(window, int(window.integers(3, 5))), code)
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
        return _Material([*names, *own, *about[:3], numbers[0]], words, quoted)

    def _names(self, story: int, code: str) -> list[str]:
        """Names of a story, the place last."""
        generator = self._random(_NAMES, story)
        people = [random_name(generator, int(generator.integers(3, 5))) for _ in range(3)]
        place = int(_PLACES * generator.random() ** 2)
        people.append(random_name(self._random(_PLACE, place), 3))
        return [spell(name, code) for name in people]

    def _footer(self, source: int, code: str) -> list[str]:
        """The line that a source prints below each of its texts, if it does."""
        generator = self._random(_SOURCE, source)
        if generator.random() >= _FOOTER_SHARE:
            return []
        usual = usual_words(code)
        return [line([usual[k] for k in generator.integers(0, USUAL, 9).tolist()], code)]


def _cut(words: Sequence[str], generator: np.random.Generator) -> list[Sequence[str]]:
    """Words as sentences of 8 to 20 words."""
    lengths = generator.integers(8, 21, len(words) // 8 + 1)
    ends = np.cumsum(lengths)
    ends = ends[ends < len(words) - _SHORTEST].tolist()
    return [words[start:end] for start, end in pairwise([0, *ends, len(words)])]
