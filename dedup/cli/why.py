"""`dedup why`: why two articles are together or apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import opened, suggesting
from dedup.cli.options import (
    ALL_FIELDS,
    NO_COLUMNS,
    STDIN,
    ConfigOption,
    EncoderOption,
    HeadlinesOption,
    JsonOption,
    ReadAs,
    column_options,
    languages_from,
    settings_from,
)
from dedup.cli.reading import clustered
from dedup.cli.values import article_fields, json_document
from dedup.errors import InputError
from dedup.output.wording import counted, one_line
from dedup.records import Article, CopyType

if TYPE_CHECKING:
    from dedup.description.explanation import Why
    from dedup.index.story_index import StoryIndex
    from dedup.result import Result


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two articles, and its copies.

    Args:
        article: The article.
        headline: Its title, or the beginning of its text.
        duplicate_cluster: Id of its duplicate cluster.
        representative: Id of the article that represents its text.
        copy_type: How its text relates to that of the representative.
    """

    article: Article
    headline: str
    duplicate_cluster: str
    representative: str
    copy_type: CopyType


@dataclass(frozen=True, slots=True)
class Answer:
    """Why two articles are together or apart, and the articles.

    Args:
        why: The answer.
        sides: A and B.
        encoder: Name and revision of the encoder.
        config_digest: Digest of the configuration.
    """

    why: Why
    sides: tuple[Side, Side]
    encoder: str
    config_digest: str


@column_options(*ALL_FIELDS)
def why_command(
    a: Annotated[
        str, typer.Argument(metavar="A", help="Id of an article; or an index, if both ids follow.")
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Id of another article.")],
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Files and folders, as for `dedup cluster`; none with an index.",
        ),
    ],
    headlines: HeadlinesOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    encoder: EncoderOption = None,
    columns: ReadAs = NO_COLUMNS,
) -> None:
    """Explain why two articles are together or apart.

    [bold]dedup why A B INPUT...[/bold] clusters the inputs like `dedup cluster`.
    [bold]dedup why INDEX A B[/bold] queries an index made by `dedup add`, which
    answers at once with its own settings.

    Prints a sentence, the two articles, whether they are copies and in the same
    story, and the evidence: its parts add up to the log-odds of the same event.

    [bold]Examples[/bold]

      dedup why 4711 4712 articles.jsonl

      dedup why news 4711 4712 --json | jq .sentence
    """
    from dedup.store.location import may_hold_index

    if len(inputs) == 1 and may_hold_index(a):
        if columns or config or encoder is not None:
            raise typer.BadParameter(f"{a} is an index, which has its own settings and columns")
        _refuse_same(b, inputs[0])
        with opened(a, headlines=headlines) as index:
            answer = answer_of_index(index, b, inputs[0])
    else:
        _refuse_same(a, b)
        _refuse_no_index(a, inputs)
        shown_in = {"headline_languages": languages_from(headlines) or None}
        settings = settings_from(config, encoder={"name": encoder}, output=shown_in)
        answer = answer_of_result(clustered(inputs, columns, settings, Console()), a, b)
    if as_json:
        typer.echo(json_document(why_values(answer)))
    else:
        for line in why_lines(answer):
            typer.echo(line)


def _refuse_same(a: str, b: str) -> None:
    if a == b:
        raise typer.BadParameter(f"A and B are both {a!r}: give the ids of two articles")


def _refuse_no_index(a: str, inputs: list[str]) -> None:
    """Refuse arguments that were probably meant for an index that does not exist."""
    from dedup.readers.addresses import is_address

    if len(inputs) != 1 or inputs[0] == STDIN or is_address(inputs[0]):
        return
    if not Path(inputs[0]).exists():
        raise InputError(
            f"{inputs[0]}: there is no such file or folder, and {a} is not an index: "
            "use dedup why A B INPUT..., or dedup why INDEX A B"
        )


def answer_of_result(result: Result, a: str, b: str) -> Answer:
    """The answer of a run.

    Raises:
        DedupError: An id is not in the result.
    """
    from dedup.articles import headline_of

    def side(id: str) -> Side:
        article = result.by_id[id]
        cluster, copy = result.duplicates_of[id]
        headline = headline_of(article, result.clean_texts[id])
        return Side(article, headline, cluster.id, cluster.representative, copy.copy_type)

    why = result.why(a, b)
    summary = result.summary
    return Answer(why, (side(a), side(b)), summary.encoder, summary.config_digest)


