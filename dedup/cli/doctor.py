"""`dedup doctor`: a check-up of the stories of a result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dedup.cli.console import Console
from dedup.cli.options import INPUTS_HELP, check_folder, column_option
from dedup.cli.reading import named_columns
from dedup.errors import OutputError
from dedup.settings import parse_duration


def doctor_command(
    result: Annotated[Path, typer.Argument(help="What `dedup cluster --output` wrote.")],
    articles: Annotated[
        list[str] | None,
        typer.Option(
            metavar="INPUT",
            help="The articles, for titles and sources; may be repeated. " + INPUTS_HELP,
        ),
    ] = None,
    plot: Annotated[
        str,
        typer.Option(
            metavar="FILE.svg|.png",
            help="A picture of it; needs pip install 'story-dedup\\[plot]'.",
        ),
    ] = "",
    max_gap: Annotated[
        str, typer.Option(metavar="DURATION", help="The setting that the result was made with.")
    ] = "7d",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Explain what is in order, too.")
    ] = False,
    id_column: Annotated[str | None, column_option("id")] = None,
    title_column: Annotated[str | None, column_option("title")] = None,
    source_column: Annotated[str | None, column_option("source")] = None,
) -> None:
    """Look for what went wrong in the stories of a result, and say what to change.

    Looks for a story that swallows the others, texts that fit badly, chains in
    time, languages that do not mix, and series of one source (weather, rates);
    and gives the plain figures: dates, copies, sizes.

    Each finding is ok, to look at, or a problem; or unknown, where the input
    lacks what it needs. The exit code is 0 whatever is found.

    [bold]Examples[/bold]

      dedup cluster articles.jsonl -o clusters.parquet

      dedup doctor clusters.parquet --articles articles.jsonl --plot checkup.svg

      dedup doctor clusters.parquet --json | jq '.findings[] | select(.level == "problem")'
    """
    from dedup.doctor import examine_file, plot_checkup
    from dedup.output.figures import format_of_picture
    from dedup.readers.files import read_articles

    if plot:
        try:
            format_of_picture(plot)
        except OutputError as error:
            raise typer.BadParameter(str(error), param_hint="--plot") from error
        check_folder(plot)
    columns = named_columns(id=id_column, title=title_column, source=source_column)
    found = examine_file(
        result,
        read_articles(articles, columns=columns) if articles else None,
        max_gap=parse_duration(max_gap),
    )
    Console(verbose=verbose).show_checkup(found, as_json=as_json)
    if plot:
        plot_checkup(found, plot)
        Console().show_written(plot)
