"""The store in SQL: every statement, in words that all databases understand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from operator import itemgetter

from dedup.compute.times import to_micros
from dedup.errors import StoreError
from dedup.store import Placement, StoredArticle, StoredStory, StoryFilter
from dedup.store.archive import IN_MEMORY, SqlArchive
from dedup.store.checks import examine, examine_articles
from dedup.store.database import CHUNK, Database, among, chunks, insert, pages, upsert
from dedup.store.records import StoryEvent
from dedup.store.rows import (
    ARTICLE,
    CONTENT,
    EVENT,
    PLACE,
    STORY,
    article_row,
    event_row,
    from_text,
    marks,
    place_row,
    read_article,
    read_event,
    read_place,
    read_story,
    story_row,
    to_text,
)
from dedup.store.story_list import cursor_after, story_list

_COUNTS = {
    "articles": "SELECT COUNT(*) FROM articles",
    "archived": "SELECT COUNT(*) FROM archived",
    "texts": "SELECT COUNT(DISTINCT duplicate_cluster) FROM places",
    "story_groups": "SELECT COUNT(*) FROM stories WHERE state = 'open'",
    "events": "SELECT COALESCE(MAX(number), 0) FROM events",
}


class SqlStore:
    """A `Store` in a database.

    Args:
        database: Runs the statements.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.archive = SqlArchive(database)

    def close(self) -> None:
        """See `Store.close`."""
        self.database.close()

    def begin(self) -> AbstractContextManager[None]:
        """See `Store.begin`."""
        return self.database.begin()

    def reading(self) -> AbstractContextManager[None]:
        """See `Store.reading`."""
        return self.database.reading()

    # Settings.

    def meta(self) -> Mapping[str, str]:
        """See `Store.meta`."""
        with self.database.view() as select:
            rows = select("SELECT name, value FROM meta ORDER BY name", ())
            return {from_text(name): from_text(value) for name, value in rows}

    def set_meta(self, values: Mapping[str, str]) -> None:
        """See `Store.set_meta`."""
        self.database.put(
            upsert("meta", ("name", "value")),
            [(to_text(name), to_text(value)) for name, value in values.items()],
        )

    # Articles.

    def put_articles(self, articles: Sequence[StoredArticle]) -> None:
        """See `Store.put_articles`."""
        self.database.put(upsert("articles", ARTICLE), map(article_row, articles))

    def delete_articles(self, ids: Sequence[str]) -> None:
        """See `Store.delete_articles`."""
        self.database.put("DELETE FROM articles WHERE id = ?", ((to_text(i),) for i in ids))

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        """See `Store.articles`."""
        statement = f"SELECT {', '.join(CONTENT)} FROM articles"
        return {s.article.id: s for s in self.database.by_id(statement, ids, read_article)}

    def all_articles(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        source: str | None = None,
    ) -> Iterator[StoredArticle]:
        """See `Store.all_articles`."""
        where, values = _published(since, until, source)
        with self.database.view() as select:
            ids = select(f"SELECT id FROM articles WHERE {where} ORDER BY id", values)
            statement = f"SELECT {', '.join(CONTENT)} FROM articles"
            for chunk in chunks((i for (i,) in ids), CHUNK):
                rows = sorted(among(select, statement, chunk), key=itemgetter(0))
                yield from map(read_article, rows)

    def checksums(self, since: datetime, until: datetime, source: str) -> dict[str, int]:
        """See `Store.checksums`."""
        where, values = _published(since, until, source)
        with self.database.view() as select:
            rows = select(f"SELECT id, checksum FROM articles WHERE {where} ORDER BY id", values)
            return {from_text(id): number for id, number in rows}

    # Places.

    def put_placements(self, places: Sequence[Placement]) -> None:
        """See `Store.put_placements`."""
        self.database.put(upsert("places", PLACE), map(place_row, places))

    def placements(self, ids: Sequence[str]) -> dict[str, Placement]:
        """See `Store.placements`."""
        statement = f"SELECT {', '.join(PLACE)} FROM places"
        return {place.id: place for place in self.database.by_id(statement, ids, read_place)}

    def all_placements(self, *, in_memory: bool = False) -> Iterator[Placement]:
        """See `Store.all_placements`."""
        where = IN_MEMORY.format(id="places.id") if in_memory else "1 = 1"
        with self.database.view() as select:
            yield from map(read_place, pages(select, "places", PLACE, where=where))

    def cluster(self, id: str) -> list[Placement]:
        """See `Store.cluster`."""
        statement = f"SELECT {', '.join(PLACE)} FROM places WHERE duplicate_cluster = ? ORDER BY id"
        with self.database.view() as select:
            places = [read_place(row) for row in select(statement, [to_text(id)])]
        return sorted(places, key=lambda place: place.id != place.representative)

    # Story groups and their history.

    def put_stories(self, stories: Sequence[StoredStory]) -> None:
        """See `Store.put_stories`."""
        new = {(*mark, to_text(s.id)) for s in stories for mark in marks(s)}
        ids = [to_text(s.id) for s in stories]
        with self.database.writing() as writer:
            writer.query_many(upsert("stories", STORY), map(story_row, stories))
            # Most of a story's marks stay as they are when it grows: write the difference.
            statement = "SELECT kind, value, story FROM story_marks"
            old = set(among(writer.query, statement, ids, "story"))
            delete = "DELETE FROM story_marks WHERE kind = ? AND value = ? AND story = ?"
            writer.query_many(delete, sorted(old - new))
            columns = ("kind", "value", "story")
            writer.query_many(insert("story_marks", columns), sorted(new - old))

    def put_summaries(self, summaries: Mapping[str, bytes]) -> None:
        """See `Store.put_summaries`."""
        with self.database.writing() as writer:
            newest = "SELECT COALESCE(MAX(version), 0) FROM outlines"
            [(version,)] = writer.query(newest, ())
            rows = [(to_text(id), version + 1, summary) for id, summary in summaries.items()]
            writer.query_many(upsert("outlines", ("story", "version", "outline")), rows)

    def summaries(self, after: int = 0) -> list[tuple[str, int, bytes]]:
        """See `Store.summaries`."""
        statement = "SELECT story, version, outline FROM outlines WHERE version > ?"
        with self.database.view() as select:
            rows = select(f"{statement} ORDER BY version, story", [after])
        return [(from_text(id), version, bytes(summary)) for id, version, summary in rows]

    def last_summary(self) -> int:
        """See `Store.last_summary`."""
        with self.database.view() as select:
            return int(select("SELECT COALESCE(MAX(version), 0) FROM outlines", ())[0][0])

    def stories(self, ids: Sequence[str]) -> dict[str, StoredStory]:
        """See `Store.stories`."""
        statement = f"SELECT {', '.join(STORY)} FROM stories"
        return {stored.id: stored for stored in self.database.by_id(statement, ids, read_story)}

    def find_stories(
        self, wanted: StoryFilter, limit: int, cursor: str = ""
    ) -> tuple[list[StoredStory], str]:
        """See `Store.find_stories`."""
        if limit < 1:
            raise StoreError(f"a list of {limit} story groups cannot be: ask for 1 at least")
        statement, values = story_list(wanted, cursor)
        with self.database.view() as select:
            rows = select(f"{statement} LIMIT ?", [*values, limit + 1])
            stories = [read_story(row) for row in rows[:limit]]
        return stories, cursor_after(wanted, rows[limit - 1]) if len(rows) > limit else ""

    def add_events(self, events: Sequence[StoryEvent]) -> None:
        """See `Store.add_events`."""
        with self.database.writing() as writer:
            [(last,)] = writer.query(_COUNTS["events"], ())
            for number, event in enumerate(events, last + 1):
                if event.number != number:
                    raise StoreError(f"event {event.number} does not follow event {number - 1}")
            writer.query_many(insert("events", EVENT), map(event_row, events))

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
        with self.database.view() as select:
            return [read_event(row) for row in select(statement, values)]

    def last_event(self) -> int:
        """See `Store.last_event`."""
        with self.database.view() as select:
            return int(select(_COUNTS["events"], ())[0][0])

    # The whole.

    def counts(self) -> dict[str, int]:
        """See `Store.counts`."""
        with self.database.view() as select:
            counts = {name: int(select(sql, ())[0][0]) for name, sql in _COUNTS.items()}
            return {**counts, "bytes": self.database.engine.size(select)}

    def check(self) -> list[str]:
        """See `Store.check`."""
        damage = self.database.engine.damage()
        try:
            with self.database.view() as select:
                return [*damage, *examine(select)]
        except StoreError as error:
            return [*damage, str(error)]

    def check_articles(self) -> list[str]:
        """See `Store.check_articles`."""
        with self.database.view() as select:
            return examine_articles(select)


def _published(
    since: datetime | None, until: datetime | None, source: str | None
) -> tuple[str, list[object]]:
    """A condition on articles, see `Store.all_articles`, and its values."""
    wanted = {
        "published_at >= ?": since and to_micros(since),
        "published_at < ?": until and to_micros(until),
        "source = ?": source if source is None else to_text(source),
    }
    wanted = {condition: value for condition, value in wanted.items() if value is not None}
    return " AND ".join(["1 = 1", *wanted]), [*wanted.values()]
