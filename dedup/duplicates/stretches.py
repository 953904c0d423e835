"""Stretches: the parts of a duplicate cluster between silences.

Copies of one text are copies whenever they appeared: an anniversary reprint, the advertisement of
every month, a copy with a wrong year. But a story ends where it is silent for longer than
`max_gap`, and a copy that appeared later or earlier than that belongs to other news. So what takes
part in stories is a stretch: copies each of which is within `max_gap` of the next. Its time is
that of its earliest copy, and no copy outside of it moves it. Two copies that are further apart
are two stretches: neither bears the other out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np

from dedup.articles import UNDATED
from dedup.records import DuplicateCluster


def stretches(
    cluster: DuplicateCluster, seconds: Mapping[str, int], max_gap: timedelta
) -> tuple[DuplicateCluster, ...]:
    """The parts of a cluster between silences, by time; most often one, the cluster itself.

    Copies without a date are in the stretch of the median copy (the earlier one of the two in the
    middle).

    Args:
        cluster: The representative first, the others in the order of precedence.
        seconds: Times of its articles in seconds since 1970, `UNDATED` where unknown, by id.
        max_gap: Longest silence inside a stretch.

    Returns:
        Clusters with the same id. The one with the representative of the whole cluster has the
        same one; another is represented by its first copy.
    """
    if len(cluster.members) == 1:
        return (cluster,)
    times = np.array([seconds[member.id] for member in cluster.members], np.int64)
    dated = np.sort(times[times != UNDATED])
    cuts = dated[1:][np.diff(dated) > max_gap.total_seconds()]
    if not len(cuts):
        return (cluster,)
    times[times == UNDATED] = dated[(len(dated) - 1) // 2]
    parts = np.searchsorted(cuts, times, side="right").tolist()
    copies = [
        tuple(member for member, part in zip(cluster.members, parts, strict=True) if part == number)
        for number in range(len(cuts) + 1)
    ]
    kind = cluster.members[0].copy_type
    return tuple(
        DuplicateCluster(cluster.id, first.id, (replace(first, copy_type=kind), *others))
        for first, *others in copies
    )


def is_digest(text: DuplicateCluster) -> bool:
    """Whether a cluster, or a stretch of one, is of digests."""
    return text.members[0].copy_type == "digest"


def all_stretches(
    clusters: Iterable[DuplicateCluster], seconds: Mapping[str, int], max_gap: timedelta
) -> list[DuplicateCluster]:
    """The stretches of all clusters, in the order of precedence of their representatives.

    Args:
        clusters: All duplicate clusters.
        seconds: Times of all articles, see `stretches`, in the order of precedence.
        max_gap: Longest silence inside a stretch.
    """
    place = {id: row for row, id in enumerate(seconds)}
    parts = [part for cluster in clusters for part in stretches(cluster, seconds, max_gap)]
    return sorted(parts, key=lambda part: place[part.representative])


def copies_apart(parts: Iterable[DuplicateCluster], seconds: Mapping[str, int]) -> set[str]:
    """Copies that are not in the stretch of the median copy of their cluster, by id.

    Args:
        parts: All stretches of some clusters.
        seconds: Times of their articles, see `stretches`.
    """
    of_cluster: dict[str, list[DuplicateCluster]] = {}
    for part in parts:
        of_cluster.setdefault(part.id, []).append(part)
    apart: set[str] = set()
    for several in (parts for parts in of_cluster.values() if len(parts) > 1):
        ids = [member.id for part in several for member in part.members]
        dated = sorted((seconds[id], id) for id in ids if seconds[id] != UNDATED)
        _, median = dated[(len(dated) - 1) // 2]
        for part in several:
            members = {member.id for member in part.members}
            apart |= members if median not in members else set()
    return apart
