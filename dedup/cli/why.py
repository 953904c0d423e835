"""The command `dedup why`: are two articles together, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.options import column_option
from dedup.cli.reading import clustered, named_columns
from dedup.config import Config
from dedup.console import Console

if TYPE_CHECKING:
    from dedup.result import Result, Why


def why_command(
    a: Annotated[str, typer.Argument(metavar="A", help="Id of an article.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Id of another.")],
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="What `dedup cluster` is given: files, folders."),
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

    The inputs are clustered as `dedup cluster` does it. Then come a sentence, what the two
    articles are, whether they are copies and in one story, and the evidence for one event:
    its parts add up to the log-odds.

    [bold]Examples[/bold]

      dedup why 4711 4712 articles.jsonl

      dedup why 4711 4712 articles.jsonl --json | jq .sentence
    """
    if a == b:
        raise typer.BadParameter(f"A and B are both {a!r}: give the ids of two articles")
    columns = named_columns(
        id=id_column,
        title=title_column,
        text=text_column,
        source=source_column,
        published_at=published_at_column,
        language=language_column,
        url=url_column,
    )
    settings = Config.from_toml(config) if config else Config()
    if encoder is not None:
        settings = settings.replace(encoder={"name": encoder})
    result = clustered(inputs, columns, settings, Console())
    why = result.why(a, b)
    if as_json:
        typer.echo(json.dumps(why_values(result, why), indent=2, ensure_ascii=False))
    else:
        for line in why_lines(result, why):
            typer.echo(line)


def why_values(result: Result, why: Why) -> dict[str, Any]:
    """Everything about an answer as JSON values; `log_odds` is the sum of the evidence."""
    values: dict[str, Any] = {
        "sentence": why.sentence,
        "articles": [_article_values(result, why, each) for each in (0, 1)],
        "same_duplicate_cluster": why.same_duplicate_cluster,
        "same_story_group": why.same_story_group,
        "match": asdict(why.match),
        "probability": None if why.link is None else why.link.probability,
        "log_odds": None,
        "evidence": [],
        "gap_seconds": None if why.gap is None else why.gap.total_seconds(),
        "min_probability": why.min_probability,
        "max_gap_seconds": why.max_gap.total_seconds(),
        "encoder": result.summary.encoder,
        "config_digest": result.summary.config_digest,
    }
    if why.link is not None:
        values["evidence"] = [asdict(part) for part in why.link.evidence]
        values["log_odds"] = round(sum(part.log_odds for part in why.link.evidence), 4)
    return values


def _article_values(result: Result, why: Why, place: int) -> dict[str, Any]:
    article = result.by_id[(why.a, why.b)[place]]
    cluster, copy = result.duplicates_of[article.id]
    time = article.published_at
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "published_at": time.isoformat().replace("+00:00", "Z") if time else None,
        "language": article.language,
        "url": article.url,
        "duplicate_cluster": cluster.id,
        "representative": cluster.representative,
        "copy_type": copy.copy_type,
        "story_group": why.stories[place].id,
        "headline": why.stories[place].headline,
        "mean_probability": why.mean_probabilities[place],
    }


def why_lines(result: Result, why: Why) -> Iterator[str]:
    """An answer as lines for a terminal, the sentence first; without control characters."""
    lines = [why.sentence, "", *_article_lines(result, why), *_verdicts(why), *_table(why)]
    for line in lines:
        yield "".join(char if char.isprintable() else " " for char in line)


def _article_lines(result: Result, why: Why) -> Iterator[str]:
    from dedup.assembly import headline_of, source_of

    for name, each in (("A", why.a), ("B", why.b)):
        article = result.by_id[each]
        time = article.published_at
        yield f"{name}  {headline_of(article, result.clean_texts[each])}"
        known = (
            each,
            source_of(article) or "unknown source",
            f"{time:%Y-%m-%d %H:%M} UTC" if time else "no date",
            article.language or "unknown language",
        )
        yield f"   {' · '.join(known)}"
        cluster, _ = result.duplicates_of[each]
        if cluster.representative != each and not why.same_duplicate_cluster:
            yield f"   a copy of {cluster.representative}, which stands for it below"
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
