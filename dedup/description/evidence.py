"""The evidence for any two articles of a result, computed on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from dedup.articles import body_of, lead_of, published_lead, source_of
from dedup.config import Config
from dedup.description.clusters import match_of
from dedup.description.series import COUNTED_WITHIN, template_of
from dedup.description.shared_words import SharingText, as_published
from dedup.duplicates.matches import compare
from dedup.records import Article, CleanText, DuplicateCluster, Match, StoryLink
from dedup.stories.affinity import Affinity, probability_of


class Evidences:
    """Similarities and story links between articles, on demand.

    Args:
        affinity: Scores texts; the text of row k represents `clusters[k]`.
        clusters: All duplicate clusters, or their stretches.
        articles: Articles by id.
        texts: Canonical texts by article id.
        config: The configuration of the run.
    """

    def __init__(
        self,
        affinity: Affinity,
        clusters: Sequence[DuplicateCluster],
        articles: Mapping[str, Article],
        texts: Mapping[str, CleanText],
        config: Config,
    ) -> None:
        self.config = config
        self._affinity = affinity
        self._articles = articles
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
        parts = self._affinity.evidence(first, second)
        evidence = as_published(parts, self._sharing(first), self._sharing(second))
        return StoryLink(a, b, probability_of(int(log_odds[0])), evidence)

    @cached_property
    def templates(self) -> Mapping[str, str]:
        """For each text of a series, by the article that represents it: its template in words."""
        counts, more = self._affinity.texts_of_series(int(COUNTED_WITHIN.total_seconds()))
        return {
            (id := self._representatives[row]): template_of(
                source_of(self._articles[id]), int(counts[row]), more=bool(more[row])
            )
            for row in np.flatnonzero(counts > 1).tolist()
        }

    def _sharing(self, row: int) -> SharingText:
        id = self._representatives[row]
        article, clean, chars = self._articles[id], self._texts[id], self.config.encoder.lead_chars
        return SharingText(
            lead_of(clean, chars), published_lead(article, clean, chars), article.language
        )
