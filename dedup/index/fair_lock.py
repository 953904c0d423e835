"""Whose turn it is with what an index has in memory: a writer's, or that of one who asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class FairLock:
    """A lock for one who works in steps, and for others who come in between two of them.

    Who wants the lock next waits for a second one: so a writer that gives the lock back and
    wants it again finds those waiting who came meanwhile, and is not served before them.
    """

    def __init__(self) -> None:
        self._next = threading.Lock()
        self._taken = threading.Lock()
        self._holder = 0

    @contextmanager
    def acquired(self) -> Iterator[None]:
        """A turn; the thread that has one may take another inside of it."""
        if self._holder == threading.get_ident():
            yield
            return
        with self._next:
            self._taken.acquire()
        self._holder = threading.get_ident()
        try:
            yield
        finally:
            self._holder = 0
            self._taken.release()
