"""The window of an index: which stories can still grow, and which are archived.

A story is archived when its last article is older than `memory_window`, counted from the newest
article. It stays as it is in the store, and no article joins it any more. The stories that are not
archived are at any time what the batch makes of their articles alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from dedup.compute.growable import Columns
from dedup.compute.times import from_micros, to_micros
from dedup.store import StoredArticle

_STEPS = 32
"""The end of the window moves by one part in so many of its length."""
_FIRST = datetime.min.replace(tzinfo=UTC)


class Window:
    """Says how old the last article of a story may be.

    The newest article is the one with the latest time; a time after the one at which the
    article was added does not count, so that a wrong year makes nothing old.

    Args:
        length: How much older than the newest article the last one of a story may be; None: any.
    """

    def __init__(self, length: timedelta | None) -> None:
        self.length = length
        self._newest: datetime | None = None

    @property
    def end(self) -> datetime | None:
        """Stories whose last article is older than this are archived; None: none is.

        A whole number of steps, so that it moves now and then and not with each article.
        """
        if not self.length or self._newest is None:
            return None
        oldest = max(self._newest, _FIRST + self.length) - self.length
        step = timedelta(seconds=max(1, self.length.total_seconds() // _STEPS))
        return oldest - (oldest - _FIRST) % step

    def saved(self) -> dict[str, Any]:
        """The newest time as a column."""
        times = [] if self._newest is None else [to_micros(self._newest)]
        return {"window.newest": np.array(times, np.int64)}

    def load(self, columns: Columns) -> None:
        """Load what `saved` returned."""
        for time in columns["window.newest"].tolist():
            self._newest = max(from_micros(time), self._newest or from_micros(time))

    def seen(self, articles: Iterable[StoredArticle]) -> Iterator[StoredArticle]:
        """The same articles; note is taken of each as it is read."""
        for stored in articles:
            self.see([stored])
            yield stored

    def see(self, articles: Iterable[StoredArticle]) -> None:
        """Take note of articles that were added to memory."""
        for stored in articles:
            time = min(stored.article.published_at or stored.added_at, stored.added_at)
            self._newest = max(time, self._newest or time)