def answer_of_index(index: StoryIndex, a: str, b: str) -> Answer:
    """The answer of an index.

    Raises:
        NotFoundError: An id is not in the index.
    """
    from dedup.articles import headline_of

    def side(id: str) -> Side:
        stored, placement = index.article(id), index.placement(id)
        return Side(
            stored.article,
            headline_of(stored.article, stored.clean),
            placement.duplicate_cluster,
            placement.representative,
            placement.copy_type,
        )

    with suggesting(index, a, b):
        why, sides = index.why(a, b), (side(a), side(b))
    counts = index.stats()
    return Answer(why, sides, counts.encoder, counts.config_digest)


def why_values(answer: Answer) -> dict[str, Any]:
    """An answer as JSON values; `log_odds` is the sum of the evidence."""
    why = answer.why
    values: dict[str, Any] = {
        "sentence": why.sentence,
        "articles": [_article_values(answer, side) for side in (0, 1)],
        "same_duplicate_cluster": why.same_duplicate_cluster,
        "same_story_group": why.same_story_group,
        "match": asdict(why.match),
        "series": why.series and asdict(why.series),
        "bodies_are_walls": why.walls,
        "probability": None if why.link is None else why.link.probability,
        "log_odds": None,
        "evidence": [],
        "gap_seconds": why.gap,
        "min_probability": why.min_probability,
        "max_gap_seconds": why.max_gap,
        "encoder": answer.encoder,
        "config_digest": answer.config_digest,
    }
    if why.link is not None:
        values["evidence"] = [asdict(part) for part in why.link.evidence]
        values["log_odds"] = round(sum(part.log_odds for part in why.link.evidence), 4)
    return values


def _article_values(answer: Answer, position: int) -> dict[str, Any]:
    side, story = answer.sides[position], answer.why.stories[position]
    article = side.article
    return {
        **article_fields(article),
        "duplicate_cluster": side.duplicate_cluster,
        "representative": side.representative,
        "copy_type": side.copy_type,
        "story_group": story.id,
        "headline": story.headline,
        "mean_probability": answer.why.mean_probabilities[position],
    }


def why_lines(answer: Answer) -> Iterator[str]:
    """An answer as lines for a terminal, the sentence first."""
    why = answer.why
    lines = [why.sentence, "", *_article_lines(answer), *_verdicts(why), *_table(why)]
    yield from map(one_line, lines)


def _article_lines(answer: Answer) -> Iterator[str]:
    from dedup.articles import source_of, written_time

    for name, side in zip("AB", answer.sides, strict=True):
        article = side.article
        time = written_time(article)
        yield f"{name}  {side.headline}"
        known = (
            article.id,
            source_of(article) or "unknown source",
            f"{time} UTC" if " " in time else time or "no date",
            article.language or "unknown language",
        )
        yield f"   {' · '.join(known)}"
        if side.representative != article.id and not answer.why.same_duplicate_cluster:
            yield f"   a copy of {side.representative}, which represents it below"
    yield ""


def _verdicts(why: Why) -> Iterator[str]:
    match, copies = why.match, "yes" if why.same_duplicate_cluster else "no"
    yield (
        f"copies of one text: {copies} (Jaccard {match.jaccard:.4f}, "
        f"containment {match.containment_a:.4f} and {match.containment_b:.4f})"
    )
    first, second = why.stories
    if why.same_story_group:
        yield f"same story: yes ({first.id}: {first.headline})"
    else:
        yield "same story: no"
        for name, story in (("A", first), ("B", second)):
            yield f"   {name}: {story.id}, {counted(story.texts, 'text')}: {story.headline}"


def _table(why: Why) -> Iterator[str]:
    if why.link is None:
        return
    yield f"P(same event) of the two: {why.link.probability:.4f}"
    yield ""
    names = [part.name.replace("_", " ") for part in why.link.evidence]
    width = max(len(name) for name in [*names, "together"])
    yield f"{'evidence':<{width}}  {'value':>9}  {'log-odds':>9}"
    for name, part in zip(names, why.link.evidence, strict=True):
        value = "" if part.name == "prior" else f"{part.value:z.4f}"
        detail = f"  {part.detail}" if part.detail else ""
        yield f"{name:<{width}}  {value:>9}  {part.log_odds:>+z9.4f}{detail}"
    total = sum(part.log_odds for part in why.link.evidence)
    yield f"{'together':<{width}}  {'':>9}  {total:>+z9.4f}"
