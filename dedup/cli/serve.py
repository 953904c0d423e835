"""`dedup serve`: an index over HTTP, with pages to look at."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from dedup.cli.indexes import IndexArgument, require_place


def serve_command(
    index: IndexArgument,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=1, max=65535, metavar="NUMBER", help="On which port.")
    ] = 8000,
    token: Annotated[
        str,
        typer.Option(
            envvar="DEDUP_TOKEN",
            metavar="SECRET",
            help="Only who sends it (Authorization: Bearer SECRET) may write. Rather set the "
            "environment variable: other users see the options of a process.",
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Listen beyond this machine without a token.")
    ] = False,
) -> None:
    r"""Serve an index over HTTP: an interface for programs and pages for people.

    Makes the index if there is none. The pages are at /, the interface for
    programs is below /v1. Ctrl-C lets requests finish first. Needs
    pip install 'story-dedup\[server]'.

    Without a token everybody who reaches the port may write; so listening beyond
    this machine without one is refused, unless --force is given.

    [bold]Examples[/bold]

      dedup serve news

      DEDUP_TOKEN=... dedup serve news --host 0.0.0.0 --port 80
    """
    require_place(index)
    # The server is loaded only here: it needs packages of its own.
    import_module("dedup.server").serve(
        index,
        host=host,
        port=port,
        token=token,
        force=force,
        on_start=lambda address: typer.echo(f"serving at {address}", err=True),
    )
