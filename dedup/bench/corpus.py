"""A generated corpus: articles with the truth that was planted in them.

It stands in for the news of some days: stories of a few texts and of hundreds, in several
languages, copies with and without edits, series from one template, topics that many stories
share. Its words mean nothing. Nothing of it is kept while it is generated but some numbers for
each article, so that a million need no more than 100 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

import numpy as np

from dedup.bench.names import drawn_name, spelled
from dedup.bench.plan import LANGUAGES, Plan, planned
from dedup.bench.writing import Writer
from dedup.compute.processes import spread
from dedup.errors import ConfigError
from dedup.output.tables import replacing
from dedup.records import Article

FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_PAPERS = ("Post", "Times", "Herald", "News", "Wire", "Daily")
_AT_ONCE = 10_000
_DAYS_OF_100_000 = 30
_COLUMNS = ("id", "title", "text", "source", "language", "url", "cluster", "duplicates")
_Row = tuple[str, str, str, str, str, str, str, str, datetime | None]
"""Values of `_COLUMNS`, and the time."""


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
    return _written((articles, days, seed, tuple(languages.items())), range(articles))


_Asked = tuple[int, float, int, tuple[tuple[str, float], ...]]
"""Articles, days, seed and languages: what a plan is a function of."""


@lru_cache(maxsize=1)
def _plan(asked: _Asked) -> Plan:
    articles, days, seed, languages = asked
    return planned(articles, days or usual_days(articles), seed, dict(languages))


def _written(asked: _Asked, numbers: Iterable[int]) -> Iterator[GeneratedArticle]:
    """Articles by number; each is the same whichever others are written."""
    plan = _plan(asked)
    writer = Writer(plan, asked[2])
    named = lru_cache(None)(_outlet)
    for number in numbers:
        title, text = writer.text(number)
        code = plan.languages[int(plan.language[number])]
        article = Article(
            id=f"a{number:07d}",
            title=title,
            text=text,
            source=named(int(plan.source[number]), code),
            published_at=FIRST_DAY + timedelta(seconds=int(plan.seconds[number])),
            language=code,
        )
        yield GeneratedArticle(
            article, f"s{plan.story[number]:07d}", f"a{plan.original[number]:07d}"
        )


def _outlet(source: int, code: str) -> str:
    generator = np.random.default_rng([9, source])
    name = spelled(drawn_name(generator, 2), code)
    return f"{name} {_PAPERS[source % len(_PAPERS)]}"


def write_generated(
    path: str | Path,
    articles: int,
    days: float = 0,
    seed: int = 0,
    languages: Mapping[str, float] = LANGUAGES,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Write what `generate` gives as Parquet, as `write_corpus` does; many in processes.

    Args:
        path: A file, complete or not there.
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
    asked = articles, days, seed, tuple(languages.items())
    parts = [range(k, min(k + _AT_ONCE, articles)) for k in range(0, articles, _AT_ONCE)]
    with spread(articles) as mapped:
        return _write(path, mapped(partial(_rows, asked), parts), on_progress)


def _rows(asked: _Asked, numbers: Sequence[int]) -> list[_Row]:
    return [_row(each) for each in _written(asked, numbers)]


def write_corpus(path: str | Path, made: Iterator[GeneratedArticle]) -> int:
    """Write articles and their gold as Parquet, complete or not at all; returns how many.

    The columns are those that `dedup cluster` reads, `cluster` with the story and `duplicates`
    with the copies: so `dedup evaluate` can compare a result with it.

    Raises:
        OutputError: The file cannot be written.
    """
    return _write(path, iter(lambda: [_row(each) for each in islice(made, _AT_ONCE)], []))


def _write(
    path: str | Path,
    parts: Iterable[Sequence[_Row]],
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


def _row(each: GeneratedArticle) -> _Row:
    article = each.article
    return (
        article.id,
        article.title,
        article.text,
        article.source,
        article.language,
        article.url,
        each.story,
        each.duplicates,
        article.published_at,
    )
