"""How commands open an index and read its ids and times."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli.options import STDIN, languages_from, settings_from
from dedup.config import Config
from dedup.errors import ConfigError, NotFoundError, StoreError
from dedup.settings import parse_duration

if TYPE_CHECKING:
    from dedup.index.story_index import StoryIndex
    from dedup.records import StoryGroup

_PAGE = 500

IndexArgument = Annotated[
    str, typer.Argument(metavar="INDEX", help="Folder of the index, or postgresql://...")
]


def require_index(location: str) -> None:
    """Refuse a location without an index, so that a typing error does not create one.

    Raises:
        StoreError: There is no index.
    """
    from dedup.store.location import may_hold_index

    if may_hold_index(location):
        return
    what = "there is no such folder" if not Path(location).exists() else "is not an index"
    raise StoreError(f"{location}: {what}: `dedup add {location} INPUT...` creates an index")


def require_index_or_room(location: str) -> None:
    """Refuse a location with neither an index nor room for a new one.

    Raises:
        StoreError: It is a file, or a folder with other files.
    """
    from dedup.store.location import may_hold_index

    path = Path(location)
    if may_hold_index(location) or not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    what = "holds other files" if path.is_dir() else "is a file"
    raise StoreError(
        f"{location}: {what}, and is not an index: give the index first, then the inputs: "
        "dedup add INDEX INPUT..."
    )


@contextmanager
def opened(location: str, *, write: bool = False, headlines: str = "") -> Iterator[StoryIndex]:
    """An existing index, closed at the end.

    Args:
        location: A folder, or a PostgreSQL address.
        write: Whether it will be changed, which one process at a time may.
        headlines: Languages of the headlines, as the option has them; by default those of the
            index.

    Raises:
        StoreError: There is no index, or it cannot be opened.
    """
    from dedup.index.story_index import StoryIndex

    require_index(location)
    languages = languages_from(headlines)
    with StoryIndex.open(location, read_only=not write) as index:
        if languages:
            index.config = index.config.replace(output={"headline_languages": languages})
        yield index


def settings_of(config: Path | None, encoder: str | None) -> Config | None:
    """The given settings; None if none were given, so that those of the index apply.

    Raises:
        ConfigError: They cannot be used.
    """
    if config is None and encoder is None:
        return None
    return settings_from(config, encoder={"name": encoder})


def parse_time(text: str, *, now: datetime | None = None) -> datetime:
    """A time (aware UTC) from a date, a date with time, or a duration ago.

    Args:
        text: `2023-06-03`, `2023-06-03T10:50`, `2023-06-03T10:50+02:00` or `36h` (36 hours ago).
        now: Durations count back from it; by default the current time.

    Raises:
        ConfigError: The text is none of these.

    >>> parse_time("2023-06-03T10:50+02:00").isoformat()
    '2023-06-03T08:50:00+00:00'
    """
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            return (now or datetime.now(UTC)) - parse_duration(text)
        except (ConfigError, OverflowError) as error:
            raise ConfigError(
                f"{text!r} is not a time: write 2023-06-03, 2023-06-03T10:50 (UTC), "
                "or how long ago, as in 36h or 7d"
            ) from error
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def optional_time(text: str, option: str) -> datetime | None:
    """The time of an option, None if it was not given.

    Raises:
        typer.BadParameter: The text is not a time.
    """
    try:
        return parse_time(text) if text else None
    except ConfigError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def given_ids(ids: Sequence[str]) -> list[str]:
    """Distinct ids from the command line; `-` stands for those on standard input, one a line."""
    distinct: dict[str, None] = {}
    for argument in ids:
        lines = sys.stdin if argument == STDIN else (argument,)
        distinct.update(dict.fromkeys(line.strip() for line in lines if line.strip()))
    return list(distinct)


@contextmanager
def suggesting(index: StoryIndex, *ids: str) -> Iterator[None]:
    """Add the closest existing id to an error about an unknown one.

    Args:
        index: The index with the existing ids.
        ids: The ids that were given.

    Raises:
        NotFoundError: The one raised inside, with the suggestion.
    """
    try:
        yield
    except NotFoundError as error:
        unknown = next((id for id in ids if repr(id) in str(error)), None)
        if unknown is None or "did you mean" in str(error):
            raise
        close = difflib.get_close_matches(unknown, _ids(index), n=1)
        if not close or close[0] == unknown:
            raise
        raise NotFoundError(f"{error}: did you mean {close[0]!r}?") from error


def _ids(index: StoryIndex) -> Iterator[str]:
    for story in all_stories(index):
        yield story.id
        for member in story.members:
            yield member.id


def all_stories(index: StoryIndex) -> Iterator[StoryGroup]:
    """All story groups of an index that have articles, sorted by first article, newest first."""
    cursor = ""
    while True:
        page = index.stories(order="first", cursor=cursor, limit=_PAGE)
        yield from page.stories
        cursor = page.cursor
        if not cursor:
            return
