"""Articles and their canonical texts, read from the store as they are needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

from dedup.records import Article, CleanText
from dedup.store import StoredArticle

_REMEMBERED = 2048
"""So many articles that were used last are not read again."""


class Articles:
    """Articles by id. What was used last is remembered, and what is not stored yet.

    Args:
        read: Reads stored articles by id; None: nothing is stored, all are remembered.
    """

    def __init__(
        self, read: Callable[[Sequence[str]], Mapping[str, StoredArticle]] | None = None
    ) -> None:
        self._read = read
        self._new: dict[str, tuple[Article, CleanText]] = {}
        self._used: OrderedDict[str, tuple[Article, CleanText]] = OrderedDict()

    def put(self, article: Article, text: CleanText) -> None:
        """Remember an article and its text, which will be stored."""
        self._new[article.id] = article, text

    def remove(self, id: str) -> None:
        """Forget an article."""
        self._new.pop(id, None)
        self._used.pop(id, None)

    def of(self, ids: Iterable[str]) -> tuple[dict[str, Article], dict[str, CleanText]]:
        """Articles and their texts by id, in the order of the ids."""
        wanted = dict.fromkeys(ids)
        known = {id: self._new.get(id) or self._used.get(id) for id in wanted}
        missing = [id for id, pair in known.items() if pair is None]
        if missing and self._read:
            stored = self._read(missing)
            known.update((id, (stored[id].article, stored[id].clean)) for id in missing)
        articles, texts = {}, {}
        for id, pair in known.items():
            if pair is None:
                raise KeyError(id)
            articles[id], texts[id] = pair
            if id not in self._new:
                self._used[id] = pair
                self._used.move_to_end(id)
        return articles, texts

    def settle(self) -> None:
        """All that was put is stored now, and can be read."""
        if self._read:
            for id, pair in self._new.items():
                self._used[id] = pair
                self._used.move_to_end(id)
            self._new.clear()
        self.trim()

    def trim(self) -> None:
        """Forget what can be read, but for what was used last."""
        while len(self._used) > _REMEMBERED:
            self._used.popitem(last=False)
