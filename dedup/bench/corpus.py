"""A generated corpus: articles with the truth that was planted in them.

It stands in for the news of some days: stories of a few texts and of hundreds, in several
languages, copies with and without edits, series from one template, topics that many stories
share. Its words mean nothing. Nothing of it is kept while it is generated but some numbers for
each article, so that a million need no more than 100 MB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np

from dedup.bench.names import drawn_name, spelled
from dedup.bench.plan import LANGUAGES, Plan, planned
from dedup.bench.writing import Writer
from dedup.errors import ConfigError
from dedup.records import Article
from dedup.writers import replacing

FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_PAPERS = ("Post", "Times", "Herald", "News", "Wire", "Daily")
_AT_ONCE = 10_000
_DAYS_OF_100_000 = 30


@dataclass(frozen=True, slots=True)
class GeneratedArticle:
    """An article and what it was made as.

    Args:
        article: What is clustered.
        story: The event that it tells of: gold for story groups.
        duplicates: The article that it is a copy of, its own id if of none: gold for clusters.
    """

    article: Article
    story: str
    duplicates: str


def usual_days(articles: int) -> float:
    """Days of a corpus of that size where none are given: at least one.

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
        articles: How many.
        days: In how many days their stories begin; 0 for `usual_days`.
        seed: Of everything.
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
    plan = planned(articles, days or usual_days(articles), seed, languages)
    return _written(plan, seed)


def _written(plan: Plan, seed: int) -> Iterator[GeneratedArticle]:
    writer = Writer(plan, seed)
    named = lru_cache(None)(_outlet)
    for number, seconds in enumerate(plan.seconds.tolist()):
        title, text = writer.text(number)
        code = plan.languages[int(plan.language[number])]
        article = Article(
            id=f"a{number:07d}",
            title=title,
            text=text,
            source=named(int(plan.source[number]), code),
            published_at=FIRST_DAY + timedelta(seconds=seconds),
            language=code,
        )
        yield GeneratedArticle(
            article, f"s{plan.story[number]:07d}", f"a{plan.original[number]:07d}"
        )


def _outlet(source: int, code: str) -> str:
    generator = np.random.default_rng([9, source])
    name = spelled(drawn_name(generator, 2), code)
    return f"{name} {_PAPERS[source % len(_PAPERS)]}"


def write_corpus(path: str | Path, made: Iterator[GeneratedArticle]) -> int:
    """Write articles and their gold as Parquet, complete or not at all; returns how many.

    The columns are those that `dedup cluster` reads, `cluster` with the story and `duplicates`
    with the copies: so `dedup evaluate` can compare a result with it.

    Raises:
        OutputError: The file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    strings = ("id", "title", "text", "source", "language", "url", "cluster", "duplicates")
    schema = pa.schema(
        [*((name, pa.string()) for name in strings), ("published_at", pa.timestamp("s", tz="UTC"))]
    )
    written = 0
    with replacing(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while rows := [_row(each) for each in islice(made, _AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(rows, schema))
            written += len(rows)
    return written


def _row(each: GeneratedArticle) -> dict[str, object]:
    article = each.article
    return {
        "id": article.id,
        "title": article.title,
        "text": article.text,
        "source": article.source,
        "published_at": article.published_at,
        "language": article.language,
        "url": article.url,
        "cluster": each.story,
        "duplicates": each.duplicates,
    }
