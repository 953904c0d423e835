"""The batch: all steps on a set of articles, once.

`cluster` is the flow of this library on one page. Each step is in the folder of its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dedup.articles import body_of, lead_of, precedence, seconds_of, source_of
from dedup.cleaning import clean_articles
from dedup.compute.arrays import Int64s
from dedup.config import Config
from dedup.description.clusters import describe_clusters
from dedup.description.evidence import Evidences
from dedup.description.groups import describe_groups
from dedup.description.relations import story_relations
from dedup.description.terms import StoryTerms, story_terms
from dedup.duplicates.clustering import find_near_duplicates
from dedup.duplicates.stretches import all_stretches, copies_apart, is_digest
from dedup.encoders import Encoder, load_encoder
from dedup.encoders.embedding import embed
from dedup.errors import InputError
from dedup.output.wording import duration
from dedup.readers.fields import as_articles
from dedup.records import Article, CleanText, DuplicateCluster, Problem, StoryGroup, StoryRelation
from dedup.result import Result, Summary
from dedup.stories.affinity import Affinity, AffinityModel, likely_pairs, log_odds_of
from dedup.stories.candidates import story_candidates
from dedup.stories.grouping import Grouping, group
from dedup.stories.neighbors import is_exact
from dedup.stories.profiles import Profiles, name_hashes, profiles, title_of

if TYPE_CHECKING:
    import pyarrow as pa

DESCRIBED_CHARS = 2000
"""Key terms and names of a story come from this many first characters of the bodies."""


class Progress(Protocol):
    """Reports the progress of a step: first with 0 done, then repeatedly."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Report that `step` has done `done` of `total` texts (of stories when describing)."""
        ...


def silent(step: str, done: int, total: int) -> None:
    """Report nothing; takes `step`, and `done` of `total` texts."""


def _done(progress: Progress, step: str, total: int, done: int) -> None:
    progress(step, done, total)


