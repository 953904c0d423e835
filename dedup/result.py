"""The result of a run: articles, duplicate clusters, story groups, and their evidence."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.description.explanation import Why
from dedup.duplicates.stretches import is_digest
from dedup.errors import DedupError
from dedup.records import (
    Article,
    CleanText,
    DuplicateCluster,
    DuplicateMember,
    Match,
    Problem,
    StoryGroup,
    StoryMember,
    StoryRelation,
)

if TYPE_CHECKING:
    from dedup.description.evidence import Evidences

ARTICLE_COLUMNS = (
    "id",
    "duplicate_cluster",
    "representative",
    "jaccard",
    "copy_type",
    "story_group",
    "probability",
    "language",
    "published_at",
    "config_digest",
)
MATCH_COLUMNS = ("a", "b", "jaccard", "containment_a", "containment_b", "config_digest")
STORY_COLUMNS = (
    "id",
    "headline",
    "headlines",
    "first_article",
    "first_seen",
    "last_seen",
    "articles",
    "texts",
    "sources",
    "languages",
    "key_terms",
    "names",
    "cohesion",
    "least_likely_member",
    "least_likely_probability",
    "members",
    "config_digest",
)
RELATED_COLUMNS = (
    "earlier",
    "later",
    "kind",
    "strength",
    "cosine",
    "gap_seconds",
    "shared_bits",
    "shared_terms",
    "shared_names",
    "config_digest",
)
JACCARD_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of a run.

    Args:
        articles: Articles in the result.
        texts: Independent texts (duplicate clusters).
        story_groups: Story groups, those of a single text included.
        duplicates: Articles that are a copy of another one.
        problems: Number of problems by kind.
        removals: Number of removed pieces of boilerplate by kind.
        encoder: Name and revision of the encoder.
        config_digest: Digest of the configuration.
        notes: Limits of the result that a reader should know.
    """

    articles: int
    texts: int
    story_groups: int
    duplicates: int
    problems: Mapping[str, int]
    removals: Mapping[str, int]
    encoder: str
    config_digest: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """Duplicate clusters and story groups of a set of articles.

    Articles are in the order of precedence: by time (without a date last), then the longest first,
    then by id.

    Args:
        articles: The articles that were accepted.
        clean_texts: Canonical texts by article id, with removed pieces.
        duplicate_clusters: Every article is in exactly one.
        story_groups: Every article is in exactly one; the largest first.
        related: Relations between story groups, sorted by the later group.
        matches: Verified near-duplicate links.
        problems: Articles that were skipped and fields that were set aside.
        summary: Counts.
        evidences: Computes the evidence for `why`.
    """

    articles: tuple[Article, ...]
    clean_texts: Mapping[str, CleanText]
    duplicate_clusters: tuple[DuplicateCluster, ...]
    story_groups: tuple[StoryGroup, ...]
    related: tuple[StoryRelation, ...]
    matches: tuple[Match, ...]
    problems: tuple[Problem, ...]
    summary: Summary
    evidences: Evidences = field(repr=False, compare=False)

    @cached_property
    def by_id(self) -> Mapping[str, Article]:
        """Articles by id."""
        return {article.id: article for article in self.articles}

    @cached_property
    def duplicates_of(self) -> Mapping[str, tuple[DuplicateCluster, DuplicateMember]]:
        """Duplicate cluster and membership of each article, by id."""
        return {
            member.id: (cluster, member)
            for cluster in self.duplicate_clusters
            for member in cluster.members
        }

    @cached_property
    def story_of(self) -> Mapping[str, tuple[StoryGroup, StoryMember]]:
        """Story group and membership of each article, by id."""
        return {
            member.id: (story, member) for story in self.story_groups for member in story.members
        }

    def why(self, a: str, b: str) -> Why:
        """Why two articles are together, or why not.

        Args:
            a: Id of an article.
            b: Id of another.

        Raises:
            DedupError: An id is not in the result; the message names the closest one.
        """
        for id in (a, b):
            if id not in self.by_id:
                close = difflib.get_close_matches(id, self.by_id, n=1)
                hint = f": did you mean {close[0]!r}?" if close else ""
                raise DedupError(f"no article has the id {id!r}{hint}")
        (first, one), (second, other) = self.story_of[a], self.story_of[b]
        config = self.evidences.config
        return Why(
            a,
            b,
            self.duplicates_of[a][0] is self.duplicates_of[b][0],
            first is second,
            self.evidences.match(a, b),
            self.evidences.link(a, b),
            self._gap(a, b),
            (first, second),
            (one.probability, other.probability),
            config.stories.min_probability,
            config.neighbors.max_gap,
            config.near_duplicates.min_jaccard,
            config.near_duplicates.min_containment,
            (is_digest(self.duplicates_of[a][0]), is_digest(self.duplicates_of[b][0])),
        )

    def _gap(self, a: str, b: str) -> timedelta | None:
        """Time between the articles that stand for two in stories."""
        representatives = map(self.evidences.representative_of, (a, b))
        first, second = (self.by_id[id].published_at for id in representatives)
        return abs(second - first) if first and second else None

    def article_rows(self) -> list[dict[str, Any]]:
        """One row per article, with the keys `ARTICLE_COLUMNS`."""
        rows = []
        for article in self.articles:
            cluster, copy = self.duplicates_of[article.id]
            story, member = self.story_of[article.id]
            values = (
                article.id,
                cluster.id,
                cluster.representative,
                round(copy.jaccard, JACCARD_DIGITS),
                copy.copy_type,
                story.id,
                member.probability,
                article.language,
                article.published_at,
                self.summary.config_digest,
            )
            rows.append(dict(zip(ARTICLE_COLUMNS, values, strict=True)))
        return rows

    def story_rows(self) -> list[dict[str, Any]]:
        """One row per story group, with the keys `STORY_COLUMNS`."""
        return [story_row(story, self.summary.config_digest) for story in self.story_groups]

    def related_rows(self) -> list[dict[str, Any]]:
        """One row per relation between two story groups, with the keys `RELATED_COLUMNS`."""
        return [related_row(relation, self.summary.config_digest) for relation in self.related]

    def to_parquet(self, path: str | Path) -> None:
        """Write one row per article as Parquet; see `save`."""
        self.save(path, file_format="parquet")

    def to_jsonl(self, path: str | Path) -> None:
        """Write one row per article as JSON Lines; see `save`."""
        self.save(path, file_format="jsonl")

    def to_csv(self, path: str | Path) -> None:
        """Write one row per article as CSV; see `save`."""
        self.save(path, file_format="csv")

    def save(self, path: str | Path, *, file_format: str = "") -> None:
        """Write one row per article, in the format of the file's ending.

        The file is complete or absent: it is written under another name and then renamed.

        Args:
            path: The file.
            file_format: `parquet`, `jsonl` or `csv`; by default, the file's ending decides.

        Raises:
            OutputError: The ending is unknown, or the file cannot be written.
        """
        from dedup.output.tables import write_table

        write_table(self.article_rows(), ARTICLE_COLUMNS, path, file_format=file_format)

    def save_stories(self, path: str | Path) -> None:
        """Write one row per story group, in the format of the file's ending; see `save`."""
        from dedup.output.tables import write_table

        write_table(self.story_rows(), STORY_COLUMNS, path)

    def save_related(self, path: str | Path) -> None:
        """Write one row per pair of related stories, in the format of the ending; see `save`."""
        from dedup.output.tables import write_table

        write_table(self.related_rows(), RELATED_COLUMNS, path)

    def save_matches(self, path: str | Path) -> None:
        """Write one row per verified match, in the format of the file's ending; see `save`."""
        from dedup.output.tables import write_table

        digest = {"config_digest": self.summary.config_digest}
        write_table([asdict(match) | digest for match in self.matches], MATCH_COLUMNS, path)


