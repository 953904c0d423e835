"""Parts of a job in threads, for work that releases the GIL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Done = TypeVar("Done")


def available_cores() -> int:
    """Cores that this process may use, where the system tells; else all of them.

    The environment variable `OMP_NUM_THREADS` allows fewer: Spark sets it where several processes
    share a machine.
    """
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = (len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count()) or 1
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, max(1, int(allowed))) if allowed.isdecimal() else cores


def mapped(work: Callable[[Part], Done], parts: Sequence[Part], threads: int = 0) -> Iterator[Done]:
    """`work` of each part, in their order.

    Args:
        work: Called with one part; must not depend on the other parts.
        parts: The parts of the job.
        threads: Number of threads; 0 for one per core.
    """
    threads = threads or available_cores()
    if threads == 1 or len(parts) < 2:
        yield from map(work, parts)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, parts)
