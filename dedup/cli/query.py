"""`dedup query`: the copies, neighbours and story of a text, without adding it to the index."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import IndexArgument, opened, optional_time, suggesting
from dedup.cli.options import STDIN, HeadlinesOption, JsonLinesOption, option
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
from dedup.records import Article, Match, Problem

if TYPE_CHECKING:
    from dedup.index.records import Neighbor, QueryAnswer
    from dedup.index.story_index import StoryIndex
    from dedup.store import StoredArticle

_COPIES = ("jaccard", "contained", *ARTICLE_TABLE)
_NEIGHBORS = ("P", "story_group", *ARTICLE_TABLE)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the index knows about a text; `in_index` if the text itself is in it."""

    query: Article
    in_index: bool
    headline: str
    answer: QueryAnswer
    duplicates: tuple[tuple[Match, StoredArticle], ...]
    neighbors: tuple[tuple[Neighbor, StoredArticle], ...]


def query_command(
    index: IndexArgument,
    text: Annotated[str, option("TEXT", "The text itself; - reads it from stdin.")] = "",
    title: Annotated[str, option("TITLE", "Headline of --text.")] = "",
    published_at: Annotated[
        str,
        option(
            "TIME",
            "Publication time of --text, or of articles in --file without a date: 2023-06-03, "
            "2023-06-03T10:50 (UTC), or 36h for 36 hours ago. By default, now.",
        ),
    ] = "",
    file: Annotated[
        str, option("FILE", "A page or a table, as for `add`; each article in it is a query.")
    ] = "",
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
    neighbours with P(same event). Articles far apart in time are not about the
    same event, so give --published-at if the text is not from today.

    With --json: one line per query, with "story_group" (empty if the text would
    start a new story), "probability", "duplicates" and "neighbors".

    [bold]Examples[/bold]

      dedup query news --id odisha-en-1

      dedup query news --file draft.txt

      dedup query news --text - --published-at 2023-06-03 --json < draft.txt
    """
    if sum(map(bool, (text, file, id))) != 1:
        raise typer.BadParameter("give one of --text, --file and --id")
    time = optional_time(published_at, "--published-at")
    with opened(index, headlines=headlines) as story_index:
        for number, answer in enumerate(_answers(story_index, text, title, file, id, time, limit)):
            if as_json:
                typer.echo(json_line(_values(answer)))
            else:
                _show(answer, first=number == 0)


def _answers(
    index: StoryIndex,
    text: str,
    title: str,
    file: str,
    id: str,
    time: datetime | None,
    limit: int,
) -> Iterator[_Answer]:
    if id:
        with suggesting(index, id):
            article = index.article(id).article
        # One more, as the article is a copy of itself.
        yield _answer(index, article, limit + 1, in_index=True)
        return
    for article in _read(file, time) if file else [_text(text, title, time)]:
        yield _answer(index, article, limit, in_index=False)


def _text(text: str, title: str, time: datetime | None) -> Article:
    body = sys.stdin.read() if text == STDIN else text
    if not f"{title}{body}".strip():
        raise InputError("the text is empty")
    return Article("", title=title, text=body, published_at=time)


def _read(file: str, time: datetime | None) -> Iterator[Article]:
    from dedup.readers.files import read_articles

    problems: list[Problem] = []
    for article in read_articles([file], now=datetime.now(UTC), on_problem=problems.append):
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
        index.story(answer.story_group).headline if answer.story_group else "",
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
        "headline": answer.headline,
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
        (share(near.probability), near.story_group, *article_cells(stored))
        for near, stored in answer.neighbors
    ]
    for name, columns, rows in (
        ("copies", _COPIES, copies),
        ("neighbours", _NEIGHBORS, neighbors),
    ):
        if rows:
            show_line()
            show_line(name)
            show_table(columns, rows, spare=ARTICLE_SPARE)


def _containment(match: Match) -> float:
    return max(match.containment_a, match.containment_b)


def _verdict(answer: _Answer) -> Iterator[str]:
    if answer.query.title:
        yield answer.query.title
    if not answer.answer.story_group:
        yield "would start a new story"
        return
    verb = "is in" if answer.in_index else "would join"
    probability = share(answer.answer.probability)
    shown = f" (P {probability})" if probability else ""
    yield f"{verb} the story {answer.answer.story_group}{shown}: {answer.headline}"
