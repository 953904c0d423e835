"""Made-up news with everything that is hard for an index, and streams of changes to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import xxhash

from dedup.compute.arrays import Float32s
from dedup.records import Article

START = datetime(2024, 2, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SYLLABLES = {
    "en": ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu", "dra", "ster", "glen"],
    "ru": ["ба", "ке", "ли", "мо", "ну", "ра", "се", "ти", "во", "зу", "дра", "стер", "глен"],
    "ar": ["با", "كه", "لي", "مو", "نو", "را", "سه", "تي", "وو", "زو", "درا", "ستر", "قلن"],
    "zh": list("山水木火土金日月人口手目耳心田力"),
}
LINES = (
    "Subscribe to our letter and never miss what matters to you in the morning.",
    "All rights are with the publisher of this page, who may be asked for them.",
)


class HashingEncoder:
    """Sums a fixed random direction of every word: quick, and the same on every machine."""

    def __init__(self, dim: int = 48, revision: str = "1") -> None:
        self.name = "hashing"
        self.revision = revision
        self.dim = dim
        self._known: dict[str, Float32s] = {}

    def encode(self, texts: Sequence[str]) -> Float32s:
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row += self._direction(word)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)

    def _direction(self, word: str) -> Float32s:
        if word not in self._known:
            seed = xxhash.xxh3_64_intdigest(word.encode("utf-8", "replace"))
            # Whole numbers, whose sums are the same in any order.
            self._known[word] = (
                np.random.default_rng(seed).integers(-8, 9, self.dim).astype(np.float32)
            )
        return self._known[word]


@dataclass(frozen=True, slots=True)
class Step:
    """Articles that come or change, and ids of articles that go."""

    put: tuple[Article, ...]
    removed: tuple[str, ...]


def after(articles: Mapping[str, Article], step: Step) -> dict[str, Article]:
    """The articles that are there after a step."""
    found = {id: each for id, each in articles.items() if id not in step.removed}
    return found | {each.id: each for each in step.put}


class World:
    """A pool of some hundred articles.

    Events told several times and in several languages, one of them by many; round-ups of events;
    a template that is filled in again and again, so that large buckets come and go; a series whose
    texts differ in names and numbers; walls that are the bodies of many; exact and edited copies,
    parts of texts, short and empty texts; digests that quote whole texts; versions of one page;
    sources that repeat lines; equal times, times further apart than `max_gap`, and copies with a
    wrong year.

    Args:
        random: Everything is drawn from it.
        size: At least so many articles.
        crowd: So many texts fill in the template, and half as many tell the event of many.
    """

    def __init__(self, random: Random, size: int = 120, crowd: int = 44) -> None:
        self._random = random
        self.articles: list[Article] = []
        tellings = [part for _ in range(max(2, (size - crowd) // 24)) for part in self._event(6)]
        tellings += self._event(crowd // 2)
        for telling in [*tellings, *self._round_ups(tellings), *self._template(crowd)]:
            self._publish(*telling)
        for title, text in (("", "!!!"), ("...", ""), ("Fire", ""), ("", "Fire"), ("", "")):
            self._publish(title or "?", text, "en")
        for telling in [*self._walls(max(4, crowd // 4)), *self._series(max(4, crowd // 3))]:
            self._publish(*telling)
        for telling in self._digests(tellings):
            self._publish(*telling)
        while len(self.articles) < size:
            self._publish(*self._copy(random.choice(self.articles)))
            if random.random() < 0.05:
                self.articles[-1] = replace(self.articles[-1], published_at=START - 400 * DAY)

    def _publish(self, title: str, text: str, language: str) -> None:
        random = self._random
        # Few sources, so that lines are repeated; with an address there is a source all the same.
        source = random.choice(["", "north.example", "south.example", "Harbour Times"])
        if source and random.random() < 0.3:
            text = f"{text}\n{random.choice(LINES)}"
        self.articles.append(
            Article(
                f"n{len(self.articles):03}",
                title,
                text,
                source,
                self._time(),
                random.choice([language, language, language, ""]),
                f"https://www.west.example/{random.choice(['', 'page', 'page?utm_source=x'])}",
            )
        )

    def _time(self) -> datetime:
        random = self._random
        day = timedelta(hours=12 * random.randrange(20))
        return START + day + timedelta(microseconds=random.choice([0, 0, 0, 1, 999_999]))

    def _word(self, language: str, *, name: bool = False) -> str:
        word = "".join(self._random.choices(SYLLABLES[language], k=3))
        return word.capitalize() if name else word

    def _event(self, tellings: int) -> list[tuple[str, str, str]]:
        """Titles, texts and languages of the tellings of one event, which share names."""
        random = self._random
        first = random.choice(list(SYLLABLES))
        names = [self._word("en", name=True) for _ in range(3)]
        found = []
        for _ in range(tellings):
            language = random.choice([first, first, first, *SYLLABLES])
            facts = Random(f"{names[0]} {language}")
            words = ["".join(facts.choices(SYLLABLES[language], k=3)) for _ in range(14)]
            parts = [random.choice([*words, *names]) for _ in range(random.choice([8, 30, 50]))]
            parts += [self._word(language) for _ in range(random.randrange(12))]
            text = (" " if language != "zh" else "，").join(parts)
            found.append((f"{names[0]} {words[0]} {words[1]}", f"{text} {names[1]}.", language))
        return found

    def _round_ups(self, tellings: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        chosen = [self._random.sample(tellings, 5) for _ in range(4)]
        return [("Morning", " ".join(text[:120] for _, text, _ in each), "en") for each in chosen]

    def _digests(self, tellings: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        """Pages with two or three whole texts, one of which may be short."""
        chosen = [self._random.sample(tellings, self._random.choice([2, 3])) for _ in range(3)]
        return [("Briefing", "\n".join(text for _, text, _ in each), "en") for each in chosen]

    def _template(self, count: int) -> list[tuple[str, str, str]]:
        """One text in which up to four words are filled in, in many versions."""
        random = self._random
        base = [self._word("en") for _ in range(64)]
        found = []
        for _ in range(count):
            words = list(base)
            for place in random.sample(range(64), random.randrange(4)):
                words[place] = self._word("en", name=True)
            found.append((f"Weather {self._word('en')}", " ".join(words), "en"))
        return found

    def _walls(self, count: int) -> list[tuple[str, str, str]]:
        """One body, but for a number, under headlines that it says nothing of."""
        return [
            (
                " ".join(self._word("en") for _ in range(4)),
                f"You have now read {number % 3} of our pieces, the rest is for those who pay us.",
                "en",
            )
            for number in range(count)
        ]

    def _series(self, count: int) -> list[tuple[str, str, str]]:
        """One template with other names and numbers, and now and then a correction of a text."""
        found: list[tuple[str, str, str]] = []
        for _ in range(count):
            if found and self._random.random() < 0.3:
                title, text, language = self._random.choice(found)
                found.append((title, f"{text} {self._word(language)}.", language))
                continue
            place, one, two = self._word("en", name=True), *self._random.sample(range(10, 99), 2)
            text = (
                f"A quake of strength {one} was felt in {place} and around it, said the service "
                f"that watches over them, {two} kilometres below the ground of the old town there."
            )
            found.append((f"Quake near {place}", text, "en"))
        return found

    def crowd(self, count: int) -> list[Article]:
        """Versions of one template, all in the same large buckets, at equal and other times."""
        random = self._random
        texts = [text for _, text, _ in self._template(count)]
        return [
            Article(
                f"c{number:03}", "", text, "", START + timedelta(hours=random.randrange(9)), "en"
            )
            for number, text in enumerate(texts)
        ]

    def _copy(self, article: Article) -> tuple[str, str, str]:
        """The text again, with a word changed, a part of it, or with another one below."""
        random = self._random
        words = article.text.split(" ")
        kind = random.randrange(5)
        if kind == 1:
            words[random.randrange(len(words))] = self._word("en")
        elif kind == 2:
            words = words[: max(1, len(words) // 2)]
        elif kind == 3:
            words += random.choice(self.articles).text.split(" ")
        elif kind == 4:
            words = [word.upper() for word in words]
        return article.title, " ".join(words), article.language

    def steps(self, count: int) -> Iterator[Step]:
        """Changes of all sizes, starting with many articles at once."""
        random = self._random
        there: dict[str, Article] = {}
        for number in range(count):
            size = (
                random.choice([0, 1, 1, 1, 2, 3, 8, 40]) if number else 3 * len(self.articles) // 4
            )
            chosen = random.sample(self.articles, size)
            put = {each.id: self._corrected(each) if number else each for each in chosen}
            gone = min(len(there), random.choice([0, 0, 1, 2, 5, 30]))
            removed = tuple(id for id in random.sample(sorted(there), gone) if id not in put)
            step = Step(tuple(put.values()), removed)
            there = after(there, step)
            yield step

    def _corrected(self, article: Article) -> Article:
        """Most often the article as it is, else with another time, text, source or title."""
        random = self._random
        kind = random.randrange(16)
        if kind == 0:
            return replace(article, published_at=self._time())
        if kind == 1:
            return replace(article, text=self._copy(article)[1])
        if kind == 2:
            return replace(article, source=random.choice(["", "north.example"]))
        if kind == 3:
            return replace(article, title=random.choice(["", "Harbour news"]))
        if kind == 4:
            return replace(article, language=random.choice(["en", "ru", ""]))
        return article
