"""The evidence for any two articles of a result, computed on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dedup.articles import body_of
from dedup.config import Config
from dedup.description.clusters import match_of
from dedup.duplicates.matches import compare
from dedup.records import CleanText, DuplicateCluster, Match, StoryLink
from dedup.stories.affinity import Affinity, probability_of


class Evidences:
    """Similarities and story links between articles, on demand.

    Args:
        affinity: Scores texts; the text of row k represents `clusters[k]`.
        clusters: All duplicate clusters, or their stretches.
        texts: Canonical texts by article id.
        config: The configuration of the run.
    """

    def __init__(
        self,
        affinity: Affinity,
        clusters: Sequence[DuplicateCluster],
        texts: Mapping[str, CleanText],
        config: Config,
    ) -> None:
        self.config = config
        self._affinity = affinity
        self._texts = texts
        self._representatives = [cluster.representative for cluster in clusters]
        self._row = {
            member.id: row for row, cluster in enumerate(clusters) for member in cluster.members
        }

    def representative_of(self, article: str) -> str:
        """Id of the article whose text and time stand for another one in stories."""
        return self._representatives[self._row[article]]

    def match(self, a: str, b: str) -> Match:
        """Exact similarity of the texts of two articles."""
        first, second = body_of(self._texts[a]), body_of(self._texts[b])
        return match_of(a, b, compare(first, second, self.config))

    def link(self, a: str, b: str) -> StoryLink | None:
        """P(same event) of the texts that represent two articles, with its parts.

        None if one text represents both.
        """
        first, second = self._row[a], self._row[b]
        if first == second:
            return None
        log_odds = self._affinity.log_odds(np.array([first]), np.array([second]))
        return StoryLink(
            a, b, probability_of(int(log_odds[0])), self._affinity.evidence(first, second)
        )
