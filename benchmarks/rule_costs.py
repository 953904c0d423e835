"""What the rules about copies cost: CPU time from articles to clusters, with each and without.

Walls, series, digests, dates inside a cluster and versions each are one rule. All rules are on but
one; the ways with it and without it take turns in one process, on one core.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import numpy as np

from dedup.articles import body_of, precedence, seconds_by_id
from dedup.cleaning import clean_articles
from dedup.config import Config
from dedup.description.clusters import describe_clusters
from dedup.description.versions import versions_of
from dedup.duplicates import series
from dedup.duplicates.clustering import NearDuplicates, find_near_duplicates
from dedup.duplicates.matches import Matches
from dedup.duplicates.stretches import all_stretches, copies_apart
from dedup.pipeline import distinct, origin_of_row
from dedup.readers import read_articles
from dedup.records import Article, CleanText
from dedup.text import outlines

RULES = ("walls", "series", "digests", "dates", "versions")
AMID = ("series", "digests")
"""The rules that are part of the way from clean texts to clusters."""
_CONFIG = Config()
_PART = 500
"""Articles that are cleaned at once."""
_T = TypeVar("_T")


@contextmanager
def without_walls() -> Iterator[None]:
    """No body is a wall, and no line one of a wall."""
    with (
        patch("dedup.cleaning.repeated.headline", lambda title: ""),
        patch("dedup.cleaning.repeated._wall", lambda text, title: ""),
        patch("dedup.cleaning.page_lines.is_wall", lambda key: False),
        patch("dedup.cleaning.page.is_known_wall", lambda *_: False),
    ):
        yield


@contextmanager
def without_digests() -> Iterator[None]:
    """No text is a digest."""

    def none(count: int, matches: Matches, config: object) -> tuple[Any, Any]:
        return np.zeros(count, bool), np.empty((0, 2), np.int64)

    with patch("dedup.duplicates.clustering.digests", none):
        yield


def rule_costs(path: Path, rounds: int) -> list[dict[str, Any]]:
    """The cost of each rule on the articles of a file.

    Args:
        path: The file.
        rounds: How often the way from clean texts to clusters is measured.

    Returns:
        For each rule: the corpus, the rule, and CPU time with it over that without it:
        `articles_ratio` from articles to clusters, cleaning included, and `texts_ratio` from clean
        texts to clusters, None for a rule that is not `AMID`.
    """
    articles = distinct(read_articles([path]), [])
    cleaned, walls = _cleaning(articles)
    texts = clean_articles(articles, processes=1)
    ordered = sorted(articles, key=lambda article: precedence(article, texts[article.id]))
    runs = [_round(ordered, texts) for _ in range(rounds + 1)][1:]
    seconds = {step: statistics.median(run[step] for run in runs) for step in runs[0]}
    way = cleaned + seconds["clusters"] + seconds["dates"] + seconds["versions"]
    costs = {rule: seconds[rule] for rule in RULES[1:]} | {"walls": walls}
    in_texts = {
        rule: statistics.median(run["clusters"] / (run["clusters"] - run[rule]) for run in runs)
        for rule in AMID
    }
    return [
        {
            "corpus": path.stem.split(".")[0],
            "articles": len(articles),
            "rule": rule,
            "articles_ratio": round(way / (way - costs[rule]), 3),
            "texts_ratio": round(in_texts[rule], 3) if rule in AMID else None,
        }
        for rule in RULES
    ]


def _cleaning(articles: Sequence[Article]) -> tuple[float, float]:
    """CPU seconds of cleaning, and what walls take of them.

    Part by part with and without them, in turn: what else the machine does concerns both.
    """
    seconds = {True: 0.0, False: 0.0}
    for number, start in enumerate(range(0, len(articles), _PART)):
        part = articles[start : start + _PART]
        for walls in (True, False) if number % 2 else (False, True):
            with nullcontext() if walls else without_walls():
                seconds[walls] += _timed(partial(clean_articles, part, processes=1))[1]
    return seconds[True], seconds[True] - seconds[False]


def _round(articles: Sequence[Article], texts: Mapping[str, CleanText]) -> dict[str, float]:
    """CPU seconds of the clusters of clean texts, and what each rule takes."""
    _, no_series = _timed(lambda: _clusters(articles, texts, by_source=False))
    near, clusters = _timed(lambda: _clusters(articles, texts))
    with without_digests():
        _, no_digests = _timed(lambda: _clusters(articles, texts))
    found, _ = describe_clusters([article.id for article in articles], near)
    times = seconds_by_id(articles)

    def dated() -> set[str]:
        return copies_apart(all_stretches(found, times, _CONFIG.neighbors.max_gap), times)

    return {
        "clusters": clusters,
        "series": clusters - no_series,
        "digests": clusters - no_digests,
        "dates": _timed(dated)[1],
        "versions": _timed(lambda: versions_of(articles))[1],
    }


def _clusters(
    articles: Sequence[Article], texts: Mapping[str, CleanText], *, by_source: bool = True
) -> NearDuplicates:
    for cache in (series._outline, outlines._hash, outlines._name_key):
        cache.cache_clear()
    return find_near_duplicates(
        [body_of(texts[article.id]) for article in articles],
        _CONFIG,
        compiled=True,
        threads=1,
        origin_of=partial(origin_of_row, articles, texts) if by_source else None,
    )


def _timed(call: Callable[[], _T]) -> tuple[_T, float]:
    started = time.process_time()
    return call(), time.process_time() - started


def rule_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The cost of each rule in percent, a row each, as Markdown."""
    corpora = list(dict.fromkeys(row["corpus"] for row in rows))
    heads = [f"{name.capitalize()}: {way}" for name in corpora for way in ("articles", "texts")]
    lines = [f"| rule | {' | '.join(heads)} |", f"|---|{'--:|' * len(heads)}"]
    for rule in dict.fromkeys(row["rule"] for row in rows):
        found = {row["corpus"]: row for row in rows if row["rule"] == rule}
        values = [found[name][f"{way}_ratio"] for name in corpora for way in ("articles", "texts")]
        cells = ("-" if value is None else f"{value - 1:+.1%}" for value in values)
        lines.append(f"| {rule} | {' | '.join(cells)} |".replace("%", " %"))
    return "\n".join(lines)
