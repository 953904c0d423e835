"""Files, folders, addresses and standard input -> `Article`s.

What cannot be used is not fatal: it is reported as a `Problem` and counted.

* A row or page that cannot be read is skipped: "broken JSON", "not an object",
  "wrong encoding", "wrong number of fields"; so is one that holds nothing or too
  much: "empty article", "too long".
* A field is mended or set aside and the article kept: "null bytes", "markup removed", "mojibake
  mended", "encoding guessed", "unreadable value", "impossible date", "date in the future" ...
* Less or nothing is read from a file: "empty file", "damaged file", "broken XML"; in a folder
  also "unknown ending", "unreadable file", "no title or text column".

A file that was named and cannot be read at all, or gives no article, is an `InputError`; a file
met in a folder is passed over with a problem.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import BinaryIO

from dedup.config import ReadingConfig
from dedup.errors import InputError
from dedup.readers.addresses import FetchLimits, fetch, is_address
from dedup.readers.columns import OnColumns, check_columns
from dedup.readers.completion import complete
from dedup.readers.date_order import ordered_rows
from dedup.readers.delimited import delimited_rows
from dedup.readers.encodings import decode_page, encoding_guessed
from dedup.readers.feeds import feed_rows
from dedup.readers.fields import article_from_mapping, has_id
from dedup.readers.folders import (
    files_of,
    left_out,
    partitions_of,
    passed_over,
    with_partitions,
    without_partitions,
)
from dedup.readers.json_rows import json_rows
from dedup.readers.pages import html_page, text_page
from dedup.readers.parquet import parquet_rows
from dedup.readers.problems import OnProblem, ignore, nothing_read
from dedup.readers.rows import InputRow, OnRow, OwnRow, Row, RowNumbers
from dedup.readers.sniffing import KNOWN_ENDINGS, Kind, kind_of_content, kind_of_file
from dedup.readers.streams import (
    OnBytes,
    beginning,
    decompressed,
    open_bytes,
    read_whole,
    stream_of,
    wrap_stdin,
)
from dedup.records import Article, Problem

STDIN = "-"
_MAX_BYTES_PER_CHARACTER = 4
_HEAD_BYTES = 1 << 12
_DEFAULT_READING = ReadingConfig()


@dataclass(frozen=True, slots=True)
class _Task:
    """What is the same for all inputs of one call."""

    columns: Mapping[str, str] | None
    records: str
    config: ReadingConfig
    now: datetime | None
    on_problem: OnProblem
    on_bytes: OnBytes | None
    on_columns: OnColumns | None
    on_row: OnRow | None = None
    every_column: bool = False
    skipped: Callable[[], int] = lambda: 0


def read_articles(
    inputs: Sequence[str | Path] | str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    records: str = "",
    config: ReadingConfig = _DEFAULT_READING,
    now: datetime | None = None,
    stdin: BinaryIO | None = None,
    on_problem: OnProblem | None = None,
    on_bytes: OnBytes | None = None,
    on_columns: OnColumns | None = None,
    on_row: OnRow | None = None,
    every_column: bool = False,
) -> Iterator[Article]:
    """Articles of files, folders and addresses, in the order of the inputs.

    Args:
        inputs: Files, folders (read recursively, in sorted order), http(s) addresses of feeds, or
            `-` for standard input, whose kind is seen from how it begins.
        columns: The column to take for a field of `Article`, where its usual
            names do not fit.
        records: Where the records are in a JSON document, as in `response.docs[]`, where it holds
            several lists of them.
        config: How long an article may be, and how dates are read.
        now: Aware; a date later than a day after this is set aside; no clock is read.
        stdin: What `-` reads; `sys.stdin` if not given.
        on_problem: Told of everything that was skipped, mended or set aside.
        on_bytes: Told the number of bytes of the input files as they are read.
        on_columns: Told of each table which columns are used and which are not.
        on_row: Told of each row, in the order of the input, what it holds and what became of it.
        every_column: Whether these rows need all columns of Parquet files, not only those in use.

    Returns:
        Articles with language and date completed from their text. Ids are
        not checked for duplicates.

    Raises:
        InputError: A named input cannot be read at all or gives no article, or `columns` does not
            fit. Raised while iterating.
        MissingExtraError: HTML or a web archive is among the inputs and its extra is not installed.
    """
    check_columns(columns)
    if isinstance(inputs, str | Path):
        inputs = [inputs]
    task = _Task(columns, records, config, now, on_problem or ignore, on_bytes, on_columns)
    task = replace(task, on_row=on_row, every_column=every_column)
    for name in inputs:
        yield from _never_empty(name, stdin, task)


def articles_of_document(
    content: bytes,
    name: str,
    *,
    config: ReadingConfig = _DEFAULT_READING,
    now: datetime | None = None,
    on_problem: OnProblem | None = None,
) -> Iterator[Article]:
    """Articles of one document in memory: a feed, or any other table that its beginning shows.

    Args:
        content: The document.
        name: Its address, for reports and relative links.
        config: How long an article may be, and how dates are read.
        now: See `read_articles`.
        on_problem: See `read_articles`.

    Raises:
        InputError: It cannot be read at all, or is a page.
    """
    task = _Task(None, "", config, now, on_problem or ignore, None, None)
    stream = stream_of(content)
    if kind_of_content(content[:_HEAD_BYTES]) in ("html", "page"):
        raise InputError(f"{name}: is a page and no feed")
    yield from _articles(_rows_of_stream(stream, name, task), name, task)


def articles_of_file(
    content: bytes,
    name: str,
    *,
    inner: str,
    columns: Mapping[str, str] | None = None,
    records: str = "",
    config: ReadingConfig = _DEFAULT_READING,
    now: datetime | None = None,
    on_problem: OnProblem | None = None,
    on_columns: OnColumns | None = None,
) -> Iterator[Article]:
    """Articles of one file whose bytes are in memory, as `read_articles` reads it.

    Args:
        content: The file, compressed or not.
        name: Its name, of which the ending says what it is.
        inner: Its place below the folder that is read, which is the id of a page; its name if
            there is no folder.
        columns: See `read_articles`.
        records: See `read_articles`.
        config: See `read_articles`.
        now: See `read_articles`.
        on_problem: See `read_articles`.
        on_columns: See `read_articles`.

    Raises:
        InputError: It cannot be read at all.
    """
    task = _Task(columns, records, config, now, on_problem or ignore, None, on_columns)
    path = PurePath(name)
    stream = decompressed(stream_of(content), path)
    read = partial(_rows_of_kind, _known_kind(path), stream, name, inner)
    yield from _articles(_rows_below(inner, read, task), name, task)


def total_bytes(inputs: Sequence[str | Path] | str | Path) -> int | None:
    """Size of all files that `read_articles` would read, for a progress bar.

    Returns:
        None if standard input or an address is among them.
    """
    if isinstance(inputs, str | Path):
        inputs = [inputs]
    if any(str(name) == STDIN or is_address(str(name)) for name in inputs):
        return None
    total = 0
    for name in inputs:
        path = Path(name)
        files = files_of(path) if path.is_dir() else {path: "read"}
        total += sum(
            file.stat().st_size
            for file, standing in files.items()
            if standing == "read" and file.is_file()
        )
    return total


def _never_empty(name: str | Path, stdin: BinaryIO | None, task: _Task) -> Iterator[Article]:
    """The articles of one input, of which there must be one at least."""
    kinds: Counter[str] = Counter()
    skipped = 0

    def count(problem: Problem) -> None:
        nonlocal skipped
        kinds[problem.kind] += 1
        skipped += not problem.article_kept
        task.on_problem(problem)

    empty = True
    counting = replace(task, on_problem=count, skipped=lambda: skipped)
    for article in _read(name, stdin, counting):
        empty = False
        yield article
    if empty:
        raise nothing_read("standard input" if str(name) == STDIN else str(name), kinds)


def _read(name: str | Path, stdin: BinaryIO | None, task: _Task) -> Iterator[Article]:
    if str(name) == STDIN:
        stream = wrap_stdin(stdin or sys.stdin.buffer, task.on_bytes)
        yield from _articles(_rows_of_stream(stream, "stdin", task), "stdin", task)
    elif is_address(str(name)):
        answer = fetch(str(name), limits=FetchLimits())
        document = stream_of(answer.content)
        yield from _articles(_rows_of_stream(document, answer.address, task), str(name), task)
    elif _is_folder(path := Path(name)):
        yield from _read_folder(path, task)
    else:
        yield from _articles(_rows_of_file(path, path.name, task), str(path), task)


def _articles(rows: Iterator[Row], name: str, task: _Task) -> Iterator[Article]:
    numbers = RowNumbers(task.skipped)
    rows = numbers.of(rows) if task.on_row else rows
    ordered = ordered_rows(rows, name, task.columns, task.config, task.on_problem)
    for where, row, month_first in ordered:
        # Pages come under our own names, whatever the tables call them.
        columns = None if isinstance(row, OwnRow) else task.columns
        article = article_from_mapping(
            row,
            where=where,
            columns=columns,
            config=task.config,
            now=task.now,
            month_first=month_first,
            on_problem=task.on_problem,
        )
        article = article and complete(article, now=task.now)
        if task.on_row:
            named = has_id(row, columns)
            task.on_row(InputRow(name, numbers.taken(), row, article, named))
        if article is not None:
            yield article


def _read_folder(folder: Path, task: _Task) -> Iterator[Article]:
    files = files_of(folder)
    for path, standing in files.items():
        if standing != "read":
            task.on_problem(left_out(standing, str(path)))
    if "read" not in files.values():
        raise InputError(f"{folder}: holds no files to read: known are {KNOWN_ENDINGS}")
    for path in (path for path, standing in files.items() if standing == "read"):
        inner = path.relative_to(folder).as_posix()
        rows = _rows_below(inner, partial(_rows_of_file, path, inner), task)
        try:
            yield from _articles(rows, str(path), task)
        except InputError as error:
            task.on_problem(passed_over(error, str(path)))


def _rows_below(inner: str, read: Callable[[_Task], Iterator[Row]], task: _Task) -> Iterator[Row]:
    """Rows of a file of a folder, with the columns that the names of its folders add."""
    partitions = partitions_of(inner)
    own = replace(task, columns=without_partitions(task.columns, partitions))
    return with_partitions(read(own), partitions)


def _is_folder(path: Path) -> bool:
    """Whether a named input is a folder; if not, it is a file of a known format."""
    try:
        if path.is_dir():
            return True
        exists = path.exists()
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror or error}") from error
    if not exists:
        raise InputError(f"{path}: there is no such file or folder")
    _known_kind(path)
    return False


def _known_kind(path: PurePath) -> Kind:
    kind = kind_of_file(path)
    if kind is None:
        raise InputError(f"{path}: unknown ending {path.suffix!r}: known are {KNOWN_ENDINGS}")
    return kind


def _rows_of_file(path: Path, page_id: str, task: _Task) -> Iterator[Row]:
    kind = kind_of_file(path)
    if kind == "parquet":
        yield from parquet_rows(
            path,
            task.on_problem,
            columns=task.columns,
            on_bytes=task.on_bytes,
            on_columns=task.on_columns,
            every_column=task.every_column,
        )
    elif kind is not None:
        with open_bytes(path, task.on_bytes) as stream:
            yield from _rows_of_kind(kind, stream, str(path), page_id, task)


def _rows_of_stream(stream: io.BufferedReader, name: str, task: _Task) -> Iterator[Row]:
    """Rows of a stream without an ending: its beginning says what it is."""
    stream = decompressed(stream)
    kind = kind_of_content(beginning(stream, name, _HEAD_BYTES))
    yield from _rows_of_kind(kind, stream, name, name, task)


def _rows_of_kind(
    kind: Kind, stream: io.BufferedReader, name: str, page_id: str, task: _Task
) -> Iterator[Row]:
    report, columns = task.on_problem, task.columns
    if kind == "json":
        yield from json_rows(
            stream, name, report, columns=columns, records=task.records, on_columns=task.on_columns
        )
    elif kind in ("csv", "tsv"):
        yield from delimited_rows(
            stream, name, report, tabs=kind == "tsv", columns=columns, on_columns=task.on_columns
        )
    elif kind == "warc":
        from dedup.readers.web_archives import warc_rows

        yield from ((where, OwnRow(row)) for where, row in warc_rows(stream, name, report))
    elif kind == "parquet":
        file = io.BytesIO(read_whole(stream, name, report))
        yield from parquet_rows(
            file,
            report,
            columns=columns,
            name=name,
            every_column=task.every_column,
            on_columns=task.on_columns,
        )
    else:
        limit = task.config.max_article_chars * _MAX_BYTES_PER_CHARACTER
        content = read_whole(stream, name, report, max_bytes=limit if kind != "xml" else None)
        if kind != "xml" and len(content) > limit:
            report(Problem("too long", name, f"more than {limit} bytes"))
        elif not content:
            report(Problem("empty file", name))
        elif kind == "xml":
            rows = feed_rows(content, name, report, address=name if is_address(name) else "")
            yield from ((where, OwnRow(row)) for where, row in rows)
        else:
            yield from _page_rows(content, name, page_id, report, html=kind == "html")


def _page_rows(
    content: bytes, name: str, page_id: str, report: OnProblem, *, html: bool
) -> Iterator[Row]:
    text, guess, is_safe = decode_page(content, markup=html)
    if not is_safe and not html:
        report(Problem("wrong encoding", name))
        return
    if guess or not is_safe:
        report(encoding_guessed(name, guess))
    if html:
        # What no rule can decode is left to the library.
        yield name, OwnRow(html_page(text if is_safe else content), id=page_id)
    else:
        yield name, OwnRow(text_page(text), id=page_id)
