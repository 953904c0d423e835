"""Driver 1, the batch: all steps on a set of articles, once.

`cluster` is the flow of this library on one page. What happens inside a step is
in the module of its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dedup.affinity import Affinity, AffinityModel, likely_pairs, log_odds_of
from dedup.assembly import (
    body_of,
    describe_clusters,
    describe_groups,
    lead_of,
    precedence,
    seconds_of,
    source_of,
)
from dedup.cleaning import clean, repeated_lines
from dedup.config import Config
from dedup.encoders import Encoder, checked_vectors, load_encoder
from dedup.evidence import Evidences
from dedup.near_duplicates import find_near_duplicates
from dedup.neighbors import whole_vectors
from dedup.profiles import Profiles, head_of, keys_of, profiles
from dedup.readers.fields import as_articles
from dedup.records import Article, CleanText, DuplicateCluster, Problem, StoryGroup, StoryTie
from dedup.result import Result, Summary
from dedup.shingles import Int64s
from dedup.stories import Grouping, group
from dedup.story_candidates import story_candidates
from dedup.story_terms import StoryTerms, story_terms
from dedup.storylines import story_ties

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 1024
# What a story is about stands in the first paragraphs.
_TOLD_CHARS = 2000


class Progress(Protocol):
    """Told how far a step has come."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Step `step` has done `done` of `total` texts."""
        ...


def silent(step: str, done: int, total: int) -> None:
    """Progress that nobody is told of."""


def _done(progress: Progress, step: str, total: int, done: int) -> None:
    progress(step, done, total)


def cluster(
    articles: Iterable[Article | Mapping[str, object]] | pa.Table,
    config: Config = Config(),
    *,
    encoder: Encoder | None = None,
    affinity: AffinityModel | None = None,
    progress: Progress = silent,
    problems: list[Problem] | None = None,
) -> Result:
    """Duplicate clusters and story groups of a set of articles.

    The result is a function of the set of articles and the configuration: the
    order of the articles does not matter.

    Args:
        articles: `Article`s, dicts with the usual field names, or an Arrow table.
        config: All settings.
        encoder: Used instead of the one that the configuration names.
        affinity: Used instead of the one that the configuration names.
        progress: Called as the steps go on.
        problems: Where problems are added, if the caller reads the articles
            and wants those of reading listed with the others.

    Raises:
        DedupError: A setting, an encoder or a table cannot be used.
    """
    encoder = encoder or load_encoder(config.encoder)
    model = affinity or AffinityModel.load(config.affinity.weights, encoder.name)
    met = [] if problems is None else problems
    accepted = distinct(as_articles(articles, config=config.reading, on_problem=met.append), met)
    texts = _clean(accepted, config, progress)
    ordered = sorted(accepted, key=lambda article: precedence(article, texts[article.id]))

    bodies = [body_of(texts[article.id]) for article in ordered]
    done = partial(_done, progress, "near-duplicates", len(bodies))
    near = find_near_duplicates(bodies, config, on_progress=done)
    clusters, matches = describe_clusters([article.id for article in ordered], near)

    by_id = {article.id: article for article in ordered}
    founders = [by_id[cluster.representative] for cluster in clusters]
    scorer = Affinity(model, profiles_of(founders, texts, encoder, config, progress))
    grouping = group_texts(scorer, keys_of([article.id for article in founders]), config, progress)
    terms = terms_of(grouping, clusters, by_id, texts)
    stories = describe_groups(grouping, clusters, by_id, texts, terms)
    ties = _ties(grouping, stories, clusters, scorer, terms, config)
    return Result(
        articles=tuple(ordered),
        clean_texts=texts,
        duplicate_clusters=clusters,
        story_groups=stories,
        story_ties=ties,
        matches=matches,
        problems=tuple(met),
        summary=_summary(ordered, texts, clusters, grouping, met, encoder, model, config),
        evidences=Evidences(scorer, clusters, texts, config),
    )


def distinct(articles: Iterable[Article], problems: list[Problem]) -> list[Article]:
    """One article of each id.

    Of several with one id the latest is kept, as a correction replaces what it
    corrects, then the longest, then the one whose fields sort first: the choice
    does not depend on their order. The others are added to the problems.
    """
    kept: dict[str, Article] = {}
    for article in articles:
        other = kept.get(article.id)
        if other is None:
            kept[article.id] = article
            continue
        kind = "repeated article" if article == other else "duplicate id with different content"
        chosen, dropped = (article, other) if _rank(article) > _rank(other) else (other, article)
        kept[article.id] = chosen
        problems.append(Problem(kind, article.id, dropped.title or dropped.text[:80]))
    return list(kept.values())


def _rank(article: Article) -> tuple[float, int, tuple[str, ...]]:
    time = article.published_at.timestamp() if article.published_at else float("-inf")
    content = (article.title, article.text, article.source, article.language, article.url)
    return time, len(article.title) + len(article.text), content


def _clean(articles: Sequence[Article], config: Config, progress: Progress) -> dict[str, CleanText]:
    """Canonical texts by article id."""
    repeated = repeated_lines(articles, config.cleaning)
    texts: dict[str, CleanText] = {}
    for done, article in enumerate(articles):
        if done % _BATCH == 0:
            progress("clean", done, len(articles))
        texts[article.id] = clean(
            article, config.cleaning, repeated=repeated.get(article.source, frozenset())
        )
    progress("clean", len(articles), len(articles))
    return texts


