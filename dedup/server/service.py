"""The index as the routes share it, called in threads so that the event loop stays free."""

from __future__ import annotations

from collections.abc import Callable
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


class Service:
    """An index with what is needed to serve it.

    Writes wait for each other here, not in threads, so that they never take all the threads
    and reads go on.

    Args:
        index: Is read; its methods block, and may be called from any thread.
        writer: Changes the index and answers queries about texts; the same holds.
        limits: Limits of the server.
        feed: Notifies of changes.
    """

    def __init__(self, index: StoryIndex, writer: Writer, limits: Limits, feed: Feed) -> None:
        self.index = index
        self.writer = writer
        self.limits = limits
        self.feed = feed
        self._reads = CapacityLimiter(limits.reads)
        self._writes = CapacityLimiter(1)
        self._queries = CapacityLimiter(limits.queries)

    async def read(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What `call` returns, computed in a thread on one consistent state of the index."""

        def run() -> _T:
            with self.index.reading():
                return call(*args, **kwargs)

        return await to_thread.run_sync(run, limiter=self._reads)

    async def query(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What `call` returns, computed in a thread; it may wait for a step of a write."""
        return await to_thread.run_sync(partial(call, *args, **kwargs), limiter=self._queries)

    async def write(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What `call` returns, computed in a thread, one such call at a time."""
        try:
            return await to_thread.run_sync(partial(call, *args, **kwargs), limiter=self._writes)
        finally:
            self.feed.poll_now()


def service_of(request: Request) -> Service:
    """The service of the application that a request came to."""
    return cast(Service, request.app.state.service)
