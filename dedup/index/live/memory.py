"""The articles of an index that are in memory: texts, copies, links and groups."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence

import numpy as np

from dedup.articles import stable_id
from dedup.compute.growable import Columns, packed, unpacked
from dedup.config import Config
from dedup.encoders import Encoder
from dedup.index.live.arrays.column_dict import ColumnDict
from dedup.index.live.articles import Articles
from dedup.index.live.clean_texts import CleanTexts
from dedup.index.live.columns import Saved
from dedup.index.live.copies.clusters import Body
from dedup.index.live.copies.duplicate_clusters import DuplicateClusters
from dedup.index.live.groups import LiveGroups
from dedup.index.live.links.links import LiveLinks
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import AffinityModel, log_odds_of


class Memory:
    """Articles in memory, with their copies, links and groups.

    Args:
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        articles: Where articles and their texts are.
    """

    def __init__(
        self, config: Config, encoder: Encoder, model: AffinityModel, articles: Articles
    ) -> None:
        self.lasting: MutableMapping[str, str] = {}
        """Lasting id of each story group, by the id that the batch gives."""
        min_cosine = config.neighbors.min_cosine
        self.articles = articles
        self.clean_texts = CleanTexts(config.cleaning, articles)
        self.copies = DuplicateClusters(config, self._bodies)
        self.texts = LiveTexts(encoder.dim, model)
        self.links = LiveLinks(
            self.texts,
            model.min_cosine if min_cosine is None else min_cosine,
            log_odds_of(config.stories.min_link_probability),
            config.neighbors,
        )
        self.groups = LiveGroups(self.texts, self.links, config)

    def saved(self, *, renumbered: bool = False) -> Saved:
        """All that is in memory as columns; see `load`.

        Args:
            renumbered: Leave out rows of removed texts, and number the others without gaps. Else
                what only grows begins as it did before.
        """
        rows = np.arange(len(self.texts))
        new_row, chosen = rows, None
        if renumbered:
            chosen = np.flatnonzero(self.texts.alive)
            new_row = np.full(len(rows), -1)
            new_row[chosen] = np.arange(len(chosen))
            rows = chosen
        saved = self.copies.saved(renumbered=renumbered) | self.texts.saved(chosen)
        groups = self.groups.saved(rows, new_row)
        firsts = np.unique(groups["groups.firsts"])
        stories = [self.lasting_story(row) for row in rows[firsts[firsts >= 0]].tolist()]
        links, sources = self.links.saved(rows, new_row), self.clean_texts.saved()
        return saved.with_state(links, groups, packed("stories", stories), sources)

    def load(self, columns: Columns) -> None:
        """Take over what `saved` returned."""
        self.clean_texts.load_saved(columns)
        self.copies.load(columns)
        self.texts.load(columns)
        self.links.load(columns)
        firsts = self.groups.load(columns)
        articles = self.texts.articles

        def lasting() -> dict[str, str]:
            ids = (stable_id("s", articles[row]) for row in firsts)
            return dict(zip(ids, unpacked(columns, "stories"), strict=True))

        self.lasting = ColumnDict(lasting)

    def remap(self, columns: Columns) -> None:
        """Have the columns that only grow, which are as they were saved, from their files."""
        self.copies.remap(columns)
        self.texts.remap(columns)

    def _bodies(self, ids: Sequence[str]) -> list[Body]:
        """Texts of articles that are compared for copies."""
        articles, texts = self.articles.of(ids)
        return [Body.of(articles[id], texts[id]) for id in ids]

    def lasting_story(self, row: int) -> str:
        """Lasting id of the story group that a text is in."""
        return self.lasting[self.story_id(self.groups.first_of(row))]

    def story_id(self, row: int) -> str:
        """Id that the batch gives to a story group with this first text."""
        return stable_id("s", self.texts.articles[row])
