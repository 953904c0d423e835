"""Duplicate clusters as records, from verified matches of numbered texts."""

from __future__ import annotations

from collections.abc import Sequence

from dedup.articles import stable_id
from dedup.duplicates.clustering import NearDuplicates
from dedup.duplicates.matches import Similarity
from dedup.records import CopyType, DuplicateCluster, DuplicateMember, Match

_EQUAL = Similarity(1.0, 1.0, 1.0)


def describe_clusters(
    ids: Sequence[str], near: NearDuplicates
) -> tuple[tuple[DuplicateCluster, ...], tuple[Match, ...]]:
    """Duplicate clusters and matches by article id, from row numbers of articles.

    Args:
        ids: Ids of n articles in the order of precedence.
        near: Copies among their texts.

    Returns:
        Clusters in the order of their representatives; matches by (a, b).
    """
    similarities = near.matches.as_dict()
    originals = near.originals.tolist()
    links = [(a, b, similarity) for (a, b), similarity in similarities.items()]
    links += [(first, row, _EQUAL) for row, first in enumerate(originals) if first != row]
    representatives = near.representatives.tolist()
    members = {
        row: [DuplicateMember(ids[row], "digest" if near.is_digest[row] else "original", 1.0, 1.0)]
        for row in sorted(set(representatives))
    }
    for row, representative in enumerate(representatives):
        if row == representative:
            continue
        # A text that equals an earlier one has the similarities of that one.
        a, b = sorted((representative, originals[row]))
        similarity = similarities[a, b] if a != b else _EQUAL
        kind = copy_type_of(similarity.jaccard, near.min_jaccard, equal=similarity is _EQUAL)
        members[representative].append(
            DuplicateMember(ids[row], kind, similarity.jaccard, similarity.containment)
        )
    clusters = [
        DuplicateCluster(stable_id("d", ids[representative]), ids[representative], tuple(copies))
        for representative, copies in members.items()
    ]
    links.sort(key=lambda link: link[:2])
    return tuple(clusters), tuple(match_of(ids[a], ids[b], alike) for a, b, alike in links)


def copy_type_of(jaccard: float, min_jaccard: float, *, equal: bool) -> CopyType:
    """How a copy relates to its representative.

    Args:
        jaccard: Exact Jaccard similarity of the two.
        min_jaccard: From this similarity on a copy is `near`; a less similar one is `contained`.
        equal: Whether their canonical texts are equal.
    """
    if equal:
        return "exact"
    return "near" if jaccard >= min_jaccard else "contained"


def match_of(a: str, b: str, similarity: Similarity) -> Match:
    """The match of two articles, by id."""
    return Match(a, b, similarity.jaccard, similarity.containment_a, similarity.containment_b)
