"""`dedup cluster`: find copies and stories in files of articles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dedup.cli.console import Console
from dedup.cli.options import (
    ALL_FIELDS,
    LIMITS,
    NO_COLUMNS,
    STDIN,
    ConfigOption,
    EncoderOption,
    Inputs,
    QuietOption,
    ReadAs,
    VerboseOption,
    check_output,
    column_options,
    option,
    settings_from,
)
from dedup.cli.reading import clustered
from dedup.config import Config
from dedup.errors import OutputError
from dedup.records import Problem
from dedup.settings import parse_duration

if TYPE_CHECKING:
    from dedup.result import Result

_OUTPUTS = "What it writes"
_WHERE = "Where it runs"


@column_options(*ALL_FIELDS)
def cluster_command(
    inputs: Inputs,
    output: Annotated[
        str,
        option(
            "FILE",
            "One row per article, as .parquet, .jsonl or .csv; - for JSONL on stdout. "
            "A folder with --engine spark.",
            "--output",
            "-o",
            rich_help_panel=_OUTPUTS,
        ),
    ] = "",
    stories: Annotated[
        str,
        option("FILE", "One row per story group, in the same formats.", rich_help_panel=_OUTPUTS),
    ] = "",
    related: Annotated[
        str,
        option(
            "FILE",
            "One row per pair of related stories, such as a follow-up.",
            rich_help_panel=_OUTPUTS,
        ),
    ] = "",
    matches: Annotated[
        str,
        option(
            "FILE",
            "One row per verified pair of copies, with the exact similarity.",
            rich_help_panel=_OUTPUTS,
        ),
    ] = "",
    report: Annotated[
        str,
        option(
            "FILE.html",
            "A web page with the stories, their copies and the evidence.",
            rich_help_panel=_OUTPUTS,
        ),
    ] = "",
    config: ConfigOption = None,
    encoder: EncoderOption = None,
    min_jaccard: Annotated[
        float | None,
        option(
            "SHARE",
            "Two texts with at least this Jaccard similarity are copies.",
            rich_help_panel=LIMITS,
        ),
    ] = None,
    min_probability: Annotated[
        float | None,
        option(
            "P",
            "Lower means larger stories. Two groups merge if their articles are, on average, "
            "at least this likely to be about the same event.",
            rich_help_panel=LIMITS,
        ),
    ] = None,
    max_gap: Annotated[
        str | None,
        option(
            "DURATION",
            "Articles published further apart are not compared: 36h, 7d, 2w.",
            rich_help_panel=LIMITS,
        ),
    ] = None,
    engine: Annotated[
        Literal["batch", "spark"],
        typer.Option(
            help="spark, if the articles outgrow one machine: the same result "
            "(pip install 'story-dedup\\[spark]', Java 17).",
            rich_help_panel=_WHERE,
        ),
    ] = "batch",
    master: Annotated[
        str,
        option(
            "URL",
            "Address of the Spark master: local\\[4], spark://host:7077, yarn. By default, "
            "this machine.",
            rich_help_panel=_WHERE,
        ),
    ] = "",
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Resume an interrupted Spark run after its last finished stage.",
            rich_help_panel=_WHERE,
        ),
    ] = False,
    columns: ReadAs = NO_COLUMNS,
    top: Annotated[int, typer.Option(min=0, help="Number of stories in the table.")] = 20,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Find copies and stories in files of articles.

    Reads and cleans the articles, finds and verifies copies of one text, and
    groups the articles about one event, in any language.

    The fields are id, title, text, source, published_at, language and url. Their
    usual names are recognised; other columns are ignored.

    [bold]Examples[/bold]

      dedup cluster articles.jsonl --report report.html

      dedup cluster pages/ feed.csv.gz -o clusters.parquet

      zcat feed.jsonl.gz | dedup cluster - -o - | jq .story_group

      dedup cluster articles/ --engine spark --master spark://host:7077 -o clusters
    """
    settings = settings_from(
        config,
        encoder={"name": encoder},
        near_duplicates={"min_jaccard": min_jaccard},
        stories={"min_probability": min_probability},
        neighbors={"max_gap": parse_duration(max_gap) if max_gap else None},
    )
    settings = replace(settings, reading=columns.configured(settings.reading))
    outputs = {
        "output": output,
        "stories": stories,
        "related": related,
        "matches": matches,
        "report": report,
    }
    if engine == "spark":
        shown = Console(quiet=quiet, verbose=verbose)
        _cluster_on_spark(inputs, outputs, columns, settings, shown, master=master, resume=resume)
        return
    if master or resume:
        raise typer.BadParameter("--master and --resume need --engine spark")
    _check_outputs(outputs)
    console = Console(quiet=quiet, verbose=verbose, table_to_stderr=STDIN in outputs.values())
    result = clustered(inputs, columns, settings, console)
    _write(result, outputs)
    console.show_result(result, top=top, written=[path for path in outputs.values() if path])


def _cluster_on_spark(
    inputs: list[str],
    outputs: Mapping[str, str],
    columns: ReadAs,
    config: Config,
    console: Console,
    *,
    master: str,
    resume: bool,
) -> None:
    """Find copies and stories on Spark, write them into a folder, and show the counts."""
    for name, path in outputs.items():
        if path and name != "output":
            raise typer.BadParameter(
                f"--{name} is not available on Spark: --output DIR gets articles and stories"
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
        records=columns.records,
        now=datetime.now(UTC),
        resume=resume,
        on_stage=lambda stage: console.note(f"{stage} ..."),
        on_columns=console.show_columns,
    )
    console.show_counts(written.summary, several=written.several, across=written.across)
    problems = [Problem(*example) for example in written.examples]
    console.show_problems(problems, written.summary.problems)
    for note in written.summary.notes:
        console.note(f"note: {note}")
    console.show_written(outputs["output"])


def _write(result: Result, outputs: dict[str, str]) -> None:
    from dedup.report import write_report

    write: dict[str, Callable[[str], None]] = {
        "output": result.save,
        "stories": result.save_stories,
        "related": result.save_related,
        "matches": result.save_matches,
        "report": partial(write_report, result),
    }
    for name, path in outputs.items():
        if path:
            write[name](path)


def _check_outputs(outputs: dict[str, str]) -> None:
    """Refuse what cannot be written before the work, not after it."""
    from dedup.output.tables import format_of

    for name, path in outputs.items():
        if path and (name, path) != ("output", STDIN):
            check_output(path, f"--{name}", _page if name == "report" else format_of)


def _page(path: str) -> None:
    if not path.lower().endswith((".html", ".htm")):
        raise OutputError(f"{path!r}: the report is a .html file")
