"""What consists of tables: as files, and as tables of Arrow, pandas and polars."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dedup.errors import DedupError
from dedup.output import frames
from dedup.output.tables import Row, write_table

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class Tabular(ABC):
    """Has tables: `articles`, `stories`, ..."""

    @property
    @abstractmethod
    def tables(self) -> Mapping[str, Sequence[str]]:
        """The columns of each table."""

    @abstractmethod
    def rows(self, kind: str) -> Sequence[Row]:
        """The rows of one of its tables."""

    def _table(self, kind: str) -> tuple[Sequence[Row], Sequence[str]]:
        """Rows and columns of a table.

        Raises:
            DedupError: There is no such table.
        """
        if kind not in self.tables:
            raise DedupError(f"there is no table {kind!r}: there are {', '.join(self.tables)}")
        return self.rows(kind), self.tables[kind]

    def to_arrow(self, kind: str = "articles") -> pa.Table:
        """A table of the result as Arrow: articles in the order of the input, stories, ..."""
        return frames.to_arrow(*self._table(kind))

    def to_pandas(self, kind: str = "articles") -> pd.DataFrame:
        """A table of the result as a pandas DataFrame; see `to_arrow`.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return frames.to_pandas(*self._table(kind))

    def to_polars(self, kind: str = "articles") -> pl.DataFrame:
        """A table of the result as a polars DataFrame; see `to_arrow`.

        Raises:
            MissingExtraError: polars is not installed.
        """
        return frames.to_polars(*self._table(kind))

    def to_parquet(self, path: str | Path) -> None:
        """Write one row per article as Parquet; see `save`."""
        self.save(path, file_format="parquet")

    def to_jsonl(self, path: str | Path) -> None:
        """Write one row per article as JSON Lines; see `save`."""
        self.save(path, file_format="jsonl")

    def to_csv(self, path: str | Path) -> None:
        """Write one row per article as CSV; see `save`."""
        self.save(path, file_format="csv")

    def save(self, path: str | Path, *, file_format: str = "", kind: str = "articles") -> None:
        """Write a table of the result, by default one row per article in the order of the input.

        The file is complete or absent: it is written under another name and then renamed.

        Args:
            path: The file; `-` is stdout.
            file_format: `parquet`, `jsonl` or `csv`; by default, the file's ending decides.
            kind: Which table.

        Raises:
            OutputError: The ending is unknown, or the file cannot be written.
        """
        write_table(*self._table(kind), path, file_format=file_format)

    def save_stories(self, path: str | Path) -> None:
        """Write one row per story group, in the format of the file's ending; see `save`."""
        self.save(path, kind="stories")

    def save_related(self, path: str | Path) -> None:
        """Write one row per pair of related stories, in the format of the ending; see `save`."""
        self.save(path, kind="related")

    def save_matches(self, path: str | Path) -> None:
        """Write one row per verified match, in the format of the file's ending; see `save`."""
        self.save(path, kind="matches")
