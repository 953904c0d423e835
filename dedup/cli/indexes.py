"""How commands open an index, and the options that they share."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.config import Config
from dedup.errors import ConfigError, NotFoundError, StoreError
from dedup.settings import parse_duration

if TYPE_CHECKING:
    from dedup.index.story_index import StoryIndex
    from dedup.records import StoryGroup

STORE_FILE = "store.sqlite"
STDIN = "-"
_PAGE = 500
_SERVERS = ("postgresql://", "postgres://")

IndexArgument = Annotated[
    str, typer.Argument(metavar="INDEX", help="Folder of the index, or postgresql://...")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonLinesOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


def is_index(location: str) -> bool:
    """Whether an index is, or may be, at a location: a server is not asked."""
    return location.startswith(_SERVERS) or Path(location, STORE_FILE).is_file()


def require_index(location: str) -> None:
    """Refuse a location where there is no index, so that a typing error does not make one.

    Raises:
        StoreError: There is none.
    """
    if is_index(location):
        return
    what = "there is no such folder" if not Path(location).exists() else "is not an index"
    raise StoreError(f"{location}: {what}: `dedup add {location} INPUT...` makes an index")


def require_place(location: str) -> None:
    """Refuse a location where neither is an index nor room for a new one.

    Raises:
        StoreError: It is a file, or a folder of something else.
    """
    path = Path(location)
    if is_index(location) or not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    what = "holds other files" if path.is_dir() else "is a file"
    raise StoreError(
        f"{location}: {what}, and is not an index: name the index first, then what to add: "
        "dedup add INDEX INPUT..."
    )


@contextmanager
def opened(location: str, *, write: bool = False) -> Iterator[StoryIndex]:
    """An index that exists, closed in the end.

    Args:
        location: A folder, or a PostgreSQL address.
        write: Whether it will be changed: one process at a time may.

    Raises:
        StoreError: There is none, or it cannot be opened.
    """
    from dedup.index.story_index import StoryIndex

    require_index(location)
    with StoryIndex.open(location, read_only=not write) as index:
        yield index


def settings_of(config: Path | None, encoder: str | None) -> Config | None:
    """The settings that were given; None if none were, and those of the index hold.

    Raises:
        ConfigError: They cannot be used.
    """
    if config is None and encoder is None:
        return None
    settings = Config.from_toml(config) if config else Config()
    return settings.replace(encoder={"name": encoder}) if encoder is not None else settings


def parse_time(text: str, *, now: datetime | None = None) -> datetime:
    """A time as people write it, aware UTC: a date, a date with a time, or a duration ago.

    Args:
        text: `2023-06-03`, `2023-06-03T10:50`, `2023-06-03T10:50+02:00` or `36h` (36 hours ago).
        now: What "ago" counts from; the clock by default.

    Raises:
        ConfigError: It is none of these.

    >>> parse_time("2023-06-03T10:50+02:00").isoformat()
    '2023-06-03T08:50:00+00:00'
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            return (now or datetime.now(UTC)) - parse_duration(text)
        except (ConfigError, OverflowError) as error:
            raise ConfigError(
                f"{text!r} is not a time: write 2023-06-03, 2023-06-03T10:50 (UTC), "
                "or how long ago, as in 36h or 7d"
            ) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def optional_time(text: str, option: str) -> datetime | None:
    """The time of an option, None if it was not given.

    Raises:
        typer.BadParameter: It is no time.
    """
    try:
        return parse_time(text) if text else None
    except ConfigError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def given_ids(ids: Sequence[str]) -> list[str]:
    """Ids from the command line; of `-` those on standard input, one a line. Each one once."""
    found: dict[str, None] = {}
    for each in ids:
        lines = sys.stdin if each == STDIN else (each,)
        found.update(dict.fromkeys(line.strip() for line in lines if line.strip()))
    return list(found)


@contextmanager
def suggesting(index: StoryIndex, *asked: str) -> Iterator[None]:
    """Where an id is unknown, the error also names the closest one that there is.

    Args:
        index: Where ids are looked for.
        asked: The ids that were given.

    Raises:
        NotFoundError: One that was raised inside, told better.
    """
    try:
        yield
    except NotFoundError as error:
        unknown = next((each for each in asked if repr(each) in str(error)), None)
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
    """All story groups of an index that have articles, by the first article, newest first."""
    cursor = ""
    while True:
        page = index.stories(order="first", cursor=cursor, limit=_PAGE)
        yield from page.stories
        cursor = page.cursor
        if not cursor:
            return
