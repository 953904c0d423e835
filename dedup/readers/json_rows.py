"""JSON -> rows: an object in each line, an array, objects over several lines, answers of APIs."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from dedup.errors import InputError
from dedup.readers.columns import OnColumns
from dedup.readers.envelopes import records_of, unwrapped
from dedup.readers.problems import OnProblem, shorten
from dedup.readers.rows import Row, with_columns
from dedup.readers.streams import read_lines
from dedup.records import Problem

# Raw control characters are allowed in strings: null bytes are reported, not fatal.
_DECODER = json.JSONDecoder(strict=False)
_SHOWN_BYTES = 400
_CONTAINERS = frozenset((dict, list))


def json_rows(
    stream: io.BufferedReader,
    name: str,
    on_problem: OnProblem,
    *,
    columns: Mapping[str, str] | None = None,
    records: str = "",
    on_columns: OnColumns | None = None,
) -> Iterator[Row]:
    """Rows of JSON in any arrangement; bad lines are reported and skipped.

    Args:
        stream: What to read; one object in each line is read line by line, all else whole.
        name: Of the input, for reports.
        on_problem: Told of what was skipped.
        columns: See `article_from_mapping`.
        records: Where the records are in an object, as in `response.docs[]`; see `envelopes`.
        on_columns: Told which columns are used.

    Raises:
        InputError: A document that is not valid JSON or not in UTF-8, or that has several lists of
            records and none is named.
        NoColumnsError: None of the first 100 rows has a known column.
    """
    lines = read_lines(stream, name, on_problem)
    return with_columns(_rows(lines, name, on_problem, records), columns, name, on_columns)


def json_lines(lines: Iterable[bytes], name: str, on_problem: OnProblem) -> Iterator[Row]:
    """Rows of lines with one JSON object each; bad ones are reported and skipped."""
    return _rows_of_values(_values_of_lines(lines, name, on_problem), on_problem, "")


def _rows(lines: Iterator[bytes], name: str, on_problem: OnProblem, records: str) -> Iterator[Row]:
    head: list[bytes] = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    first = head[-1].strip() if head else b""
    if not first:
        on_problem(Problem("empty file", name))
    elif not _begins_document(first):
        values = _values_of_lines(chain(head, lines), name, on_problem)
        yield from _rows_of_values(values, on_problem, records)
    else:
        head.extend(lines)
        content = b"".join(head)
        values = _values_of_document(content, head, name, on_problem)
        yield from _rows_of_values(values, on_problem, records)


def _values_of_lines(
    lines: Iterable[bytes], name: str, on_problem: OnProblem
) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            yield where, _DECODER.decode(line.decode("utf-8").strip())
        except UnicodeDecodeError:
            on_problem(Problem("wrong encoding", where, shorten(line[:_SHOWN_BYTES])))
        except (ValueError, RecursionError):
            shown = line[:_SHOWN_BYTES].decode("utf-8", "replace")
            on_problem(Problem("broken JSON", where, shorten(shown)))


def _values_of_document(
    content: bytes, lines: list[bytes], name: str, on_problem: OnProblem
) -> Iterator[tuple[str, object]]:
    """Values that go over several lines, one after the other; or lines of which some are broken."""
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        if content.lstrip().startswith(b"["):
            raise InputError(f"{name}: is not UTF-8: byte {error.start}") from error
        yield from _values_of_lines(lines, name, on_problem)
        return
    values, fault = _decoded(text)
    if fault is None:
        for number, value in enumerate(values, start=1):
            yield (f"{name}: object {number}" if len(values) > 1 else name), value
    elif text.startswith("["):
        raise InputError(f"{name}: is not a valid JSON array: {fault}") from fault
    else:
        yield from _values_of_lines(lines, name, on_problem)


def _decoded(text: str) -> tuple[list[object], Exception | None]:
    """All values of a text, one after the other, with or without commas between them."""
    values: list[object] = []
    place = 0
    try:
        while place < len(text):
            value, place = _DECODER.raw_decode(text, place)
            values.append(value)
            while place < len(text) and (text[place].isspace() or text[place] == ","):
                place += 1
    except (ValueError, RecursionError) as error:
        return values, error
    return values, None


def _rows_of_values(
    values: Iterable[tuple[str, object]], on_problem: OnProblem, records: str
) -> Iterator[Row]:
    for where, value in values:
        if type(value) is dict and not records and not _is_nested(value):
            yield where, value
            continue
        items: list[object] | None
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            items = [{"text": item} for item in value]
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            items = value
        elif isinstance(value, dict):
            items = records_of(value, records, name=where)
        else:
            items = None
        if items is None:
            yield from _row_of(value, where, on_problem)
        elif not items:
            on_problem(Problem("empty file", where))
        else:
            for number, item in enumerate(items, start=1):
                yield from _row_of(item, f"{where}: item {number}", on_problem)


def _row_of(value: object, where: str, on_problem: OnProblem) -> Iterator[Row]:
    if isinstance(value, dict):
        yield where, unwrapped(value) if _is_nested(value) else value
    else:
        on_problem(Problem("not an object", where, shorten(value)))


def _is_nested(value: Mapping[str, object]) -> bool:
    return not _CONTAINERS.isdisjoint(map(type, value.values()))


def is_document(head: bytes) -> bool:
    r"""Whether a file that begins so is one JSON document, and no lines of JSON.

    >>> is_document(b'[{"id": 1}]'), is_document(b'{\n "id": 1}'), is_document(b'{"id": 1}\n{')
    (True, True, False)
    """
    first, end, _ = head.lstrip().partition(b"\n")
    # A line that is cut off says nothing by its end.
    return first.startswith(b"[") or (bool(end) and _begins_document(first.rstrip()))


def _begins_document(line: bytes) -> bool:
    """Whether a first line is the beginning of a value that goes on in the next lines."""
    if line.startswith(b"["):
        return True
    try:
        _DECODER.decode(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return line.endswith((b"{", b"[", b",", b":"))
    return False
