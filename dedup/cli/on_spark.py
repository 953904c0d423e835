"""`dedup cluster --engine spark`: files in, a folder out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

import typer

from dedup.cli.console import Console
from dedup.config import Config
from dedup.records import Problem


def cluster_on_spark(
    inputs: list[str],
    outputs: Mapping[str, str],
    columns: Mapping[str, str],
    config: Config,
    console: Console,
    *,
    master: str,
    resume: bool,
) -> None:
    """Find copies and stories on Spark, write them, and show the counts.

    Args:
        inputs: Files and folders.
        outputs: Paths by option; only `output` is possible.
        columns: Columns by field, if they have unusual names.
        config: All settings.
        console: Shows the stages and the counts.
        master: Address of the master; empty for this machine.
        resume: Resume an interrupted run.
    """
    for option, path in outputs.items():
        if path and option != "output":
            raise typer.BadParameter(
                f"--{option} is not available on Spark: --output DIR gets articles and stories"
            )
    if not outputs["output"] or outputs["output"] == "-":
        raise typer.BadParameter("--engine spark writes a folder: give --output DIR")
    from dedup.spark.files import cluster_files
    from dedup.spark.session import session

    written = cluster_files(
        inputs,
        outputs["output"],
        config,
        partial(session, master),
        columns=columns,
        now=datetime.now(UTC),
        resume=resume,
        on_stage=lambda stage: console.note(f"{stage} ..."),
    )
    console.show_counts(written.summary, several=written.several, across=written.across)
    problems = [Problem(*example) for example in written.examples]
    console.show_problems(problems, written.summary.problems)
    for note in written.summary.notes:
        console.note(f"note: {note}")
    console.show_written(outputs["output"])
