"""`dedup bench`: what it costs, as the corpus grows."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli.console import Console
from dedup.cli.options import INPUTS_HELP
from dedup.errors import ConfigError

if TYPE_CHECKING:
    from dedup.bench.samples import Samples
    from dedup.bench.settings import Settings

_STDIN = ", or - for JSONL on stdin."
_CORPUS = "What is measured"
_SIZES = "1k,3k,10k,30k"


def bench_command(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT",
            help="Your articles, measured in growing samples; without any, articles are "
            "generated. " + INPUTS_HELP.removesuffix(_STDIN) + ".",
        ),
    ] = None,
    articles: Annotated[
        str,
        typer.Option(
            metavar="N,N,...",
            help=f"Sizes, as in 1k,10k,100k,1M; by default {_SIZES}, or growing up to your files.",
            rich_help_panel=_CORPUS,
        ),
    ] = "",
    days: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="Days of the generated articles; by default 30 for 100k, and three times as "
            "many for ten times as many articles.",
            rich_help_panel=_CORPUS,
        ),
    ] = 0.0,
    languages: Annotated[
        str,
        typer.Option(
            metavar="CODE,...",
            help="Languages of the generated articles, of ar de en es fr hi ru tr zh.",
            rich_help_panel=_CORPUS,
        ),
    ] = "",
    seed: Annotated[
        int,
        typer.Option(min=0, help="Of the generated articles.", rich_help_panel=_CORPUS),
    ] = 0,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=NAME",
            help="Column of your files that holds a field; may be repeated.",
            rich_help_panel=_CORPUS,
        ),
    ] = None,
    index_up_to: Annotated[
        str,
        typer.Option(
            metavar="N",
            help="The largest size that an index is measured with, too; 0 for none.",
            rich_help_panel=_CORPUS,
        ),
    ] = "100k",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="All settings, as for cluster.")
    ] = None,
    encoder: Annotated[
        str, typer.Option(metavar="NAME", help="bundled, or a sentence-transformers model.")
    ] = "",
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where measurements are kept; the same command there goes on.",
        ),
    ] = Path("dedup-bench"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure everything anew.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Measure what it costs as the corpus grows, and where it would break.

    Runs the batch and an index on corpora of growing size, each in a process of
    its own: time, CPU time and peak memory of each stage, bytes on disk, and how
    well the planted copies and stories were found. Then says how each stage
    grows, and what ten times as many articles would need.

    The folder gets results.json, table.md, and the picture growth.svg and
    growth.png. An interrupted run goes on where it was.

    [bold]Examples[/bold]

      dedup bench --articles 1k,10k,100k

      dedup bench articles.jsonl --output measured
    """
    from dedup.bench.progress import shown_progress
    from dedup.bench.report import growth_report, made_by, table, this_machine
    from dedup.bench.runs import Run

    _require_matplotlib()
    settings, samples = _settings(
        tuple(inputs or ()),
        articles,
        days=days,
        languages=languages,
        seed=seed,
        columns=_columns(column or []),
        index_up_to=index_up_to,
        config=str(config or ""),
        encoder=encoder,
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
        document: What `dedup.bench.report.growth_report` returned.
        folder: Where to.

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
    """Refuse before the work, not after it."""
    from dedup.errors import MissingExtraError

    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("a picture of the measurements", extra="bench") from error


def _settings(
    inputs: tuple[str, ...],
    articles: str,
    *,
    days: float,
    languages: str,
    seed: int,
    columns: dict[str, str],
    index_up_to: str,
    config: str,
    encoder: str,
) -> tuple[Settings, Samples | None]:
    from dedup.bench.plan import LANGUAGES
    from dedup.bench.samples import Samples
    from dedup.bench.settings import Settings, growing_sizes, sizes_from

    if "-" in inputs:
        raise ConfigError("-: standard input can be read only once: give files to take samples of")
    sizes = sizes_from(articles or ("" if inputs else _SIZES))
    samples = Samples.of(inputs, columns) if inputs else None
    if samples is not None:
        sizes = tuple(sorted({min(size, len(samples)) for size in sizes}))
        sizes = sizes or growing_sizes(len(samples))
    wanted = [code.strip() for code in languages.split(",") if code.strip()] or list(LANGUAGES)
    unknown = [code for code in wanted if code not in LANGUAGES]
    if unknown:
        raise ConfigError(
            f"--languages {', '.join(unknown)}: can be generated: {' '.join(sorted(LANGUAGES))}"
        )
    up_to = 0 if index_up_to.strip() == "0" else max(sizes_from(index_up_to), default=0)
    shares = {code: LANGUAGES[code] for code in wanted}
    return (
        Settings(sizes, days, shares, seed, inputs, columns, up_to, config, encoder),
        samples,
    )


def _columns(given: list[str]) -> dict[str, str]:
    columns = {}
    for each in given:
        field, equals, name = each.partition("=")
        if not equals or not field or not name:
            raise ConfigError(f"--column {each!r}: write FIELD=NAME, as in title=headline")
        columns[field] = name
    return columns
