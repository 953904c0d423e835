"""Tables of labels and results, read strictly, unlike articles.

One bad line would silently change every figure.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import math
import zlib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from dedup.errors import InputError
from dedup.readers.streams import COMPRESSIONS, open_bytes

Rows = list[dict[str, object]]


def read_table(path: str | Path, wanted: Collection[str]) -> tuple[list[str], Rows]:
    """All column names, and the rows with those of the wanted columns that they have.

    Args:
        path: .jsonl, .ndjson, .csv, .tsv or .parquet, plain or as .gz, .xz or .zst.
        wanted: Columns to keep.

    Raises:
        InputError: The file cannot be read, or is not what its name says.
    """
    path = Path(path)
    packed = path.suffix.lower() in COMPRESSIONS
    kind = (Path(path.stem) if packed else path).suffix.lower()
    try:
        with open_bytes(path) as stream:
            if kind == ".parquet":
                return _parquet(io.BytesIO(stream.read()), wanted)
            lines = io.TextIOWrapper(stream, "utf-8-sig", newline="")
            if kind in (".jsonl", ".ndjson"):
                return _jsonl(lines, wanted)
            if kind in (".csv", ".tsv"):
                return _csv(lines, "," if kind == ".csv" else "\t", wanted)
    except (OSError, EOFError, ValueError, csv.Error, lzma.LZMAError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    raise InputError(
        f"{path}: {kind!r} is no known kind of table: give .jsonl, .csv, .tsv or .parquet, "
        "plain or as .gz, .xz or .zst"
    )


def present_column(path: str | Path, columns: Collection[str], wanted: Sequence[str]) -> str:
    """The first of the wanted columns that is present.

    Raises:
        InputError: None of them is present.
    """
    for name in wanted:
        if name in columns:
            return name
    raise InputError(
        f"{path}: has no column {' or '.join(map(repr, wanted))}, "
        f"only {', '.join(map(repr, columns)) or 'none at all'}: rename the one that holds it"
    )


def cell_text(value: object) -> str:
    """A cell as text: empty for a missing number, "12" for 12.0, as pandas writes whole numbers."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _parquet(stream: BinaryIO, wanted: Collection[str]) -> tuple[list[str], Rows]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(stream)
    columns = file.schema_arrow.names
    return columns, file.read([name for name in columns if name in wanted]).to_pylist()


def _jsonl(lines: Iterable[str], wanted: Collection[str]) -> tuple[list[str], Rows]:
    columns: dict[str, None] = {}  # a dict keeps the order of the file
    rows: Rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number} is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is not a JSON object")
        columns.update(dict.fromkeys(row))
        rows.append({name: row[name] for name in wanted if name in row})
    return list(columns), rows


def _csv(lines: Iterable[str], delimiter: str, wanted: Collection[str]) -> tuple[list[str], Rows]:
    usual = csv.field_size_limit(2**31 - 1)  # a column may hold whole articles
    try:
        reader = csv.DictReader(lines, delimiter=delimiter)
        columns = list(reader.fieldnames or ())
        rows: Rows = []
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(f"line {reader.line_num} has not as many fields as the header")
            rows.append({name: row[name] for name in wanted if name in row})
    finally:
        csv.field_size_limit(usual)
    return columns, rows
