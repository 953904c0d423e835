"""What a change of some articles changed, in the words of the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from dedup.articles import precedence
from dedup.description.groups import describe_groups
from dedup.duplicates.matches import Similarity
from dedup.index.summaries import summary_of
from dedup.pipeline import terms_of
from dedup.records import Article, CleanText, DuplicateCluster, StoryGroup
from dedup.store import Derived
from dedup.stories.grouping import Group, Grouping
from dedup.stories.profiles import Profiles


@dataclass(frozen=True, slots=True)
class IndexChange:
    """What a change of some articles changed.

    Args:
        texts: Canonical texts that are new or have changed, by article id.
        derived: What was computed from them.
        clusters: Duplicate clusters that are new or have changed.
        stories: Story groups that may have changed, by the ids that the batch gives.
        gone: Ids of the story groups that these articles may have been in before.
        looked_at: Articles whose matches may be others now, those that went included.
        matches: Verified copies among the texts of these, each by its first article.
        outlines: What relations the story groups to others, by the ids that the batch gives.
        unshelved: Parcels whose articles are in the hot index again.
        parcels: What is to be kept of other parcels now, by number.
    """

    texts: Mapping[str, CleanText]
    derived: Mapping[str, Derived]
    clusters: Sequence[DuplicateCluster]
    stories: Sequence[StoryGroup]
    gone: Sequence[str]
    looked_at: Set[str]
    matches: Sequence[tuple[str, str, Similarity]]
    outlines: Mapping[str, bytes]
    unshelved: Sequence[int] = ()
    parcels: Mapping[int, bytes] = field(default_factory=dict)


def described(
    groups: Sequence[Group],
    clusters: Mapping[int, DuplicateCluster],
    articles: Mapping[str, Article],
    texts: Mapping[str, CleanText],
    profiles: Profiles,
) -> tuple[tuple[StoryGroup, ...], dict[str, bytes]]:
    """Groups of numbered texts as the batch describes them, and their outlines by id.

    Args:
        groups: Some groups.
        clusters: The duplicate cluster of each of their texts, by number.
        articles: By id.
        texts: By id of the article.
        profiles: Of all texts, by number.
    """
    place = {number: k for k, number in enumerate(clusters)}
    local = tuple(
        Group(
            np.array([place[number] for number in each.members.tolist()], np.int64),
            place[each.medoid],
            each.mean_log_odds,
        )
        for each in groups
    )
    grouping = Grouping(local, 0, 0, 0, ())
    homes = list(clusters.values())
    terms = terms_of(grouping, homes, articles, texts)
    stories = describe_groups(grouping, homes, articles, texts, terms)
    by_first = {story.first_article: story for story in stories}
    outlines = {}
    for row, each in enumerate(groups):
        first = clusters[int(each.members[0])].representative
        story, numbers = by_first[first], each.members
        outlines[story.id] = summary_of(
            story, precedence(articles[first], texts[first]), terms, row,
            profiles.seconds[numbers], profiles.vectors[numbers],
        )  # fmt: skip
    return stories, outlines
