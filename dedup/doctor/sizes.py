"""Plain statistics: the largest story, sizes of stories, copies, missing dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from dedup.doctor.checkup import Finding, level_of, percent
from dedup.doctor.stories import ExaminedResult, ExaminedStory
from dedup.output.wording import counted, duration

_LARGE_TEXTS = 10
_LOOK_LARGEST, _PROBLEM_LARGEST = 0.05, 0.2
_FEW_TEXTS = 50
_LOOK_ALONE, _PROBLEM_ALONE = 0.9, 0.99
_LOOK_COPIES, _PROBLEM_COPIES = 0.5, 0.9
_LOOK_UNDATED, _PROBLEM_UNDATED = 0.1, 0.5
_EXAMPLES = 10


def largest_story(result: ExaminedResult, max_gap: timedelta) -> Finding:
    """The share of the texts of its period that the largest story has.

    Links that are a little too loose do not make all stories a little too large: suddenly one
    of them grows through the whole corpus (percolation).
    """
    story = result.stories[0]
    size, texts = len(story.texts), len(result.texts)
    reach = _within_reach(result, story, max_gap)
    share = size / reach
    judged = share if size >= _LARGE_TEXTS else 0.0
    level = level_of(judged, look=_LOOK_LARGEST, problem=_PROBLEM_LARGEST)
    second = len(result.stories[1].texts) if len(result.stories) > 1 else 0
    return Finding(
        name="largest story",
        level=level,
        message=f"The largest story has {counted(size, 'text')}: {percent(size / texts)} of all, "
        f"and {percent(share)} of the {reach:,} within {duration(max_gap)} of it. The second "
        f"largest has {second:,}.",
        interpretation="A story this large for its period has probably merged several events. "
        f"Flagged at {percent(_LOOK_LARGEST)} of the texts of its period, a problem at "
        f"{percent(_PROBLEM_LARGEST)} (stories of {_LARGE_TEXTS} texts or more).",
        advice="Read some of its titles. If they are about several events, raise min_probability "
        "or lower max_gap. If your articles were chosen by topic, it may be right.",
        figures={
            "largest": size,
            "next": second,
            "share_of_all": size / texts,
            "within_reach": reach,
            "share_within_reach": share,
        },
        examples=tuple(
            large.example(f"{counted(len(large.texts), 'text')}{_when(large)}")
            for large in result.stories[:3]
            if len(large.texts) > 1
        ),
        stories=(story.id,) if level != "ok" else (),
    )


def _within_reach(result: ExaminedResult, story: ExaminedStory, max_gap: timedelta) -> int:
    """Number of texts that the story could have: near it in time, or without a date."""
    if not story.times:
        return len(result.texts)
    first, last = story.times[0], story.times[-1]
    # Adding to the earliest or latest possible time would overflow; differences do not.
    return sum(
        text.time is None or (first - text.time <= max_gap and text.time - last <= max_gap)
        for text in result.texts
    )


def _when(story: ExaminedStory) -> str:
    if not story.times:
        return ", undated"
    first, last = (f"{time:%Y-%m-%d}" for time in (story.times[0], story.times[-1]))
    return f", {first}" if first == last else f", {first} to {last}"


def sizes(result: ExaminedResult) -> Finding:
    """The number of stories of several texts, their sizes, and the texts that are alone."""
    texts, alone = len(result.texts), len(result.texts) - result.grouped
    several = [len(story.texts) for story in result.several]
    judged = alone / texts if texts >= _FEW_TEXTS else 0.0
    level = level_of(judged, look=_LOOK_ALONE, problem=_PROBLEM_ALONE)
    half, nine = percentile(several, 0.5), percentile(several, 0.9)
    spread = (
        f" Half of these stories have at most {half}, nine in ten at most {nine}."
        if several
        else ""
    )
    return Finding(
        name="sizes",
        level=level,
        message=f"{counted(len(several), 'story has', 'stories have')} several texts; "
        f"{percent(alone / texts)} of the texts are alone.{spread}",
        interpretation="In news, the median story of several texts has 2 or 3. Flagged if "
        f"{percent(_LOOK_ALONE)} of the texts are alone, a problem at {percent(_PROBLEM_ALONE)} "
        f"(results of {_FEW_TEXTS} texts or more).",
        advice="If texts that belong together are alone, lower min_probability, raise max_gap, or "
        "choose an encoder for your languages.",
        figures={
            "alone": alone,
            "share_alone": alone / texts,
            "of_several": len(several),
            "median": percentile([len(story.texts) for story in result.stories], 0.5),
            "percentile_90": percentile([len(story.texts) for story in result.stories], 0.9),
            "median_of_several": half or None,
            "percentile_90_of_several": nine or None,
        },
    )


def percentile(values: Sequence[int], share: float) -> int:
    """The smallest value that at least this share of the values do not exceed; 0 if empty.

    >>> percentile([1, 2, 3, 10], 0.5), percentile([1, 2, 3, 10], 0.9), percentile([], 0.5)
    (2, 10, 0)
    """
    ranked = sorted(values)
    return next((v for rank, v in enumerate(ranked, 1) if rank >= share * len(ranked)), 0)


def copies(result: ExaminedResult) -> Finding:
    """The share of articles that are copies of another one."""
    extra = result.articles - len({text.duplicate_cluster for text in result.texts})
    share = extra / result.articles
    copied = [
        (text.articles, text.id, story)
        for story in result.stories
        for text in story.texts
        if text.articles > 1
    ]
    copied.sort(key=lambda item: (-item[0], item[1]))
    largest = f" The most copied text occurs {copied[0][0]:,} times." if copied else ""
    return Finding(
        name="copies",
        level=level_of(share, look=_LOOK_COPIES, problem=_PROBLEM_COPIES),
        message=f"{counted(extra, 'article is a copy', 'articles are copies')} of another "
        f"({percent(share)}).{largest}",
        interpretation="Copies count as one text. Very many copies mean that a feed was read "
        "twice, or that pages of one template were taken for one text. Flagged at "
        f"{percent(_LOOK_COPIES)}, a problem at {percent(_PROBLEM_COPIES)}.",
        advice="Look at the most copied texts (`dedup cluster --matches` writes the similarities). "
        "If they are different texts, raise min_jaccard.",
        figures={"copies": extra, "share": share, "most": copied[0][0] if copied else 1},
        examples=tuple(
            story.example(
                counted(count, "article"),
                [text for text in story.texts if text.id == representative],
            )
            for count, representative, story in copied[:_EXAMPLES]
        ),
    )


def undated(result: ExaminedResult) -> Finding:
    """The share of articles without a date."""
    share = result.undated / result.articles
    concerned = [
        (story, without)
        for story in result.several
        if (without := [text for text in story.texts if text.time is None])
    ]
    concerned.sort(key=lambda item: (-len(item[1]), item[0].id))
    return Finding(
        name="undated",
        level=level_of(share, look=_LOOK_UNDATED, problem=_PROBLEM_UNDATED),
        message=f"{counted(result.undated, 'article has', 'articles have')} no date "
        f"({percent(share)}).",
        interpretation="An article without a date is compared with articles of all times, and can "
        f"connect events that are months apart. Flagged at {percent(_LOOK_UNDATED)}, a problem at "
        f"{percent(_PROBLEM_UNDATED)}.",
        advice="Name the column with the dates (--published-at-column), or take dates from the URL "
        "or the page before clustering.",
        figures={"undated": result.undated, "share": share},
        examples=tuple(
            story.example(
                f"{len(without):,} of {counted(len(story.texts), 'text')} undated", without
            )
            for story, without in concerned[:_EXAMPLES]
        ),
        stories=tuple(story.id for story, _ in concerned),
    )
