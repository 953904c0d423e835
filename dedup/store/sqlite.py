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
from dedup.store.lock import WriterLock
from dedup.store.rows import Row
from dedup.store.sql import Select, SqlStore

__all__ = ["SqliteStore", "Synchronous"]

Synchronous = Literal["FULL", "NORMAL", "OFF"]
"""When a commit is on the disk: at once; unless the machine fails soon after; some time."""

FILE, LOCK = "store.sqlite", "index.lock"
_BUSY_SECONDS = 10.0
_WRITER_CACHE_KIB, _READER_CACHE_KIB = 65_536, 8_192

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


class SqliteStore(SqlStore):
    """The `Store` in a folder.

    Args:
        path: The folder; a store opened for writing makes it if it is missing.
        read_only: Whether to open it beside a writer, for reading.
        synchronous: See `Synchronous`.

    Raises:
        StoreError: It is missing, damaged, of a later release, or another process writes it.
    """

    def __init__(
        self, path: str | Path, *, read_only: bool = False, synchronous: Synchronous = "FULL"
    ) -> None:
        self.path = Path(path)
        super().__init__(f"index {self.path}", read_only=read_only)
        self._idle: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None
        self._lock: WriterLock | None = None
        self._closed = False
        try:
            if not read_only:
                self._open_writer(synchronous)
            elif not (self.path / FILE).is_file():
                raise StoreError(f"there is no index at {self.path}: add articles to make one")
            self._migrate()
        except BaseException:
            self.close()
            raise

    def _open_writer(self, synchronous: Synchronous) -> None:
        made = not (self.path / FILE).exists()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path} cannot be made: {error.strerror}") from error
        self._lock = WriterLock(self.path / LOCK)
        with self._errors():
            self._writer = self._connect("rwc", _WRITER_CACHE_KIB)
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._writer.execute(f"PRAGMA synchronous = {synchronous}")
            self._writer.execute("PRAGMA journal_size_limit = 67108864")
            self._writer.execute("PRAGMA foreign_keys = ON")
        if made:
            _sync_folder(self.path)
            _sync_folder(self.path.parent)

    def _connect(self, mode: str, cache_kib: int) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str((self.path / FILE).absolute()))}?mode={mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            # One thread at a time uses it: the writer's turn, or the borrower of a reader.
            check_same_thread=False,
        )
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    def close(self) -> None:
        """Let go of files and connections. What was committed is in one file then."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._lock is not None:
            self._lock.free()
            self._lock = None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            # An extended name goes on after the plain one: SQLITE_IOERR_WRITE.
            name = "_".join(getattr(error, "sqlite_errorname", "SQLITE_CORRUPT").split("_")[:2])
            advice = _ADVICE.get(name, "its database does not work")
            raise StoreError(f"{self.where}: {advice} (SQLite: {error})") from error

    def _open_connection(self) -> sqlite3.Connection:
        if self._writer is None:
            raise StoreError(f"{self.where} is closed: open it again")
        return self._writer

    def _start(self) -> None:
        self._open_connection().execute("BEGIN IMMEDIATE")

    def _commit(self) -> None:
        self._open_connection().execute("COMMIT")

    def _undo(self) -> None:
        # SQLite may have undone it already, as it does when the disk is full.
        if self._writer is not None and self._writer.in_transaction:
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")

    def _run(self, statement: str, rows: Iterable[Row]) -> None:
        self._open_connection().executemany(statement, rows)

    def _run_script(self, script: str) -> None:
        # Not executescript, which commits first.
        for statement in _statements(script):
            self._open_connection().execute(statement)

    def _select_written(self, statement: str, values: Sequence[object]) -> list[Any]:
        return self._open_connection().execute(statement, values).fetchall()

    @contextmanager
    def _committed(self) -> Iterator[Select]:
        if self._closed:
            raise StoreError(f"{self.where} is closed: open it again")
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect("ro", _READER_CACHE_KIB)
        try:
            connection.execute("BEGIN")
            yield lambda statement, values: connection.execute(statement, values).fetchall()
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def _bytes(self) -> int:
        files = (self.path / FILE, self.path / f"{FILE}-wal")
        return sum(file.stat().st_size for file in files if file.exists())

    def _damage(self) -> list[str]:
        with self._errors_as_words() as words, closing(self._connect("ro", 0)) as connection:
            for (line,) in connection.execute("PRAGMA integrity_check(20)"):
                if line != "ok":
                    words.append(f"database: {line}")
        return words

    @contextmanager
    def _errors_as_words(self) -> Iterator[list[str]]:
        words: list[str] = []
        try:
            with self._errors():
                yield words
        except StoreError as error:
            words.append(str(error))


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def _sync_folder(path: Path) -> None:
    """Make the names in a folder last."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
