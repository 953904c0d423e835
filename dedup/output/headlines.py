"""The headline of a story that is shown: the one in a language of the reader, if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dedup.records import StoryGroup


def in_languages(story: StoryGroup, languages: Sequence[str]) -> StoryGroup:
    """A story whose headline is in the first of these languages that it has.

    The headline stays that of the most central text if the story has none of them.

    Args:
        story: The story group.
        languages: Language codes, the preferred one first.
    """
    headline = next((story.headlines[code] for code in languages if code in story.headlines), "")
    return replace(story, headline=headline) if headline else story
