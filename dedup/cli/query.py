"""`dedup query`: what an index knows about a text, without putting it in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import (
    STDIN,
    IndexArgument,
    JsonLinesOption,
    opened,
    optional_time,
    suggesting,
)
from dedup.cli.tables import (
    ARTICLE_SPARE,
    ARTICLE_TABLE,
    Column,
    article_cells,
    share,
    show_line,
    show_table,
)
from dedup.cli.values import about, json_line
from dedup.errors import InputError, NotFoundError
from dedup.records import Article, Match, Problem

if TYPE_CHECKING:
    from dedup.index.records import Neighbor, QueryAnswer
    from dedup.index.story_index import StoryIndex
    from dedup.store import StoredArticle

_COPIES: tuple[Column, ...] = (("jaccard", "right"), ("contained", "right"), *ARTICLE_TABLE)
_NEIGHBORS: tuple[Column, ...] = (("P", "right"), ("story", "left"), *ARTICLE_TABLE)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was asked, and what the index knows about it; `held` if it is in the index."""

    asked: Article
    held: bool
    headline: str
    found: QueryAnswer
    duplicates: tuple[tuple[Match, StoredArticle], ...]
    neighbors: tuple[tuple[Neighbor, StoredArticle], ...]


def query_command(
    index: IndexArgument,
    text: Annotated[
        str, typer.Option(metavar="TEXT", help="The text itself; - reads it from stdin.")
    ] = "",
    title: Annotated[str, typer.Option(metavar="TITLE", help="Headline of --text.")] = "",
    published_at: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="When --text, or a file without a date, was published: 2023-06-03, "
            "2023-06-03T10:50 (UTC), or 36h for 36 hours ago. By default: now.",
        ),
    ] = "",
    file: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="A page or a table, as for `add`; each article in it is asked for."
        ),
    ] = "",
    id: Annotated[
        str, typer.Option("--id", metavar="ID", help="An article that is in the index.")
    ] = "",
    limit: Annotated[
        int, typer.Option(min=1, metavar="COUNT", help="At most so many copies, and neighbours.")
    ] = 10,
    as_json: JsonLinesOption = False,
) -> None:
    """Ask what an index knows about a text: its copies, what is near, and its story.

    Nothing is put into the index. Copies have their exact Jaccard similarity,
    and the larger share of one text that lies in the other; neighbours have
    P(same event). Articles far apart in time do not tell of one event: give
    --published-at for a text that is not of today.

    With --json: a line for each text that was asked for, with "story_group" (empty if
    it would found one), "probability", "duplicates" and "neighbors".

    [bold]Examples[/bold]

      dedup query news --id odisha-en-1

      dedup query news --file draft.txt

      dedup query news --text - --published-at 2023-06-03 --json < draft.txt
    """
    if sum(map(bool, (text, file, id))) != 1:
        raise typer.BadParameter("give one of --text, --file and --id")
    time = optional_time(published_at, "--published-at")
    with opened(index) as held:
        for number, answer in enumerate(_answers(held, text, title, file, id, time, limit)):
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
            asked = index.article(id).article
        # One more, as the article is a copy of itself.
        yield _answer(index, asked, limit + 1, held=True)
        return
    for article in _read(file, time) if file else [_text(text, title, time)]:
        yield _answer(index, article, limit, held=False)


def _text(text: str, title: str, time: datetime | None) -> Article:
    whole = sys.stdin.read() if text == STDIN else text
    if not f"{title}{whole}".strip():
        raise InputError("there is no text to ask for")
    return Article("", title=title, text=whole, published_at=time)


def _read(file: str, time: datetime | None) -> Iterator[Article]:
    from dataclasses import replace

    from dedup.readers.files import read_articles

    problems: list[Problem] = []
    count = 0
    for count, article in enumerate(  # noqa: B007 (counted)
        read_articles([file], now=datetime.now(UTC), on_problem=problems.append), start=1
    ):
        yield replace(article, published_at=article.published_at or time)
    Console().show_problems(problems)
    if not count:
        raise InputError(f"{file}: there is no article in it")


def _answer(index: StoryIndex, asked: Article, limit: int, *, held: bool) -> _Answer:
    found = index.query(asked, limit=limit)
    if held:
        from dataclasses import replace

        place = index.placement(asked.id)
        found = replace(
            found,
            duplicates=tuple(each for each in found.duplicates if each.a != asked.id),
            neighbors=tuple(each for each in found.neighbors if each.id != asked.id)[: limit - 1],
            story_group=place.story_group,
            probability=place.probability,
        )
    headline = index.story(found.story_group).headline if found.story_group else ""
    return _Answer(
        asked,
        held,
        headline,
        found,
        tuple((each, stored) for each in found.duplicates if (stored := _stored(index, each.a))),
        tuple((each, stored) for each in found.neighbors if (stored := _stored(index, each.id))),
    )


def _stored(index: StoryIndex, id: str) -> StoredArticle | None:
    """An article; None if a writer removed it since it was found."""
    try:
        return index.article(id)
    except NotFoundError:
        return None


def _values(answer: _Answer) -> dict[str, Any]:
    return {
        "id": answer.asked.id,
        "title": answer.asked.title,
        "in_index": answer.held,
        "story_group": answer.found.story_group,
        "headline": answer.headline,
        "probability": answer.found.probability,
        "duplicates": [
            {
                **about(stored.article),
                "jaccard": match.jaccard,
                "containment": max(match.containment_a, match.containment_b),
            }
            for match, stored in answer.duplicates
        ],
        "neighbors": [
            {
                **about(stored.article),
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
    if answer.duplicates:
        show_line()
        show_line("copies")
        show_table(
            _COPIES,
            [
                (
                    share(match.jaccard),
                    share(max(match.containment_a, match.containment_b)),
                    *_cells(stored),
                )
                for match, stored in answer.duplicates
            ],
            spare=ARTICLE_SPARE,
        )
    if answer.neighbors:
        show_line()
        show_line("near it")
        show_table(
            _NEIGHBORS,
            [
                (share(near.probability), near.story_group, *_cells(stored))
                for near, stored in answer.neighbors
            ],
            spare=ARTICLE_SPARE,
        )


def _verdict(answer: _Answer) -> Iterator[str]:
    if answer.asked.title:
        yield answer.asked.title
    if not answer.found.story_group:
        yield "would found a story of its own"
        return
    joins = "is in" if answer.held else "would join"
    sure = f" (P {share(answer.found.probability)})" if answer.found.probability is not None else ""
    yield f"{joins} the story {answer.found.story_group}{sure}: {answer.headline}"


def _cells(stored: StoredArticle) -> tuple[str, ...]:
    from dedup.articles import headline_of

    return article_cells(stored.article, headline_of(stored.article, stored.clean))
