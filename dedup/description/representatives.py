"""The texts that represent a story group: the most central per language, the least likely one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.stories.affinity import probability_of
from dedup.stories.linked_groups import Group


@dataclass(frozen=True, slots=True)
class Representatives:
    """The texts that represent a group, and how coherent the group is.

    Args:
        medoid: Row of the most central text.
        by_language: Row of the most central text in each language, by language.
        least_likely: Row of the text with the lowest mean log-odds; None in a group of one.
        cohesion: Mean P(same event) over all pairs of texts; None in a group of one.
    """

    medoid: int
    by_language: Mapping[str, int]
    least_likely: int | None
    cohesion: float | None


def representative_texts(
    group: Group, languages: Sequence[str], digests: Sequence[bool]
) -> Representatives:
    """The texts that represent a group.

    Args:
        group: The group.
        languages: Language of each of its members, empty where unknown.
        digests: Whether each is a digest, whose headline stands for a story only where there is
            no other.

    Returns:
        Of equally central texts, the earlier one.
    """
    members = group.members.tolist()
    means = group.mean_log_odds.tolist() or [0.0]
    ranks = [(not digest, mean) for digest, mean in zip(digests, means, strict=True)]
    best: dict[str, int] = {}
    for position, language in enumerate(languages):
        if language and (language not in best or ranks[position] > ranks[best[language]]):
            best[language] = position
    by_language = {language: members[position] for language, position in sorted(best.items())}
    medoid = members[ranks.index(max(ranks))] if any(digests) else group.medoid
    if len(members) == 1:
        return Representatives(medoid, by_language, None, None)
    least_likely = members[means.index(min(means))]
    return Representatives(medoid, by_language, least_likely, _cohesion(group))


def _cohesion(group: Group) -> float:
    """P of the mean log-odds of all pairs, summed as integers so that order does not matter."""
    others = len(group.members) - 1
    total = int(np.rint(group.mean_log_odds * others).astype(np.int64).sum())
    return probability_of(total / (len(group.members) * others))
