"""`dedup add`: add articles to an index, from files or from an endless stream."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import IndexArgument, require_index_or_room, settings_of
from dedup.cli.options import (
    ALL_FIELDS,
    NO_COLUMNS,
    STDIN,
    Inputs,
    QuietOption,
    ReadAs,
    VerboseOption,
    column_options,
    option,
)
from dedup.cli.stream import Interruption, live_stdin
from dedup.cli.tables import holdings
from dedup.cli.values import json_line
from dedup.config import Config
from dedup.errors import InputError
from dedup.output.bars import StepBars
from dedup.records import Article, Problem

if TYPE_CHECKING:
    from dedup.index.story_index import StoryIndex

_STATUSES = ("added", "updated", "unchanged")
_EXAMPLES = 3
# Problems of a file. Any other problem without its article kept is a skipped article.
_OF_FILES = {
    "damaged file", "empty feed", "empty file", "no title or text column", "unknown ending",
    "unreadable file",
}  # fmt: skip
_STOPPED_BY_HAND = 130


@column_options(*ALL_FIELDS)
def add_command(
    index: IndexArgument,
    inputs: Inputs,
    batch: Annotated[
        int, option("COUNT", "Number of articles that are written together.", min=1)
    ] = 1000,
    config: Annotated[
        Path | None,
        option(
            "FILE.toml",
            "Settings of a new index, as for `cluster`. An existing index keeps its own, "
            "except those in \\[index].",
        ),
    ] = None,
    encoder: Annotated[
        str | None, option("NAME", "Encoder of a new index, as for `cluster`.")
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the placement of each article, one JSON object per line, as soon as it is "
            "stored; the last line has the counts.",
        ),
    ] = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    keep_sources_apart: Annotated[
        bool,
        typer.Option(
            "--keep-sources-apart",
            help="Ids belong to their source: article 7 of Echo and article 7 of Herald are two.",
        ),
    ] = False,
    columns: ReadAs = NO_COLUMNS,
) -> None:
    """Add articles to an index; create the index if there is none.

    Added articles are stored safely and compared with all others, so their copies
    and stories can be queried at once. An article whose id is already in the
    index is updated if its content has changed, otherwise it is left as it is. So
    the same command can be run again, to resume after an interruption.

    From a stream (-), a batch is written when it is full, or one second after its
    first line. Ctrl-C finishes the current batch. One process at a time may add;
    any number may read.

    [bold]Examples[/bold]

      dedup add news articles.jsonl

      dedup add news pages/ feed.csv.gz --batch 5000

      tail -F feed.jsonl | dedup add news - --json | jq -r '.id, .story_group'
    """
    require_index_or_room(index)
    _require_inputs(inputs)
    settings = settings_of(config, encoder)
    console = Console(quiet=quiet, verbose=verbose, table_to_stderr=as_json)
    log = ProblemLog(all_examples=verbose)
    adder = Adder(batch, log, print_placements=as_json, keep_sources_apart=keep_sources_apart)
    try:
        complete = _add(adder, index, settings, inputs, columns, console)
    finally:
        adder.show(console, as_json=as_json)
    if not complete:
        console.note(
            "stopped: the counted articles are in the index; run the command again to go on"
        )
        raise typer.Exit(_STOPPED_BY_HAND)


class ProblemLog:
    """Problems counted by kind, with the first of each kind as examples.

    Args:
        all_examples: Remember all problems as examples.
    """

    def __init__(self, *, all_examples: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: list[Problem] = []
        self.skipped = 0
        self._all_examples = all_examples

    def append(self, problem: Problem) -> None:
        """Count a problem."""
        self.counts[problem.kind] += 1
        self.skipped += not problem.article_kept and problem.kind not in _OF_FILES
        if self._all_examples or self.counts[problem.kind] <= _EXAMPLES:
            self.examples.append(problem)


class Adder:
    """Collects articles, and adds them to an index in batches.

    Args:
        size: Number of articles in a batch.
        log: Problems are appended here.
        print_placements: Print the placement of each article as a JSON line.
        keep_sources_apart: Put the source before each id.
    """

    def __init__(
        self,
        size: int,
        log: ProblemLog,
        *,
        print_placements: bool = False,
        keep_sources_apart: bool = False,
    ) -> None:
        self.counts = dict.fromkeys(_STATUSES, 0)
        self.totals = ""
        self._size = size
        self.log = log
        self._print = print_placements
        self._keep_sources_apart = keep_sources_apart
        self._batch: list[Article] = []
        self._index: StoryIndex | None = None
        self._progress: StepBars | None = None

    def begin(self, index: StoryIndex, progress: StepBars) -> None:
        """Set the index to add to, and the progress to report to."""
        self._index, self._progress = index, progress

    def take(self, article: Article) -> None:
        """Add an article to the batch, and the batch to the index when it is full."""
        if self._keep_sources_apart:
            from dedup.articles import of_source

            article = of_source(article)
        self._batch.append(article)
        if len(self._batch) >= self._size:
            self.flush()

    def flush(self) -> None:
        """Add the current batch to the index."""
        if not self._batch or self._index is None:
            return
        problems: list[Problem] = []
        placements = self._index.add(self._batch, problems)
        self._batch = []
        for problem in problems:
            self.log.append(problem)
        for placement in placements:
            assert placement.status is not None, "an addition has a status"
            self.counts[placement.status] += 1
        if self._print:
            for placement in placements:
                typer.echo(json_line(placement))
            sys.stdout.flush()
        if self._progress is not None:
            self._progress("add", sum(self.counts.values()), None)

    def finish(self) -> None:
        """Count the contents of the index."""
        if self._index is not None:
            self.totals = f"the index holds {holdings(self._index.stats())}"

    def show(self, console: Console, *, as_json: bool) -> None:
        """Print the counts and the problems."""
        counts = {**self.counts, "skipped": self.log.skipped}
        if as_json:
            typer.echo(json_line({"counts": counts, "problems": dict(self.log.counts)}))
        else:
            console.say(", ".join(f"{count:,} {name}" for name, count in counts.items()))
        if self.totals:
            console.say(self.totals)
        console.show_problems(self.log.examples, self.log.counts)


def _add(
    adder: Adder,
    location: str,
    settings: Config | None,
    inputs: list[str],
    columns: ReadAs,
    console: Console,
) -> bool:
    """Whether everything was added; False after Ctrl-C."""
    from dedup.index.story_index import StoryIndex
    from dedup.readers.files import read_articles, total_bytes

    with (
        console.progress(total_bytes(inputs)) as progress,
        StoryIndex.open(location, settings, progress=progress) as index,
        Interruption() as interruption,
    ):
        adder.begin(index, progress)
        articles = read_articles(
            inputs,
            columns=columns,
            records=columns.records,
            config=columns.configured(index.config.reading),
            now=datetime.now(UTC),
            stdin=live_stdin(adder.flush, interruption) if STDIN in inputs else None,
            on_problem=adder.log.append,
            on_bytes=progress.on_bytes,
            on_columns=console.show_columns,
        )
        done = _fed(adder, articles, interruption)
        adder.finish()
        return done


def _fed(adder: Adder, articles: Iterator[Article], interruption: Interruption) -> bool:
    """Give all articles to the adder; False if Ctrl-C came before the end."""
    while not interruption.requested:
        try:
            article = next(articles, None)
        except InputError:
            # The articles read before the unreadable input are good.
            adder.flush()
            raise
        except KeyboardInterrupt:
            if interruption.forced:
                raise
            break
        if article is None:
            break
        adder.take(article)
    adder.flush()
    return not interruption.requested


def _require_inputs(inputs: list[str]) -> None:
    """Refuse missing inputs before an index is created for them."""
    from dedup.readers.addresses import is_address

    for path in inputs:
        if path != STDIN and not is_address(path) and not Path(path).exists():
            raise InputError(f"{path}: there is no such file or folder")
