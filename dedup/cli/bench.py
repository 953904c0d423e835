"""`dedup bench`: the costs of batch and index as the corpus grows."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli.console import Console
from dedup.cli.options import (
    ALL_FIELDS,
    FILES_HELP,
    NO_COLUMNS,
    STDIN,
    ConfigOption,
    EncoderOption,
    JsonOption,
    QuietOption,
    ReadAs,
    column_options,
    option,
)
from dedup.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from dedup.bench.samples import Samples

_CORPUS = "What it measures"
_SIZES = "1k,3k,10k,30k"


@column_options(*ALL_FIELDS)
def bench_command(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT",
            help="Your articles, measured in growing samples. By default, articles are "
            f"generated. {FILES_HELP}.",
        ),
    ] = None,
    sizes: Annotated[
        str,
        option(
            "N,N,...",
            f"Numbers of articles, as in 1k,10k,100k,1M; by default {_SIZES}, or up to all of "
            "your articles.",
            rich_help_panel=_CORPUS,
        ),
    ] = "",
    days: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="Days over which generated articles are spread; 0 for 30 days at 100k articles, "
            "and three times as many at ten times as many articles.",
            rich_help_panel=_CORPUS,
        ),
    ] = 0.0,
    languages: Annotated[
        str,
        option(
            "CODE,...",
            "Languages of generated articles: some of ar de en es fr hi ru tr zh.",
            rich_help_panel=_CORPUS,
        ),
    ] = "",
    seed: Annotated[
        int,
        typer.Option(min=0, help="Random seed of generated articles.", rich_help_panel=_CORPUS),
    ] = 0,
    columns: ReadAs = NO_COLUMNS,
    index_up_to: Annotated[
        str,
        option(
            "N",
            "Measure the index up to this number of articles; 0 for not at all.",
            rich_help_panel=_CORPUS,
        ),
    ] = "100k",
    config: ConfigOption = None,
    encoder: EncoderOption = None,
    output: Annotated[
        Path,
        option(
            "FOLDER",
            "Folder of the measurements. Run the same command again to resume.",
            "--output",
            "-o",
        ),
    ] = Path("dedup-bench"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Discard earlier measurements.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Measure the costs as the corpus grows, and estimate its limits.

    Runs the batch and an index on corpora of growing size, each in its own
    process. Measures time, CPU time and peak memory of each stage, bytes on disk,
    and the quality of the copies and stories found among generated articles. Then
    reports how each stage grows, and what ten times as many articles would need.

    Writes results.json, table.md and a picture (growth.svg, growth.png) into the
    folder. An interrupted run can be resumed.

    [bold]Examples[/bold]

      dedup bench --sizes 1k,10k,100k

      dedup bench articles.jsonl --output measured
    """
    from dedup.bench.progress import shown_progress
    from dedup.bench.report import growth_report, made_by, table, this_machine
    from dedup.bench.runs import Run
    from dedup.bench.settings import Settings, sizes_from

    _require_matplotlib()
    counts, samples = _sizes(sizes, inputs or (), columns)
    settings = Settings(
        counts,
        days,
        _language_shares(languages),
        seed,
        tuple(inputs or ()),
        dict(columns),
        0 if index_up_to.strip() == "0" else max(sizes_from(index_up_to), default=0),
        str(config or ""),
        encoder or "",
    )
    run = Run(settings, output, samples=samples, fresh=fresh)
    with shown_progress(quiet=quiet) as progress:
        run.go(progress)
    command = shlex.join(["dedup", *sys.argv[1:]])
    document = growth_report(run.measured(), made_by(command), this_machine())
    written = write_all(document, output)
    typer.echo(json.dumps(document, indent=2) if as_json else table(document))
    for path in written:
        Console(quiet=quiet).show_written(str(path))


def write_all(document: dict[str, object], folder: Path) -> list[Path]:
    """Write a report as JSON, a table and a picture.

    Args:
        document: The result of `dedup.bench.report.growth_report`.
        folder: The folder to write to.

    Raises:
        OutputError: A file cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    from dedup.bench.plots import plot_growth
    from dedup.bench.report import table
    from dedup.output.tables import replacing

    texts = {
        "results.json": json.dumps(document, indent=2) + "\n",
        "table.md": table(document) + "\n",
    }
    for name, text in texts.items():
        with replacing(folder / name) as file:
            file.write(text.encode())
    pictures = [folder / "growth.svg", folder / "growth.png"]
    for path in pictures:
        plot_growth(document, path)
    return [*(folder / name for name in texts), *pictures]


def _require_matplotlib() -> None:
    """Refuse before the work, not after it, if there is no matplotlib."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("a picture of the measurements", extra="bench") from error


def _sizes(
    articles: str, inputs: Sequence[str], columns: Mapping[str, str]
) -> tuple[tuple[int, ...], Samples | None]:
    """Numbers of articles to measure, and samples of the inputs if there are any."""
    from dedup.bench.samples import Samples
    from dedup.bench.settings import growing_sizes, sizes_from

    if STDIN in inputs:
        raise ConfigError("-: standard input can be read only once: give files to take samples of")
    sizes = sizes_from(articles or ("" if inputs else _SIZES))
    samples = Samples.of(tuple(inputs), dict(columns)) if inputs else None
    if samples is not None:
        sizes = tuple(sorted({min(size, len(samples)) for size in sizes}))
        sizes = sizes or growing_sizes(len(samples))
    return sizes, samples


def _language_shares(languages: str) -> dict[str, float]:
    """The share of each language in generated articles."""
    from dedup.bench.plan import LANGUAGES

    codes = [code.strip() for code in languages.split(",") if code.strip()] or list(LANGUAGES)
    unknown = [code for code in codes if code not in LANGUAGES]
    if unknown:
        raise ConfigError(
            f"--languages {', '.join(unknown)}: only these can be generated: "
            f"{' '.join(sorted(LANGUAGES))}"
        )
    return {code: LANGUAGES[code] for code in codes}
