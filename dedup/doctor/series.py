"""Series of one source that pass for stories: weather, exchange rates, horoscopes.

The issues of a series are alike in words and names, and differ in their date and
their numbers: an encoder of meaning takes them for one event. They give themselves
away by coming from one source, at regular times, under one title.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean

from dedup.doctor.checkup import Finding, counted, days, level_of, middle, percent
from dedup.doctor.stories import Corpus, Text, Told

MIN_ISSUES = 4
MIN_SHARE = 2 / 3
_SHORTEST, _LONGEST = timedelta(hours=6), timedelta(days=31)
_TOLERANCE = 0.25
_REGULAR_GAPS = 2 / 3
_ALIKE_TITLES = 0.5
_MOST_OF_ALL = 0.5
_PROBLEM = 0.05
_EXAMPLES = 10
_NO_SOURCES = "The sources are not known: give --articles that have a source or a URL."


@dataclass(frozen=True, slots=True)
class _Series:
    """The texts of one source in a story that has mostly these.

    Args:
        story: The story.
        source: The source.
        issues: Its texts, by time.
        interval: Time from one to the next, where that is regular.
        alike: Whether the titles are alike, numbers left out.
    """

    story: Told
    source: str
    issues: Sequence[Text]
    interval: timedelta | None
    alike: bool

    @property
    def says(self) -> str:
        every = f", one every {days(self.interval)}" if self.interval else ""
        alike = ", titles alike" if self.alike else ""
        return f"{len(self.issues):,} of {len(self.story.texts):,} texts from {self.source}" + (
            every + alike
        )


def series(corpus: Corpus) -> Finding:
    """Stories that are mostly one source's, at regular times or under one title."""
    sourced = any(text.source for text in corpus.texts)
    sources = Counter(text.source for text in corpus.texts)
    found = [
        each
        for story in corpus.several
        if (each := _series(story)) and _is_one(each, sources[each.source] / sources.total())
    ]
    found.sort(key=lambda each: (-len(each.issues), each.story.id))
    share = sum(len(each.issues) for each in found) / max(corpus.grouped, 1)
    # One such story is worth a look, in a corpus of any size.
    look = share or _PROBLEM
    return Finding(
        name="series",
        level=level_of(share, look=look, problem=_PROBLEM) if sourced else "unknown",
        message=_says(len(found), share) if sourced else _NO_SOURCES,
        interpretation="Issues of a series (weather, exchange rates, horoscopes) differ in date "
        "and "
        f"numbers only, and pass for one event. Named are stories with {MIN_ISSUES} texts or more "
        f"and {percent(MIN_SHARE)} from one source, at regular times or under titles that are "
        "alike (both, if the source has half of all texts). A problem "
        f"from {percent(_PROBLEM)} of the grouped texts on.",
        advice="Leave such pages out before clustering, lower max_gap below the time between two "
        "issues, or raise min_probability.",
        figures={"series": len(found), "share": share if sourced else None},
        examples=tuple(each.story.example(each.says, each.issues) for each in found[:_EXAMPLES]),
        stories=tuple(each.story.id for each in found),
    )


def _says(found: int, share: float) -> str:
    if not found:
        return "No story is rather a series of one source."
    return (
        f"{counted(found, 'story is', 'stories are')} rather a series of one source "
        f"({percent(share)} of the grouped texts)."
    )


def _is_one(found: _Series, share_of_corpus: float) -> bool:
    """Whether the signs suffice: where one source has most of all texts, both are needed."""
    if share_of_corpus >= _MOST_OF_ALL:
        return found.alike and found.interval is not None
    return found.alike or found.interval is not None


def _series(story: Told) -> _Series | None:
    counts = Counter(text.source for text in story.texts if text.source)
    if not counts:
        return None
    source, count = min(counts.items(), key=lambda each: (-each[1], each[0]))
    if count < MIN_ISSUES or count < MIN_SHARE * len(story.texts):
        return None
    issues = [text for text in story.texts if text.source == source]
    times = [text.time for text in issues if text.time]
    return _Series(story, source, issues, _interval(times), _alike([t.title for t in issues]))


def _interval(times: Sequence[datetime]) -> timedelta | None:
    """The usual time between two issues, if most keep to it.

    Two of three within a quarter of the median: a bulletin of working days is regular,
    the coverage of an event, which is dense at first, is not.
    """
    gaps = [later - earlier for earlier, later in pairwise(times)]
    if len(gaps) < MIN_ISSUES - 1:
        return None
    usual = middle(gaps)
    near = sum(abs(gap - usual) <= _TOLERANCE * usual for gap in gaps)
    regular = _SHORTEST <= usual <= _LONGEST and near >= _REGULAR_GAPS * len(gaps)
    return usual if regular else None


def _alike(titles: Sequence[str]) -> bool:
    """Whether consecutive titles share half of their letter trigrams, in the mean."""
    named = [_trigrams(title) for title in titles if title]
    if len(named) < MIN_ISSUES:
        return False
    return fmean(len(a & b) / max(len(a | b), 1) for a, b in pairwise(named)) >= _ALIKE_TITLES


def _trigrams(title: str) -> frozenset[str]:
    letters = "".join(char for char in title.casefold() if not char.isdigit())
    padded = f"  {' '.join(letters.split())} "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))
