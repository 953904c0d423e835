"""Files, folders and standard input -> `Article`s.

Unusable input is not fatal: it is reported as a `Problem` and counted.

* A row or page that cannot be read is skipped: "broken JSON", "not an object",
  "wrong encoding", "wrong number of fields"; so is one that is empty or too
  long: "empty article", "too long".
* An unusable value is repaired or ignored and the article used: "null bytes",
  "impossible date", "date in the future", "unknown language".
* A file is read in part or not at all: "empty file", "damaged file"; in a folder
  also "unreadable file", "no title or text column".

A file that was named and cannot be read at all raises `InputError`; such a file
in a folder is skipped with a problem.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from dedup.config import ReadingConfig
from dedup.errors import InputError
from dedup.readers.columns import NoColumnsError, check_columns
from dedup.readers.completion import complete
from dedup.readers.fields import article_from_mapping
from dedup.readers.pages import html_page, text_page
from dedup.readers.parquet import parquet_rows
from dedup.readers.problems import OnProblem as OnProblem
from dedup.readers.problems import ignore
from dedup.readers.rows import Row, csv_rows, json_rows, jsonl_rows
from dedup.readers.streams import (
    COMPRESSIONS,
    OnBytes,
    decode_page,
    open_bytes,
    read_whole,
    wrap_stdin,
)
from dedup.records import Article, Problem

_TABLES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
_HTML = (".html", ".htm")
_PAGES = (".txt", *_HTML)
_ENDINGS_FOR_PEOPLE = (
    f"{' '.join((*_TABLES, *_PAGES))}, all but .parquet also with {' '.join(COMPRESSIONS)}"
)
STDIN = "-"
_MAX_BYTES_PER_CHARACTER = 4
_DEFAULT_READING = ReadingConfig()


@dataclass(frozen=True, slots=True)
class _Task:
    """Arguments of one call, the same for all of its inputs."""

    columns: Mapping[str, str] | None
    config: ReadingConfig
    now: datetime | None
    on_problem: OnProblem
    on_bytes: OnBytes | None


def read_articles(
    inputs: Sequence[str | Path],
    *,
    columns: Mapping[str, str] | None = None,
    config: ReadingConfig = _DEFAULT_READING,
    now: datetime | None = None,
    stdin: BinaryIO | None = None,
    on_problem: OnProblem | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Article]:
    """Articles of files and folders, in the order of the inputs.

    Args:
        inputs: Files, folders (read recursively, in sorted order), or `-` for
            JSON lines on standard input.
        columns: The column to use for a field of `Article`, where its usual
            names do not fit.
        config: The greatest length of an article.
        now: Aware; a date later than a day after this is ignored; no clock is read.
        stdin: Read for `-`; by default `sys.stdin`.
        on_problem: Called with each problem: what was skipped or ignored.
        on_bytes: Called with numbers of bytes of the input files as they are read.

    Returns:
        Articles with language and date completed from their text. Ids are
        not checked for duplicates.

    Raises:
        InputError: A named input cannot be read at all, or `columns` does not
            fit. Raised while iterating, before the first article of that input.
        MissingExtraError: HTML is among the inputs and trafilatura is not installed.
    """
    check_columns(columns)
    task = _Task(columns, config, now, on_problem or ignore, on_bytes)
    for name in inputs:
        if str(name) == STDIN:
            stream = wrap_stdin(stdin or sys.stdin.buffer, on_bytes)
            rows = jsonl_rows(stream, "stdin", task.on_problem, columns=columns)
            yield from _articles(rows, task)
            continue
        path = Path(name)
        if _is_folder(path):
            yield from _read_folder(path, task)
        else:
            yield from _articles(_rows(path, path.name, task), task)


def total_bytes(inputs: Sequence[str | Path]) -> int | None:
    """Size of all files that `read_articles` would read, for a progress bar.

    Returns:
        None if standard input is among them.
    """
    if any(str(name) == STDIN for name in inputs):
        return None
    total = 0
    for name in inputs:
        path = Path(name)
        files = _files_of(path) if path.is_dir() else [path]
        total += sum(file.stat().st_size for file in files if file.is_file())
    return total


def _articles(rows: Iterator[Row], task: _Task) -> Iterator[Article]:
    for where, row in rows:
        article = article_from_mapping(
            row,
            where=where,
            # The fields of a page have the usual names, whatever the columns of tables are called.
            columns=None if isinstance(row, _Page) else task.columns,
            config=task.config,
            now=task.now,
            on_problem=task.on_problem,
        )
        if article is not None:
            yield complete(article, now=task.now)


class _Page(dict[str, object]):
    """A row that was made from a page."""


def _read_folder(folder: Path, task: _Task) -> Iterator[Article]:
    files = _files_of(folder)
    if not files:
        raise InputError(f"{folder}: holds no files to read: known are {_ENDINGS_FOR_PEOPLE}")
    for path in files:
        try:
            yield from _articles(_rows(path, path.relative_to(folder).as_posix(), task), task)
        except NoColumnsError as error:
            task.on_problem(Problem("no title or text column", str(path), str(error)))
        except InputError as error:
            task.on_problem(Problem("unreadable file", str(path), str(error)))


def _files_of(folder: Path) -> list[Path]:
    """Files with a known ending below `folder`, hidden ones left out, sorted."""
    return sorted(
        path
        for path in folder.rglob("*")
        if _ending(path)
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _ending(path: Path) -> str:
    """The ending of the format, without that of the compression; empty if unknown."""
    endings = [ending.lower() for ending in path.suffixes]
    compressed = bool(endings) and endings[-1] in COMPRESSIONS
    format_ending = "".join(endings[-2:-1] if compressed else endings[-1:])
    if format_ending not in (*_TABLES, *_PAGES) or (compressed and format_ending == ".parquet"):
        return ""
    return format_ending


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
    if not _ending(path):
        raise InputError(f"{path}: unknown ending {path.suffix!r}: known are {_ENDINGS_FOR_PEOPLE}")
    return False


def _rows(path: Path, page_id: str, task: _Task) -> Iterator[Row]:
    ending = _ending(path)
    if ending == ".parquet":
        yield from parquet_rows(path, task.on_problem, columns=task.columns, on_bytes=task.on_bytes)
        return
    name = str(path)
    with open_bytes(path, task.on_bytes) as stream:
        if ending in _PAGES:
            limit = task.config.max_article_chars * _MAX_BYTES_PER_CHARACTER
            content = read_whole(stream, name, task.on_problem, max_bytes=limit)
            if len(content) > limit:
                task.on_problem(Problem("too long", name, f"more than {limit} bytes"))
                return
            yield from _page_rows(content, name, page_id, task, html=ending in _HTML)
        elif ending == ".json":
            yield from json_rows(stream, name, task.on_problem, columns=task.columns)
        elif ending in (".csv", ".tsv"):
            yield from csv_rows(
                stream, name, task.on_problem, columns=task.columns, tabs=ending == ".tsv"
            )
        else:
            yield from jsonl_rows(stream, name, task.on_problem, columns=task.columns)


def _page_rows(
    content: bytes, name: str, page_id: str, task: _Task, *, html: bool
) -> Iterator[Row]:
    if not content:
        task.on_problem(Problem("empty file", name))
        return
    if html:
        yield name, _Page(html_page(content), id=page_id)
        return
    try:
        text = decode_page(content)
    except UnicodeDecodeError as error:
        task.on_problem(Problem("wrong encoding", name, f"byte {error.start}"))
        return
    yield name, _Page(text_page(text), id=page_id)
