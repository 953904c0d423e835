"""Articles, their duplicate clusters and matches as columns, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import get_args

import numpy as np

from dedup.compute.growable import Array, Columns, packed, unpacked
from dedup.compute.times import from_micros, to_micros
from dedup.duplicates.matches import Similarity
from dedup.index.live.copies.clusters import DIGEST_BYTES, BodyKey
from dedup.records import CopyType, DuplicateCluster, DuplicateMember

_KINDS: tuple[CopyType, ...] = get_args(CopyType)


def saved_keys(keys: Sequence[BodyKey]) -> dict[str, Array]:
    """Columns of what is known of articles."""
    return packed("keys.ids", [key.id for key in keys]) | {
        "keys.digests": digest_rows([key.digest for key in keys]),
        "keys.times": np.array([to_micros(key.precedence[0]) for key in keys], np.int64),
        "keys.lengths": np.array([key.precedence[1] for key in keys], np.int64),
        "keys.seconds": np.array([key.seconds for key in keys], np.int64),
        "keys.origins": np.array([key.origin for key in keys], np.uint64),
    }


def loaded_keys(columns: Columns) -> list[BodyKey]:
    """What `saved_keys` was given."""
    rows = zip(
        unpacked(columns, "keys.ids"),
        loaded_digests(columns),
        *(columns[f"keys.{name}"].tolist() for name in ("times", "lengths", "seconds", "origins")),
        strict=True,
    )
    return [
        BodyKey(digest, (from_micros(time), length, id), seconds, origin)
        for id, digest, time, length, seconds, origin in rows
    ]


def loaded_digests(columns: Columns) -> Iterator[bytes]:
    """The digests of the texts of articles."""
    joined = columns["keys.digests"].tobytes()
    starts = range(0, len(joined), DIGEST_BYTES)
    return (joined[start : start + DIGEST_BYTES] for start in starts)


def digest_rows(digests: Sequence[bytes]) -> Array:
    """Digests of texts as rows, uint8 (n, DIGEST_BYTES)."""
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST_BYTES)


def saved_clusters(
    clusters: Iterable[DuplicateCluster], index_of: Mapping[str, int]
) -> dict[str, Array]:
    """Columns of duplicate clusters.

    Args:
        clusters: Each once, the representative first.
        index_of: Index of each article.
    """
    clusters = list(clusters)
    members = [member for cluster in clusters for member in cluster.members]
    return packed("clusters.ids", [cluster.id for cluster in clusters]) | {
        "clusters.sizes": np.array([len(cluster.members) for cluster in clusters], np.int64),
        "clusters.members": np.array([index_of[member.id] for member in members], np.int64),
        "clusters.kinds": np.array([_KINDS.index(m.copy_type) for m in members], np.uint8),
        "clusters.jaccard": np.array([member.jaccard for member in members], np.float64),
        "clusters.containment": np.array([member.containment for member in members], np.float64),
    }


def loaded_clusters(columns: Columns, ids: Sequence[str]) -> Iterator[DuplicateCluster]:
    """What `saved_clusters` was given.

    Args:
        columns: The columns.
        ids: Of all articles, by index.
    """
    rows = zip(
        *(
            columns[f"clusters.{name}"].tolist()
            for name in ("members", "kinds", "jaccard", "containment")
        ),
        strict=True,
    )
    members = (DuplicateMember(ids[index], _KINDS[kind], *rest) for index, kind, *rest in rows)
    sizes = columns["clusters.sizes"].tolist()
    for id, size in zip(unpacked(columns, "clusters.ids"), sizes, strict=True):
        own = tuple(next(members) for _ in range(size))
        yield DuplicateCluster(id, own[0].id, own)


def saved_matches(pairs: Iterable[tuple[int, int, Similarity]]) -> dict[str, Array]:
    """Columns of verified matches of texts by row."""
    pairs = list(pairs)
    return {
        "matches.rows": np.array([(a, b) for a, b, _ in pairs], np.int64).reshape(-1, 2),
        "matches.values": np.array(
            [(s.jaccard, s.containment_a, s.containment_b) for *_, s in pairs], np.float64
        ).reshape(-1, 3),
    }


def loaded_matches(columns: Columns) -> Iterator[tuple[int, int, Similarity]]:
    """What `saved_matches` was given."""
    rows, values = columns["matches.rows"].tolist(), columns["matches.values"].tolist()
    for (a, b), similarity in zip(rows, values, strict=True):
        yield a, b, Similarity(*similarity)


def both_ways(
    matches: Iterable[tuple[int, int, Similarity]],
) -> dict[int, dict[int, Similarity]]:
    """Matches of each text, by row: similarity of the text with the other one."""
    found: dict[int, dict[int, Similarity]] = {}
    for a, b, similarity in matches:
        put_match(found, a, b, similarity)
    return found


def put_match(
    matches: MutableMapping[int, dict[int, Similarity]], a: int, b: int, similarity: Similarity
) -> None:
    """Add a match to those of both texts, by row."""
    matches.setdefault(a, {})[b] = similarity
    matches.setdefault(b, {})[a] = similarity.reversed()
