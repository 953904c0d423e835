"""`dedup calibrate`: probabilities that fit an encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dedup.cli.console import Console
from dedup.cli.options import INPUTS_HELP, check_folder, column_option
from dedup.cli.reading import named_columns, reading
from dedup.config import Config
from dedup.records import Problem


def calibrate_command(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help=INPUTS_HELP)],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE.json", help="Where the curves go.")
    ],
    encoder: Annotated[
        str, typer.Option(metavar="NAME", help="A sentence-transformers model name or folder.")
    ] = "bundled",
    gold: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Table with id and cluster: stories labelled by people. Some hundreds of "
            "articles help, without it the corpus itself is used.",
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="All settings, as for `cluster`.")
    ] = None,
    id_column: Annotated[str | None, column_option("id")] = None,
    title_column: Annotated[str | None, column_option("title")] = None,
    text_column: Annotated[str | None, column_option("text")] = None,
    published_at_column: Annotated[str | None, column_option("published_at")] = None,
    language_column: Annotated[str | None, column_option("language")] = None,
) -> None:
    """Make probabilities fit an encoder.

    Every encoder has cosines on a scale of its own: two unrelated texts may have .1 by one
    and .8 by another. This writes a file of curves that turn what two articles have in common
    into P(same event), for one encoder.

    [bold]Examples[/bold]

      dedup calibrate articles.jsonl --encoder intfloat/multilingual-e5-small -o e5.json

      dedup calibrate articles.jsonl --gold labels.csv -o own.json

    The configuration names the file: weights = "e5.json" in the section affinity.
    """
    from dedup.calibration.calibrate import calibrate
    from dedup.evaluation import read_labels
    from dedup.output.tables import replacing

    if not output.lower().endswith(".json"):
        raise typer.BadParameter(f"{output!r}: the curves are a .json file", param_hint="--output")
    check_folder(output)
    settings = Config.from_toml(config) if config else Config()
    settings = settings.replace(encoder={"name": encoder})
    columns = named_columns(
        id=id_column,
        title=title_column,
        text=text_column,
        published_at=published_at_column,
        language=language_column,
    )
    labels = read_labels(gold)[0] if gold else None
    console = Console()
    problems: list[Problem] = []
    with reading(inputs, columns, settings, console, problems) as (articles, progress):
        found = calibrate(
            list(articles), settings, gold=labels, progress=progress, problems=problems
        )
    console.show_problems(problems)
    with replacing(output) as file:
        file.write(found.model.to_json(found.note).encode())
    typer.echo(f"{found.note}; min_cosine {found.model.min_cosine}")
    console.show_written(output)
