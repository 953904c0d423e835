"""Answers of the index about its articles: stories as of a time, and why two are together.

Everything is computed from the articles in question alone, so that a reader needs no more than
the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np

from dedup.articles import Precedence, precedence, seconds_by_id
from dedup.config import Config
from dedup.description.evidence import Evidences
from dedup.description.explanation import Why
from dedup.description.groups import describe_groups
from dedup.description.remarks import Remark, remarks_on
from dedup.description.series import COUNTED_WITHIN, Series, series_of, template_around
from dedup.description.terms import StoryTerms, terms_of
from dedup.duplicates.series import Origin
from dedup.duplicates.stretches import is_digest, stretches
from dedup.encoders import Encoder
from dedup.errors import NotFoundError
from dedup.index.outlet_texts import OutletTexts
from dedup.output.headlines import in_languages
from dedup.pipeline import profiles_of
from dedup.records import (
    Article,
    CleanText,
    DuplicateCluster,
    DuplicateMember,
    StoryGroup,
)
from dedup.store import Placement, Store, StoredStory, StoryEvent, StoryFilter
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.grouping import Grouping
from dedup.stories.linked_groups import Group, described

_A_DAY = timedelta(days=1)
_Record = TypeVar("_Record")
_PAGE = 1000


def record_of(id: str, records: Mapping[str, _Record], what: str = "article") -> _Record:
    """The record of an id.

    Raises:
        NotFoundError: There is none.
    """
    if id not in records:
        raise NotFoundError(f"no {what} of the index has the id {id!r}")
    return records[id]


def current_story(store: Store, id: str) -> StoredStory:
    """The story group of an id, or the one that it was merged into.

    Raises:
        NotFoundError: There never was a story group of that id.
    """
    while True:
        story = record_of(id, store.stories([id]), "story group")
        if story.state != "merged":
            return story
        id = story.successor


def open_stories(store: Store) -> Iterator[StoryGroup]:
    """All story groups that have articles."""
    cursor = ""
    while True:
        stories, cursor = store.find_stories(StoryFilter(), _PAGE, cursor)
        yield from (story.group for story in stories if story.group)
        if not cursor:
            return


def cluster_of(placements: Sequence[Placement]) -> DuplicateCluster:
    """The duplicate cluster with these members, the representative first."""
    first = placements[0]
    members = tuple(
        DuplicateMember(member.id, member.copy_type, member.jaccard, member.containment)
        for member in placements
    )
    return DuplicateCluster(first.duplicate_cluster, first.representative, members)


def describe_as_of(
    story: str,
    as_of: datetime,
    events: Iterable[StoryEvent],
    store: Store,
    encoder: Encoder,
    model: AffinityModel,
    config: Config,
) -> StoryGroup:
    """A story group with the articles that it had at a time, as the batch would describe it.

    Args:
        story: Its lasting id.
        as_of: The time.
        events: Those of this story group, in order.
        store: Where the articles are.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        config: All settings.

    Raises:
        NotFoundError: It had no articles then that are still in the index.
    """
    members: set[str] = set()
    for event in events:
        if event.at <= as_of:
            members.difference_update(event.removed)
            members.update(event.added)
    placements = store.placements(sorted(members))
    if not placements:
        raise NotFoundError(f"the story group {story!r} had no articles at {as_of.isoformat()}")
    clusters, articles, texts = _texts_in(placements, store, config.neighbors.max_gap)
    representatives = [articles[cluster.representative] for cluster in clusters]
    affinity = Affinity(model, profiles_of(representatives, texts, encoder, config))
    group = described(np.arange(len(representatives)), affinity)
    grouping = Grouping((group,), 0, len(representatives), 0, ())
    terms = terms_of(grouping, clusters, articles, texts)
    (group_then,) = describe_groups(grouping, clusters, articles, texts, terms)
    return in_languages(replace(group_then, id=story), config.output.headline_languages)


def story_texts(
    ids: Sequence[str], store: Store, max_gap: timedelta
) -> tuple[list[StoryGroup], StoryTerms]:
    """Story groups by lasting id, and the terms of their texts.

    Args:
        ids: Their lasting ids.
        store: Where the articles are.
        max_gap: Longest silence of a story.
    """
    stored = store.stories(ids)
    stories = [group for id in ids if (group := stored[id].group)]
    clusters: list[DuplicateCluster] = []
    articles: dict[str, Article] = {}
    texts: dict[str, CleanText] = {}
    groups = []
    for story in stories:
        placements = store.placements([member.id for member in story.members])
        own_clusters, own_articles, own_texts = _texts_in(placements, store, max_gap)
        rows = np.arange(len(clusters), len(clusters) + len(own_clusters))
        groups.append(Group(rows, int(rows[0]), np.zeros(len(rows))))
        clusters += own_clusters
        articles |= own_articles
        texts |= own_texts
    return stories, terms_of(Grouping(tuple(groups), 0, 0, 0, ()), clusters, articles, texts)


def _texts_in(
    placements: Mapping[str, Placement], store: Store, max_gap: timedelta
) -> tuple[list[DuplicateCluster], dict[str, Article], dict[str, CleanText]]:
    """Stretches of duplicate clusters with some articles, in the order of precedence.

    Returns:
        The stretches, without other articles but the representatives; articles and texts by id.
    """
    articles, texts = _articles(
        {*placements, *(p.representative for p in placements.values())}, store
    )
    members: dict[str, list[Placement]] = {}
    for placement in placements.values():
        members.setdefault(placement.duplicate_cluster, []).append(placement)
    parts = [
        replace(part, members=there)
        for cluster in members.values()
        for part in _stretches_of(_with_representative(cluster, store), articles, texts, max_gap)
        if (there := tuple(member for member in part.members if member.id in placements))
    ]
    return _ordered(parts, articles, texts), articles, texts


def _with_representative(cluster: list[Placement], store: Store) -> list[Placement]:
    """Placements of a cluster, with that of the representative if it is not among them."""
    representative = cluster[0].representative
    if all(placement.id != representative for placement in cluster):
        return [*store.placements([representative]).values(), *cluster]
    return cluster


def _stretches_of(
    placements: Sequence[Placement],
    articles: Mapping[str, Article],
    texts: Mapping[str, CleanText],
    max_gap: timedelta,
) -> tuple[DuplicateCluster, ...]:
    """The stretches of a cluster with these members, in any order."""

    def key(placement: Placement) -> tuple[bool, Precedence]:
        id = placement.id
        return id != placement.representative, precedence(articles[id], texts[id])

    cluster = cluster_of(sorted(placements, key=key))
    return stretches(cluster, seconds_by_id([articles[p.id] for p in placements]), max_gap)


def _articles(ids: Iterable[str], store: Store) -> tuple[dict[str, Article], dict[str, CleanText]]:
    stored = store.articles(sorted(ids))
    articles = {id: record.article for id, record in stored.items()}
    return articles, {id: record.clean for id, record in stored.items()}


def _ordered(
    clusters: Iterable[DuplicateCluster],
    articles: Mapping[str, Article],
    texts: Mapping[str, CleanText],
) -> list[DuplicateCluster]:
    def key(cluster: DuplicateCluster) -> Precedence:
        return precedence(articles[cluster.representative], texts[cluster.representative])

    return sorted(clusters, key=key)


def why_of(
    pair: tuple[Placement, Placement],
    stories: tuple[StoryGroup, StoryGroup],
    store: Store,
    encoder: Encoder,
    model: AffinityModel,
    config: Config,
) -> Why:
    """Why two articles are together, or why not; the answer of `Result.why`.

    Args:
        pair: Where they are.
        stories: Story group of each.
        store: Where the articles are.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        config: All settings.
    """
    a, b = pair
    members = {p.duplicate_cluster: store.cluster(p.duplicate_cluster) for p in pair}
    articles, texts = _articles({p.id for cluster in members.values() for p in cluster}, store)
    parts = [
        part
        for cluster in members.values()
        for part in _stretches_of(cluster, articles, texts, config.neighbors.max_gap)
        if any(member.id in (a.id, b.id) for member in part.members)
    ]
    parts = _ordered(parts, articles, texts)
    representatives = [articles[part.representative] for part in parts]
    affinity = Affinity(model, profiles_of(representatives, texts, encoder, config))
    evidences = Evidences(affinity, parts, articles, texts, config)
    digests = {part.id for part in parts if is_digest(part)}
    representing = [articles[evidences.representative_of(placement.id)] for placement in pair]
    first, second = (article.published_at for article in representing)
    return Why(
        a.id,
        b.id,
        a.duplicate_cluster == b.duplicate_cluster,
        stories[0].id == stories[1].id,
        evidences.match(a.id, b.id),
        evidences.link(a.id, b.id),
        abs(second - first) if first and second else None,
        stories,
        (a.probability, b.probability),
        config.stories.min_probability,
        config.neighbors.max_gap,
        config.near_duplicates.min_jaccard,
        config.near_duplicates.min_containment,
        (a.duplicate_cluster in digests, b.duplicate_cluster in digests),
        _series(representing[0], representing[1], texts, store),
        (texts[a.id].is_wall, texts[b.id].is_wall),
    )


def remarks_of(
    placement: Placement, story: StoryGroup, store: Store, outlet_texts: OutletTexts
) -> tuple[Remark, ...]:
    """What there is to say of an article, see `StoryIndex.remarks`.

    Args:
        placement: Where it is.
        story: Its story group.
        store: Where the articles are.
        outlet_texts: Gives the texts of its outlet.
    """
    ids = placement.id, placement.representative
    articles, texts = _articles(ids, store)
    one = articles[placement.representative]
    return remarks_on(
        placement.id,
        is_digest=store.cluster(placement.duplicate_cluster)[0].copy_type == "digest",
        is_wall=texts[placement.id].is_wall,
        template=_template(one, texts[one.id], outlet_texts),
        versions=story.versions_with(placement.id),
    )


def _template(one: Article, clean: CleanText, outlet_texts: OutletTexts) -> str:
    """The template of its outlet that a text fills in, in words; see `template_around`.

    Only where another text of the template was published within a day: otherwise every article that
    is asked for would be compared with a month of its outlet.
    """
    origin = Origin.of(one, clean)
    if not origin.source or not template_around(origin, outlet_texts.around((one,), _A_DAY)):
        return ""
    return template_around(origin, outlet_texts.around((one,), COUNTED_WITHIN))


def _series(a: Article, b: Article, texts: Mapping[str, CleanText], store: Store) -> Series | None:
    """The series of two texts, by the articles that represent them."""
    others = OutletTexts(store).around((a, b), COUNTED_WITHIN)
    return series_of(Origin.of(a, texts[a.id]), Origin.of(b, texts[b.id]), others)
