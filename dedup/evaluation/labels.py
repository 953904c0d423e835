"""Files of labels: which cluster each article is in, and its language.

Unlike the readers of articles these are strict: one bad line of a gold file would
silently change every figure.
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

_Rows = list[dict[str, object]]
_LANGUAGE_COLUMNS = ("language", "lang")


def read_labels(
    path: str | Path, *, id_column: str = "id", label_columns: Sequence[str] = ("cluster",)
) -> tuple[dict[str, str], dict[str, str]]:
    """Clusters and languages by id, from a table of articles.

    Args:
        path: .jsonl, .ndjson, .csv, .tsv or .parquet, plain or as .gz, .xz or .zst.
        id_column: Column of the ids.
        label_columns: The first of these that there is holds the clusters.

    Returns:
        Cluster by id, without the rows whose cluster is empty; and lower-case
        language by id, where column `language` or `lang` has one.

    Raises:
        InputError: The file cannot be read or lacks a column, a row has a
            cluster but no id, or an id has two clusters.
    """
    columns, rows = _read_table(Path(path), {id_column, *label_columns, *_LANGUAGE_COLUMNS})
    id_column = _present(path, columns, [id_column])
    label_column = _present(path, columns, label_columns)
    labels: dict[str, str] = {}
    languages: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        id_, label = _text(row.get(id_column)), _text(row.get(label_column))
        language = next(filter(None, (_text(row.get(name)) for name in _LANGUAGE_COLUMNS)), "")
        if language and id_:
            languages[id_] = language.lower()
        if not label:
            continue
        if not id_:
            raise InputError(
                f"{path}: row {number} has {label_column} {label!r} but no {id_column}"
            )
        if labels.setdefault(id_, label) != label:
            raise InputError(
                f"{path}: {id_column} {id_!r} stands in {label_column} {labels[id_]!r} "
                f"and in {label!r}: keep one row of it"
            )
    return labels, languages


def _present(path: str | Path, columns: Collection[str], wanted: Sequence[str]) -> str:
    for name in wanted:
        if name in columns:
            return name
    raise InputError(
        f"{path}: has no column {' or '.join(map(repr, wanted))}, "
        f"only {', '.join(map(repr, columns)) or 'none at all'}: rename the one that holds it"
    )


def _text(value: object) -> str:
    """A cell as text: a missing number is empty, 12.0 is 12 (pandas makes it so)."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _read_table(path: Path, wanted: Collection[str]) -> tuple[list[str], _Rows]:
    """All column names, and the rows with the wanted columns that they have."""
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


def _parquet(stream: BinaryIO, wanted: Collection[str]) -> tuple[list[str], _Rows]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(stream)
    columns = file.schema_arrow.names
    return columns, file.read([name for name in columns if name in wanted]).to_pylist()


def _jsonl(lines: Iterable[str], wanted: Collection[str]) -> tuple[list[str], _Rows]:
    columns: dict[str, None] = {}  # a dict keeps the order of the file
    rows: _Rows = []
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


def _csv(lines: Iterable[str], delimiter: str, wanted: Collection[str]) -> tuple[list[str], _Rows]:
    usual = csv.field_size_limit(2**31 - 1)  # a column may hold whole articles
    try:
        reader = csv.DictReader(lines, delimiter=delimiter)
        columns = list(reader.fieldnames or ())
        rows: _Rows = []
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(f"line {reader.line_num} has not as many fields as the header")
            rows.append({name: row[name] for name in wanted if name in row})
    finally:
        csv.field_size_limit(usual)
    return columns, rows
