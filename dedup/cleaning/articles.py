"""Cleaning of many articles: first what their sources repeat, then article by article."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from dedup.articles import source_of
from dedup.cleaning.page import clean
from dedup.cleaning.repeated import repeated_lines
from dedup.compute.processes import spread
from dedup.config import CleaningConfig
from dedup.records import Article, CleanText, Removal

_AT_ONCE = 1024

_Raw = tuple[str, str, str, frozenset[str]]
_Cleaned = tuple[str, str | None, tuple[Removal, ...]]


def clean_articles(
    articles: Sequence[Article],
    config: CleaningConfig = CleaningConfig(),
    *,
    repeated: Mapping[str, frozenset[str]] | None = None,
    on_progress: Callable[[int], None] | None = None,
    processes: int = 0,
) -> dict[str, CleanText]:
    """Canonical texts of articles by id.

    Args:
        articles: All articles of their sources, unless `repeated` is given.
        config: Which rules apply.
        repeated: The lines that each source repeats; by default those of these articles.
        on_progress: Called with the number of articles cleaned so far.
        processes: How many processes; by default one per core for many articles.

    Returns:
        Clean texts in the order of the articles. A text that cleaning does not change is the
        same string object as in the article.
    """
    if repeated is None:
        repeated = repeated_lines(articles, config)
    parts = [articles[start : start + _AT_ONCE] for start in range(0, len(articles), _AT_ONCE)]
    texts: dict[str, CleanText] = {}
    with spread(len(articles), processes) as mapped:
        raw = ([_raw(article, repeated) for article in part] for part in parts)
        for part, cleaned in zip(parts, mapped(partial(_clean_raw, config), raw), strict=True):
            for article, (title, text, removed) in zip(part, cleaned, strict=True):
                clean_text = article.text if text is None else text
                texts[article.id] = CleanText(title, clean_text, removed)
            if on_progress is not None:
                on_progress(len(texts))
    return texts


def _raw(article: Article, repeated: Mapping[str, frozenset[str]]) -> _Raw:
    """What cleaning reads: nothing else is sent to other processes."""
    lines = repeated.get(source_of(article), frozenset[str]())
    return article.title, article.text, article.language, lines


def _clean_raw(config: CleaningConfig, part: Sequence[_Raw]) -> list[_Cleaned]:
    """Titles, texts and removals; None for a text that cleaning does not change."""
    results: list[_Cleaned] = []
    for title, text, language, repeated in part:
        article = Article("", title=title, text=text, language=language)
        result = clean(article, config, repeated=repeated)
        results.append((result.title, None if result.text == text else result.text, result.removed))
    return results
