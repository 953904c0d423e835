"""News of look-alike events in seven languages: a hard set that is generated from a seed.

Of each kind of event (`lookalike_events/*.toml`: an earthquake, a rate decision, ...) there are
several places, and in each place several occasions some days apart, with other people and
numbers. What tells two of them apart is therefore a name, a number or the time, while most words
agree. Each event is told by two to six articles of a headline and two or three sentences, in
words that differ. People, companies and figures are invented.
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

FOLDER = Path(__file__).parent / "lookalike_events"
LANGUAGES = ("ar", "de", "en", "es", "fr", "ru", "zh")
PARTS = ("what", "numbers", "voices")
"""Sentences of a fact sheet: an article has the first and one or both of the others."""
_OCCASIONS = 3
_BETWEEN = {"zh": ""}
_DECIMAL_COMMA = {"de", "es", "fr", "ru"}
_FIRST_DAY = datetime(2025, 1, 6, tzinfo=UTC)
_WEEKDAYS = {
    "ar": [
        f"يوم {day}"
        for day in ["الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"]
    ],
    "de": [
        f"am {day}"
        for day in ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
    ],
    "en": [f"on {day}day" for day in ["Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"]],
    "es": [
        f"el {day}"
        for day in ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]
    ],
    "fr": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    "ru": [
        "в понедельник",
        "во вторник",
        "в среду",
        "в четверг",
        "в пятницу",
        "в субботу",
        "в воскресенье",
    ],
    "zh": [f"星期{day}" for day in "一二三四五六日"],
}
_SOURCES = {
    "ar": ("المرصد", "صوت الميناء", "أخبار المدينة", "البيان اليومي"),
    "de": ("Tagesblick", "Nordkurier am Abend", "Morgenbote", "Rundschau Süd"),
    "en": ("Daily Harbour", "The Meridian", "City Ledger", "Northern Wire"),
    "es": ("El Faro Diario", "La Crónica del Sur", "Noticias del Puerto", "El Mirador"),
    "fr": ("Le Courrier du Matin", "La Vigie", "Le Journal des Quais", "Horizons"),
    "ru": ("Северный вестник", "Городская хроника", "Портал-24", "Вечерние новости"),
    "zh": ("海港日报", "城市晚报", "北方快讯", "今日要闻"),
}


@dataclass(frozen=True)
class Event:
    """What happened, by language.

    Attributes:
        name: Of the event, which is its gold cluster.
        start: When it happened.
        facts: Values of the placeholders by language.
    """

    name: str
    start: datetime
    facts: Mapping[str, Mapping[str, str]]


def lookalikes(seed: int = 1, folder: Path = FOLDER) -> tuple[list[Article], dict[str, str]]:
    """Articles, and the event of each by id; the same for the same seed.

    Args:
        seed: Of all that is drawn.
        folder: Of the kinds of events.
    """
    articles = []
    gold = {}
    for path in sorted(folder.glob("*.toml")):
        kind = tomllib.loads(path.read_text(encoding="utf-8"))
        # A generator for each kind: another kind changes nothing in this one.
        generator = random.Random(f"{seed} {path.stem}")
        for event in _events(path.stem, kind, generator):
            for article in _articles_on(event, kind, generator):
                articles.append(article)
                gold[article.id] = event.name
    return articles, gold


def _events(name: str, kind: Mapping[str, Any], generator: random.Random) -> Iterator[Event]:
    """Events of a kind: places within a week of each other, and again 5 to 16 days later."""
    used: set[tuple[str, float]] = set()
    week = _FIRST_DAY + timedelta(days=generator.randrange(60))
    for number, place in enumerate(kind["places"]):
        start = week + timedelta(hours=generator.randrange(120))
        for occasion in range(_OCCASIONS):
            numbers = {
                key: _new(key, span, used, generator) for key, span in kind["ranges"].items()
            }
            facts = {
                language: _facts(language, kind["names"], place[language], occasion, numbers, start)
                for language in LANGUAGES
            }
            yield Event(f"{name}-{number + 1}-{occasion + 1}", start, facts)
            start += timedelta(hours=generator.randrange(5 * 24, 16 * 24))


def _new(
    key: str, span: Sequence[float], used: set[tuple[str, float]], generator: random.Random
) -> float:
    """A number of that range which no other event of the kind has; whole if the range is.

    Raises:
        ValueError: The range has no other number left.
    """
    parts = 1 if isinstance(span[0], int) else 10
    low, high = (round(end * parts) for end in span)
    if sum(name == key for name, _ in used) > high - low:
        raise ValueError(f"{key}: all numbers of {list(span)} are used: give a wider range")
    value = generator.randint(low, high) / parts
    while (key, value) in used:
        value = generator.randint(low, high) / parts
    used.add((key, value))
    return int(value) if parts == 1 else value


def _facts(
    language: str,
    names: Sequence[str],
    spelled: Sequence[str],
    occasion: int,
    numbers: Mapping[str, float],
    start: datetime,
) -> dict[str, str]:
    """Names and numbers as a language writes them; `a|b|c` are those of three occasions."""
    facts = {"day": _WEEKDAYS[language][start.weekday()]}
    for name, value in zip(names, spelled, strict=True):
        options = value.split("|")
        facts[name] = options[occasion % len(options)]
    for key, number in numbers.items():
        facts[key] = str(number)
        if language in _DECIMAL_COMMA:
            facts[key] = facts[key].replace(".", ",")
    return facts


def _articles_on(
    event: Event, kind: Mapping[str, Any], generator: random.Random
) -> Iterator[Article]:
    """Two to six articles on an event, at most two in a language, those in other words."""
    chosen = generator.sample(LANGUAGES * 2, generator.randint(2, 6))
    first = {language: generator.randrange(6) for language in LANGUAGES}
    for number, language in enumerate(chosen):
        wording = first[language] + chosen[:number].count(language)
        wordings, facts = kind[language], event.facts[language]
        others = list(PARTS[1:])
        generator.shuffle(others)
        parts = [PARTS[0], *others[: generator.randint(1, 2)]]
        sentences = [wordings[part][wording % len(wordings[part])] for part in parts]
        headlines = wordings["headlines"]
        delay = timedelta(minutes=generator.randrange(36 * 60))
        yield Article(
            id=f"{event.name}-{number + 1}-{language}",
            title=_capital(headlines[wording % len(headlines)].format(**facts)),
            text=_BETWEEN.get(language, " ").join(
                _capital(sentence.format(**facts)) for sentence in sentences
            ),
            source=generator.choice(_SOURCES[language]),
            published_at=event.start + delay,
            language=language,
        )


def _capital(sentence: str) -> str:
    """Its first letter in upper case: a sentence may begin with a phrase such as `on Monday`."""
    return sentence[:1].upper() + sentence[1:]
