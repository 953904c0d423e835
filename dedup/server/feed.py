"""Notifies listeners of new events in the history of an index."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from anyio import CapacityLimiter, Event, move_on_after, to_thread

from dedup.errors import StoreError
from dedup.index.story_index import StoryIndex

_LOG = logging.getLogger("dedup.server")
_AT_ONCE = 1_000


class Feed:
    """Polls the history of an index, once for all listeners.

    It polls after each write of this server, and every `poll_s` seconds for what others
    wrote: another process, or the program that opened the index.

    Args:
        index: The index.
        poll_s: Seconds between two polls.
    """

    def __init__(self, index: StoryIndex, poll_s: float) -> None:
        self.last = 0
        self.closed = False
        self.listeners = 0
        self._index = index
        self._poll_s = poll_s
        self._due = Event()
        self._grown = Event()
        self._limiter = CapacityLimiter(1)

    async def run(self, last: int) -> None:
        """Poll until `close` for events with numbers above `last`."""
        self.last, self.closed = last, False
        while not self.closed:
            if not await self._advance():
                with move_on_after(self._poll_s):
                    await self._due.wait()
                self._due = Event()

    async def _advance(self) -> bool:
        """Poll once; whether there were new events."""
        try:
            events = await to_thread.run_sync(
                self._index.changes, self.last, _AT_ONCE, limiter=self._limiter
            )
        except StoreError:
            _LOG.exception("cannot read the changes")
            return False
        if events:
            self.last = events[-1].number
            self._wake()
        return bool(events)

    def poll_now(self) -> None:
        """Poll without waiting for `poll_s` to pass."""
        self._due.set()

    def close(self) -> None:
        """Stop polling, and wake all listeners."""
        self.closed = True
        self.poll_now()
        self._wake()

    def _wake(self) -> None:
        grown, self._grown = self._grown, Event()
        grown.set()

    async def wait(self, seen: int, timeout_s: float) -> None:
        """Return once there are events after number `seen`, on `close`, or after `timeout_s`."""
        with move_on_after(timeout_s):
            while self.last <= seen and not self.closed:
                await self._grown.wait()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Count one more listener."""
        self.listeners += 1
        try:
            yield
        finally:
            self.listeners -= 1
