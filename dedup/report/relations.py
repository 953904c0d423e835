"""Relations between stories as the report shows them, from the point of view of each story."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dedup.description.explanation import RELATION_LABELS
from dedup.output.wording import duration
from dedup.records import StoryGroup, StoryRelation
from dedup.report.differences import shortened
from dedup.report.parts import Languages, without_names

_RELATED_OF_STORY = 10
_HEADLINE_CHARS = 120
_WORDS = 6


@dataclass(frozen=True, slots=True)
class RelationView:
    """Another story that is related to this one.

    Args:
        label: How it is related.
        story: Its id.
        listed: Whether the page lists it, so that it can be linked to.
        headline: Its headline, shortened.
        lang: Language tag of the headline.
        when: How much earlier or later it began; empty without dates.
        shared: A few shared names and words.
    """

    label: str
    story: str
    listed: bool
    headline: str
    lang: str
    when: str
    shared: tuple[str, ...]


class Relations:
    """The relations of each story.

    Args:
        relations: All relations.
        stories: All stories.
        listed: Ids of the stories that the page lists.
        languages: Languages of the result.
    """

    def __init__(
        self,
        relations: Iterable[StoryRelation],
        stories: Iterable[StoryGroup],
        listed: Iterable[str],
        languages: Languages,
    ) -> None:
        self._stories = {story.id: story for story in stories}
        self._languages = languages
        self._listed = frozenset(listed)
        self._of: dict[str, list[StoryRelation]] = {}
        for relation in relations:
            for story in (relation.earlier, relation.later):
                if story in self._listed:
                    self._of.setdefault(story, []).append(relation)

    def of(self, story: str) -> tuple[RelationView, ...]:
        """The strongest relations of a story, those to earlier stories first."""
        relations = sorted(
            self._of.get(story, []), key=lambda relation: (-relation.strength, relation.later)
        )
        shown = relations[:_RELATED_OF_STORY]
        shown.sort(key=lambda relation: relation.earlier == story)
        return tuple(self._view(relation, story) for relation in shown)

    def _view(self, relation: StoryRelation, story: str) -> RelationView:
        is_earlier = relation.earlier == story
        other = self._stories[relation.later if is_earlier else relation.earlier]
        words = dict.fromkeys([*relation.shared_names, *relation.shared_terms])
        shared = without_names(words, relation.shared_names)
        side = "later" if is_earlier else "earlier"
        return RelationView(
            RELATION_LABELS[relation.kind][is_earlier],
            other.id,
            other.id in self._listed,
            shortened(other.headline, _HEADLINE_CHARS),
            self._languages.of_headline(other).tag,
            "" if relation.gap is None else f"{duration(relation.gap)} {side}",
            tuple(shared[:_WORDS]),
        )
