"""Texts of archived stories, which only a query without a time is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest

import numpy as np

from dedup.compute.arrays import Float32s
from dedup.store import Derived, Store, StoredArticle


class ArchivedTexts:
    """The archived texts of an index, read from its store.

    Args:
        store: Where they are; None: there are none.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store

    def nearest(self, vector: Float32s, most: int) -> dict[str, int]:
        """The texts whose vectors are nearest to a vector; all vectors are read.

        Args:
            vector: A whole-number vector, float32 (dim,).
            most: At most so many.

        Returns:
            The product of the two vectors, by the id of the article that represents the text; the
            largest first.
        """
        near: list[tuple[int, str]] = []
        for ids, stored in self._store.archive.vectors() if self._store else ():
            rows = np.frombuffer(b"".join(stored), "<i2").reshape(len(ids), 2, -1)
            products = (rows[:, 0].astype(np.float32) @ vector).astype(np.int64).tolist()
            near += [(-product, id) for product, id in zip(products, ids, strict=True)]
            near = nsmallest(most, near)
        return {id: -product for product, id in near}

    def records(
        self, ids: Sequence[str]
    ) -> tuple[list[StoredArticle], list[Derived], dict[str, str]]:
        """Articles and what was computed of them, in this order; their lasting stories by id."""
        assert self._store is not None
        articles, placements = self._store.articles(ids), self._store.placements(ids)
        stories = {id: placement.story_group for id, placement in placements.items()}
        derived = self._store.derived(ids)
        return [articles[id] for id in ids], [derived[id] for id in ids], stories
