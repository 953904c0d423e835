"""`dedup calibrate`: calibrated probabilities for an encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dedup.cli.console import Console
from dedup.cli.options import (
    NO_COLUMNS,
    ConfigOption,
    EncoderOption,
    Inputs,
    ReadAs,
    check_output,
    column_options,
    option,
    settings_from,
)
from dedup.cli.reading import reading
from dedup.errors import OutputError
from dedup.records import Problem


@column_options("id", "title", "text", "published_at", "language")
def calibrate_command(
    inputs: Inputs,
    output: Annotated[str, option("FILE.json", "File for the curves.", "--output", "-o")],
    encoder: EncoderOption = None,
    gold: Annotated[
        Path | None,
        option(
            "FILE",
            "Table with id and cluster: stories labelled by people. Some hundred articles "
            "help; by default, the articles are used without labels.",
        ),
    ] = None,
    config: ConfigOption = None,
    columns: ReadAs = NO_COLUMNS,
) -> None:
    r"""Calibrate the probabilities for an encoder.

    Each encoder has its own scale of cosines: two unrelated texts may have .1
    with one and .8 with another. This command writes a file of curves for one
    encoder, which turn the evidence of two articles into P(same event).

    [bold]Examples[/bold]

      dedup calibrate articles.jsonl --encoder NAME -o e5.json

      dedup calibrate articles.jsonl --gold labels.csv -o own.json

    To use the file, set weights = "e5.json" in the section \[affinity] of the
    configuration.
    """
    from dedup.calibration.calibrate import calibrate
    from dedup.evaluation import read_labels
    from dedup.output.tables import replacing

    check_output(output, "--output", _curves)
    settings = settings_from(config, encoder={"name": encoder})
    labels = read_labels(gold)[0] if gold else None
    console = Console()
    problems: list[Problem] = []
    with reading(inputs, columns, settings, console, problems) as (articles, progress):
        calibration = calibrate(
            list(articles), settings, gold=labels, progress=progress, problems=problems
        )
    console.show_problems(problems)
    with replacing(output) as file:
        file.write(calibration.model.to_json(calibration.note).encode())
    typer.echo(f"{calibration.note}; min_cosine {calibration.model.min_cosine}")
    console.show_written(output)


def _curves(path: str) -> None:
    if not path.lower().endswith(".json"):
        raise OutputError(f"{path!r}: the curves are a .json file")
