"""The window of an index: which articles are in memory, and which are in the store alone.

An article leaves when it is older than `memory_window`, counted from the newest one, together with
all that belongs together with it by copies and links. It is restored for as long as it is needed:
when it changes or is removed, when a copy of it arrives, or an article of its time. So what the
index holds stays what the batch computes from the same articles, with two exceptions.

- Of the archived texts in one bucket of the near-duplicate search (or with one anchor) the
  thousand that left last are compared.
- Chance can link the news of weeks to one component, which never becomes old. A component of more
  than a thousand articles that is split anyway leaves in parts: `Bundler.leaving`. What is restored
  later comes without its links to other parts, so a component there may be split otherwise than
  in the batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from dedup.index.live.archive.archive import StoredRecords
from dedup.index.live.live import LiveIndex
from dedup.store import ArchivedArticle, Store, StoredArticle

_SHARE = 4
"""Articles leave when one in so many is too old: all that stay are then read anew."""
_FEW = 1000
"""So many articles that were restored for a query do not matter."""


_FIRST = datetime.min.replace(tzinfo=UTC)


def stored_records(store: Store) -> StoredRecords:
    """All that is stored and not archived."""
    stored = list(store.all_articles(in_memory=True))
    placements = store.all_placements(in_memory=True)
    return StoredRecords.of(stored, placements, store.matches(), store.derived)


class Window:
    """Decides when articles leave memory.

    The newest article is the one with the latest time; a time after the one at which the
    article was added does not count, so that a wrong year makes nothing old.

    Args:
        memory_window: How much older than the newest article others may be; None: any.
    """

    def __init__(self, memory_window: timedelta | None) -> None:
        self._memory_window = memory_window
        self._newest: datetime | None = None
        self._staying = 0

    @property
    def _horizon(self) -> datetime | None:
        if self._memory_window is None or self._newest is None:
            return None
        return max(self._newest, _FIRST + self._memory_window) - self._memory_window

    def see(self, articles: Iterable[StoredArticle]) -> None:
        """Take note of articles that were added to memory."""
        for stored in articles:
            time = min(stored.article.published_at or stored.added_at, stored.added_at)
            self._newest = max(time, self._newest or time)

    def leaving(self, live: LiveIndex) -> list[tuple[bytes, list[ArchivedArticle]]]:
        """The bundles that leave now; none while it is not worth while."""
        horizon = self._horizon
        if horizon is None:
            return []
        too_old = live.bundler.old(horizon)
        young = len(live.memory.texts.row_of) - too_old
        if too_old <= self._staying + young // _SHARE:
            return []
        self._staying = too_old
        return live.bundler.leaving(horizon)

    def left(self, live: LiveIndex) -> None:
        """Bundles have left; what is too old and still in memory stays.

        Args:
            live: What is in memory after that.
        """
        horizon = self._horizon
        self._staying = live.bundler.old(horizon) if horizon else 0

    def crowded(self, live: LiveIndex) -> bool:
        """Whether so much was restored for queries that memory should be read anew."""
        memory = live.memory
        return memory.archive.size > max(_FEW, len(memory.texts.row_of) // _SHARE)
