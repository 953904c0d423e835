"""Parquet files and Arrow batches -> rows."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dedup.errors import InputError
from dedup.readers.columns import OnColumns, column_use, require_columns, used_columns
from dedup.readers.problems import OnProblem, shorten
from dedup.readers.rows import Row
from dedup.readers.streams import OnBytes, open_raw
from dedup.records import Problem

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS = 1_000


def parquet_rows(
    path: Path | BinaryIO,
    on_problem: OnProblem,
    *,
    name: str = "",
    columns: Mapping[str, str] | None = None,
    on_bytes: OnBytes | None = None,
    on_columns: OnColumns | None = None,
    every_column: bool = False,
) -> Iterator[Row]:
    """Rows of a Parquet file; by default only the columns of fields of `Article` are read.

    Args:
        path: The file, or its bytes as a stream that can be searched.
        on_problem: Told of an empty file.
        name: For reports; empty: the path.
        columns: See `article_from_mapping`.
        on_bytes: Told the number of bytes as they are read.
        on_columns: Told which columns are used.
        every_column: Whether all columns are read.

    Raises:
        InputError: The file cannot be read, is truncated or not Parquet.
        NoColumnsError: There is no title or text column.
    """
    import pyarrow as pa
    from pyarrow import parquet

    name = name or str(path)
    size = path.stat().st_size if isinstance(path, Path) else path.seek(0, io.SEEK_END)
    if size == 0:
        on_problem(Problem("empty file", name))
        return
    number = 0
    try:
        with _opened(path) as raw, parquet.ParquetFile(raw) as file:
            present = file.schema_arrow.names
            require_columns(present, columns, name)
            if on_columns is not None:
                on_columns(column_use(name, present, columns))
            used = sorted({c for names in used_columns(present, columns).values() for c in names})
            used = present if every_column else used
            total = file.metadata.num_rows
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=used):
                for row in rows_of_batch(batch):
                    number += 1
                    yield f"{name}: row {number}", row
                if on_bytes is not None:
                    on_bytes(size * batch.num_rows // total)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{name}: cannot be read as Parquet: {shorten(error)}: is the file complete?"
        ) from error
    if number == 0:
        on_problem(Problem("empty file", name))


def _opened(path: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    return open_raw(path) if isinstance(path, Path) else nullcontext(path)


def rows_of_batch(batch: pa.RecordBatch) -> Iterator[dict[str, object]]:
    """Rows of an Arrow batch as Python values, times as ISO 8601 text.

    Arrow has times that `datetime` cannot hold (nanoseconds, year 300,000); as
    text they are reported like any other bad date.
    """
    import pyarrow as pa

    values = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_timestamp(field.type):
            if field.type.tz is not None:
                # Times with a zone are stored in UTC: the name only says how to show them.
                column = column.cast(pa.timestamp(field.type.unit, "UTC"))
            column = column.cast(pa.string())
        elif pa.types.is_date(field.type):
            column = column.cast(pa.string())
        values.append(column.to_pylist())
    for row in zip(*values, strict=True):
        yield dict(zip(batch.schema.names, row, strict=True))
