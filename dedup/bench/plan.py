"""The plan of a generated corpus, before a word is written: arrays with a row for each article.

Sizes of stories have a median of two and a tail that falls off like a power, as in news. A story
has one topic; a topic has many stories, some of which follow up on the previous one, so that they
look alike. Of the articles of a story, some have a text of their own, the others are copies of
one of these, hours later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import BoolMask, Float64s, Int64s

Uint8s = npt.NDArray[np.uint8]

LANGUAGES: Mapping[str, float] = {
    "en": 0.36,
    "ru": 0.14,
    "es": 0.1,
    "ar": 0.1,
    "zh": 0.08,
    "de": 0.07,
    "fr": 0.07,
    "tr": 0.04,
    "hi": 0.04,
}
"""Languages that can be written, with their default shares of the articles."""
OWN, EXACT, EDITED, SHORTENED, TEMPLATE = range(5)
"""Kinds of texts: its own; a copy word by word, with small edits, or of the beginning only; and
one of a series that fills other numbers into one template, as weather and rates do."""

_TAIL, _SCALE = 1.3, 1.7
_LARGEST, _LARGEST_OF_FEW, _LARGEST_SHARE = 500, 20, 0.01
_TEMPLATES_AMONG_SINGLES = 0.3
_COPIES = 0.35
_COPY_KINDS = (0.4, 0.4, 0.2)
_HOME_LANGUAGE = 0.7
_FOLLOW_UPS = 0.35
_DELAY_DAYS, _COPY_DELAY_DAYS = 0.5, 0.15
_RUSH_HOUR = 13
_TOPICS_PER_ROOT = 6.0
_SOURCES_PER_ROOT = 1.0
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Plan:
    """n articles to write, in the order of time, in m stories.

    Args:
        seconds: Time of each article since the first day began, shape (n,).
        story: Story of each article, shape (n,); each text of a template is a story.
        original: Row of the article that each article copies, its own row for the others, (n,).
        kind: `OWN`, `EXACT`, `EDITED`, `SHORTENED` or `TEMPLATE` for each article, (n,).
        language: Index in `languages` of each article, (n,).
        source: Number of the source of each article, (n,); sources have one language.
        languages: Codes.
        topic: Topic of each story, (m,).
        series: Series of templates of each story, -1 for none, (m,).
        parent: Story that each story follows up on, -1 for none, (m,).
    """

    seconds: Int64s
    story: Int64s
    original: Int64s
    kind: Uint8s
    language: Int64s
    source: Int64s
    languages: tuple[str, ...]
    topic: Int64s
    series: Int64s
    parent: Int64s


def plan_corpus(count: int, days: float, seed: int, languages: Mapping[str, float]) -> Plan:
    """A plan of so many articles; the same for the same arguments."""
    generator = np.random.default_rng([seed, 0])
    sizes = story_sizes(count, generator)
    story = np.repeat(np.arange(len(sizes)), sizes)[:count]
    place = np.arange(count) - (np.cumsum(sizes) - sizes)[story]
    sizes = np.bincount(story)

    topic = _popular(generator, len(sizes), round(_TOPICS_PER_ROOT * np.sqrt(count)) + 1)
    begins = _moments(generator, len(sizes), days)
    series = np.full(len(sizes), -1)
    filled = np.flatnonzero(
        (sizes == 1) & (generator.random(len(sizes)) < _TEMPLATES_AMONG_SINGLES)
    )
    series[filled] = np.arange(len(filled)) % (round(len(filled) / days) + 1)

    original, kind = _copies(generator, place, series[story] >= 0)
    shares = np.array(list(languages.values()))
    own = generator.choice(len(shares), count, p=shares / shares.sum())
    home = own[np.cumsum(sizes) - sizes][story]
    of_series = generator.choice(len(shares), len(filled) + 1, p=shares / shares.sum())
    language = np.where(generator.random(count) < _HOME_LANGUAGE, home, own)
    language = np.where(series[story] >= 0, of_series[series[story]], language)[original]

    seconds = begins[story] + np.where(place > 0, generator.exponential(_DELAY_DAYS, count), 0)
    later = generator.exponential(_COPY_DELAY_DAYS, count)
    seconds = np.where(original == np.arange(count), seconds, seconds[original] + later)
    sources = round(_SOURCES_PER_ROOT * np.sqrt(count)) + 2 * len(shares)
    source = _popular(generator, count, sources // len(shares)) * len(shares) + language
    fixed = series[story] >= 0
    source[fixed] = (series[story][fixed] % 3) * len(shares) + language[fixed]

    order = np.argsort(seconds, kind="stable")
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    return Plan(
        (seconds[order] * _DAY).astype(np.int64),
        story[order],
        rank[original[order]],
        kind[order],
        language[order],
        source[order],
        tuple(languages),
        topic,
        series,
        _parents(generator, topic, begins),
    )


def story_sizes(count: int, generator: np.random.Generator) -> Int64s:
    """Articles of each story, until there are `count`: 1 + Pareto, at most 20 and 1 % and 500.

    P(size > k) = (1 + k / 1.7) ** -1.3: of the stories, 45 % have one article, half have at most
    two, and the largest ones hundreds; int64 of shape (m,).
    """
    sizes = 1 + (generator.pareto(_TAIL, count) * _SCALE).astype(np.int64)
    sizes = np.minimum(sizes, min(_LARGEST, _LARGEST_OF_FEW + int(_LARGEST_SHARE * count)))
    return sizes[: int(np.searchsorted(np.cumsum(sizes), count)) + 1]


def _popular(generator: np.random.Generator, count: int, kinds: int) -> Int64s:
    """Random numbers below `kinds`, the small ones more often."""
    return (kinds * generator.random(count) ** 2).astype(np.int64)


def _moments(generator: np.random.Generator, count: int, days: float) -> Float64s:
    """Random times in days: any day, most at noon, few at night."""
    whole = max(1, round(days))
    hours = generator.triangular(0, _RUSH_HOUR, 24, count)
    return (generator.integers(0, whole, count) + hours / 24) * (days / whole)


def _copies(
    generator: np.random.Generator, place: Int64s, filled: BoolMask
) -> tuple[Int64s, Uint8s]:
    """Row of the article that each article copies, most often the first of its story; and kinds."""
    count = len(place)
    rows = np.arange(count)
    copied = (place > 0) & (generator.random(count) < _COPIES)
    earlier = (place * generator.random(count) ** 3).astype(np.int64)
    original: Int64s = np.where(copied, rows - place + earlier, rows)
    # A copy of a copy is one of the original.
    while (further := original[original]).tolist() != original.tolist():
        original = further
    kinds = 1 + generator.choice(len(_COPY_KINDS), count, p=_COPY_KINDS)
    kind = np.where(copied, kinds, np.where(filled, TEMPLATE, OWN)).astype(np.uint8)
    return original, kind


def _parents(generator: np.random.Generator, topic: Int64s, begins: Float64s) -> Int64s:
    """The previous story on the topic of each story, for some of them."""
    order = np.lexsort((begins, topic))
    parent = np.full(len(topic), -1)
    follows = (topic[order][1:] == topic[order][:-1]) & (
        generator.random(len(topic) - 1) < _FOLLOW_UPS
    )
    parent[order[1:][follows]] = order[:-1][follows]
    return parent
