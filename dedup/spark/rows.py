"""Between records and the rows that Spark moves: layouts, and tables of whole groups.

Times travel as microseconds since 1970, so that no zone of a session can change them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup import __version__
from dedup.compute import processes
from dedup.compute.arrays import Int64s
from dedup.compute.times import from_micros, to_micros
from dedup.errors import EngineError, MissingExtraError

try:
    from pyspark.sql import DataFrame as DataFrame
    from pyspark.sql import SparkSession as SparkSession
    from pyspark.sql import functions as functions
    from pyspark.sql.pandas.types import from_arrow_schema as from_arrow_schema
except ImportError as error:
    raise MissingExtraError("the engine spark", extra="spark") from error

_ROWS_AT_ONCE = 10_000


def on_worker(version: str) -> None:
    """Check the code of this worker process, and limit it to itself: each core has one already.

    Args:
        version: Version of this package on the driver.

    Raises:
        EngineError: The worker has another version, whose results may differ.
    """
    if version != __version__:
        raise EngineError(
            f"a worker has story-dedup {__version__}, the driver {version}: install one version "
            "on all machines"
        )
    os.environ[processes.LIMIT] = "1"


def mapped(
    frame: DataFrame, work: Callable[[pa.Table], pa.Table], schema: pa.Schema, key: str = ""
) -> DataFrame:
    """`work` applied to tables of rows; its result must not depend on their division.

    With the name of a column as `key`, all rows of one key are in one table.
    """
    driver = __version__

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        on_worker(driver)
        tables = (pa.Table.from_batches([batch]) for batch in batches)
        for table in whole_groups(batches, key) if key else tables:
            yield from work(table).to_batches()

    return (gathered(frame, key) if key else frame).mapInArrow(run, from_arrow_schema(schema))


def gathered(frame: DataFrame, key: str) -> DataFrame:
    """The rows with all of one key in one partition, one after the other."""
    return frame.repartition(key).sortWithinPartitions(key)


def applied(
    frame: DataFrame, keys: Sequence[str], work: Callable[[pa.Table], pa.Table], schema: pa.Schema
) -> DataFrame:
    """`work` applied to the rows of each group."""
    driver = __version__

    # Spark reads the annotations, which a partial function has not.
    def run(table: pa.Table) -> pa.Table:
        on_worker(driver)
        return work(table)

    return frame.groupBy(*keys).applyInArrow(run, from_arrow_schema(schema))


def applied_to_partitions(
    left: DataFrame,
    right: DataFrame,
    key: str,
    count: int,
    work: Callable[[pa.Table, pa.Table], pa.Table],
    schema: pa.Schema,
) -> DataFrame:
    """`work` applied to the rows of two frames in partitions that hold whole groups.

    Args:
        left: Rows with the key.
        right: Rows of another kind with the same key.
        key: Name of the column: equal keys are in one partition.
        count: Number of partitions.
        work: Takes the rows of a partition from the left and from the right.
        schema: Columns of its result.
    """
    driver = __version__

    def run(one: pa.Table, other: pa.Table) -> pa.Table:
        on_worker(driver)
        return work(one, other)

    partition = functions.expr(f"pmod(xxhash64({key}), {count})")
    sides = (side.withColumn("partition", partition).groupBy("partition") for side in (left, right))
    return next(sides).cogroup(next(sides)).applyInArrow(run, from_arrow_schema(schema))


def whole_groups(
    batches: Iterable[pa.RecordBatch], key: str, rows: int = _ROWS_AT_ONCE
) -> Iterator[pa.Table]:
    """Rows sorted by a key as tables of whole groups.

    Args:
        batches: Rows in which equal keys are adjacent.
        key: Name of the column.
        rows: A table ends with the first group that fills so many rows.
    """
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) < rows:
            continue
        table = pa.Table.from_batches(waiting)
        cut = pc.index(table[key], table[key][-1]).as_py()
        if cut > 0:
            yield table.slice(0, cut)
            waiting = table.slice(cut).to_batches()
    if sum(part.num_rows for part in waiting):
        yield pa.Table.from_batches(waiting)


def table_of(schema: pa.Schema, **columns: Any) -> pa.Table:  # noqa: ANN401 (arrays or lists)
    """Columns by name as a table."""
    arrays = [pa.array(columns[field.name], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def integers(table: pa.Table, name: str) -> Int64s:
    """A column of whole numbers, int64 of shape (n,)."""
    column: Int64s = table[name].to_numpy().astype(np.int64, copy=False)
    return column


def strings(table: pa.Table, name: str) -> list[str]:
    """A column of strings; a null is empty."""
    return [value or "" for value in table[name].to_pylist()]


def joined_bytes(table: pa.Table, name: str, dtype: str) -> npt.NDArray[Any]:
    """All values of a column of bytes, one after the other, as an array of a dtype, shape (m,)."""
    return np.frombuffer(b"".join(table[name].to_pylist()), dtype)


def sorted_by(table: pa.Table, name: str) -> pa.Table:
    """The rows sorted by a column, in one chunk."""
    return table.take(pc.sort_indices(table[name])).combine_chunks()


def microseconds(time: datetime | None) -> int | None:
    """Microseconds since 1970; None for None."""
    return None if time is None else to_micros(time)


def times(values: Sequence[int | None]) -> list[datetime | None]:
    """Aware times from microseconds since 1970."""
    return [None if value is None else from_micros(value) for value in values]
