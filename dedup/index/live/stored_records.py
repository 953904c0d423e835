"""Articles as they are stored, with what is known of them: what memory is read from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dedup.duplicates.matches import Similarity
from dedup.index.answers import cluster_of
from dedup.records import DuplicateCluster
from dedup.store import Derived, Placement, Store, StoredArticle


@dataclass(frozen=True, slots=True)
class StoredRecords:
    """Articles as they are stored.

    Args:
        stored: The articles, read one by one.
        clusters: Their duplicate clusters, the representative first, the others in any order.
        stories: Lasting id of the story group of each article.
        matches: Pairs of articles whose texts are verified copies; None if they are not known.
        derived: Reads what was computed of some of the articles, by id; of all at once it would
            take more memory than what is made of it.
    """

    stored: Iterable[StoredArticle]
    clusters: Sequence[DuplicateCluster]
    stories: Mapping[str, str]
    matches: Sequence[tuple[str, str, Similarity]] | None
    derived: Callable[[Sequence[str]], Mapping[str, Derived]]

    @classmethod
    def of_store(cls, store: Store) -> StoredRecords:
        """All articles of a store that are not archived."""
        placements = store.all_placements(in_memory=True)
        stored = store.all_articles(in_memory=True)
        return cls.of(stored, placements, store.matches(), store.derived)

    @classmethod
    def of(
        cls,
        stored: Iterable[StoredArticle],
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
