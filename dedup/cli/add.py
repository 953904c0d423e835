"""`dedup add`: put articles into an index, from files or from a stream that never ends."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli.console import Console, StepProgress
from dedup.cli.indexes import STDIN, IndexArgument, require_place, settings_of
from dedup.cli.options import INPUTS_HELP, column_option
from dedup.cli.reading import named_columns
from dedup.cli.stream import Interruption, live_stdin
from dedup.cli.tables import holdings
from dedup.cli.values import json_line
from dedup.config import Config, ReadingConfig
from dedup.errors import InputError
from dedup.records import Article, Problem

if TYPE_CHECKING:
    from dedup.index.story_index import StoryIndex

_STATUSES = ("added", "updated", "unchanged")
_EXAMPLES = 3
# These are about a file; every other problem that is not kept is an article less.
_OF_FILES = {"empty file", "damaged file", "unreadable file", "no title or text column"}
_STOPPED_BY_HAND = 130


def add_command(
    index: IndexArgument,
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help=INPUTS_HELP)],
    batch: Annotated[
        int, typer.Option(min=1, metavar="COUNT", help="Articles that are written together.")
    ] = 1000,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="Settings of a new index, as for `cluster`; one that is there keeps its own, "
            "but for the window in [index].",
        ),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="NAME", help="Encoder of a new index, as for `cluster`.")
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print where each article was put, one JSON object a line, as soon as it is "
            "durable; the last line has the counts.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List every problem.")] = False,
    id_column: Annotated[str | None, column_option("id")] = None,
    title_column: Annotated[str | None, column_option("title")] = None,
    text_column: Annotated[str | None, column_option("text")] = None,
    source_column: Annotated[str | None, column_option("source")] = None,
    published_at_column: Annotated[str | None, column_option("published_at")] = None,
    language_column: Annotated[str | None, column_option("language")] = None,
    url_column: Annotated[str | None, column_option("url")] = None,
) -> None:
    """Add articles to an index; make the index if there is none.

    What is added is durable, and compared with everything that is there: its
    copies and stories can be asked for at once. An id that is there already is
    updated if its content is another one, else left alone. So the same command
    can be run again, after an interruption too: it goes on where it stopped.

    From a stream (-), a batch is written when it is full, or a second after its
    first line. Ctrl-C finishes the batch at hand. One process at a time may add;
    any number may read.

    [bold]Examples[/bold]

      dedup add news articles.jsonl

      dedup add news pages/ feed.csv.gz --batch 5000

      tail -F feed.jsonl | dedup add news - --json | jq -r '.id + " " + .story_group'
    """
    require_place(index)
    _require_inputs(inputs)
    settings = settings_of(config, encoder)
    columns = named_columns(
        id=id_column,
        title=title_column,
        text=text_column,
        source=source_column,
        published_at=published_at_column,
        language=language_column,
        url=url_column,
    )
    console = Console(quiet=quiet, verbose=verbose, table_to_stderr=as_json)
    log = ProblemLog(keep_all=verbose)
    adder = Adder(batch, log, print_placements=as_json)
    try:
        all_of_it = _add(adder, index, settings, inputs, columns, console)
    finally:
        adder.show(console, as_json=as_json)
    if not all_of_it:
        console.note("stopped: what was counted is in the index; the same command goes on")
        raise typer.Exit(_STOPPED_BY_HAND)


class ProblemLog:
    """Problems by kind: of a stream that never ends only the first are kept as examples.

    Args:
        keep_all: Keep all.
    """

    def __init__(self, *, keep_all: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: list[Problem] = []
        self.skipped = 0
        self._keep_all = keep_all

    def append(self, problem: Problem) -> None:
        """Count a problem."""
        self.counts[problem.kind] += 1
        self.skipped += not problem.article_kept and problem.kind not in _OF_FILES
        if self._keep_all or self.counts[problem.kind] <= _EXAMPLES:
            self.examples.append(problem)


class Adder:
    """Collects articles, and adds them to an index in batches.

    Args:
        size: Articles of a batch.
        log: Where problems go.
        print_placements: Print where each article was put, as JSON lines.
    """

    def __init__(self, size: int, log: ProblemLog, *, print_placements: bool = False) -> None:
        self.counts = dict.fromkeys(_STATUSES, 0)
        self.totals = ""
        self._size = size
        self.log = log
        self._print = print_placements
        self._batch: list[Article] = []
        self._index: StoryIndex | None = None
        self._progress: StepProgress | None = None

    def begin(self, index: StoryIndex, progress: StepProgress) -> None:
        """What to add to, and whom to tell."""
        self._index, self._progress = index, progress

    def take(self, article: Article) -> None:
        """Add an article to the batch, and the batch to the index when it is full."""
        self._batch.append(article)
        if len(self._batch) >= self._size:
            self.flush()

    def flush(self) -> None:
        """Add the batch at hand to the index."""
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
        """Count what the index holds now."""
        if self._index is not None:
            self.totals = f"the index holds {holdings(self._index.stats())}"

    def show(self, console: Console, *, as_json: bool) -> None:
        """The counts and the problems."""
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
    columns: Mapping[str, str],
    console: Console,
) -> bool:
    """Whether everything was added; False if Ctrl-C asked to stop."""
    from dedup.index.story_index import StoryIndex
    from dedup.readers.files import total_bytes

    with (
        console.progress(total_bytes(inputs)) as progress,
        StoryIndex.open(location, settings, progress=progress) as index,
        Interruption() as interruption,
    ):
        adder.begin(index, progress)
        articles = _read(inputs, columns, index.config.reading, adder, interruption, progress)
        done = _fed(adder, articles, interruption)
        adder.finish()
        return done


def _read(
    inputs: list[str],
    columns: Mapping[str, str],
    reading: ReadingConfig,
    adder: Adder,
    interruption: Interruption,
    progress: StepProgress,
) -> Iterator[Article]:
    from dedup.readers.files import read_articles

    return read_articles(
        inputs,
        columns=columns,
        config=reading,
        now=datetime.now(UTC),
        stdin=live_stdin(adder.flush, interruption) if STDIN in inputs else None,
        on_problem=adder.log.append,
        on_bytes=progress.on_bytes,
    )


def _fed(adder: Adder, articles: Iterator[Article], interruption: Interruption) -> bool:
    """Give all articles to the adder; False if Ctrl-C came before their end."""
    while not interruption.asked:
        try:
            article = next(articles, None)
        except InputError:
            # What was read before the input that cannot be read is good.
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
    return not interruption.asked


def _require_inputs(inputs: list[str]) -> None:
    """Refuse what is not there before an index is made for it."""
    for each in inputs:
        if each != STDIN and not Path(each).exists():
            raise InputError(f"{each}: there is no such file or folder")
