"""News of one affair that lasts a month, in six languages: made up, with gold by construction.

Forty events a week are of eight kinds (`affair_events/*.toml`: a strike on a city, talks, an
exchange of prisoners, ...), in twelve cities and with ten people who come again and again. All
texts share the words of the affair: two countries, a strait, a war. What tells two events of one
kind apart is the place, the people, the numbers and the day. Countries, cities and people are
invented; the words around them are real.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dedup.records import Article

FOLDER = Path(__file__).parent / "affair_events"
LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
DAYS, EVENTS_A_WEEK = 30, 40
_FIRST_DAY = datetime(2025, 3, 3, tzinfo=UTC)
_MOST_TEXTS = 9
_LATE_HOURS = 30
_SOURCES_A_LANGUAGE = 4
_NO_SPACE = {"zh"}


@dataclass(frozen=True)
class Event:
    """What happened.

    Attributes:
        name: Of the event, which is its gold cluster.
        kind: Its sentences by language.
        start: When it happened.
        city: Number of the city.
        person: Number of the person.
        numbers: Its figures, by placeholder.
    """

    name: str
    kind: Mapping[str, Any]
    start: datetime
    city: int
    person: int
    numbers: Mapping[str, int]


def affair(
    *, pages: bool, dated: bool, seed: int = 1, folder: Path = FOLDER
) -> tuple[list[Article], dict[str, str]]:
    """Articles on the affair, and the event of each by id; the same for the same arguments.

    Args:
        pages: Articles of a headline and four or five sentences; else single lines.
        dated: Whether the articles have times.
        seed: Of all that is drawn. The events are the same for pages and lines.
        folder: Of the kinds of events.
    """
    common = tomllib.loads((folder / "common.toml").read_text(encoding="utf-8"))
    articles, gold = [], {}
    for event in _events(random.Random(f"{seed} events"), folder):
        generator = random.Random(f"{seed} {event.name}")
        for article in _articles_on(event, common, generator, pages=pages, dated=dated):
            articles.append(article)
            gold[article.id] = event.name
    return articles, gold


def _events(generator: random.Random, folder: Path) -> Iterator[Event]:
    """Events of all kinds in turn, spread over the days; a kind is not at one place twice a day."""
    paths = sorted(path for path in folder.glob("*.toml") if path.stem != "common")
    kinds = [tomllib.loads(path.read_text(encoding="utf-8")) for path in paths]
    count = DAYS * EVENTS_A_WEEK // 7
    taken: set[tuple[int, int, int]] = set()
    for number in range(count):
        which = number % len(kinds)
        start = _FIRST_DAY + timedelta(hours=generator.uniform(0, 24 * DAYS))
        day = (start - _FIRST_DAY).days
        city = next(
            one
            for one in generator.sample(range(12), 12)
            if not {(which, one, near) for near in (day - 1, day, day + 1)} & taken
        )
        taken.add((which, city, day))
        numbers = {
            name: generator.randint(*span) for name, span in sorted(kinds[which]["ranges"].items())
        }
        name = f"{paths[which].stem}-{number}"
        yield Event(name, kinds[which], start, city, generator.randrange(10), numbers)


def _articles_on(
    event: Event,
    common: Mapping[str, Any],
    generator: random.Random,
    *,
    pages: bool,
    dated: bool,
) -> Iterator[Article]:
    """One to nine articles on an event, few on most of them, in languages that are drawn."""
    count = min(_MOST_TEXTS, 1 + int(generator.expovariate(0.4)))
    for number in range(count):
        language = generator.choice(LANGUAGES)
        facts = {
            "city": common["cities"][language][event.city],
            "person": common["people"][language][event.person],
            **event.numbers,
        }
        sentences = event.kind[language]
        headline = generator.choice(sentences["headlines"]).format(**facts)
        body = _body(sentences, common, language, generator).format(**facts)
        line = generator.choice([headline, generator.choice(sentences["first"]).format(**facts)])
        delay = timedelta(minutes=generator.randrange(60 * _LATE_HOURS))
        yield Article(
            id=f"{event.name}-{number}",
            title=headline if pages else "",
            text=body if pages else line,
            source=f"{language} {generator.randrange(_SOURCES_A_LANGUAGE)}",
            published_at=event.start + delay if dated else None,
            language=language,
        )


def _body(
    sentences: Mapping[str, Sequence[str]],
    common: Mapping[str, Any],
    language: str,
    generator: random.Random,
) -> str:
    """Sentences of a page: what happened, more of it, a voice, and what the affair is about."""
    background = generator.sample(common["background"][language], 2)
    parts = [
        generator.choice(sentences["first"]),
        *generator.sample(sentences["second"], generator.randint(1, 2)),
        generator.choice(common["voices"][language]),
        *background,
    ]
    return ("" if language in _NO_SPACE else " ").join(parts)
