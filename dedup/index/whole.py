"""All that an index holds as one result, for reports, tables and other groupings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np

from dedup.articles import body_of, precedence, seconds_by_id
from dedup.config import Config
from dedup.description.clusters import describe_clusters
from dedup.duplicates.clustering import find_near_duplicates
from dedup.duplicates.stretches import all_stretches
from dedup.encoders import Encoder
from dedup.index.answers import cluster_of
from dedup.pipeline import Compared, described_result, origin_of_row, profiles_of
from dedup.readers.sources import Inputs
from dedup.records import DuplicateCluster, StoryGroup
from dedup.result import Result
from dedup.store import Placement, Store
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.grouping import Grouping
from dedup.stories.linked_groups import Group


def whole_result(
    store: Store,
    stories: Iterable[StoryGroup],
    encoder: Encoder,
    model: AffinityModel,
    config: Config,
) -> Result:
    """The articles, copies and story groups of an index as a result; the ids are the lasting ones.

    Texts are compared and embedded again; who is whose copy, and in which story, is as stored.

    Args:
        store: Where they are; all that is read has to be of one moment.
        stories: All story groups.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        config: All settings.
    """
    stored = {record.article.id: record for record in store.all_articles()}
    texts = {id: record.clean for id, record in stored.items()}
    articles = sorted(
        (record.article for record in stored.values()),
        key=lambda article: precedence(article, texts[article.id]),
    )
    order = {article.id: position for position, article in enumerate(articles)}
    clusters = _clusters(store.all_placements(), order)
    parts = all_stretches(clusters, seconds_by_id(articles), config.neighbors.max_gap)
    representatives = [articles[order[part.representative]] for part in parts]
    affinity = Affinity(model, profiles_of(representatives, texts, encoder, config))
    inputs = Inputs.of(articles, {article.id: article for article in articles})
    bodies = [body_of(texts[article.id]) for article in articles]
    near = find_near_duplicates(bodies, config, origin_of=partial(origin_of_row, articles, texts))
    _, matches = describe_clusters([article.id for article in articles], near)
    ranked = tuple(sorted(stories, key=_by_size))
    return described_result(
        Compared(articles, texts, clusters, matches, (), inputs, encoder, parts, affinity),
        _grouping(ranked, parts),
        config,
        ranked,
    )


def _clusters(
    placements: Iterable[Placement], order: dict[str, int]
) -> tuple[DuplicateCluster, ...]:
    """Duplicate clusters in the order of precedence, members likewise, the representative first."""
    members: dict[str, list[Placement]] = {}
    for placement in placements:
        members.setdefault(placement.duplicate_cluster, []).append(placement)
    for cluster in members.values():
        cluster.sort(key=lambda member: (member.id != member.representative, order[member.id]))
    clusters = map(cluster_of, members.values())
    return tuple(sorted(clusters, key=lambda cluster: order[cluster.representative]))


def _grouping(stories: Sequence[StoryGroup], parts: Sequence[DuplicateCluster]) -> Grouping:
    """Groups of rows of stretches of copies, in the order of their first texts."""
    row_of = {member.id: row for row, part in enumerate(parts) for member in part.members}
    groups = []
    for story in stories:
        rows = np.unique([row_of[member.id] for member in story.members])
        groups.append(Group(rows, int(rows[0]), np.zeros(len(rows))))
    groups.sort(key=lambda group: int(group.members[0]))
    return Grouping(tuple(groups), 0, 0, 0, ())


def _by_size(story: StoryGroup) -> tuple[int, int, object, str]:
    """Sort key as in `Result.story_groups`; in an index every story has a time."""
    assert story.first_seen is not None
    return -story.texts, -len(story.members), story.first_seen, story.members[0].id
