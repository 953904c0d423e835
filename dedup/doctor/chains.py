"""Stories that last too long: chains in time, and stories with a hole in the middle.

Only pairs within `max_gap` can be linked. A longer story is connected because A is linked with B
and B with C, while A and C were never compared. The coverage of an event has a core: most of it
is published within one period. A chain has none: each day is linked only with the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from dedup.doctor.checkup import Finding, level_of, median_span, percent
from dedup.doctor.stories import ExaminedResult, ExaminedStory
from dedup.output.wording import counted, duration

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
    """How the texts of a story are spread over time.

    Args:
        story: The story.
        span: From the first to the last text.
        silence: Longest time between consecutive texts.
        core: Largest share of its dated texts within any period of length `max_gap`.
    """

    story: ExaminedStory
    span: timedelta
    silence: timedelta
    core: float

    @property
    def per_day(self) -> float:
        return len(self.story.times) / (self.span / _DAY)

    @property
    def description(self) -> str:
        return (
            f"{counted(len(self.story.times), 'text')} in {duration(self.span)} "
            f"({self.per_day:.2g} a day), longest silence {duration(self.silence)}, "
            f"{percent(self.core)} in its busiest period"
        )


def chains(result: ExaminedResult, max_gap: timedelta) -> Finding:
    """Stories without a core, with a hole, or with few texts over a long time."""
    courses = [_course(story, max_gap) for story in result.several if story.span]
    long = _too_long(courses, max_gap)
    concerned = [*long["chain"], *long["hole"]]
    share = sum(len(course.story.texts) for course in concerned) / max(result.grouped, 1)
    gap = duration(max_gap)
    spans = sorted(course.span for course in courses)
    return Finding(
        name="chains",
        level=level_of(share, look=_LOOK, problem=_PROBLEM) if courses else "unknown",
        message=_message(long, share, spans, gap),
        interpretation=f"Texts more than max_gap ({gap}) apart are not compared, so a longer story "
        "is connected only through the texts in between. Most of the coverage of an event falls "
        f"into one period; in a chain, no {gap} have half of it. Chains and holes are flagged at "
        f"{percent(_LOOK)} of the texts in stories of several texts, a problem at "
        f"{percent(_PROBLEM)}.",
        advice="Lower max_gap or raise min_probability. A hole is often bridged by an article "
        "without a date: give it one.",
        figures={
            "chains": len(long["chain"]),
            "holes": len(long["hole"]),
            "thin": len(long["thin"]),
            "share": share,
            "median_span_days": median_span(spans) / _DAY if spans else None,
            "longest_span_days": spans[-1] / _DAY if spans else None,
        },
        examples=tuple(
            course.story.example(f"{kind}: {course.description}")
            for kind, course in [(kind, c) for kind in long for c in long[kind]][:_EXAMPLES]
        ),
        stories=tuple(course.story.id for course in concerned),
    )


def _message(
    long: Mapping[str, Sequence[_Course]], share: float, spans: Sequence[timedelta], gap: str
) -> str:
    if not spans:
        return "No story has texts of different times, so this cannot be examined."
    median, longest = duration(median_span(spans)), duration(spans[-1])
    lasting = f"The median story lasts {median}, the longest {longest}."
    chained, holes, thin = map(len, long.values())
    if not (chained or holes or thin):
        return f"No story is a chain, has a hole, or is long and thin. {lasting}"
    return (
        f"{counted(chained, 'story is a chain', 'stories are chains')} in time and "
        f"{holes:,} {'has' if holes == 1 else 'have'} a hole longer than "
        f"{gap} (together {percent(share)} of the texts in stories of several texts); "
        f"{thin:,} more {'is' if thin == 1 else 'are'} long and thin. {lasting}"
    )


def _too_long(courses: Sequence[_Course], max_gap: timedelta) -> Mapping[str, Sequence[_Course]]:
    """The courses that are a "chain", have a "hole" or are "thin", the worst first."""
    usual = median_span(course.span for course in courses)
    chained, torn, thin = [], [], []
    for course in courses:
        if _is_chain(course, max_gap):
            chained.append(course)
        elif course.silence > max_gap:
            torn.append(course)
        elif course.span > max(max_gap, _LONG_FACTOR * usual) and course.per_day < _THIN_PER_DAY:
            thin.append(course)
    chained.sort(key=lambda course: (-len(course.story.texts), course.core, course.story.id))
    torn.sort(key=lambda course: (-course.silence, course.story.id))
    thin.sort(key=lambda course: (course.per_day, course.story.id))
    return {"chain": chained, "hole": torn, "thin": thin}


def _is_chain(course: _Course, max_gap: timedelta) -> bool:
    """Whether a story is long and no period of length `max_gap` has half of its texts."""
    return (
        len(course.story.times) >= _CHAIN_TEXTS
        and course.span >= _CHAIN_GAPS * max_gap
        and course.core < MIN_CORE
    )


def _course(story: ExaminedStory, max_gap: timedelta) -> _Course:
    times = story.times
    return _Course(
        story,
        span=times[-1] - times[0],
        silence=max(later - earlier for earlier, later in pairwise(times)),
        core=_busiest(times, max_gap) / len(times),
    )


def _busiest(times: Sequence[datetime], period: timedelta) -> int:
    """Largest number of times within any period of that length; `times` ascend."""
    most = start = 0
    for end, time in enumerate(times):
        while time - times[start] > period:
            start += 1
        most = max(most, end - start + 1)
    return most
