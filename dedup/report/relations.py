"""Ties between stories as the report shows them, from the side of each story."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dedup.description.explanation import TIE_LABELS, shown_gap
from dedup.records import StoryGroup, StoryTie
from dedup.report.differences import shortened
from dedup.report.parts import Languages

_TIES_OF_STORY = 10
_HEADLINE_CHARS = 120
_WORDS = 6


@dataclass(frozen=True, slots=True)
class TieView:
    """Another story that this one has to do with.

    Args:
        label: What it is to this one.
        story: Its id; a story that is not listed has no place to link to.
        listed: Whether the page lists it.
        headline: Its headline, shortened.
        lang: Language tag of the headline.
        when: How long before or after this one it began; empty without dates.
        shared: A few words and names that both have.
    """

    label: str
    story: str
    listed: bool
    headline: str
    lang: str
    when: str
    shared: tuple[str, ...]


class Ties:
    """The ties of each story.

    Args:
        ties: All ties.
        stories: All stories.
        listed: Ids of the stories that the page lists.
        languages: Languages of the result.
    """

    def __init__(
        self,
        ties: Iterable[StoryTie],
        stories: Iterable[StoryGroup],
        listed: Iterable[str],
        languages: Languages,
    ) -> None:
        self._stories = {story.id: story for story in stories}
        self._languages = languages
        self._listed = frozenset(listed)
        self._of: dict[str, list[StoryTie]] = {}
        for tie in ties:
            for each in (tie.earlier, tie.later):
                if each in self._listed:
                    self._of.setdefault(each, []).append(tie)

    def of(self, story: str) -> tuple[TieView, ...]:
        """The strongest ties of a story, those to earlier stories first."""
        ties = sorted(self._of.get(story, []), key=lambda tie: (-tie.strength, tie.later))
        shown = ties[:_TIES_OF_STORY]
        shown.sort(key=lambda tie: tie.earlier == story)
        return tuple(self._view(tie, story) for tie in shown)

    def _view(self, tie: StoryTie, story: str) -> TieView:
        is_earlier = tie.earlier == story
        other = self._stories[tie.later if is_earlier else tie.earlier]
        spoken = (code for code, title in other.headlines.items() if title == other.headline)
        words = list(dict.fromkeys([*tie.shared_names, *tie.shared_terms]))
        named = {part.casefold() for name in tie.shared_names for part in name.split()}
        shared = [word for word in words if word not in named]
        side = "later" if is_earlier else "earlier"
        return TieView(
            TIE_LABELS[tie.kind][is_earlier],
            other.id,
            other.id in self._listed,
            shortened(other.headline, _HEADLINE_CHARS),
            self._languages.of(next(spoken, "")).tag,
            "" if tie.gap is None else f"{shown_gap(tie.gap)} {side}",
            tuple(shared[:_WORDS]),
        )
