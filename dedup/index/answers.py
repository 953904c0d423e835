"""What the index says about articles that it has: stories as of then, and why two are together.

Everything is computed from the articles in question alone, so that a reader needs no more than
the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dedup.articles import precedence
from dedup.config import Config
from dedup.description.evidence import Evidences
from dedup.description.explanation import Why
from dedup.description.groups import describe_groups
from dedup.description.terms import StoryTerms
from dedup.encoders import Encoder
from dedup.pipeline import profiles_of, terms_of
from dedup.records import (
    Article,
    CleanText,
    CopyType,
    DuplicateCluster,
    DuplicateMember,
    StoryGroup,
)
from dedup.store import Placement, Store, StoredArticle
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.grouping import Group, Grouping, described


def cluster_of(places: Sequence[Placement]) -> DuplicateCluster:
    """The duplicate cluster with these members, the representative first."""
    first = places[0]
    members = tuple(
        DuplicateMember(each.id, each.copy_type, each.jaccard, each.containment) for each in places
    )
    return DuplicateCluster(first.duplicate_cluster, first.representative, members)


def describe_as_of(
    story: str,
    places: Mapping[str, Placement],
    store: Store,
    encoder: Encoder,
    model: AffinityModel,
    config: Config,
) -> StoryGroup:
    """A story group of some articles, as the batch would describe it.

    Args:
        story: Its lasting id.
        places: Of the articles that it had, by id.
        store: Where the articles are.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        config: All settings.
    """
    clusters, plain, texts = _standing(places, store)
    ordered = [plain[each.representative] for each in clusters]
    affinity = Affinity(model, profiles_of(ordered, texts, encoder, config))
    group = described(np.arange(len(ordered)), affinity)
    grouping = Grouping((group,), 0, len(ordered), 0, ())
    terms = terms_of(grouping, clusters, plain, texts)
    return replace(describe_groups(grouping, clusters, plain, texts, terms)[0], id=story)


def story_texts(ids: Sequence[str], store: Store) -> tuple[list[StoryGroup], StoryTerms]:
    """Story groups by lasting id, and the terms of their texts."""
    found = store.stories(ids)
    stories = [group for each in ids if (group := found[each].group)]
    clusters: list[DuplicateCluster] = []
    articles: dict[str, Article] = {}
    texts: dict[str, CleanText] = {}
    groups = []
    for story in stories:
        places = store.placements([member.id for member in story.members])
        own, plain, clean = _standing(places, store)
        numbers = np.arange(len(clusters), len(clusters) + len(own))
        groups.append(Group(numbers, int(numbers[0]), np.zeros(len(own))))
        clusters += own
        articles |= plain
        texts |= clean
    return stories, terms_of(Grouping(tuple(groups), 0, 0, 0, ()), clusters, articles, texts)


def _standing(
    places: Mapping[str, Placement], store: Store
) -> tuple[list[DuplicateCluster], dict[str, Article], dict[str, CleanText]]:
    """Duplicate clusters of some articles in the order of precedence; articles and texts by id."""
    members: dict[str, list[Placement]] = {}
    for place in places.values():
        members.setdefault(place.duplicate_cluster, []).append(place)
    founders = [each[0].representative for each in members.values()]
    articles = store.articles(sorted({*places, *founders}))
    plain = {id: stored.article for id, stored in articles.items()}
    texts = {id: stored.clean for id, stored in articles.items()}
    clusters = sorted(
        (cluster_of(each) for each in members.values()),
        key=lambda each: precedence(plain[each.representative], texts[each.representative]),
    )
    return clusters, plain, texts


def why_of(
    pair: tuple[str, str],
    places: Mapping[str, Placement],
    articles: Mapping[str, StoredArticle],
    stories: tuple[StoryGroup, StoryGroup],
    encoder: Encoder,
    model: AffinityModel,
    config: Config,
) -> Why:
    """Why two articles are together, or why not; the answer of `Result.why`.

    Args:
        pair: Their ids.
        places: Where they are, by id.
        articles: The two and those that represent their texts, by id.
        stories: Story group of each.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        config: All settings.
    """
    a, b = pair
    plain = {id: stored.article for id, stored in articles.items()}
    texts = {id: stored.clean for id, stored in articles.items()}
    clusters = _clusters(pair, places)
    clusters.sort(
        key=lambda each: precedence(plain[each.representative], texts[each.representative])
    )
    founders = [plain[each.representative] for each in clusters]
    affinity = Affinity(model, profiles_of(founders, texts, encoder, config))
    evidences = Evidences(affinity, clusters, texts, config)
    times = [plain[places[each].representative].published_at for each in pair]
    first, second = times
    return Why(
        a,
        b,
        places[a].duplicate_cluster == places[b].duplicate_cluster,
        stories[0].id == stories[1].id,
        evidences.match(a, b),
        evidences.link(a, b),
        abs(second - first) if first and second else None,
        stories,
        (places[a].probability, places[b].probability),
        config.stories.min_probability,
        config.neighbors.max_gap,
    )


def _clusters(pair: tuple[str, str], places: Mapping[str, Placement]) -> list[DuplicateCluster]:
    """The clusters of two articles, with no other members than these and the representatives."""
    members: dict[str, dict[str, CopyType]] = {}
    for each in pair:
        place = places[each]
        found = members.setdefault(place.representative, {place.representative: "original"})
        found.setdefault(each, place.copy_type)
    return [
        DuplicateCluster(
            places[next(iter(set(found) & set(pair)))].duplicate_cluster,
            representative,
            tuple(DuplicateMember(id, kind, 1.0, 1.0) for id, kind in found.items()),
        )
        for representative, found in members.items()
    ]
