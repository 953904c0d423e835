"""What the stores in databases share: every statement, in SQL that all of them understand.

A database adds how it is opened, how a transaction starts and ends, and what its errors mean.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from dedup.errors import StoreError
from dedup.store import Derived, Placement, StoredArticle, StoredStory, StoryFilter
from dedup.store.archive import HOT, Shelf
from dedup.store.checks import examine
from dedup.store.database import CHUNK, C, Select, among, chunks, upsert
from dedup.store.records import StoryEvent
from dedup.store.rows import (
    ARTICLE,
    DERIVED,
    EVENT,
    PLACE,
    STORY,
    Row,
    article_row,
    event_row,
    from_text,
    marks,
    place_row,
    read_article,
    read_derived,
    read_event,
    read_place,
    read_story,
    story_row,
    to_micros,
    to_text,
)
from dedup.store.story_list import cursor_after, story_list

__all__ = ["SqlStore"]


_PUT_META = upsert("meta", ("name", "value"))
_PUT_ARTICLE = upsert("articles", ARTICLE)
_PUT_PLACE = upsert("places", PLACE)
_PUT_OUTLINE = upsert("outlines", ("story", "version", "outline"))
_PUT_STORY = upsert("stories", STORY)
_ADD_EVENT = f"INSERT INTO events ({', '.join(EVENT)}) VALUES ({', '.join('?' * len(EVENT))})"
_COUNTS = {
    "articles": "SELECT COUNT(*) FROM articles",
    "shelved": "SELECT COUNT(*) FROM shelved",
    "texts": "SELECT COUNT(DISTINCT duplicate_cluster) FROM places",
    "story_groups": "SELECT COUNT(*) FROM stories WHERE state = 'open'",
    "events": "SELECT COALESCE(MAX(number), 0) FROM events",
}


class SqlStore(Shelf[C]):
    """A `Store` in a database."""

    @abstractmethod
    def _bytes(self, select: Select) -> int:
        """Size of the store."""

    @abstractmethod
    def _damage(self) -> list[str]:
        """What the database itself finds damaged."""

    # Settings.

    def meta(self) -> Mapping[str, str]:
        """See `Store.meta`."""
        with self._view() as select:
            rows = select("SELECT name, value FROM meta ORDER BY name", ())
            return {from_text(name): from_text(value) for name, value in rows}

    def set_meta(self, values: Mapping[str, str]) -> None:
        """See `Store.set_meta`."""
        self._put(_PUT_META, [(to_text(name), to_text(value)) for name, value in values.items()])

    # Articles.

    def put_articles(self, rows: Sequence[tuple[StoredArticle, Derived]]) -> None:
        """See `Store.put_articles`."""
        self._put(_PUT_ARTICLE, (article_row(stored, derived) for stored, derived in rows))

    def delete_articles(self, ids: Sequence[str]) -> None:
        """See `Store.delete_articles`."""
        self._put("DELETE FROM articles WHERE id = ?", ((to_text(i),) for i in ids))

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        """See `Store.articles`."""
        statement = f"SELECT {', '.join(ARTICLE[:13])} FROM articles"
        return {s.article.id: s for s in self._by_id(statement, ids, read_article)}

    def rows(self, ids: Sequence[str]) -> list[tuple[StoredArticle, Derived]]:
        """See `Store.rows`."""
        statement = f"SELECT {', '.join(ARTICLE)} FROM articles"
        found = self._by_id(statement, ids, tuple)
        return [(read_article(row), read_derived(row)) for row in sorted(found, key=_first)]

    def derived(self, ids: Sequence[str]) -> dict[str, Derived]:
        """See `Store.derived`."""
        return dict(self._by_id(f"SELECT {', '.join(DERIVED)} FROM articles", ids, _read_derived))

    def digests(self, ids: Sequence[str]) -> dict[str, str]:
        """See `Store.digests`."""
        return dict(self._by_id("SELECT id, digest FROM articles", ids, _read_texts))

    def all_articles(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        source: str | None = None,
        *,
        in_memory: bool = False,
    ) -> Iterator[StoredArticle]:
        """See `Store.all_articles`."""
        wanted = {
            "published_at >= ?": since and to_micros(since),
            "published_at < ?": until and to_micros(until),
            "source = ?": source if source is None else to_text(source),
        }
        wanted = {condition: value for condition, value in wanted.items() if value is not None}
        where = " AND ".join([HOT.format(id="articles.id") if in_memory else "1 = 1", *wanted])
        with self._view() as select:
            ids = select(f"SELECT id FROM articles WHERE {where} ORDER BY id", [*wanted.values()])
            statement = f"SELECT {', '.join(ARTICLE[:13])} FROM articles"
            for chunk in chunks((i for (i,) in ids), CHUNK):
                yield from map(read_article, sorted(among(select, statement, chunk), key=_first))

    # Places.

    def put_placements(self, places: Sequence[Placement]) -> None:
        """See `Store.put_places`."""
        self._put(_PUT_PLACE, map(place_row, places))

    def placements(self, ids: Sequence[str]) -> dict[str, Placement]:
        """See `Store.places`."""
        statement = f"SELECT {', '.join(PLACE)} FROM places"
        return {place.id: place for place in self._by_id(statement, ids, read_place)}

    def all_placements(self, *, in_memory: bool = False) -> Iterator[Placement]:
        """See `Store.all_places`."""
        where = HOT.format(id="places.id") if in_memory else "1 = 1"
        return self._all("places", PLACE, 1, read_place, where)

    def cluster(self, id: str) -> list[Placement]:
        """See `Store.cluster`."""
        statement = f"SELECT {', '.join(PLACE)} FROM places WHERE duplicate_cluster = ? ORDER BY id"
        with self._view() as select:
            places = [read_place(row) for row in select(statement, [to_text(id)])]
        return sorted(places, key=lambda place: place.id != place.representative)

    # Story groups and their history.

    def put_stories(self, stories: Sequence[StoredStory]) -> None:
        """See `Store.put_stories`."""
        wanted = {(*mark, to_text(s.id)) for s in stories for mark in marks(s)}
        ids = [to_text(s.id) for s in stories]
        with self._writing() as writer:
            self._query_many(writer, _PUT_STORY, map(story_row, stories))
            # Most of a story's marks stay as they are when it grows: write the difference.
            select = partial(self._query, writer)
            there = set(among(select, "SELECT kind, value, story FROM story_marks", ids, "story"))
            gone = "DELETE FROM story_marks WHERE kind = ? AND value = ? AND story = ?"
            self._query_many(writer, gone, sorted(there - wanted))
            new = "INSERT INTO story_marks (kind, value, story) VALUES (?, ?, ?)"
            self._query_many(writer, new, sorted(wanted - there))

    def put_summaries(self, outlines: Mapping[str, bytes]) -> None:
        """See `Store.put_summaries`."""
        with self._writing() as writer:
            newest = "SELECT COALESCE(MAX(version), 0) FROM outlines"
            [(version,)] = self._query(writer, newest, ())
            rows = [(to_text(id), version + 1, kept) for id, kept in outlines.items()]
            self._query_many(writer, _PUT_OUTLINE, rows)

    def summaries(self, after: int = 0) -> list[tuple[str, int, bytes]]:
        """See `Store.outlines`."""
        statement = "SELECT story, version, outline FROM outlines WHERE version > ?"
        with self._view() as select:
            rows = select(f"{statement} ORDER BY version, story", [after])
        return [(from_text(id), version, bytes(kept)) for id, version, kept in rows]

    def stories(self, ids: Sequence[str]) -> dict[str, StoredStory]:
        """See `Store.stories`."""
        statement = f"SELECT {', '.join(STORY)} FROM stories"
        return {stored.id: stored for stored in self._by_id(statement, ids, read_story)}

    def find_stories(
        self, wanted: StoryFilter, limit: int, cursor: str = ""
    ) -> tuple[list[StoredStory], str]:
        """See `Store.find_stories`."""
        if limit < 1:
            raise StoreError(f"a list of {limit} story groups cannot be: ask for 1 at least")
        statement, values = story_list(wanted, cursor)
        with self._view() as select:
            rows = select(f"{statement} LIMIT ?", [*values, limit + 1])
            found = [read_story(row) for row in rows[:limit]]
        return found, cursor_after(wanted, rows[limit - 1]) if len(rows) > limit else ""

    def add_events(self, events: Sequence[StoryEvent]) -> None:
        """See `Store.add_events`."""
        with self._writing() as writer:
            [(last,)] = self._query(writer, _COUNTS["events"], ())
            for number, event in enumerate(events, last + 1):
                if event.number != number:
                    raise StoreError(f"event {event.number} does not follow event {number - 1}")
            self._query_many(writer, _ADD_EVENT, map(event_row, events))

    def events(
        self, after: int = 0, limit: int | None = None, story_group: str = ""
    ) -> list[StoryEvent]:
        """See `Store.events`."""
        statement = f"SELECT {', '.join(EVENT)} FROM events WHERE number > ?"
        values: list[object] = [after]
        if story_group:
            statement, values = f"{statement} AND story = ?", [*values, to_text(story_group)]
        statement += " ORDER BY number"
        if limit is not None:
            statement, values = f"{statement} LIMIT ?", [*values, limit]
        with self._view() as select:
            return [read_event(row) for row in select(statement, values)]

    def last_event(self) -> int:
        """See `Store.last_event`."""
        with self._view() as select:
            return int(select(_COUNTS["events"], ())[0][0])

    # The whole.

    def counts(self) -> dict[str, int]:
        """See `Store.counts`."""
        with self._view() as select:
            counts = {name: int(select(sql, ())[0][0]) for name, sql in _COUNTS.items()}
            return {**counts, "bytes": self._bytes(select)}

    def check(self) -> list[str]:
        """See `Store.check`."""
        damage = self._damage()
        try:
            with self._view() as select:
                return [*damage, *examine(select)]
        except StoreError as error:
            return [*damage, str(error)]


def _read_texts(row: Row) -> tuple[str, str]:
    return from_text(row[0]), from_text(row[1])


def _read_derived(row: Row) -> tuple[str, Derived]:
    return from_text(row[0]), Derived(*row[1:])


def _first(row: Row) -> str:
    return str(row[0])
