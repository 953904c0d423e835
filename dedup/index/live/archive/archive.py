"""Articles that left the hot index, as far as a change or a question needs them.

They are in the store in parcels: all that hangs together by copies and links left together. Of a
parcel all articles come back to memory, or none; those that did are guests: they are compared
with what arrives like all others, and are in the store as they were until a change touches them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dedup.duplicates.matches import Similarity
from dedup.index.answers import cluster_of
from dedup.records import Article, DuplicateCluster
from dedup.store import Bundle, Derived, Placement, Store, StoredArticle

_MOST = 1000
"""Of the shelved texts in one bucket so many are looked at, those that were shelved last."""

Rows = Sequence[tuple[StoredArticle, Derived]]


@dataclass(frozen=True, slots=True)
class StoredRecords:
    """Articles as they are stored, with all that hangs together with them.

    Args:
        stored: The articles.
        clusters: Their duplicate clusters, the representative first, the others in any order.
        stories: Lasting id of the story group of each representative.
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
        places: Iterable[Placement],
        matches: Iterable[tuple[str, str, float, float, float]],
        derived: Callable[[Sequence[str]], Mapping[str, Derived]],
    ) -> StoredRecords:
        """From the records of a store."""
        members: dict[str, list[Placement]] = {}
        for place in places:
            members.setdefault(place.duplicate_cluster, []).append(place)
        for each in members.values():
            each.sort(key=lambda place: place.id != place.representative)
        return cls(
            stored,
            [cluster_of(each) for each in members.values()],
            {each[0].id: each[0].story_group for each in members.values()},
            [(a, b, Similarity(*rest)) for a, b, *rest in matches],
            derived,
        )


class Archive:
    """What left the hot index.

    Args:
        store: Where it is; None: nothing ever left.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store
        self._last = store.last_shelved() if store else None
        self._guests: dict[int, Bundle] = {}
        self._home: dict[str, int] = {}
        self._shown: set[str] = set()
        self._released: dict[str, int] = {}

    def close(self) -> None:
        """Nothing comes back from now on: the store has moved on."""
        self._last = None

    @property
    def used(self) -> bool:
        """Whether anything left."""
        return self._last is not None

    @property
    def guests(self) -> Collection[Bundle]:
        """Parcels that are in memory."""
        return self._guests.values()

    @property
    def articles(self) -> Collection[str]:
        """Articles that are in memory though they are shelved."""
        return self._home.keys()

    @property
    def size(self) -> int:
        """How many articles are in memory that need not be."""
        return len(self._home.keys() | self._shown)

    def parcels_of(self, ids: Collection[str]) -> set[int]:
        """Parcels of articles, without those that are in memory."""
        wanted = [each for each in ids if each not in self._home and each not in self._released]
        if not wanted or not self._store or not self.used:
            return set()
        return set(self._store.shelved(wanted).values())

    def parcels_between(self, spans: Iterable[tuple[datetime, datetime]]) -> set[int]:
        """Parcels with a text of one of these times, without those that are in memory."""
        old = [span for span in spans if self._last is not None and span[0] <= self._last]
        if not old or not self._store:
            return set()
        found = self._store.shelved_between(_joined(old))
        return found - self._guests.keys() - {*self._released.values()}

    def guests_of(self, ids: Iterable[str]) -> set[int]:
        """Those of the parcels in memory that have one of these articles."""
        return {self._home[each] for each in ids if each in self._home}

    def take(self, numbers: Collection[int]) -> tuple[list[Bundle], StoredRecords]:
        """Parcels, which are guests from now on, and what is stored of their articles."""
        if not numbers or not self._store:
            return [], StoredRecords([], [], {}, [], lambda ids: {})
        parcels = self._store.parcels(sorted(numbers))
        ids = [each for parcel in parcels for each in parcel.articles]
        store = self._store
        held = StoredRecords.of(
            [*store.articles(ids).values()],
            store.placements(ids).values(),
            store.matches(ids),
            store.derived,
        )
        self._guests.update((parcel.number, parcel) for parcel in parcels)
        self._home.update((each, parcel.number) for parcel in parcels for each in parcel.articles)
        return parcels, held

    def release(self, numbers: Iterable[int]) -> None:
        """Guests stay for good: they are shelved no more, as soon as this is committed."""
        for number in numbers:
            for each in self._guests.pop(number).articles:
                del self._home[each]
                self._released[each] = number

    def update(self, parcels: Iterable[Bundle]) -> None:
        """What is kept of guests has changed."""
        self._guests.update((parcel.number, parcel) for parcel in parcels)

    def sharing(self, keys: Collection[int]) -> Rows:
        """Articles whose texts are in one of these buckets; each is given once."""
        if not keys or not self._store or not self.used:
            return []
        found = self._store.shelved_with(sorted(keys), _MOST)
        new = found - self._shown - self._home.keys() - self._released.keys()
        self._shown |= new
        return self._store.rows(sorted(new))

    def lines(self, source: str) -> Iterator[tuple[str, bytes]]:
        """Id and digests of the pages of a source that left and are not in memory."""
        if self._store and self.used:
            for id, page in self._store.shelved_lines(source):
                if id not in self._home and id not in self._released:
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


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same times in spans that do not meet."""
    found: list[tuple[datetime, datetime]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found
