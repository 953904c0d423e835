"""Canonical texts of articles that are added and removed.

What a source repeats on its pages is boilerplate: a line may become boilerplate, or cease to be,
with any page of its source. Then all pages of that source are cleaned again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from sys import intern

import numpy as np

from dedup.articles import source_of
from dedup.cleaning import clean, clean_articles, normalize
from dedup.cleaning.repeated import SourceLines
from dedup.cleaning.walls import headline
from dedup.compute.growable import Array, Columns, packed, unpacked
from dedup.config import CleaningConfig
from dedup.index.live.arrays.column_dict import ColumnDict
from dedup.index.live.articles import Articles
from dedup.records import Article, CleanText
from dedup.store.database import chunks

_NOTHING: frozenset[str] = frozenset()
_AT_ONCE = 1024
"""So many pages of a source are read at once."""


class CleanTexts:
    """Canonical texts of articles, and what each source repeats.

    Args:
        config: How boilerplate is recognised.
        articles: Where articles and texts are.
    """

    def __init__(self, config: CleaningConfig, articles: Articles) -> None:
        self._config = config
        self._articles = articles
        self.source_of: MutableMapping[str, str] = {}
        """Source of each article by id."""
        self._ids: MutableMapping[str, dict[str, None]] = {}
        self._lines: dict[str, SourceLines] = {}
        self._repeated: dict[str, frozenset[str]] = {}

    def cleaned(self, article: Article) -> CleanText:
        """Canonical text of an article, there or not, with what its source repeats."""
        source = source_of(article)
        self._load_source(source)
        return clean(article, self._config, repeated=self._repeated.get(source, _NOTHING))

    def saved(self) -> dict[str, Array]:
        """Columns of the articles and their sources."""
        numbers = {
            source: number for number, source in enumerate(dict.fromkeys(self.source_of.values()))
        }
        of_articles = [numbers[source] for source in self.source_of.values()]
        return {
            **packed("sources", [*numbers]),
            **packed("sources.ids", [*self.source_of]),
            "sources.numbers": np.array(of_articles, np.int32),
        }

    def load_saved(self, columns: Columns) -> None:
        """Load what `saved` returned."""

        def sources() -> dict[str, str]:
            names = [*map(intern, unpacked(columns, "sources"))]
            numbers = columns["sources.numbers"].tolist()
            ids = unpacked(columns, "sources.ids")
            return {id: names[number] for id, number in zip(ids, numbers, strict=True)}

        def ids() -> dict[str, dict[str, None]]:
            of_source: dict[str, dict[str, None]] = {}
            for id, source in sources().items():
                of_source.setdefault(source, {})[id] = None
            return of_source

        self.source_of, self._ids = ColumnDict(sources), ColumnDict(ids)

    def take_over(
        self, put: Sequence[Article], texts: Mapping[str, CleanText], removed: Sequence[str]
    ) -> None:
        """Add or replace articles whose canonical texts are known, and remove others."""
        gone = [id for id in (*removed, *texts) if id in self.source_of]
        changed = {self._remove(id) for id in gone} | set(map(source_of, put))
        self._note(put)
        for article in put:
            self._articles.put(article, texts[article.id])
        for source in changed:
            # What these repeat is found when it is asked for.
            self._lines.pop(source, None)
            self._repeated.pop(source, None)

    def inherit(self, other: CleanTexts) -> None:
        """Take over what the pages of each source repeat, of another that knows the same pages."""
        self._lines.update(other._lines)
        self._repeated.update(other._repeated)

    def apply(self, put: Sequence[Article], removed: Sequence[str]) -> dict[str, CleanText]:
        """Add or replace articles, and remove others.

        Returns:
            The canonical texts of the articles that were put, and of those whose text changed
            with them.
        """
        for source in {*map(source_of, put), *(self.source_of[id] for id in removed)}:
            self._load_source(source)
        replaced = [*removed, *(article.id for article in put)]
        again = {self._remove(id) for id in replaced if id in self.source_of}
        self._note(put)
        changed: dict[str, CleanText] = {}
        new = {article.id: article for article in put}
        pages: dict[str, list[Article]] = {source: [] for source in again}
        for article in put:
            pages.setdefault(source_of(article), []).append(article)
        for source in sorted(filter(self._counts, pages)):
            changed.update(self._refresh_boilerplate(source, pages[source], new, source in again))
        changed.update(clean_articles(put, self._config, repeated=self._repeated))
        for id, article in self._those(changed, new).items():
            self._articles.put(article, changed[id])
        return changed

    def _those(self, ids: Iterable[str], new: Mapping[str, Article]) -> dict[str, Article]:
        """Articles by id, of which some are new."""
        known, _ = self._articles.of(id for id in ids if id not in new)
        return {id: new.get(id) or known[id] for id in ids}

    def _note(self, put: Iterable[Article]) -> None:
        for article in put:
            source = self.source_of[article.id] = intern(source_of(article))
            self._ids.setdefault(source, {})[article.id] = None

    def _remove(self, article: str) -> str:
        """Remove an article; returns its source."""
        source = self.source_of.pop(article)
        del self._ids[source][article]
        self._articles.remove(article)
        return source

    def _counts(self, source: str) -> bool:
        return bool(source) and self._config.remove_boilerplate

    def _load_source(self, source: str) -> None:
        """Find what the pages of a source repeat, if they were taken over and not looked at yet."""
        if self._counts(source) and source not in self._lines and source in self._ids:
            self._lines[source] = self._lines_of(self._pages(source, {}))
            self._repeated[source] = self._repeated_in(source)

    def _pages(self, source: str, new: Mapping[str, Article]) -> Iterator[Article]:
        """All articles of a source, of which some are new; some are read at a time."""
        for ids in chunks(self._ids[source], _AT_ONCE):
            yield from self._those(ids, new).values()

    def _lines_of(self, pages: Iterable[Article]) -> SourceLines:
        lines = SourceLines()
        for page in pages:
            lines.add(*_page(page))
        return lines

    def _repeated_in(self, source: str) -> frozenset[str]:
        return self._lines[source].repeated(self._config)

    def _refresh_boilerplate(
        self, source: str, pages: Sequence[Article], new: Mapping[str, Article], again: bool
    ) -> dict[str, CleanText]:
        """Find what a source repeats; the texts of its articles that changed by it.

        Args:
            source: The source.
            pages: Its articles that were put.
            new: All articles that were put, by id.
            again: Whether some of its articles were there before and are other ones now, or none.
        """
        if again:
            self._lines[source] = self._lines_of(self._pages(source, new))
        else:
            lines = self._lines.setdefault(source, SourceLines())
            for page in pages:
                lines.add(*_page(page))
        repeated = self._repeated_in(source)
        if repeated == self._repeated.get(source, _NOTHING):
            return {}
        self._repeated[source] = repeated
        changed: dict[str, CleanText] = {}
        for ids in chunks([id for id in self._ids[source] if id not in new], _AT_ONCE):
            articles, known = self._articles.of(ids)
            texts = clean_articles([*articles.values()], self._config, repeated=self._repeated)
            changed.update((id, text) for id, text in texts.items() if text != known[id])
        return changed


def _page(article: Article) -> tuple[str, str]:
    """Normalised text and headline."""
    return normalize(article.text), headline(article.title)
