"""The command `dedup why`: are two articles together, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.console import Console
from dedup.cli.indexes import is_index, opened, suggesting
from dedup.cli.options import column_option
from dedup.cli.reading import clustered, named_columns
from dedup.cli.tables import one_line
from dedup.cli.values import about, json_document
from dedup.config import Config
from dedup.errors import InputError
from dedup.records import Article, CopyType

if TYPE_CHECKING:
    from dedup.description.explanation import Why
    from dedup.index.story_index import StoryIndex
    from dedup.result import Result


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two articles, and its place among the copies.

    Args:
        article: The article.
        headline: Its title, or how its text begins.
        duplicate_cluster: Id of its duplicate cluster.
        representative: Id of the article that stands for its text.
        copy_type: How its text relates to that one's.
    """

    article: Article
    headline: str
    duplicate_cluster: str
    representative: str
    copy_type: CopyType


@dataclass(frozen=True, slots=True)
class Answer:
    """Why two articles are together or apart, with the articles.

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


def why_command(
    a: Annotated[
        str, typer.Argument(metavar="A", help="Id of an article; or an index, before both ids.")
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Id of another.")],
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="What `dedup cluster` is given: files, folders. Not with an index.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with everything.")] = False,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="All settings, as for `cluster`.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="NAME", help="The encoder, as for `cluster`.")
    ] = None,
    id_column: Annotated[str | None, column_option("id")] = None,
    title_column: Annotated[str | None, column_option("title")] = None,
    text_column: Annotated[str | None, column_option("text")] = None,
    source_column: Annotated[str | None, column_option("source")] = None,
    published_at_column: Annotated[str | None, column_option("published_at")] = None,
    language_column: Annotated[str | None, column_option("language")] = None,
    url_column: Annotated[str | None, column_option("url")] = None,
) -> None:
    """Say why two articles are together, or why not.

    There are two ways to ask: [bold]dedup why A B INPUT...[/bold] clusters the
    inputs as `dedup cluster` does it; [bold]dedup why INDEX A B[/bold] asks an
    index that `dedup add` made, which answers at once and has settings and
    columns of its own.

    Then come a sentence, what the two articles are, whether they are copies and
    in one story, and the evidence for one event: its parts add up to the
    log-odds.

    [bold]Examples[/bold]

      dedup why 4711 4712 articles.jsonl

      dedup why news 4711 4712 --json | jq .sentence
    """
    columns = named_columns(
        id=id_column,
        title=title_column,
        text=text_column,
        source=source_column,
        published_at=published_at_column,
        language=language_column,
        url=url_column,
    )
    if len(inputs) == 1 and is_index(a):
        if columns or config or encoder is not None:
            raise typer.BadParameter(f"{a} is an index: it has its own settings and columns")
        _refuse_one(b, inputs[0])
        with opened(a) as index:
            answer = answer_of_index(index, b, inputs[0])
    else:
        _refuse_one(a, b)
        _refuse_no_index(a, inputs)
        settings = Config.from_toml(config) if config else Config()
        if encoder is not None:
            settings = settings.replace(encoder={"name": encoder})
        answer = answer_of_result(clustered(inputs, columns, settings, Console()), a, b)
    if as_json:
        typer.echo(json_document(why_values(answer)))
    else:
        for line in why_lines(answer):
            typer.echo(line)


def _refuse_one(a: str, b: str) -> None:
    if a == b:
        raise typer.BadParameter(f"A and B are both {a!r}: give the ids of two articles")


def _refuse_no_index(a: str, inputs: list[str]) -> None:
    """Say what is wrong where an index was meant that is not there."""
    if len(inputs) == 1 and inputs[0] != "-" and not Path(inputs[0]).exists():
        raise InputError(
            f"{inputs[0]}: there is no such file or folder, and {a} is not an index: "
            "give dedup why A B INPUT..., or dedup why INDEX A B"
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
        stored, place = index.article(id), index.placement(id)
        return Side(
            stored.article,
            headline_of(stored.article, stored.clean),
            place.duplicate_cluster,
            place.representative,
            place.copy_type,
        )

    with suggesting(index, a, b):
        why, sides = index.why(a, b), (side(a), side(b))
    held = index.stats()
    return Answer(why, sides, held.encoder, held.config_digest)


def why_values(answer: Answer) -> dict[str, Any]:
    """Everything about an answer as JSON values; `log_odds` is the sum of the evidence."""
    why = answer.why
    values: dict[str, Any] = {
        "sentence": why.sentence,
        "articles": [_article_values(answer, each) for each in (0, 1)],
        "same_duplicate_cluster": why.same_duplicate_cluster,
        "same_story_group": why.same_story_group,
        "match": asdict(why.match),
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


def _article_values(answer: Answer, place: int) -> dict[str, Any]:
    side, story = answer.sides[place], answer.why.stories[place]
    article = side.article
    return {
        **about(article),
        "duplicate_cluster": side.duplicate_cluster,
        "representative": side.representative,
        "copy_type": side.copy_type,
        "story_group": story.id,
        "headline": story.headline,
        "mean_probability": answer.why.mean_probabilities[place],
    }


def why_lines(answer: Answer) -> Iterator[str]:
    """An answer as lines for a terminal, the sentence first; without control characters."""
    why = answer.why
    lines = [why.sentence, "", *_article_lines(answer), *_verdicts(why), *_table(why)]
    yield from map(one_line, lines)


def _article_lines(answer: Answer) -> Iterator[str]:
    from dedup.articles import source_of

    for name, side in zip("AB", answer.sides, strict=True):
        article = side.article
        time = article.published_at
        yield f"{name}  {side.headline}"
        known = (
            article.id,
            source_of(article) or "unknown source",
            f"{time:%Y-%m-%d %H:%M} UTC" if time else "no date",
            article.language or "unknown language",
        )
        yield f"   {' · '.join(known)}"
        if side.representative != article.id and not answer.why.same_duplicate_cluster:
            yield f"   a copy of {side.representative}, which stands for it below"
    yield ""


def _verdicts(why: Why) -> Iterator[str]:
    match = why.match
    yield (
        f"copies of one text: {_yes(why.same_duplicate_cluster)} (Jaccard {match.jaccard:.4f}, "
        f"containment {match.containment_a:.4f} and {match.containment_b:.4f})"
    )
    first, second = why.stories
    if why.same_story_group:
        yield f"same story: yes ({first.id}: {first.headline})"
    else:
        yield "same story: no"
        for name, story in (("A", first), ("B", second)):
            texts = f"{story.texts:,} text{'' if story.texts == 1 else 's'}"
            yield f"   {name}: {story.id}, {texts}: {story.headline}"


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


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
