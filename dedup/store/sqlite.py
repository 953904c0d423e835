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
from dedup.store.sql import SqlStore

__all__ = ["SqliteStore", "Synchronous"]

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


class SqliteStore(SqlStore[sqlite3.Connection]):
    """The `Store` in a folder.

    Args:
        path: The folder; a store opened for writing makes it if it is missing.
        read_only: Whether to open it beside a writer, for reading.
        synchronous: See `Synchronous`.

    Raises:
        StoreError: It is missing, damaged, of a later release, or another process writes it.
    """

    BEGIN_WRITING = "BEGIN IMMEDIATE"
    BEGIN_READING = "BEGIN"

    def __init__(
        self, path: str | Path, *, read_only: bool = False, synchronous: Synchronous = "FULL"
    ) -> None:
        self.path = Path(path)
        super().__init__(f"index {self.path}", read_only=read_only)
        self._lock: WriterLock | None = None
        try:
            if not read_only:
                self._lock = WriterLock(_made_folder(self.path) / LOCK)
                with self._errors():
                    self._set_up_writer(synchronous)
            elif not (self.path / FILE).is_file():
                raise StoreError(f"there is no index at {self.path}: add articles to make one")
            self._migrate()
        except BaseException:
            self.close()
            raise

    def _set_up_writer(self, synchronous: Synchronous) -> None:
        made = not (self.path / FILE).exists()
        self._writer = self._connect("rwc", _WRITER_CACHE_KIB)
        for setting in (
            # Of a new file only: an article with its vectors fills most of such a page.
            "page_size = 8192",
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            f"journal_size_limit = {_KEPT_LOG_BYTES}",
            "foreign_keys = ON",
        ):
            self._writer.execute(f"PRAGMA {setting}")
        if made:
            _sync_folder(self.path)
            _sync_folder(self.path.parent)

    def _open_reader(self) -> sqlite3.Connection:
        return self._connect("ro", _READER_CACHE_KIB)

    def _connect(self, mode: str, cache_kib: int) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str((self.path / FILE).absolute()))}?mode={mode}",
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

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.free()
            self._lock = None

    @contextmanager
    def _errors(self) -> Iterator[None]:
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

    def _query(
        self, connection: sqlite3.Connection, statement: str, values: Sequence[object]
    ) -> list[Any]:
        return connection.execute(statement, values).fetchall()

    def _query_many(
        self, connection: sqlite3.Connection, statement: str, rows: Iterable[Row]
    ) -> None:
        connection.executemany(statement, rows)

    def _script(self, connection: sqlite3.Connection, script: str) -> None:
        # Not executescript, which commits first.
        for statement in _statements(script):
            connection.execute(statement)

    def _undo(self, connection: sqlite3.Connection) -> None:
        # SQLite may have undone it already, as it does when the disk is full.
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _bytes(self, select: Select) -> int:
        files = (self.path / FILE, self.path / f"{FILE}-wal")
        return sum(file.stat().st_size for file in files if file.exists())

    def _damage(self) -> list[str]:
        try:
            with self._errors(), closing(self._open_reader()) as reader:
                lines = [line for (line,) in reader.execute("PRAGMA integrity_check(20)")]
        except StoreError as error:
            return [str(error)]
        return [f"database: {line}" for line in lines if line != "ok"]


def _made_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from error
    return path


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
