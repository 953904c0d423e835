"""A choice: where the index keeps what it knows. One protocol, several stores.

A store keeps articles, where each was put, the story groups and their history. It decides
nothing. Everything between `begin` and `commit` is written together or not at all, and after
`commit` it is durable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from dedup.store.records import (
    Placement,
    StoredArticle,
    StoredStory,
    StoryEvent,
    StoryFilter,
)

__all__ = [
    "ArticleArchive", "Placement", "Store", "StoredArticle", "StoredStory",
    "StoryEvent", "StoryFilter",
]  # fmt: skip


class Store(Protocol):
    """What the index needs of a store.

    One writer at a time, in any process; readers see the last commit while it writes.
    Methods may be called from any thread.
    """

    @property
    def archive(self) -> ArticleArchive:
        """Articles that an index does not hold in memory."""

    def close(self) -> None:
        """Let go of files and connections, once the open transaction has ended."""

    def begin(self) -> AbstractContextManager[None]:
        """A transaction: committed and durable at the end, undone if it ends in an error.

        Raises:
            StoreError: It could not be written; what was stored before is as it was.
        """

    def reading(self) -> AbstractContextManager[None]:
        """While it lasts, all that this thread reads is of one moment, whoever writes."""

    def meta(self) -> Mapping[str, str]:
        """Settings of the index by name: encoder, configuration, versions, `generation`."""

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Add or replace settings."""

    def put_articles(self, articles: Sequence[StoredArticle]) -> None:
        """Add or replace articles by id."""

    def delete_articles(self, ids: Sequence[str]) -> None:
        """Delete articles, with their placements; unknown ids are passed over."""

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        """Articles by id; unknown ids are left out."""

    def all_articles(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        source: str | None = None,
    ) -> Iterator[StoredArticle]:
        """All articles published in [since, until), of one `Article.source` if given, by id."""

    def checksums(self, since: datetime, until: datetime, source: str) -> dict[str, int]:
        """Of each of these articles, by id, a number that is another one when anything of it is.

        Args:
            since: Those published at or after this time.
            until: Those published before this time.
            source: Those with this `Article.source`.
        """

    def put_placements(self, placements: Sequence[Placement]) -> None:
        """Add or replace where articles were put."""

    def placements(self, ids: Sequence[str]) -> dict[str, Placement]:
        """Where articles were put, by id; unknown ids are left out."""

    def all_placements(self, *, in_memory: bool = False) -> Iterator[Placement]:
        """Where all articles were put, or those not archived, by id."""

    def cluster(self, id: str) -> list[Placement]:
        """Placements of a duplicate cluster's members, the representative first, then by id."""

    def put_stories(self, stories: Sequence[StoredStory]) -> None:
        """Add or replace story groups by id."""

    def put_summaries(self, summaries: Mapping[str, bytes]) -> None:
        """Add or replace summaries of story groups, by id; they are newer than all others."""

    def summaries(self, after: int = 0) -> list[tuple[str, int, bytes]]:
        """Story group, version and summary of all that are newer than a version, in order."""

    def last_summary(self) -> int:
        """The largest version of a summary, 0 if there is none."""

    def stories(self, ids: Sequence[str]) -> dict[str, StoredStory]:
        """Story groups by id, in whatever state; unknown ids are left out."""

    def find_stories(
        self, wanted: StoryFilter, limit: int, cursor: str = ""
    ) -> tuple[list[StoredStory], str]:
        """At most `limit` open story groups, and the cursor of the next ones, empty at the end.

        Args:
            wanted: Which ones, and in what order.
            limit: At least 1.
            cursor: That of the page before; empty for the first.

        Raises:
            CursorError: The cursor is none of this list.
            StoreError: The limit is below 1.
        """

    def add_events(self, events: Sequence[StoryEvent]) -> None:
        """Add to the history.

        Raises:
            StoreError: The numbers of the events are not those after the last one.
        """

    def events(
        self, after: int = 0, limit: int | None = None, story_group: str = ""
    ) -> list[StoryEvent]:
        """Events numbered above `after`, in order, at most `limit`, of `story_group` if given."""

    def last_event(self) -> int:
        """Number of the last event of the history, 0 if there is none."""

    def counts(self) -> dict[str, int]:
        """Counts: `articles`, `archived`, `texts`, `story_groups` (open), `events`, `bytes`."""

    def check(self) -> list[str]:
        """What is damaged, in words; empty if nothing is."""

    def check_articles(self) -> list[str]:
        """Which articles are not as they were written, in words; empty if all are."""


class ArticleArchive(Protocol):
    """Articles of archived story groups: they are read, and compared with nothing that arrives.

    They stay in the store as they were; here is kept which ones they are.
    """

    def add(self, articles: Mapping[str, bool]) -> None:
        """Archive stored articles, by id: whether each represents its text."""

    def clear(self) -> None:
        """Archive none of them any more; the articles stay."""

    def size(self) -> int:
        """Number of archived articles."""

    def among(self, ids: Sequence[str]) -> set[str]:
        """Those of the articles that are archived."""

    def representatives(self) -> dict[str, str]:
        """`StoredArticle.digest` of each archived article that represents its text, by id."""
