"""Endless standard input: batching by time, and a clean stop on Ctrl-C."""

from __future__ import annotations

import io
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from types import FrameType
from typing import Any, BinaryIO, Self

PATIENCE_SECONDS = 1.0
"""How long articles of a stream may wait for more before they are added."""


class Interruption:
    """Handler of Ctrl-C: the first one requests a stop, the second one stops at once.

    A context manager, which restores the former handler at its end. The first Ctrl-C sets
    `requested` and ends the waiting for input, the second one sets `forced`.
    """

    def __init__(self) -> None:
        self.requested = False
        self.forced = False
        self._waiting = False
        self._usual: Any = None

    def __enter__(self) -> Self:
        self._usual = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGINT, self._usual)

    def wait(self, stream: int, seconds: float | None) -> bool:
        """Whether a file descriptor has something to read within `seconds`; None waits forever.

        Raises:
            KeyboardInterrupt: Ctrl-C came before or while waiting.
        """
        # Set the mark before the test, so that no signal in between is missed.
        self._waiting = True
        try:
            if self.requested:
                raise KeyboardInterrupt
            return bool(select.select([stream], [], [], seconds)[0])
        finally:
            self._waiting = False

    def pause(self, seconds: float) -> None:
        """Wait; Ctrl-C ends it."""
        with suppress(KeyboardInterrupt):
            self._waiting = True
            try:
                if not self.requested:
                    select.select([], [], [], seconds)
            finally:
                self._waiting = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.forced = self.requested
        at_once = self.requested or self._waiting
        self.requested = True
        if at_once:
            raise KeyboardInterrupt


class LiveStdin(io.FileIO):
    """Standard input that reports pauses.

    Args:
        descriptor: File descriptor to read.
        on_pause: Called when there is nothing more to read and the first bytes since the last
            call are `PATIENCE_SECONDS` old.
        interruption: Ends the waiting for input.
    """

    def __init__(
        self, descriptor: int, on_pause: Callable[[], None], interruption: Interruption
    ) -> None:
        super().__init__(descriptor, "rb", closefd=False)
        self._on_pause = on_pause
        self._interruption = interruption
        self._due: float | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes that are available; waits for the first one; empty at the end."""
        if self._due is not None:
            left = max(0.0, self._due - monotonic())
            if not self._interruption.wait(self.fileno(), left):
                self._on_pause()
                self._due = None
        if self._due is None:
            self._interruption.wait(self.fileno(), None)
            self._due = monotonic() + PATIENCE_SECONDS
        return super().read(-1 if size is None else size) or b""


def live_stdin(on_pause: Callable[[], None], interruption: Interruption) -> BinaryIO:
    """Standard input as `LiveStdin`, or unchanged if it has no file descriptor."""
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError):
        return sys.stdin.buffer
    return LiveStdin(descriptor, on_pause, interruption)
