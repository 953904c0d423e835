"""Queries: the copies, the nearest texts and the story of a text that is not in the index.

A query with a time is compared with the texts that it would be linked to. One without a time is
compared by content alone, with all texts of the index, whatever their time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from dedup.articles import precedence, seconds_of
from dedup.compute.arrays import Int64s, largest
from dedup.config import Config
from dedup.duplicates.stretches import is_digest
from dedup.encoders import Encoder
from dedup.encoders.whole_vectors import SCALE
from dedup.index.live.archived_texts import ArchivedTexts
from dedup.index.live.copies.clusters import Body
from dedup.index.live.memory import Memory
from dedup.index.records import Neighbor, QueryAnswer
from dedup.pipeline import profiles_of
from dedup.records import Article, CleanText, Match
from dedup.stories.affinity import Affinity, AffinityModel, log_odds_of, probability_of
from dedup.stories.pairs import time_gaps
from dedup.stories.profiles import Profiles

_ARCHIVED = 200
"""So many of the archived texts with the nearest vectors are scored."""
_COSINE_DIGITS = 4


class _Near(NamedTuple):
    """A text near to a query, in the order in which they are listed: by minus the log-odds, ..."""

    odds: float
    product: int
    id: str
    neighbor: Neighbor


class LiveQueries:
    """Answers queries from what is in memory, and from the archive.

    Args:
        memory: The articles, with their copies, links and groups.
        archived: Texts of archived stories; None: there are none.
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
    """

    def __init__(
        self,
        memory: Memory,
        archived: ArchivedTexts | None,
        config: Config,
        encoder: Encoder,
        model: AffinityModel,
    ) -> None:
        self._memory = memory
        self._archived = archived
        self._config = config
        self._encoder = encoder
        self._model = model

    def answer(self, article: Article, limit: int) -> QueryAnswer:
        """What is known about an article that is not there.

        Args:
            article: The article; without a time it is compared by content alone.
            limit: At most so many copies, and neighbours.
        """
        memory = self._memory
        text = memory.clean_texts.cleaned(article)
        first = precedence(article, text)
        copies, quotes = self._copies(article, text)
        copies = [copy for copy in copies if self._is_tie(copy, quotes)]
        profile = profiles_of([article], {article.id: text}, self._encoder, self._config)
        archived = [] if article.published_at else self._near_archived(profile)
        # Under an id that no article has: the article may be there already.
        (row,) = memory.texts.add([""], profile, [first], [quotes]).tolist()
        try:
            if article.published_at is None:
                near = sorted([*self._near(row, self._rows_before(row), limit), *archived])
                story, probability = self._story_by_content(near)
            else:
                near, story, probability = self._by_links(row, limit)
        finally:
            memory.texts.remove_last()
        near_in_time = [copy.a for copy in copies if self._is_near_in_time(copy.a, article)]
        if near_in_time:
            story, probability = self._story_and_mean(near_in_time[0])
        neighbors = tuple(one.neighbor for one in near[:limit])
        return QueryAnswer(
            tuple(copies[:limit]), neighbors, story, probability, article.published_at
        )

    def copies(self, article: Article, limit: int) -> tuple[Match, ...]:
        """The copies of an article that is not there, the most similar first.

        Digests that have its whole text are among them, which `answer` leaves out.
        """
        text = self._memory.clean_texts.cleaned(article)
        return tuple(self._copies(article, text)[0][:limit])

    def _copies(self, article: Article, text: CleanText) -> tuple[list[Match], bool]:
        """Matches of an article that is not there, and whether it is a digest of what is."""
        found, quotes = self._memory.copies.query(Body.of(article, text))
        matches = [
            Match(
                id, article.id, similarity.jaccard, similarity.containment_a,
                similarity.containment_b,
            )
            for id, similarity in found
        ]  # fmt: skip
        return matches, quotes

    def _is_tie(self, copy: Match, quotes: bool) -> bool:
        """Whether a match makes two texts copies: with a digest only a near one does."""
        near = copy.jaccard >= self._config.near_duplicates.min_jaccard
        return near or not (quotes or is_digest(self._memory.copies.cluster_of[copy.a]))

    def _is_near_in_time(self, id: str, article: Article) -> bool:
        """Whether an article is in a stretch with a copy of this time; without one it is."""
        gap = abs(self._memory.copies.key_of(id).seconds - int(seconds_of([article])[0]))
        return article.published_at is None or gap <= self._config.neighbors.max_gap.total_seconds()

    def _by_links(self, row: int, limit: int) -> tuple[list[_Near], str, float | None]:
        """Nearest texts, lasting id of the story and mean P(same event) there, of a dated query."""
        first, second, _ = self._memory.links.links_of_query(row)
        linked = np.where(first == row, second, first)
        best = self._memory.groups.best_for(row, linked)
        others = self._rows_before(row)
        alike = others[largest(self._products(row, others), limit)]
        near = sorted(self._near(row, np.union1d(linked, alike), None))
        if best is None:
            return near, "", None
        return near, self._story_of(best[0]), probability_of(best[1])

    def _story_by_content(self, near: Sequence[_Near]) -> tuple[str, float | None]:
        """Story of the text that most likely reports the same event, and how likely that is."""
        if not near or -near[0].odds < log_odds_of(self._config.stories.min_probability):
            return "", None
        best = near[0].neighbor
        return best.story_group, best.probability

    def _story_and_mean(self, article: str) -> tuple[str, float | None]:
        """Story group of an article, and mean P(same event) of its text with the others there."""
        representative = self._memory.copies.text_of[article].representative
        row = self._memory.texts.row_of[representative]
        odds = self._memory.groups.mean_log_odds(row)
        mean = None if odds is None else probability_of(odds)
        return self._story_of(row), mean

    def _story_of(self, row: int) -> str:
        """Lasting id of the story group that a text is in."""
        return self._memory.lasting_story(row)

    def _rows_before(self, row: int) -> Int64s:
        """Rows of all texts in memory but the last one, a query."""
        return np.flatnonzero(self._memory.texts.alive[:row])

    def _products(self, row: int, others: Int64s) -> Int64s:
        """Products of the vector of a text with those of others, int64 (m,)."""
        from dedup.index.live.kernels.tops import products_of

        vectors = self._memory.texts.profiles.vectors
        products: Int64s = products_of(vectors, others, np.full(len(others), row)).astype(np.int64)
        return products

    def _near(self, row: int, others: Int64s, limit: int | None) -> list[_Near]:
        """The most likely of other texts, all that are as likely as the last one included.

        Args:
            row: The query.
            others: Rows of other texts.
            limit: At least so many, if there are; None: all.
        """
        texts = self._memory.texts
        log_odds = texts.scorer.log_odds(np.full(len(others), row), others)
        if limit is not None:
            best = largest(log_odds, limit)
            others, log_odds = others[best], log_odds[best]
        gaps, dated = time_gaps(texts.profiles.seconds, others, np.full(len(others), row))
        return [
            self._listed(
                texts.articles[other], self._story_of(other), odds, product, gap if timed else None
            )
            for other, odds, product, gap, timed in zip(
                others.tolist(),
                log_odds.tolist(),
                self._products(row, others).tolist(),
                gaps.tolist(),
                dated.tolist(),
                strict=True,
            )
        ]

    def _near_archived(self, profile: Profiles) -> list[_Near]:
        """Archived texts with the nearest vectors, for a query without a time."""
        if self._archived is None:
            return []
        products, others = self._archived.nearest(profile.vectors[0], _ARCHIVED)
        stories = self._archived.stories_of(list(products))
        affinity = Affinity(self._model, Profiles.joined([others, profile]))
        rows = np.arange(len(products))
        log_odds = affinity.log_odds(np.full(len(rows), len(rows)), rows).tolist()
        return [
            self._listed(id, stories[id], odds, product, None)
            for (id, product), odds in zip(products.items(), log_odds, strict=True)
        ]

    def _listed(self, id: str, story: str, odds: int, product: int, gap: int | None) -> _Near:
        far = gap is not None and gap > self._config.neighbors.max_gap.total_seconds()
        neighbor = Neighbor(
            id,
            story,
            None if far else probability_of(odds),
            round(product / (SCALE * SCALE), _COSINE_DIGITS),
            None if gap is None else timedelta(seconds=gap),
        )
        return _Near(np.inf if far else -odds, -product, id, neighbor)
