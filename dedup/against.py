"""Driver: which articles are copies of texts in another set, one article after the other.

Test data against training data, today's articles against an archive. Only copies are looked for,
and only the other set is in memory. Each article is cleaned by itself: lines that the pages of one
source repeat are not known, unlike in `dedup.cluster`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from dedup.articles import body_of
from dedup.cleaning import clean
from dedup.config import Config
from dedup.description.clusters import match_of
from dedup.readers.problems import OnProblem
from dedup.readers.sources import articles_from
from dedup.records import Article, Match

if TYPE_CHECKING:
    import pyarrow as pa


@runtime_checkable
class HoldsTexts(Protocol):
    """Finds copies among the texts that it holds: `HeldTexts`, or a `StoryIndex`."""

    def copies(self, article: Article, *, limit: int = 10) -> tuple[Match, ...]:
        """The articles whose texts are copies of that of an article, the most similar first.

        Args:
            article: It is not added.
            limit: At most so many.
        """
        ...


class HeldTexts:
    """The texts of a set of articles, in memory: some 1.2 kB for each, and the texts.

    Args:
        articles: Articles, or whatever `dedup.cluster` takes.
        config: Uses the sections `reading`, `cleaning`, `fingerprints` and `near_duplicates`.
        now: A date later than a day after this is set aside.
        on_problem: Told of everything that was skipped or set aside.
    """

    def __init__(
        self,
        articles: Iterable[Article | Mapping[str, object] | str] | pa.Table | str | Path | Any,  # noqa: ANN401
        config: Config = Config(),
        *,
        now: datetime | None = None,
        on_problem: OnProblem | None = None,
    ) -> None:
        from dedup.duplicates.live_index import NearDuplicateIndex

        self._config = config
        self._index = NearDuplicateIndex(config)
        read = articles_from(articles, config=config.reading, now=now, on_problem=on_problem)
        for article in read:
            if article.id in self._index:
                self._index.remove(article.id)
            self._index.add(article.id, self._body(article))

    def __len__(self) -> int:
        """Number of articles."""
        return len(self._index)

    def copies(self, article: Article, *, limit: int = 10) -> tuple[Match, ...]:
        """The held articles whose texts are copies of that of an article, the most similar first.

        Args:
            article: It is not added; `b` of each match.
            limit: At most so many.
        """
        copies = self._index.query(self._body(article))[:limit]
        return tuple(match_of(copy.id, article.id, copy.similarity.reversed()) for copy in copies)

    def _body(self, article: Article) -> str:
        return body_of(clean(article, self._config.cleaning))


def find_copies(
    articles: Iterable[Article | Mapping[str, object] | str] | pa.Table | str | Path | Any,  # noqa: ANN401
    against: HoldsTexts | Iterable[Article | Mapping[str, object] | str] | pa.Table | str | Path,
    config: Config = Config(),
) -> Iterator[tuple[Article, Match | None]]:
    """Which of some articles are copies of texts in another set.

    Args:
        articles: What `dedup.cluster` takes; read one after the other.
        against: The other set: likewise, or a `StoryIndex`.
        config: When two texts are copies; an index has its own.

    Returns:
        Each article with the most similar copy, or None; `a` of the match is the article of the
        other set.
    """
    held = against if isinstance(against, HoldsTexts) else HeldTexts(against, config)
    for article in articles_from(articles, config=config.reading):
        yield article, next(iter(held.copies(article, limit=1)), None)
