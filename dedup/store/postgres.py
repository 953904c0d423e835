"""The store in a schema of a PostgreSQL database, through psycopg 3."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import xxhash

from dedup.errors import MissingExtraError, StoreError
from dedup.store.database import Select
from dedup.store.rows import Row
from dedup.store.sqlite import Synchronous

try:
    import psycopg
except ImportError as error:
    raise MissingExtraError("an index in PostgreSQL", extra="postgres") from error

_SCHEMA = "dedup"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_COMMIT = {"FULL": "on", "NORMAL": "off", "OFF": "off"}
# Types by the words that the migrations have for them. Text is ordered by code point everywhere.
_DIALECT = {"BLOB": "BYTEA", "TEXT": 'TEXT COLLATE "C"', "WITHOUT ROWID": ""}
_ADVICE = {
    "08": "the server cannot be reached: see that it runs, then open the index again",
    "23": "what was to be written does not fit what is there",
    "28": "the server does not let this user in: see to user and password",
    "3D": "there is no such database: make it with `createdb`",
    "42": "its tables are not those of an index: name another schema",
    "42501": "this user may not do that: let it own the schema",
    "53100": "the disk is full: make room and do it again; what was stored is as it was",
    "53": "the server has no more memory or connections: do it again later",
    "54": "an id, a source or a language is too long for PostgreSQL (2,700 bytes)",
    "57": "the server stopped: see that it runs, then open the index again",
    "XX": "its database is damaged: run `dedup check`, then restore or rebuild it",
}


class PostgresEngine:
    """PostgreSQL 13 or later.

    Args:
        address: `postgresql://user@host/database?schema=name`; the schema is `dedup` unless
            it is given, and is made if it is missing. Everything else is libpq's.
        synchronous: `FULL` waits for the server's disk at each commit, the others do not.

    Raises:
        StoreError: The schema is no plain name.
    """

    begin_writing = "BEGIN"
    begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, address: str, synchronous: Synchronous = "FULL") -> None:
        self._address, self._schema = _split(address)
        self._synchronous = synchronous
        self.where = f"index {_shown(address)}"

    def open(self, *, read_only: bool) -> PostgresConnection:
        """See `Engine.open`."""
        connection = self.reader()
        try:
            self._prepare(connection, read_only=read_only)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: PostgresConnection, *, read_only: bool) -> None:
        """See to encoding, lock and schema."""
        [(encoding,)] = connection.query("SHOW server_encoding", ())
        if encoding != "UTF8":
            raise StoreError(f"{self.where}: the database is {encoding}: make one in UTF8")
        if not read_only:
            self._take_lock(connection)
        schemas = "SELECT 1 FROM pg_namespace WHERE nspname = ?"
        if connection.query(schemas, [self._schema]):
            return
        if read_only:
            raise StoreError(f"there is no index at {self.where}: add articles to make one")
        connection.query(f'CREATE SCHEMA "{self._schema}"', ())

    def _take_lock(self, connection: PostgresConnection) -> None:
        """Held until the connection ends, however it ends."""
        key = xxhash.xxh3_64_intdigest(f"dedup {self._schema}".encode()) - 2**63
        [(connection.holds_lock,)] = connection.query(
            "SELECT pg_try_advisory_lock(?::bigint)", [key]
        )
        if not connection.holds_lock:
            holder = (
                "SELECT pid FROM pg_locks JOIN pg_database AS d ON d.oid = database "
                "WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
                "AND d.datname = current_database() "
                "AND (classid::bigint << 32 | objid::bigint) = ?::bigint"
            )
            pids = [str(pid) for (pid,) in connection.query(holder, [key])]
            raise StoreError(
                f"{self.where} is being written through process {', '.join(pids) or 'unknown'} of "
                "the server: wait until it is done, or open the index for reading only"
            )

    def reader(self) -> PostgresConnection:
        """See `Engine.reader`."""
        connection = PostgresConnection(
            psycopg.connect(self._address, autocommit=True, client_encoding="UTF8")
        )
        try:
            connection.query(f'SET search_path TO "{self._schema}"', ())
            connection.query(f"SET synchronous_commit TO {_COMMIT[self._synchronous]}", ())
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def errors(self) -> Iterator[None]:
        """See `Engine.errors`."""
        try:
            yield
        except psycopg.Error as error:
            # Without a state the server was not reached, or went away.
            state = error.sqlstate or "08"
            advice = _ADVICE.get(state) or _ADVICE.get(state[:2], "its database does not work")
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise StoreError(f"{self.where}: {advice} (PostgreSQL: {first})") from error

    def size(self, select: Select) -> int:
        """See `Engine.size`."""
        sizes = (
            "SELECT COALESCE(SUM(pg_total_relation_size(c.oid)), 0) FROM pg_class AS c "
            "JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            "WHERE n.nspname = ? AND c.relkind = 'r'"
        )
        return int(select(sizes, [self._schema])[0][0])

    def damage(self) -> list[str]:
        """See `Engine.damage`."""
        # The server's own checks need an extension (amcheck) and its superuser.
        return []


class PostgresConnection:
    """A connection to PostgreSQL.

    Args:
        connection: That of psycopg, which commits each statement outside of a transaction.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.holds_lock = False

    def query(self, statement: str, values: Sequence[object]) -> list[Any]:
        """See `Connection.query`."""
        cursor = self._connection.execute(_translated(statement), values or None)
        return cursor.fetchall() if cursor.description else []

    def query_many(self, statement: str, rows: Iterable[Row]) -> None:
        """See `Connection.query_many`."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_translated(statement), rows)

    def script(self, script: str) -> None:
        """See `Connection.script`."""
        words = re.compile("|".join(rf"\b{word}\b" for word in _DIALECT))
        self._connection.execute(words.sub(lambda word: _DIALECT[word[0]], script).encode())

    def undo(self) -> None:
        """See `Connection.undo`."""
        with suppress(psycopg.Error):
            self._connection.rollback()

    def close(self) -> None:
        """See `Connection.close`."""
        # The server sees that a connection has closed only some time later, and keeps its lock.
        if self.holds_lock:
            self.undo()
            with suppress(psycopg.Error):
                self.query("SELECT pg_advisory_unlock_all()", ())
        self._connection.close()


@cache
def _translated(statement: str) -> bytes:
    """A statement of `sql.py` in psycopg's and PostgreSQL's words."""
    return statement.replace("?", "%s").replace("instr(", "strpos(").encode()


def _split(address: str) -> tuple[str, str]:
    """The address as libpq knows it, and the schema."""
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    schema = options.pop("schema", _SCHEMA)
    if not _NAME.fullmatch(schema):
        raise StoreError(f"schema {schema!r} is no plain name: letters, digits and _")
    rest = urlencode(options, quote_via=quote)
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{rest}", schema


def _shown(address: str) -> str:
    """The address without user and password."""
    parts = urlsplit(address)
    schema = _split(address)[1]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path} ({schema})"
