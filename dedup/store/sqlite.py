"""The store in a folder: SQLite through the standard library, in WAL mode."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from dedup.errors import StoreError
from dedup.store.database import Select
from dedup.store.location import FILE
from dedup.store.lock import WriterLock
from dedup.store.rows import Row

Synchronous = Literal["FULL", "NORMAL", "OFF"]
"""When a commit is on the disk: at once; unless the machine fails soon after; some time."""

LOCK = "index.lock"
_BUSY_SECONDS = 10.0
_WRITER_CACHE_KIB, _READER_CACHE_KIB = 65_536, 8_192

# What a large commit leaves of the log, to be used again.
_KEPT_LOG_BYTES = 64 << 20

_ADVICE = {
    "SQLITE_FULL": "the disk is full: make room and do it again; what was stored is as it was",
    "SQLITE_CORRUPT": "its database is damaged: run `dedup check`, then restore or rebuild it",
    "SQLITE_NOTADB": "its database is damaged or is none: restore it from a copy, or rebuild it",
    "SQLITE_BUSY": "another process has it locked: do it again when that one is done",
    "SQLITE_LOCKED": "another process has it locked: do it again when that one is done",
    "SQLITE_READONLY": "it cannot be written: give its folder and files to this user",
    "SQLITE_CANTOPEN": "its database cannot be opened: is it there, and may this user write "
    "to its folder?",
    "SQLITE_PERM": "this user may not open its files",
    "SQLITE_IOERR": "the disk fails or is full: see to it and do it again; what was stored is "
    "as it was",
    "SQLITE_CONSTRAINT": "what was to be written does not fit what is there",
    "SQLITE_ERROR": "its database is not that of an index, or is damaged: run `dedup check`",
}


class SqliteEngine:
    """SQLite in a folder.

    Args:
        path: The folder; a store opened for writing makes it if it is missing.
        synchronous: See `Synchronous`.
    """

    begin_writing = "BEGIN IMMEDIATE"
    begin_reading = "BEGIN"

    def __init__(self, path: str | Path, synchronous: Synchronous = "FULL") -> None:
        self._path = Path(path)
        self._synchronous = synchronous
        self.where = f"index {self._path}"

    def open(self, *, read_only: bool) -> SqliteConnection:
        """See `Engine.open`."""
        if not read_only:
            try:
                self._path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"{self._path} cannot be made: {error.strerror}") from error
            lock = WriterLock(self._path / LOCK)
            try:
                return self._open_writer(lock)
            except BaseException:
                lock.free()
                raise
        if not (self._path / FILE).is_file():
            raise StoreError(f"there is no index at {self._path}: add articles to make one")
        return self.reader()

    def _open_writer(self, lock: WriterLock) -> SqliteConnection:
        is_new = not (self._path / FILE).exists()
        connection = self._connect("rwc", _WRITER_CACHE_KIB)
        try:
            for setting in (
                # Of a new file only: an article with its vectors fills most of such a page.
                "page_size = 8192",
                "journal_mode = WAL",
                f"synchronous = {self._synchronous}",
                f"journal_size_limit = {_KEPT_LOG_BYTES}",
                "foreign_keys = ON",
            ):
                connection.execute(f"PRAGMA {setting}")
            if is_new:
                _sync_folder(self._path)
                _sync_folder(self._path.parent)
        except BaseException:
            connection.close()
            raise
        return SqliteConnection(connection, lock)

    def reader(self) -> SqliteConnection:
        """See `Engine.reader`."""
        return SqliteConnection(self._connect("ro", _READER_CACHE_KIB))

    def _connect(self, mode: str, cache_kib: int) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str((self._path / FILE).absolute()))}?mode={mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            # One thread at a time uses it: whose turn it is to write, or who borrowed a reader.
            check_same_thread=False,
        )
        try:
            connection.execute(f"PRAGMA cache_size = -{cache_kib}")
            connection.execute("PRAGMA temp_store = MEMORY")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def errors(self) -> Iterator[None]:
        """See `Engine.errors`."""
        try:
            yield
        except UnicodeDecodeError as error:
            # A message that quotes damaged tables.
            advice = _ADVICE["SQLITE_CORRUPT"]
            raise StoreError(f"{self.where}: {advice}") from error
        except sqlite3.Error as error:
            # An extended name goes on after the plain one: SQLITE_IOERR_WRITE.
            name = "_".join(getattr(error, "sqlite_errorname", "SQLITE_CORRUPT").split("_")[:2])
            advice = _ADVICE.get(name, "its database does not work")
            raise StoreError(f"{self.where}: {advice} (SQLite: {error})") from error

    def size(self, select: Select) -> int:
        """See `Engine.size`."""
        files = (self._path / FILE, self._path / f"{FILE}-wal")
        return sum(file.stat().st_size for file in files if file.exists())

    def damage(self) -> list[str]:
        """See `Engine.damage`."""
        try:
            with self.errors(), closing(self.reader()) as reader:
                lines = [line for (line,) in reader.query("PRAGMA integrity_check(20)", ())]
        except StoreError as error:
            return [str(error)]
        return [f"database: {line}" for line in lines if line != "ok"]


class SqliteConnection:
    """A connection to SQLite.

    Args:
        connection: That of the standard library.
        lock: Freed once the connection is closed; None: it reads.
    """

    def __init__(self, connection: sqlite3.Connection, lock: WriterLock | None = None) -> None:
        self._connection = connection
        self._lock = lock

    def query(self, statement: str, values: Sequence[object]) -> list[Any]:
        """See `Connection.query`."""
        return self._connection.execute(statement, values).fetchall()

    def query_many(self, statement: str, rows: Iterable[Row]) -> None:
        """See `Connection.query_many`."""
        self._connection.executemany(statement, rows)

    def script(self, script: str) -> None:
        """See `Connection.script`."""
        # Not executescript, which commits first.
        for statement in _statements(script):
            self._connection.execute(statement)

    def undo(self) -> None:
        """See `Connection.undo`."""
        # SQLite may have undone it already, as it does when the disk is full.
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """See `Connection.close`."""
        self._connection.close()
        if self._lock is not None:
            self._lock.free()


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for part in script.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement) and part.strip():
            yield statement
            statement = ""


def _sync_folder(path: Path) -> None:
    """Make the names in a folder last."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
