"""The archive of a store in SQL: which articles are read only, and compared with nothing.

The articles themselves stay in the table of all articles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dedup.store.database import Database, upsert
from dedup.store.rows import Row, from_text, to_text

IN_MEMORY = "NOT EXISTS (SELECT 1 FROM archived WHERE archived.id = {id})"
"""Condition that an article is not archived, by the column of its id."""


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

    def representatives(self) -> dict[str, str]:
        """See `ArticleArchive.representatives`."""
        statement = (
            "SELECT archived.id, articles.digest FROM archived "
            "JOIN articles ON articles.id = archived.id WHERE archived.representative = 1 "
            "ORDER BY archived.id"
        )
        with self._database.view() as select:
            return {from_text(id): from_text(digest) for id, digest in select(statement, ())}


def _read_id(row: Row) -> str:
    return from_text(row[0])
