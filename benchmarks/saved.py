"""What the benchmarks save: measurements with what they hold for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dedup.bench.report import made_by

__all__ = ["made_by", "made_line", "save_rows"]


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
