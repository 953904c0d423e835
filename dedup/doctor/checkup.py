"""The findings of a check-up as records, also as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Literal

Level = Literal["ok", "look", "problem", "unknown"]
"""How bad a finding is; `unknown` where the input lacks what is needed to tell.

The limits are rules of thumb, tried on a few news corpora; each finding names its own in
`interpretation`.
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A story (or copies of one text) that a finding is about.

    Args:
        story_group: Id of its story group.
        message: What is unusual about it.
        ids: The first few articles concerned.
        headline: One of its titles; empty if no articles were given.
    """

    story_group: str
    message: str
    ids: tuple[str, ...] = ()
    headline: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one examination.

    Args:
        name: What was examined: "largest story", "weak links", ...
        level: How bad it is.
        message: What was measured, in a sentence.
        interpretation: What that means, and the limits of the levels.
        advice: What to do about it, such as which setting to change.
        figures: What was measured, as numbers by name.
        examples: At most ten, the worst first.
        stories: Ids of all story groups concerned, the worst first.
    """

    name: str
    level: Level
    message: str
    interpretation: str
    advice: str
    figures: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    stories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageShare:
    """How often texts of a language are in stories with other languages.

    Args:
        language: Its code; empty for texts of unknown language.
        articles: Articles in it.
        texts: Independent texts in it.
        grouped: Share of these in stories of several texts.
        mixed: Share of these in stories that also have texts in another language.
        expected: The value of `mixed` if stories of the same sizes ignored language.
        behind: Whether it never mixes, or far less than the others.
    """

    language: str
    articles: int
    texts: int
    grouped: float
    mixed: float
    expected: float
    behind: bool = False


@dataclass(frozen=True, slots=True)
class StoryShape:
    """A story as a dot of the picture.

    Args:
        story_group: Id of the story group.
        texts: Independent texts.
        span_days: From its first to its last text; None if none has a date.
        lowest_probability: Lowest mean P(same event) of its texts; None in a story of one text.
        remark: The gravest finding that lists it, empty if none.
    """

    story_group: str
    texts: int
    span_days: float | None
    lowest_probability: float | None
    remark: str


@dataclass(frozen=True, slots=True)
class Checkup:
    """What is unusual about the story groups of a result.

    Args:
        articles: Articles of the result.
        texts: Independent texts (duplicate clusters).
        stories: Story groups, those of one text included.
        max_gap: Pairs further apart than this were not compared.
        findings: In the order in which they were examined.
        languages: The language with most articles first.
        fit: Texts of stories of several texts by their mean P(same event), in 20
            equal bins from 0 to 1.
        shapes: Every story group, the largest first.
        notes: Limits of the check-up that a reader should know.
    """

    articles: int
    texts: int
    stories: int
    max_gap: timedelta
    findings: tuple[Finding, ...]
    languages: tuple[LanguageShare, ...]
    fit: tuple[int, ...]
    shapes: tuple[StoryShape, ...]
    notes: tuple[str, ...]

    def finding(self, name: str) -> Finding:
        """The finding of that name.

        Raises:
            KeyError: There is none.
        """
        return {finding.name: finding for finding in self.findings}[name]

    def to_dict(self) -> dict[str, object]:
        """The check-up as JSON values, under the same names, without `shapes`."""
        values: dict[str, object] = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "shapes"
        }
        values["max_gap"] = f"{self.max_gap / timedelta(hours=1):g}h"
        values["findings"] = [
            dataclasses.asdict(finding)
            | {"examples": list(map(dataclasses.asdict, finding.examples))}
            for finding in self.findings
        ]
        values["languages"] = [dataclasses.asdict(share) for share in self.languages]
        return values


def level_of(share: float, *, look: float, problem: float) -> Level:
    """The level of a share that is bad if high; the limits belong to the higher level.

    >>> level_of(0.05, look=0.05, problem=0.2)
    'look'
    """
    if share >= problem:
        return "problem"
    return "look" if share >= look else "ok"


def percent(share: float) -> str:
    """A share in percent; a very small one is not shown as 0.

    >>> percent(0.142), percent(0.0521), percent(0.0002), percent(0.0)
    ('14 %', '5.2 %', '< 0.1 %', '0 %')
    """
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return f"{100 * share:.{0 if share >= 0.1 else 1}f}".removesuffix(".0") + " %"


def median_span(spans: Iterable[timedelta]) -> timedelta:
    """Median length of time; 0 if there is none."""
    seconds = [span.total_seconds() for span in spans]
    return timedelta(seconds=median(seconds)) if seconds else timedelta(0)
