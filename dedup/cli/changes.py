"""`dedup changes`: the history of the stories of an index."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli.indexes import IndexArgument, opened, parse_time, suggesting
from dedup.cli.options import JsonLinesOption, option
from dedup.cli.tables import event_line, show_line
from dedup.cli.values import json_line
from dedup.errors import ConfigError

if TYPE_CHECKING:
    from dedup.index.story_index import StoryIndex
    from dedup.store.records import StoryEvent

_PAGE = 1000
_POLL_SECONDS = 0.5


def changes_command(
    index: IndexArgument,
    since: Annotated[
        str,
        option(
            "TIME|NUMBER",
            "Only events since then: 2023-06-03, 2023-06-03T10:50 (UTC), or 36h for the last 36 "
            "hours; or those with a larger number.",
        ),
    ] = "",
    limit: Annotated[int, option("COUNT", "Maximum number of events; 0 for all.", min=0)] = 0,
    story: Annotated[str, option("ID", "Only events of this story.")] = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for new events, until Ctrl-C.")
    ] = False,
    as_json: JsonLinesOption = False,
) -> None:
    """Show the history of the stories of an index, in order.

    An event says that a story was created, has grown or shrunk, was split from
    another story, was merged into another, or was closed. Events are numbered, so
    you can continue later from the last number with --since. To follow all
    stories, apply the events in order: "added" articles join "story_group",
    "removed" ones leave it.

    With --json: one event per line, with number, at, kind, story_group, other,
    added and removed.

    [bold]Examples[/bold]

      dedup changes news --since 1200

      dedup changes news --since 24h

      dedup changes news --story s-b4e3427c1079

      dedup changes news --follow --json | jq 'select(.kind == "created")'
    """
    number, then = _start(since)
    with opened(index) as story_index:
        if story:
            with suggesting(story_index, story):
                story_index.successor(story)
        try:
            for event in _events(story_index, number, then, limit, story, follow=follow):
                if as_json:
                    typer.echo(json_line(event))
                else:
                    show_line(event_line(event))
        except KeyboardInterrupt:
            # With --follow, Ctrl-C is the regular end.
            if not follow:
                raise


def _start(since: str) -> tuple[int, datetime | None]:
    """The number of the event, or the time, from which on events are shown.

    Raises:
        typer.BadParameter: The text is neither.
    """
    if since.isdecimal():
        return int(since), None
    try:
        return 0, parse_time(since) if since else None
    except ConfigError as error:
        raise typer.BadParameter(
            f"{since!r} is neither the number of an event nor a time: write 1200, 2023-06-03, "
            "2023-06-03T10:50 (UTC), or how long ago, as in 36h or 7d",
            param_hint="--since",
        ) from error


def _events(
    index: StoryIndex,
    since: int,
    then: datetime | None,
    limit: int,
    story: str,
    *,
    follow: bool,
) -> Iterator[StoryEvent]:
    shown = 0
    while True:
        page = index.changes(since, _PAGE, story)
        for event in page:
            if then and event.at < then:
                continue
            yield event
            shown += 1
            if shown == limit:
                return
        if page:
            since = page[-1].number
            continue
        if not follow:
            return
        sys.stdout.flush()
        time.sleep(_POLL_SECONDS)