def cluster(
    articles: Iterable[Article | Mapping[str, object] | str] | pa.Table,
    config: Config = Config(),
    *,
    columns: Mapping[str, str] | None = None,
    encoder: Encoder | None = None,
    affinity: AffinityModel | None = None,
    progress: Progress = silent,
    problems: list[Problem] | None = None,
) -> Result:
    """Duplicate clusters and story groups of a set of articles.

    The result is a function of the set of articles and the configuration: the
    order of the articles does not matter.

    Args:
        articles: A list of `Article`s, of mappings with usual names of columns, or of texts; or a
            table: a pandas or polars frame, Arrow, a `datasets.Dataset`.
        config: All settings.
        columns: The column to take for a field, where its usual names do not fit.
        encoder: Overrides the encoder of the configuration.
        affinity: Overrides the weights of the configuration.
        progress: Called repeatedly during the steps.
        problems: Problems are appended to this list, which may have those of reading already.

    Raises:
        DedupError: A setting, an encoder or a table cannot be used.
        InputError: There are articles, and none of them can be used.
    """
    encoder = encoder or load_encoder(config.encoder)
    model = affinity or AffinityModel.load(config.affinity.weights, encoder.name)
    problems = [] if problems is None else problems
    accepted = distinct(
        as_articles(articles, columns=columns, config=config.reading, on_problem=problems.append),
        problems,
    )
    if not accepted and problems:
        kinds = Counter(problem.kind for problem in problems).most_common(3)
        met = ", ".join(f"{kind} ({count:,})" for kind, count in kinds)
        raise InputError(
            f"none of the articles can be used: {met}: name columns with unusual names, as in "
            "columns={'text': 'inhalt'}"
        )
    progress("clean", 0, len(accepted))
    cleaned = partial(_done, progress, "clean", len(accepted))
    texts = clean_articles(accepted, config.cleaning, on_progress=cleaned)
    ordered = sorted(accepted, key=lambda article: precedence(article, texts[article.id]))

    bodies = [body_of(texts[article.id]) for article in ordered]
    done = partial(_done, progress, "near-duplicates", len(bodies))
    done(0)
    near = find_near_duplicates(bodies, config, on_progress=done)
    clusters, matches = describe_clusters([article.id for article in ordered], near)

    by_id = {article.id: article for article in ordered}
    seconds = dict(zip(by_id, seconds_of(ordered).tolist(), strict=True))
    parts = all_stretches(clusters, seconds, config.neighbors.max_gap)
    representatives = [by_id[part.representative] for part in parts]
    scorer = Affinity(model, profiles_of(representatives, texts, encoder, config, progress))
    hashes = name_hashes([article.id for article in representatives])
    digests = np.flatnonzero([is_digest(part) for part in parts])
    grouping = group_texts(scorer, hashes, config, progress, digests)
    progress("describe", 0, len(grouping.groups))
    terms = terms_of(grouping, parts, by_id, texts)
    stories = describe_groups(grouping, parts, by_id, texts, terms)
    relations = _related(grouping, stories, parts, scorer, terms, config)
    apart = copies_apart(parts, seconds)
    progress("describe", len(stories), len(stories))
    return Result(
        articles=tuple(ordered),
        clean_texts=texts,
        duplicate_clusters=clusters,
        story_groups=stories,
        related=relations,
        matches=matches,
        problems=tuple(problems),
        summary=_summary(
            ordered, texts, len(clusters), grouping, problems, encoder, scorer, config, len(apart)
        ),
        evidences=Evidences(scorer, parts, texts, config),
    )


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
    near = find_near_duplicates([body_of(texts[article.id]) for article in articles], config)
    return [articles[row] for row in np.unique(near.representatives).tolist()]


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
    progress("embed", 0, len(leads))
    done = partial(_done, progress, "embed", len(leads))
    vectors, title_vectors = embed(encoder, leads, titles, done)
    progress("profile", 0, len(leads))
    return profiles(
        leads,
        titles,
        vectors,
        title_vectors,
        seconds_of(articles),
        [article.language for article in articles],
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
    progress("group", 0, count)
    max_gap = config.neighbors.max_gap
    grouping = group(*links, seconds, id_hashes, affinity, config.stories, max_gap, digests)
    progress("group", count, count)
    return grouping


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
    progress("neighbours", 0, count)
    pairs = story_candidates(
        affinity.profiles,
        affinity.model.min_cosine if min_cosine is None else min_cosine,
        config.neighbors,
        partial(_done, progress, "neighbours", count),
        rows=rows,
    )
    progress("score", 0, count)
    return likely_pairs(affinity, pairs, log_odds_of(config.stories.min_link_probability))


def terms_of(
    grouping: Grouping,
    clusters: Sequence[DuplicateCluster],
    articles: Mapping[str, Article],
    texts: Mapping[str, CleanText],
) -> StoryTerms:
    """Rare terms of the groups, from the beginnings of their texts.

    Args:
        grouping: Groups of rows of texts; the text of row k represents `clusters[k]`.
        clusters: All duplicate clusters, or their stretches.
        articles: By id.
        texts: Canonical texts by article id.
    """
    representatives = [articles[cluster.representative] for cluster in clusters]
    return story_terms(
        [group.members for group in grouping.groups],
        [lead_of(texts[article.id], DESCRIBED_CHARS) for article in representatives],
        [article.language for article in representatives],
    )


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


def _summary(
    articles: Sequence[Article],
    texts: Mapping[str, CleanText],
    clusters: int,
    grouping: Grouping,
    problems: Sequence[Problem],
    encoder: Encoder,
    affinity: Affinity,
    config: Config,
    copies_apart: int,
) -> Summary:
    exact = is_exact(affinity.profiles.seconds, config.neighbors)
    removals = Counter(piece.reason for text in texts.values() for piece in text.removed)
    return Summary(
        articles=len(articles),
        texts=clusters,
        story_groups=len(grouping.groups),
        duplicates=len(articles) - clusters,
        problems=dict(sorted(Counter(problem.kind for problem in problems).items())),
        removals=dict(sorted(removals.items())),
        encoder=f"{encoder.name} {encoder.revision}",
        config_digest=config.digest(),
        notes=notes_on(
            encoder, affinity.model, config, exact, grouping.split_components, copies_apart
        ),
    )


def notes_on(
    encoder: Encoder,
    model: AffinityModel,
    config: Config,
    exact: bool,
    split_components: int,
    copies_apart: int = 0,
) -> tuple[str, ...]:
    """Limits of a result that a reader should know, in sentences.

    Args:
        encoder: The encoder of the vectors.
        model: The weights of the log-odds.
        config: All settings.
        exact: Whether neighbours were searched exactly.
        split_components: Number of components that were split.
        copies_apart: Number of copies that are dated more than `max_gap` from most others.
    """
    notes = []
    if model.name != encoder.name:
        notes.append(
            f"there are no affinity weights for the encoder {encoder.name!r}: those of "
            f"{model.name!r} were used, so probabilities are only roughly right"
        )
    if split_components:
        were = "component was" if split_components == 1 else "components were"
        notes.append(
            f"{split_components:,} large or loosely linked {were} split by a higher "
            f"min_link_probability: more than {config.stories.max_component_texts:,} texts, or "
            f"less than {config.stories.min_link_density:.0%} of their pairs linked"
        )
    if copies_apart:
        are = "copy is" if copies_apart == 1 else "copies are"
        notes.append(
            f"{copies_apart:,} {are} dated more than {duration(config.neighbors.max_gap)} from "
            "most copies of the same text: reprints, or wrong dates, in stories of their own time"
        )
    if not exact:
        notes.append(
            "neighbours are approximate: more pairs of texts are within max_gap than "
            f"{config.neighbors.max_exact_texts:,} texts without dates would have "
            "(neighbors.max_exact_texts)"
        )
    return tuple(notes)
