"""The archive of a store in SQL: which articles are not in memory, and what they are found by.

The articles themselves stay in the table of all articles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from dedup.compute.times import from_micros, to_micros
from dedup.store import ArchivedArticle, Bundle
from dedup.store.database import Database, among, chunks, insert
from dedup.store.rows import Row, from_text, to_text

IN_MEMORY = "NOT EXISTS (SELECT 1 FROM shelved WHERE shelved.id = {id})"
"""Condition that an article is not archived, by the column of its id."""
_COLUMNS = ("number", "id", "parcel", "source", "stands_at", "lines")
_AT_ONCE = 100
"""Parts of one statement that is joined of several."""
_VECTORS = 10_000
"""Vectors that are read at once."""


class SqlArchive:
    """An `ArticleArchive` in a database.

    Args:
        database: That of the store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, bundles: Sequence[tuple[bytes, Sequence[ArchivedArticle]]]) -> None:
        """See `ArticleArchive.add`."""
        with self._database.writing() as writer:
            [(last,)] = writer.query("SELECT COALESCE(MAX(number), 0) FROM shelved", ())
            links, rows, buckets = [], [], []
            for bundle_links, articles in bundles:
                bundle = last + 1
                links.append((bundle, bundle_links))
                for last, article in enumerate(articles, bundle):
                    time = article.time and to_micros(article.time)
                    source = to_text(article.source)
                    rows.append((last, to_text(article.id), bundle, source, time, article.lines))
                    buckets += [(bucket, last) for bucket in article.buckets]
            writer.query_many(insert("parcels", ("number", "links")), links)
            writer.query_many(insert("shelved", _COLUMNS), rows)
            # In the order of the table: each of its pages is written once.
            writer.query_many(insert("shelved_keys", ("bucket", "number")), sorted(buckets))

    def remove(self, numbers: Sequence[int] | None = None) -> None:
        """See `ArticleArchive.remove`."""
        with self._database.writing() as writer:
            for table, column in (("shelved", "parcel"), ("parcels", "number")):
                if numbers is None:
                    writer.query(f"DELETE FROM {table}", ())
                else:
                    rows = [(number,) for number in numbers]
                    writer.query_many(f"DELETE FROM {table} WHERE {column} = ?", rows)

    def put_links(self, links: Mapping[int, bytes]) -> None:
        """See `ArticleArchive.put_links`."""
        rows = [(value, number) for number, value in links.items()]
        self._database.put("UPDATE parcels SET links = ? WHERE number = ?", rows)

    def bundles(self, numbers: Sequence[int]) -> list[Bundle]:
        """See `ArticleArchive.bundles`."""
        unique = [*dict.fromkeys(numbers)]
        articles: dict[int, list[str]] = {}
        with self._database.view() as select:
            statement = "SELECT number, id, parcel FROM shelved"
            for _, id, bundle in sorted(among(select, statement, unique, "parcel")):
                articles.setdefault(bundle, []).append(from_text(id))
            links = dict(among(select, "SELECT number, links FROM parcels", unique, "number"))
        return [
            Bundle(number, tuple(articles.get(number, ())), bytes(links[number]))
            for number in unique
            if number in links
        ]

    def bundles_of(self, ids: Sequence[str]) -> dict[str, int]:
        """See `ArticleArchive.bundles_of`."""
        return dict(self._database.by_id("SELECT id, parcel FROM shelved", ids, _read_bundle))

    def bundles_between(self, spans: Sequence[tuple[datetime, datetime]]) -> set[int]:
        """See `ArticleArchive.bundles_between`."""
        statement = "SELECT DISTINCT parcel FROM shelved WHERE stands_at >= ? AND stands_at <= ?"
        with self._database.view() as select:
            return {
                bundle
                for first, last in spans
                for (bundle,) in select(statement, (to_micros(first), to_micros(last)))
            }

    def latest(self) -> datetime | None:
        """See `ArticleArchive.latest`."""
        with self._database.view() as select:
            [(latest,)] = select("SELECT MAX(stands_at) FROM shelved", ())
        return None if latest is None else from_micros(latest)

    def sharing(self, buckets: Sequence[int], most: int) -> set[str]:
        """See `ArticleArchive.sharing`."""
        part = (
            "SELECT * FROM (SELECT number FROM shelved_keys WHERE bucket = ? "
            f"ORDER BY number DESC LIMIT {int(most)}) AS newest"
        )
        with self._database.view() as select:
            numbers = {
                number
                for chunk in chunks(dict.fromkeys(buckets), _AT_ONCE)
                for (number,) in select(" UNION ALL ".join([part] * len(chunk)), chunk)
            }
            statement = "SELECT id FROM shelved"
            return {from_text(id) for (id,) in among(select, statement, sorted(numbers), "number")}

    def vectors(self) -> Iterator[tuple[list[str], list[bytes]]]:
        """See `ArticleArchive.vectors`."""
        statement = (
            "SELECT shelved.number, shelved.id, articles.vectors FROM shelved "
            "JOIN articles ON articles.id = shelved.id WHERE shelved.stands_at IS NOT NULL "
            f"AND shelved.number > ? ORDER BY shelved.number LIMIT {_VECTORS}"
        )
        last = -1
        with self._database.view() as select:
            while rows := select(statement, (last,)):
                last = rows[-1][0]
                yield [from_text(id) for _, id, _ in rows], [bytes(row[2]) for row in rows]

    def lines(self, source: str) -> list[tuple[str, bytes]]:
        """See `ArticleArchive.lines`."""
        statement = "SELECT id, lines FROM shelved WHERE source = ?"
        with self._database.view() as select:
            rows = sorted(select(statement, [to_text(source)]))
        return [(from_text(id), bytes(lines)) for id, lines in rows if lines]


def _read_bundle(row: Row) -> tuple[str, int]:
    return from_text(row[0]), int(row[1])
