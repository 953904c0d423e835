"""Files of a folder: which are read, which are reported, and what the names of folders add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal
from urllib.parse import unquote

from dedup.errors import InputError
from dedup.readers.columns import NoColumnsError
from dedup.readers.rows import OwnRow, Row
from dedup.readers.sniffing import kind_of_file
from dedup.records import Problem

_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
Standing = Literal["read", "ignored", "hidden file", "unknown ending"]


def standing_of(inner: PurePath) -> Standing:
    """Whether a file of a folder is read, ignored, or the problem as which it is reported.

    Names that begin with `_` are those of the bookkeeping of Spark, Hive and Delta
    (`_delta_log/`, `_SUCCESS`).

    Args:
        inner: Its place below the folder.

    >>> standing_of(PurePath("2024/a.jsonl")), standing_of(PurePath("_delta_log/0.json"))
    ('read', 'hidden file')
    >>> standing_of(PurePath("_SUCCESS")), standing_of(PurePath("notes.docx"))
    ('ignored', 'unknown ending')
    """
    if any(part.startswith(".") for part in inner.parts):
        return "ignored"
    is_known = kind_of_file(inner) is not None
    if any(part.startswith("_") for part in inner.parts):
        return "hidden file" if is_known else "ignored"
    return "read" if is_known else "unknown ending"


def files_of(folder: Path) -> dict[Path, Standing]:
    """Files below a folder, sorted, without those that are ignored."""
    files = {
        path: standing_of(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return {path: standing for path, standing in files.items() if standing != "ignored"}


def left_out(standing: Standing, name: str) -> Problem:
    """The report of a file of a folder that is not read."""
    path = PurePosixPath(name)
    why = path.suffix if standing == "unknown ending" else "a name begins with _"
    return Problem(standing, name, why)


def passed_over(error: InputError, name: str) -> Problem:
    """The report of a file among others that cannot be read."""
    kind = "no title or text column" if isinstance(error, NoColumnsError) else "unreadable file"
    return Problem(kind, name, str(error))


@lru_cache(maxsize=4096)
def partitions_of(inner: str) -> Mapping[str, str]:
    """The columns that folders add to the tables in them, as Hive and Spark write them.

    Args:
        inner: Place of a file below the folder that is read, with `/` between its parts.

    >>> partitions_of("lang=en/date=2024-03-05/part-0.parquet")
    {'lang': 'en', 'date': '2024-03-05'}
    """
    pairs = [part.partition("=") for part in inner.split("/")[:-1]]
    return {
        unquote(name): unquote(value)
        for name, mark, value in pairs
        if name and mark and value != _NO_PARTITION
    }


def without_partitions(
    columns: Mapping[str, str] | None, partitions: Mapping[str, str]
) -> Mapping[str, str] | None:
    """The columns that a file itself must have, of those that were named for fields."""
    if not columns or not partitions:
        return columns
    return {field: column for field, column in columns.items() if column not in partitions}


def with_partitions(rows: Iterator[Row], partitions: Mapping[str, str]) -> Iterator[Row]:
    """Rows with the columns that their folders add."""
    if not partitions:
        return rows
    return ((where, with_values(row, partitions)) for where, row in rows)


def with_values(row: Mapping[str, object], values: Mapping[str, str]) -> Mapping[str, object]:
    """A row with values for the columns of which it holds nothing itself."""
    missing = {name: value for name, value in values.items() if row.get(name) is None}
    return type(row)({**row, **missing}) if isinstance(row, OwnRow) else {**row, **missing}
