"""Articles that left the hot index, in parcels, and what they are found by; and verified matches.

They stay where all articles are, in the table of articles; here is said which they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dedup.store import ArchivedArticle, Bundle
from dedup.store.database import C, Database, among, chunks, upsert
from dedup.store.rows import Row, from_micros, from_text, to_micros, to_text

__all__ = ["HOT", "Shelf"]

HOT = "NOT EXISTS (SELECT 1 FROM shelved WHERE shelved.id = {id})"
"""Condition that an article is not shelved, by the column of its id."""
_MATCH = ("a", "b", "jaccard", "containment_a", "containment_b")
_PUT_MATCH = upsert("matches", _MATCH, keys=2)
_SHELVED = ("number", "id", "parcel", "source", "stands_at", "lines")
_AT_ONCE = 100
"""Parts of one statement that is joined of several."""


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


class Shelf(Database[C]):
    """The part of a `Store` that knows which articles are not in the hot index."""

    def put_matches(
        self, ids: Iterable[str], matches: Iterable[tuple[str, str, float, float, float]]
    ) -> None:
        """See `Store.put_matches`."""
        kept = [(to_text(i),) for i in ids]
        self._put("DELETE FROM matches WHERE a = ?", kept)
        self._put("DELETE FROM matches WHERE b = ?", kept)
        self._put(_PUT_MATCH, ((to_text(a), to_text(b), *rest) for a, b, *rest in matches))

    def matches(
        self, ids: Sequence[str] | None = None
    ) -> list[tuple[str, str, float, float, float]]:
        """See `Store.matches`."""
        if ids is None:
            return list(self._all("matches", _MATCH, 2, _read_match, HOT.format(id="matches.a")))
        statement = f"SELECT {', '.join(_MATCH)} FROM matches"
        kept = [to_text(i) for i in dict.fromkeys(ids)]
        with self._view() as select:
            rows = {row[:2]: row for at in "ab" for row in among(select, statement, kept, at)}
            return [_read_match(rows[key]) for key in sorted(rows)]

    def shelve(self, parcels: Sequence[tuple[bytes, Sequence[ArchivedArticle]]]) -> None:
        """See `Store.shelve`."""
        with self._writing() as writer:
            [(number,)] = self._query(writer, "SELECT COALESCE(MAX(number), 0) FROM shelved", ())
            made, rows, keys = [], [], []
            for links, articles in parcels:
                parcel = number + 1
                made.append((parcel, links))
                for number, each in enumerate(articles, parcel):
                    time = each.stands_at and to_micros(each.stands_at)
                    source = to_text(each.source)
                    rows.append((number, to_text(each.id), parcel, source, time, each.lines))
                    keys += [(key, number) for key in each.keys]
            self._query_many(writer, _insert("parcels", ("number", "links")), made)
            self._query_many(writer, _insert("shelved", _SHELVED), rows)
            # In the order of the table: each of its pages is written once.
            self._query_many(writer, _insert("shelved_keys", ("bucket", "number")), sorted(keys))

    def unshelve(self, numbers: Sequence[int] | None = None) -> None:
        """See `Store.unshelve`."""
        with self._writing() as writer:
            if numbers is None:
                for table in ("shelved", "parcels"):
                    self._query(writer, f"DELETE FROM {table}", ())
                return
            rows = [(number,) for number in numbers]
            self._query_many(writer, "DELETE FROM shelved WHERE parcel = ?", rows)
            self._query_many(writer, "DELETE FROM parcels WHERE number = ?", rows)

    def put_parcel_links(self, links: Mapping[int, bytes]) -> None:
        """See `Store.put_parcel_links`."""
        rows = [(kept, number) for number, kept in links.items()]
        self._put("UPDATE parcels SET links = ? WHERE number = ?", rows)

    def parcels(self, numbers: Sequence[int]) -> list[Bundle]:
        """See `Store.parcels`."""
        wanted = [*dict.fromkeys(numbers)]
        articles: dict[int, list[str]] = {}
        with self._view() as select:
            statement = "SELECT number, id, parcel FROM shelved"
            for _, id, parcel in sorted(among(select, statement, wanted, "parcel")):
                articles.setdefault(parcel, []).append(from_text(id))
            links = dict(among(select, "SELECT number, links FROM parcels", wanted, "number"))
        there = [number for number in wanted if number in links]
        return [Bundle(n, tuple(articles.get(n, ())), bytes(links[n])) for n in there]

    def shelved(self, ids: Sequence[str]) -> dict[str, int]:
        """See `Store.shelved`."""
        return dict(self._by_id("SELECT id, parcel FROM shelved", ids, _read_parcel))

    def shelved_between(self, spans: Sequence[tuple[datetime, datetime]]) -> set[int]:
        """See `Store.shelved_between`."""
        statement = "SELECT DISTINCT parcel FROM shelved WHERE stands_at >= ? AND stands_at <= ?"
        with self._view() as select:
            return {
                parcel
                for first, last in spans
                for (parcel,) in select(statement, (to_micros(first), to_micros(last)))
            }

    def last_shelved(self) -> datetime | None:
        """See `Store.last_shelved`."""
        with self._view() as select:
            [(last,)] = select("SELECT MAX(stands_at) FROM shelved", ())
        return None if last is None else from_micros(last)

    def shelved_with(self, keys: Sequence[int], most: int) -> set[str]:
        """See `Store.shelved_with`."""
        part = (
            "SELECT * FROM (SELECT number FROM shelved_keys WHERE bucket = ? "
            f"ORDER BY number DESC LIMIT {int(most)}) AS found"
        )
        with self._view() as select:
            numbers = {
                number
                for chunk in chunks(dict.fromkeys(keys), _AT_ONCE)
                for (number,) in select(" UNION ALL ".join([part] * len(chunk)), chunk)
            }
            statement = "SELECT id FROM shelved"
            return {from_text(id) for (id,) in among(select, statement, sorted(numbers), "number")}

    def shelved_lines(self, source: str) -> list[tuple[str, bytes]]:
        """See `Store.shelved_lines`."""
        statement = "SELECT id, lines FROM shelved WHERE source = ?"
        with self._view() as select:
            rows = sorted(select(statement, [to_text(source)]))
        return [(from_text(id), bytes(lines)) for id, lines in rows if lines]


def _read_match(row: Row) -> tuple[str, str, float, float, float]:
    a, b, jaccard, in_a, in_b = row
    return from_text(a), from_text(b), jaccard, in_a, in_b


def _read_parcel(row: Row) -> tuple[str, int]:
    return from_text(row[0]), int(row[1])
