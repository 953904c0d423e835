"""Lines that one source repeats over many of its pages: furniture that no phrase list knows."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable

import xxhash

from dedup.cleaning.normalization import normalize
from dedup.config import CleaningConfig
from dedup.records import Article


def _digest(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode())


class SourceLines:
    """The pages of one source as digests of their lines, the longest line first."""

    def __init__(self) -> None:
        self._pages: dict[int, array[int]] = {}
        self._seen: set[int] = set()
        self._again: dict[int, str] = {}

    def add(self, text: str) -> None:
        """Add the normalised text of a page."""
        page = _digest(text)
        if page in self._pages:
            return
        lines = sorted({*text.split("\n")}, key=lambda line: (-len(line), line))
        self._pages[page] = array("Q", map(_digest, lines))
        for line, digest in zip(lines, self._pages[page], strict=True):
            if digest in self._seen and any(map(str.isalnum, line)):
                self._again[digest] = line
            self._seen.add(digest)

    def repeated(self, config: CleaningConfig) -> frozenset[str]:
        """The lines that stand on many of the pages, see `repeated_lines`."""
        least = max(config.repeated_line_pages, config.repeated_line_share * len(self._pages))
        found: set[int] = set()
        # A notice longer than any paragraph hides what else is furniture until it is found.
        while new := {line for line, pages in self._standing(found).items() if len(pages) >= least}:
            found |= new
        return frozenset(self._again[line] for line in found)

    def _standing(self, furniture: set[int]) -> dict[int, set[int]]:
        """For each line on several pages, the longest lines that stand there beside it."""
        standing: defaultdict[int, set[int]] = defaultdict(set)
        for page in self._pages.values():
            own = [line for line in page if line not in furniture]
            longest, second = [*own, 0, 0][:2]
            for line in own:
                if line in self._again:
                    standing[line].add(second if line == longest else longest)
        return standing


def repeated_lines(
    articles: Iterable[Article], config: CleaningConfig = CleaningConfig()
) -> dict[str, frozenset[str]]:
    """The normalised lines that each source puts on many of its pages.

    A function of the set of articles. Texts that are equal are one page. So are,
    for a line, pages that share the longest of their other lines: a text that is
    published again and again with small changes is not furniture. Lines may be of
    any length, as legal notices are long.

    Args:
        articles: Of any sources; those without a source are left out.
        config: How many pages, and which share of them, make a line furniture.

    Returns:
        The lines of each source; a source that has none is left out.
    """
    sources: dict[str, SourceLines] = {}
    if config.remove_furniture:
        for article in articles:
            if article.source:
                sources.setdefault(article.source, SourceLines()).add(normalize(article.text))
    found = {source: lines.repeated(config) for source, lines in sources.items()}
    return {source: found[source] for source in sorted(found) if found[source]}
