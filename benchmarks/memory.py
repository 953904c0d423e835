"""How much memory this process has, as Linux tells it."""

from __future__ import annotations

from pathlib import Path


def peak_memory_mb() -> int:
    """Largest resident size so far; unlike `ru_maxrss` not that of the process that started it."""
    return _status_mb("VmHWM")


def own_memory_mb() -> int:
    """Resident size now, without what is mapped from files and can be read again from there."""
    return _status_mb("RssAnon")


def _status_mb(name: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) // 1024
