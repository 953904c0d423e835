"""Between records and arrays: what the steps are given, and what their answers mean.

The drivers share these functions, so that a cluster or a group looks the same
whoever computed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dedup.articles import _LATEST, headline_of, source_of, stable_id
from dedup.description.names import story_names
from dedup.description.representatives import leading
from dedup.description.terms import StoryTerms, calendar_terms
from dedup.records import (
    Article,
    CleanText,
    DuplicateCluster,
    StoryGroup,
    StoryMember,
)
from dedup.stories.affinity import probability_of
from dedup.stories.grouping import Group, Grouping


def describe_groups(
    grouping: Grouping,
    clusters: Sequence[DuplicateCluster],
    articles: Mapping[str, Article],
    texts: Mapping[str, CleanText],
    terms: StoryTerms,
) -> tuple[StoryGroup, ...]:
    """Story groups by id, the largest first: by texts, articles, time and id.

    Args:
        grouping: Groups of numbers of texts; text k is `clusters[k]`.
        clusters: All duplicate clusters.
        articles: Articles by id.
        texts: Canonical texts by id.
        terms: Rare terms of the groups.
    """
    languages = [articles[cluster.representative].language for cluster in clusters]
    told = [
        ([terms.leads[k] for k in numbers], [languages[k] for k in numbers])
        for numbers in (each.members.tolist() for each in grouping.groups)
    ]
    names = story_names(told, calendar_terms)
    stories = [
        _story(each, clusters, articles, texts, *about)
        for each, *about in zip(grouping.groups, terms.key_terms, names, strict=True)
    ]
    stories.sort(
        key=lambda story: (
            -story.texts,
            -len(story.members),
            story.first_seen or _LATEST,
            story.members[0].id,
        )
    )
    return tuple(stories)


def _story(
    group: Group,
    clusters: Sequence[DuplicateCluster],
    articles: Mapping[str, Article],
    clean_texts: Mapping[str, CleanText],
    key_terms: tuple[str, ...],
    names: tuple[str, ...],
) -> StoryGroup:
    texts = [clusters[number] for number in group.members.tolist()]
    members = _members(group, texts, articles)
    found = [articles[member.id] for member in members]
    times = sorted(article.published_at for article in found if article.published_at)
    out = leading(group, [articles[text.representative].language for text in texts])

    def headline(number: int) -> str:
        medoid = clusters[number].representative
        return headline_of(articles[medoid], clean_texts[medoid])

    weakest = None if out.weakest is None else clusters[out.weakest].representative
    return StoryGroup(
        id=stable_id("s", texts[0].representative),
        headline=headline(group.medoid),
        headlines={code: headline(number) for code, number in out.by_language.items()},
        first_article=texts[0].representative,
        first_seen=times[0] if times else None,
        last_seen=times[-1] if times else None,
        texts=len(texts),
        sources=tuple(sorted({source_of(article) for article in found} - {""})),
        languages=tuple(sorted({article.language for article in found} - {""})),
        key_terms=key_terms,
        names=names,
        cohesion=out.cohesion,
        least_likely_member=next((member for member in members if member.id == weakest), None),
        members=members,
    )


def _members(
    group: Group, texts: Sequence[DuplicateCluster], articles: Mapping[str, Article]
) -> tuple[StoryMember, ...]:
    """All articles of a group, by time and id."""
    means: list[float | None] = group.mean_log_odds.tolist() or [None]
    chances = [None if mean is None else probability_of(mean) for mean in means]
    members = [
        StoryMember(member.id, text.id, chance)
        for text, chance in zip(texts, chances, strict=True)
        for member in text.members
    ]
    members.sort(key=lambda member: (articles[member.id].published_at or _LATEST, member.id))
    return tuple(members)
