"""`dedup doctor`: a check-up of the stories of a result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dedup.cli.console import Console
from dedup.cli.options import (
    INPUTS_HELP,
    NO_COLUMNS,
    JsonOption,
    ReadAs,
    check_output,
    column_options,
    duration_from,
    option,
)


@column_options("id", "title", "source")
def doctor_command(
    result: Annotated[Path, typer.Argument(help="A file written by `dedup cluster --output`.")],
    articles: Annotated[
        list[str] | None,
        option("INPUT", "The articles, for titles and sources; can be repeated. " + INPUTS_HELP),
    ] = None,
    plot: Annotated[
        str, option("FILE.svg|.png", "Draw a picture; needs pip install 'story-dedup\\[plot]'.")
    ] = "",
    max_gap: Annotated[
        str, option("DURATION", "The max_gap that the result was made with.")
    ] = "7d",
    as_json: JsonOption = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also explain findings that are ok.")
    ] = False,
    columns: ReadAs = NO_COLUMNS,
) -> None:
    """Check the stories of a result, and advise which settings to change.

    Looks for a story that is too large, texts that fit badly, chains in time,
    languages that do not mix, and series of one source (weather, exchange rates).
    Also shows plain figures: dates, copies, sizes.

    The level of a finding is ok, look or problem, or unknown if the input lacks
    what is needed. The exit code is 0 whatever the findings are.

    [bold]Examples[/bold]

      dedup cluster articles.jsonl -o clusters.parquet

      dedup doctor clusters.parquet --articles articles.jsonl --plot checkup.svg

      dedup doctor clusters.parquet --json | jq '.findings[].level'
    """
    from dedup.doctor import examine_file, plot_checkup
    from dedup.output.figures import format_of_picture
    from dedup.readers.files import read_articles

    if plot:
        check_output(plot, "--plot", format_of_picture)
    checkup = examine_file(
        result,
        read_articles(articles, columns=columns) if articles else None,
        max_gap=duration_from(max_gap, "--max-gap"),
    )
    Console(verbose=verbose).show_checkup(checkup, as_json=as_json)
    if plot:
        plot_checkup(checkup, plot)
        Console().show_written(plot)
