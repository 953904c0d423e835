"""A process beside the server's that writes the index and answers questions about texts.

Both compute for long in Python, and would hold up all that is read meanwhile in one process. The
server reads what is committed by itself. What it wants of the other process it sends through lanes:
pairs of sockets, one for each call at a time, at whose other end a thread works. A socket of its
own carries new lanes; when it ends, because the server has ended, so does the process.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, TypeVar

from dedup.compute.arrays import Float32s
from dedup.compute.processes import answer_all, ask, fresh_process
from dedup.config import Config
from dedup.errors import StoreError
from dedup.index.records import QueryAnswer
from dedup.index.story_index import StoryIndex
from dedup.records import Problem
from dedup.store import Placement
from dedup.store.sqlite import Synchronous

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")
_RUN = """
import signal
# A signal to all processes of a service, or of a terminal, is for the server to answer.
for each in (signal.SIGINT, signal.SIGTERM):
    signal.signal(each, signal.SIG_IGN)
from dedup.server.writer import run
run()
"""
_INDEX: list[StoryIndex] = []
"""In the other process: the index, once it is open."""


class _Ended(StoreError):
    """There is nobody who could answer."""


class _Lane(NamedTuple):
    """One end of it: what this side says, and what it hears."""

    said: BinaryIO
    heard: BinaryIO

    @classmethod
    def of(cls, end: socket.socket) -> _Lane:
        # They keep the socket open when it is closed.
        return cls(end.makefile("wb"), end.makefile("rb"))

    def close(self) -> None:
        with suppress(OSError):
            self.said.close()
        self.heard.close()


class Writer(Protocol):
    """Who changes an index, and answers questions about texts that are not in it."""

    def add(
        self, articles: Sequence[Mapping[str, object]], problems: list[Problem]
    ) -> list[Placement]:
        """See `StoryIndex.add`."""
        ...

    def remove(self, ids: str) -> None:
        """See `StoryIndex.remove`."""
        ...

    def query(self, asked: Mapping[str, object], *, limit: int = 10) -> QueryAnswer:
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
        self._idle: list[_Lane] = []
        self._closing = False
        self._control, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = fresh_process(_RUN, theirs.fileno(), None)
            except OSError as error:
                self._control.close()
                raise StoreError(f"the process that writes cannot be started: {error}") from error
        try:
            made = self._call(_open, (location, config, synchronous, step))
        except BaseException:
            self._end()
            raise
        self.name, self.revision, self.dim = made

    def add(
        self, articles: Sequence[Mapping[str, object]], problems: list[Problem]
    ) -> list[Placement]:
        """See `StoryIndex.add`."""
        placements, met = self._call(_add, articles)
        problems.extend(met)
        return placements

    def remove(self, ids: str) -> None:
        """See `StoryIndex.remove`."""
        self._call(_remove, ids)

    def query(self, asked: Mapping[str, object], *, limit: int = 10) -> QueryAnswer:
        """See `StoryIndex.query`."""
        return self._call(_query, (asked, limit))

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
        """Call something, in a thread of its own, if the process ends before it is told to."""

        def watch() -> None:
            self._process.wait()
            if not self._closing:
                call()

        threading.Thread(target=watch, daemon=True).start()

    def require_life(self) -> None:
        """Nothing, unless the process has ended before it was told to.

        Raises:
            StoreError: It has.
        """
        code = self._process.poll()
        if code is not None:
            raise StoreError(
                f"the process that writes has ended by itself ({code}): what was acknowledged is "
                "stored; serve the index again"
            )

    def _call(self, work: Callable[[_Given], _Found], given: _Given) -> _Found:
        """What a function of the other process returns; its errors are raised here."""
        try:
            lane = self._lane()
            try:
                good, found = ask(lane.said, lane.heard, work, given)
            except BaseException:
                lane.close()
                raise
        except (OSError, EOFError) as error:
            raise _Ended("the process that writes has ended") from error
        self._idle.append(lane)
        if not good:
            raise found
        done: _Found = found
        return done

    def _lane(self) -> _Lane:
        try:
            return self._idle.pop()
        except IndexError:
            ours, theirs = socket.socketpair()
        with ours, theirs:
            socket.send_fds(self._control, [b"+"], [theirs.fileno()])
            return _Lane.of(ours)

    def _end(self) -> None:
        self._closing = True
        self._control.close()
        while self._idle:
            self._idle.pop().close()
        self._process.wait()


def run() -> None:
    """Be the other process: do what comes through lanes until the server has ended."""
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
        lane = _Lane.of(end)
    with suppress(OSError):
        answer_all(lane.heard, lane.said)
    lane.close()


def _open(
    given: tuple[str | Path, Config | None, Synchronous, int | None],
) -> tuple[str, str, int]:
    location, config, synchronous, step = given
    index = StoryIndex.open(location, config, synchronous=synchronous, step=step)
    index.warm_up()
    _INDEX.append(index)
    return index.encoder.name, index.encoder.revision, index.encoder.dim


def _add(articles: Sequence[Mapping[str, object]]) -> tuple[list[Placement], list[Problem]]:
    problems: list[Problem] = []
    return _INDEX[0].add(articles, problems), problems


def _remove(id: str) -> None:
    _INDEX[0].remove(id)


def _query(given: tuple[Mapping[str, object], int]) -> QueryAnswer:
    asked, limit = given
    return _INDEX[0].query(asked, limit=limit)


def _encode(texts: Sequence[str]) -> Float32s:
    return _INDEX[0].encoder.encode(texts)


def _close(_: None) -> None:
    _INDEX[0].close()
