"""Texts that hardly belong to their story."""

from __future__ import annotations

from dedup.doctor.checkup import Finding, level_of, percent
from dedup.doctor.stories import ExaminedResult, ExaminedStory, ExaminedText
from dedup.output.wording import counted

WEAK_PROBABILITY = 0.5
"""A text fits badly if its mean P(same event) with its story is below this."""

_LOOK, _PROBLEM = 0.01, 0.05
_EXAMPLES = 10
_BINS = 20


def weak_links(result: ExaminedResult) -> Finding:
    """Stories with a text that is probably about another event."""
    ranked = sorted(
        (worst[0], story.id, story, worst[1])
        for story in result.several
        if (worst := _least_likely(story)) is not None
    )
    weak = sum(len(_weak(story)) for story in result.several)
    concerned = [row for row in ranked if row[0] < WEAK_PROBABILITY]
    share = weak / result.grouped if result.grouped else 0.0
    return Finding(
        name="weak links",
        level=level_of(share, look=_LOOK, problem=_PROBLEM),
        message=f"{counted(weak, 'text has', 'texts have')} a probability below "
        f"{WEAK_PROBABILITY} ({percent(share)} of the {result.grouped:,} in stories of several "
        f"texts); they are in {counted(len(concerned), 'story', 'stories')}."
        if weak
        else f"No text has a probability below {WEAK_PROBABILITY}.",
        interpretation="The probability of a text is its average P(same event) with the rest of "
        f"its story; below {WEAK_PROBABILITY} it is probably about something else. Flagged at "
        f"{percent(_LOOK)} of the texts, a problem at {percent(_PROBLEM)}.",
        advice="Read the stories below. If their weak texts are about something else, raise "
        "min_probability; to drop only these texts, filter the rows by `probability`.",
        figures={
            "weak_texts": weak,
            "share": share,
            "stories": len(concerned),
            "lowest": ranked[0][0] if ranked else None,
        },
        examples=tuple(
            story.example(
                f"lowest {probability:.2f}; {len(_weak(story)):,} of "
                f"{counted(len(story.texts), 'text')} below {WEAK_PROBABILITY}",
                [text],
            )
            for probability, _, story, text in concerned[:_EXAMPLES]
        ),
        stories=tuple(id_ for _, id_, _, _ in concerned),
    )


def lowest_probability(story: ExaminedStory) -> float | None:
    """Lowest probability of a text of the story; None if none has one."""
    return min((t.probability for t in story.texts if t.probability is not None), default=None)


def _least_likely(story: ExaminedStory) -> tuple[float, ExaminedText] | None:
    known = [(text.probability, text) for text in story.texts if text.probability is not None]
    return min(known, key=lambda item: (item[0], item[1].id)) if known else None


def _weak(story: ExaminedStory) -> list[ExaminedText]:
    return [
        text
        for text in story.texts
        if text.probability is not None and text.probability < WEAK_PROBABILITY
    ]


def fit(result: ExaminedResult) -> tuple[int, ...]:
    """Texts of stories of several texts by probability, in 20 equal bins from 0 to 1."""
    bins = [0] * _BINS
    for story in result.several:
        for text in story.texts:
            if text.probability is not None:
                bins[min(int(text.probability * _BINS), _BINS - 1)] += 1
    return tuple(bins)
