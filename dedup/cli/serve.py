"""`dedup serve`: an index over HTTP, with an interface for programs and web pages."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from dedup.cli.indexes import IndexArgument, require_index_or_room
from dedup.cli.options import HeadlinesOption, languages_from, option


def serve_command(
    index: IndexArgument,
    host: Annotated[str, option("ADDRESS", "Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, option("NUMBER", "Port to listen on.", min=1, max=65535)] = 8000,
    token: Annotated[
        str,
        option(
            "SECRET",
            "Token that clients need for writing (Authorization: Bearer SECRET). Better set "
            "the environment variable, as other users can see the options of a process.",
            envvar="DEDUP_TOKEN",
        ),
    ] = "",
    headlines: HeadlinesOption = "",
    force: Annotated[
        bool, typer.Option("--force", help="Allow access from other machines without a token.")
    ] = False,
) -> None:
    r"""Serve an index over HTTP: pages for readers at /, and for programs below /v1.

    Creates the index if there is none. On Ctrl-C, running requests are finished
    first. Needs pip install 'story-dedup\[server]'.

    Without a token, everyone who can reach the port can write. So an address that
    other machines can reach needs a token, or --force.

    [bold]Examples[/bold]

      dedup serve news

      DEDUP_TOKEN=... dedup serve news --host 0.0.0.0 --port 80
    """
    require_index_or_room(index)
    # Loaded only here, as it needs packages of an extra.
    import_module("dedup.server").serve(
        index,
        host=host,
        port=port,
        token=token,
        force=force,
        headline_languages=languages_from(headlines),
        on_start=lambda address: typer.echo(f"serving at {address}", err=True),
    )
