"""What the options of several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from dedup.errors import OutputError

INPUTS_HELP = (
    "JSONL, CSV, TSV or Parquet files (plain, .gz, .zst, .xz), .txt and .html pages, folders of "
    "these, or - for JSONL on stdin."
)
_COLUMNS = "Columns of the input, where their usual names do not fit"


def column_option(field: str) -> Any:  # noqa: ANN401 (typer's own type is private)
    """The option that names the column of a field."""
    return typer.Option(
        f"--{field.replace('_', '-')}-column",
        metavar="NAME",
        help=f"Column that holds the {field.replace('_', ' ')}.",
        rich_help_panel=_COLUMNS,
    )


def check_folder(path: str | Path) -> None:
    """Refuse a file to write whose folder does not exist.

    Raises:
        OutputError: It does not.
    """
    if not Path(path).absolute().parent.is_dir():
        raise OutputError(f"{path}: its folder does not exist: create it first")
