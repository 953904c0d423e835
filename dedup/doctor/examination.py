"""The check-up: a result -> its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from dedup.cleaning import clean_articles
from dedup.config import NeighborConfig
from dedup.doctor.chains import chains
from dedup.doctor.checkup import Checkup, Finding, StoryShape
from dedup.doctor.copies_apart import copies_apart
from dedup.doctor.fit import fit, lowest_probability, weak_links
from dedup.doctor.mixing import language_shares, mixing
from dedup.doctor.series import series
from dedup.doctor.sizes import copies, largest_story, sizes, undated
from dedup.doctor.stories import ExaminedResult, examined_result, read_rows
from dedup.doctor.walls import wall_counts, walls
from dedup.errors import ConfigError, InputError
from dedup.output.wording import counted
from dedup.records import Article, CleanText
from dedup.result import Result

_MAX_GAP = NeighborConfig().max_gap
# Findings that mark a dot of the picture, the gravest first.
_REMARKS = ("series", "chains", "weak links", "largest story")


def examine(
    result: Result | Iterable[Mapping[str, object]],
    articles: Iterable[Article] | None = None,
    *,
    max_gap: timedelta = _MAX_GAP,
) -> Checkup:
    """Examine the story groups of a result.

    Args:
        result: A result, or its rows, one per article, with the keys
            `dedup.result.ARTICLE_COLUMNS` (`jaccard` and `copy_type` may be missing).
        articles: The articles, for titles and sources; a `Result` has its own.
        max_gap: The setting that the result was made with.

    Returns:
        The check-up, independent of the order of rows and articles.

    Raises:
        ConfigError: `max_gap` is not above 0.
        InputError: There is no row, a cell is missing or unusable, rows contradict
            each other, or none of the given articles is in a row.
    """
    if max_gap <= timedelta(0):
        raise ConfigError(f"max_gap = {max_gap}: must be above 0")
    texts: Mapping[str, CleanText] = {}
    if isinstance(result, Result):
        articles, texts = articles or result.articles, result.clean_texts
        result = result.article_rows()
    articles = None if articles is None else list(articles)
    return _checkup(examined_result(result, articles), max_gap, _walls(articles, texts))


def _walls(
    articles: Sequence[Article] | None, texts: Mapping[str, CleanText]
) -> Counter[str] | None:
    """Bodies that are walls by outlet; None without articles."""
    if articles is None:
        return None
    if any(article.id not in texts for article in articles):
        texts = clean_articles(articles)
    return wall_counts(articles, texts)


def examine_file(
    path: str | Path,
    articles: Iterable[Article] | None = None,
    *,
    max_gap: timedelta = _MAX_GAP,
) -> Checkup:
    """Examine a file that `dedup cluster --output` wrote.

    Args:
        path: The file.
        articles: See `examine`.
        max_gap: See `examine`.

    Raises:
        ConfigError: `max_gap` is not above 0.
        InputError: The file cannot be read or lacks columns, or as for `examine`.
    """
    rows = read_rows(path)
    try:
        return examine(rows, articles, max_gap=max_gap)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _checkup(
    result: ExaminedResult, max_gap: timedelta, wall_sources: Counter[str] | None
) -> Checkup:
    shares = language_shares(result)
    findings = (
        largest_story(result, max_gap),
        weak_links(result),
        chains(result, max_gap),
        mixing(shares, result),
        series(result),
        undated(result),
        copies(result),
        walls(wall_sources, result.articles),
        copies_apart(result, max_gap),
        sizes(result),
    )
    return Checkup(
        articles=result.articles,
        texts=len(result.texts),
        stories=len(result.stories),
        max_gap=max_gap,
        findings=findings,
        languages=shares,
        fit=fit(result),
        shapes=_shapes(result, findings),
        notes=_notes(result),
    )


def _shapes(result: ExaminedResult, findings: Iterable[Finding]) -> tuple[StoryShape, ...]:
    stories = {finding.name: finding.stories for finding in findings}
    remarks = {story: name for name in reversed(_REMARKS) for story in stories[name]}
    return tuple(
        StoryShape(
            story.id,
            len(story.texts),
            None if story.span is None else story.span / timedelta(days=1),
            lowest_probability(story) if len(story.texts) > 1 else None,
            remarks.get(story.id, ""),
        )
        for story in result.stories
    )


def _notes(result: ExaminedResult) -> tuple[str, ...]:
    notes = []
    if result.described is not None and result.described < result.articles:
        count = result.articles - result.described
        verb = "is" if count == 1 else "are"
        notes.append(
            f"{counted(count, 'article')} of the result {verb} not among the given articles: "
            "title and source are unknown"
        )
    if len(result.digests) > 1:
        notes.append(f"the rows were made with several configurations: {', '.join(result.digests)}")
    return tuple(notes)
