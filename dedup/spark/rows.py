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
except ImportError as error:
    raise MissingExtraError("the engine spark", extra="spark") from error

_ROWS_AT_ONCE = 10_000
_TYPES = {
    pa.string(): "string",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.binary(): "binary",
    pa.timestamp("us", "UTC"): "timestamp",
}


def ddl(schema: pa.Schema) -> str:
    """The same columns in the words of Spark.

    >>> ddl(pa.schema([("number", pa.int64()), ("names", pa.list_(pa.string()))]))
    '`number` bigint, `names` array<string>'
    """
    return ", ".join(f"`{field.name}` {_spelled(field.type)}" for field in schema)


def _spelled(kind: pa.DataType) -> str:
    if pa.types.is_map(kind):
        return f"map<{_spelled(kind.key_type)}, {_spelled(kind.item_type)}>"
    if pa.types.is_list(kind):
        return f"array<{_spelled(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'`{each.name}`: {_spelled(each.type)}' for each in kind)}>"
    return _TYPES[kind]


def on_worker(version: str) -> None:
    """Begin the work of this process of Spark, with the code that the driver has.

    It starts no other processes: there is one for each core already.

    Args:
        version: Of this package on the driver.

    Raises:
        EngineError: Here is another one, which may find something else.
    """
    if version != __version__:
        raise EngineError(
            f"a worker has story-dedup {__version__}, the driver {version}: install one version "
            "on all machines"
        )
    os.environ[processes.LIMIT] = "1"


def mapped(frame: DataFrame, work: Callable[[pa.Table], pa.Table], schema: pa.Schema) -> DataFrame:
    """`work` of some rows at a time; it must not depend on which rows come together."""
    driver = __version__

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        on_worker(driver)
        for batch in batches:
            yield from work(pa.Table.from_batches([batch])).to_batches()

    return frame.mapInArrow(run, ddl(schema))


def mapped_groups(
    frame: DataFrame, key: str, work: Callable[[pa.Table], pa.Table], schema: pa.Schema
) -> DataFrame:
    """`work` of whole groups, several at a time: all rows that have the same key are together."""
    driver = __version__

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        on_worker(driver)
        for table in whole_groups(batches, key):
            yield from work(table).to_batches()

    gathered = frame.repartition(key).sortWithinPartitions(key)
    return gathered.mapInArrow(run, ddl(schema))


def applied(
    frame: DataFrame, keys: Sequence[str], work: Callable[[pa.Table], pa.Table], schema: pa.Schema
) -> DataFrame:
    """`work` of the rows of each group."""
    driver = __version__

    # Spark reads the annotations, which a partial function has not.
    def run(table: pa.Table) -> pa.Table:
        on_worker(driver)
        return work(table)

    return frame.groupBy(*keys).applyInArrow(run, ddl(schema))


def applied_to_partitions(
    left: DataFrame,
    right: DataFrame,
    key: str,
    count: int,
    work: Callable[[pa.Table, pa.Table], pa.Table],
    schema: pa.Schema,
) -> DataFrame:
    """`work` of the rows of both sides in each of some parcels, which hold whole groups.

    Args:
        left: Rows with the key.
        right: The same, of another kind.
        key: Name of the column: equal keys are in one parcel.
        count: Number of parcels.
        work: Gets the rows of a parcel from the left and from the right.
        schema: Of what it returns.
    """
    driver = __version__

    def run(one: pa.Table, other: pa.Table) -> pa.Table:
        on_worker(driver)
        return work(one, other)

    parcel = functions.expr(f"pmod(xxhash64({key}), {count})")
    sides = (each.withColumn("parcel", parcel).groupBy("parcel") for each in (left, right))
    return next(sides).cogroup(next(sides)).applyInArrow(run, ddl(schema))


def whole_groups(
    batches: Iterable[pa.RecordBatch], key: str, rows: int = _ROWS_AT_ONCE
) -> Iterator[pa.Table]:
    """Rows in the order of a key as tables of some size that no group is cut by.

    Args:
        batches: Rows in which equal keys stand together.
        key: Name of the column.
        rows: From how many rows on a table is given out.
    """
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(each.num_rows for each in held) < rows:
            continue
        table = pa.Table.from_batches(held)
        cut = pc.index(table[key], table[key][-1]).as_py()
        if cut > 0:
            yield table.slice(0, cut)
            held = table.slice(cut).to_batches()
    if sum(each.num_rows for each in held):
        yield pa.Table.from_batches(held)


def table_of(schema: pa.Schema, **columns: Any) -> pa.Table:  # noqa: ANN401 (arrays or lists)
    """Columns by name as a table."""
    made = [pa.array(columns[field.name], field.type) for field in schema]
    return pa.Table.from_arrays(made, schema=schema)


def integers(table: pa.Table, name: str) -> Int64s:
    """A column of whole numbers, int64 of shape (n,)."""
    column: Int64s = table[name].to_numpy().astype(np.int64, copy=False)
    return column


def strings(table: pa.Table, name: str) -> list[str]:
    """A column of strings, empty where there is none."""
    return [value or "" for value in table[name].to_pylist()]


def joined_bytes(table: pa.Table, name: str, kind: str) -> npt.NDArray[Any]:
    """All values of a column of bytes, one after the other, as numbers of that kind, shape (m,)."""
    return np.frombuffer(b"".join(table[name].to_pylist()), kind)


def sorted_by(table: pa.Table, name: str) -> pa.Table:
    """The rows in the order of a column, in one piece."""
    return table.take(pc.sort_indices(table[name])).combine_chunks()


def microseconds(time: datetime | None) -> int | None:
    """Since 1970; None for None."""
    return None if time is None else to_micros(time)


def times(values: Sequence[int | None]) -> list[datetime | None]:
    """Aware times from microseconds since 1970."""
    return [None if value is None else from_micros(value) for value in values]
