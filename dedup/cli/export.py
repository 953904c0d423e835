"""`dedup export`: the contents of an index, as the files that `dedup cluster` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import IndexArgument, all_stories, opened
from dedup.cli.options import STDIN, HeadlinesOption, check_output, option
from dedup.errors import NotFoundError, StoreError
from dedup.records import StoryGroup
from dedup.result import ARTICLE_COLUMNS, JACCARD_DIGITS, STORY_COLUMNS, story_row

if TYPE_CHECKING:
    from dedup.index.story_index import StoryIndex

_ATTEMPTS = 5


def export_command(
    index: IndexArgument,
    output: Annotated[
        str,
        option(
            "FILE",
            "One row per article, as .parquet, .jsonl or .csv; - for JSONL on stdout.",
            "--output",
            "-o",
        ),
    ] = "",
    stories: Annotated[
        str,
        option("FILE", "One row per story group, in the same formats, or -."),
    ] = "",
    headlines: HeadlinesOption = "",
) -> None:
    """Write the contents of an index to files, with the columns of `dedup cluster`.

    Story groups have their permanent ids. All rows show the index at one moment.
    A file is complete or absent. `dedup evaluate` and `dedup doctor` read it.

    [bold]Examples[/bold]

      dedup export news --output clusters.parquet --stories stories.jsonl

      dedup export news -o - | jq -r 'select(.copy_type == "original") | .id'
    """
    from dedup.output.tables import write_table

    _check(output, stories)
    with opened(index, headlines=headlines) as story_index:
        articles, groups = _at_one_moment(story_index, with_articles=bool(output))
    console = Console()
    for path, rows, columns in (
        (output, articles, ARTICLE_COLUMNS),
        (stories, groups, STORY_COLUMNS),
    ):
        if path:
            write_table(rows, columns, path)
        if path and path != STDIN:
            console.show_written(path)


Rows = list[dict[str, Any]]


def _at_one_moment(index: StoryIndex, *, with_articles: bool) -> tuple[Rows, Rows]:
    """Rows of the articles and of the story groups, all of one moment.

    Raises:
        StoreError: Another process wrote to the index during each attempt.
    """
    for _ in range(_ATTEMPTS):
        before = index.stats()
        try:
            groups = sorted(all_stories(index), key=_by_size)
            articles = _article_rows(index, groups) if with_articles else []
        except NotFoundError:
            continue
        if index.stats() == before:
            return articles, [story_row(story, before.config_digest) for story in groups]
    raise StoreError(
        "the index was changed during each attempt to read it: "
        "export at a quieter time, or from a copy of the folder"
    )


def _by_size(story: StoryGroup) -> tuple[int, int, Any, str]:
    """Sort key as in `Result.story_groups`; in an index every story has a time."""
    return -story.texts, -len(story.members), story.first_seen, story.members[0].id


def _article_rows(index: StoryIndex, groups: list[StoryGroup]) -> Rows:
    """A row for each article, sorted by precedence: time, length, id."""
    from dedup.articles import precedence

    digest = index.stats().config_digest
    rows = []
    for story in groups:
        for member in story.members:
            stored, placement = index.article(member.id), index.placement(member.id)
            values = (
                member.id,
                placement.duplicate_cluster,
                placement.representative,
                round(placement.jaccard, JACCARD_DIGITS),
                placement.copy_type,
                story.id,
                member.probability,
                stored.article.language,
                stored.article.published_at,
                digest,
            )
            row = dict(zip(ARTICLE_COLUMNS, values, strict=True))
            rows.append((precedence(stored.article, stored.clean), row))
    return [row for _, row in sorted(rows, key=lambda item: item[0])]


def _check(output: str, stories: str) -> None:
    """Refuse what cannot be written before the work, not after it."""
    from dedup.output.tables import format_of

    if not output and not stories:
        raise typer.BadParameter("give --output FILE, --stories FILE, or both")
    if output == stories:
        raise typer.BadParameter(f"--output and --stories are both {output!r}")
    for name, path in (("--output", output), ("--stories", stories)):
        if path and path != STDIN:
            check_output(path, name, format_of)
