"""`dedup query`: the copies, neighbours and story of a text, without adding it to the index."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import IndexArgument, opened, optional_time, suggesting
from dedup.cli.options import (
    ALL_FIELDS,
    NO_COLUMNS,
    STDIN,
    HeadlinesOption,
    JsonLinesOption,
    ReadAs,
    column_options,
    option,
)
from dedup.cli.tables import (
    ARTICLE_SPARE,
    ARTICLE_TABLE,
    article_cells,
    share,
    show_line,
    show_table,
)
from dedup.cli.values import article_fields, json_line
from dedup.errors import InputError, NotFoundError
from dedup.output.wording import duration
from dedup.records import Article, Match, Problem, StoryGroup

if TYPE_CHECKING:
    from dedup.index.records import Neighbor, QueryAnswer
    from dedup.index.story_index import StoryIndex
    from dedup.store import StoredArticle

_COPIES = ("jaccard", "contained", *ARTICLE_TABLE)
_NEIGHBORS = ("P", "likeness", "apart", "story_group", *ARTICLE_TABLE)
_SPARE = ("language", "source", "apart")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the index knows about a text; `in_index` if the text itself is in it."""

    query: Article
    in_index: bool
    story: StoryGroup | None
    answer: QueryAnswer
    duplicates: tuple[tuple[Match, StoredArticle], ...]
    neighbors: tuple[tuple[Neighbor, StoredArticle], ...]


@column_options(*ALL_FIELDS)
def query_command(
    index: IndexArgument,
    text: Annotated[str, option("TEXT", "The text itself; - reads it from stdin.")] = "",
    title: Annotated[str, option("TEXT", "Title of the text in --text.")] = "",
    published_at: Annotated[
        str,
        option(
            "TIME",
            "Publication time of --text, or of articles in --file without a date: 2023-06-03, "
            "2023-06-03T10:50 (UTC), or 36h for 36 hours ago. By default none: the text is "
            "compared by content alone, with articles of any time.",
        ),
    ] = "",
    file: Annotated[
        str, option("FILE", "A page or a table, as for `add`; each article in it is a query.")
    ] = "",
    columns: ReadAs = NO_COLUMNS,
    id: Annotated[str, option("ID", "Id of an article in the index.", "--id")] = "",
    limit: Annotated[
        int, option("COUNT", "Maximum number of copies, and of neighbours.", min=1)
    ] = 10,
    headlines: HeadlinesOption = "",
    as_json: JsonLinesOption = False,
) -> None:
    """Find the copies, the neighbours and the story of a text in an index.

    The text is not added to the index. Copies are shown with their exact Jaccard
    similarity and containment (the share of one text that the other contains),
    neighbours with P(same event) and their likeness: the cosine of the two texts.

    A text without a time is compared by content alone. One with a time is not
    about the same event as articles far from it in time: these have no P.

    With --json: one line per query, with "story_group" (empty if the text would
    start a new story), "probability", "duplicates" and "neighbors".

    [bold]Examples[/bold]

      dedup query news --id odisha-en-1

      dedup query news --file draft.txt

      dedup query news --text "train crash in Odisha"

      dedup query news --text - --published-at 2023-06-03 --json < draft.txt
    """
    if sum(map(bool, (text, file, id))) != 1:
        raise typer.BadParameter("give one of --text, --file and --id")
    time = optional_time(published_at, "--published-at")
    with opened(index, headlines=headlines) as story_index:
        if id:
            answers = _answer_by_id(story_index, id, limit)
        else:
            asked = _read(story_index, file, columns, time) if file else [_text(text, title, time)]
            answers = (_answer(story_index, one, limit, in_index=False) for one in asked)
        for number, answer in enumerate(answers):
            if as_json:
                typer.echo(json_line(_values(answer)))
            else:
                _show(answer, first=number == 0)


def _answer_by_id(index: StoryIndex, id: str, limit: int) -> Iterator[_Answer]:
    with suggesting(index, id):
        article = index.article(id).article
    # One more, as the article is a copy of itself.
    yield _answer(index, article, limit + 1, in_index=True)


def _text(text: str, title: str, time: datetime | None) -> Article:
    body = sys.stdin.read() if text == STDIN else text
    if not f"{title}{body}".strip():
        raise InputError("the text is empty")
    return Article("", title=title, text=body, published_at=time)


