"""Story groups as records, from groups of numbered texts.

All drivers call these functions, so that a group looks the same in the batch, the index and
on Spark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dedup.articles import LATEST, headline_of, latest_time, source_of, stable_id
from dedup.description.key_terms import calendar_terms
from dedup.description.names import story_names
from dedup.description.representatives import representative_texts
from dedup.description.terms import StoryTerms
from dedup.description.versions import versions_of
from dedup.duplicates.stretches import is_digest
from dedup.records import Article, CleanText, DuplicateCluster, StoryGroup, StoryMember
from dedup.stories.affinity import probability_of
from dedup.stories.grouping import Grouping
from dedup.stories.linked_groups import Group


def describe_groups(
    grouping: Grouping,
    clusters: Sequence[DuplicateCluster],
    articles: Mapping[str, Article],
    texts: Mapping[str, CleanText],
    terms: StoryTerms,
) -> tuple[StoryGroup, ...]:
    """Story groups as records, sorted by texts and articles (most first), then by time and id.

    Args:
        grouping: Groups of rows of texts; the text of row k is `clusters[k]`.
        clusters: All duplicate clusters, or their stretches.
        articles: Articles by id.
        texts: Canonical texts by id.
        terms: Rare terms of the groups.
    """
    languages = [articles[cluster.representative].language for cluster in clusters]
    story_texts = [
        ([terms.leads[row] for row in rows], [languages[row] for row in rows])
        for rows in (group.members.tolist() for group in grouping.groups)
    ]
    names = story_names(story_texts, calendar_terms)
    stories = [
        _story(group, clusters, articles, texts, terms.as_published(row, words), names_of_story)
        for row, (group, words, names_of_story) in enumerate(
            zip(grouping.groups, terms.key_terms, names, strict=True)
        )
    ]
    stories.sort(
        key=lambda story: (
            -story.texts,
            -len(story.members),
            story.first_seen or LATEST,
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
    texts = [clusters[row] for row in group.members.tolist()]
    members = _members(group, texts, articles)
    published = [articles[member.id] for member in members]
    versions = versions_of(published)
    replaced = {id for *earlier, _ in versions for id in earlier}
    dated = [article for article in published if article.published_at]
    representatives = representative_texts(
        group,
        [articles[text.representative].language for text in texts],
        [is_digest(text) for text in texts],
    )

    def headline(row: int) -> str:
        medoid = clusters[row].representative
        return headline_of(articles[medoid], clean_texts[medoid])

    row = representatives.least_likely
    least_likely = None if row is None else clusters[row].representative
    return StoryGroup(
        id=stable_id("s", texts[0].representative),
        headline=headline(representatives.medoid),
        headlines={code: headline(row) for code, row in representatives.by_language.items()},
        first_article=texts[0].representative,
        first_seen=min(dated, key=latest_time).published_at if dated else None,
        last_seen=max(
            (article.published_at for article in dated if article.published_at), default=None
        ),
        texts=len({member.duplicate_cluster for member in members if member.id not in replaced}),
        sources=tuple(sorted({source_of(article) for article in published} - {""})),
        languages=tuple(sorted({article.language for article in published} - {""})),
        key_terms=key_terms,
        names=names,
        cohesion=representatives.cohesion,
        least_likely_member=next((m for m in members if m.id == least_likely), None),
        members=members,
        versions=versions,
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
    members.sort(key=lambda member: (latest_time(articles[member.id]), member.id))
    return tuple(members)
