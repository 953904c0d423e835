"""The command `dedup`: each command reads its options and calls one importable function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from dedup import __version__
from dedup.config import Config
from dedup.console import Console
from dedup.errors import ConfigError, DedupError, OutputError
from dedup.settings import parse_duration
from dedup.why_command import why_command

app = typer.Typer(
    name="dedup",
    help="Which news articles are copies of one text, and which cover the same event, "
    "in any language.",
    epilog="Start with: dedup cluster articles.jsonl --report report.html",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_INPUTS = "What is read"
_OUTPUTS = "What is written"
_LIMITS = "How it decides"
_COLUMNS = "Columns of the input, where their usual names do not fit"
_TALK = "What is shown"


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dedup {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


def _column(field: str) -> Any:  # noqa: ANN401 (typer's own type is private)
    return typer.Option(
        f"--{field.replace('_', '-')}-column",
        metavar="NAME",
        help=f"Column that holds the {field.replace('_', ' ')}.",
        rich_help_panel=_COLUMNS,
    )


@app.command(name="cluster")
def cluster_command(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="JSONL, CSV, TSV or Parquet files (plain, .gz, .zst, .xz), .txt and .html "
            "pages, folders of these, or - for JSONL on stdin.",
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="One row per article, as .parquet, .jsonl or .csv; - for JSONL on stdout.",
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
    ties: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="One row per tie: a story that follows up, or belongs with, another one.",
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
    id_column: Annotated[str | None, _column("id")] = None,
    title_column: Annotated[str | None, _column("title")] = None,
    text_column: Annotated[str | None, _column("text")] = None,
    source_column: Annotated[str | None, _column("source")] = None,
    published_at_column: Annotated[str | None, _column("published_at")] = None,
    language_column: Annotated[str | None, _column("language")] = None,
    url_column: Annotated[str | None, _column("url")] = None,
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
    """
    columns = {
        "id": id_column,
        "title": title_column,
        "text": text_column,
        "source": source_column,
        "published_at": published_at_column,
        "language": language_column,
        "url": url_column,
    }
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
        "ties": ties,
        "matches": matches,
        "report": report,
    }
    _check_outputs(outputs)
    console = Console(quiet=quiet, verbose=verbose, table_to_stderr="-" in outputs.values())
    named = {field: name for field, name in columns.items() if name is not None}
    _cluster_files(inputs, named, settings, outputs, console, top)


def _cluster_files(
    inputs: list[str],
    columns: dict[str, str],
    config: Config,
    outputs: dict[str, str],
    console: Console,
    top: int,
) -> None:
    from dedup.pipeline import cluster
    from dedup.readers.files import read_articles, total_bytes
    from dedup.records import Problem

    problems: list[Problem] = []
    with console.progress(total_bytes(inputs)) as progress:
        articles = read_articles(
            inputs,
            columns=columns,
            config=config.reading,
            now=datetime.now(UTC),
            on_problem=problems.append,
            on_bytes=progress.on_bytes,
        )
        result = cluster(articles, config, progress=progress, problems=problems)
    if outputs["output"]:
        result.save(outputs["output"])
    if outputs["stories"]:
        result.save_stories(outputs["stories"])
    if outputs["ties"]:
        result.save_ties(outputs["ties"])
    if outputs["matches"]:
        result.save_matches(outputs["matches"])
    if outputs["report"]:
        from dedup.report import write_report

        write_report(result, outputs["report"])
    console.show_result(result, top=top, written=[path for path in outputs.values() if path])


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
    from dedup.writers import format_of

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
        if path != "-" and not Path(path).absolute().parent.is_dir():
            raise OutputError(f"{path}: its folder does not exist: create it first")


app.command(name="why")(why_command)


@app.command(name="evaluate")
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


@app.command(name="config")
def config_command() -> None:
    """Print all settings with their defaults, as a TOML file to start from."""
    from importlib import resources

    typer.echo(
        resources.files("dedup").joinpath("default.toml").read_text(encoding="utf-8"), nl=False
    )


def main() -> None:
    """Run the command: exit code 0 for success, 1 for failed work, 2 for bad usage."""
    sys.exit(_guarded(app))


def _guarded(run: Callable[..., Any]) -> int:
    try:
        run()
    except ConfigError as error:
        return _failed(error, 2)
    except DedupError as error:
        return _failed(error, 1)
    except KeyboardInterrupt:
        typer.echo("dedup: interrupted; nothing half-written is left", err=True)
        return 130
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    return 0


def _failed(error: Exception, code: int) -> int:
    typer.echo(f"dedup: error: {error}", err=True)
    return code
