"""Tells whoever listens that the history of the index has grown."""

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
    """Watches the history of an index, once for all listeners.

    It looks after each write of this server, and every `poll_s` seconds for what others
    wrote: another process, or the program that holds the index.

    Args:
        index: The index.
        poll_s: Seconds between two looks.
    """

    def __init__(self, index: StoryIndex, poll_s: float) -> None:
        self.last = 0
        self.closed = False
        self.listeners = 0
        self._index = index
        self._poll_s = poll_s
        self._look = Event()
        self._grown = Event()
        self._limiter = CapacityLimiter(1)

    async def run(self, last: int) -> None:
        """Watch until `close`, for events beyond number `last`."""
        self.last, self.closed = last, False
        while not self.closed:
            if not await self._advance():
                with move_on_after(self._poll_s):
                    await self._look.wait()
                self._look = Event()

    async def _advance(self) -> bool:
        """Whether there was anything new."""
        try:
            found = await to_thread.run_sync(
                self._index.changes, self.last, _AT_ONCE, limiter=self._limiter
            )
        except StoreError:
            _LOG.exception("cannot look for changes")
            return False
        if found:
            self.last = found[-1].number
            self._wake()
        return bool(found)

    def look(self) -> None:
        """Look for changes now."""
        self._look.set()

    def close(self) -> None:
        """Stop watching, and let all listeners go."""
        self.closed = True
        self.look()
        self._wake()

    def _wake(self) -> None:
        grown, self._grown = self._grown, Event()
        grown.set()

    async def wait(self, seen: int, timeout_s: float) -> None:
        """Return once there are events beyond number `seen`, on `close`, or after `timeout_s`."""
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
