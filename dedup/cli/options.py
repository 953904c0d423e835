"""Options that several commands share."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import wraps
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

import typer

from dedup.config import Config, ReadingConfig
from dedup.errors import ConfigError, OutputError
from dedup.settings import parse_duration

STDIN = "-"
"""As an input, standard input; as an output, standard output."""

FILES_HELP = (
    "JSONL, JSON, CSV, TSV or Parquet files (plain, .gz, .bz2, .zst, .xz), feeds (RSS, Atom, JSON "
    "Feed), .txt and .html pages, web archives, folders of these, http(s) addresses of feeds"
)
INPUTS_HELP = f"{FILES_HELP}, or - for stdin, whose format is recognised."
LIMITS = "How it decides"
OUTPUTS = "What it writes"
_COLUMNS = "Columns of the input, if they have unusual names"


def option(metavar: str, text: str, *names: str, **more: Any) -> Any:  # noqa: ANN401 (typer's)
    """An option that takes a value: its metavar, its help, its names, more for `typer.Option`."""
    return typer.Option(*names, metavar=metavar, help=text, **more)


Inputs = Annotated[list[str], typer.Argument(metavar="INPUT...", help=INPUTS_HELP)]
ConfigOption = Annotated[
    Path | None,
    option(
        "FILE.toml",
        "All settings; `dedup config` prints a file to start from. Other options override it.",
        rich_help_panel=LIMITS,
    ),
]
EncoderOption = Annotated[
    str | None,
    option(
        "NAME",
        "bundled, e5, or the name or folder of a sentence-transformers model.",
        rich_help_panel=LIMITS,
    ),
]
HeadlinesOption = Annotated[
    str,
    option(
        "CODES",
        "Show headlines in the first of these languages that a story has: en,fr.",
        rich_help_panel=OUTPUTS,
    ),
]
TitleOption = Annotated[str | None, option("TEXT", "Title of the report.", rich_help_panel=OUTPUTS)]
ReportStoriesOption = Annotated[
    int | None,
    option(
        "COUNT",
        "The report lists all stories; show the texts and the evidence of this many (100).",
        min=0,
        rich_help_panel=OUTPUTS,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonLinesOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show only errors.")]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="List every problem, not only examples.")
]

ALL_FIELDS = ("id", "title", "text", "source", "published_at", "language", "url")
_READING = "How the input is read"


class FileFormat(StrEnum):
    """Formats of the files that are written."""

    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"


FormatOption = Annotated[
    FileFormat | None,
    typer.Option(
        "--format",
        help="Format of what is written; by default by the ending of a file, on stdout jsonl.",
        rich_help_panel=OUTPUTS,
    ),
]


class DateOrder(StrEnum):
    """How dates such as 03/04/2024 are read."""

    auto = "auto"
    day_first = "day-first"
    month_first = "month-first"


class ReadAs(dict[str, str]):
    """How inputs are read: the named columns by field, and what the other options say.

    `records` is where the records are in a JSON document, `dates` the order of day and month; both
    are empty where they are not given.
    """

    records: str = ""
    dates: str = ""

    def configured(self, reading: ReadingConfig) -> ReadingConfig:
        """Limits of reading, with the order of day and month of these options."""
        return replace(reading, dates=self.dates) if self.dates else reading


NO_COLUMNS = ReadAs()


def column_options(*fields: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for the column of each field, instead of its argument `columns`.

    Args:
        fields: Fields of `Article`. The command gets a dict: the named columns by field.
    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        options = {f"{field}_column": field for field in fields}
        parameters: list[Parameter] = []
        for parameter in inspect.signature(command, eval_str=True).parameters.values():
            parameters += _options(options) if parameter.name == "columns" else [parameter]

        @wraps(command)
        def run(**values: Any) -> None:  # noqa: ANN401 (as many types as options)
            named = {field: values.pop(option) for option, field in options.items()}
            columns = ReadAs({field: name for field, name in named.items() if name})
            columns.records, dates = values.pop("records") or "", values.pop("dates")
            columns.dates = dates.value if dates else ""
            command(columns=columns, **values)

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return decorated


def _options(fields: Mapping[str, str]) -> list[Parameter]:
    others = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=annotation)
        for name, annotation in (("records", _RecordsOption), ("dates", _DatesOption))
    ]
    return others + [
        Parameter(
            name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=None,
            annotation=Annotated[
                str | None,
                option(
                    "NAME",
                    f"Name of the column with the {_FIELDS.get(field, field)}.",
                    rich_help_panel=_COLUMNS,
                ),
            ],
        )
        for name, field in fields.items()
    ]


_RecordsOption = Annotated[
    str | None,
    option(
        "PATH",
        "Where the records are in a JSON document of several lists, as in response.docs\\[].",
        rich_help_panel=_READING,
    ),
]
_DatesOption = Annotated[
    DateOrder | None,
    typer.Option(
        help="How 03/04/2024 is read; by default as those dates of the table show that can be "
        "read in one way only.",
        rich_help_panel=_READING,
    ),
]
_FIELDS = {"published_at": "publication time", "url": "URL"}


def settings_from(config: Path | None, **sections: dict[str, Any]) -> Config:
    """The settings of a file, or the defaults, changed by the options that were given.

    Args:
        config: The TOML file, if any.
        sections: Settings by section; those that are None were not given.

    Raises:
        ConfigError: The file or a setting cannot be used.
    """
    if config and not config.exists():
        raise ConfigError(f"{config}: there is no such file")
    changes = {
        section: {name: value for name, value in settings.items() if value is not None}
        for section, settings in sections.items()
    }
    return (Config.from_toml(config) if config else Config()).replace(**changes)


def languages_from(headlines: str) -> tuple[str, ...]:
    """The language codes of `--headlines en,fr`; names of languages are understood.

    Raises:
        typer.BadParameter: One of them is no language.
    """
    from dedup.text.languages import normalize_language

    names = [name.strip() for name in headlines.split(",") if name.strip()]
    codes = tuple(map(normalize_language, names))
    if "" in codes:
        raise typer.BadParameter(
            f"{names[codes.index('')]!r} is no language: write codes, as in en,fr",
            param_hint="--headlines",
        )
    return codes


def _report_time() -> datetime:
    """The time that a report shows as that of its making: now, or `SOURCE_DATE_EPOCH`.

    The variable, in seconds since 1970, makes two reports of one input equal byte for byte. Source:
    reproducible-builds.org, "SOURCE_DATE_EPOCH specification".

    Raises:
        typer.BadParameter: It is no whole number of seconds.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return datetime.fromtimestamp(int(given), UTC) if given else datetime.now(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise typer.BadParameter(
            f"SOURCE_DATE_EPOCH is {given!r}: must be whole seconds since 1970"
        ) from error


def page_settings(report: str, title: str | None, stories: int | None) -> dict[str, Any]:
    """What the options say about the report.

    Raises:
        typer.BadParameter: There is no report for them, or `SOURCE_DATE_EPOCH` is wrong.
    """
    named = {"title": title, "detailed_stories": stories}
    page: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    if page and not report:
        raise typer.BadParameter("--title and --report-stories need --report FILE.html")
    return {**page, "made_at": _report_time()} if report else page


_FILES_OF = {
    "with": ("output",),
    "unique-by": ("unique",),
    "format": ("output", "stories", "related", "matches", "unique"),
}
"""Files that an option is about, by its name: it says nothing without one of them."""


def check_uses(given: Mapping[str, object], outputs: Mapping[str, str]) -> None:
    """Refuse an option about a file that is not written.

    Args:
        given: What the options say, by their names; empty where they were not given.
        outputs: The file of each option; empty where it was not given.

    Raises:
        typer.BadParameter: One of them would do nothing.
    """
    for name, value in given.items():
        files = [file for file in _FILES_OF[name] if file in outputs]
        if value and not any(outputs[file] for file in files):
            needed = " or ".join(f"--{file}" for file in files)
            raise typer.BadParameter(f"--{name} needs a FILE in {needed}")


def duration_from(text: str, option: str) -> timedelta:
    """The duration that an option names.

    Raises:
        typer.BadParameter: The text is not a duration.
    """
    try:
        return parse_duration(text)
    except ConfigError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def check_folder(path: str | Path) -> None:
    """Refuse an output file whose folder does not exist.

    Raises:
        OutputError: The folder does not exist.
    """
    if not Path(path).absolute().parent.is_dir():
        raise OutputError(f"{path}: its folder does not exist: create it first")


def check_tables(outputs: Mapping[str, str], file_format: FileFormat | None = None) -> None:
    """Refuse files of rows before the work that could not be written after it.

    Args:
        outputs: The file of each option, by the name of the option; empty where it was not given.
        file_format: The format, if it was given.

    Raises:
        typer.BadParameter: An ending is unknown, or two options name one file.
        OutputError: A folder does not exist.
    """
    from dedup.output.tables import format_of

    named: dict[str, str] = {}
    for name, path in outputs.items():
        if not path:
            continue
        if path in named:
            raise typer.BadParameter(f"--{named[path]} and --{name} are both {path!r}")
        named[path] = name
        if path != STDIN:
            check_output(path, f"--{name}", str if file_format else format_of)


def check_output(path: str, option: str, format_of: Callable[[str], object]) -> None:
    """Refuse an output file before the work that could not be written after it.

    Args:
        path: The file.
        option: The option that named it.
        format_of: Raises `OutputError` for an unknown ending.

    Raises:
        typer.BadParameter: The ending is unknown.
        OutputError: The folder does not exist.
    """
    try:
        format_of(path)
    except OutputError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    check_folder(path)


def check_page(path: str) -> None:
    """Refuse a report that does not end as a web page does.

    Raises:
        OutputError: It has another ending.
    """
    if not path.lower().endswith((".html", ".htm")):
        raise OutputError(f"{path!r}: the report is a .html file")
