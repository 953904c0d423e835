"""Python's tables -> rows: pandas, polars, Arrow, Hugging Face datasets, and plain lists.

No library is imported to find out what a table is: its methods tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dedup.errors import InputError

_BATCH_ROWS = 1_000
_TABLES = ("itertuples", "__arrow_c_stream__", "__arrow_c_array__")
"""Methods of what holds several rows: frames of pandas and polars, tables and batches of Arrow."""


def rows_of_table(table: Any) -> Iterator[Any]:  # noqa: ANN401 (any table there is)
    """The items of a table: mappings of column to value, texts, or articles.

    Args:
        table: A pandas or polars DataFrame or Series, a polars LazyFrame, a `pyarrow` Table or
            RecordBatchReader, a `datasets.Dataset`, anything that hands out Arrow
            (`__arrow_c_stream__`, as DuckDB's relations do), or an iterable.

    Raises:
        InputError: It is none of these: a single text, a mapping of columns, a dictionary of
            splits.
    """
    if isinstance(table, str | bytes):
        raise InputError(
            "one text is no list of articles: give a list of texts, or read a file with "
            "dedup.read_articles([PATH])"
        )
    if isinstance(table, Mapping):
        yield from _rows_of_mapping(table)
    elif hasattr(table, "to_frame") and hasattr(table, "to_list"):
        # One column, of pandas or polars.
        yield from table.to_list()
    elif hasattr(table, "to_pylist") and not hasattr(table, "schema"):
        # One column of Arrow.
        yield from table.to_pylist()
    elif hasattr(table, "itertuples"):
        yield from _rows_of_pandas(table)
    elif hasattr(table, "collect") and hasattr(table, "collect_schema"):
        yield from rows_of_table(table.collect())
    elif hasattr(table, "to_batches") or hasattr(table, "__arrow_c_stream__"):
        yield from _rows_of_arrow(table)
    elif isinstance(table, Iterable):
        yield from _rows_of_items(table)
    else:
        raise InputError(
            f"a {type(table).__name__} is no table of articles: give a DataFrame, an Arrow table, "
            "a dataset, or a list of mappings, texts or Article objects"
        )


def _rows_of_items(items: Iterable[Any]) -> Iterator[Any]:
    """Items, and the rows of those that are tables, as of a dataset in the format of pandas."""
    for item in items:
        if not isinstance(item, dict | str) and any(hasattr(item, name) for name in _TABLES):
            yield from rows_of_table(item)
        else:
            yield item


def _rows_of_mapping(table: Mapping[str, Any]) -> Iterator[Mapping[str, object]]:
    """Rows of a mapping of columns to lists of equal length."""
    columns = {
        str(name): list(values)
        for name, values in table.items()
        if isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping)
    }
    lengths = {len(values) for values in columns.values()}
    if len(columns) != len(table) or len(lengths) != 1 or hasattr(table, "column_names"):
        raise InputError(
            f"a {type(table).__name__} with {', '.join(map(repr, table)) or 'nothing'} is no table "
            "of articles: give one of its values, or a list of mappings"
        )
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def _rows_of_pandas(frame: Any) -> Iterator[dict[str, object]]:  # noqa: ANN401
    """Rows of a pandas DataFrame; an index that has a name is a column."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    for values in frame.itertuples(index=False, name=None):
        yield dict(zip(names, values, strict=True))


def _rows_of_arrow(table: Any) -> Iterator[dict[str, object]]:  # noqa: ANN401
    from dedup.readers.parquet import rows_of_batch

    if not hasattr(table, "to_batches"):
        import pyarrow as pa

        table = pa.RecordBatchReader.from_stream(table)
    batches = table.to_batches(max_chunksize=_BATCH_ROWS) if hasattr(table, "to_batches") else table
    for batch in batches:
        yield from rows_of_batch(batch)
