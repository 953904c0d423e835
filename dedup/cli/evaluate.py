"""`dedup evaluate`: compare a result with labels made by people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dedup.cli.console import Console
from dedup.cli.options import JsonOption


def evaluate_command(
    result: Annotated[Path, typer.Argument(help="A file written by `dedup cluster --output`.")],
    gold: Annotated[
        Path, typer.Argument(help="Table with the columns id, cluster and, optionally, lang.")
    ],
    level: Annotated[
        Literal["story", "duplicate"],
        typer.Option(help="Compare story groups or duplicate clusters."),
    ] = "story",
    as_json: JsonOption = False,
) -> None:
    """Compare a result with labels made by people.

    Prints B-cubed, pairwise and CEAF-e scores, ARI, AMI and V-measure, counts,
    and precision and recall by pair of languages.

    Labels without a cluster are ignored. Each labelled article that is missing
    in the result counts as a cluster of its own.
    """
    from dedup.evaluation import evaluate_files

    Console().show_evaluation(evaluate_files(result, gold, level=level), as_json=as_json)
