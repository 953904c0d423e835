"""Rows of the input that go out again: beside the results, or without copies."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from dedup.errors import InputError

if TYPE_CHECKING:
    from dedup.readers.rows import InputRow
    from dedup.records import Article
    from dedup.result import By, Result

ALL = "all"
_PLACE = ("file", "row")
_FROM_INPUT = "input_"
"""Put before a column of the input whose name a column of the results has."""


class JoinedRows(NamedTuple):
    """Rows of results with columns of the input: rows, columns of results, those of the input."""

    rows: list[dict[str, Any]]
    columns: tuple[str, ...]
    others: tuple[str, ...]

    def write(self, path: str, file_format: str) -> None:
        """Write them to a file, or to stdout."""
        from dedup.output.tables import write_table

        write_table(self.rows, self.columns, path, file_format=file_format, others=self.others)


class KeptRows:
    """Rows of the input that became articles, with the columns that are wanted.

    Args:
        wanted: Columns that go out beside the results, with commas; `all`; or none.
        whole: Whether all columns are needed, for rows that go out by themselves.
    """

    def __init__(self, wanted: str = "", *, whole: bool = False) -> None:
        self._all = wanted == ALL
        self._wanted = [] if self._all else [n.strip() for n in wanted.split(",") if n.strip()]
        self._whole = whole or self._all
        self._columns: dict[str, None] = {}
        self._rows: list[InputRow] = []
        self._without_ids = False

    def take(self, row: InputRow) -> None:
        """Take the next row of the input; one without an article is left out."""
        if row.article is None:
            return
        self._columns.update(dict.fromkeys(row.values))
        self._without_ids |= not row.has_id
        values = {
            name: _value(row, row.article, name)
            for name in self._wanted
            if name not in _PLACE or name in row.values
        }
        kept = {**values, **row.values} if self._whole else values
        self._rows.append(replace(row, values=kept, article=None))

    def checked(self, articles: Iterator[Article]) -> Iterator[Article]:
        """The articles; when all are read, the columns that are wanted must be there.

        Raises:
            InputError: One is not.
        """
        yield from articles
        fields = ("title", "text", "source", "published_at", "language", "url")
        known = [*self._columns, *_PLACE, *(name for name in fields if name not in self._columns)]
        for name in self._wanted:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {close[0]!r}? " if close else ""
                raise InputError(
                    f"--with: the input has no column {name!r}: {hint}there are "
                    f"{', '.join(self._columns)}"
                )

    def pop(self) -> InputRow:
        """The row that was taken last, which is not kept."""
        return self._rows.pop()

    def beside(self, result: Result) -> JoinedRows:
        """Rows of the results with the wanted columns, in the order of the input."""
        from dedup.result import ARTICLE_COLUMNS

        positions = result.inputs.positions
        rows = result.article_rows()
        given = [self._rows[positions[row["id"]]] for row in rows]
        return self.joined(zip(rows, given, strict=True), ARTICLE_COLUMNS)

    def joined(
        self, pairs: Iterable[tuple[dict[str, Any], InputRow]], columns: Sequence[str]
    ) -> JoinedRows:
        """Rows of results, each with its row of the input.

        Args:
            pairs: A row of the results, and that of the input.
            columns: Columns of the results.
        """
        names = list(self._columns) if self._all else list(self._wanted)
        if self._without_ids:
            names = [*(name for name in _PLACE if name not in names), *names]
        own = {name: _FROM_INPUT + name if name in columns else name for name in names}
        rows = [
            row | {shown: _shown(given, name) for name, shown in own.items()}
            for row, given in pairs
        ]
        return JoinedRows(rows, tuple(columns), tuple(own.values()))

    def unique(self, result: Result, by: By) -> tuple[list[Mapping[str, object]], list[str]]:
        """One row of each text or story, whole and in the order of the input; and all columns."""
        positions = result.unique(by).nonzero()[0].tolist()
        return [self._rows[position].values for position in positions], list(self._columns)


def _value(row: InputRow, article: Article, name: str) -> object:
    """A column of a row; if there is none of that name, the field of the article."""
    if name in row.values:
        return row.values[name]
    return getattr(article, name, None)


def _shown(row: InputRow, name: str) -> object:
    if name in _PLACE and name not in row.values:
        return row.file if name == "file" else row.number
    return row.values.get(name)
