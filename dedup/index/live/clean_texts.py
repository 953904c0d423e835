"""Canonical texts of articles that come and go.

A line that a source repeats on its pages is boilerplate. Any new page of a source can make a line
boilerplate or end that: then all pages of the source are cleaned again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from dedup.cleaning import clean, clean_articles, normalize
from dedup.cleaning.repeated import SourceLines, line_of, page_digests
from dedup.config import CleaningConfig
from dedup.index.live.archive.archive import Archive
from dedup.records import Article, CleanText

_NOTHING: frozenset[str] = frozenset()


class CleanTexts:
    """Articles and their canonical texts, by id.

    Args:
        config: How the boilerplate of pages is recognised.
        shelf: Where the pages are that left the index; they count all the same.
        revive: Brings shelved articles back, by id.
    """

    def __init__(
        self,
        config: CleaningConfig,
        shelf: Archive,
        revive: Callable[[Collection[str]], None],
    ) -> None:
        self._config = config
        self._shelf = shelf
        self._revive = revive
        self.articles: dict[str, Article] = {}
        self.texts: dict[str, CleanText] = {}
        self._ids: dict[str, dict[str, None]] = {}
        self._lines: dict[str, SourceLines] = {}
        self._repeated: dict[str, frozenset[str]] = {}

    def cleaned(self, article: Article) -> CleanText:
        """Canonical text of an article, there or not, with what its source repeats."""
        self._remember(article.source)
        return clean(article, self._config, repeated=self._repeated.get(article.source, _NOTHING))

    def load(self, articles: Mapping[str, Article], texts: Mapping[str, CleanText]) -> None:
        """Take over articles whose canonical texts are known."""
        self.articles.update(articles)
        self.texts.update(texts)
        for article in articles.values():
            self._ids.setdefault(article.source, {})[article.id] = None

    def inherit(self, other: CleanTexts) -> None:
        """Take over what the pages of each source repeat, of another that knows the same pages."""
        self._lines.update(other._lines)
        self._repeated.update(other._repeated)

    def page_of(self, article: str) -> bytes:
        """Digests of the page of an article; empty if it does not count."""
        found = self.articles[article]
        return page_digests(normalize(found.text)) if self._counts(found.source) else b""

    def apply(self, put: Sequence[Article], removed: Sequence[str]) -> dict[str, CleanText]:
        """Add or replace articles, and remove others.

        Returns:
            The canonical texts of the articles that were put, and of those whose text changed
            with them.
        """
        for source in {article.source for article in put} | {
            self.articles[each].source for each in removed
        }:
            self._remember(source)
        leaving = [*removed, *(article.id for article in put)]
        anew = {self._leave(each) for each in leaving if each in self.articles}
        for article in put:
            self.articles[article.id] = article
            self._ids.setdefault(article.source, {})[article.id] = None
            if self._counts(article.source) and article.source not in anew:
                lines = self._lines.setdefault(article.source, SourceLines())
                lines.add(normalize(article.text))
        changed: dict[str, CleanText] = {}
        for source in sorted(anew | {article.source for article in put}):
            changed.update(self._refresh_boilerplate(source, again=source in anew))
        changed.update(clean_articles(put, self._config, repeated=self._repeated))
        self.texts.update(changed)
        return changed

    def _leave(self, article: str) -> str:
        """Forget an article; its source."""
        old = self.articles.pop(article)
        del self.texts[article], self._ids[old.source][article]
        return old.source

    def _counts(self, source: str) -> bool:
        return bool(source) and self._config.remove_boilerplate

    def _remember(self, source: str) -> None:
        """What the pages of a source repeat, if they were taken over and not looked at yet."""
        if self._counts(source) and source not in self._lines:
            lines = self._lines_of(source)
            if lines:
                self._lines[source] = lines
                self._repeated[source] = self._repeated_in(source)

    def _lines_of(self, source: str) -> SourceLines:
        lines = SourceLines()
        for _, page in self._shelf.lines(source):
            lines.add_digests(page)
        for each in self._ids.get(source, {}):
            lines.add(normalize(self.articles[each].text))
        return lines

    def _repeated_in(self, source: str) -> frozenset[str]:
        found = self._lines[source].repeated(self._config)
        return frozenset(line or self._shelved_line(source, key) for key, line in found.items())

    def _shelved_line(self, source: str, digest: int) -> str:
        """A line that is only on pages that left the index."""
        wanted = digest.to_bytes(8, "little")
        pages = self._shelf.lines(source)
        holder = next(
            id for id, page in pages if wanted in {page[k : k + 8] for k in range(8, len(page), 8)}
        )
        return line_of(normalize(self._shelf.article(holder).text), digest)

    def _refresh_boilerplate(self, source: str, *, again: bool) -> dict[str, CleanText]:
        """See what a source repeats; the texts of its other articles that changed by it."""
        if not self._counts(source):
            return {}
        if again:
            self._lines[source] = self._lines_of(source)
        found = self._repeated_in(source)
        if found == self._repeated.get(source, _NOTHING):
            return {}
        self._repeated[source] = found
        self._revive(
            [
                stored.article.id
                for stored in self._shelf.of_source(source)
                if self.cleaned(stored.article) != stored.clean
            ]
        )
        pages = [self.articles[each] for each in self._ids[source]]
        texts = clean_articles(pages, self._config, repeated=self._repeated)
        return {each: text for each, text in texts.items() if text != self.texts.get(each)}
