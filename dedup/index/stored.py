"""What is stored in an index, read as of the last commit."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from dedup.config import Config
from dedup.encoders import Encoder
from dedup.errors import NotFoundError, StoreError
from dedup.index.answers import current_story, record_of
from dedup.index.records import IndexStats
from dedup.output.notebook import stories_table
from dedup.output.wording import counted
from dedup.store import Placement, Store, StoredArticle, StoryFilter
from dedup.store.location import shown_location
from dedup.store.records import StoryEvent

_SHOWN = 20


class StoredIndex:
    """Articles, placements, counts and history of an index.

    Args:
        store: Where it is.
        location: The folder, or the address of the database.
        config: All settings.
        encoder: Makes the vectors.
    """

    def __init__(
        self, store: Store, location: str | Path, config: Config, encoder: Encoder
    ) -> None:
        self.config = config
        self._store = store
        self._location = shown_location(location)
        self._encoder = encoder

    def __repr__(self) -> str:
        try:
            counts = self.stats()
        except StoreError:
            return f"StoryIndex({self._location!r}, closed)"
        stories = counted(counts.story_groups, "story", "stories")
        return f"StoryIndex({self._location!r}, {counted(counts.articles, 'article')}, {stories})"

    def _repr_html_(self) -> str:
        """The latest stories as a table, for notebooks."""
        try:
            stories, _ = self._store.find_stories(StoryFilter(), _SHOWN)
            total = self.stats().story_groups
        except StoreError:
            stories, total = [], 0
        return stories_table((story.group for story in stories if story.group), total, repr(self))

    @property
    def encoder(self) -> Encoder:
        """What makes the vectors."""
        return self._encoder

    def reading(self) -> AbstractContextManager[None]:
        """While it lasts, all that this thread reads is of one moment, whoever writes."""
        return self._store.reading()

    def stats(self) -> IndexStats:
        """Counts."""
        return IndexStats.of(self._store.counts(), self._encoder, self.config)

    def check(self) -> list[str]:
        """What is damaged, in words; empty if nothing is."""
        return self._store.check()

    def article(self, id: str) -> StoredArticle:
        """An article as it is stored.

        Raises:
            NotFoundError: The index has none of that id.
        """
        return record_of(id, self._store.articles([id]))

    def placement(self, id: str) -> Placement:
        """Where an article is.

        Raises:
            NotFoundError: The index has none of that id.
        """
        return record_of(id, self._store.placements([id]))

    def cluster(self, id: str) -> list[Placement]:
        """Members of a duplicate cluster, the representative first.

        Raises:
            NotFoundError: The index has none of that id.
        """
        members = self._store.cluster(id)
        if not members:
            raise NotFoundError(f"no duplicate cluster of the index has the id {id!r}")
        return members

    def successor(self, id: str) -> str:
        """The id under which a story group goes on: its own unless it was merged into another.

        Raises:
            NotFoundError: There never was a story group of that id.
        """
        return current_story(self._store, id).id

    def changes(
        self, since: int = 0, limit: int | None = None, story_group: str = ""
    ) -> list[StoryEvent]:
        """What happened to the story groups, in order.

        `dedup.store.identity.replay` makes of all events the story groups there are.

        Args:
            since: Only events with larger numbers.
            limit: At most so many.
            story_group: Only those of the one of this id.
        """
        return self._store.events(since, limit, story_group)

    def note(self, name: str) -> str:
        """A note that a program left in the index; empty if there is none of that name."""
        return self._store.meta().get(f"note:{name}", "")
