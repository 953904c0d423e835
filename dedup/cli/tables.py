"""Tables of an index: styled and as wide as the terminal, or whole plain lines in a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import typer
from rich.cells import cell_len
from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

from dedup.output.wording import counted, one_line

if TYPE_CHECKING:
    from dedup.index.records import IndexStats
    from dedup.records import StoryGroup
    from dedup.store import StoredArticle, StoryEvent

STORY_TABLE = (
    "id", "texts", "articles", "sources", "first seen", "last seen", "languages", "headline",
)  # fmt: skip
ARTICLE_TABLE = ("published", "source", "language", "id", "headline")
ARTICLE_SPARE = ("language", "source")
_FIGURES = {
    "texts", "articles", "sources", "copies", "jaccard", "contained", "P", "likeness", "apart",
}  # fmt: skip
"""Columns that are aligned to the right."""
_PLAIN_WIDTH = 100_000
_MIN_LAST = 30


def show_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, spare: Sequence[str] = ()
) -> None:
    """Print rows under their columns, on stdout.

    Args:
        columns: Name of each column.
        rows: Cells; control characters become spaces.
        spare: Columns that are dropped on a narrow terminal, the first one first.
    """
    terminal = RichConsole(highlight=False)
    cells = [tuple(map(one_line, row)) for row in rows]
    if terminal.is_terminal:
        shown = _fitting(columns, cells, spare, terminal.width)
        terminal.print(_table(columns, cells, shown, cut=True))
        return
    sheet = io.StringIO()
    table = _table(columns, cells, range(len(columns)), cut=False)
    RichConsole(file=sheet, width=_PLAIN_WIDTH, highlight=False).print(table)
    for line in sheet.getvalue().splitlines():
        typer.echo(line.rstrip())


def _fitting(
    columns: Sequence[str], cells: Sequence[Sequence[str]], spare: Sequence[str], width: int
) -> list[int]:
    """Indices of the columns that are shown, so that there is room for the last one."""
    widths = _widths(columns, cells)
    shown = list(range(len(columns)))
    for name in spare:
        if sum(widths[number] + 2 for number in shown[:-1]) + _MIN_LAST <= width:
            break
        shown = [number for number in shown if columns[number] != name]
    return shown


def _widths(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    return [
        max(map(cell_len, [name, *(row[number] for row in cells)]))
        for number, name in enumerate(columns)
    ]


def _table(
    columns: Sequence[str], cells: Sequence[Sequence[str]], shown: Sequence[int], *, cut: bool
) -> Table:
    """A table of some columns; with `cut`, the last one takes the room that is left."""
    table = Table(box=None, pad_edge=False, expand=cut)
    widths = _widths(columns, cells)
    for number in shown:
        name, last = columns[number], number == shown[-1]
        table.add_column(
            Text(name, style="bold" if cut else ""),
            justify="right" if name in _FIGURES else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if last and cut else None,
            min_width=None if last and cut else widths[number],
        )
    for row in cells:
        table.add_row(*(Text(row[number]) for number in shown))
    return table


def figure_table(name: str, *figures: str) -> Table:
    """A table of a column of names and columns of figures, still without rows."""
    table = Table(box=None, pad_edge=False)
    table.add_column(name)
    for figure in figures:
        table.add_column(figure, justify="right")
    return table


def show_line(text: str = "") -> None:
    """Print a line on stdout; control characters become spaces."""
    typer.echo(one_line(text))


def minute(time: datetime | None) -> str:
    """A time to the minute, in UTC."""
    return f"{time:%Y-%m-%d %H:%M}" if time else "undated"


def share(value: float | None) -> str:
    """A probability or a similarity with two decimals; empty if there is none."""
    return "" if value is None else f"{value:.2f}"


def holdings(counts: IndexStats) -> str:
    """The contents of an index, as a phrase."""
    return (
        f"{counted(counts.articles, 'article')}, {counted(counts.texts, 'independent text')}, "
        f"{counted(counts.story_groups, 'story', 'stories')}"
    )


def story_cells(story: StoryGroup) -> tuple[str, ...]:
    """A story group as a row of `STORY_TABLE`."""
    return (
        story.id,
        f"{story.texts:,}",
        f"{story.articles:,}",
        f"{len(story.sources):,}",
        minute(story.first_seen),
        minute(story.last_seen),
        " ".join(story.languages),
        story.headline,
    )


def article_cells(stored: StoredArticle) -> tuple[str, ...]:
    """Time, source, language, id and headline of an article, as a row of `ARTICLE_TABLE`."""
    from dedup.articles import headline_of, written_time

    article = stored.article
    time = written_time(article) or "undated"
    return time, article.source, article.language, article.id, headline_of(article, stored.clean)


def event_line(event: StoryEvent) -> str:
    """An event as a line: number, time, kind, story, articles added and removed."""
    other = {"merged": f" into {event.other}", "split": f" from {event.other}"}
    moved = [f"+{id}" for id in event.added] + [f"-{id}" for id in event.removed]
    parts = (
        f"{event.number:>6}",
        f"{event.at:%Y-%m-%d %H:%M:%S}",
        f"{event.kind:<7}",
        f"{event.story_group}{other.get(event.kind, '')}",
        " ".join(moved),
    )
    return "  ".join(parts).rstrip()
