"""What the benchmarks save: measurements with what they hold for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dedup.bench.report import made_by

__all__ = ["made_by", "save_rows"]


def save_rows(path: Path, made: dict[str, Any], rows: Sequence[Any]) -> None:
    """Write rows as JSON, below what they hold for."""
    stored = json.dumps({"made_by": made, "rows": rows}, indent=2) + "\n"
    path.write_text(stored, encoding="utf-8")