def related_row(relation: StoryRelation, config_digest: str) -> dict[str, Any]:
    """A relation as a row with the keys `RELATED_COLUMNS`.

    Args:
        relation: The relation.
        config_digest: Digest of the configuration that it was made with.
    """
    return {
        "earlier": relation.earlier,
        "later": relation.later,
        "kind": relation.kind,
        "strength": relation.strength,
        "cosine": relation.cosine,
        "gap_seconds": None if relation.gap is None else relation.gap.total_seconds(),
        "shared_bits": relation.shared_bits,
        "shared_terms": list(relation.shared_terms),
        "shared_names": list(relation.shared_names),
        "config_digest": config_digest,
    }


def story_row(story: StoryGroup, config_digest: str) -> dict[str, Any]:
    """A story group as a row, with the keys `STORY_COLUMNS`.

    Args:
        story: The story group.
        config_digest: Digest of the configuration that it was made with.
    """
    least_likely = story.least_likely_member
    values = (
        story.id,
        story.headline,
        dict(story.headlines),
        story.first_article,
        story.first_seen,
        story.last_seen,
        story.articles,
        story.texts,
        list(story.sources),
        list(story.languages),
        list(story.key_terms),
        list(story.names),
        story.cohesion,
        least_likely.id if least_likely else None,
        least_likely.probability if least_likely else None,
        [member.id for member in story.members],
        config_digest,
    )
    return dict(zip(STORY_COLUMNS, values, strict=True))
