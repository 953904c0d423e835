"""`dedup remove`, `dedup check` and `dedup rebuild`: what an index needs now and then."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import (
    IndexArgument,
    JsonOption,
    given_ids,
    opened,
    require_index,
    settings_of,
    suggesting,
)
from dedup.cli.tables import counted, holdings, show_line
from dedup.cli.values import json_line

_DAMAGED = 1


def remove_command(
    index: IndexArgument,
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Articles; - reads ids from stdin.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Remove articles from an index: all of those named, or none if one is unknown.

    Their copies and stories are then as if they had never been there; the
    history keeps that they were. With --json: "removed", the ids.

    [bold]Examples[/bold]

      dedup remove news 4711 4712

      jq -r .id withdrawn.jsonl | dedup remove news -
    """
    wanted = given_ids(ids)
    with opened(index, write=True) as held:
        if wanted:
            with suggesting(held, *wanted):
                held.remove(wanted)
    if as_json:
        typer.echo(json_line({"removed": wanted}))
    else:
        show_line(f"removed {counted(len(wanted), 'article')}")


def check_command(index: IndexArgument, as_json: JsonOption = False) -> None:
    """Look whether an index is sound: whether everything in it can be read and fits together.

    Prints one line and exits with 0, or prints what is damaged and exits with 1.
    What can be computed again, `dedup rebuild` computes again.

    With --json: "damaged", a list of sentences, and the counts.

    [bold]Examples[/bold]

      dedup check news

      dedup check news --json | jq -r '.damaged[]'
    """
    with opened(index) as held:
        damaged = held.check()
        counts = None if damaged else held.stats()
    if as_json:
        typer.echo(json_line({"damaged": damaged, "counts": counts}))
    elif counts:
        show_line(
            f"sound: {holdings(counts)}, {counted(counts.events, 'event')}, "
            f"encoder {counts.encoder}, configuration {counts.config_digest}"
        )
    else:
        for each in damaged:
            show_line(f"damaged: {each}")
    if damaged:
        raise typer.Exit(_DAMAGED)


def rebuild_command(
    index: IndexArgument,
    as_json: JsonOption = False,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Other settings from now on.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="NAME", help="Another encoder from now on.")
    ] = None,
) -> None:
    """Compute everything in an index again from its articles.

    Needed after damage that `dedup check` finds, for other settings or another
    encoder, and after an update that brings a new one. Articles, times and the
    ids of stories stay; where stories change, the history says so. With --json:
    the counts.

    [bold]Examples[/bold]

      dedup check news || dedup rebuild news

      dedup rebuild news --config strict.toml
    """
    from dedup.index.story_index import StoryIndex

    require_index(index)
    settings = settings_of(config, encoder)
    with (
        Console().progress(None) as progress,
        StoryIndex.open(index, settings, progress=progress, rebuild=True) as held,
    ):
        counts = held.stats()
    if as_json:
        typer.echo(json_line(counts))
    else:
        show_line(f"rebuilt: {holdings(counts)}")
