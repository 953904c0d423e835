"""Texts of archived stories, which only a query without a time is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import nsmallest

import numpy as np

from dedup.articles import Precedence, precedence
from dedup.compute.arrays import Float32s, largest
from dedup.compute.growable import Columns, GrowableStrings
from dedup.config import Config
from dedup.encoders import Encoder
from dedup.index.live.columns import Saved
from dedup.index.live.texts import LiveTexts
from dedup.pipeline import profiles_of
from dedup.store import Store
from dedup.store.database import chunks
from dedup.stories.affinity import AffinityModel
from dedup.stories.profiles import Profiles

_AT_ONCE = 8192
"""So many texts are read, or compared, at once."""
VERSION = "archive"
"""Setting of the store that is another one whenever its archive is."""


class ArchivedTexts:
    """Profiles of the archived texts of an index.

    Args:
        store: Where the articles are.
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
    """

    def __init__(
        self, store: Store, config: Config, encoder: Encoder, model: AffinityModel
    ) -> None:
        self._store = store
        self._config = config
        self._encoder = encoder
        self._texts = LiveTexts(encoder.dim, model, "archived")
        self._contents = GrowableStrings()
        self._version: str | None = None

    def nearest(self, vector: Float32s, most: int) -> tuple[dict[str, int], Profiles]:
        """The texts whose vectors are nearest to a vector; all vectors are read.

        Args:
            vector: A whole-number vector, float32 (dim,).
            most: At most so many.

        Returns:
            The product of the two vectors, by the id of the article that represents the text, the
            largest first; and the profiles of these texts.
        """
        self.follow()
        texts, near = self._texts, list[tuple[int, str, int]]()
        rows = np.flatnonzero(texts.alive)
        for part in np.split(rows, np.arange(_AT_ONCE, len(rows), _AT_ONCE)):
            products = texts.profiles.vectors[part].astype(np.float32) @ vector
            best = largest(products, most)
            named = zip(products[best].tolist(), part[best].tolist(), strict=True)
            near += [(-int(product), texts.articles[row], row) for product, row in named]
            near = nsmallest(most, near)
        chosen = np.array([row for *_, row in near], np.int64)
        return {id: -product for product, id, _ in near}, texts.profiles.take(chosen)

    def stories_of(self, articles: Sequence[str]) -> dict[str, str]:
        """Lasting ids of the story groups of archived articles."""
        placements = self._store.placements(articles)
        return {id: placement.story_group for id, placement in placements.items()}

    def follow(self, memory: LiveTexts | None = None) -> None:
        """Take in which texts are archived now, if others are than the last time.

        Args:
            memory: Texts among which those may be that have been archived; others are embedded.
        """
        version = self._store.meta().get(VERSION, "")
        if version == self._version:
            return
        wanted, rows = self._store.archive.representatives(), self._texts.row_of
        gone = [row for id, row in rows.items() if wanted.get(id) != self._contents[row]]
        self._texts.remove(np.array(gone, np.int64))
        new = [id for id in wanted if id not in rows]
        there = [id for id in new if memory and id in memory.row_of]
        if memory and there:
            taken = np.array([memory.row_of[id] for id in there], np.int64)
            precedences = [*map(memory.order.of, taken.tolist())]
            self._add(there, memory.profiles.take(taken), precedences, wanted)
        for ids in chunks((id for id in new if id not in rows), _AT_ONCE):
            stored = self._store.articles(ids)
            texts = {id: stored[id].clean for id in ids}
            articles = [stored[id].article for id in ids]
            profiles = profiles_of(articles, texts, self._encoder, self._config)
            precedences = [precedence(article, texts[article.id]) for article in articles]
            self._add(ids, profiles, precedences, wanted)
        self._version = version

    def _add(
        self,
        ids: Sequence[str],
        profiles: Profiles,
        precedences: Sequence[Precedence],
        contents: Mapping[str, str],
    ) -> None:
        self._texts.add(ids, profiles, precedences, [False] * len(ids))
        self._contents.add(contents[id] for id in ids)

    def saved(self) -> Saved:
        """The texts as columns; see `load`."""
        return self._texts.saved() | Saved(self._contents.saved("archived.contents"), {})

    def remap(self, columns: Columns) -> None:
        """Have the columns that only grow, as they were saved, from elsewhere."""
        self._texts.remap(columns)
        self._contents.load(columns, "archived.contents")

    def load(self, columns: Columns) -> None:
        """Load what `saved` returned; the archive may be another one by now."""
        self._texts.load(columns)
        self._contents.load(columns, "archived.contents")
        self._version = None
