"""How commands read articles: columns by option, progress of the bytes, problems collected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dedup.cli.console import Console, StepProgress
from dedup.config import Config
from dedup.records import Article, Problem

if TYPE_CHECKING:
    from dedup.result import Result


def named_columns(**columns: str | None) -> dict[str, str]:
    """The columns that were named, by field."""
    return {field: name for field, name in columns.items() if name is not None}


@contextmanager
def reading(
    inputs: list[str],
    columns: Mapping[str, str],
    config: Config,
    console: Console,
    problems: list[Problem],
) -> Iterator[tuple[Iterator[Article], StepProgress]]:
    """The articles of the inputs as they are read, and progress bars for the steps on them.

    Args:
        inputs: Files, folders, or `-`.
        columns: Columns by field, where their usual names do not fit.
        config: What is accepted as an article.
        console: Shows the progress.
        problems: Where problems of reading are added.
    """
    from dedup.readers.files import read_articles, total_bytes

    with console.progress(total_bytes(inputs)) as progress:
        articles = read_articles(
            inputs,
            columns=columns,
            config=config.reading,
            now=datetime.now(UTC),
            on_problem=problems.append,
            on_bytes=progress.on_bytes,
        )
        yield articles, progress


def clustered(
    inputs: list[str], columns: Mapping[str, str], config: Config, console: Console
) -> Result:
    """The inputs, clustered."""
    from dedup.pipeline import cluster

    problems: list[Problem] = []
    with reading(inputs, columns, config, console, problems) as (articles, progress):
        return cluster(articles, config, progress=progress, problems=problems)
