"""What the routes share: the index, called so that the event loop stays free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar, cast

from anyio import CapacityLimiter, to_thread
from fastapi import Request

from dedup.index.story_index import StoryIndex
from dedup.server.feed import Feed
from dedup.server.limits import Limits
from dedup.server.writer import Writer

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(slots=True)
class Service:
    """An index with what is needed to serve it.

    Writers wait for each other here, not in threads, so that they never take all the threads
    and readers go on.

    Args:
        index: What is read; its methods block, and may be called from any thread.
        writer: Who changes the index and answers questions about texts; the same holds.
        limits: Limits of the server.
        feed: Tells of changes.
    """

    index: StoryIndex
    writer: Writer
    limits: Limits
    feed: Feed
    _reading: CapacityLimiter = field(init=False)
    _writing: CapacityLimiter = field(init=False)
    _asking: CapacityLimiter = field(init=False)

    def __post_init__(self) -> None:
        self._reading = CapacityLimiter(self.limits.readers)
        self._writing = CapacityLimiter(1)
        self._asking = CapacityLimiter(self.limits.askers)

    async def read(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What `call` returns, computed in a thread; all that it reads is of one moment."""

        def run() -> _T:
            with self.index.reading():
                return call(*args, **kwargs)

        return await to_thread.run_sync(run, limiter=self._reading)

    async def ask(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What `call` returns, which may have to wait for a step of a writer."""
        return await to_thread.run_sync(partial(call, *args, **kwargs), limiter=self._asking)

    async def write(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What `call` returns, computed in a thread, one such call at a time."""
        try:
            return await to_thread.run_sync(partial(call, *args, **kwargs), limiter=self._writing)
        finally:
            self.feed.look()


def service_of(request: Request) -> Service:
    """The service of the application that a request came to."""
    return cast(Service, request.app.state.service)
