"""Duplicate clusters of one component of matching texts, as the batch makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xxhash

from dedup.articles import Precedence, body_of, precedence
from dedup.config import NearDuplicateConfig
from dedup.description.clusters import describe_clusters
from dedup.duplicates.clustering import (
    Leaders,
    NearDuplicates,
    PairVerifier,
    assign_leaders,
    digests_among,
    text_digest,
)
from dedup.duplicates.matches import Matches, Similarity
from dedup.duplicates.series import Origin
from dedup.records import Article, CleanText, DuplicateCluster

DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class BodyKey:
    """What of a `Body` is kept in memory.

    Args:
        digest: 16 bytes, equal for equal texts; an empty text equals none.
        precedence: See `articles.precedence`.
        seconds: Time of the article in seconds since 1970.
        origin: Hash of all that decides whether the text is of a series.
    """

    digest: bytes
    precedence: Precedence
    seconds: int
    origin: int

    @property
    def id(self) -> str:
        """Id of the article."""
        return self.precedence[2]


@dataclass(frozen=True, slots=True)
class Body:
    """The text of an article that is compared, its precedence, and its origin with its time.

    Args:
        text: See `articles.body_of`.
        precedence: See `articles.precedence`.
        origin: Decides whether the text is of a series.
    """

    text: str
    precedence: Precedence
    origin: Origin

    @classmethod
    def of(cls, article: Article, clean: CleanText) -> Body:
        """That of an article."""
        return cls(body_of(clean), precedence(article, clean), Origin.of(article, clean))

    @property
    def key(self) -> BodyKey:
        """What of it is kept in memory."""
        origin = self.origin
        id = f"empty {self.precedence[2]}".encode("utf-8", "surrogatepass")
        digest = text_digest(self.text.encode("utf-8", "replace"))
        parts = (origin.source, str(origin.seconds), origin.language, origin.title, origin.text)
        joined = "\0".join(parts).encode("utf-8", "surrogatepass")
        return BodyKey(
            digest or xxhash.xxh3_128_digest(id),
            self.precedence,
            origin.seconds,
            xxhash.xxh3_64_intdigest(joined),
        )


@dataclass(frozen=True, slots=True)
class ClusterChanges:
    """The duplicate clusters that a change added and removed.

    Args:
        new: Clusters that are new or have changed.
        new_texts: Stretches of clusters that are new or have changed, see `stretches`.
        removed_texts: Earlier stretches that were dissolved or have changed.
    """

    new: Sequence[DuplicateCluster]
    new_texts: Sequence[DuplicateCluster]
    removed_texts: Sequence[DuplicateCluster]


def clusters_of_component(
    component: Sequence[int],
    matches: Mapping[int, Mapping[int, Similarity]],
    articles: Sequence[str],
    texts: Sequence[int],
    verifier: Callable[[Sequence[int]], PairVerifier],
    config: NearDuplicateConfig,
) -> Sequence[DuplicateCluster]:
    """The duplicate clusters of the articles of a component.

    Args:
        component: Rows of its texts, in the order of precedence.
        matches: Verified matches of texts by row.
        articles: Ids of all articles with these texts, in the order of precedence.
        texts: Row of the text of each.
        verifier: Compares texts by their places in a list of rows.
        config: From which similarity on texts are near copies.
    """
    place = {row: k for k, row in enumerate(component)}
    known = Matches.of_dict(
        {
            (place[a], place[b]): similarity
            for a in component
            for b, similarity in matches.get(a, {}).items()
            if place[a] < place[b]
        }
    )
    leaders = Leaders(np.zeros(1, np.int64), np.zeros(1, bool), known)
    if len(component) > 1:
        leaders = assign_leaders(len(component), known, verifier(component))
    first: dict[int, int] = {}
    originals = [first.setdefault(text, k) for k, text in enumerate(texts)]
    near = NearDuplicates.of_different(leaders, np.array(originals, np.int64), config)
    return describe_clusters(articles, near)[0]


def is_digest_of(
    parts: Sequence[int],
    similarities: Mapping[int, Similarity],
    matches: Mapping[int, Mapping[int, Similarity]],
    verifier: Callable[[Sequence[int]], PairVerifier],
) -> bool:
    """Whether a text that is not in the index is a digest of texts that are.

    Args:
        parts: Rows of the texts that it matches and that lie inside it, in the order of precedence.
        similarities: Similarity of each row with it.
        matches: Verified matches of texts by row.
        verifier: Compares texts by their places in a list of rows.
    """
    if not parts:
        return False
    known = {(place, len(parts)): similarities[row] for place, row in enumerate(parts)}
    known |= {
        (a, b): matches[parts[a]][parts[b]]
        for b in range(len(parts))
        for a in range(b)
        if parts[b] in matches.get(parts[a], {})
    }
    return bool(digests_among(len(parts) + 1, Matches.of_dict(known), verifier(parts))[-1])
