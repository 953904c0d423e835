"""`dedup config`: all settings with their defaults."""

from __future__ import annotations

import typer


def config_command() -> None:
    """Print all settings with their defaults, as a TOML file to start from."""
    from importlib import resources

    typer.echo(
        resources.files("dedup").joinpath("default.toml").read_text(encoding="utf-8"), nl=False
    )
