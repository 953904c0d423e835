"""Between records and arrays: what the steps are given, and what their answers mean.

The drivers share these functions, so that a cluster or a group looks the same
whoever computed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import numpy as np
import xxhash

from dedup.affinity import probability_of
from dedup.matches import Similarity
from dedup.near_duplicates import NearDuplicates
from dedup.neighbors import UNDATED
from dedup.records import (
    Article,
    CleanText,
    CopyType,
    DuplicateCluster,
    DuplicateMember,
    Match,
    StoryGroup,
    StoryMember,
)
from dedup.shingles import Int64s
from dedup.stories import Group, Grouping
from dedup.story_facts import leading
from dedup.story_names import story_names
from dedup.story_terms import StoryTerms, calendar_terms

_LATEST = datetime.max.replace(tzinfo=UTC)
_SAME = Similarity(1.0, 1.0, 1.0)
_SHORT_BODY_CHARS = 80
_HEADLINE_CHARS = 140


Precedence = tuple[datetime, int, str]
"""Time, minus the length, id; see `precedence`."""


def precedence(article: Article, clean: CleanText) -> Precedence:
    """Sort key: of two articles the earlier, then the longer, then the smaller id comes first.

    An article without a date comes after all that have one.
    """
    return (article.published_at or _LATEST, -len(clean.text), article.id)


def body_of(clean: CleanText) -> str:
    """What is compared for copies: the body, so that one text under two headlines is one.

    A body of less than 80 characters says too little by itself; the title joins it.
    """
    if len(clean.text) >= _SHORT_BODY_CHARS:
        return clean.text
    return f"{clean.title}\n{clean.text}".strip()


def lead_of(clean: CleanText, lead_chars: int) -> str:
    """What is embedded: the title and the first characters of the body."""
    return f"{clean.title}\n{clean.text[:lead_chars]}".strip()


def seconds_of(articles: Sequence[Article]) -> Int64s:
    """Publication times in seconds since 1970, int64 of shape (n,); `UNDATED` where unknown."""
    return np.array(
        [
            UNDATED if article.published_at is None else int(article.published_at.timestamp())
            for article in articles
        ],
        np.int64,
    )


def source_of(article: Article) -> str:
    """The outlet: the named one, else the host of the article's address."""
    return article.source or (urlsplit(article.url).hostname or "").removeprefix("www.")


def headline_of(article: Article, clean: CleanText) -> str:
    """The title, or the beginning of the text where there is none."""
    if article.title.strip():
        return " ".join(article.title.split())
    first = clean.text.split("\n", 1)[0]
    return first if len(first) <= _HEADLINE_CHARS else first[: _HEADLINE_CHARS - 1] + "…"


def stable_id(prefix: str, founder: str) -> str:
    """An id that depends on the founding article's id alone: equal in every run."""
    digest = xxhash.xxh3_64_hexdigest(founder.encode("utf-8", "surrogatepass"))
    return f"{prefix}-{digest[:12]}"


def describe_clusters(
    ids: Sequence[str], near: NearDuplicates
) -> tuple[tuple[DuplicateCluster, ...], tuple[Match, ...]]:
    """Duplicate clusters and matches by id, from the numbers of articles.

    Args:
        ids: Ids of n articles in the order of precedence.
        near: Copies among their texts.

    Returns:
        Clusters in the order of their representatives; matches by their ends.
    """
    similar = near.matches.as_dict()
    originals = near.originals.tolist()
    members: dict[int, list[DuplicateMember]] = {}
    links = [(a, b, found) for (a, b), found in similar.items()]
    for number, leader in enumerate(near.representatives.tolist()):
        if number == leader:
            members[leader] = [DuplicateMember(ids[number], "original", 1.0, 1.0)]
            continue
        found = similar.get((leader, originals[number]))
        members[leader].append(_member(ids[number], found, near.min_jaccard))
        if originals[number] != number:
            links.append((originals[number], number, _SAME))
    clusters = [
        DuplicateCluster(stable_id("d", ids[leader]), ids[leader], tuple(found))
        for leader, found in sorted(members.items())
    ]
    matches = [match_of(ids[a], ids[b], found) for a, b, found in sorted(links, key=_ends)]
    return tuple(clusters), tuple(matches)


def _ends(link: tuple[int, int, Similarity]) -> tuple[int, int]:
    return link[:2]


def _member(article: str, similarity: Similarity | None, min_jaccard: float) -> DuplicateMember:
    """An article beside its representative; None if the texts are equal."""
    if similarity is None:
        return DuplicateMember(article, "exact", 1.0, 1.0)
    kind: CopyType = "near" if similarity.jaccard >= min_jaccard else "contained"
    return DuplicateMember(article, kind, similarity.jaccard, similarity.containment)


def match_of(a: str, b: str, similarity: Similarity) -> Match:
    """The match of two articles, by id."""
    return Match(a, b, similarity.jaccard, similarity.containment_a, similarity.containment_b)


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
        weakest_member=next((member for member in members if member.id == weakest), None),
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
