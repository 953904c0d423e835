"""What the stores in databases share: every statement, in SQL that all of them understand.

A database adds how it is opened, how a transaction starts and ends, and what its errors mean.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from dedup.errors import StoreError
from dedup.index_records import StoryEvent
from dedup.store import Derived, Place, StoredArticle, StoredStory, StoryFilter
from dedup.store.checks import examine
from dedup.store.migrations import LOG, Migration, missing_migrations
from dedup.store.rows import (
    ARTICLE,
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

__all__ = ["Select", "SqlStore", "StatementRunner", "upsert"]

Select = Callable[[str, Sequence[object]], list[Any]]
"""Runs one statement with `?` for each value, and returns its rows."""
StatementRunner = Callable[[str, Iterable[Row]], None]
"""Runs one statement for each row of values."""

_T = TypeVar("_T")
# As many values as one statement takes.
_CHUNK = 500
_PAGE = 10_000


def upsert(table: str, columns: Sequence[str], keys: int = 1) -> str:
    """A statement that adds a row, or replaces the one with the same first `keys` columns."""
    names, values = ", ".join(columns), ", ".join("?" * len(columns))
    rest = ", ".join(f"{name} = excluded.{name}" for name in columns[keys:])
    return (
        f"INSERT INTO {table} ({names}) VALUES ({values}) "
        f"ON CONFLICT ({', '.join(columns[:keys])}) DO UPDATE SET {rest}"
    )


_PUT_META = upsert("meta", ("name", "value"))
_PUT_ARTICLE = upsert("articles", ARTICLE)
_PUT_PLACE = upsert("places", PLACE)
_PUT_STORY = upsert("stories", STORY)
_PUT_LINK = upsert("links", ("a", "b", "log_odds"), keys=2)
_MATCH = ("a", "b", "jaccard", "containment_a", "containment_b")
_PUT_MATCH = upsert("matches", _MATCH, keys=2)
_ADD_EVENT = f"INSERT INTO events ({', '.join(EVENT)}) VALUES ({', '.join('?' * len(EVENT))})"
_COUNTS = {
    "articles": "SELECT COUNT(*) FROM articles",
    "texts": "SELECT COUNT(DISTINCT duplicate_cluster) FROM places",
    "story_groups": "SELECT COUNT(*) FROM stories WHERE state = 'open'",
    "events": "SELECT COALESCE(MAX(number), 0) FROM events",
}


class SqlStore(ABC):
    """A `Store` in a database."""

    def __init__(self, where: str, *, read_only: bool) -> None:
        self.where = where
        self.read_only = read_only
        self._turn = threading.Lock()
        self._writer_thread = 0

    # What a database adds.

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""

    @abstractmethod
    def _errors(self) -> AbstractContextManager[None]:
        """Turns errors of the database into `StoreError`."""

    @abstractmethod
    def _start(self) -> None:
        """Starts a transaction on the connection that writes."""

    @abstractmethod
    def _commit(self) -> None:
        """Ends it, durably."""

    @abstractmethod
    def _undo(self) -> None:
        """Ends it as if it had not been; says nothing where there is none any more."""

    @abstractmethod
    def _run(self, statement: str, rows: Iterable[Row]) -> None:
        """Runs a statement for each row on the connection that writes."""

    @abstractmethod
    def _run_script(self, script: str) -> None:
        """Runs statements written for SQLite on the connection that writes."""

    @abstractmethod
    def _select_written(self, statement: str, values: Sequence[object]) -> list[Any]:
        """Rows as the open transaction sees them."""

    @abstractmethod
    def _committed(self) -> AbstractContextManager[Select]:
        """A view of the last commit, which stays as it is until it is left."""

    @abstractmethod
    def _bytes(self) -> int:
        """Size of the store."""

    @abstractmethod
    def _damage(self) -> list[str]:
        """What the database itself finds damaged."""

    # Transactions and reads.

    @contextmanager
    def begin(self) -> Iterator[None]:
        """See `Store.begin`."""
        if self.read_only:
            raise StoreError(f"{self.where} was opened for reading: open it for writing")
        if self._writes_here():
            raise StoreError("a transaction is open in this thread: end it first")
        with self._turn:
            with self._errors():
                self._start()
            self._writer_thread = threading.get_ident()
            try:
                yield
                with self._errors():
                    self._commit()
            except BaseException:
                self._undo()
                raise
            finally:
                self._writer_thread = 0

    def _writes_here(self) -> bool:
        return self._writer_thread == threading.get_ident()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The open transaction of this thread, or one of its own."""
        if self._writes_here():
            with self._errors():
                yield
        else:
            with self.begin(), self._errors():
                yield

    @contextmanager
    def _view(self) -> Iterator[Select]:
        """Of the open transaction of this thread, else of the last commit."""
        with self._errors():
            if self._writes_here():
                yield self._select_written
            else:
                with self._committed() as select:
                    yield select

    def _put(self, statement: str, rows: Iterable[Row]) -> None:
        with self._writing():
            self._run(statement, rows)

    def _migrate(self) -> None:
        """Bring the tables up to date; of a store opened for reading only see that they are."""
        if self.read_only:
            with self._view() as select:
                applied = [n for (n,) in select("SELECT number FROM migrations", ())]
            if missing_migrations(self.where, applied):
                raise StoreError(
                    f"{self.where} was written by an older release: open it for writing once"
                )
            return
        with self.begin(), self._errors():
            self._run_script(LOG)
            applied = [n for (n,) in self._select_written("SELECT number FROM migrations", ())]
            for migration in missing_migrations(self.where, applied):
                self._apply(migration)

    def _apply(self, migration: Migration) -> None:
        self._run_script(migration.sql)
        log = upsert("migrations", ("number", "name", "digest"))
        self._run(log, [(migration.number, migration.name, migration.digest)])

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
        rows = self._by_id(f"SELECT {', '.join(ARTICLE[:13])} FROM articles", ids)
        return {stored.article.id: stored for stored in map(read_article, rows)}

    def digests(self, ids: Sequence[str]) -> dict[str, str]:
        """See `Store.digests`."""
        rows = self._by_id("SELECT id, digest FROM articles", ids)
        return {from_text(i): from_text(digest) for i, digest in rows}

    def all_articles(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        source: str | None = None,
    ) -> Iterator[tuple[StoredArticle, Derived]]:
        """See `Store.all_articles`."""
        wanted = {
            "published_at >= ?": since and to_micros(since),
            "published_at < ?": until and to_micros(until),
            "source = ?": source if source is None else to_text(source),
        }
        wanted = {condition: value for condition, value in wanted.items() if value is not None}
        where = " AND ".join(["1 = 1", *wanted])
        with self._view() as select:
            ids = select(f"SELECT id FROM articles WHERE {where} ORDER BY id", [*wanted.values()])
            statement = f"SELECT {', '.join(ARTICLE)} FROM articles"
            for chunk in _chunks((i for (i,) in ids), _CHUNK):
                for row in sorted(_among(select, statement, chunk), key=_first):
                    yield read_article(row), read_derived(row)

    # Places.

    def put_places(self, places: Sequence[Place]) -> None:
        """See `Store.put_places`."""
        self._put(_PUT_PLACE, map(place_row, places))

    def places(self, ids: Sequence[str]) -> dict[str, Place]:
        """See `Store.places`."""
        rows = self._by_id(f"SELECT {', '.join(PLACE)} FROM places", ids)
        return {place.id: place for place in map(read_place, rows)}

    def all_places(self) -> Iterator[Place]:
        """See `Store.all_places`."""
        return map(read_place, self._all("places", PLACE, keys=1))

    def cluster(self, id: str) -> list[Place]:  # noqa: A002
        """See `Store.cluster`."""
        statement = f"SELECT {', '.join(PLACE)} FROM places WHERE duplicate_cluster = ? ORDER BY id"
        with self._view() as select:
            places = [read_place(row) for row in select(statement, [to_text(id)])]
        return sorted(places, key=lambda place: place.id != place.representative)

    # Links and matches.

    def put_links(self, links: Iterable[tuple[str, str, int]]) -> None:
        """See `Store.put_links`."""
        self._put(_PUT_LINK, ((to_text(a), to_text(b), int(odds)) for a, b, odds in links))

    def delete_links(self, pairs: Iterable[tuple[str, str]]) -> None:
        """See `Store.delete_links`."""
        statement = "DELETE FROM links WHERE a = ? AND b = ?"
        self._put(statement, ((to_text(a), to_text(b)) for a, b in pairs))

    def all_links(self) -> Iterator[tuple[str, str, int]]:
        """See `Store.all_links`."""
        for a, b, log_odds in self._all("links", ("a", "b", "log_odds"), keys=2):
            yield from_text(a), from_text(b), log_odds

    def put_matches(self, matches: Iterable[tuple[str, str, float, float, float]]) -> None:
        """See `Store.put_matches`."""
        self._put(_PUT_MATCH, ((to_text(a), to_text(b), *rest) for a, b, *rest in matches))

    def delete_matches(self, pairs: Iterable[tuple[str, str]]) -> None:
        """See `Store.delete_matches`."""
        statement = "DELETE FROM matches WHERE a = ? AND b = ?"
        self._put(statement, ((to_text(a), to_text(b)) for a, b in pairs))

    def all_matches(self) -> Iterator[tuple[str, str, float, float, float]]:
        """See `Store.all_matches`."""
        for a, b, jaccard, in_a, in_b in self._all("matches", _MATCH, keys=2):
            yield from_text(a), from_text(b), jaccard, in_a, in_b

    # Story groups and their history.

    def put_stories(self, stories: Sequence[StoredStory]) -> None:
        """See `Store.put_stories`."""
        wanted = {(*mark, to_text(s.id)) for s in stories for mark in marks(s)}
        with self._writing():
            self._run(_PUT_STORY, map(story_row, stories))
            # Most of a story's marks stay as they are when it grows: write the difference.
            statement = "SELECT kind, value, story FROM story_marks"
            ids = [to_text(s.id) for s in stories]
            there = set(map(tuple, _among(self._select_written, statement, ids, "story")))
            gone = "DELETE FROM story_marks WHERE kind = ? AND value = ? AND story = ?"
            self._run(gone, sorted(there - wanted))
            new = "INSERT INTO story_marks (kind, value, story) VALUES (?, ?, ?)"
            self._run(new, sorted(wanted - there))

    def stories(self, ids: Sequence[str]) -> dict[str, StoredStory]:
        """See `Store.stories`."""
        rows = self._by_id(f"SELECT {', '.join(STORY)} FROM stories", ids)
        return {stored.id: stored for stored in map(read_story, rows)}

    def find_stories(
        self, wanted: StoryFilter, limit: int, cursor: str = ""
    ) -> tuple[list[StoredStory], str]:
        """See `Store.find_stories`."""
        statement, values = story_list(wanted, cursor)
        with self._view() as select:
            rows = select(f"{statement} LIMIT ?", [*values, limit + 1])
        found = [read_story(row) for row in rows[:limit]]
        return found, cursor_after(wanted, rows[limit - 1]) if len(rows) > limit else ""

    def add_events(self, events: Sequence[StoryEvent]) -> None:
        """See `Store.add_events`."""
        with self._writing():
            [(last,)] = self._select_written(_COUNTS["events"], ())
            for number, event in enumerate(events, last + 1):
                if event.number != number:
                    raise StoreError(f"event {event.number} does not follow event {number - 1}")
            self._run(_ADD_EVENT, map(event_row, events))

    def events(self, after: int = 0, limit: int | None = None, story: str = "") -> list[StoryEvent]:
        """See `Store.events`."""
        statement = f"SELECT {', '.join(EVENT)} FROM events WHERE number > ?"
        values: list[object] = [after]
        if story:
            statement, values = f"{statement} AND story = ?", [*values, to_text(story)]
        statement += " ORDER BY number"
        if limit is not None:
            statement, values = f"{statement} LIMIT ?", [*values, limit]
        with self._view() as select:
            return [read_event(row) for row in select(statement, values)]

    # The whole.

    def counts(self) -> dict[str, int]:
        """See `Store.counts`."""
        with self._view() as select:
            counts = {name: int(select(sql, ())[0][0]) for name, sql in _COUNTS.items()}
            return {**counts, "bytes": self._bytes()}

    def check(self) -> list[str]:
        """See `Store.check`."""
        damage = self._damage()
        try:
            with self._view() as select:
                return [*damage, *examine(select)]
        except StoreError as error:
            return [*damage, str(error)]

    def _by_id(self, statement: str, ids: Sequence[str]) -> list[Any]:
        with self._view() as select:
            return _among(select, statement, [to_text(i) for i in dict.fromkeys(ids)])

    def _all(self, table: str, columns: Sequence[str], keys: int) -> Iterator[Any]:
        """All rows in the order of the first `keys` columns, page by page of one view."""
        names = ", ".join(columns[:keys])
        statement = f"SELECT {', '.join(columns)} FROM {table}"
        order = f"ORDER BY {names} LIMIT {_PAGE}"
        with self._view() as select:
            rows = select(f"{statement} {order}", ())
            while rows:
                yield from rows
                after = f"WHERE ({names}) > ({', '.join('?' * keys)})"
                rows = select(f"{statement} {after} {order}", rows[-1][:keys])


def _among(select: Select, statement: str, ids: Sequence[str], column: str = "id") -> list[Any]:
    """Rows whose column has one of these values, in no order."""
    found: list[Any] = []
    for chunk in _chunks(ids, _CHUNK):
        found += select(f"{statement} WHERE {column} IN ({', '.join('?' * len(chunk))})", chunk)
    return found


def _chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _first(row: Row) -> str:
    return str(row[0])
