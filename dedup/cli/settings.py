"""`dedup config`: all settings with their defaults."""

from __future__ import annotations

from typing import Annotated

import typer

from dedup.cli.console import Console
from dedup.cli.options import check_folder, option


def config_command(
    output: Annotated[
        str, option("FILE.toml", "Write to a file instead of stdout.", "--output", "-o")
    ] = "",
) -> None:
    """Print all settings with their defaults, as a TOML file to start from."""
    from importlib import resources

    from dedup.output.tables import replacing

    settings = resources.files("dedup").joinpath("default.toml").read_text(encoding="utf-8")
    if not output:
        typer.echo(settings, nl=False)
        return
    check_folder(output)
    with replacing(output) as file:
        file.write(settings.encode())
    Console().show_written(output)
