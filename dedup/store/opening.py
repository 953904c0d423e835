"""Which store an address means."""

from __future__ import annotations

from pathlib import Path

from dedup.store import Store
from dedup.store.database import Database, Engine
from dedup.store.location import is_server
from dedup.store.sql import SqlStore
from dedup.store.sqlite import SqliteEngine, Synchronous


def open_store(
    location: str | Path, *, read_only: bool = False, synchronous: Synchronous = "FULL"
) -> Store:
    """Open the store of an index.

    Args:
        location: A folder, or the address of a PostgreSQL database
            (`postgresql://user@host/database?schema=name`).
        read_only: Whether to open it for reading, beside a writer.
        synchronous: When a commit is on the disk.

    Raises:
        StoreError: It cannot be opened.
        MissingExtraError: It is in PostgreSQL, and psycopg is not installed.
    """
    if is_server(location):
        from dedup.store.postgres import PostgresEngine

        engine: Engine = PostgresEngine(str(location), synchronous)
    else:
        engine = SqliteEngine(location, synchronous)
    return SqlStore(Database(engine, read_only=read_only))
