"""Articles and their canonical texts, read from the store as they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from dedup.records import Article, CleanText
from dedup.store import StoredArticle

_REMEMBERED = 8192
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
        self._known: dict[str, tuple[Article, CleanText]] = {}
        self._new: set[str] = set()

    def put(self, article: Article, text: CleanText) -> None:
        """Remember an article and its text, which will be stored."""
        self._known[article.id] = article, text
        self._new.add(article.id)

    def remove(self, id: str) -> None:
        """Forget an article."""
        self._known.pop(id, None)
        self._new.discard(id)

    def of(self, ids: Iterable[str]) -> tuple[dict[str, Article], dict[str, CleanText]]:
        """Articles and their texts by id, in the order of the ids."""
        wanted = dict.fromkeys(ids)
        missing = [id for id in wanted if id not in self._known]
        if missing and self._read:
            stored = self._read(missing)
            self._known.update((id, (stored[id].article, stored[id].clean)) for id in missing)
        known = {id: self._known[id] for id in wanted}
        # What was used last comes last.
        for id in known:
            self._known[id] = self._known.pop(id)
        articles = {id: article for id, (article, _) in known.items()}
        return articles, {id: text for id, (_, text) in known.items()}

    def settle(self) -> None:
        """All that was put is stored now, and can be read."""
        self._new.clear()
        self.trim()

    def trim(self) -> None:
        """Forget what can be read, but for what was used last."""
        if self._read:
            for id in list(self._known)[: max(0, len(self._known) - _REMEMBERED)]:
                if id not in self._new:
                    del self._known[id]
