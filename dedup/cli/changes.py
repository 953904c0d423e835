"""`dedup changes`: the history of the stories of an index."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli.indexes import IndexArgument, opened, suggesting
from dedup.cli.options import JsonLinesOption, option
from dedup.cli.tables import event_line, show_line
from dedup.cli.values import json_line

if TYPE_CHECKING:
    from dedup.index.story_index import StoryIndex
    from dedup.store.records import StoryEvent

_PAGE = 1000
_POLL_SECONDS = 0.5


def changes_command(
    index: IndexArgument,
    since: Annotated[int, option("NUMBER", "Only events with a larger number.", min=0)] = 0,
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

      dedup changes news --story s-b4e3427c1079

      dedup changes news --follow --json | jq -r 'select(.kind == "created") | .story_group'
    """
    with opened(index) as story_index:
        if story:
            with suggesting(story_index, story):
                story_index.successor(story)
        try:
            for event in _events(story_index, since, limit, story, follow=follow):
                if as_json:
                    typer.echo(json_line(event))
                else:
                    show_line(event_line(event))
        except KeyboardInterrupt:
            # With --follow, Ctrl-C is the regular end.
            if not follow:
                raise


def _events(
    index: StoryIndex, since: int, limit: int, story: str, *, follow: bool
) -> Iterator[StoryEvent]:
    left = limit or None
    while True:
        page = index.changes(since, _PAGE if left is None else min(_PAGE, left), story)
        yield from page
        if left is not None:
            left -= len(page)
        if left == 0:
            return
        if page:
            since = page[-1].number
            continue
        if not follow:
            return
        sys.stdout.flush()
        time.sleep(_POLL_SECONDS)
