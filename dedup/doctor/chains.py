"""Stories that last too long: chains in time, and stories with a hole in the middle.

Only pairs within `max_gap` are candidates for a link. A story that lasts longer holds
together because A is linked with B and B with C, while A and C were never candidates.
An event has a core: most of what is told about it is told at one time. A chain has
none, each day touches only the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from dedup.doctor.checkup import Finding, counted, days, level_of, middle, percent
from dedup.doctor.stories import Corpus, Told

MIN_CORE = 0.5
_CHAIN_TEXTS = 5
_CHAIN_GAPS = 2
_LONG_FACTOR = 3
_THIN_PER_DAY = 0.5
_LOOK, _PROBLEM = 0.01, 0.05
_EXAMPLES = 10
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Course:
    """How a story runs through time.

    Args:
        story: The story.
        span: From the first to the last text.
        silence: Longest time without a text in between.
        core: Largest share of its dated texts within any stretch of `max_gap`.
    """

    story: Told
    span: timedelta
    silence: timedelta
    core: float

    @property
    def per_day(self) -> float:
        return len(self.story.times) / (self.span / _DAY)

    @property
    def says(self) -> str:
        return (
            f"{counted(len(self.story.times), 'text')} over {days(self.span)} "
            f"({self.per_day:.2g} a day), longest silence {days(self.silence)}, "
            f"busiest stretch {percent(self.core)}"
        )


@dataclass(frozen=True, slots=True)
class _Long:
    """Courses that are too long, each in one list, the worst first."""

    chains: Sequence[_Course]
    holes: Sequence[_Course]
    thin: Sequence[_Course]


def chains(corpus: Corpus, max_gap: timedelta) -> Finding:
    """Stories without a core, with a hole, or long and thin."""
    courses = [_course(story, max_gap) for story in corpus.several if story.span]
    found = _too_long(courses, max_gap)
    concerned = [*found.chains, *found.holes]
    share = sum(len(course.story.texts) for course in concerned) / max(corpus.grouped, 1)
    gap = days(max_gap)
    spans = sorted(course.span for course in courses)
    return Finding(
        name="chains",
        level=level_of(share, look=_LOOK, problem=_PROBLEM) if courses else "unknown",
        message=_says(found, share, spans, gap),
        interpretation=f"Texts more than max_gap ({gap}) apart are not compared; a longer story "
        f"hangs "
        "together by what lies between. An event has a core. In a chain each day touches only "
        f"the next, and no {gap} hold half of it. Chains and holes: to look at from "
        f"{percent(_LOOK)} of the grouped texts on, a problem from {percent(_PROBLEM)} on.",
        advice="Lower max_gap or raise min_probability. A hole is often bridged by an undated "
        "article: give it a date.",
        figures={
            "chains": len(found.chains),
            "holes": len(found.holes),
            "thin": len(found.thin),
            "share": share,
            "median_span_days": middle(spans) / _DAY if spans else None,
            "longest_span_days": spans[-1] / _DAY if spans else None,
        },
        examples=tuple(
            course.story.example(f"{kind}: {course.says}")
            for kind, course in [
                *(("chain", course) for course in found.chains),
                *(("hole", course) for course in found.holes),
                *(("thin", course) for course in found.thin),
            ][:_EXAMPLES]
        ),
        stories=tuple(course.story.id for course in concerned),
    )


def _says(found: _Long, share: float, spans: Sequence[timedelta], gap: str) -> str:
    if not spans:
        return "No story has texts of two times: nothing can be said."
    lasting = f"The median story lasts {days(middle(spans))}, the longest {days(spans[-1])}."
    if not (found.chains or found.holes or found.thin):
        return f"No story is a chain, has a hole or is long and thin. {lasting}"
    return (
        f"{counted(len(found.chains), 'story is a chain', 'stories are chains')} in time, "
        f"{len(found.holes):,} {'has' if len(found.holes) == 1 else 'have'} a hole longer than "
        f"{gap} (together {percent(share)} of the grouped texts); {len(found.thin):,} more "
        f"{'is' if len(found.thin) == 1 else 'are'} long and thin. {lasting}"
    )


def _too_long(courses: Sequence[_Course], max_gap: timedelta) -> _Long:
    usual = middle(course.span for course in courses)
    chained, torn, thin = [], [], []
    for course in courses:
        if _is_chain(course, max_gap):
            chained.append(course)
        elif course.silence > max_gap:
            torn.append(course)
        elif course.span > max(max_gap, _LONG_FACTOR * usual) and course.per_day < _THIN_PER_DAY:
            thin.append(course)
    return _Long(
        sorted(
            chained, key=lambda course: (-len(course.story.texts), course.core, course.story.id)
        ),
        sorted(torn, key=lambda course: (-course.silence, course.story.id)),
        sorted(thin, key=lambda course: (course.per_day, course.story.id)),
    )


def _is_chain(course: _Course, max_gap: timedelta) -> bool:
    """Long enough to show it, and no stretch of `max_gap` holds half of the story."""
    return (
        len(course.story.times) >= _CHAIN_TEXTS
        and course.span >= _CHAIN_GAPS * max_gap
        and course.core < MIN_CORE
    )


def _course(story: Told, max_gap: timedelta) -> _Course:
    times = story.times
    return _Course(
        story,
        span=times[-1] - times[0],
        silence=max(later - earlier for earlier, later in pairwise(times)),
        core=_busiest(times, max_gap) / len(times),
    )


def _busiest(times: Sequence[datetime], stretch: timedelta) -> int:
    """The most times that lie within any stretch of that length; `times` ascend."""
    most = start = 0
    for end, time in enumerate(times):
        while time - times[start] > stretch:
            start += 1
        most = max(most, end - start + 1)
    return most
