"""Duplicate clusters of one component of matching texts, as the batch makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from dedup.articles import Precedence
from dedup.description.clusters import describe_clusters
from dedup.duplicates.clustering import NearDuplicates, assign_leaders
from dedup.duplicates.matches import Matches, Similarity, Verifier
from dedup.records import DuplicateCluster


@dataclass(frozen=True, slots=True)
class Body:
    """The text of an article that is compared, and the precedence of the article."""

    text: str
    precedence: Precedence


@dataclass(frozen=True, slots=True)
class ClusterChanges:
    """What a change did to the duplicate clusters.

    Args:
        new: Clusters that are new or have changed.
        gone: Those that were there and are gone or have changed.
        looked_at: Articles whose matches may be others now, those that went included.
        matches: Of the texts of these articles, each by its first article.
    """

    new: Sequence[DuplicateCluster]
    gone: Sequence[DuplicateCluster]
    looked_at: Set[str]
    matches: Sequence[tuple[str, str, Similarity]]


def clusters_of_component(
    component: Sequence[int],
    matches: Mapping[int, Mapping[int, Similarity]],
    articles: Sequence[str],
    texts: Sequence[int],
    verifier: Callable[[Sequence[int]], Verifier],
    min_jaccard: float,
) -> Sequence[DuplicateCluster]:
    """The duplicate clusters of the articles of a component.

    Args:
        component: Numbers of its texts, in the order of precedence.
        matches: Verified matches of texts by number.
        articles: Ids of all articles with these texts, in the order of precedence.
        texts: Number of the text of each.
        verifier: Compares texts by their place in a list of numbers.
        min_jaccard: Texts at least this similar are near-duplicates.
    """
    place = {number: k for k, number in enumerate(component)}
    pairs = [
        (place[a], place[b], similarity)
        for a in component
        for b, similarity in matches.get(a, {}).items()
        if place[a] < place[b]
    ]
    pairs.sort(key=lambda each: each[:2])
    found = _matches(pairs)
    leaders = np.zeros(1, np.int64)
    if len(component) > 1:
        leaders, found = assign_leaders(len(component), found, verifier(component))
    text_of = [place[number] for number in texts]
    first: dict[int, int] = {}
    for number, text in enumerate(text_of):
        first.setdefault(text, number)
    firsts = np.array([first[text] for text in range(len(component))], np.int64)
    homes = np.array(text_of, np.int64)
    near = NearDuplicates(
        firsts[leaders[homes]],
        firsts[homes],
        Matches(
            firsts[found.first], firsts[found.second], found.jaccard,
            found.containment_a, found.containment_b,
        ),
        min_jaccard,
        0,
    )  # fmt: skip
    return describe_clusters(articles, near)[0]


def _matches(pairs: Sequence[tuple[int, int, Similarity]]) -> Matches:
    return Matches(
        np.array([a for a, *_ in pairs], np.int64),
        np.array([b for _, b, _ in pairs], np.int64),
        np.array([found.jaccard for *_, found in pairs], np.float64),
        np.array([found.containment_a for *_, found in pairs], np.float64),
        np.array([found.containment_b for *_, found in pairs], np.float64),
    )
