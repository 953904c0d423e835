"""The plain statistics: the largest story, the sizes of all, copies, missing dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from dedup.doctor.checkup import Finding, Level, counted, days, level_of, percent
from dedup.doctor.stories import Corpus, Told

_LARGE_TEXTS = 10
_LOOK_LARGEST, _PROBLEM_LARGEST = 0.05, 0.2
_FEW_TEXTS = 50
_LOOK_ALONE, _PROBLEM_ALONE = 0.9, 0.99
_LOOK_COPIES, _PROBLEM_COPIES = 0.5, 0.9
_LOOK_UNDATED, _PROBLEM_UNDATED = 0.1, 0.5
_EXAMPLES = 10


def largest_story(corpus: Corpus, max_gap: timedelta) -> Finding:
    """How much of what it could have held does the largest story hold?

    A link that is a little too loose everywhere does not make all stories a little
    too large: at some point one of them runs through the corpus (percolation).
    """
    story = corpus.stories[0]
    size, texts = len(story.texts), len(corpus.texts)
    reach = _within_reach(corpus, story, max_gap)
    share = size / reach
    level: Level = "ok"
    if size >= _LARGE_TEXTS:
        level = level_of(share, look=_LOOK_LARGEST, problem=_PROBLEM_LARGEST)
    next_one = len(corpus.stories[1].texts) if len(corpus.stories) > 1 else 0
    return Finding(
        name="largest story",
        level=level,
        message=f"The largest story has {counted(size, 'text')}: {percent(size / texts)} of all, "
        f"{percent(share)} of the {reach:,} within {days(max_gap)} of it. The next has "
        f"{next_one:,}.",
        interpretation="No event fills the news: a story that holds much of its own time has "
        "most likely "
        f"run several events together. To look at from {percent(_LOOK_LARGEST)} of its time on, "
        f"a problem from {percent(_PROBLEM_LARGEST)} on, with {_LARGE_TEXTS} texts or more.",
        advice="Read a few of its titles. If they are several events, raise min_probability or "
        "lower max_gap. If your articles were chosen by topic, it may be right.",
        figures={
            "largest": size,
            "next": next_one,
            "share_of_all": size / texts,
            "within_reach": reach,
            "share_within_reach": share,
        },
        examples=tuple(
            each.example(f"{counted(len(each.texts), 'text')}{_when(each)}")
            for each in corpus.stories[:3]
            if len(each.texts) > 1
        ),
        stories=(story.id,) if level != "ok" else (),
    )


def _within_reach(corpus: Corpus, story: Told, max_gap: timedelta) -> int:
    """Texts that the story could have held: near it in time, or of unknown time."""
    if not story.times:
        return len(corpus.texts)
    first, last = story.times[0], story.times[-1]
    # Differences, since adding to the earliest or latest time there is would overflow.
    return sum(
        text.time is None or (first - text.time <= max_gap and text.time - last <= max_gap)
        for text in corpus.texts
    )


def _when(story: Told) -> str:
    if not story.times:
        return ", undated"
    first, last = (f"{time:%Y-%m-%d}" for time in (story.times[0], story.times[-1]))
    return f", {first}" if first == last else f", {first} to {last}"


def sizes(corpus: Corpus) -> Finding:
    """Are stories told at all, and how large are they?"""
    texts, alone = len(corpus.texts), len(corpus.texts) - corpus.grouped
    several = [len(story.texts) for story in corpus.several]
    level: Level = "ok"
    if texts >= _FEW_TEXTS:
        level = level_of(alone / texts, look=_LOOK_ALONE, problem=_PROBLEM_ALONE)
    half, nine = percentile(several, 0.5), percentile(several, 0.9)
    spread = f" Half of them have at most {half}, nine of ten at most {nine}." if several else ""
    return Finding(
        name="sizes",
        level=level,
        message=f"{counted(len(several), 'story has', 'stories have')} several texts; "
        f"{percent(alone / texts)} of the texts are alone.{spread}",
        interpretation="In news, the median of the stories of several texts is 2 or 3. To look "
        "at where "
        f"{percent(_LOOK_ALONE)} of the texts are alone, a problem at {percent(_PROBLEM_ALONE)}, "
        f"from {_FEW_TEXTS} texts on.",
        advice="If texts that belong together are alone, lower min_probability, raise max_gap, or "
        "choose an encoder for your languages.",
        figures={
            "alone": alone,
            "share_alone": alone / texts,
            "of_several": len(several),
            "median": percentile([len(story.texts) for story in corpus.stories], 0.5),
            "percentile_90": percentile([len(story.texts) for story in corpus.stories], 0.9),
            "median_of_several": half or None,
            "percentile_90_of_several": nine or None,
        },
    )


def percentile(values: Sequence[int], share: float) -> int:
    """The smallest value that at least this share of the values does not exceed; 0 of none.

    >>> percentile([1, 2, 3, 10], 0.5), percentile([1, 2, 3, 10], 0.9), percentile([], 0.5)
    (2, 10, 0)
    """
    ranked = sorted(values)
    return next((v for rank, v in enumerate(ranked, 1) if rank >= share * len(ranked)), 0)


def copies(corpus: Corpus) -> Finding:
    """How many articles are copies of another one?"""
    extra = corpus.articles - len(corpus.texts)
    share = extra / corpus.articles
    copied = [
        (text.articles, text.id, story)
        for story in corpus.stories
        for text in story.texts
        if text.articles > 1
    ]
    copied.sort(key=lambda each: (-each[0], each[1]))
    largest = f" The most copied text stands there {copied[0][0]:,} times." if copied else ""
    return Finding(
        name="copies",
        level=level_of(share, look=_LOOK_COPIES, problem=_PROBLEM_COPIES),
        message=f"{counted(extra, 'article is a copy', 'articles are copies')} of another "
        f"({percent(share)}).{largest}",
        interpretation="Copies count as one text. Very many of them are a feed that was read "
        "twice, or "
        f"pages of one template taken for one text. To look at from {percent(_LOOK_COPIES)} on, "
        f"a problem from {percent(_PROBLEM_COPIES)} on.",
        advice="Look at the most copied texts (--matches has the similarities). If they are "
        "different texts, raise min_jaccard.",
        figures={"copies": extra, "share": share, "most": copied[0][0] if copied else 1},
        examples=tuple(
            story.example(
                counted(count, "article"),
                [text for text in story.texts if text.id == representative],
            )
            for count, representative, story in copied[:_EXAMPLES]
        ),
    )


def undated(corpus: Corpus) -> Finding:
    """How many articles have no date?"""
    share = corpus.undated / corpus.articles
    found = [
        (story, without)
        for story in corpus.several
        if (without := [text for text in story.texts if text.time is None])
    ]
    found.sort(key=lambda each: (-len(each[1]), each[0].id))
    return Finding(
        name="undated",
        level=level_of(share, look=_LOOK_UNDATED, problem=_PROBLEM_UNDATED),
        message=f"{counted(corpus.undated, 'article has', 'articles have')} no date "
        f"({percent(share)}).",
        interpretation="An article without a date is compared with those of all times, and can "
        "join what "
        f"lies months apart. To look at from {percent(_LOOK_UNDATED)} on, a problem from "
        f"{percent(_PROBLEM_UNDATED)} on.",
        advice="Name the column of dates (--published-at-column), or take dates from the address "
        "or the page before clustering.",
        figures={"undated": corpus.undated, "share": share},
        examples=tuple(
            story.example(
                f"{len(without):,} of {counted(len(story.texts), 'text')} undated", without
            )
            for story, without in found[:_EXAMPLES]
        ),
        stories=tuple(story.id for story, _ in found),
    )
