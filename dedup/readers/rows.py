"""Rows of any input: the place of each, for reports of problems, and its values by column."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dedup.readers.columns import NoColumnsError, OnColumns, column_use, require_columns
from dedup.records import Article

Row = tuple[str, Mapping[str, object]]


class OwnRow(dict[str, object]):
    """A row under the names of `Article`, whatever the columns of tables are called."""


@dataclass(frozen=True, slots=True)
class InputRow:
    """A row of the input, as it was read.

    Args:
        file: The file, address or `stdin`.
        number: Of the record in it, from 1; records that were skipped count.
        values: By column, as they are in the input.
        article: The article that it holds; None if it was skipped.
        has_id: Whether the id is its own; if not it was made of its address or content.
    """

    file: str
    number: int
    values: Mapping[str, object]
    article: Article | None
    has_id: bool


OnRow = Callable[[InputRow], None]


class RowNumbers:
    """Numbers of the records of a table, in the order in which they are taken.

    Args:
        skipped: How many records were skipped so far, in this table or before it.
    """

    def __init__(self, skipped: Callable[[], int]) -> None:
        self._skipped = skipped
        self._numbers: deque[int] = deque()

    def of(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The same rows; `taken` numbers them."""
        number = 0
        while True:
            before = self._skipped()
            row = next(rows, None)
            if row is None:
                return
            number += 1 + self._skipped() - before
            self._numbers.append(number)
            yield row

    def taken(self) -> int:
        """Number of the next row that is taken, of those that were read."""
        return self._numbers.popleft()


# Rows without a known column after which a JSON file is given up.
_ROWS_TO_FIND_COLUMNS = 100


def with_columns(
    rows: Iterator[Row],
    columns: Mapping[str, str] | None,
    name: str,
    on_columns: OnColumns | None = None,
) -> Iterator[Row]:
    """`rows`, once the first of them have shown the columns that are needed."""
    held: list[Row] = []
    seen: dict[str, None] = {}
    for where, row in rows:
        held.append((where, row))
        if isinstance(row, OwnRow):
            break
        seen.update(dict.fromkeys(row))
        try:
            require_columns(seen, columns, name)
        except NoColumnsError:
            if len(held) < _ROWS_TO_FIND_COLUMNS:
                continue
            raise
        break
    else:
        if seen:
            require_columns(seen, columns, name)
    if on_columns is not None and seen and not isinstance(held[-1][1], OwnRow):
        on_columns(column_use(name, seen, columns))
    yield from held
    yield from rows
