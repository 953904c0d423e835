"""Series of one source that pass for stories: weather, exchange rates, horoscopes.

The issues of a series have the same words and names and differ only in date and numbers, so an
encoder takes them for one event. They can be recognised: they come from one source, at regular
times, under one title.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean

from dedup.doctor.checkup import Finding, level_of, median_span, percent
from dedup.doctor.stories import ExaminedResult, ExaminedStory, ExaminedText
from dedup.output.wording import counted, duration

MIN_ISSUES = 4
MIN_SHARE = 2 / 3
_SHORTEST, _LONGEST = timedelta(hours=6), timedelta(days=31)
_TOLERANCE = 0.25
_REGULAR_GAPS = 2 / 3
_ALIKE_TITLES = 0.5
_MOST_OF_ALL = 0.5
_PROBLEM = 0.05
_EXAMPLES = 10
_NO_SOURCES = "The sources are unknown: give --articles that have a source or a URL."


@dataclass(frozen=True, slots=True)
class _Series:
    """The texts of one source that make up most of a story.

    Args:
        story: The story.
        source: The source.
        issues: Its texts, by time.
        interval: Time from one to the next if it is regular, else None.
        alike: Whether the titles are similar apart from numbers.
    """

    story: ExaminedStory
    source: str
    issues: Sequence[ExaminedText]
    interval: timedelta | None
    alike: bool

    @property
    def description(self) -> str:
        every = f", one every {duration(self.interval)}" if self.interval else ""
        alike = ", with similar titles" if self.alike else ""
        share = f"{len(self.issues):,} of {len(self.story.texts):,} texts from {self.source}"
        return share + every + alike


def series(result: ExaminedResult) -> Finding:
    """Stories mostly from one source, at regular times or under one title."""
    sources = Counter(text.source for text in result.texts)
    candidates = [issues for story in result.several if (issues := _series(story))]
    confirmed = sorted(
        (s for s in candidates if _is_series(s, sources[s.source] / sources.total())),
        key=lambda series: (-len(series.issues), series.story.id),
    )
    share = sum(len(series.issues) for series in confirmed) / max(result.grouped, 1)
    known = any(sources.keys())
    # A single such story is worth a look, however many articles there are.
    look = share or _PROBLEM
    return Finding(
        name="series",
        level=level_of(share, look=look, problem=_PROBLEM) if known else "unknown",
        message=_message(len(confirmed), share) if known else _NO_SOURCES,
        interpretation="Issues of a series (weather, exchange rates, horoscopes) differ only in "
        "date and numbers, and so pass for one event. Flagged are stories with at least "
        f"{MIN_ISSUES} texts, {percent(MIN_SHARE)} of them from one source, at regular intervals "
        "or with similar titles (both, if the source has half of all texts); a problem at "
        f"{percent(_PROBLEM)} of the texts in stories of several texts.",
        advice="Remove such pages before clustering, set max_gap shorter than the time between "
        "two issues, or raise min_probability.",
        figures={"series": len(confirmed), "share": share if known else None},
        examples=tuple(
            series.story.example(series.description, series.issues)
            for series in confirmed[:_EXAMPLES]
        ),
        stories=tuple(series.story.id for series in confirmed),
    )


def _message(count: int, share: float) -> str:
    if not count:
        return "No story looks like a series of one source."
    return (
        f"{counted(count, 'story looks', 'stories look')} like a series of one source "
        f"({percent(share)} of the texts in stories of several texts)."
    )


def _is_series(series: _Series, share_of_all: float) -> bool:
    """Whether the signs suffice; both are needed if the source has half of all texts."""
    regular = series.interval is not None
    if share_of_all >= _MOST_OF_ALL:
        return series.alike and regular
    return series.alike or regular


def _series(story: ExaminedStory) -> _Series | None:
    """The most frequent source of a story and its texts, if they are most of the story."""
    counts = Counter(text.source for text in story.texts if text.source)
    if not counts:
        return None
    source, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    if count < MIN_ISSUES or count < MIN_SHARE * len(story.texts):
        return None
    issues = [text for text in story.texts if text.source == source]
    times = [text.time for text in issues if text.time]
    return _Series(story, source, issues, _interval(times), _alike([t.title for t in issues]))


def _interval(times: Sequence[datetime]) -> timedelta | None:
    """The median time between two issues if they are regular, else None.

    Regular means that two of three times are within a quarter of the median. A bulletin on
    working days is regular; the coverage of an event, which is dense at first, is not.
    """
    gaps = [later - earlier for earlier, later in pairwise(times)]
    if len(gaps) < MIN_ISSUES - 1:
        return None
    usual = median_span(gaps)
    near = sum(abs(gap - usual) <= _TOLERANCE * usual for gap in gaps)
    regular = _SHORTEST <= usual <= _LONGEST and near >= _REGULAR_GAPS * len(gaps)
    return usual if regular else None


def _alike(titles: Sequence[str]) -> bool:
    """Whether consecutive titles share half of their letter trigrams, on average."""
    named = [_trigrams(title) for title in titles if title]
    if len(named) < MIN_ISSUES:
        return False
    return fmean(len(a & b) / max(len(a | b), 1) for a, b in pairwise(named)) >= _ALIKE_TITLES


def _trigrams(title: str) -> frozenset[str]:
    letters = "".join(char for char in title.casefold() if not char.isdigit())
    padded = f"  {' '.join(letters.split())} "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))
