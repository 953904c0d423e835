"""The window of an index: which articles are at hand, and which are in the store alone.

An article leaves when it is older than `memory_window`, counted from the newest one, together with
all that hangs together with it. It comes back for as long as it is needed: when it changes or goes,
when a copy of it arrives, or an article of its time. So what the index holds stays what the batch
computes from the same articles, with two exceptions. Of the texts in one bucket of the
near-duplicate search (or with one anchor) that have left, the thousand that left last are looked
at.

Chance can link the news of weeks to one component, which never becomes old. A component of more
than a thousand articles that is split anyway leaves in parts: `Windowed.leaving`. What comes back
later comes without its links to other parts, so a component there may be split otherwise than in
the batch.
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
"""So many articles that came back for a question do not matter."""


_FIRST = datetime.min.replace(tzinfo=UTC)


def held(store: Store) -> StoredRecords:
    """All that is stored and has not left."""
    stored = list(store.all_articles(in_memory=True))
    return StoredRecords.of(
        stored, store.all_placements(in_memory=True), store.matches(), store.derived
    )


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
        """Articles that came to memory, or were there."""
        for each in articles:
            time = min(each.article.published_at or each.added_at, each.added_at)
            self._newest = max(time, self._newest or time)

    def leaving(self, live: LiveIndex) -> list[tuple[bytes, list[ArchivedArticle]]]:
        """The parcels that leave now; none while it is not worth while."""
        horizon = self._horizon
        if horizon is None:
            return []
        too_old = live.old(horizon)
        young = live.texts - too_old
        if too_old <= self._staying + young // _SHARE:
            return []
        self._staying = too_old
        return live.leaving(horizon)

    def left(self, live: LiveIndex) -> None:
        """Parcels have left; what is too old and still at hand stays."""
        horizon = self._horizon
        self._staying = live.old(horizon) if horizon else 0

    def crowded(self, live: LiveIndex) -> bool:
        """Whether so much came back for questions that what is at hand should be read anew."""
        return live.shelf.size > max(_FEW, live.texts // _SHARE)
