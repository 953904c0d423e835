"""The order of day and month in a table: decided for the whole of it, not value by value.

Rows are held back while their dates could be read either way, until a date that can be read one way
only decides for all of them. A table whose dates are of another form holds nothing back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dedup.config import ReadingConfig
from dedup.readers.columns import used_columns
from dedup.readers.problems import OnProblem
from dedup.readers.rows import Row
from dedup.records import Problem
from dedup.text.dates.reading import order_of

_MAX_HELD_ROWS = 20_000
_MONTH_FIRST = {"day first": False, "month first": True}
OrderedRow = tuple[str, Mapping[str, object], bool]
"""The place of a row, its values, and whether its dates are written month first."""


def ordered_rows(
    rows: Iterator[Row],
    name: str,
    columns: Mapping[str, str] | None,
    config: ReadingConfig,
    on_problem: OnProblem,
) -> Iterator[OrderedRow]:
    """Rows with the order of day and month in their dates.

    Args:
        rows: Of one table.
        name: Of the table, for reports.
        columns: See `article_from_mapping`.
        config: `dates` says the order, or that it is to be found out.
        on_problem: Told where the order had to be guessed.
    """
    if config.dates != "auto":
        for where, row in rows:
            yield where, row, config.dates == "month-first"
        return
    held: list[Row] = []
    column = ""
    month_first: bool | None = None
    for where, row in rows:
        date = row.get(column)
        if not held and type(date) is str and date[4:5] == "-":
            # Year first: nothing to find out.
            yield where, row, False
            continue
        column, text = date_of(row, columns)
        order = order_of(text)
        if not order and not held:
            yield where, row, False
            continue
        held.append((where, row))
        month_first = _MONTH_FIRST.get(order)
        if month_first is not None or len(held) >= _MAX_HELD_ROWS:
            break
    if held and month_first is None:
        on_problem(order_guessed(name))
    month_first = bool(month_first)
    for where, row in held:
        yield where, row, month_first
    for where, row in rows:
        yield where, row, month_first


def order_guessed(name: str) -> Problem:
    """The report of a table whose dates do not show their order."""
    detail = "taken as day first: say --dates day-first or month-first"
    return Problem("day and month guessed", name, detail, article_kept=True)


def date_of(row: Mapping[str, object], columns: Mapping[str, str] | None) -> tuple[str, str]:
    """The column of the date of a row, and the date if it is a text."""
    for column in used_columns(row, columns)["published_at"]:
        value = row.get(column)
        if isinstance(value, str) and value.strip():
            return column, value
    return "", ""
