"""Duplicate clusters from verified matches."""

from __future__ import annotations

from collections.abc import Sequence

from dedup.articles import stable_id
from dedup.duplicates.clustering import NearDuplicates
from dedup.duplicates.matches import Similarity
from dedup.records import CopyType, DuplicateCluster, DuplicateMember, Match

_SAME = Similarity(1.0, 1.0, 1.0)


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
