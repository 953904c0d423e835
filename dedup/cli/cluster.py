"""`dedup cluster`: find copies and stories in files of articles."""

from __future__ import annotations

from collections.abc import Mapping
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
    OUTPUTS,
    STDIN,
    ConfigOption,
    EncoderOption,
    FormatOption,
    HeadlinesOption,
    Inputs,
    QuietOption,
    ReadAs,
    ReportStoriesOption,
    TitleOption,
    VerboseOption,
    check_output,
    check_page,
    check_tables,
    check_uses,
    column_options,
    duration_from,
    languages_from,
    option,
    page_settings,
    settings_from,
)
from dedup.cli.reading import clustered
from dedup.cli.rows import KeptRows
from dedup.config import Config
from dedup.records import Problem

if TYPE_CHECKING:
    from dedup.result import By, Result

_WHERE = "Where it runs"


@column_options(*ALL_FIELDS)
def cluster_command(
    inputs: Inputs,
    output: Annotated[
        str,
        option(
            "FILE",
            "One row per article in the order of the input, as .parquet, .jsonl or .csv; - for "
            "stdout. A folder with --engine spark.",
            "--output",
            "-o",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    with_columns: Annotated[
        str,
        option(
            "COLUMNS",
            "Columns of the input beside those of --output: title,url or all. Also file and row, "
            "which are there without being named if articles have no ids.",
            "--with",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    unique: Annotated[
        str,
        option(
            "FILE",
            "The rows of the input without copies: all columns, one row of each text.",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    unique_by: Annotated[
        Literal["duplicate", "story"],
        typer.Option(
            help="Of what --unique has one row: of each text, or of each story.",
            rich_help_panel=OUTPUTS,
        ),
    ] = "duplicate",
    against: Annotated[
        str,
        option(
            "FILE|INDEX",
            "Only find which articles are copies of texts in this file, folder or index. "
            "--output has those that are, --unique the rows that are not.",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    stories: Annotated[
        str,
        option("FILE", "One row per story group, in the same formats.", rich_help_panel=OUTPUTS),
    ] = "",
    related: Annotated[
        str,
        option(
            "FILE",
            "One row per pair of related stories, such as a follow-up.",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    matches: Annotated[
        str,
        option(
            "FILE",
            "One row per verified pair of copies, with the exact similarity.",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    report: Annotated[
        str,
        option(
            "FILE.html",
            "A web page with the stories, their copies and the evidence.",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    file_format: FormatOption = None,
    headlines: HeadlinesOption = "",
    title: TitleOption = None,
    report_stories: ReportStoriesOption = None,
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
    limit: Annotated[int, option("COUNT", "Maximum number of stories in the table.", min=0)] = 20,
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

      dedup cluster corpus.csv --unique unique.csv

      dedup cluster articles.csv -o clusters.csv --with title,url

      dedup cluster test.jsonl --against train.jsonl --unique test-clean.jsonl

      zcat feed.jsonl.gz | dedup cluster - -o - | jq .story_group

      dedup cluster articles/ --engine spark --master spark://hub:7077 -o clusters
    """
    settings = settings_from(
        config,
        encoder={"name": encoder},
        near_duplicates={"min_jaccard": min_jaccard},
        stories={"min_probability": min_probability},
        neighbors={"max_gap": duration_from(max_gap, "--max-gap") if max_gap else None},
        output={"headline_languages": languages_from(headlines) or None},
    )
    settings = replace(settings, reading=columns.configured(settings.reading))
    outputs = {
        "output": output,
        "stories": stories,
        "related": related,
        "matches": matches,
        "report": report,
        "unique": unique,
    }
    page = page_settings(report, title, report_stories)
    shape = {"with": with_columns, "format": file_format or "", "against": against}
    if engine == "spark":
        shown = Console(quiet=quiet, verbose=verbose)
        others = {**outputs, **shape}
        _cluster_on_spark(inputs, others, columns, settings, shown, master=master, resume=resume)
        return
    if master or resume:
        raise typer.BadParameter("--master and --resume need --engine spark")
    by_story = unique_by if unique_by != "duplicate" else ""
    check_uses({"with": with_columns, "format": file_format, "unique-by": by_story}, outputs)
    if report:
        check_output(report, "--report", check_page)
    check_tables({name: path for name, path in outputs.items() if name != "report"}, file_format)
    console = Console(quiet=quiet, verbose=verbose, table_to_stderr=STDIN in outputs.values())
    if against:
        from dedup.cli.against import find_copies_of

        find_copies_of(
            against, inputs, outputs, columns, settings, console,
            wanted=with_columns, file_format=file_format or "",
        )  # fmt: skip
        return
    rows = KeptRows(with_columns, whole=bool(unique))
    result = clustered(inputs, columns, settings, console, rows if output or unique else None)
    _write(result, outputs, rows, file_format or "", unique_by)
    if report:
        from dedup.report import write_report

        write_report(result, report, **page, inputs=inputs)
    console.show_result(result, top=limit, written=[path for path in outputs.values() if path])


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


def _write(
    result: Result, outputs: Mapping[str, str], rows: KeptRows, file_format: str, by: By
) -> None:
    from dedup.output.tables import write_table

    if outputs["output"]:
        rows.beside(result).write(outputs["output"], file_format)
    if outputs["unique"]:
        unique, others = rows.unique(result, by)
        write_table(unique, [], outputs["unique"], file_format=file_format, others=others)
    for name in ("stories", "related", "matches"):
        if outputs[name]:
            result.save(outputs[name], kind=name, file_format=file_format)
