"""What the benchmarks save: measurements with what they hold for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dedup.bench.report import made_by

__all__ = ["made_by", "made_line", "save_rows"]


def made_line(provenance: Mapping[str, Any], corpus: str) -> str:
    """How figures were made, in a line below their table.

    Args:
        provenance: From `made_by`.
        corpus: The corpus that was measured.
    """
    versions = {"Python": provenance["python"], **provenance["versions"]}
    listed = ", ".join(f"{name} {number}" for name, number in versions.items() if number)
    return (
        f"Made by `{provenance['command']}` on {provenance['date']}; corpus: {corpus}; "
        f"machine: {provenance['machine']}; {listed}."
    )


def save_rows(path: Path, provenance: dict[str, Any], rows: Sequence[Any]) -> None:
    """Write rows as JSON, with how they were made."""
    stored = json.dumps({"made_by": provenance, "rows": rows}, indent=2) + "\n"
    path.write_text(stored, encoding="utf-8")
