"""Lines that a source repeats on many pages: boilerplate that no list of phrases knows."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable

import xxhash

from dedup.articles import source_of
from dedup.cleaning.walls import MIN_WALL_TITLES, headline, is_foreign, wall_key
from dedup.config import CleaningConfig
from dedup.records import Article
from dedup.text.normalization import normalize


def _digest(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode())


def _line_digest(line: str) -> int:
    """Odd for a line with a letter or digit, so that the digest alone shows it."""
    return _digest(line) >> 1 << 1 | any(map(str.isalnum, line))


def _wall(text: str, title: str) -> str:
    """What stands for a page that may be a wall; empty for one that is about its headline."""
    return wall_key(text.split("\n"), title) if is_foreign(title, text) else ""


def _lines(text: str) -> list[str]:
    return sorted({*text.split("\n")}, key=lambda line: (-len(line), line))


class SourceLines:
    """The pages of one source as digests of their lines, the longest line first."""

    def __init__(self) -> None:
        self._pages: dict[int, array[int]] = {}
        self._walls: defaultdict[int, set[int]] = defaultdict(set)
        self._page_counts: Counter[int] = Counter()
        self._texts: dict[int, str] = {}

    def add(self, text: str, title: str = "") -> None:
        """Add a page: its normalised text, and its headline."""
        page = _digest(text)
        if wall := _wall(text, title):
            digest = _line_digest(wall)
            self._walls[digest].add(_digest(title))
            self._texts[digest] = wall
        if page in self._pages:
            return
        lines = _lines(text)
        digests = array("Q", map(_line_digest, lines))
        for line, digest in zip(lines, digests, strict=True):
            if digest in self._page_counts and digest & 1:
                self._texts[digest] = line
        self._pages[page] = digests
        self._page_counts.update(digests)

    def repeated(self, config: CleaningConfig) -> frozenset[str]:
        """The lines that stand on many of the pages, see `repeated_lines`."""
        least = max(config.min_repeated_pages, config.min_repeated_share * len(self._pages))
        often = {line for line, pages in self._page_counts.items() if line & 1 and pages >= least}
        repeated: set[int] = set()
        # A notice longer than any paragraph hides other repeated lines until it is known.
        while often and (
            new := {
                line
                for line, pages in self._longest_beside(often - repeated, repeated).items()
                if len(pages) >= least
            }
        ):
            repeated |= new
        repeated |= {
            key for key, titles in self._walls.items() if len(titles) >= MIN_WALL_TITLES and key & 1
        }
        return frozenset(self._texts[line] for line in repeated)

    def _longest_beside(self, often: set[int], repeated: set[int]) -> dict[int, set[int]]:
        """For each line in `often`, the longest other lines of its pages, but for repeated ones."""
        beside: defaultdict[int, set[int]] = defaultdict(set)
        for page in self._pages.values():
            if often.isdisjoint(page):
                continue
            own = [line for line in page if line not in repeated]
            longest, second = [*own, 0, 0][:2]
            for line in own:
                if line in often:
                    beside[line].add(second if line == longest else longest)
        return beside


def lines_of_source(pages: Iterable[tuple[str, str]], config: CleaningConfig) -> frozenset[str]:
    """The normalised lines that one source puts on many of its pages, see `repeated_lines`.

    Args:
        pages: Title and text of each.
        config: See there.
    """
    lines = SourceLines()
    for title, text in pages:
        lines.add(normalize(text), headline(title))
    return lines.repeated(config)


def repeated_lines(
    articles: Iterable[Article], config: CleaningConfig = CleaningConfig()
) -> dict[str, frozenset[str]]:
    """The normalised lines that each source puts on many of its pages.

    The order of the articles does not matter. Equal texts count as one page. So do,
    for a line, pages that share the longest of their other lines: a text that is
    published again and again with small changes is no boilerplate. Lines may be of
    any length, as legal notices are long. Walls are among them as `walls.wall_key`.

    Args:
        articles: Of any sources; those without a source (`source_of`) are left out.
        config: How many pages, and which share of them, make a line boilerplate.

    Returns:
        The lines of each source; a source that has none is left out.
    """
    pages: dict[str, list[tuple[str, str]]] = {}
    if config.remove_boilerplate:
        for article in articles:
            if source := source_of(article):
                pages.setdefault(source, []).append((article.title, article.text))
    lines = {source: lines_of_source(pages[source], config) for source in sorted(pages)}
    return {source: lines[source] for source in lines if lines[source]}
