"""Texts that hardly belong to the story in which they are."""

from __future__ import annotations

from dedup.doctor.checkup import Finding, counted, level_of, percent
from dedup.doctor.stories import Corpus, Text, Told

WEAK_PROBABILITY = 0.5
"""A text whose mean P(same event) with its story is below this fits badly."""

_LOOK, _PROBLEM = 0.01, 0.05
_EXAMPLES = 10
_BINS = 20


def weak_links(corpus: Corpus) -> Finding:
    """Stories whose weakest text is, in the mean, rather of another event than of theirs."""
    ranked = sorted(
        ((worst, story) for story in corpus.several if (worst := _weakest(story)) is not None),
        key=lambda each: (each[0][0], each[1].id),
    )
    weak = sum(len(_weak(story)) for story in corpus.several)
    concerned = [story for (chance, _), story in ranked if chance < WEAK_PROBABILITY]
    share = weak / corpus.grouped if corpus.grouped else 0.0
    return Finding(
        name="weak links",
        level=level_of(share, look=_LOOK, problem=_PROBLEM),
        message=f"{counted(weak, 'text is', 'texts are')} below {WEAK_PROBABILITY} in probability, "
        f"{percent(share)} of the {corpus.grouped:,} in stories of several; they are in "
        f"{counted(len(concerned), 'story', 'stories')}."
        if weak
        else f"No text is below {WEAK_PROBABILITY} in probability.",
        interpretation="The probability of a text is the mean of its links with the rest of its "
        "story; "
        f"below {WEAK_PROBABILITY} it rather tells of something else. To look at from "
        f"{percent(_LOOK)} of the texts on, a problem from {percent(_PROBLEM)} on.",
        advice="Read the stories below. If their weak texts tell of something else, raise "
        "min_probability; to drop only these texts, filter the rows by `probability`.",
        figures={
            "weak_texts": weak,
            "share": share,
            "stories": len(concerned),
            "lowest": ranked[0][0][0] if ranked else None,
        },
        examples=tuple(
            story.example(
                f"weakest {chance:.2f}; {len(_weak(story)):,} of "
                f"{counted(len(story.texts), 'text')} below {WEAK_PROBABILITY}",
                [text],
            )
            for (chance, text), story in ranked[:_EXAMPLES]
        ),
        stories=tuple(story.id for story in concerned),
    )


def weakest(story: Told) -> float | None:
    """Lowest probability of a text of the story; None if none has one."""
    found = _weakest(story)
    return found[0] if found else None


def _weakest(story: Told) -> tuple[float, Text] | None:
    known = [(text.probability, text) for text in story.texts if text.probability is not None]
    return min(known, key=lambda each: (each[0], each[1].id)) if known else None


def _weak(story: Told) -> list[Text]:
    return [
        text
        for text in story.texts
        if text.probability is not None and text.probability < WEAK_PROBABILITY
    ]


def fit(corpus: Corpus) -> tuple[int, ...]:
    """Texts of stories of several texts by probability, in 20 equal bins from 0 to 1."""
    bins = [0] * _BINS
    for story in corpus.several:
        for text in story.texts:
            if text.probability is not None:
                bins[min(int(text.probability * _BINS), _BINS - 1)] += 1
    return tuple(bins)
