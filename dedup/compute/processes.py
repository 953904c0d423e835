"""Worker processes for parts of a job, for much work in Python, which threads cannot share.

The processes are loky's: no script that imports this library is run again in them, so that a
script needs no guard, and one pool of them serves job after job until it has been idle for some
seconds. The work must be a function of its part alone, so that the result does not depend on
where it was done; so the parts of a worker that dies are done here.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, TypeVar

from dedup.compute.threads import available_cores

if TYPE_CHECKING:
    from loky import ProcessPoolExecutor

Part = TypeVar("Part")
Done = TypeVar("Done")

MIN_ITEMS = 20_000
"""With fewer, starting processes takes longer than they save."""
MIN_POOLED_ITEMS = 8_000
"""The same for each of several jobs inside `worker_pool`."""
LIMIT = "DEDUP_PROCESSES"
"""Environment variable: how many processes at most; 1 for none beside this one."""
_MIN_SHARED_ITEMS = 1_000
_IDLE_SECONDS = 10
# By default loky replaces a worker that has grown by 300 MB, which an encoder may take.
_ENVIRONMENT = {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e15"}
_POOLED: ContextVar[int] = ContextVar("pooled", default=0)
"""How many processes the jobs inside `worker_pool` use; 0 outside."""


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
    pooled = 0 if processes else _POOLED.get()
    count = processes or pooled or _allowed()
    if count < 2 or items < (_MIN_SHARED_ITEMS if pooled else MIN_ITEMS):
        yield _here
        return
    pool = _pool(count)

    def mapped(work: Callable[[Part], Done], parts: Iterable[Part]) -> Iterator[Done]:
        # Workers start here, and none is to see a Ctrl-C before it can ignore it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            submitted = deque((part, _submitted(pool, work, part)) for part in parts)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        # A result is let go as soon as it was taken.
        return (_result(*submitted.popleft(), work) for _ in range(len(submitted)))

    try:
        yield mapped
    except BaseException:
        # Nobody waits for what is under way, also where Ctrl-C ended it.
        pool.shutdown(kill_workers=True)
        raise


@contextmanager
def worker_pool(items: int, processes: int = 0) -> Iterator[None]:
    """Let also the smaller of the jobs inside use processes, since they share their start.

    Args:
        items: How much there is to do in each job, about.
        processes: As for `spread`.
    """
    before = _POOLED.set((processes or _allowed()) if items >= MIN_POOLED_ITEMS else 0)
    try:
        yield
    finally:
        _POOLED.reset(before)


def _allowed() -> int:
    """How many processes may be started."""
    allowed = os.environ.get(LIMIT, "")
    cores = available_cores()
    return min(cores, int(allowed)) if allowed.isdecimal() else cores


def _here(work: Callable[[Part], Done], parts: Iterable[Part]) -> Iterator[Done]:
    return map(work, parts)


def _pool(count: int) -> ProcessPoolExecutor:
    """The pool of this thread: the one of the job before, if it is still there."""
    from multiprocessing import resource_tracker

    from loky import get_reusable_executor

    # Later its start would let in the signals that are held back while workers start.
    resource_tracker.ensure_running()
    return get_reusable_executor(count, timeout=_IDLE_SECONDS, initializer=_begin, env=_ENVIRONMENT)


def _begin() -> None:
    """Make a new worker leave Ctrl-C to its parent, and stdout to what the parent writes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)


def _submitted(
    pool: ProcessPoolExecutor, work: Callable[[Part], Done], part: Part
) -> Future[Done] | None:
    """The future result of a part; None if there is no worker any more."""
    try:
        submitted: Future[Done] = pool.submit(work, part)
    except (BrokenExecutor, OSError):
        return None
    return submitted


def _result(part: Part, future: Future[Done] | None, work: Callable[[Part], Done]) -> Done:
    try:
        if future is not None:
            return future.result()
    except BrokenExecutor:
        pass
    return work(part)
