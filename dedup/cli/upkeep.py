"""`dedup remove`, `dedup check` and `dedup rebuild`: maintenance of an index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import (
    IndexArgument,
    given_ids,
    opened,
    require_index,
    settings_of,
    suggesting,
)
from dedup.cli.options import JsonOption, option
from dedup.cli.tables import holdings, show_line
from dedup.cli.values import json_line
from dedup.output.wording import counted

_DAMAGED = 1


def remove_command(
    index: IndexArgument,
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Ids of articles; - reads them from stdin.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Remove articles from an index: all of them, or none if one is unknown.

    Afterwards, copies and stories are as if the articles had never been added;
    only the history still mentions them. With --json: the ids in "removed".

    [bold]Examples[/bold]

      dedup remove news 4711 4712

      jq -r .id withdrawn.jsonl | dedup remove news -
    """
    distinct = given_ids(ids)
    with opened(index, write=True) as story_index:
        if distinct:
            with suggesting(story_index, *distinct):
                story_index.remove(distinct)
    if as_json:
        typer.echo(json_line({"removed": distinct}))
    else:
        show_line(f"removed {counted(len(distinct), 'article')}")


def check_command(index: IndexArgument, as_json: JsonOption = False) -> None:
    """Check that everything in an index can be read and is consistent.

    Prints one line and exits with 0, or prints what is damaged and exits with 1.
    `dedup rebuild` repairs whatever can be computed again from the articles.

    With --json: "damaged" (a list of sentences) and "counts".

    [bold]Examples[/bold]

      dedup check news

      dedup check news --json | jq -r '.damaged[]'
    """
    with opened(index) as story_index:
        damaged = story_index.check()
        counts = None if damaged else story_index.stats()
    if as_json:
        typer.echo(json_line({"damaged": damaged, "counts": counts}))
    elif counts:
        show_line(
            f"sound: {holdings(counts)}, {counted(counts.events, 'event')}, "
            f"encoder {counts.encoder}, configuration {counts.config_digest}"
        )
    else:
        for message in damaged:
            show_line(f"damaged: {message}")
    if damaged:
        raise typer.Exit(_DAMAGED)


def rebuild_command(
    index: IndexArgument,
    as_json: JsonOption = False,
    config: Annotated[Path | None, option("FILE.toml", "New settings.")] = None,
    encoder: Annotated[str | None, option("NAME", "New encoder.")] = None,
) -> None:
    """Compute everything in an index again from its articles.

    Needed if `dedup check` finds damage, for other settings or another encoder,
    and after an update with a new encoder. Articles, times and the ids of stories
    are kept; changes of stories are added to the history. With --json: counts.

    [bold]Examples[/bold]

      dedup check news || dedup rebuild news

      dedup rebuild news --config strict.toml
    """
    from dedup.index.story_index import StoryIndex

    require_index(index)
    settings = settings_of(config, encoder)
    with (
        Console().progress(None) as progress,
        StoryIndex.open(index, settings, progress=progress, rebuild=True) as story_index,
    ):
        counts = story_index.stats()
    if as_json:
        typer.echo(json_line(counts))
    else:
        show_line(f"rebuilt: {holdings(counts)}")
