"""The command `dedup`: each command reads its options and calls one importable function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from dedup import __version__
from dedup.cli.calibrate import calibrate_command
from dedup.cli.cluster import cluster_command
from dedup.cli.doctor import doctor_command
from dedup.cli.evaluate import evaluate_command
from dedup.cli.settings import config_command
from dedup.cli.why import why_command
from dedup.errors import ConfigError, DedupError

__all__ = ["app", "main"]

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


app.command(name="cluster")(cluster_command)
app.command(name="why")(why_command)
app.command(name="evaluate")(evaluate_command)
app.command(name="doctor")(doctor_command)
app.command(name="calibrate")(calibrate_command)
app.command(name="config")(config_command)


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
