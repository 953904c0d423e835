"""Made-up series of sources beside real small edits: what is a copy, and what only looks like one.

A series is a template of one source that is filled in with another name, place, day and other
numbers each time. Beside the texts stand what editors make of a report: a new toll, a name spelled
right, other words, a sentence more, reprints by others. The texts are in `series_texts.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from dedup.records import Article

_START = datetime(2024, 3, 4, 6, tzinfo=UTC)
_TEXTS: Mapping[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article, and what it is about.

    Args:
        article: The article.
        event: Equal for a report and what became of it.
    """

    article: Article
    event: str


def filled(template: Mapping[str, str], number: int, random: Random) -> tuple[str, str]:
    """Title and text of a template with other details for each number."""
    people = _TEXTS["people"]
    ending = template.get("ending", "")
    places = [place + ending for place in _TEXTS["places"][template["script"]].split()]
    values = {
        "place": places[number % len(places)],
        "other": places[(number + 7) % len(places)],
        "person": people[number % len(people)],
        "day": _TEXTS["days"][template["language"]].split()[number % 7],
        "clock": f"{random.randrange(1, 23):02}:{random.randrange(60):02}",
        "decimal": f"{random.randrange(3, 7)}.{random.randrange(10)}",
        "two": random.randrange(11, 49),
        "one": random.randrange(2, 9),
        "age": random.randrange(51, 98),
        "date": random.randrange(1, 30),
    }
    return template["title"].format(**values), template["text"].format(**values)


def labelled_texts(texts_of_a_series: int = 12, seed: int = 19) -> Sequence[Labelled]:
    """Series, small edits of what they tell, and reports with what became of them."""
    random = Random(seed)
    return [*_series(texts_of_a_series, random), *_reports()]


def _series(count: int, random: Random) -> Iterator[Labelled]:
    for template in _TEXTS["templates"]:
        language = template["language"]
        name = f"{template['kind']} {language}"
        for number in range(count):
            title, text = filled(template, number, random)
            time = _START + timedelta(days=number % 7, hours=random.randrange(12))
            event = f"{name} {number}"
            yield Labelled(_article(event, title, text, f"{name} Times", time, language), event)
            # Another outlet prints it, hours later and with words of its own.
            later = time + timedelta(hours=3)
            own = f"{text} ({random.choice(_TEXTS['people'])})"
            reprint = _article(f"{event} reprint", title, own, f"{event} Post", later, language)
            yield Labelled(reprint, event)


def _reports() -> Iterator[Labelled]:
    for report in _TEXTS["reports"]:
        title, text, language = report["title"], report["text"], report["language"]
        event, id = "report", f"report {language}"
        yield Labelled(_article(id, title, text, "Coast Times", _START, language), event)
        for number, edit in enumerate(report["edits"]):
            edited = text
            for old, new in edit["words"].items():
                edited = edited.replace(old, new)
            time = _START + timedelta(hours=edit["hours"])
            for source in ("Coast Times", "Wire"):
                own = f"{id} {number} {source}"
                headline = edit["title"] or title
                yield Labelled(_article(own, headline, edited, source, time, language), event)


def _article(id: str, title: str, text: str, source: str, time: datetime, language: str) -> Article:
    return Article(id, title, text, source, time, language)
