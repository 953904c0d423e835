"""The archive of a store in SQL: which articles are read only, and compared with nothing.

The articles themselves stay in the table of all articles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dedup.store.database import Database, upsert
from dedup.store.rows import Row, from_text, to_text

IN_MEMORY = "NOT EXISTS (SELECT 1 FROM archived WHERE archived.id = {id})"
"""Condition that an article is not archived, by the column of its id."""
_VECTORS = 10_000
"""Vectors that are read at once."""


class SqlArchive:
    """An `ArticleArchive` in a database.

    Args:
        database: That of the store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, articles: Mapping[str, bool]) -> None:
        """See `ArticleArchive.add`."""
        rows = [(to_text(id), int(represents)) for id, represents in articles.items()]
        self._database.put(upsert("archived", ("id", "representative")), rows)

    def clear(self) -> None:
        """See `ArticleArchive.clear`."""
        self._database.put("DELETE FROM archived WHERE 1 = ?", [(1,)])

    def size(self) -> int:
        """See `ArticleArchive.size`."""
        with self._database.view() as select:
            return int(select("SELECT COUNT(*) FROM archived", ())[0][0])

    def among(self, ids: Sequence[str]) -> set[str]:
        """See `ArticleArchive.among`."""
        return set(self._database.by_id("SELECT id FROM archived", ids, _read_id))

    def vectors(self) -> Iterator[tuple[list[str], list[bytes]]]:
        """See `ArticleArchive.vectors`."""
        statement = (
            "SELECT archived.id, articles.vectors FROM archived "
            "JOIN articles ON articles.id = archived.id WHERE archived.representative = 1 "
            f"AND archived.id > ? ORDER BY archived.id LIMIT {_VECTORS}"
        )
        last = ""
        with self._database.view() as select:
            while rows := select(statement, (last,)):
                last = rows[-1][0]
                yield [from_text(id) for id, _ in rows], [bytes(vectors) for _, vectors in rows]


def _read_id(row: Row) -> str:
    return from_text(row[0])
