"""What a change of some articles changed, in the words of the batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dedup.articles import precedence
from dedup.description.groups import describe_groups
from dedup.description.terms import terms_of
from dedup.index.summaries import summary_of
from dedup.records import Article, CleanText, DuplicateCluster, StoryGroup
from dedup.stories.grouping import Grouping
from dedup.stories.linked_groups import Group
from dedup.stories.profiles import Profiles


@dataclass(frozen=True, slots=True)
class IndexChange:
    """What a change of some articles changed.

    Args:
        texts: Canonical texts that are new or have changed, by article id.
        clusters: Duplicate clusters that are new or have changed.
        stories: Story groups that may have changed, by the ids that the batch gives.
        old_stories: Ids of the story groups that these articles may have been in before.
        summaries: Those of the story groups as bytes, by the ids that the batch gives.
    """

    texts: Mapping[str, CleanText]
    clusters: Sequence[DuplicateCluster]
    stories: Sequence[StoryGroup]
    old_stories: Sequence[str]
    summaries: Mapping[str, bytes]

    def replacing(self, stories: Iterable[str]) -> IndexChange:
        """The same change in the place of all stories there were, by the ids of the batch."""
        return replace(self, old_stories=list(stories))


def described(
    groups: Sequence[Group],
    clusters: Mapping[int, DuplicateCluster],
    articles: Mapping[str, Article],
    texts: Mapping[str, CleanText],
    profiles: Profiles,
) -> tuple[tuple[StoryGroup, ...], dict[str, bytes]]:
    """Groups of texts as the batch describes them, and their summaries by id.

    Args:
        groups: Some groups.
        clusters: The duplicate cluster of each of their texts, by row.
        articles: By id.
        texts: By id of the article.
        profiles: Of all texts, by row.
    """
    position = {row: k for k, row in enumerate(clusters)}
    local = tuple(
        Group(
            np.array([position[row] for row in group.members.tolist()], np.int64),
            position[group.medoid],
            group.mean_log_odds,
        )
        for group in groups
    )
    grouping = Grouping(local, 0, 0, 0, ())
    ordered = list(clusters.values())
    terms = terms_of(grouping, ordered, articles, texts)
    stories = describe_groups(grouping, ordered, articles, texts, terms)
    by_first = {story.first_article: story for story in stories}
    summaries = {}
    for k, group in enumerate(groups):
        first = clusters[int(group.members[0])].representative
        story, rows = by_first[first], group.members
        summaries[story.id] = summary_of(
            story, precedence(articles[first], texts[first]), terms, k,
            profiles.seconds[rows], profiles.vectors[rows],
        )  # fmt: skip
    return stories, summaries
