"""Calls of functions in another process, over a pair of sockets, pickled."""

from __future__ import annotations

import pickle
import socket
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple, TypeVar

_Argument = TypeVar("_Argument")


class Connection(NamedTuple):
    """One end of a connection; one call at a time.

    Args:
        output: What is sent to the other end.
        input: What the other end sends.
    """

    output: BinaryIO
    input: BinaryIO

    @classmethod
    def of(cls, end: socket.socket) -> Connection:
        """The connection over a socket, which stays open when `end` is closed."""
        return cls(end.makefile("wb"), end.makefile("rb"))

    def close(self) -> None:
        """Close this end; what could not be sent is lost."""
        with suppress(OSError):
            self.output.close()
        self.input.close()

    def call(self, work: Callable[[_Argument], object], argument: _Argument) -> tuple[bool, Any]:
        """Call a function at the other end, which is in `answer_calls`.

        Args:
            work: A function of a module.
            argument: What to call it with.

        Returns:
            True and what it returned, or False and the error that it raised.

        Raises:
            EOFError: The other end is closed.
            OSError: The other end is closed.
        """
        pickle.dump((work, argument), self.output, pickle.HIGHEST_PROTOCOL)
        self.output.flush()
        answer: tuple[bool, Any] = pickle.load(self.input)
        return answer

    def answer_calls(self) -> None:
        """Do what `call` asks for, one call after the other, until the other end is closed."""
        while True:
            try:
                work, argument = pickle.load(self.input)
            except EOFError:
                return
            try:
                answer = pickle.dumps((True, work(argument)), pickle.HIGHEST_PROTOCOL)
            except Exception as error:
                answer = pickle.dumps((False, _sendable(error)), pickle.HIGHEST_PROTOCOL)
            self.output.write(answer)
            self.output.flush()


def _sendable(error: Exception) -> Exception:
    """The error with its traceback as a note; one with the same message if it cannot be sent."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
