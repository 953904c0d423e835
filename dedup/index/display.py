"""How an index looks in a terminal and in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod

from dedup.errors import StoreError
from dedup.index.records import IndexStats, StoryPage
from dedup.output.notebook import stories_table
from dedup.output.wording import counted
from dedup.store.records import StoryOrder


class DisplayedIndex(ABC):
    """An index that shows its counts, and its latest stories in a notebook."""

    location: str
    """The folder, or the address of the database, without a password."""

    @abstractmethod
    def stats(self) -> IndexStats:
        """Counts."""

    @abstractmethod
    def stories(self, *, order: StoryOrder = "latest") -> StoryPage:
        """Story groups, in pages."""

    def __repr__(self) -> str:
        try:
            counts = self.stats()
        except StoreError:
            return f"StoryIndex({self.location!r}, closed)"
        return (
            f"StoryIndex({self.location!r}, {counted(counts.articles, 'article')}, "
            f"{counted(counts.story_groups, 'story', 'stories')})"
        )

    def _repr_html_(self) -> str:
        """The latest stories as a table, for notebooks."""
        try:
            shown, total = self.stories(order="latest").stories, self.stats().story_groups
        except StoreError:
            shown, total = (), 0
        return stories_table(shown, total, repr(self))