def _read(
    index: StoryIndex, file: str, columns: ReadAs, time: datetime | None
) -> Iterator[Article]:
    from dedup.readers.files import read_articles

    problems: list[Problem] = []
    articles = read_articles(
        [file],
        columns=columns,
        records=columns.records,
        config=columns.configured(index.config.reading),
        now=datetime.now(UTC),
        on_problem=problems.append,
    )
    for article in articles:
        yield replace(article, published_at=article.published_at or time)
    Console().show_problems(problems)


def _answer(index: StoryIndex, article: Article, limit: int, *, in_index: bool) -> _Answer:
    answer = index.query(article, limit=limit)
    if in_index:
        placement = index.placement(article.id)
        others = tuple(near for near in answer.neighbors if near.id != article.id)
        answer = replace(
            answer,
            duplicates=tuple(match for match in answer.duplicates if match.a != article.id),
            neighbors=others[: limit - 1],
            story_group=placement.story_group,
            probability=placement.probability,
        )
    matches = ((match, _stored(index, match.a)) for match in answer.duplicates)
    neighbors = ((near, _stored(index, near.id)) for near in answer.neighbors)
    return _Answer(
        article,
        in_index,
        index.story(answer.story_group) if answer.story_group else None,
        answer,
        tuple((match, stored) for match, stored in matches if stored),
        tuple((near, stored) for near, stored in neighbors if stored),
    )


def _stored(index: StoryIndex, id: str) -> StoredArticle | None:
    """An article; None if a writer has removed it since the query."""
    try:
        return index.article(id)
    except NotFoundError:
        return None


def _values(answer: _Answer) -> dict[str, Any]:
    return {
        "id": answer.query.id,
        "title": answer.query.title,
        "in_index": answer.in_index,
        "story_group": answer.answer.story_group,
        "headline": answer.story.headline if answer.story else "",
        "published_at": answer.answer.published_at,
        "probability": answer.answer.probability,
        "duplicates": [
            {
                **article_fields(stored.article),
                "jaccard": match.jaccard,
                "containment": _containment(match),
            }
            for match, stored in answer.duplicates
        ],
        "neighbors": [
            {
                **article_fields(stored.article),
                "story_group": near.story_group,
                "probability": near.probability,
                "cosine": near.cosine,
                "gap_seconds": near.gap,
            }
            for near, stored in answer.neighbors
        ],
    }


def _show(answer: _Answer, *, first: bool) -> None:
    if not first:
        show_line()
    for line in _verdict(answer):
        show_line(line)
    copies = [
        (share(match.jaccard), share(_containment(match)), *article_cells(stored))
        for match, stored in answer.duplicates
    ]
    neighbors = [
        (
            share(near.probability),
            share(near.cosine),
            "" if near.gap is None else duration(near.gap),
            near.story_group,
            *article_cells(stored),
        )
        for near, stored in answer.neighbors
    ]
    for name, columns, rows, spare in (
        ("copies", _COPIES, copies, ARTICLE_SPARE),
        ("neighbours", _NEIGHBORS, neighbors, _SPARE),
    ):
        if rows:
            show_line()
            show_line(name)
            show_table(columns, rows, spare=spare)


def _containment(match: Match) -> float:
    return max(match.containment_a, match.containment_b)


def _verdict(answer: _Answer) -> Iterator[str]:
    if answer.query.title:
        yield answer.query.title
    undated = answer.answer.published_at is None
    notes = ["by content alone, as it has no time"] if undated else []
    if not answer.story:
        yield f"would start a new story{_in_brackets(notes)}"
        return
    verb = "would join"
    if answer.in_index:
        verb = "is in"
    elif undated and not answer.duplicates:
        # With a time it might well be another event, which one cannot know here.
        verb = "is most like"
    probability = share(answer.answer.probability)
    notes = [*([f"P {probability}"] if probability else []), *notes]
    yield f"{verb} the story {answer.story.id}{_in_brackets(notes)}: {answer.story.headline}"


def _in_brackets(notes: Sequence[str]) -> str:
    return f" ({', '.join(notes)})" if notes else ""
