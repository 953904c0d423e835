"""Canonical texts of articles that are added and removed.

What a source repeats on its pages is boilerplate: a line may become boilerplate, or cease to be,
with any page of its source. Then all pages of that source are cleaned again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain

from dedup.articles import source_of
from dedup.cleaning import clean, clean_articles, normalize
from dedup.cleaning.repeated import SourceLines, line_of, page_digests
from dedup.cleaning.walls import headline
from dedup.config import CleaningConfig
from dedup.index.live.archive.archive import Archive
from dedup.records import Article, CleanText

_NOTHING: frozenset[str] = frozenset()


class CleanTexts:
    """Articles and their canonical texts, by id.

    Args:
        config: How boilerplate is recognised.
        archive: Where the pages are that left memory; they count all the same.
        restore: Restores archived articles, by id.
    """

    def __init__(
        self,
        config: CleaningConfig,
        archive: Archive,
        restore: Callable[[Collection[str]], None],
    ) -> None:
        self._config = config
        self._archive = archive
        self._restore = restore
        self.articles: dict[str, Article] = {}
        self.texts: dict[str, CleanText] = {}
        self._ids: dict[str, dict[str, None]] = {}
        self._lines: dict[str, SourceLines] = {}
        self._repeated: dict[str, frozenset[str]] = {}

    def cleaned(self, article: Article) -> CleanText:
        """Canonical text of an article, there or not, with what its source repeats."""
        source = source_of(article)
        self._load_source(source)
        return clean(article, self._config, repeated=self._repeated.get(source, _NOTHING))

    def load(self, articles: Mapping[str, Article], texts: Mapping[str, CleanText]) -> None:
        """Take over articles whose canonical texts are known."""
        self.articles.update(articles)
        self.texts.update(texts)
        for article in articles.values():
            self._ids.setdefault(source_of(article), {})[article.id] = None

    def inherit(self, other: CleanTexts) -> None:
        """Take over what the pages of each source repeat, of another that knows the same pages."""
        self._lines.update(other._lines)
        self._repeated.update(other._repeated)

    def page_of(self, article: str) -> bytes:
        """Digests of the page of an article; empty if it does not count."""
        page = self.articles[article]
        return page_digests(*_page(page)) if self._counts(source_of(page)) else b""

    def apply(self, put: Sequence[Article], removed: Sequence[str]) -> dict[str, CleanText]:
        """Add or replace articles, and remove others.

        Returns:
            The canonical texts of the articles that were put, and of those whose text changed
            with them.
        """
        for article in (*put, *(self.articles[id] for id in removed)):
            self._load_source(source_of(article))
        replaced = [*removed, *(article.id for article in put)]
        anew = {self._remove(id) for id in replaced if id in self.articles}
        for article in put:
            self.articles[article.id] = article
            source = source_of(article)
            self._ids.setdefault(source, {})[article.id] = None
            if self._counts(source) and source not in anew:
                lines = self._lines.setdefault(source, SourceLines())
                lines.add(*_page(article))
        changed: dict[str, CleanText] = {}
        for source in sorted(anew | set(map(source_of, put))):
            changed.update(self._refresh_boilerplate(source, again=source in anew))
        changed.update(clean_articles(put, self._config, repeated=self._repeated))
        self.texts.update(changed)
        return changed

    def _remove(self, article: str) -> str:
        """Remove an article; returns its source."""
        source = source_of(self.articles.pop(article))
        del self.texts[article], self._ids[source][article]
        return source

    def _counts(self, source: str) -> bool:
        return bool(source) and self._config.remove_boilerplate

    def _load_source(self, source: str) -> None:
        """Find what the pages of a source repeat, if they were taken over and not looked at yet."""
        if self._counts(source) and source not in self._lines:
            lines = self._lines_of(source)
            if lines:
                self._lines[source] = lines
                self._repeated[source] = self._repeated_in(source)

    def _lines_of(self, source: str) -> SourceLines:
        lines = SourceLines()
        for _, page in self._archive.lines(source):
            lines.add_digests(page)
        for id in self._ids.get(source, {}):
            lines.add(*_page(self.articles[id]))
        return lines

    def _repeated_in(self, source: str) -> frozenset[str]:
        lines = self._lines[source].repeated(self._config).items()
        return frozenset(line or self._line_of(source, digest) for digest, line in lines)

    def _line_of(self, source: str, digest: int) -> str:
        """A line, or what stands for a wall, of which only the digest is known.

        It is on pages that are archived, or were when they were counted.
        """
        part = digest.to_bytes(8, "little")
        archived = (
            self._archive.article(id)
            for id, page in self._archive.lines(source)
            if _holds(page, part)
        )
        restored = (
            self.articles[id] for id in self._ids.get(source, ()) if _holds(self.page_of(id), part)
        )
        return line_of(*_page(next(chain(archived, restored))), digest)

    def _refresh_boilerplate(self, source: str, *, again: bool) -> dict[str, CleanText]:
        """Find what a source repeats; the texts of its other articles that changed by it."""
        if not self._counts(source):
            return {}
        if again:
            self._lines[source] = self._lines_of(source)
        repeated = self._repeated_in(source)
        if repeated == self._repeated.get(source, _NOTHING):
            return {}
        self._repeated[source] = repeated
        self._restore(
            [
                stored.article.id
                for stored in self._archive.of_source(source)
                if self.cleaned(stored.article) != stored.clean
            ]
        )
        pages = [self.articles[id] for id in self._ids[source]]
        texts = clean_articles(pages, self._config, repeated=self._repeated)
        return {id: text for id, text in texts.items() if text != self.texts.get(id)}


def _holds(page: bytes, part: bytes) -> bool:
    """Whether digests of a page, see `page_digests`, have one behind that of the page itself."""
    return part in {page[k : k + 8] for k in range(8, len(page), 8)}


def _page(article: Article) -> tuple[str, str]:
    """Normalised text and headline."""
    return normalize(article.text), headline(article.title)
