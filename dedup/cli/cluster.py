"""`dedup cluster`: find copies and stories in files of articles."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.console import Console
from dedup.cli.options import INPUTS_HELP, check_folder, column_option
from dedup.cli.reading import clustered, named_columns
from dedup.config import Config
from dedup.errors import OutputError
from dedup.settings import parse_duration

if TYPE_CHECKING:
    from dedup.result import Result

_OUTPUTS = "What is written"
_LIMITS = "How it decides"
_WHERE = "Where it runs"
_TALK = "What is shown"


class Engine(StrEnum):
    """What runs the steps."""

    batch = "batch"
    spark = "spark"


def cluster_command(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help=INPUTS_HELP,
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="One row per article, as .parquet, .jsonl or .csv; - for JSONL on stdout. "
            "With --engine spark a folder.",
            rich_help_panel=_OUTPUTS,
        ),
    ] = "",
    stories: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="One row per story group, in the same formats.",
            rich_help_panel=_OUTPUTS,
        ),
    ] = "",
    related: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="One row per relation: a story that follows up, or belongs with, another one.",
            rich_help_panel=_OUTPUTS,
        ),
    ] = "",
    matches: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="One row per verified near-duplicate link, with its exact similarity.",
            rich_help_panel=_OUTPUTS,
        ),
    ] = "",
    report: Annotated[
        str,
        typer.Option(
            metavar="FILE.html",
            help="A page to look at: stories, copies, evidence.",
            rich_help_panel=_OUTPUTS,
        ),
    ] = "",
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="All settings; `dedup config` prints a file to start from. "
            "Options given here win over it.",
            rich_help_panel=_LIMITS,
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="bundled, or a sentence-transformers model name or folder.",
            rich_help_panel=_LIMITS,
        ),
    ] = None,
    min_jaccard: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Texts at least this similar are copies.",
            rich_help_panel=_LIMITS,
        ),
    ] = None,
    min_probability: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="Groups merge while their pairs are at least this likely the same event.",
            rich_help_panel=_LIMITS,
        ),
    ] = None,
    max_gap: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Articles further apart in time are not compared: 36h, 7d, 2w.",
            rich_help_panel=_LIMITS,
        ),
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option(
            help="spark, for what outgrows one machine: the same result, in parts "
            "(pip install 'story-dedup[spark]', Java 17).",
            rich_help_panel=_WHERE,
        ),
    ] = Engine.batch,
    master: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Of Spark: local[4], spark://host:7077, yarn; without it this machine.",
            rich_help_panel=_WHERE,
        ),
    ] = "",
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="On Spark: go on behind the last stage that a run cut off had finished.",
            rich_help_panel=_WHERE,
        ),
    ] = False,
    id_column: Annotated[str | None, column_option("id")] = None,
    title_column: Annotated[str | None, column_option("title")] = None,
    text_column: Annotated[str | None, column_option("text")] = None,
    source_column: Annotated[str | None, column_option("source")] = None,
    published_at_column: Annotated[str | None, column_option("published_at")] = None,
    language_column: Annotated[str | None, column_option("language")] = None,
    url_column: Annotated[str | None, column_option("url")] = None,
    top: Annotated[
        int,
        typer.Option(min=0, help="Stories in the table on the terminal.", rich_help_panel=_TALK),
    ] = 20,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Only errors.", rich_help_panel=_TALK),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", "-v", help="Every problem and what cleaning cut.", rich_help_panel=_TALK
        ),
    ] = False,
) -> None:
    """Find copies and stories in files of articles.

    Articles are read and cleaned, copies of one text are found and verified,
    and what covers the same event is grouped, in whatever language.

    Fields are id, title, text, source, published_at, language and url, under
    these or their usual names; other columns are ignored.

    [bold]Examples[/bold]

      dedup cluster articles.jsonl --report report.html

      dedup cluster pages/ feed.csv.gz -o clusters.parquet

      zcat feed.jsonl.gz | dedup cluster - -o - | jq .story_group

      dedup cluster articles/ --engine spark --master spark://host:7077 -o clusters
    """
    columns = named_columns(
        id=id_column,
        title=title_column,
        text=text_column,
        source=source_column,
        published_at=published_at_column,
        language=language_column,
        url=url_column,
    )
    settings = _settings(
        config,
        encoder=encoder,
        min_jaccard=min_jaccard,
        min_probability=min_probability,
        max_gap=max_gap,
    )
    outputs = {
        "output": output,
        "stories": stories,
        "related": related,
        "matches": matches,
        "report": report,
    }
    if engine is Engine.spark:
        from dedup.cli.on_spark import cluster_on_spark

        shown = Console(quiet=quiet, verbose=verbose)
        cluster_on_spark(inputs, outputs, columns, settings, shown, master=master, resume=resume)
        return
    if master or resume:
        raise typer.BadParameter("--master and --resume go with --engine spark")
    _check_outputs(outputs)
    console = Console(quiet=quiet, verbose=verbose, table_to_stderr="-" in outputs.values())
    result = clustered(inputs, columns, settings, console)
    _write(result, outputs)
    console.show_result(result, top=top, written=[path for path in outputs.values() if path])


def _write(result: Result, outputs: dict[str, str]) -> None:
    if outputs["output"]:
        result.save(outputs["output"])
    if outputs["stories"]:
        result.save_stories(outputs["stories"])
    if outputs["related"]:
        result.save_related(outputs["related"])
    if outputs["matches"]:
        result.save_matches(outputs["matches"])
    if outputs["report"]:
        from dedup.report import write_report

        write_report(result, outputs["report"])


def _settings(
    path: Path | None,
    *,
    encoder: str | None,
    min_jaccard: float | None,
    min_probability: float | None,
    max_gap: str | None,
) -> Config:
    config = Config.from_toml(path) if path else Config()
    given: dict[str, dict[str, Any]] = {
        "encoder": {"name": encoder},
        "near_duplicates": {"min_jaccard": min_jaccard},
        "stories": {"min_probability": min_probability},
        "neighbors": {"max_gap": parse_duration(max_gap) if max_gap else None},
    }
    changes = {
        section: {name: value for name, value in values.items() if value is not None}
        for section, values in given.items()
    }
    return config.replace(**changes)


def _check_outputs(outputs: dict[str, str]) -> None:
    """Refuse what cannot be written before the work, not after it."""
    from dedup.output.tables import format_of

    for option, path in outputs.items():
        if not path:
            continue
        if option == "report":
            if not path.lower().endswith((".html", ".htm")):
                raise typer.BadParameter(f"{path!r}: the report is a .html file")
        elif path != "-" or option != "output":
            try:
                format_of(path)
            except OutputError as error:
                raise typer.BadParameter(str(error), param_hint=f"--{option}") from error
        if path != "-":
            check_folder(path)
