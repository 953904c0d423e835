"""Rows of any input: the place of each, for reports of problems, and its values by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dedup.readers.columns import NoColumnsError, OnColumns, column_use, require_columns

Row = tuple[str, Mapping[str, object]]


class OwnRow(dict[str, object]):
    """A row under the names of `Article`, whatever the columns of tables are called."""


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
