"""The check-up itself: from a result to its findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from dedup.config import NeighborConfig
from dedup.doctor.chains import chains
from dedup.doctor.checkup import Checkup, Finding, StoryShape, counted
from dedup.doctor.fit import fit, weak_links, weakest
from dedup.doctor.mixing import language_shares, mixing
from dedup.doctor.series import series
from dedup.doctor.sizes import copies, largest_story, sizes, undated
from dedup.doctor.stories import Corpus, corpus_of, read_rows
from dedup.errors import ConfigError, InputError
from dedup.records import Article
from dedup.result import Result

_MAX_GAP = NeighborConfig().max_gap
# What a dot of the picture is marked as, the gravest first.
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
        The check-up; it does not depend on the order of rows or articles.

    Raises:
        ConfigError: `max_gap` is not above 0.
        InputError: There is no row, a cell is missing or unusable, rows contradict
            each other, or articles were given and no row names one of them.
    """
    if max_gap <= timedelta(0):
        raise ConfigError(f"max_gap = {max_gap}: must be above 0")
    if isinstance(result, Result):
        articles = result.articles if articles is None else articles
        result = result.article_rows()
    return _checkup(corpus_of(result, articles), max_gap)


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


def _checkup(corpus: Corpus, max_gap: timedelta) -> Checkup:
    shares = language_shares(corpus)
    findings = (
        largest_story(corpus, max_gap),
        weak_links(corpus),
        chains(corpus, max_gap),
        mixing(shares, corpus),
        series(corpus),
        undated(corpus),
        copies(corpus),
        sizes(corpus),
    )
    return Checkup(
        articles=corpus.articles,
        texts=len(corpus.texts),
        stories=len(corpus.stories),
        max_gap=max_gap,
        findings=findings,
        languages=shares,
        fit=fit(corpus),
        shapes=_shapes(corpus, findings),
        notes=_notes(corpus),
    )


def _shapes(corpus: Corpus, findings: Iterable[Finding]) -> tuple[StoryShape, ...]:
    remarks: dict[str, str] = {}
    for name in _REMARKS:
        for finding in findings:
            if finding.name == name:
                remarks = dict.fromkeys(finding.stories, name) | remarks
    return tuple(
        StoryShape(
            story.id,
            len(story.texts),
            None if story.span is None else story.span / timedelta(days=1),
            weakest(story) if len(story.texts) > 1 else None,
            remarks.get(story.id, ""),
        )
        for story in corpus.stories
    )


def _notes(corpus: Corpus) -> tuple[str, ...]:
    notes = []
    if corpus.described is not None and corpus.described < corpus.articles:
        lacking = counted(corpus.articles - corpus.described, "article")
        notes.append(f"{lacking} of the result not among those given: no title, no source")
    if len(corpus.digests) > 1:
        notes.append(f"made with several configurations: {', '.join(corpus.digests)}")
    return tuple(notes)
