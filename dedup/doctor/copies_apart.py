"""Copies of one text that appeared at other times than most: reprints, or wrong dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from dedup.doctor.checkup import Finding
from dedup.doctor.stories import ExaminedResult, ExaminedText
from dedup.output.wording import counted, duration

_EXAMPLES = 10


def copies_apart(result: ExaminedResult, max_gap: timedelta) -> Finding:
    """How many copies stand in another story than the median copy of their text.

    A story ends where it is silent for longer than `max_gap`, so copies further apart stand in
    several stories: those of an anniversary, of a monthly advertisement, and a copy whose date is
    wrong.
    """
    parts: dict[str, list[ExaminedText]] = defaultdict(list)
    for text in result.texts:
        parts[text.duplicate_cluster].append(text)
    apart = [text for texts in parts.values() for text in _without_the_median(texts)]
    apart.sort(key=lambda text: (-text.articles, text.id))
    count = sum(text.articles for text in apart)
    stories = {story.id: story for story in result.stories}
    return Finding(
        name="copies apart",
        level="look" if count else "ok",
        message=f"{counted(count, 'copy is', 'copies are')} dated more than {duration(max_gap)} "
        "from most copies of the same text.",
        interpretation="They are reprints, or their dates are wrong. Each stands in a story of its "
        "own time, and moves no other copy.",
        advice="Look at some of their dates. If a feed dates its articles wrongly, name another "
        "column with --published-at-column, or leave its dates out.",
        figures={"copies": count, "texts": len({text.duplicate_cluster for text in apart})},
        examples=tuple(
            stories[text.story_group].example(_copies_of(text), [text])
            for text in apart[:_EXAMPLES]
        ),
        stories=tuple(dict.fromkeys(text.story_group for text in apart)),
    )


def _copies_of(text: ExaminedText) -> str:
    time = "without a date" if text.time is None else f"of {text.time:%Y-%m-%d}"
    return f"{counted(text.articles, 'copy', 'copies')} {time}"


def _without_the_median(parts: Sequence[ExaminedText]) -> list[ExaminedText]:
    """The parts of a text in several stories, without the one with the median dated copy."""
    if len(parts) == 1:
        return []
    dated = sorted((p for p in parts if p.time), key=lambda part: (part.time, part.id))
    middle = (sum(part.articles - part.undated for part in dated) - 1) // 2
    for part in dated:
        middle -= part.articles - part.undated
        if middle < 0:
            return [other for other in parts if other is not part]
    return []
