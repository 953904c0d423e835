"""`dedup export`: the contents of an index, as the files that `dedup cluster` writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import IndexArgument, all_stories, opened
from dedup.cli.options import (
    OUTPUTS,
    STDIN,
    FormatOption,
    HeadlinesOption,
    ReportStoriesOption,
    TitleOption,
    check_output,
    check_page,
    check_tables,
    check_uses,
    option,
    page_settings,
)
from dedup.cli.rows import ALL
from dedup.records import StoryGroup
from dedup.result import (
    ARTICLE_COLUMNS,
    JACCARD_DIGITS,
    RELATED_COLUMNS,
    STORY_COLUMNS,
    related_row,
    story_row,
)

if TYPE_CHECKING:
    from dedup.index.story_index import StoryIndex

_FIELDS = ("title", "text", "source", "url")


def export_command(
    index: IndexArgument,
    output: Annotated[
        str,
        option(
            "FILE",
            "One row per article, as .parquet, .jsonl or .csv; - for stdout.",
            "--output",
            "-o",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    with_columns: Annotated[
        str,
        option(
            "COLUMNS",
            f"Fields of the articles beside those of --output: {', '.join(_FIELDS)}, or all.",
            "--with",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    stories: Annotated[
        str,
        option("FILE", "One row per story group, in the same formats.", rich_help_panel=OUTPUTS),
    ] = "",
    related: Annotated[
        str,
        option(
            "FILE",
            "One row per pair of related stories, such as a follow-up.",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    report: Annotated[
        str,
        option(
            "FILE.html",
            "A web page with the stories, their copies and the evidence.",
            rich_help_panel=OUTPUTS,
        ),
    ] = "",
    title: TitleOption = None,
    report_stories: ReportStoriesOption = None,
    file_format: FormatOption = None,
    headlines: HeadlinesOption = "",
) -> None:
    """Write the contents of an index to files, with the columns of `dedup cluster`.

    Story groups have their permanent ids. All rows show the index at one moment.
    A file is complete or absent. `dedup evaluate` and `dedup doctor` read it.

    [bold]Examples[/bold]

      dedup export news --output clusters.parquet --stories stories.jsonl

      dedup export news -o articles.csv --with title,text,url

      dedup export news --report news.html

      dedup export news -o - | jq -r 'select(.copy_type == "original") | .id'
    """
    from dedup.output.tables import write_table

    outputs = {"output": output, "stories": stories, "related": related}
    if not any((*outputs.values(), report)):
        raise typer.BadParameter("give --output, --stories, --related or --report with a FILE")
    check_tables(outputs, file_format)
    check_uses({"with": with_columns, "format": file_format}, outputs)
    page = page_settings(report, title, report_stories)
    if report:
        check_output(report, "--report", check_page)
    fields = _fields(with_columns)
    with opened(index, headlines=headlines) as story_index, story_index.reading():
        if report:
            from dedup.report import write_report

            write_report(story_index.result(), report, **page, inputs=[index])
        groups = sorted(all_stories(story_index), key=_by_size)
        digest = story_index.stats().config_digest
        write: dict[str, Callable[[], tuple[Rows, Sequence[str]]]] = {
            "output": lambda: (
                _article_rows(story_index, groups, fields), (*ARTICLE_COLUMNS, *fields),
            ),
            "stories": lambda: ([story_row(story, digest) for story in groups], STORY_COLUMNS),
            "related": lambda: (_related_rows(story_index, groups, digest), RELATED_COLUMNS),
        }  # fmt: skip
        for name, path in outputs.items():
            if path:
                write_table(*write[name](), path, file_format=file_format or "")
    for path in (*outputs.values(), report):
        if path and path != STDIN:
            Console().show_written(path)


Rows = list[dict[str, Any]]


def _fields(wanted: str) -> tuple[str, ...]:
    """Fields of articles, by name.

    Raises:
        typer.BadParameter: There is no such field.
    """
    if wanted == ALL:
        return _FIELDS
    names = tuple(name.strip() for name in wanted.split(",") if name.strip())
    for name in names:
        if name not in _FIELDS:
            message = f"no field {name!r}: there are {', '.join(_FIELDS)}"
            raise typer.BadParameter(message, param_hint="--with")
    return names


def _related_rows(index: StoryIndex, groups: list[StoryGroup], digest: str) -> Rows:
    """A row for each pair of related stories, in the order of the stories."""
    relations = (relation for story in groups for relation in index.related(story.id))
    return [related_row(relation, digest) for relation in dict.fromkeys(relations)]


def _by_size(story: StoryGroup) -> tuple[int, int, Any, str]:
    """Sort key as in `Result.story_groups`; in an index every story has a time."""
    return -story.texts, -len(story.members), story.first_seen, story.members[0].id


def _article_rows(index: StoryIndex, groups: list[StoryGroup], fields: Sequence[str]) -> Rows:
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
            row |= {name: getattr(stored.article, name) for name in fields}
            rows.append((precedence(stored.article, stored.clean), row))
    return [row for _, row in sorted(rows, key=lambda item: item[0])]
