"""Transactions, views and versions of a store in a database, whichever it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import Any, Protocol, TypeVar

from dedup.errors import NotFoundError, StoreError
from dedup.store.migrations import LOG, missing_migrations
from dedup.store.rows import Row, to_text

Select = Callable[[str, Sequence[object]], list[Any]]
"""Runs one statement with `?` for each value, and returns its rows."""


CHUNK = 500
"""As many values as one statement is given."""
_PAGE = 10_000
_T = TypeVar("_T")


class Connection(Protocol):
    """One connection to a database."""

    def query(self, statement: str, values: Sequence[object]) -> list[Any]:
        """Run a statement; its rows, if it has any."""

    def query_many(self, statement: str, rows: Iterable[Row]) -> None:
        """Run a statement for each row of values."""

    def script(self, script: str) -> None:
        """Run statements that were written for SQLite, inside the open transaction."""

    def undo(self) -> None:
        """End the transaction as if it had not been; silent if it has ended already."""

    def close(self) -> None:
        """Close the connection, and free what it holds."""


class Engine(Protocol):
    """What SQLite and PostgreSQL do each in its own way."""

    where: str
    """The store, for messages."""
    begin_writing: str
    begin_reading: str

    def errors(self) -> AbstractContextManager[None]:
        """Turns errors of the database into `StoreError`."""

    def open(self, *, read_only: bool) -> Connection:
        """The first connection, which makes sure that there is a database; a writer locks it."""

    def reader(self) -> Connection:
        """Another connection that reads."""

    def size(self, select: Select) -> int:
        """Bytes of the store."""

    def damage(self) -> list[str]:
        """What the database itself finds damaged."""


class _Moment(threading.local):
    """The view that a thread holds, if it does."""

    select: Select | None = None


class Database:
    """One connection that writes, and as many that read as are needed at one time.

    Args:
        engine: Opens connections.
        read_only: Whether it is opened for reading.

    Raises:
        StoreError: It cannot be opened, or its tables are those of another release.
    """

    def __init__(self, engine: Engine, *, read_only: bool) -> None:
        self.engine = engine
        self._where = engine.where
        self._read_only = read_only
        self._writer: Connection | None = None
        self._idle: list[Connection] = []
        self._closed = False
        self._turn = threading.Lock()
        self._writer_thread = 0
        self._moment = _Moment()
        try:
            with engine.errors():
                first = engine.open(read_only=read_only)
            if read_only:
                self._idle.append(first)
            else:
                self._writer = first
            self._migrate()
        except BaseException:
            self.close()
            raise

    # Transactions.

    def close(self) -> None:
        """See `Store.close`."""
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

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _open_writer(self) -> Connection:
        if self._closed:
            raise StoreError(f"{self._where} is closed: open it again")
        if self._writer is None:
            raise StoreError(f"{self._where} was opened for reading: open it for writing")
        return self._writer

    @contextmanager
    def begin(self) -> Iterator[None]:
        """See `Store.begin`."""
        if self._writes_here():
            raise StoreError("a transaction is open in this thread: end it first")
        with self._turn:
            writer = self._open_writer()
            with self.engine.errors():
                writer.query(self.engine.begin_writing, ())
            self._writer_thread = threading.get_ident()
            try:
                yield
                with self.engine.errors():
                    writer.query("COMMIT", ())
            except BaseException:
                writer.undo()
                raise
            finally:
                self._writer_thread = 0

    def _writes_here(self) -> bool:
        return self._writer_thread == threading.get_ident()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The open transaction of this thread, or one of its own."""
        if not self._writes_here():
            with self.begin(), self.engine.errors():
                yield self._open_writer()
            return
        with self.engine.errors():
            yield self._open_writer()

    def put(self, statement: str, rows: Iterable[Row]) -> None:
        """Run a statement for each row of values, see `writing`."""
        with self.writing() as writer:
            writer.query_many(statement, rows)

    # Views.

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See `Store.reading`."""
        if self._writes_here() or self._moment.select:
            yield
            return
        with self.engine.errors(), self._committed() as select:
            self._moment.select = select
            try:
                yield
            finally:
                self._moment.select = None

    @contextmanager
    def view(self) -> Iterator[Select]:
        """Of the open transaction of this thread, else of one commit: see `reading`.

        Raises:
            StoreError: The store is closed or fails, or a record cannot be read.
        """
        with self.engine.errors():
            try:
                if self._writes_here():
                    yield self._open_writer().query
                elif self._moment.select:
                    yield self._moment.select
                else:
                    with self._committed() as select:
                        yield select
            except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
                raise StoreError(
                    f"{self._where} holds a record that cannot be read: run `dedup check` ({error})"
                ) from error

    @contextmanager
    def _committed(self) -> Iterator[Select]:
        if self._closed:
            raise StoreError(f"{self._where} is closed: open it again")
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = self.engine.reader()
        unknown = None
        try:
            reader.query(self.engine.begin_reading, ())
            try:
                yield reader.query
            except NotFoundError as error:
                # No fault of the connection.
                unknown = error
            reader.query("COMMIT", ())
        except BaseException:
            reader.close()
            raise
        self._idle.append(reader)
        if self._closed:
            self._close_idle()
        if unknown is not None:
            raise unknown

    def by_id(self, statement: str, ids: Sequence[str], read: Callable[[Row], _T]) -> list[_T]:
        """The records of a SELECT without conditions that have one of these ids, in no order."""
        with self.view() as select:
            rows = among(select, statement, [to_text(i) for i in dict.fromkeys(ids)])
            return [read(row) for row in rows]

    # Versions.

    def _migrate(self) -> None:
        """Bring the tables up to date; if only for reading, see that they are."""
        if self._read_only:
            with self.view() as select:
                missing = missing_migrations(self._where, _applied(select))
            if missing:
                raise StoreError(
                    f"{self._where} was written by an older release: open it for writing once"
                )
            return
        with self.writing() as writer:
            writer.script(LOG)
            for migration in missing_migrations(self._where, _applied(writer.query)):
                writer.script(migration.sql)
                row = (migration.number, migration.name, migration.digest)
                writer.query(insert("migrations", ("number", "name", "digest")), row)


def _applied(select: Select) -> list[int]:
    return [number for (number,) in select("SELECT number FROM migrations", ())]


def insert(table: str, columns: Sequence[str]) -> str:
    """A statement that adds a row."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def upsert(table: str, columns: Sequence[str], keys: int = 1) -> str:
    """A statement that adds a row, or replaces the one with the same first `keys` columns."""
    rest = ", ".join(f"{name} = excluded.{name}" for name in columns[keys:])
    return (
        f"{insert(table, columns)} ON CONFLICT ({', '.join(columns[:keys])}) DO UPDATE SET {rest}"
    )


def pages(
    select: Select,
    table: str,
    columns: Sequence[str],
    where: str = "1 = 1",
    size: int = _PAGE,
) -> Iterator[Row]:
    """All rows in the order of the first column, which one statement gives `size` of."""
    statement = f"SELECT {', '.join(columns)} FROM {table} WHERE {where}"
    order = f"ORDER BY {columns[0]} LIMIT {size}"
    rows = select(f"{statement} {order}", ())
    while rows:
        yield from rows
        rows = select(f"{statement} AND {columns[0]} > ? {order}", rows[-1][:1])


def among(select: Select, statement: str, ids: Sequence[object], column: str = "id") -> list[Any]:
    """Rows whose column has one of these values, in no order."""
    return [
        row
        for chunk in chunks(ids, CHUNK)
        for row in select(f"{statement} WHERE {column} IN ({', '.join('?' * len(chunk))})", chunk)
    ]


def chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of `size`, the last one shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
