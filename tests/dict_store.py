"""The obvious store: dicts. What the others must answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from dedup.records import StoryGroup
from dedup.store import (
    ArchivedArticle,
    Bundle,
    Derived,
    Placement,
    StoredArticle,
    StoredStory,
    StoryFilter,
)
from dedup.store.records import StoryEvent
from dedup.store.rows import to_text

_NEVER = datetime.min.replace(tzinfo=UTC)


class DictStore:
    """A `Store` in memory, for one thread."""

    def __init__(self) -> None:
        self._meta: dict[str, str] = {}
        self._articles: dict[str, tuple[StoredArticle, Derived]] = {}
        self._places: dict[str, Placement] = {}
        self._matches: dict[tuple[str, str], tuple[float, float, float]] = {}
        self._stories: dict[str, StoredStory] = {}
        self._events: list[StoryEvent] = []
        self._outlines: dict[str, tuple[int, bytes]] = {}
        self._parcels: dict[int, bytes] = {}
        self._shelved: dict[str, tuple[int, int, ArchivedArticle]] = {}

    def close(self) -> None:
        pass

    @contextmanager
    def begin(self) -> Iterator[None]:
        before = {name: value.copy() for name, value in vars(self).items()}
        try:
            yield
        except BaseException:
            vars(self).update(before)
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        yield

    def meta(self) -> Mapping[str, str]:
        return self._meta

    def set_meta(self, values: Mapping[str, str]) -> None:
        self._meta.update(values)

    def put_articles(self, rows: Sequence[tuple[StoredArticle, Derived]]) -> None:
        self._articles.update({row[0].article.id: row for row in rows})

    def delete_articles(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._articles.pop(id, None)
            self._places.pop(id, None)
            self._shelved.pop(id, None)

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        return {i: self._articles[i][0] for i in ids if i in self._articles}

    def rows(self, ids: Sequence[str]) -> list[tuple[StoredArticle, Derived]]:
        return [self._articles[i] for i in sorted({*ids}, key=to_text) if i in self._articles]

    def derived(self, ids: Sequence[str]) -> dict[str, Derived]:
        return {i: self._articles[i][1] for i in ids if i in self._articles}

    def digests(self, ids: Sequence[str]) -> dict[str, str]:
        return {i: stored.digest for i, stored in self.articles(ids).items()}

    def all_articles(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        source: str | None = None,
        *,
        in_memory: bool = False,
    ) -> Iterator[StoredArticle]:
        for id in sorted(self._articles, key=to_text):
            article = self._articles[id][0].article
            time = article.published_at or _NEVER
            if in_memory and id in self._shelved:
                continue
            late = until is not None and time >= until
            if (since is None or time >= since) and not late and source in (None, article.source):
                yield self._articles[id][0]

    def put_placements(self, places: Sequence[Placement]) -> None:
        self._places.update({place.id: place for place in places})

    def placements(self, ids: Sequence[str]) -> dict[str, Placement]:
        return {i: self._places[i] for i in ids if i in self._places}

    def all_placements(self, *, in_memory: bool = False) -> Iterator[Placement]:
        found = [
            each for each in self._places.values() if not (in_memory and each.id in self._shelved)
        ]
        return iter(sorted(found, key=lambda place: to_text(place.id)))

    def cluster(self, id: str) -> list[Placement]:
        members = [place for place in self.all_placements() if place.duplicate_cluster == id]
        return sorted(members, key=lambda place: place.id != place.representative)

    def put_matches(
        self, ids: Iterable[str], matches: Iterable[tuple[str, str, float, float, float]]
    ) -> None:
        gone = set(ids)
        kept = {pair: rest for pair, rest in self._matches.items() if gone.isdisjoint(pair)}
        self._matches = kept | {(a, b): (j, in_a, in_b) for a, b, j, in_a, in_b in matches}

    def matches(
        self, ids: Sequence[str] | None = None
    ) -> list[tuple[str, str, float, float, float]]:
        return [
            (*pair, *self._matches[pair])
            for pair in sorted(self._matches, key=_as_kept)
            if (pair[0] not in self.shelved(pair) if ids is None else {*pair} & {*ids})
        ]

    def shelve(self, parcels: Sequence[tuple[bytes, Sequence[ArchivedArticle]]]) -> None:
        number = max((each for each, _, _ in self._shelved.values()), default=0)
        for links, articles in parcels:
            parcel = number + 1
            self._parcels = {**self._parcels, parcel: links}
            for each in articles:
                number += 1
                self._shelved = {**self._shelved, each.id: (number, parcel, each)}

    def unshelve(self, numbers: Sequence[int] | None = None) -> None:
        gone = set(self._parcels if numbers is None else numbers)
        self._parcels = {n: links for n, links in self._parcels.items() if n not in gone}
        self._shelved = {i: row for i, row in self._shelved.items() if row[1] not in gone}

    def put_parcel_links(self, links: Mapping[int, bytes]) -> None:
        self._parcels = self._parcels | {n: kept for n, kept in links.items() if n in self._parcels}

    def parcels(self, numbers: Sequence[int]) -> list[Bundle]:
        return [
            Bundle(n, tuple(i for i, row in self._rows_shelved() if row[1] == n), self._parcels[n])
            for n in dict.fromkeys(numbers)
            if n in self._parcels
        ]

    def shelved(self, ids: Sequence[str]) -> dict[str, int]:
        return {i: self._shelved[i][1] for i in ids if i in self._shelved}

    def shelved_between(self, spans: Sequence[tuple[datetime, datetime]]) -> set[int]:
        return {
            parcel
            for _, parcel, each in self._shelved.values()
            for first, last in spans
            if each.stands_at and first <= each.stands_at <= last
        }

    def last_shelved(self) -> datetime | None:
        times = [each.stands_at for *_, each in self._shelved.values() if each.stands_at]
        return max(times, default=None)

    def shelved_with(self, keys: Sequence[int], most: int) -> set[str]:
        rows = self._rows_shelved()
        return {i for key in keys for i in [i for i, row in rows if key in row[2].keys][-most:]}

    def shelved_lines(self, source: str) -> list[tuple[str, bytes]]:
        found = [each for *_, each in self._shelved.values() if each.source == source]
        return sorted(((e.id, e.lines) for e in found if e.lines), key=lambda row: to_text(row[0]))

    def _rows_shelved(self) -> list[tuple[str, tuple[int, int, ArchivedArticle]]]:
        return sorted(self._shelved.items(), key=lambda each: each[1][0])

    def put_stories(self, stories: Sequence[StoredStory]) -> None:
        self._stories.update({story.id: story for story in stories})

    def put_summaries(self, outlines: Mapping[str, bytes]) -> None:
        version = max((each for each, _ in self._outlines.values()), default=0) + 1
        new = {story: (version, kept) for story, kept in outlines.items()}
        self._outlines = self._outlines | new

    def summaries(self, after: int = 0) -> list[tuple[str, int, bytes]]:
        rows = [(story, *row) for story, row in self._outlines.items() if row[0] > after]
        return sorted(rows, key=lambda row: (row[1], to_text(row[0])))

    def stories(self, ids: Sequence[str]) -> dict[str, StoredStory]:
        return {i: self._stories[i] for i in ids if i in self._stories}

    def find_stories(
        self, wanted: StoryFilter, limit: int, cursor: str = ""
    ) -> tuple[list[StoredStory], str]:
        found = [story for story in self._stories.values() if _fits(story, wanted)]
        found.sort(key=lambda story: to_text(story.id))
        found.sort(key=lambda story: _order(story.group, wanted), reverse=True)
        start = int(cursor or 0)
        more = start + limit < len(found)
        return found[start : start + limit], str(start + limit) if more else ""

    def add_events(self, events: Sequence[StoryEvent]) -> None:
        self._events = [*self._events, *events]

    def events(
        self, after: int = 0, limit: int | None = None, story_group: str = ""
    ) -> list[StoryEvent]:
        found = [e for e in self._events if e.number > after and story_group in ("", e.story_group)]
        return found[:limit]

    def last_event(self) -> int:
        return len(self._events)

    def counts(self) -> dict[str, int]:
        return {
            "articles": len(self._articles),
            "shelved": len(self._shelved),
            "texts": len({place.duplicate_cluster for place in self._places.values()}),
            "story_groups": sum(story.state == "open" for story in self._stories.values()),
            "events": len(self._events),
            "bytes": 0,
        }

    def check(self) -> list[str]:
        return []


def _as_kept(pair: tuple[str, str]) -> tuple[str, str]:
    return to_text(pair[0]), to_text(pair[1])


def _fits(story: StoredStory, wanted: StoryFilter) -> bool:
    group = story.group
    if group is None or story.state != "open" or group.texts < wanted.min_texts:
        return False
    first, last = group.first_seen, group.last_seen
    return (
        (wanted.since is None or (last is not None and last >= wanted.since))
        and (wanted.until is None or (first is not None and first < wanted.until))
        and (not wanted.language or wanted.language in group.languages)
        and (not wanted.source or wanted.source in group.sources)
        and all(word in story.search for word in wanted.text.casefold().split())
    )


def _order(group: StoryGroup | None, wanted: StoryFilter) -> tuple[int, datetime]:
    """What is listed first is the largest of."""
    assert group is not None
    if wanted.order == "largest":
        return group.texts, _NEVER
    return 0, (group.last_seen if wanted.order == "latest" else group.first_seen) or _NEVER
