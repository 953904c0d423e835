"""A generated corpus: articles with their true stories and duplicate clusters.

It resembles the news of some days: stories of a few texts and of hundreds, in several languages,
copies with and without edits, series from one template, topics that many stories share. Its words
mean nothing. While it is generated, only some numbers for each article are in memory, so that a
million articles need no more than 100 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from dedup.bench.names import random_name, spell
from dedup.bench.plan import LANGUAGES, Plan, plan_corpus
from dedup.bench.writing import Writer
from dedup.compute.processes import spread
from dedup.errors import ConfigError
from dedup.output.tables import replacing
from dedup.records import Article

FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_PAPERS = ("Post", "Times", "Herald", "News", "Wire", "Daily")
_AT_ONCE = 10_000
_DAYS_OF_100_000 = 30
_COLUMNS = {
    "id": "article.id",
    "title": "article.title",
    "text": "article.text",
    "source": "article.source",
    "language": "article.language",
    "url": "article.url",
    "cluster": "story",
    "duplicates": "duplicates",
    "published_at": "article.published_at",
}
"""The columns of a file of articles, and the attributes of `GeneratedArticle` in them."""
_table_row = attrgetter(*_COLUMNS.values())


@dataclass(frozen=True, slots=True)
class GeneratedArticle:
    """An article with the truth about it.

    Args:
        article: The article.
        story: Its event: gold for story groups.
        duplicates: Id of the article that it copies, else its own: gold for duplicate clusters.
    """

    article: Article
    story: str
    duplicates: str


def usual_days(articles: int) -> float:
    """The default number of days of a corpus of that size: at least one.

    30 for 100,000 articles, and 3.2 times as many for ten times as many articles, so that both
    the days and the articles of a day grow.
    """
    return float(max(1.0, _DAYS_OF_100_000 * (articles / 100_000) ** 0.5))


def generate(
    articles: int,
    days: float = 0,
    seed: int = 0,
    languages: Mapping[str, float] = LANGUAGES,
) -> Iterator[GeneratedArticle]:
    """Articles in the order of time; the same ones for the same arguments.

    Args:
        articles: Number of articles.
        days: Number of days in which their stories begin; 0 for `usual_days`.
        seed: Seed of everything.
        languages: Share of each language by code; those of `LANGUAGES` can be written.

    Raises:
        ConfigError: A number is not positive, or a language cannot be written.
    """
    if articles < 1 or days < 0:
        raise ConfigError(f"articles = {articles}, days = {days}: a corpus has some of both")
    unknown = sorted(set(languages) - set(LANGUAGES))
    if unknown or not languages:
        raise ConfigError(
            f"languages {', '.join(unknown)}: can be generated: {', '.join(LANGUAGES)}"
        )
    return _generate((articles, days, seed, tuple(languages.items())), range(articles))


_Arguments = tuple[int, float, int, tuple[tuple[str, float], ...]]
"""Articles, days, seed and languages of a corpus."""


@lru_cache(maxsize=1)
def _plan(arguments: _Arguments) -> Plan:
    articles, days, seed, languages = arguments
    return plan_corpus(articles, days or usual_days(articles), seed, dict(languages))


def _generate(arguments: _Arguments, rows: Iterable[int]) -> Iterator[GeneratedArticle]:
    """Articles of these rows of the plan; an article does not depend on the other rows."""
    plan = _plan(arguments)
    writer = Writer(plan, arguments[2])
    source_name = lru_cache(None)(_source_name)
    for row in rows:
        title, text = writer.text(row)
        code = plan.languages[int(plan.language[row])]
        article = Article(
            id=f"a{row:07d}",
            title=title,
            text=text,
            source=source_name(int(plan.source[row]), code),
            published_at=FIRST_DAY + timedelta(seconds=int(plan.seconds[row])),
            language=code,
        )
        yield GeneratedArticle(article, f"s{plan.story[row]:07d}", f"a{plan.original[row]:07d}")


def _source_name(source: int, code: str) -> str:
    generator = np.random.default_rng([9, source])
    name = spell(random_name(generator, 2), code)
    return f"{name} {_PAPERS[source % len(_PAPERS)]}"


def write_generated(
    path: str | Path,
    articles: int,
    days: float = 0,
    seed: int = 0,
    languages: Mapping[str, float] = LANGUAGES,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Write the articles of `generate` as `write_corpus` does, for many of them in processes.

    Args:
        path: A file that is complete or absent.
        articles: As for `generate`.
        days: As for `generate`.
        seed: As for `generate`.
        languages: As for `generate`.
        on_progress: Called with the number of articles written so far.

    Raises:
        ConfigError: As for `generate`.
        OutputError: The file cannot be written.
    """
    generate(articles, days, seed, languages)
    arguments = articles, days, seed, tuple(languages.items())
    parts = [range(k, min(k + _AT_ONCE, articles)) for k in range(0, articles, _AT_ONCE)]
    with spread(articles) as mapped:
        return _write(path, mapped(partial(_table_rows, arguments), parts), on_progress)


def _table_rows(arguments: _Arguments, rows: Sequence[int]) -> list[tuple[Any, ...]]:
    return [_table_row(article) for article in _generate(arguments, rows)]


def write_corpus(path: str | Path, articles: Iterator[GeneratedArticle]) -> int:
    """Write articles and their gold as Parquet, complete or not at all; return how many.

    The columns are those that `dedup cluster` reads; `dedup evaluate` reads the story of column
    `cluster` and the copies of column `duplicates`.

    Raises:
        OutputError: The file cannot be written.
    """
    return _write(
        path, iter(lambda: [_table_row(article) for article in islice(articles, _AT_ONCE)], [])
    )


def _write(
    path: str | Path,
    parts: Iterable[Sequence[tuple[Any, ...]]],
    on_progress: Callable[[int], None] | None = None,
) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = dict.fromkeys(_COLUMNS, pa.string()) | {"published_at": pa.timestamp("s", tz="UTC")}
    schema = pa.schema(types.items())
    written = 0
    with replacing(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for rows in parts:
            columns = dict(zip(types, map(list, zip(*rows, strict=True)), strict=True))
            writer.write_table(pa.Table.from_pydict(columns, schema))
            written += len(rows)
            if on_progress is not None:
                on_progress(written)
    return written
