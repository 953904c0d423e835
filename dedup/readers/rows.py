"""Tabular files -> rows: JSON lines, JSON arrays, CSV and TSV.

Every reader yields `(where, row)`: the place of the row for reports of problems, and its
values by column.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from dedup.errors import InputError
from dedup.readers.columns import NoColumnsError, require_columns
from dedup.readers.problems import OnProblem, shorten
from dedup.readers.streams import read_lines
from dedup.records import Problem

Row = tuple[str, Mapping[str, object]]

# A JSON file is refused if so many rows from its start have no known column.
_ROWS_TO_FIND_COLUMNS = 100
# The largest C long of every platform.
_MAX_CSV_FIELD = 2**31 - 1

# Raw control characters are allowed in strings: null bytes are reported, not fatal.
_DECODER = json.JSONDecoder(strict=False)


def jsonl_rows(
    stream: io.BufferedReader,
    name: str,
    on_problem: OnProblem,
    *,
    columns: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    """Rows of a file with one JSON object per line; bad lines are reported and skipped.

    Raises:
        NoColumnsError: None of the first 100 rows has a known column.
    """
    return _with_columns(
        json_lines(read_lines(stream, name, on_problem), name, on_problem), columns, name
    )


def json_lines(lines: Iterable[bytes], name: str, on_problem: OnProblem) -> Iterator[Row]:
    """Rows of lines with one JSON object each; bad ones are reported and skipped."""
    empty = True
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        empty = False
        where = f"{name}:{number}"
        try:
            value = _DECODER.decode(line.decode("utf-8").strip())
        except UnicodeDecodeError:
            on_problem(Problem("wrong encoding", where, shorten(line[:400])))
        except (ValueError, RecursionError):
            on_problem(
                Problem("broken JSON", where, shorten(line[:400].decode("utf-8", "replace")))
            )
        else:
            yield from _object_row(value, where, on_problem)
    if empty:
        on_problem(Problem("empty file", name))


def _object_row(value: object, where: str, on_problem: OnProblem) -> Iterator[Row]:
    if isinstance(value, dict):
        yield where, value
    else:
        on_problem(Problem("not an object", where, shorten(value)))


def json_rows(
    stream: io.BufferedReader,
    name: str,
    on_problem: OnProblem,
    *,
    columns: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    """Rows of a `.json` file: one array of objects, one object, or an object per line.

    Raises:
        InputError: The file is an array that is not valid JSON or not UTF-8.
        NoColumnsError: None of the first 100 rows has a known column.
    """
    lines = read_lines(stream, name, on_problem)
    head: list[bytes] = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    first = head[-1].strip() if head else b""
    if first.startswith(b"["):
        rows = _array_rows(b"".join(chain(head, lines)), name, on_problem)
    elif _parsed(first) is not None:
        rows = json_lines(chain(head, lines), name, on_problem)
    else:
        # An object over several lines, or a line that is broken.
        head.extend(lines)
        whole = _parsed(b"".join(head))
        rows = (
            json_lines(head, name, on_problem)
            if whole is None
            else _object_row(whole, name, on_problem)
        )
    return _with_columns(rows, columns, name)


def _parsed(content: bytes) -> Any:  # noqa: ANN401
    try:
        return _DECODER.decode(content.decode("utf-8").strip())
    except (ValueError, RecursionError):
        return None


def _array_rows(content: bytes, name: str, on_problem: OnProblem) -> Iterator[Row]:
    try:
        items = _DECODER.decode(content.decode("utf-8").strip())
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{name}: is not a valid JSON array: {error}: "
            "if it has one object per line, remove the brackets"
        ) from error
    if not items:
        on_problem(Problem("empty file", name))
    for number, item in enumerate(items, start=1):
        yield from _object_row(item, f"{name}: item {number}", on_problem)


def _with_columns(
    rows: Iterator[Row], columns: Mapping[str, str] | None, name: str
) -> Iterator[Row]:
    """`rows`, after a check that the first of them have the columns that are needed."""
    first_rows: list[Row] = []
    present: dict[str, None] = {}
    for where, row in rows:
        first_rows.append((where, row))
        present.update(dict.fromkeys(row))
        try:
            require_columns(present, columns, name)
        except NoColumnsError:
            if len(first_rows) < _ROWS_TO_FIND_COLUMNS:
                continue
            raise
        break
    else:
        if first_rows:
            require_columns(present, columns, name)
    yield from first_rows
    yield from rows


def csv_rows(
    stream: io.BufferedReader,
    name: str,
    on_problem: OnProblem,
    *,
    tabs: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    """Rows of a CSV file, or of a TSV file if `tabs`.

    The separator of a CSV file is the most frequent of `, ; |` and tab in its
    first line. A row with more or fewer fields than that line is reported and
    skipped.

    Raises:
        InputError: The file is not UTF-8 or not valid CSV.
        NoColumnsError: There is no title or text column.
    """
    # A setting of the whole process; Python's default of 131,072 is less than a long article.
    csv.field_size_limit(_MAX_CSV_FIELD)
    lines = _csv_lines(read_lines(stream, name, on_problem), name)
    blank, first = 0, next(lines, "")
    while first and not first.strip():
        blank, first = blank + 1, next(lines, "")
    if not first:
        on_problem(Problem("empty file", name))
        return
    separator = "\t" if tabs else max(",;\t|", key=first.count)
    reader = csv.reader(chain([first], lines), delimiter=separator)
    try:
        header = [column.strip() for column in next(reader)]
        require_columns(header, columns, name)
        start = header_end = blank + reader.line_num + 1
        for values in reader:
            where, start = f"{name}:{start}", blank + reader.line_num + 1
            if len(values) == len(header):
                yield where, dict(zip(header, values, strict=True))
            elif values:
                detail = f"{len(values)} fields, {len(header)} columns"
                on_problem(Problem("wrong number of fields", where, detail))
        if start == header_end:
            on_problem(Problem("empty file", name))
    except csv.Error as error:
        raise InputError(f"{name}:{blank + reader.line_num}: is not valid CSV: {error}") from error


def _csv_lines(lines: Iterable[bytes], name: str) -> Iterator[str]:
    offset = 0
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            # The quoting of a row may depend on the bytes that cannot be read.
            raise InputError(
                f"{name}: is not UTF-8: line {number}, byte {offset + error.start}: convert it "
                f"first, as in `iconv -f WINDOWS-1252 -t UTF-8 {Path(name).name}`"
            ) from error
        offset += len(line)
