"""The batch: all steps on a set of articles, once.

`cluster` is the flow of this library on one page. Each step is in the folder of its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dedup.articles import body_of, lead_of, precedence, seconds_by_id, seconds_of, source_of
from dedup.cleaning import clean_articles
from dedup.compute.arrays import Int64s
from dedup.config import Config
from dedup.description.clusters import describe_clusters
from dedup.description.evidence import Evidences
from dedup.description.groups import describe_groups
from dedup.description.relations import story_relations
from dedup.description.summary import summary_of
from dedup.description.terms import StoryTerms, terms_of
from dedup.duplicates.clustering import find_near_duplicates
from dedup.duplicates.series import Origin
from dedup.duplicates.stretches import all_stretches, copies_apart, is_digest
from dedup.encoders import Encoder, load_encoder
from dedup.encoders.embedding import embed
from dedup.errors import InputError
from dedup.output.bars import shown_bars
from dedup.output.headlines import in_languages
from dedup.output.progress import Progress, reported, silent
from dedup.readers.sources import Inputs, articles_from
from dedup.records import (
    Article,
    CleanText,
    DuplicateCluster,
    Match,
    Problem,
    StoryGroup,
    StoryRelation,
)
from dedup.result import Result
from dedup.stories.affinity import Affinity, AffinityModel, likely_pairs, log_odds_of
from dedup.stories.candidates import story_candidates
from dedup.stories.grouping import Grouping, group
from dedup.stories.profiles import Profiles, name_hashes, profiles, title_of
from dedup.text.sure_languages import sure_languages

if TYPE_CHECKING:
    import pyarrow as pa


def cluster(
    articles: Iterable[Article | Mapping[str, object] | str] | pa.Table | str | Path,
    config: Config = Config(),
    *,
    columns: Mapping[str, str] | None = None,
    encoder: Encoder | None = None,
    affinity: AffinityModel | None = None,
    progress: Progress | bool = silent,
    problems: list[Problem] | None = None,
) -> Result:
    """Duplicate clusters and story groups of a set of articles.

    The result is a function of the set of articles and the configuration: the
    order of the articles does not matter.

    Args:
        articles: A list of `Article`s, of mappings with usual names of columns, or of texts; a
            table: a pandas or polars frame, Arrow, a `datasets.Dataset`; or the path of a file or
            folder.
        config: All settings.
        columns: The column to take for a field, where its usual names do not fit.
        encoder: Overrides the encoder of the configuration.
        affinity: Overrides the weights of the configuration.
        progress: Called repeatedly during the steps; True shows bars, also in a notebook.
        problems: Problems are appended to this list, which may have those of reading already.

    Raises:
        DedupError: A setting, an encoder or a table cannot be used.
        InputError: There are articles, and none of them can be used.
    """
    if isinstance(progress, bool):
        with shown_bars() if progress else nullcontext(silent) as bars:
            return cluster(
                articles, config, columns=columns, encoder=encoder, affinity=affinity,
                progress=bars, problems=problems,
            )  # fmt: skip
    encoder = encoder or load_encoder(config.encoder)
    model = affinity or AffinityModel.load(config.affinity.weights, encoder.name)
    problems = [] if problems is None else problems
    items: list[Article | None] = []
    accepted = distinct(
        articles_from(
            articles,
            columns=columns,
            config=config.reading,
            on_problem=problems.append,
            on_item=items.append,
        ),
        problems,
    )
    if not accepted and problems:
        kinds = Counter(problem.kind for problem in problems).most_common(3)
        met = ", ".join(f"{kind} ({count:,})" for kind, count in kinds)
        raise InputError(
            f"none of the articles can be used: {met}: name columns with unusual names, as in "
            "columns={'text': 'inhalt'}"
        )
    with reported(progress, "clean", len(accepted), "articles") as cleaned:
        texts = clean_articles(accepted, config.cleaning, on_progress=cleaned)
    ordered = sorted(accepted, key=lambda article: precedence(article, texts[article.id]))

    bodies = [body_of(texts[article.id]) for article in ordered]
    with reported(progress, "near-duplicates", len(bodies), "articles") as done:
        near = find_near_duplicates(
            bodies, config, on_progress=done, origin_of=partial(origin_of_row, ordered, texts)
        )
    clusters, matches = describe_clusters([article.id for article in ordered], near)

    by_id = {article.id: article for article in ordered}
    parts = all_stretches(clusters, seconds_by_id(ordered), config.neighbors.max_gap)
    representatives = [by_id[part.representative] for part in parts]
    scorer = Affinity(model, profiles_of(representatives, texts, encoder, config, progress))
    compared = Compared(
        ordered, texts, clusters, matches, tuple(problems), Inputs.of(items, by_id), encoder,
        parts, scorer,
    )  # fmt: skip
    return _grouped(compared, config, progress)


@dataclass(frozen=True, slots=True)
class Compared:
    """All that is known of a set of articles before its texts are grouped.

    Args:
        articles: In the order of precedence.
        texts: Canonical texts by article id.
        clusters: All duplicate clusters.
        matches, problems, inputs: See `Result`.
        encoder: Makes the vectors.
        stretches: Those of the clusters, see `all_stretches`.
        affinity: Scores texts; that of row k represents `stretches[k]`.
    """

    articles: Sequence[Article]
    texts: Mapping[str, CleanText]
    clusters: tuple[DuplicateCluster, ...]
    matches: tuple[Match, ...]
    problems: tuple[Problem, ...]
    inputs: Inputs
    encoder: Encoder
    stretches: Sequence[DuplicateCluster]
    affinity: Affinity


def _grouped(compared: Compared, config: Config, progress: Progress = silent) -> Result:
    """The result of grouping the texts."""
    parts = compared.stretches
    names = name_hashes([part.representative for part in parts])
    digests = np.flatnonzero([is_digest(part) for part in parts])
    grouping = group_texts(compared.affinity, names, config, progress, digests)
    with reported(progress, "describe", len(grouping.groups), "stories"):
        return described_result(compared, grouping, config)


def _regrouped(compared: Compared, config: Config, progress: Progress = silent) -> Result:
    """The result of grouping the texts with other settings.

    Another `max_gap` makes other stretches. Only texts that represent none yet are embedded.
    """
    times = seconds_by_id(compared.articles)
    parts = all_stretches(compared.clusters, times, config.neighbors.max_gap)
    row_of = {part.representative: row for row, part in enumerate(compared.stretches)}
    new = [part.representative for part in parts if part.representative not in row_of]
    known = compared.affinity.profiles
    if new:
        by_id = {article.id: article for article in compared.articles}
        articles = [by_id[id] for id in new]
        more = profiles_of(articles, compared.texts, compared.encoder, config, progress)
        row_of |= {id: row for row, id in enumerate(new, len(row_of))}
        known = Profiles.joined([known, more])
    rows = np.array([row_of[part.representative] for part in parts], np.int64)
    affinity = Affinity(compared.affinity.model, known.take(rows))
    return _grouped(replace(compared, stretches=parts, affinity=affinity), config, progress)


def described_result(
    compared: Compared,
    grouping: Grouping,
    config: Config,
    stories: tuple[StoryGroup, ...] | None = None,
) -> Result:
    """The result of texts whose groups are known.

    Args:
        compared: The articles and their copies.
        grouping: Groups of rows of texts; the text of row k represents `compared.stretches[k]`.
        config: All settings.
        stories: The groups as records, if they are known, in the order of a result.
    """
    articles, texts, parts = compared.articles, compared.texts, compared.stretches
    problems, scorer, encoder = compared.problems, compared.affinity, compared.encoder
    by_id = {article.id: article for article in articles}
    terms = terms_of(grouping, parts, by_id, texts)
    stories = stories or describe_groups(grouping, parts, by_id, texts, terms)
    apart = len(copies_apart(parts, seconds_by_id(articles)))
    shown_in = config.output.headline_languages
    return Result(
        articles=tuple(articles),
        clean_texts=texts,
        duplicate_clusters=compared.clusters,
        story_groups=tuple(in_languages(story, shown_in) for story in stories),
        related=_related(grouping, stories, parts, scorer, terms, config),
        matches=compared.matches,
        problems=problems,
        summary=summary_of(
            articles, texts, len(compared.clusters), grouping, problems, encoder, scorer, config,
            apart,
        ),
        evidences=Evidences(scorer, parts, by_id, texts, config),
        inputs=compared.inputs,
        grouped_again=partial(_regrouped, compared),
    )  # fmt: skip


def distinct(articles: Iterable[Article], problems: list[Problem]) -> list[Article]:
    """One article of each id.

    Of several articles with one id, the latest is chosen (a correction replaces what it
    corrects), then the longest, then the one whose fields sort last. So the choice does not
    depend on the order.

    Args:
        articles: In any order.
        problems: The other articles are appended here.
    """
    by_id: dict[str, Article] = {}
    for article in articles:
        other = by_id.get(article.id)
        if other is None:
            by_id[article.id] = article
            continue
        kind = "repeated article" if article == other else "duplicate id with different content"
        chosen, dropped = (article, other) if _rank(article) > _rank(other) else (other, article)
        by_id[article.id] = chosen
        problems.append(Problem(kind, article.id, dropped.title or dropped.text[:80]))
    return list(by_id.values())


def _rank(article: Article) -> tuple[float, int, tuple[str, ...]]:
    time = article.published_at.timestamp() if article.published_at else float("-inf")
    content = (article.title, article.text, article.source, article.language, article.url)
    return time, len(article.title) + len(article.text), content


def independent(
    articles: Sequence[Article], texts: Mapping[str, CleanText], config: Config
) -> list[Article]:
    """The articles that represent their texts; copies take no part in grouping.

    Args:
        articles: In the order of precedence.
        texts: Canonical texts by article id.
        config: When two texts are copies.
    """
    bodies = [body_of(texts[article.id]) for article in articles]
    near = find_near_duplicates(bodies, config, origin_of=partial(origin_of_row, articles, texts))
    return [articles[row] for row in np.unique(near.representatives).tolist()]


def origin_of_row(articles: Sequence[Article], texts: Mapping[str, CleanText], row: int) -> Origin:
    """What decides whether the text of an article is of a series; see `Origin`.

    Args:
        articles: In the order of precedence.
        texts: Canonical texts by article id.
        row: Which article.
    """
    return Origin.of(articles[row], texts[articles[row].id])


def profiles_of(
    articles: Sequence[Article],
    texts: Mapping[str, CleanText],
    encoder: Encoder,
    config: Config,
    progress: Progress = silent,
) -> Profiles:
    """Profiles of articles, which the affinity compares, in their order.

    Args:
        articles: In the order of precedence.
        texts: Canonical texts by article id.
        encoder: Makes the vectors.
        config: Settings of the encoder.
        progress: Called while texts are embedded.
    """
    leads = [lead_of(texts[article.id], config.encoder.lead_chars) for article in articles]
    titles = [title_of(texts[article.id].title, texts[article.id].text) for article in articles]
    languages = sure_languages(leads, [article.language for article in articles])
    with reported(progress, "embed", len(leads)) as done:
        vectors, title_vectors = embed(encoder, leads, titles, languages, done)
    with reported(progress, "profile", len(leads)):
        return profiles(
            leads,
            titles,
            vectors,
            title_vectors,
            seconds_of(articles),
            languages,
            [source_of(article) for article in articles],
        )


def group_texts(
    affinity: Affinity,
    id_hashes: Int64s,
    config: Config,
    progress: Progress = silent,
    digests: Int64s | None = None,
) -> Grouping:
    """Groups of texts, from scored candidate pairs.

    Args:
        affinity: Of n texts in the order of precedence.
        id_hashes: Hashes of the ids of their articles, int64 of shape (n,).
        config: All settings.
        progress: Called while neighbours are searched, pairs scored and groups made.
        digests: Rows of the texts that quote several others, int64 of shape (k,).
    """
    seconds = affinity.profiles.seconds
    count = len(seconds)
    links = linked_texts(affinity, config, progress)
    max_gap = config.neighbors.max_gap
    with reported(progress, "group", count):
        return group(*links, seconds, id_hashes, affinity, config.stories, max_gap, digests)


def linked_texts(
    affinity: Affinity,
    config: Config,
    progress: Progress = silent,
    rows: Int64s | None = None,
) -> tuple[Int64s, Int64s, Int64s]:
    """Linked pairs of texts (at least `min_link_probability`), and their log-odds.

    Args:
        affinity: Of the texts, in the order of precedence.
        config: Limits of candidates and links.
        progress: Called while neighbours are searched and pairs scored.
        rows: Rows of the texts whose pairs are searched, see `story_candidates`; by default all.

    Returns:
        First, second and log-odds in units of 1/1000, int64 of shape (m,) each.
    """
    min_cosine = config.neighbors.min_cosine
    count = len(affinity.profiles.seconds)
    with reported(progress, "neighbours", count) as done:
        pairs = story_candidates(
            affinity.profiles,
            affinity.model.min_cosine if min_cosine is None else min_cosine,
            config.neighbors,
            done,
            rows=rows,
        )
    with reported(progress, "score", count):
        return likely_pairs(affinity, pairs, log_odds_of(config.stories.min_link_probability))


def _related(
    grouping: Grouping,
    stories: Sequence[StoryGroup],
    clusters: Sequence[DuplicateCluster],
    affinity: Affinity,
    terms: StoryTerms,
    config: Config,
) -> tuple[StoryRelation, ...]:
    """Relations between story groups; `stories` are sorted otherwise than `grouping.groups`."""
    by_first = {story.first_article: story for story in stories}
    firsts = (clusters[int(group.members[0])].representative for group in grouping.groups)
    return story_relations(
        grouping.groups,
        [by_first[first] for first in firsts],
        affinity.profiles.vectors,
        affinity.profiles.seconds,
        terms,
        config.related_stories,
    )
