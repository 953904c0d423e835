"""Transactions, views and versions of a store in a database, whichever it is."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import islice
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from dedup.errors import NotFoundError, StoreError
from dedup.store.migrations import LOG, missing_migrations
from dedup.store.rows import Row, to_text

__all__ = ["CHUNK", "C", "Database", "Select", "among", "chunks", "upsert"]

Select = Callable[[str, Sequence[object]], list[Any]]
"""Runs one statement with `?` for each value, and returns its rows."""


CHUNK = 500
"""As many values as one statement is given."""
_PAGE = 10_000
_T = TypeVar("_T")


class _Connection(Protocol):
    def close(self) -> None: ...


C = TypeVar("C", bound=_Connection)


class Database(ABC, Generic[C]):
    """One connection that writes, and as many that read as are needed at one time.

    Args:
        where: The store, for messages.
        read_only: Whether it is opened for reading.
    """

    BEGIN_WRITING: ClassVar[str]
    BEGIN_READING: ClassVar[str]

    def __init__(self, where: str, *, read_only: bool) -> None:
        self.where = where
        self.read_only = read_only
        self._writer: C | None = None
        self._idle: list[C] = []
        self._closed = False
        self._turn = threading.Lock()
        self._writer_thread = 0
        self._moment = threading.local()

    # What a database adds.

    @abstractmethod
    def _errors(self) -> AbstractContextManager[None]:
        """Turns errors of the database into `StoreError`."""

    @abstractmethod
    def _open_reader(self) -> C:
        """Another connection that reads."""

    @abstractmethod
    def _query(self, connection: C, statement: str, values: Sequence[object]) -> list[Any]:
        """Runs a statement and returns its rows, if it has any."""

    @abstractmethod
    def _query_many(self, connection: C, statement: str, rows: Iterable[Row]) -> None:
        """Runs a statement for each row of values."""

    @abstractmethod
    def _script(self, connection: C, script: str) -> None:
        """Runs statements that were written for SQLite, inside the open transaction."""

    @abstractmethod
    def _undo(self, connection: C) -> None:
        """Ends the transaction as if it had not been; silent if it has ended already."""

    def _let_go(self) -> None:
        """Frees what else was held, once the connections are closed."""

    # Transactions.

    def close(self) -> None:
        """Let go of files and connections, once the open transaction has ended."""
        if self._writes_here():
            self._shut()
        else:
            with self._turn:
                self._shut()

    def _shut(self) -> None:
        self._closed = True
        # Readers first: the last to close puts everything into one file, which only a writer can.
        self._close_idle()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        self._close_idle()
        self._let_go()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _open_writer(self) -> C:
        if self._closed:
            raise StoreError(f"{self.where} is closed: open it again")
        if self._writer is None:
            raise StoreError(f"{self.where} was opened for reading: open it for writing")
        return self._writer

    @contextmanager
    def begin(self) -> Iterator[None]:
        """See `Store.begin`."""
        if self._writes_here():
            raise StoreError("a transaction is open in this thread: end it first")
        with self._turn:
            writer = self._open_writer()
            with self._errors():
                self._query(writer, self.BEGIN_WRITING, ())
            self._writer_thread = threading.get_ident()
            try:
                yield
                with self._errors():
                    self._query(writer, "COMMIT", ())
            except BaseException:
                self._undo(writer)
                raise
            finally:
                self._writer_thread = 0

    def _writes_here(self) -> bool:
        return self._writer_thread == threading.get_ident()

    @contextmanager
    def _writing(self) -> Iterator[C]:
        """The open transaction of this thread, or one of its own."""
        if not self._writes_here():
            with self.begin(), self._errors():
                yield self._open_writer()
            return
        with self._errors():
            yield self._open_writer()

    def _put(self, statement: str, rows: Iterable[Row]) -> None:
        with self._writing() as writer:
            self._query_many(writer, statement, rows)

    # Views.

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See `Store.reading`."""
        if self._writes_here() or self._held():
            yield
            return
        with self._errors(), self._committed() as select:
            self._moment.select = select
            try:
                yield
            finally:
                self._moment.select = None

    def _held(self) -> Select | None:
        """The view that this thread holds, if it does."""
        held: Select | None = getattr(self._moment, "select", None)
        return held

    @contextmanager
    def _view(self) -> Iterator[Select]:
        """Of the open transaction of this thread, else of one commit: see `reading`."""
        with self._errors(), self._broken_records():
            if self._writes_here():
                yield partial(self._query, self._open_writer())
            elif held := self._held():
                yield held
            else:
                with self._committed() as select:
                    yield select

    @contextmanager
    def _committed(self) -> Iterator[Select]:
        if self._closed:
            raise StoreError(f"{self.where} is closed: open it again")
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = self._open_reader()
        unknown = None
        try:
            self._query(reader, self.BEGIN_READING, ())
            try:
                yield partial(self._query, reader)
            except NotFoundError as error:
                # No fault of the connection.
                unknown = error
            self._query(reader, "COMMIT", ())
        except BaseException:
            reader.close()
            raise
        self._idle.append(reader)
        if self._closed:
            self._close_idle()
        if unknown is not None:
            raise unknown

    @contextmanager
    def _broken_records(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise StoreError(
                f"{self.where} holds a record that cannot be read: run `dedup check` ({error})"
            ) from error

    def _by_id(self, statement: str, ids: Sequence[str], read: Callable[[Row], _T]) -> list[_T]:
        with self._view() as select:
            rows = among(select, statement, [to_text(i) for i in dict.fromkeys(ids)])
            return [read(row) for row in rows]

    def _all(
        self,
        table: str,
        columns: Sequence[str],
        keys: int,
        read: Callable[[Row], _T],
        where: str = "1 = 1",
    ) -> Iterator[_T]:
        """All rows in the order of the first `keys` columns, page by page of one view."""
        names = ", ".join(columns[:keys])
        statement = f"SELECT {', '.join(columns)} FROM {table} WHERE {where}"
        order = f"ORDER BY {names} LIMIT {_PAGE}"
        with self._view() as select:
            rows = select(f"{statement} {order}", ())
            while rows:
                yield from map(read, rows)
                after = f"AND ({names}) > ({', '.join('?' * keys)})"
                rows = select(f"{statement} {after} {order}", rows[-1][:keys])

    # Versions.

    def _migrate(self) -> None:
        """Bring the tables up to date; if only for reading, see that they are."""
        if self.read_only:
            with self._view() as select:
                missing = missing_migrations(self.where, _applied(select))
            if missing:
                raise StoreError(
                    f"{self.where} was written by an older release: open it for writing once"
                )
            return
        with self._writing() as writer:
            self._script(writer, LOG)
            done = _applied(partial(self._query, writer))
            for migration in missing_migrations(self.where, done):
                self._script(writer, migration.sql)
                row = (migration.number, migration.name, migration.digest)
                self._query(
                    writer, "INSERT INTO migrations (number, name, digest) VALUES (?, ?, ?)", row
                )


def _applied(select: Select) -> list[int]:
    return [number for (number,) in select("SELECT number FROM migrations", ())]


def upsert(table: str, columns: Sequence[str], keys: int = 1) -> str:
    """A statement that adds a row, or replaces the one with the same first `keys` columns."""
    names, values = ", ".join(columns), ", ".join("?" * len(columns))
    rest = ", ".join(f"{name} = excluded.{name}" for name in columns[keys:])
    return (
        f"INSERT INTO {table} ({names}) VALUES ({values}) "
        f"ON CONFLICT ({', '.join(columns[:keys])}) DO UPDATE SET {rest}"
    )


def among(select: Select, statement: str, ids: Sequence[object], column: str = "id") -> list[Any]:
    """Rows whose column has one of these values, in no order."""
    found: list[Any] = []
    for chunk in chunks(ids, CHUNK):
        found += select(f"{statement} WHERE {column} IN ({', '.join('?' * len(chunk))})", chunk)
    return found


def chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of `size`, the last one shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
