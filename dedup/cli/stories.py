"""`dedup stories` and `dedup story`: the stories of an index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import IndexArgument, opened, optional_time, suggesting
from dedup.cli.options import HeadlinesOption, JsonOption, option
from dedup.cli.tables import (
    ARTICLE_SPARE,
    ARTICLE_TABLE,
    STORY_TABLE,
    article_cells,
    minute,
    share,
    show_line,
    show_table,
    story_cells,
)
from dedup.cli.values import article_values, json_document
from dedup.errors import NotFoundError
from dedup.output.wording import counted

if TYPE_CHECKING:
    from dedup.index.story_index import StoryIndex
    from dedup.records import StoryGroup, StoryRelation

_TIME = "TIME"
_SPARE = ("first seen", "sources", "articles", "last seen", "languages")
_COVERAGE = ("P", "copies", *ARTICLE_TABLE)


def stories_command(
    index: IndexArgument,
    since: Annotated[
        str,
        option(
            _TIME,
            "Only stories with an article since then: 2023-06-03, 2023-06-03T10:50 (UTC), "
            "or 36h for the last 36 hours.",
        ),
    ] = "",
    until: Annotated[str, option(_TIME, "Only stories with an article before then.")] = "",
    language: Annotated[
        str, option("CODE", "Only stories with an article in this language: en, ar, zh.")
    ] = "",
    source: Annotated[str, option("NAME", "Only stories with an article from this source.")] = "",
    words: Annotated[
        str, option("WORDS", "Only stories with all of these words in their headlines and names.")
    ] = "",
    min_texts: Annotated[
        int, option("COUNT", "Only stories with at least this number of texts.", min=1)
    ] = 1,
    order: Annotated[
        Literal["latest", "first", "largest"],
        typer.Option(help="Newest article first, newest story first, or largest story first."),
    ] = "latest",
    limit: Annotated[int, option("COUNT", "Maximum number of stories.", min=1)] = 20,
    cursor: Annotated[str, option("CURSOR", "Continue the list after its last page.")] = "",
    headlines: HeadlinesOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the stories of an index.

    The --cursor for the next page is printed on stderr. With --json: one document
    with "stories", each with the columns of `dedup cluster --stories`, and
    "cursor", which is empty on the last page.

    [bold]Examples[/bold]

      dedup stories news --since 24h --order largest

      dedup stories news --language ar --min-texts 3 --limit 5

      dedup stories news --words earthquake --json | jq '.stories[].headline'
    """
    from dedup.result import story_row

    first, last = optional_time(since, "--since"), optional_time(until, "--until")
    with opened(index, headlines=headlines) as story_index:
        page = story_index.stories(
            since=first,
            until=last,
            language=language,
            source=source,
            text=words,
            min_texts=min_texts,
            order=order,
            cursor=cursor,
            limit=limit,
        )
        if as_json:
            digest = story_index.stats().config_digest
            rows = [story_row(story, digest) for story in page.stories]
            typer.echo(json_document({"stories": rows, "cursor": page.cursor}))
            return
    if not page.stories:
        Console().note("no stories match")
        return
    show_table(STORY_TABLE, map(story_cells, page.stories), spare=_SPARE)
    if page.cursor:
        Console().note(f"next page: --cursor {page.cursor}")


def story_command(
    index: IndexArgument,
    id: Annotated[
        str, typer.Argument(metavar="ID", help="Id of a story, or of one that was merged into it.")
    ],
    as_of: Annotated[
        str,
        option(
            _TIME,
            "The story as it was then: 2023-06-03T10:50 (UTC), or 2h for two hours ago.",
            "--as-of",
        ),
    ] = "",
    headlines: HeadlinesOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show a story of an index: its articles in order of time, and related stories.

    P is the average P(same event) of a text with the other texts. A story keeps
    its id as it grows; that of one that was merged into another shows the other.

    With --json: one document with the columns of `dedup cluster --stories`,
    "member_articles" (title, source, time, language, url and cluster of each
    article), and "related" (with the columns of `dedup cluster --related`).

    [bold]Examples[/bold]

      dedup story news s-b4e3427c1079

      dedup story news s-b4e3427c1079 --as-of 2h --json | jq .headlines
    """
    from dedup.result import related_row, story_row

    then = optional_time(as_of, "--as-of")
    with opened(index, headlines=headlines) as story_index:
        with suggesting(story_index, id):
            story = _story(story_index, id, then)
        if as_json:
            digest = story_index.stats().config_digest
            relations = _related(story_index, story, then)
            row = story_row(story, digest)
            row["member_articles"] = list(_members(story_index, story))
            row["related"] = [related_row(relation, digest) for relation in relations]
            typer.echo(json_document(row))
            return
        for line in _heading(story, id):
            show_line(line)
        show_table(_COVERAGE, _coverage(story_index, story), spare=ARTICLE_SPARE)
        for line in _related_lines(story_index, story, then):
            show_line(line)


def _story(index: StoryIndex, id: str, then: datetime | None) -> StoryGroup:
    try:
        return index.story(id, as_of=then)
    except NotFoundError as error:
        try:
            story_group = index.placement(id).story_group
        except NotFoundError:
            raise error from None
        raise NotFoundError(f"{id!r} is an article: its story is {story_group}") from error


def _members(index: StoryIndex, story: StoryGroup) -> Iterator[dict[str, Any]]:
    for member in story.members:
        # Articles that a writer removes in the meantime are left out.
        with suppress(NotFoundError):
            yield article_values(index.article(member.id).article, index.placement(member.id))


def _heading(story: StoryGroup, id: str) -> Iterator[str]:
    yield story.headline
    merged = f" ({id} was merged into it)" if id != story.id else ""
    yield (
        f"{story.id}{merged} · {counted(story.texts, 'text')}, "
        f"{counted(story.articles, 'article')}, {counted(len(story.sources), 'source')} · "
        f"{minute(story.first_seen)} to "
        f"{minute(story.last_seen)} UTC · {' '.join(story.languages)}"
    )
    for name, words in (("names", story.names), ("terms", story.key_terms)):
        if words:
            yield f"{name}: {', '.join(words)}"
    yield ""


def _related(
    index: StoryIndex, story: StoryGroup, then: datetime | None
) -> Sequence[StoryRelation]:
    """Relations of a story; none for a story as of an earlier time."""
    with suppress(NotFoundError):
        return index.related(story.id) if then is None else ()
    return ()


def _related_lines(index: StoryIndex, story: StoryGroup, then: datetime | None) -> Iterator[str]:
    from dedup.description.explanation import RELATION_LABELS

    relations = _related(index, story, then)
    if relations:
        yield ""
    for relation in relations:
        is_earlier = relation.earlier == story.id
        with suppress(NotFoundError):
            other = index.story(relation.later if is_earlier else relation.earlier)
            label = RELATION_LABELS[relation.kind][is_earlier].lower()
            yield f"{label}: {other.id}  {other.headline}"


def _coverage(index: StoryIndex, story: StoryGroup) -> Iterator[tuple[str, ...]]:
    """A row for each text: its first article in the story, and the number of those below it."""
    from dedup.description.versions import texts_of

    for text in texts_of(story, {}):
        with suppress(NotFoundError):
            cells = article_cells(index.article(text.member.id))
            count = f"+{len(text.below)}" if text.below else ""
            yield share(text.member.probability), count, *cells
