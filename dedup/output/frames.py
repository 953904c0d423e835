"""Rows of a result as Arrow, pandas and polars tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dedup.errors import MissingExtraError
from dedup.output.tables import Row, arrow_schema, arrow_table

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


def to_arrow(rows: Sequence[Row], columns: Sequence[str]) -> pa.Table:
    """Rows as an Arrow table with these columns."""
    return arrow_table(rows, arrow_schema(columns))


def to_pandas(rows: Sequence[Row], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a pandas DataFrame; times are aware, headlines by language are dicts.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("a pandas DataFrame", extra="pandas") from error
    frame: pd.DataFrame = to_arrow(rows, columns).to_pandas(maps_as_pydicts="strict")
    return frame


def to_polars(rows: Sequence[Row], columns: Sequence[str]) -> pl.DataFrame:
    """Rows as a polars DataFrame; headlines by language are lists of structs.

    Raises:
        MissingExtraError: polars is not installed.
    """
    try:
        import polars
    except ImportError as error:
        raise MissingExtraError("a polars DataFrame", extra="polars") from error
    frame: Any = polars.from_arrow(to_arrow(rows, columns))
    assert isinstance(frame, polars.DataFrame)
    return frame
