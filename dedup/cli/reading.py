"""How commands read articles: with progress bars, and problems collected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dedup.cli.console import Console
from dedup.cli.options import ReadAs
from dedup.cli.rows import KeptRows
from dedup.config import Config
from dedup.output.bars import StepBars
from dedup.records import Article, Problem

if TYPE_CHECKING:
    from dedup.result import Result


@contextmanager
def reading(
    inputs: list[str],
    columns: ReadAs,
    config: Config,
    console: Console,
    problems: list[Problem],
    rows: KeptRows | None = None,
) -> Iterator[tuple[Iterator[Article], StepBars]]:
    """The articles of the inputs while they are read, and progress bars for the steps.

    Args:
        inputs: Files, folders, or `-`.
        columns: How the inputs are read.
        config: Limits of reading.
        console: Shows the progress.
        problems: Problems of reading are appended here.
        rows: Takes the rows of the input.
    """
    from dedup.readers.files import read_articles, total_bytes

    with console.progress(total_bytes(inputs)) as progress:
        articles = read_articles(
            inputs,
            columns=columns,
            records=columns.records,
            config=columns.configured(config.reading),
            now=datetime.now(UTC),
            on_problem=problems.append,
            on_bytes=progress.on_bytes,
            on_columns=console.show_columns,
            on_row=rows.take if rows else None,
            every_column=bool(rows),
        )
        yield articles, progress


def clustered(
    inputs: list[str],
    columns: ReadAs,
    config: Config,
    console: Console,
    rows: KeptRows | None = None,
) -> Result:
    """The result of the batch on the inputs; `rows` gets the rows of the input."""
    from dedup.pipeline import cluster

    problems: list[Problem] = []
    with reading(inputs, columns, config, console, problems, rows) as (articles, progress):
        if rows:
            articles = rows.checked(articles)
        return cluster(articles, config, progress=progress, problems=problems)
