"""`dedup cluster --against`: which articles are copies of texts in another file or index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import opened
from dedup.cli.options import STDIN, ReadAs
from dedup.cli.reading import reading
from dedup.cli.rows import KeptRows
from dedup.config import Config
from dedup.output.tables import encode_rows, opened_output
from dedup.output.wording import counted
from dedup.records import Match, Problem
from dedup.result import JACCARD_DIGITS

if TYPE_CHECKING:
    from dedup.against import HoldsTexts
    from dedup.readers.rows import InputRow

COLUMNS = ("id", "copy_of", "jaccard", "containment", "config_digest")
_EXAMPLES = 10


def find_copies_of(
    against: str,
    inputs: list[str],
    outputs: Mapping[str, str],
    columns: ReadAs,
    config: Config,
    console: Console,
    *,
    wanted: str,
    file_format: str,
) -> None:
    """Write the articles that are copies of texts in another set, and the rows that are not.

    Args:
        against: A file, folder or index.
        inputs: See `read_articles`.
        outputs: Files by option: `output` and `unique`.
        columns: How the inputs are read.
        config: All settings.
        console: Shows counts and problems.
        wanted: See `KeptRows`.
        file_format: Format of both files; by default by their endings.
    """
    for name, path in outputs.items():
        if path and name not in ("output", "unique"):
            raise typer.BadParameter(f"--{name} needs stories, which --against does not group")
    problems: list[Problem] = []
    rows = KeptRows(wanted, whole=bool(outputs["unique"]))
    copies: list[tuple[dict[str, Any], InputRow]] = []
    others = 0
    with (
        _texts_of(against, columns, config, problems) as (held, digest),
        UniqueRows(outputs["unique"], file_format) as unique,
        reading(inputs, columns, config, console, problems, rows) as (articles, _),
    ):
        for article in rows.checked(articles):
            given = rows.pop()
            matches = held.copies(article, limit=1)
            if matches:
                copies.append((_copy_row(matches[0], digest), given))
            else:
                others += 1
                unique.add(given.values)
    if outputs["output"]:
        rows.joined(copies, COLUMNS).write(outputs["output"], file_format)
    console.say(
        f"{counted(len(copies) + others, 'article')}: {counted(len(copies), 'copy', 'copies')} of "
        f"texts in {against}, {others:,} not"
    )
    for row, _ in copies[:_EXAMPLES] if not outputs["output"] else ():
        console.say(f"  {row['id']} copies {row['copy_of']} (Jaccard {row['jaccard']:.2f})")
    console.show_problems(problems)
    for path in outputs.values():
        if path and path != STDIN:
            console.show_written(path)


def _copy_row(match: Match, digest: str) -> dict[str, Any]:
    contained = max(match.containment_a, match.containment_b)
    figures = (round(figure, JACCARD_DIGITS) for figure in (match.jaccard, contained))
    return dict(zip(COLUMNS, (match.b, match.a, *figures, digest), strict=True))


@contextmanager
def _texts_of(
    against: str, columns: ReadAs, config: Config, problems: list[Problem]
) -> Iterator[tuple[HoldsTexts, str]]:
    """The texts of an index or of files, and the digest of the configuration that decides."""
    from dedup.against import HeldTexts
    from dedup.readers.files import read_articles
    from dedup.store.location import may_hold_index

    if may_hold_index(against):
        with opened(against) as index:
            yield index, index.config.digest()
        return
    articles = read_articles(
        [against],
        columns=columns,
        records=columns.records,
        config=config.reading,
        now=datetime.now(UTC),
        on_problem=problems.append,
    )
    yield HeldTexts(articles, config), config.digest()


class UniqueRows:
    """Rows that are no copies, written as they come where the format allows it.

    Args:
        path: The file; empty for none.
        file_format: By default by its ending.
    """

    def __init__(self, path: str, file_format: str) -> None:
        self._opened = opened_output(path, file_format) if path else None
        self._rows: list[Mapping[str, object]] = []

    def __enter__(self) -> Self:
        if self._opened:
            self._file, self._format = self._opened.__enter__()
        return self

    def add(self, row: Mapping[str, object]) -> None:
        """Add a row."""
        if not self._opened:
            return
        self._rows.append(row)
        if self._format == "jsonl":
            self._write()

    def _write(self) -> None:
        columns = list(dict.fromkeys(name for row in self._rows for name in row))
        encode_rows(self._format, self._rows, [], columns, self._file)
        self._rows.clear()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._opened:
            if kind is None and self._rows:
                self._write()
            self._opened.__exit__(kind, error, trace)
