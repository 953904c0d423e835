"""A clock for the steps of a run: wall time, CPU time and peak memory of each."""

from __future__ import annotations

import os
import resource
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path

_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_RESET_PEAK = "5"
_KB_PER_MB = 1024


@dataclass(frozen=True, slots=True)
class Stage:
    """The costs of a step.

    Args:
        name: Of the step.
        wall_seconds: From its beginning to that of the next one.
        cpu_seconds: Of all cores together, child processes included: all that ended, and
            where the system can tell (it is Linux) those that run.
        peak_memory_mb: Resident memory at its highest while the step ran, in MiB; where the system
            cannot tell (it is not Linux), the highest so far.
    """

    name: str
    wall_seconds: float
    cpu_seconds: float
    peak_memory_mb: float


class StageClock:
    """Measures steps one after the other, as the progress of a run reports them.

    Args:
        first: Name of the step that has begun.
    """

    def __init__(self, first: str) -> None:
        self.stages: list[Stage] = []
        self._name = first
        self._begin()

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """Step `step` has done `done` of `total`; a new name ends the previous step."""
        if step != self._name:
            self.end(step)

    def end(self, following: str = "") -> None:
        """End the current step, and begin another one."""
        wall, cpu = time.perf_counter() - self._wall, _cpu_seconds() - self._cpu
        self.stages.append(Stage(self._name, wall, cpu, peak_memory_mb()))
        self._name = following
        self._begin()

    def _begin(self) -> None:
        # The peak of this process is reset where the system can.
        with suppress(OSError):
            _REFS.write_text(_RESET_PEAK)
        self._wall, self._cpu = time.perf_counter(), _cpu_seconds()


def _cpu_seconds() -> float:
    running = (_cpu_seconds_of(child.pid) for child in active_children())
    return sum(os.times()[:4]) + sum(running)


def _cpu_seconds_of(process: int | None) -> float:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0.0
    # User and system time, counted behind the name, which is in parentheses.
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def peak_memory_mb() -> float:
    """Resident memory at its highest since the step began, in MiB; see `Stage`."""
    try:
        lines = _STATUS.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / _KB_PER_MB
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (_KB_PER_MB**2 if sys.platform == "darwin" else _KB_PER_MB)
