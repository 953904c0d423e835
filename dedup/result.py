"""The result of a run: articles, duplicate clusters, story groups, and their evidence."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from dedup.config import Config
from dedup.description.explanation import Why
from dedup.errors import ConfigError, DedupError
from dedup.output.progress import Progress, silent
from dedup.output.tabular import Tabular
from dedup.output.wording import counted
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
    Summary,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dedup.description.evidence import Evidences
    from dedup.description.series import Series
    from dedup.readers.sources import Inputs

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
By = Literal["duplicate", "story"]
"""What belongs together: copies of one text, or coverage of one event."""
_TABLES: Mapping[str, Sequence[str]] = {
    "articles": ARTICLE_COLUMNS,
    "stories": STORY_COLUMNS,
    "related": RELATED_COLUMNS,
    "matches": MATCH_COLUMNS,
}
_OF_STORIES = ("stories", "neighbors", "related_stories")


@dataclass(frozen=True, repr=False)
class Result(Tabular):
    """Duplicate clusters and story groups of a set of articles.

    `articles` are in the order of precedence: by time (without a date last), then the longest
    first, then by id. Rows, labels and files are in the order of the input.

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
        inputs: The items that the articles were made of.
        grouped_again: Groups the same texts with other settings, for `regroup`.
    """

    articles: tuple[Article, ...]
    clean_texts: Mapping[str, CleanText]
    duplicate_clusters: tuple[DuplicateCluster, ...]
    story_groups: tuple[StoryGroup, ...]
    related: tuple[StoryRelation, ...]
    matches: tuple[Match, ...]
    problems: tuple[Problem, ...]
    summary: Summary
    evidences: Evidences = field(compare=False)
    inputs: Inputs = field(compare=False)
    grouped_again: Callable[[Config, Progress], Result] = field(compare=False)

    def __repr__(self) -> str:
        counts = self.summary
        return (
            f"Result({counted(counts.articles, 'article')}, {counted(counts.texts, 'text')}, "
            f"{counted(counts.story_groups, 'story', 'stories')})"
        )

    def _repr_html_(self) -> str:
        """The largest stories as a table, for notebooks."""
        from dedup.output.notebook import stories_table

        return stories_table(self.story_groups, len(self.story_groups), repr(self)[7:-1])

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
        from dedup.duplicates.stretches import is_digest

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
            self._series(a, b),
            (self.clean_texts[a].is_wall, self.clean_texts[b].is_wall),
        )

    def _series(self, a: str, b: str) -> Series | None:
        """The series of the texts that stand for two articles in stories."""
        from dedup.description.series import series_of
        from dedup.duplicates.series import Origin

        first, second = (self.by_id[self.evidences.representative_of(id)] for id in (a, b))
        texts, names = self.clean_texts, {first.source, second.source}
        same_outlet = [one for one in self.articles if one.source in names]
        origin_of = {one.id: Origin.of(one, texts[one.id]) for one in same_outlet}
        return series_of(origin_of[first.id], origin_of[second.id], origin_of.values())

    def regroup(
        self,
        *,
        min_probability: float | None = None,
        max_gap: timedelta | None = None,
        config: Config | None = None,
        progress: Progress = silent,
    ) -> Result:
        """The result with other settings of stories, from the same copies and vectors.

        It is what `dedup.cluster` gives for the same articles with these settings. Texts are not
        embedded again, but for copies that another `max_gap` sets apart from the others.

        Args:
            min_probability: See `[stories]` of the configuration; lower means larger stories.
            max_gap: Longest time between two texts that are compared.
            config: All settings; only `stories`, `neighbors` and `related_stories` may be others
                than those of this result.
            progress: Called repeatedly during the steps.

        Raises:
            ConfigError: A setting cannot be used, or is not one of stories.
        """
        own = self.evidences.config
        changed = config or own
        if min_probability is not None:
            changed = changed.replace(stories={"min_probability": min_probability})
        if max_gap is not None:
            changed = changed.replace(neighbors={"max_gap": max_gap})
        others = {name: getattr(own, name) for name in _OF_STORIES}
        if dataclasses.replace(changed, **others) != own:
            raise ConfigError(
                f"regroup takes other settings of {', '.join(_OF_STORIES)} only: for others run "
                "dedup.cluster"
            )
        return self.grouped_again(changed, progress)

    def labels(self, by: By = "story") -> npt.NDArray[np.str_]:
        """The story group or duplicate cluster of each item of the input, in its order.

        Args:
            by: `story` or `duplicate`.

        Returns:
            Ids, of shape (number of items,); empty for an item that was skipped.
        """
        import numpy as np

        groups: Mapping[str, tuple[StoryGroup | DuplicateCluster, object]]
        groups = self.story_of if _is_story(by) else self.duplicates_of
        return np.array([groups[id][0].id if id else "" for id in self.inputs.ids], np.str_)

    def unique(self, by: By = "duplicate") -> npt.NDArray[np.bool_]:
        """Which items of the input to keep so that there is one of each text, or of each story.

        Of copies the representative stays, of a story its first article.

        Args:
            by: `duplicate` or `story`.

        Returns:
            bool of shape (number of items,), in the order of the input.
        """
        import numpy as np

        kept = np.zeros(len(self.inputs.ids), bool)
        kept[[self.inputs.positions[id] for id in self.first_ids(by)]] = True
        return kept

    def first_ids(self, by: By) -> list[str]:
        """Id of the article that stands for each text, or for each story."""
        if _is_story(by):
            return [story.first_article for story in self.story_groups]
        return [cluster.representative for cluster in self.duplicate_clusters]

    def _gap(self, a: str, b: str) -> timedelta | None:
        """Time between the articles that stand for two in stories."""
        representatives = map(self.evidences.representative_of, (a, b))
        first, second = (self.by_id[id].published_at for id in representatives)
        return abs(second - first) if first and second else None

    def article_rows(self) -> list[dict[str, Any]]:
        """One row per article, with the keys `ARTICLE_COLUMNS`, in the order of the input."""
        rows = []
        positions = self.inputs.positions
        for article in sorted(self.articles, key=lambda article: positions[article.id]):
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

    def match_rows(self) -> list[dict[str, Any]]:
        """One row per verified pair of copies, with the keys `MATCH_COLUMNS`."""
        digest = {"config_digest": self.summary.config_digest}
        return [asdict(match) | digest for match in self.matches]

    @property
    def tables(self) -> Mapping[str, Sequence[str]]:
        """Columns of the tables `articles`, `stories`, `related` and `matches`."""
        return _TABLES

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """The rows of one of its tables."""
        methods = {
            "articles": self.article_rows,
            "stories": self.story_rows,
            "related": self.related_rows,
            "matches": self.match_rows,
        }
        return methods[kind]()


def _is_story(by: By) -> bool:
    """Whether what belongs together are stories.

    Raises:
        DedupError: It is neither stories nor copies.
    """
    if by not in ("duplicate", "story"):
        raise DedupError(f"{by!r} groups nothing: use 'duplicate' or 'story'")
    return by == "story"


def related_row(relation: StoryRelation, config_digest: str) -> dict[str, Any]:
    """A relation as a row with the keys `RELATED_COLUMNS`.

    Args:
        relation: The relation.
        config_digest: Digest of the configuration that it was made with.
    """
    values = {name: getattr(relation, name, None) for name in RELATED_COLUMNS}
    return values | {
        "gap_seconds": None if relation.gap is None else relation.gap.total_seconds(),
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
