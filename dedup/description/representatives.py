"""What people want to know of a story group at a glance, from its texts alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.stories.affinity import probability_of
from dedup.stories.grouping import Group


@dataclass(frozen=True, slots=True)
class Leading:
    """Which texts of a group stand out.

    Args:
        by_language: Number of the most central text in each language, by language.
        weakest: Number of the text with the lowest mean log-odds; None in a group of one.
        cohesion: Mean P(same event) over all pairs of texts; None in a group of one.
    """

    by_language: Mapping[str, int]
    weakest: int | None
    cohesion: float | None


def leading(group: Group, languages: Sequence[str]) -> Leading:
    """The texts of a group that stand out.

    Args:
        group: The group.
        languages: Language of each of its members, empty where unknown.

    Returns:
        Ties go to the earlier text.
    """
    members = group.members.tolist()
    means = group.mean_log_odds.tolist() or [0.0]
    best: dict[str, int] = {}
    for place, language in enumerate(languages):
        if language and (language not in best or means[place] > means[best[language]]):
            best[language] = place
    by_language = {language: members[place] for language, place in sorted(best.items())}
    if len(members) == 1:
        return Leading(by_language, None, None)
    return Leading(by_language, members[means.index(min(means))], _cohesion(group))


def _cohesion(group: Group) -> float:
    """P of the mean log-odds of all pairs, added as the whole numbers that they are."""
    others = len(group.members) - 1
    total = int(np.rint(group.mean_log_odds * others).astype(np.int64).sum())
    return probability_of(total / (len(group.members) * others))
