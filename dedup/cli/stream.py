"""Input that does not end: when to stop waiting for more, and how to be stopped in order."""

from __future__ import annotations

import io
import select
import signal
import sys
from collections.abc import Callable
from time import monotonic
from types import FrameType, TracebackType
from typing import Any, BinaryIO, Self

PATIENCE_SECONDS = 1.0
"""How long what a stream brought may wait for more, before it is added."""


class Interruption:
    """Ctrl-C asks to stop, and ends the waiting for input; a second one stops at once.

    A context manager: outside of it Ctrl-C means what it did before. `asked` is set by the
    first Ctrl-C, `forced` by the second.
    """

    def __init__(self) -> None:
        self.asked = False
        self.forced = False
        self._waiting = False
        self._usual: Any = None

    def __enter__(self) -> Self:
        self._usual = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._usual)

    def wait(self, stream: int, seconds: float | None) -> bool:
        """Whether a file descriptor has something to read within some seconds.

        Raises:
            KeyboardInterrupt: Ctrl-C came before or while waiting.
        """
        # First marked, then asked: a signal between the two is not overlooked.
        self._waiting = True
        try:
            if self.asked:
                raise KeyboardInterrupt
            return bool(select.select([stream], [], [], seconds)[0])
        finally:
            self._waiting = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.forced = self.asked
        at_once = self.asked or self._waiting
        self.asked = True
        if at_once:
            raise KeyboardInterrupt


class LiveStdin(io.FileIO):
    """Standard input, which says when it is time to use what it brought.

    Args:
        descriptor: File descriptor to read.
        on_pause: Called when there is nothing more to read, and something was read that has
            waited for `PATIENCE_SECONDS`.
        interruption: Ends the waiting.
    """

    def __init__(
        self, descriptor: int, on_pause: Callable[[], None], interruption: Interruption
    ) -> None:
        super().__init__(descriptor, "rb", closefd=False)
        self._on_pause = on_pause
        self._interruption = interruption
        self._due: float | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """What there is now, at most `size` bytes; waits for the first; empty at the end."""
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
    """Standard input as `LiveStdin`; as it is where it has no file descriptor."""
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError):
        return sys.stdin.buffer
    return LiveStdin(descriptor, on_pause, interruption)
