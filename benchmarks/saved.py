"""What the benchmarks save: measurements with what they hold for."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def made_by(command: str, libraries: Sequence[str], **more: str) -> dict[str, Any]:
    """What figures hold for: command, date, machine, and versions.

    Args:
        command: Which makes them.
        libraries: Whose versions are noted; null for one that is not installed.
        more: What else is to be said of how they were made.
    """
    return {
        "command": command,
        **more,
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in libraries},
    }


def made_line(made: Mapping[str, Any], corpus: str) -> str:
    """What figures hold for, in a line below their table.

    Args:
        made: As `made_by` gives it.
        corpus: What was measured on.
    """
    versions = {"Python": made["python"], **made["versions"]}
    listed = ", ".join(f"{name} {number}" for name, number in versions.items() if number)
    return (
        f"Made by `{made['command']}` on {made['date']}; corpus: {corpus}; "
        f"machine: {made['machine']}; {listed}."
    )


def save_rows(path: Path, made: dict[str, Any], rows: Sequence[Any]) -> None:
    """Write rows as JSON, below what they hold for."""
    stored = json.dumps({"made_by": made, "rows": rows}, indent=2) + "\n"
    path.write_text(stored, encoding="utf-8")


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
