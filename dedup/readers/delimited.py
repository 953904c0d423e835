"""CSV and TSV -> rows, as spreadsheets, databases and hands write them.

The separator is what `sep=;` in the first line says, else the most frequent of `, ; |` and tab
there. Quotes are those of RFC 4180 (doubled inside) or escaped by a backslash. Where quotes do not
fit, the line is taken as it stands: a TSV file mostly knows no quoting, and a headline may begin
with a quote mark. A row never swallows the rows behind it.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from dedup.errors import InputError
from dedup.readers.code_pages import code_page_of
from dedup.readers.columns import OnColumns, column_use, require_columns
from dedup.readers.encodings import encoding_guessed, shown_encoding
from dedup.readers.problems import OnProblem
from dedup.readers.rows import Row
from dedup.readers.streams import beginning, read_lines
from dedup.records import Problem

_SEPARATORS = ",;\t|"
# The largest C long of every platform; Python's default of 131,072 is less than a long article.
_MAX_FIELD_CHARS = 2**31 - 1
_MAX_ROW_LINES = 10_000
_SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Dialect:
    r"""How a file is written.

    Args:
        separator: Between two fields.
        fields: In each row.
        escapes: Whether a quote inside of quotes is written as `\"` and not doubled.
        spaced: Whether blanks stand behind separators.
    """

    separator: str
    fields: int
    escapes: bool
    spaced: bool = False

    def is_open(self, line: str) -> bool:
        """Whether a quote that begins in some lines has not ended."""
        quotes = line.count('"')
        if self.escapes:
            quotes -= line.count('\\"')
        return quotes % 2 == 1

    def quoted(self, text: str) -> list[str] | None:
        """The fields of a row, quotes taken off; None where they do not fit."""
        escape = "\\" if self.escapes else None
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.separator,
            escapechar=escape,
            doublequote=not self.escapes,
            skipinitialspace=self.spaced,
            strict=True,
        )
        try:
            rows = [row for row in reader if row]
        except csv.Error:
            return None
        return self.fitting(rows[0]) if len(rows) == 1 else None

    def literal(self, line: str) -> list[str] | None:
        """The fields of one line as they stand; None where they are too many or too few."""
        values = line.rstrip("\r\n").split(self.separator)
        if '"' in line:
            # Quotes around a field belong to the file, also where those inside are not doubled.
            values = [v[1:-1] if v[:1] == '"' == v[1:][-1:] else v for v in values]
        return self.fitting(values)

    def fitting(self, values: list[str]) -> list[str] | None:
        """Values without the empty ones behind the last column; None where they do not fit."""
        while len(values) > self.fields and not values[-1].strip():
            values = values[:-1]
        return values if len(values) == self.fields else None


def delimited_rows(
    stream: io.BufferedReader,
    name: str,
    on_problem: OnProblem,
    *,
    tabs: bool = False,
    columns: Mapping[str, str] | None = None,
    on_columns: OnColumns | None = None,
) -> Iterator[Row]:
    """Rows of a CSV file, or of a TSV file if `tabs` and no other separator is in its first line.

    A row with more or fewer fields than the first one is reported and skipped; empty fields behind
    the last column are passed over.

    Raises:
        InputError: The file is not UTF-8, and it is not sure what it is.
        NoColumnsError: There is no title or text column.
    """
    csv.field_size_limit(_MAX_FIELD_CHARS)
    lines = _Lines(_decoded(_line_ends(stream, name, on_problem), name, on_problem))
    first = lines.next_with_text()
    most_frequent = max(_SEPARATORS, key=first.count)
    separator = "\t" if tabs and ("\t" in first or most_frequent not in first) else most_frequent
    if first[:4].lower() == "sep=" and len(first.rstrip("\r\n")) == 5:
        separator, first = first[4], lines.next_with_text()
    if not first:
        on_problem(Problem("empty file", name))
        return
    header = _header(first, separator, lines)
    require_columns(header, columns, name)
    if on_columns is not None:
        on_columns(column_use(name, header, columns))
    dialect = _Dialect(
        separator,
        len(header),
        escapes='\\"' in lines.sample(),
        spaced=len(header) > 1 and first.count(f"{separator} ") == first.count(separator),
    )
    empty = True
    for number, values in _rows(lines, dialect):
        empty = False
        if isinstance(values, int):
            detail = f"{values} fields, {len(header)} columns"
            on_problem(Problem("wrong number of fields", f"{name}:{number}", detail))
        else:
            yield f"{name}:{number}", _row(header, values)
    if empty:
        on_problem(Problem("empty file", name))


def _row(header: list[str], values: list[str]) -> dict[str, object]:
    """Values by column; of columns of one name the first value that is not empty."""
    row: dict[str, object] = dict(zip(header, values, strict=True))
    if len(row) < len(header):
        for column, value in zip(reversed(header), reversed(values), strict=True):
            row[column] = value or row[column]
    return row


class _Lines:
    """Lines of a file with their numbers; lines can be put back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._waiting: deque[str] = deque()
        self.number = 0

    def next(self) -> str:
        """The next line; empty at the end."""
        line = self._waiting.popleft() if self._waiting else next(self._lines, "")
        self.number += bool(line)
        return line

    def next_with_text(self) -> str:
        """The next line that is not blank; empty at the end."""
        line = self.next()
        while line and not line.strip():
            line = self.next()
        return line

    def put_back(self, lines: list[str]) -> None:
        """Return lines, the first of them to come next."""
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)

    def sample(self, count: int = 100) -> str:
        """The next lines, which stay."""
        ahead = [line for line in (self.next() for _ in range(count)) if line]
        self.put_back(ahead)
        return "".join(ahead)


