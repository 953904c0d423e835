"""`dedup follow`: poll feeds, and add what is new to an index."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.add import ProblemLog
from dedup.cli.console import Console
from dedup.cli.indexes import IndexArgument, require_index_or_room, settings_of
from dedup.cli.options import (
    ConfigOption,
    EncoderOption,
    JsonLinesOption,
    QuietOption,
    VerboseOption,
    duration_from,
    option,
)
from dedup.cli.stream import Interruption
from dedup.cli.values import json_line
from dedup.output.wording import counted

if TYPE_CHECKING:
    from dedup.feeds import FeedPoll, FeedState, Follower
    from dedup.index.story_index import StoryIndex

_NOTE = "feeds"
_LONGEST_WAIT_SECONDS = 3600.0


def follow_command(
    index: IndexArgument,
    feeds: Annotated[
        list[str],
        typer.Argument(
            metavar="FEED...",
            help="Addresses of feeds (RSS, Atom, JSON Feed), files with an address in each line, "
            "or OPML files.",
        ),
    ],
    every: Annotated[str, option("DURATION", "Pause between two polls of one feed.")] = "15m",
    once: Annotated[
        bool,
        typer.Option("--once", help="Poll each feed once, but for those that failed, and end."),
    ] = False,
    max_megabytes: Annotated[int, option("MB", "Largest feed, after decompression.", min=1)] = 20,
    timeout: Annotated[str, option("DURATION", "Longest time for one feed.")] = "60s",
    allow_private: Annotated[
        bool,
        typer.Option(
            "--allow-private", help="Follow redirects to addresses of this machine and its network."
        ),
    ] = False,
    user_agent: Annotated[str | None, option("NAME", "How servers see this program.")] = None,
    config: ConfigOption = None,
    encoder: EncoderOption = None,
    as_json: JsonLinesOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Poll feeds and add new articles to an index, until Ctrl-C.

    Servers are asked politely: only whether something has changed since last time
    (ETag, Last-Modified), more rarely after each failure, and not before the time
    that they name. One failing feed never stops the others. What is known of each
    feed is stored in the index, so the command can be stopped and run again.

    Exit code: 1 if, with --once, no feed could be read.

    [bold]Examples[/bold]

      dedup follow news https://e.example/feed.xml https://f.example/rss

      dedup follow news subscriptions.opml --every 30m

      dedup follow news feeds.txt --once   # from cron
    """
    from dedup.feeds import addresses_of
    from dedup.index.story_index import StoryIndex

    require_index_or_room(index)
    addresses = addresses_of(feeds)
    console = Console(quiet=quiet, verbose=verbose, table_to_stderr=as_json)
    log = ProblemLog(all_examples=verbose)
    with (
        StoryIndex.open(index, settings_of(config, encoder)) as opened,
        Interruption() as interruption,
    ):
        follower = _follower(
            opened,
            addresses,
            log,
            pause_seconds=duration_from(every, "--every").total_seconds(),
            limits={
                "max_bytes": max_megabytes * 1_000_000,
                "total_seconds": duration_from(timeout, "--timeout").total_seconds(),
                "allow_private": allow_private,
                **({"user_agent": user_agent} if user_agent else {}),
            },
        )
        polls = [
            _shown(poll, console, as_json=as_json)
            for poll in _polls(follower, opened, interruption, once=once)
        ]
    console.show_problems(log.examples, log.counts)
    if once and polls and all(poll.error for poll in polls):
        raise typer.Exit(1)


def _follower(
    index: StoryIndex,
    addresses: list[str],
    log: ProblemLog,
    *,
    pause_seconds: float,
    limits: dict[str, Any],
) -> Follower:
    from dedup.feeds import FeedState, Follower
    from dedup.readers.addresses import FetchLimits

    states = _stored_states(index)
    return Follower(
        index,
        {address: states.get(address, FeedState(address)) for address in addresses},
        pause_seconds=pause_seconds,
        limits=FetchLimits(**limits),
        clock=time.time,
        reading=index.config.reading,
        on_problem=log.append,
    )


def _polls(
    follower: Follower, index: StoryIndex, interruption: Interruption, *, once: bool
) -> Iterator[FeedPoll]:
    """Polls of the feeds that are due, for ever or once; what is known of them is stored."""
    while not interruption.requested:
        for poll in follower.poll_due(ignore_pause=once):
            _store_states(index, follower)
            yield poll
            if interruption.requested:
                return
        due = follower.next_due()
        if once or due is None:
            return
        interruption.pause(min(max(due - time.time(), 0.0), _LONGEST_WAIT_SECONDS))


def _stored_states(index: StoryIndex) -> dict[str, FeedState]:
    from dedup.feeds import FeedState

    stored = json.loads(index.note(_NOTE) or "{}")
    return {address: FeedState.from_mapping(values) for address, values in stored.items()}


def _store_states(index: StoryIndex, follower: Follower) -> None:
    states = _stored_states(index) | follower.states
    values = {address: state.to_mapping() for address, state in states.items()}
    index.save_note(_NOTE, json.dumps(values))


def _shown(poll: FeedPoll, console: Console, *, as_json: bool) -> FeedPoll:
    """Print what came of a poll."""
    if as_json:
        typer.echo(json_line(poll))
        return poll
    if poll.error:
        result = f"failed: {poll.error}"
    elif poll.is_unchanged:
        result = "has not changed"
    else:
        result = f"{counted(poll.entries, 'entry', 'entries')}, {poll.added:,} new"
        result += f", {poll.updated:,} updated" if poll.updated else ""
    moved = f"; moved to {poll.moved_to}" if poll.moved_to else ""
    after = "; gone for good, not polled again" if poll.next_at is None else ""
    if poll.error and poll.next_at is not None:
        after = f"; next try {datetime.fromtimestamp(poll.next_at, UTC):%Y-%m-%d %H:%M} UTC"
    console.say(f"{poll.address}: {result}{moved}{after}")
    return poll
