"""Archived articles: those that left memory, restored as far as a change or a question needs them.

They are in the store in bundles: all that belongs together by copies and links left together. A
bundle is restored with all of its articles. Restored articles are compared with what arrives like
all others; in the store they stay archived until a change touches them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest

import numpy as np

from dedup.compute.arrays import Float32s
from dedup.duplicates.matches import Similarity
from dedup.index.answers import cluster_of
from dedup.records import Article, DuplicateCluster
from dedup.store import Bundle, Derived, Placement, Store, StoredArticle

_MOST = 1000
"""Of the archived texts in one bucket so many are compared, those that were archived last."""

Rows = Sequence[tuple[StoredArticle, Derived]]


@dataclass(frozen=True, slots=True)
class StoredRecords:
    """Articles as they are stored, with all that belongs together by copies and links.

    Args:
        stored: The articles.
        clusters: Their duplicate clusters, the representative first, the others in any order.
        stories: Lasting id of the story group of each article.
        matches: Pairs of articles whose texts are verified copies; None if they are not known.
        derived: Reads what was computed of some of the articles, by id; of all at once it would
            take more memory than what is made of it.
    """

    stored: Sequence[StoredArticle]
    clusters: Sequence[DuplicateCluster]
    stories: Mapping[str, str]
    matches: Sequence[tuple[str, str, Similarity]] | None
    derived: Callable[[Sequence[str]], Mapping[str, Derived]]

    @classmethod
    def of(
        cls,
        stored: Sequence[StoredArticle],
        placements: Iterable[Placement],
        matches: Iterable[tuple[str, str, float, float, float]],
        derived: Callable[[Sequence[str]], Mapping[str, Derived]],
    ) -> StoredRecords:
        """From the records of a store."""
        members: dict[str, list[Placement]] = {}
        stories = {}
        for placement in placements:
            stories[placement.id] = placement.story_group
            members.setdefault(placement.duplicate_cluster, []).append(placement)
        for cluster in members.values():
            cluster.sort(key=lambda placement: placement.id != placement.representative)
        return cls(
            stored,
            [cluster_of(cluster) for cluster in members.values()],
            stories,
            [(a, b, Similarity(*rest)) for a, b, *rest in matches],
            derived,
        )


class Archive:
    """What left the memory of an index.

    Args:
        store: Where it is; None: nothing ever left.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store
        self._latest = store.archive.latest() if store else None
        self._restored: dict[int, Bundle] = {}
        self._bundle_of: dict[str, int] = {}
        self._compared: set[str] = set()
        self._removed: dict[str, int] = {}

    def close(self) -> None:
        """Restore nothing from now on: the store has moved on."""
        self._latest = None

    @property
    def used(self) -> bool:
        """Whether anything left."""
        return self._latest is not None

    @property
    def restored(self) -> Collection[Bundle]:
        """Bundles that are in memory."""
        return self._restored.values()

    @property
    def articles(self) -> Collection[str]:
        """Articles that are in memory though they are archived."""
        return self._bundle_of.keys()

    @property
    def size(self) -> int:
        """How many articles are in memory that need not be."""
        return len(self._bundle_of.keys() | self._compared)

    def bundles_of(self, ids: Collection[str]) -> set[int]:
        """Bundles of articles, without those that are in memory."""
        outside = [id for id in ids if not self._in_memory(id)]
        if not outside or not self._store or not self.used:
            return set()
        return set(self._store.archive.bundles_of(outside).values())

    def bundles_between(self, spans: Iterable[tuple[datetime, datetime]]) -> set[int]:
        """Bundles with a text of one of these times, without those that are in memory."""
        old = [span for span in spans if self._latest is not None and span[0] <= self._latest]
        if not old or not self._store:
            return set()
        bundles = self._store.archive.bundles_between(_joined(old))
        return bundles - self._restored.keys() - {*self._removed.values()}

    def restored_bundles_of(self, ids: Iterable[str]) -> set[int]:
        """Those of the bundles in memory that have one of these articles."""
        return {self._bundle_of[id] for id in ids if id in self._bundle_of}

    def restore(self, numbers: Collection[int]) -> tuple[list[Bundle], StoredRecords]:
        """Bundles, in memory from now on, and what is stored of their articles."""
        if not numbers or not self._store:
            return [], StoredRecords([], [], {}, [], lambda ids: {})
        store = self._store
        bundles = store.archive.bundles(sorted(numbers))
        ids = [id for bundle in bundles for id in bundle.articles]
        records = StoredRecords.of(
            [*store.articles(ids).values()],
            store.placements(ids).values(),
            store.matches(ids),
            store.derived,
        )
        self._restored.update((bundle.number, bundle) for bundle in bundles)
        self._bundle_of.update((id, bundle.number) for bundle in bundles for id in bundle.articles)
        return bundles, records

    def keep_restored(self, numbers: Iterable[int]) -> None:
        """Restored bundles stay in memory: they are archived no more once this is committed."""
        for number in numbers:
            for id in self._restored.pop(number).articles:
                del self._bundle_of[id]
                self._removed[id] = number

    def update(self, bundles: Iterable[Bundle]) -> None:
        """Replace restored bundles whose links have changed."""
        self._restored.update((bundle.number, bundle) for bundle in bundles)

    def sharing(self, buckets: Collection[int]) -> Rows:
        """Articles whose texts are in one of these buckets; each is given once."""
        if not buckets or not self._store or not self.used:
            return []
        ids = self._store.archive.sharing(sorted(buckets), _MOST)
        new = sorted(id for id in ids - self._compared if not self._in_memory(id))
        self._compared.update(new)
        articles, derived = self._store.articles(new), self._store.derived(new)
        return [(articles[id], derived[id]) for id in new]

    def nearest(self, vector: Float32s, most: int) -> dict[str, int]:
        """The texts that left and are not in memory whose vectors are nearest to a vector.

        All vectors are read from the store, as long ago as they may be.

        Args:
            vector: A whole-number vector, float32 (dim,).
            most: At most so many.

        Returns:
            The product of the two vectors, by the id of the article that represents the text; the
            largest first.
        """
        if not self._store or not self.used:
            return {}
        near: list[tuple[int, str]] = []
        for ids, stored in self._store.archive.vectors():
            rows = np.frombuffer(b"".join(stored), "<i2").reshape(len(ids), 2, -1)
            products = (rows[:, 0].astype(np.float32) @ vector).astype(np.int64).tolist()
            new = zip(products, ids, strict=True)
            near += [(-product, id) for product, id in new if not self._in_memory(id)]
            near = nsmallest(most, near)
        return {id: -product for product, id in near}

    def stories_of(self, ids: Sequence[str]) -> dict[str, str]:
        """Lasting ids of the story groups of articles that left."""
        assert self._store is not None
        placements = self._store.placements(ids)
        return {id: placement.story_group for id, placement in placements.items()}

    def stored(self, ids: Sequence[str]) -> tuple[list[StoredArticle], dict[str, Derived]]:
        """Articles that left, and what was computed of them by id."""
        assert self._store is not None
        articles = self._store.articles(ids)
        return [articles[id] for id in ids], dict(self._store.derived(ids))

    def lines(self, source: str) -> Iterator[tuple[str, bytes]]:
        """Id and digests of the pages of a source that left and are not in memory."""
        if self._store and self.used:
            for id, page in self._store.archive.lines(source):
                if not self._in_memory(id):
                    yield id, page

    def article(self, id: str) -> Article:
        """An article that left."""
        assert self._store is not None
        return self._store.articles([id])[id].article

    def of_source(self, source: str) -> Iterator[StoredArticle]:
        """Articles of a source that left and are not in memory."""
        if self._store and self.used:
            ids = [id for id, _ in self.lines(source)]
            for start in range(0, len(ids), _MOST):
                yield from self._store.articles(ids[start : start + _MOST]).values()

    def _in_memory(self, id: str) -> bool:
        """Whether an archived article was restored, for a while or for good."""
        return id in self._bundle_of or id in self._removed


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same times in spans that do not meet."""
    joined: list[tuple[datetime, datetime]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return joined
