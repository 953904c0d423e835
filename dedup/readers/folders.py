"""Folders of files: which files are read, and what the names of their folders say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from dedup.readers.rows import Row
from dedup.readers.sniffing import kind_of_file

_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def with_partitions(rows: Iterator[Row], path: Path) -> Iterator[Row]:
    """Rows with the columns that folders such as `lang=en/date=2024-03-05` add to a table."""
    names = [part.partition("=") for part in path.parts[:-1] if "=" in part]
    values = {name: unquote(value) for name, _, value in names if value != _NO_PARTITION}
    if not values:
        return rows
    return ((where, {**values, **row}) for where, row in rows)


def files_of(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files of known kinds below a folder, and the others; hidden ones left out, sorted."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    known = [path for path in files if kind_of_file(path)]
    others = [path for path in files if not kind_of_file(path)]
    return known, [path for path in others if not path.name.startswith("_")]