def _header(first: str, separator: str, lines: _Lines) -> list[str]:
    dialect = _Dialect(separator, 0, escapes=False)
    text = first
    while dialect.is_open(text) and (line := lines.next()):
        text += line
    values = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    header = [value.strip() for value in values]
    while header and not header[-1]:
        header.pop()
    return header


def _rows(lines: _Lines, dialect: _Dialect) -> Iterator[tuple[int, list[str] | int]]:
    """Number of the first line of each row, and its fields, or how many where they do not fit."""
    while line := lines.next_with_text():
        number = lines.number
        values = dialect.literal(line)
        if '"' in line:
            group, is_open = [line], dialect.is_open(line)
            while is_open and len(group) < _MAX_ROW_LINES and (more := lines.next()):
                group.append(more)
                is_open ^= dialect.is_open(more)
            # Tabs are rare in texts: lines of the right number of them are rows.
            apart = (
                dialect.separator == "\t" and len(group) > 1 and all(map(dialect.literal, group))
            )
            quoted = None if apart else dialect.quoted("".join(group))
            if quoted is None:
                lines.put_back(group[1:])
            else:
                values = quoted
        yield number, values if values is not None else line.count(dialect.separator) + 1


def _line_ends(stream: io.BufferedReader, name: str, on_problem: OnProblem) -> Iterator[bytes]:
    """Lines of a stream, also where they end with a carriage return alone."""
    head = beginning(stream, name, 1 << 16)
    if b"\r" in head and b"\n" not in head:
        for block in read_lines(stream, name, on_problem):
            yield from block.replace(b"\r", b"\n").splitlines(keepends=True)
    else:
        yield from read_lines(stream, name, on_problem)


def _decoded(lines: Iterator[bytes], name: str, on_problem: OnProblem) -> Iterator[str]:
    """Lines as text: of UTF-8, or of the code page that the lines which are none surely have.

    Raises:
        InputError: The code page is not sure, or a line has none of its letters.
    """
    offset, all_ascii = 0, True
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            fault = f"line {number}, byte {offset + error.start}"
            # The quoting of a row may depend on the bytes that cannot be read.
            if not all_ascii:
                raise _not_decodable(name, fault) from error
            yield from _in_code_page(chain((line,), lines), name, fault, on_problem)
            return
        all_ascii = all_ascii and line.isascii()
        yield text
        offset += len(line)


def _in_code_page(
    lines: Iterator[bytes], name: str, fault: str, on_problem: OnProblem
) -> Iterator[str]:
    sample: list[bytes] = []
    size = 0
    for line in lines:
        sample.append(line)
        size += len(line)
        if size > _SAMPLE_BYTES:
            break
    encoding = code_page_of(sample)
    if not encoding:
        raise _not_decodable(name, fault)
    on_problem(encoding_guessed(name, encoding))
    for line in chain(sample, lines):
        try:
            yield line.decode(encoding)
        except UnicodeDecodeError as error:
            raise _not_decodable(name, f"{fault}, nor {shown_encoding(encoding)}") from error


def _not_decodable(name: str, fault: str) -> InputError:
    return InputError(
        f"{name}: is not UTF-8: {fault}: convert it first, as in "
        f"`iconv -f WINDOWS-1252 -t UTF-8 {Path(name).name}`"
    )
