"""Articles from whatever a caller in Python has: objects, a table, or the path of files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dedup.config import ReadingConfig
from dedup.readers.fields import as_articles
from dedup.readers.files import read_articles
from dedup.readers.problems import OnProblem
from dedup.readers.rows import InputRow
from dedup.records import Article

if TYPE_CHECKING:
    import pyarrow as pa

_DEFAULT_READING = ReadingConfig()


def articles_from(
    source: Iterable[Article | Mapping[str, object] | str] | pa.Table | str | Path | Any,  # noqa: ANN401
    *,
    columns: Mapping[str, str] | None = None,
    config: ReadingConfig = _DEFAULT_READING,
    now: datetime | None = None,
    on_problem: OnProblem | None = None,
    on_item: Callable[[Article | None], None] | None = None,
) -> Iterator[Article]:
    """Articles of a source; a text or path by itself is a file, folder or address to read.

    Args:
        source: What `as_articles` takes, or one input of `read_articles`.
        columns: The column to take for a field, where its usual names do not fit.
        config: How long an article may be, and how dates are read.
        now: A date later than a day after this is set aside.
        on_problem: Told of everything that was skipped or set aside.
        on_item: Told of each item or row, in order, its article; None if it was skipped.

    Raises:
        InputError: It cannot be read.
    """
    if not isinstance(source, str | Path):
        return as_articles(
            source, columns=columns, config=config, now=now, on_problem=on_problem, on_item=on_item
        )

    def on_row(row: InputRow) -> None:
        if on_item is not None:
            on_item(row.article)

    return read_articles(
        [source], columns=columns, config=config, now=now, on_problem=on_problem, on_row=on_row
    )


@dataclass(frozen=True, slots=True)
class Inputs:
    """The items that articles were made of, in the order of the input.

    Args:
        ids: Id of the article of each item; empty for one that was skipped.
        positions: Position of the item that each article was taken from, by id.
    """

    ids: tuple[str, ...] = ()
    positions: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, items: Iterable[Article | None], chosen: Mapping[str, Article]) -> Self:
        """The items of articles of which one of each id was chosen."""
        ids: list[str] = []
        positions: dict[str, int] = {}
        for position, article in enumerate(items):
            ids.append(article.id if article else "")
            if article and chosen[article.id] == article:
                positions.setdefault(article.id, position)
        return cls(tuple(ids), positions)
