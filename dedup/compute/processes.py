"""Parts of a job in processes of their own, for much work in Python, which threads cannot share.

The processes are fresh ones that run nothing but `serve`: no script that imports this library is
run again in them, as `multiprocessing` would do, so that a script needs no guard. What they are
given and give back is pickled; the work must be a function of its part alone, so that the result
does not depend on where it was done. A process that dies is not missed: its part is done here.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from contextvars import ContextVar
from queue import SimpleQueue
from typing import IO, Any, Protocol, TypeVar

from dedup.compute.threads import available_cores

Part = TypeVar("Part")
Done = TypeVar("Done")

MIN_ITEMS = 20_000
"""With fewer, starting processes takes longer than they save."""
MIN_KEPT_ITEMS = 8_000
"""The same for processes that several jobs share."""
LIMIT = "DEDUP_PROCESSES"
"""Environment variable: how many processes at most; 1 for none beside this one."""
_MIN_SHARED_ITEMS = 1_000
_SERVE = "from dedup.compute.processes import serve; serve()"


class Mapped(Protocol):
    """Does the parts of a job, as `map` does."""

    def __call__(self, work: Callable[[Part], Done], parts: Iterable[Part]) -> Iterator[Done]:
        """`work` of each part, in their order."""
        ...


@contextmanager
def spread(items: int, processes: int = 0) -> Iterator[Mapped]:
    """A way to do the parts of a job: in processes if there is much to do, else one by one.

    Args:
        items: How much there is to do in all parts together.
        processes: How many processes; 0 for one per core, or as many as the environment
            variable `DEDUP_PROCESSES` allows.
    """
    shared = None if processes else _SHARED.get()
    if shared is not None and items >= _MIN_SHARED_ITEMS:
        yield shared.mapped
        return
    count = processes or _allowed()
    if count < 2 or items < MIN_ITEMS:
        yield _here
        return
    with closing(_Pool(count)) as pool:
        yield pool.mapped


@contextmanager
def kept(items: int, processes: int = 0) -> Iterator[None]:
    """Let the jobs inside share their processes, if there is much to do.

    Args:
        items: How much there is to do in each job, about.
        processes: As for `spread`.
    """
    count = processes or _allowed()
    if count < 2 or items < MIN_KEPT_ITEMS:
        yield
        return
    with closing(_Pool(count)) as pool:
        before = _SHARED.set(pool)
        try:
            yield
        finally:
            _SHARED.reset(before)


def _allowed() -> int:
    """How many processes may be started."""
    allowed = os.environ.get(LIMIT, "")
    cores = available_cores()
    return min(cores, int(allowed)) if allowed.isdecimal() else cores


def _here(work: Callable[[Part], Done], parts: Iterable[Part]) -> Iterator[Done]:
    return map(work, parts)


class _Pool:
    """Processes that wait for parts."""

    def __init__(self, count: int) -> None:
        self._idle: SimpleQueue[subprocess.Popen[bytes] | None] = SimpleQueue()
        self._all = [child for child in (_started() for _ in range(count)) if child]
        for child in self._all:
            self._idle.put(child)
        if not self._all:
            self._idle.put(None)
        self._threads = ThreadPoolExecutor(max(1, len(self._all)))

    def mapped(self, work: Callable[[Part], Done], parts: Iterable[Part]) -> Iterator[Done]:
        def one(part: Part) -> Done:
            child = self._idle.get()
            try:
                if child is not None:
                    return _asked(child, work, part)
            except (OSError, EOFError, pickle.UnpicklingError):
                child = None
            finally:
                self._idle.put(child)
            return work(part)

        return self._threads.map(one, parts)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        for child in self._all:
            for stream in (child.stdin, child.stdout):
                try:
                    if stream is not None:
                        stream.close()
                except OSError:
                    continue
            child.wait()


_SHARED: ContextVar[_Pool | None] = ContextVar("shared", default=None)


def fresh_process(code: str, stdin: int, stdout: int | None) -> subprocess.Popen[bytes]:
    """A process that runs some code, and imports from where this one does.

    Args:
        code: Of Python.
        stdin: As `subprocess.Popen` takes it.
        stdout: As `subprocess.Popen` takes it.

    Raises:
        OSError: The system allows none.
    """
    path = os.pathsep.join(each or str(os.curdir) for each in sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=stdin,
        stdout=stdout,
        env={**os.environ, "PYTHONPATH": path},
    )


def _started() -> subprocess.Popen[bytes] | None:
    """A process that serves; None where the system allows none."""
    try:
        return fresh_process(_SERVE, subprocess.PIPE, subprocess.PIPE)
    except OSError:
        return None


def _asked(child: subprocess.Popen[bytes], work: Callable[[Part], Done], part: Part) -> Done:
    """What a process makes of a part; errors of the work are raised here."""
    if child.stdin is None or child.stdout is None:
        raise EOFError
    good, done = ask(child.stdin, child.stdout, work, part)
    if not good:
        raise done
    found: Done = done
    return found


def ask(
    asked: IO[bytes], answers: IO[bytes], work: Callable[[Part], Done], part: Part
) -> tuple[bool, Any]:
    """What one who does `answer_all` makes of a part.

    Args:
        asked: Where it reads what to do.
        answers: Where it writes what came of it.
        work: A function that it can import, or a part of one.
        part: What to call it with.

    Returns:
        True and what came of it, or False and the error that was raised.

    Raises:
        EOFError: It has ended.
        OSError: It has ended.
    """
    pickle.dump((work, part), asked, pickle.HIGHEST_PROTOCOL)
    asked.flush()
    found: tuple[bool, Any] = pickle.load(answers)
    return found


def serve() -> None:
    """Do the parts that come on stdin until it ends; the answers go to stdout."""
    answers = os.fdopen(os.dup(1), "wb")
    # What the work prints must not come between the answers.
    os.dup2(2, 1)
    answer_all(sys.stdin.buffer, answers)


def answer_all(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Do what `ask` asks for, one after the other, until nothing more comes."""
    while True:
        try:
            work, part = pickle.load(asked)
        except (EOFError, KeyboardInterrupt):
            return
        try:
            answer = pickle.dumps((True, work(part)), pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            answer = pickle.dumps((False, _sendable(error)), pickle.HIGHEST_PROTOCOL)
        answers.write(answer)
        answers.flush()


def _sendable(error: Exception) -> Exception:
    """The error, with where it came from; or one that says the same, if it cannot be sent."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
