"""What the index keeps in memory: all texts, their copies and stories, up to date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dedup.affinity import AffinityModel
from dedup.config import Config
from dedup.encoders import Encoder
from dedup.index_records import Neighbor, QueryAnswer
from dedup.pipeline import cluster
from dedup.records import Article, CleanText, DuplicateCluster, Match, StoryGroup
from dedup.result import Result
from dedup.store import Derived, StoredArticle


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change of some articles changed.

    Args:
        texts: Canonical texts that are new or have changed, by article id.
        derived: What was computed from them.
        clusters: Duplicate clusters that are new or have changed.
        stories: Story groups that are new or have changed, by the ids that the batch gives.
        gone: Of these ids, those that were there before and are gone or have changed.
    """

    texts: Mapping[str, CleanText]
    derived: Mapping[str, Derived]
    clusters: Sequence[DuplicateCluster]
    stories: Sequence[StoryGroup]
    gone: Sequence[str]


@dataclass
class Live:
    """All articles, in memory; every change is computed by the batch."""

    config: Config
    encoder: Encoder
    model: AffinityModel
    articles: dict[str, Article] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.result = self._computed(self.articles)

    def _computed(self, articles: Mapping[str, Article]) -> Result:
        return cluster(articles.values(), self.config, encoder=self.encoder, affinity=self.model)

    def load(self, rows: Iterable[tuple[StoredArticle, Derived]]) -> None:
        """Take over what is stored."""
        self.articles = {stored.article.id: stored.article for stored, _ in rows}
        self.result = self._computed(self.articles)

    def apply(self, put: Sequence[Article], removed: Sequence[str]) -> Outcome:
        """Add or replace articles, and remove others."""
        before = self.result
        self.articles.update({article.id: article for article in put})
        for each in removed:
            self.articles.pop(each, None)
        self.result = now = self._computed(self.articles)
        texts = {
            id: text
            for id, text in now.clean_texts.items()  # noqa: A001
            if before.clean_texts.get(id) != text or any(id == each.id for each in put)
        }
        clusters = set(now.duplicate_clusters) - set(before.duplicate_clusters)
        old = {story.id: story for story in before.story_groups}
        new = {story.id: story for story in now.story_groups}
        return Outcome(
            texts,
            {id: Derived(1, b"", b"", b"") for id in texts},  # noqa: A001
            sorted(clusters, key=lambda each: each.id),
            [story for id, story in new.items() if old.get(id) != story],  # noqa: A001
            [id for id, story in old.items() if new.get(id) != story],  # noqa: A001
        )

    def query(self, asked: Article, lasting: Mapping[str, str], limit: int) -> QueryAnswer:
        """What is known about an article that is not there."""
        probe = replace(asked, id=f"asked for: {asked.id}")
        everything = self._computed({**self.articles, probe.id: probe})
        cluster_, _ = everything.duplicates_of[probe.id]
        story, member = everything.story_of[probe.id]
        copies = [
            match if match.b == probe.id else _turned(match)
            for match in everything.matches
            if probe.id in (match.a, match.b)
        ]
        copies.sort(key=lambda match: (-match.jaccard, match.a))
        others = [each.id for each in story.members if each.id != probe.id]
        homes = {self.result.story_of[each][0].id for each in others}
        found = [
            Neighbor(each.representative, lasting[self.result.story_of[each.representative][0].id],
                     link.probability)
            for each in everything.duplicate_clusters
            if each.representative != cluster_.representative
            and (link := everything.evidences.link(probe.id, each.representative))
        ]  # fmt: skip
        found.sort(key=lambda each: (-each.probability, each.id))
        home = min(homes, default="")
        return QueryAnswer(
            tuple(replace(match, b=asked.id) for match in copies[:limit]),
            tuple(found[:limit]),
            lasting.get(home, ""),
            member.probability if others else None,
        )


def _turned(match: Match) -> Match:
    return Match(match.b, match.a, match.jaccard, match.containment_b, match.containment_a)
