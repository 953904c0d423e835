"""Files of result rows: Parquet, JSONL or CSV, complete or absent.

Lists are arrays in Parquet and JSONL, and JSON arrays in the cells of CSV; headlines by
language are a map in Parquet, and JSON objects elsewhere. Times are
ISO 8601 in UTC. The same rows give the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from dedup.errors import OutputError

if TYPE_CHECKING:
    import pyarrow as pa

STDOUT = "-"
FORMATS = {
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
}
_COLUMNS_OF_TYPES = {
    "float64": (
        *("jaccard", "containment_a", "containment_b", "probability", "cohesion"),
        *("least_likely_probability", "strength", "cosine", "gap_seconds", "shared_bits"),
    ),
    "time": ("published_at", "first_seen", "last_seen"),
    "int64": ("articles", "texts"),
    "strings": (
        *("sources", "languages", "members", "key_terms", "names"),
        *("shared_terms", "shared_names"),
    ),
    "strings by language": ("headlines",),
}
_ARROW_TYPES = {name: kind for kind, names in _COLUMNS_OF_TYPES.items() for name in names}


Row = Mapping[str, Any]


def format_of(path: str | Path) -> str:
    """The format of a file by its ending.

    Raises:
        OutputError: The ending is not one of `FORMATS`.
    """
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        raise OutputError(
            f"{path}: the ending {ending!r} names no format: use {', '.join(FORMATS)}"
        )
    return FORMATS[ending]


def write_table(
    rows: Sequence[Row],
    columns: Sequence[str],
    path: str | Path,
    *,
    file_format: str = "",
    others: Sequence[str] = (),
) -> None:
    """Write rows to a file that is complete or absent.

    Args:
        rows: Dicts with those columns.
        columns: Order of the columns of results, whose types are known.
        path: The file; `-` is stdout.
        file_format: `parquet`, `jsonl` or `csv`; by default by the file's ending, on stdout JSONL.
        others: Further columns, of any values; a row may lack them.

    Raises:
        OutputError: The ending is unknown, or the file cannot be written.
    """
    with opened_output(path, file_format) as (file, name):
        encode_rows(name, rows, columns, others, file)


def encode_rows(
    file_format: str,
    rows: Sequence[Row],
    columns: Sequence[str],
    others: Sequence[str],
    file: BinaryIO,
) -> None:
    """Write rows to an open file; see `write_table`. JSONL can be written in parts."""
    _ENCODERS[file_format](rows, columns, others, file)


@contextmanager
def opened_output(path: str | Path, file_format: str = "") -> Iterator[tuple[BinaryIO, str]]:
    """A file to write to, and the name of its format.

    Args:
        path: The file, which is complete or absent afterwards; `-` is stdout.
        file_format: By default by the file's ending, on stdout JSONL.

    Raises:
        OutputError: The ending is unknown, or the file cannot be written.
    """
    if str(path) == STDOUT:
        # Parquet is written with seeks, which a pipe does not have.
        content = io.BytesIO()
        yield content, file_format or "jsonl"
        sys.stdout.buffer.write(content.getbuffer())
        sys.stdout.flush()
        return
    name = file_format or format_of(path)
    with replacing(path) as file:
        yield file, name


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A file to write to, which replaces `path` once it is complete.

    Until it is complete and on disk it is a temporary file in the same folder. When writing fails
    it is removed, and the file at `path` stays as it was.

    Raises:
        OutputError: The file cannot be written.
    """
    target = Path(path)
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written: {error.strerror or error}. Nothing was left behind; "
            "free some space or choose another place"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _plain(value: Any) -> Any:  # noqa: ANN401 (a JSON value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def _json(value: Any) -> str:  # noqa: ANN401
    """A value of a row as JSON; of what JSON does not know, what it looks like."""
    return json.dumps(value, ensure_ascii=False, default=lambda odd: _odd(_plain(odd)))


def _odd(value: Any) -> str:  # noqa: ANN401
    return value if isinstance(value, str) else str(value)


def _write_jsonl(
    rows: Sequence[Row], columns: Sequence[str], others: Sequence[str], file: BinaryIO
) -> None:
    for row in rows:
        plain = {name: _plain(row[name]) for name in (*columns, *others) if name in row}
        file.write(_json(plain).encode("utf-8", "replace") + b"\n")


def _write_csv(
    rows: Sequence[Row], columns: Sequence[str], others: Sequence[str], file: BinaryIO
) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
    writer = csv.writer(text, lineterminator="\n")
    names = (*columns, *others)
    writer.writerow(names)
    for row in rows:
        values = (_plain(row.get(name)) for name in names)
        writer.writerow(
            _json(value) if isinstance(value, list | tuple | dict) else value for value in values
        )
    text.flush()
    text.detach()


def arrow_schema(columns: Sequence[str]) -> pa.Schema:
    """The types of columns of results in Arrow and Parquet."""
    import pyarrow as pa

    types = {
        "float64": pa.float64(),
        "int64": pa.int64(),
        "time": pa.timestamp("us", tz="UTC"),
        "strings": pa.list_(pa.string()),
        "strings by language": pa.map_(pa.string(), pa.string()),
        "string": pa.string(),
    }
    return pa.schema([(name, types[_ARROW_TYPES.get(name, "string")]) for name in columns])


def arrow_table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Rows as an Arrow table, dicts as maps."""
    import pyarrow as pa

    listed = [
        {name: list(v.items()) if isinstance(v, dict) else v for name, v in row.items()}
        for row in rows
    ]
    return pa.Table.from_pylist(listed, schema=schema)


def _write_parquet(
    rows: Sequence[Row], columns: Sequence[str], others: Sequence[str], file: BinaryIO
) -> None:
    import pyarrow.parquet as pq

    table = arrow_table(rows, arrow_schema(columns)) if columns else None
    for name in others:
        column = _any_column([row.get(name) for row in rows])
        table = table.append_column(name, column) if table is not None else _table_of(name, column)
    pq.write_table(table, file, compression="zstd")


def _table_of(name: str, column: pa.Array) -> pa.Table:
    import pyarrow as pa

    return pa.table({name: column})


def _any_column(values: Sequence[Any]) -> pa.Array:
    """Any values as an Arrow array; of several types, texts."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (
        pa.ArrowInvalid,
        pa.ArrowTypeError,
        pa.ArrowNotImplementedError,
        OverflowError,
        UnicodeEncodeError,
    ):
        texts = [v if v is None or isinstance(v, str) else _json(_plain(v)) for v in values]
        return pa.array([text and text.encode("utf-8", "replace").decode() for text in texts])


_ENCODERS = {"jsonl": _write_jsonl, "csv": _write_csv, "parquet": _write_parquet}
