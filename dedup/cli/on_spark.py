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
    """Find copies and stories on Spark, write them, and say what was found.

    Args:
        inputs: Files and folders.
        outputs: By option; only `output` can be given.
        columns: Columns by field, where their usual names do not fit.
        config: All settings.
        console: Shows what is done, and the counts.
        master: Address of the master; empty for this machine.
        resume: Go on with what a run left that was cut off.
    """
    for option, path in outputs.items():
        if path and option != "output":
            raise typer.BadParameter(
                f"--{option} is not written on Spark: --output DIR holds articles and stories"
            )
    if not outputs["output"] or outputs["output"] == "-":
        raise typer.BadParameter("--engine spark writes a folder: name it with --output DIR")
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
