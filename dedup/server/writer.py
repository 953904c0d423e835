"""A second process of the server that writes the index and answers queries about texts.

Both take long computations in Python, for which all reads would have to wait in one process. The
server itself reads what is committed. Its calls go to the other process over connections, one
for each call at a time, and at the other end of each a thread answers. A socket of its own hands
over new connections; when it closes, because the server has ended, the process ends too.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from dedup.compute.arrays import Float32s
from dedup.config import Config
from dedup.errors import StoreError
from dedup.index.records import QueryAnswer
from dedup.index.story_index import StoryIndex
from dedup.records import Problem
from dedup.server.connections import Connection
from dedup.store import Placement
from dedup.store.sqlite import Synchronous

_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")
_RUN = """
import signal
# A signal to all processes of a service, or of a terminal, is for the server to answer.
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
from dedup.server.writer import run
run()
"""
_INDEX: list[StoryIndex] = []
"""The index, once it is open; in the other process only."""


class _Ended(StoreError):
    """The process that writes has ended."""


class Writer(Protocol):
    """Changes an index, and answers queries about texts that are not in it."""

    def add(
        self, articles: Sequence[Mapping[str, object]], problems: list[Problem]
    ) -> list[Placement]:
        """See `StoryIndex.add`."""
        ...

    def remove(self, ids: str) -> None:
        """See `StoryIndex.remove`."""
        ...

    def query(self, article: Mapping[str, object], *, limit: int = 10) -> QueryAnswer:
        """See `StoryIndex.query`."""
        ...


class WriterProcess:
    """A `Writer` and an `Encoder` in a process of its own; methods may be called from any thread.

    Args:
        location: See `StoryIndex.open`.
        config: See `StoryIndex.open`.
        synchronous: See `StoryIndex.open`.
        step: See `StoryIndex.open`.

    Raises:
        StoreError: The index cannot be opened, or the process cannot be started or ended.
        DedupError: Whatever else `StoryIndex.open` raises.
    """

    def __init__(
        self,
        location: str | Path,
        config: Config | None = None,
        synchronous: Synchronous = "FULL",
        step: int | None = None,
    ) -> None:
        self._idle: list[Connection] = []
        self._closing = False
        self._control, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = _process(theirs.fileno())
            except OSError as error:
                self._control.close()
                raise StoreError(f"the process that writes cannot be started: {error}") from error
        try:
            encoder = self._call(_open, (location, config, synchronous, step))
        except BaseException:
            self._end()
            raise
        self.name, self.revision, self.dim = encoder

    def add(
        self, articles: Sequence[Mapping[str, object]], problems: list[Problem]
    ) -> list[Placement]:
        """See `StoryIndex.add`."""
        placements, further = self._call(_add, articles)
        problems.extend(further)
        return placements

    def remove(self, ids: str) -> None:
        """See `StoryIndex.remove`."""
        self._call(_remove, ids)

    def query(self, article: Mapping[str, object], *, limit: int = 10) -> QueryAnswer:
        """See `StoryIndex.query`."""
        return self._call(_query, (article, limit))

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of texts: float32 (len(texts), dim), by the encoder of the index."""
        return self._call(_encode, texts)

    def close(self) -> None:
        """End the process, once the write under way is done and the index is closed."""
        self._closing = True
        try:
            with suppress(_Ended):
                self._call(_close, None)
        finally:
            self._end()

    def on_failure(self, call: Callable[[], None]) -> None:
        """Call a function, in a thread of its own, if the process ends before `close`."""

        def watch() -> None:
            self._process.wait()
            if not self._closing:
                call()

        threading.Thread(target=watch, daemon=True).start()

    def require_life(self) -> None:
        """Check that the process has not ended before `close`.

        Raises:
            StoreError: It has.
        """
        code = self._process.poll()
        if code is not None:
            raise StoreError(
                f"the process that writes has ended by itself ({code}): what was acknowledged is "
                "stored; serve the index again"
            )

    def _call(self, work: Callable[[_Argument], _Result], argument: _Argument) -> _Result:
        """What a function returns in the other process; its errors are raised here."""
        try:
            connection = self._connection()
            try:
                good, answer = connection.call(work, argument)
            except BaseException:
                connection.close()
                raise
        except (OSError, EOFError) as error:
            raise _Ended("the process that writes has ended") from error
        self._idle.append(connection)
        if not good:
            raise answer
        result: _Result = answer
        return result

    def _connection(self) -> Connection:
        """A connection that no other call uses."""
        try:
            return self._idle.pop()
        except IndexError:
            ours, theirs = socket.socketpair()
        with ours, theirs:
            socket.send_fds(self._control, [b"+"], [theirs.fileno()])
            return Connection.of(ours)

    def _end(self) -> None:
        self._closing = True
        self._control.close()
        while self._idle:
            self._idle.pop().close()
        self._process.wait()


def _process(stdin: int) -> subprocess.Popen[bytes]:
    """Start the other process, which imports from where this one does, with a socket as stdin."""
    path = os.pathsep.join(folder or os.curdir for folder in sys.path)
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen([sys.executable, "-c", _RUN], stdin=stdin, env=environment)


def run() -> None:
    """Be the other process: answer calls until the server has ended."""
    os.dup2(2, 1)
    with socket.socket(fileno=os.dup(0)) as control:
        while True:
            _, files, _, _ = socket.recv_fds(control, 1, 1)
            if not files:
                # As if killed: what is under way is of no use to anybody, what is stored is safe.
                os._exit(0)
            threading.Thread(target=_work, args=files, daemon=True).start()


def _work(file: int) -> None:
    with socket.socket(fileno=file) as end:
        connection = Connection.of(end)
    with suppress(OSError):
        connection.answer_calls()
    connection.close()


def _open(
    settings: tuple[str | Path, Config | None, Synchronous, int | None],
) -> tuple[str, str, int]:
    location, config, synchronous, step = settings
    index = StoryIndex.open(location, config, synchronous=synchronous, step=step)
    index.warm_up()
    _INDEX.append(index)
    return index.encoder.name, index.encoder.revision, index.encoder.dim


def _add(articles: Sequence[Mapping[str, object]]) -> tuple[list[Placement], list[Problem]]:
    problems: list[Problem] = []
    return _INDEX[0].add(articles, problems), problems


def _remove(id: str) -> None:
    _INDEX[0].remove(id)


def _query(query: tuple[Mapping[str, object], int]) -> QueryAnswer:
    article, limit = query
    return _INDEX[0].query(article, limit=limit)


def _encode(texts: Sequence[str]) -> Float32s:
    return _INDEX[0].encoder.encode(texts)


def _close(_: None) -> None:
    _INDEX[0].close()
