"""The command `dedup`: each of its commands reads options and calls one public function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from dedup import __version__
from dedup.cli.add import add_command
from dedup.cli.bench import bench_command
from dedup.cli.calibrate import calibrate_command
from dedup.cli.changes import changes_command
from dedup.cli.cluster import cluster_command
from dedup.cli.doctor import doctor_command
from dedup.cli.evaluate import evaluate_command
from dedup.cli.export import export_command
from dedup.cli.follow import follow_command
from dedup.cli.query import query_command
from dedup.cli.serve import serve_command
from dedup.cli.settings import config_command
from dedup.cli.stories import stories_command, story_command
from dedup.cli.upkeep import check_command, rebuild_command, remove_command
from dedup.cli.why import why_command
from dedup.errors import ConfigError, DedupError

__all__ = ["app", "main"]

app = typer.Typer(
    name="dedup",
    help="Find news articles that are copies of one text or cover the same event, in any language.",
    epilog="Start with: dedup cluster articles.jsonl --report report.html, "
    "or: dedup add news articles.jsonl && dedup stories news",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
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


_PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "Files": {
        "cluster": cluster_command,
        "why": why_command,
        "evaluate": evaluate_command,
        "doctor": doctor_command,
        "calibrate": calibrate_command,
        "bench": bench_command,
        "config": config_command,
    },
    "Live index": {
        "add": add_command,
        "follow": follow_command,
        "query": query_command,
        "stories": stories_command,
        "story": story_command,
        "changes": changes_command,
        "remove": remove_command,
        "export": export_command,
        "serve": serve_command,
        "check": check_command,
        "rebuild": rebuild_command,
    },
}
for _panel, _commands in _PANELS.items():
    for _name, _command in _commands.items():
        app.command(name=_name, rich_help_panel=_panel)(_command)


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
        typer.echo("dedup: interrupted; no incomplete files are left", err=True)
        return 130
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    return 0


def _failed(error: Exception, code: int) -> int:
    typer.echo(f"dedup: error: {error}", err=True)
    return code
