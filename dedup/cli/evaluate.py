"""`dedup evaluate`: compare a result with labels made by people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dedup.cli.console import Console


def evaluate_command(
    result: Annotated[Path, typer.Argument(help="What `dedup cluster --output` wrote.")],
    gold: Annotated[Path, typer.Argument(help="Table with id, cluster and, where known, lang.")],
    level: Annotated[
        Literal["story", "duplicate"],
        typer.Option(help="Compare story groups or duplicate clusters."),
    ] = "story",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare a result with labels made by people.

    Prints B-cubed, pairwise, CEAF-e, ARI, AMI and V-measure, counts, and
    precision and recall by pair of languages.

    Gold rows without a cluster are left out; gold articles that the result
    lacks count as clusters of their own.
    """
    from dedup.evaluation import evaluate_files

    Console().show_evaluation(evaluate_files(result, gold, level=level), as_json=as_json)
