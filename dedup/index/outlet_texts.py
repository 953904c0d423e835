"""The texts that an outlet published about a time, read from the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from dedup.articles import source_of
from dedup.duplicates.series import Origin
from dedup.records import Article
from dedup.store import Store
from dedup.store.database import chunks

_SECOND = timedelta(seconds=1)
_REMEMBERED = 16384
_AT_ONCE = 512


class OutletTexts:
    """Texts of outlets; those that were read last are remembered for as long as they stay the same.

    Args:
        store: Where the articles are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, int], Origin] = {}
        self._lock = threading.Lock()

    def around(self, articles: Sequence[Article], within: timedelta) -> Iterator[Origin]:
        """Texts of the outlets of some articles that were published within a time of them."""
        times = [article.published_at for article in articles if article.published_at]
        since, until = min(times) - within, max(times) + within + _SECOND
        outlets = {source_of(article) for article in articles}
        # An outlet that is a host also has articles without a name, under its address.
        unnamed = {""} if any("." in outlet for outlet in outlets) else set()
        for source in sorted({article.source for article in articles} | outlets | unnamed):
            texts = self._published(since, until, source)
            yield from (text for text in texts if text.source in outlets)

    def _published(self, since: datetime, until: datetime, source: str) -> Iterator[Origin]:
        """Texts of one `Article.source`, by the ids of their articles; some are read at a time."""
        numbers = self._store.checksums(since, until, source)
        for part in chunks(numbers.items(), _AT_ONCE):
            known = {each: found for each in part if (found := self._known.get(each))}
            missing = {id: (id, number) for id, number in part if (id, number) not in known}
            stored = self._store.articles([*missing])
            new = {missing[id]: Origin.of(one.article, one.clean) for id, one in stored.items()}
            self._remember(new)
            known |= new
            yield from (known[each] for each in part if each in known)

    def _remember(self, texts: Mapping[tuple[str, int], Origin]) -> None:
        with self._lock:
            self._known.update(texts)
            if len(self._known) > _REMEMBERED:
                for each in list(islice(self._known, _REMEMBERED // 4)):
                    del self._known[each]
