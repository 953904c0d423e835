"""A fair lock: queries run between the steps of a long write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class FairLock:
    """A lock for one thread that works in steps, and for others that come in between two of them.

    A thread that wants the lock next waits for a second one: so a writer that gives the lock back
    and wants it again finds those waiting who came meanwhile, and is not served before them.
    """

    def __init__(self) -> None:
        self._next = threading.Lock()
        self._taken = threading.Lock()
        self._holder = 0

    @property
    def is_wanted(self) -> bool:
        """Whether a thread waits for the lock."""
        return self._next.locked()

    @contextmanager
    def acquired(self) -> Iterator[None]:
        """Hold the lock; the thread that holds it may acquire it again inside."""
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
