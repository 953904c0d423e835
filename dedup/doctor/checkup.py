"""What a check-up finds: frozen records, and their form as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Literal

Level = Literal["ok", "look", "problem", "unknown"]
"""How bad a finding is; `unknown` where the input lacks what it needs.

The limits between them are rules of thumb, tried on a handful of news corpora; each
finding names its own in `means`.
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A story (or copies of one text) that a finding is about.

    Args:
        story: Id of its story group.
        message: What is remarkable about it.
        ids: The first few articles concerned.
        headline: A title of it, empty where no articles were given.
    """

    story: str
    message: str
    ids: tuple[str, ...] = ()
    headline: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined.

    Args:
        name: What was examined: "largest story", "weak links", ...
        level: How bad it is.
        message: What was measured, as a sentence.
        interpretation: What that means, and the limits of the levels.
        advice: What to do about it: which setting to change.
        figures: What was measured, as numbers by name.
        examples: The worst ten at most.
        stories: Ids of all story groups concerned, the worst first.
    """

    name: str
    level: Level
    message: str
    interpretation: str
    advice: str
    figures: Mapping[str, float | None] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    stories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageShare:
    """How far a language takes part in stories.

    Args:
        language: Its code; empty for texts of unknown language.
        articles: Articles in it.
        texts: Independent texts in it.
        grouped: Share of these in stories of several texts.
        mixed: Share of these in stories that have texts of another language too.
        expected: What `mixed` would be if stories, as large as they are, took no
            notice of language.
        behind: Whether it mixes not at all, or far less than the others do.
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
        story: Id of the story group.
        texts: Independent texts.
        span_days: From its first to its last text; None if none has a date.
        weakest: Lowest mean P(same event) of its texts; None in a story of one text.
        remark: The finding that it stands under, empty if none.
    """

    story: str
    texts: int
    span_days: float | None
    weakest: float | None
    remark: str


@dataclass(frozen=True, slots=True)
class Checkup:
    """What is remarkable about the story groups of a result.

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
        notes: What a reader of the check-up should know.
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
        for each in self.findings:
            if each.name == name:
                return each
        raise KeyError(name)

    def to_dict(self) -> dict[str, object]:
        """The same as JSON values, under the same names, without `shapes`."""
        values: dict[str, object] = {
            name.name: getattr(self, name.name)
            for name in dataclasses.fields(self)
            if name.name != "shapes"
        }
        values["max_gap"] = f"{self.max_gap / timedelta(hours=1):g}h"
        values["findings"] = [_plain(each) for each in self.findings]
        values["languages"] = [dataclasses.asdict(each) for each in self.languages]
        return values


def _plain(finding: Finding) -> dict[str, object]:
    values = {each.name: getattr(finding, each.name) for each in dataclasses.fields(finding)}
    values["figures"] = dict(finding.figures)
    values["examples"] = [dataclasses.asdict(each) for each in finding.examples]
    return values


def level_of(share: float, *, look: float, problem: float) -> Level:
    """The level of a share that is bad when it is high; both limits are included.

    >>> level_of(0.05, look=0.05, problem=0.2)
    'look'
    """
    if share >= problem:
        return "problem"
    return "look" if share >= look else "ok"


def percent(share: float) -> str:
    """A share for reading; what is not nothing is not shown as nothing.

    >>> percent(0.142), percent(0.0521), percent(0.0002), percent(0.0)
    ('14 %', '5.2 %', '< 0.1 %', '0 %')
    """
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return f"{100 * share:.{0 if share >= 0.1 else 1}f}".removesuffix(".0") + " %"


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun: `count` of it, `one` for 1, else `many`, by default with an s.

    >>> counted(1, "text"), counted(1200, "text"), counted(2, "story", "stories")
    ('1 text', '1,200 texts', '2 stories')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def days(span: timedelta) -> str:
    """A length of time in days, or in hours if it is shorter than one.

    >>> days(timedelta(days=7)), days(timedelta(hours=24)), days(timedelta(hours=13))
    ('7 days', '1 day', '13 hours')
    """
    value = span / timedelta(days=1)
    if value < 1:
        return counted(round(24 * value), "hour")
    text = f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:,.0f}"
    return "1 day" if text == "1" else f"{text} days"


def middle(spans: Iterable[timedelta]) -> timedelta:
    """The median length of time; zero of none."""
    seconds = [span.total_seconds() for span in spans]
    return timedelta(seconds=median(seconds)) if seconds else timedelta(0)