def independent(
    articles: Sequence[Article], texts: Mapping[str, CleanText], config: Config
) -> list[Article]:
    """The articles that stand for their text; copies take no part in grouping.

    Args:
        articles: In the order of precedence.
        texts: Canonical texts by article id.
        config: When two texts are copies.
    """
    near = find_near_duplicates([body_of(texts[article.id]) for article in articles], config)
    return [articles[number] for number in np.unique(near.representatives).tolist()]


def profiles_of(
    articles: Sequence[Article],
    texts: Mapping[str, CleanText],
    encoder: Encoder,
    config: Config,
    progress: Progress = silent,
) -> Profiles:
    """What the affinity compares of some articles, in their order.

    Args:
        articles: In the order of precedence.
        texts: Canonical texts by article id.
        encoder: Makes the vectors.
        config: What the encoder is shown.
        progress: Called as the texts are embedded.
    """
    leads = [lead_of(texts[article.id], config.encoder.lead_chars) for article in articles]
    heads = [head_of(texts[article.id].title, texts[article.id].text) for article in articles]
    vectors = np.zeros((2, len(leads), encoder.dim), np.float32)
    for start in range(0, len(leads), _BATCH):
        progress("embed", start, len(leads))
        for rows, shown in zip(vectors, (leads, heads), strict=True):
            rows[start : start + _BATCH] = checked_vectors(encoder, shown[start : start + _BATCH])
    progress("embed", len(leads), len(leads))
    return profiles(
        leads,
        heads,
        whole_vectors(vectors[0]),
        whole_vectors(vectors[1]),
        seconds_of(articles),
        [article.language for article in articles],
        [source_of(article) for article in articles],
    )


def group_texts(
    affinity: Affinity, keys: Int64s, config: Config, progress: Progress = silent
) -> Grouping:
    """Candidates, their scores, and the groups that these make.

    Args:
        affinity: Of the texts, in the order of precedence.
        keys: Hashes of the ids of their articles, int64 of shape (n,).
        config: All settings.
        progress: Called as neighbours are found and groups made.
    """
    of = affinity.profiles
    count = len(of.seconds)
    min_cosine = config.neighbors.min_cosine
    pairs = story_candidates(
        of,
        affinity.model.min_cosine if min_cosine is None else min_cosine,
        config.neighbors,
        partial(_done, progress, "neighbours", count),
    )
    progress("group", 0, count)
    grouping = group(
        *likely_pairs(affinity, pairs, log_odds_of(config.stories.floor_probability)),
        of.seconds,
        keys,
        affinity,
        config.stories,
        config.neighbors.max_gap,
    )
    progress("group", count, count)
    return grouping


def terms_of(
    grouping: Grouping,
    clusters: Sequence[DuplicateCluster],
    articles: Mapping[str, Article],
    texts: Mapping[str, CleanText],
) -> StoryTerms:
    """Rare terms of the groups, from the beginnings of their texts."""
    founders = [articles[cluster.representative] for cluster in clusters]
    return story_terms(
        [each.members for each in grouping.groups],
        [lead_of(texts[article.id], _TOLD_CHARS) for article in founders],
        [article.language for article in founders],
    )


def _ties(
    grouping: Grouping,
    stories: Sequence[StoryGroup],
    clusters: Sequence[DuplicateCluster],
    affinity: Affinity,
    terms: StoryTerms,
    config: Config,
) -> tuple[StoryTie, ...]:
    """Ties between story groups, which are in another order when they are described."""
    by_first = {story.first_article: story for story in stories}
    firsts = (clusters[int(each.members[0])].representative for each in grouping.groups)
    return story_ties(
        grouping.groups,
        [by_first[first] for first in firsts],
        affinity.profiles.whole,
        affinity.profiles.seconds,
        terms,
        config.storylines,
    )


def _summary(
    articles: Sequence[Article],
    texts: Mapping[str, CleanText],
    clusters: Sequence[DuplicateCluster],
    grouping: Grouping,
    problems: Sequence[Problem],
    encoder: Encoder,
    model: AffinityModel,
    config: Config,
) -> Summary:
    notes = []
    if model.name != encoder.name:
        notes.append(
            f"no affinity weights ship for encoder {encoder.name!r}: those of {model.name!r} "
            "were used, and probabilities are only roughly right"
        )
    if grouping.split_components:
        notes.append(
            f"{grouping.split_components} component(s) percolated and were split at a higher "
            f"floor: more than {config.stories.max_component:,} texts, or less than "
            f"{config.stories.min_component_density:.0%} of their pairs linked"
        )
    if len(clusters) > config.neighbors.exact_texts:
        notes.append(
            f"neighbours are approximate: more than {config.neighbors.exact_texts:,} texts "
            "(neighbors.exact_texts)"
        )
    removals = Counter(piece.reason for text in texts.values() for piece in text.removed)
    return Summary(
        articles=len(articles),
        texts=len(clusters),
        story_groups=len(grouping.groups),
        duplicates=len(articles) - len(clusters),
        problems=dict(sorted(Counter(problem.kind for problem in problems).items())),
        removals=dict(sorted(removals.items())),
        encoder=f"{encoder.name} {encoder.revision}",
        config_digest=config.digest(),
        notes=tuple(notes),
    )
