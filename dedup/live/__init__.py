"""What the index keeps in memory: all texts, their copies and stories, always up to date.

A change goes down the flow of the batch: clean, copies, vectors, links, groups. Each part keeps
what it needs to look again only at what the change touches, and hands on what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.affinity import AffinityModel, log_odds_of, probability_of
from dedup.assembly import body_of, describe_groups, precedence, stable_id
from dedup.config import Config
from dedup.encoders import Encoder
from dedup.index_records import Neighbor, QueryAnswer
from dedup.live.cleaned import LiveCleaned
from dedup.live.copies import Body, ClusterChanges, LiveCopies
from dedup.live.groups import GroupChanges, LiveGroups
from dedup.live.links import LiveLinks
from dedup.live.texts import LiveTexts
from dedup.pipeline import profiles_of, terms_of
from dedup.records import (
    Article,
    CleanText,
    DuplicateCluster,
    DuplicateMember,
    Match,
    StoryGroup,
    StoryMember,
)
from dedup.shingles import Int64s
from dedup.store import Derived, StoredArticle
from dedup.stories import Group, Grouping


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


class Live:
    """Articles with their duplicate clusters and story groups.

    Args:
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
    """

    def __init__(self, config: Config, encoder: Encoder, model: AffinityModel) -> None:
        self._config = config
        self._encoder = encoder
        wanted = config.neighbors.min_cosine
        self._cleaned = LiveCleaned(config.cleaning)
        self._copies = LiveCopies(config)
        self._texts = LiveTexts(encoder.dim, model)
        self._links = LiveLinks(
            self._texts,
            model.min_cosine if wanted is None else wanted,
            log_odds_of(config.stories.floor_probability),
            config.neighbors,
        )
        self._groups = LiveGroups(self._texts, self._links, config)
        self._stories: dict[str, StoryGroup] = {}
        self._story_of: dict[str, tuple[str, StoryMember]] = {}

    def place(
        self, article: str
    ) -> tuple[DuplicateCluster, DuplicateMember, StoryGroup, StoryMember]:
        """Where an article is; the story has the id that the batch gives."""
        cluster = self._copies.cluster_of[article]
        copy = next(member for member in cluster.members if member.id == article)
        story, member = self._story_of[article]
        return cluster, copy, self._stories[story], member

    def load(self, rows: Iterable[tuple[StoredArticle, Derived]]) -> None:
        """Take over what is stored."""
        self.apply([stored.article for stored, _ in rows], [])

    def apply(self, put: Sequence[Article], removed: Sequence[str]) -> Outcome:
        """Add or replace articles, and remove others.

        Args:
            put: Articles with a time, ids each once.
            removed: Ids of articles that are there.
        """
        texts = self._cleaned.apply(put, removed)
        bodies = {
            id: Body(body_of(text), precedence(self._cleaned.articles[id], text))
            for id, text in texts.items()  # noqa: A001
        }
        clusters = self._copies.apply(bodies, removed)
        went = self._leaving(clusters, {*texts, *removed})
        touched = self._links.remove(np.array(sorted(went), np.int64))
        touched |= self._links.add(self._coming(clusters, texts))
        groups = self._groups.refresh(touched - went, went)
        return self._outcome(texts, clusters, groups)

    def query(self, asked: Article, lasting: Mapping[str, str], limit: int) -> QueryAnswer:
        """What is known about an article that is not there.

        Args:
            asked: The article.
            lasting: Lasting id of each story group by the id that the batch gives.
            limit: At most so many copies, and neighbours.
        """
        text = self._cleaned.cleaned(asked)
        copies = [
            Match(id, asked.id, found.jaccard, found.containment_a, found.containment_b)
            for id, found in self._copies.query(body_of(text))
        ]
        found = profiles_of([asked], {asked.id: text}, self._encoder, self._config)
        (number,) = self._texts.add([asked.id], found, [precedence(asked, text)]).tolist()
        try:
            links = self._links.around(number)
            group = self._groups.joined_by(number, links)
            neighbors = self._neighbors(links, lasting)
            others = [each for each in group.members.tolist() if each != number]
            homes = [self._home(each) for each in others]
            mine = group.members.tolist().index(number)
            mean = probability_of(group.mean_log_odds[mine]) if others else None
        finally:
            self._texts.forget_last()
        if copies:
            _, member = self._story_of[copies[0].a]
            homes, mean = [self._story_of[copies[0].a][0]], member.probability
        home = max(sorted(set(homes)), key=homes.count, default="")
        return QueryAnswer(
            tuple(copies[:limit]), tuple(neighbors[:limit]), lasting.get(home, ""), mean
        )

    def _neighbors(self, links: Mapping[int, int], lasting: Mapping[str, str]) -> list[Neighbor]:
        found = [
            Neighbor(
                self._texts.articles[number], lasting[self._home(number)], probability_of(weight)
            )
            for number, weight in links.items()
        ]
        return sorted(found, key=lambda each: (-each.probability, each.id))

    def _home(self, number: int) -> str:
        """Id of the story group that a text is in."""
        return self._story_of[self._texts.articles[number]][0]

    def _leaving(self, clusters: ClusterChanges, changed: set[str]) -> set[int]:
        """Numbers of texts that stand for nothing any more, or are another text now."""
        stay = {cluster.representative for cluster in clusters.new}
        left = {cluster.representative for cluster in clusters.gone} - stay
        numbers = self._texts.number
        return {numbers[each] for each in left | changed if each in numbers}

    def _coming(self, clusters: ClusterChanges, texts: Mapping[str, CleanText]) -> Int64s:
        """Numbers for the texts that stand for themselves and have none."""
        standing = {cluster.representative for cluster in clusters.new}
        standing |= {each for each in texts if self._cluster_of(each).representative == each}
        cleaned, number = self._cleaned, self._texts.number
        keys = {
            each: precedence(cleaned.articles[each], cleaned.texts[each])
            for each in standing
            if each not in number
        }
        new = sorted(keys, key=keys.__getitem__)
        articles = [cleaned.articles[each] for each in new]
        found = profiles_of(articles, cleaned.texts, self._encoder, self._config)
        return self._texts.add(new, found, [keys[each] for each in new])

    def _cluster_of(self, article: str) -> DuplicateCluster:
        return self._copies.cluster_of[article]

    def _outcome(
        self, texts: Mapping[str, CleanText], clusters: ClusterChanges, groups: GroupChanges
    ) -> Outcome:
        """Describe what changed, and remember it."""
        standing = {cluster.representative for cluster in clusters.new}
        standing |= {self._cluster_of(each).representative for each in texts}
        changed = {int(each.members[0]): each for each in groups.new}
        for each in standing:
            group = self._groups.of(self._texts.number[each])
            changed[int(group.members[0])] = group
        new = {story.id: story for story in self._described(list(changed.values()))}
        old = {
            id: self._stories.pop(id)
            for number in groups.gone | set(changed)
            if (id := self._story_id(number)) in self._stories  # noqa: A001
        }
        for story in old.values():
            for member in story.members:
                self._story_of.pop(member.id, None)
        self._stories.update(new)
        for story in new.values():
            self._story_of.update((each.id, (story.id, each)) for each in story.members)
        return Outcome(
            texts,
            {id: Derived(1, b"", b"", b"") for id in texts},  # noqa: A001
            clusters.new,
            [story for id, story in new.items() if old.get(id) != story],  # noqa: A001
            [id for id, story in old.items() if new.get(id) != story],  # noqa: A001
        )

    def _described(self, groups: Sequence[Group]) -> tuple[StoryGroup, ...]:
        """Groups of numbers of texts as the batch describes them."""
        numbers = [number for each in groups for number in each.members.tolist()]
        clusters = [self._cluster_of(self._texts.articles[number]) for number in numbers]
        place = {number: k for k, number in enumerate(numbers)}
        local = tuple(
            Group(
                np.array([place[number] for number in each.members.tolist()], np.int64),
                place[each.medoid],
                each.mean_log_odds,
            )
            for each in groups
        )
        grouping = Grouping(local, 0, 0, 0, ())
        articles, texts = self._cleaned.articles, self._cleaned.texts
        terms = terms_of(grouping, clusters, articles, texts)
        return describe_groups(grouping, clusters, articles, texts, terms)

    def _story_id(self, number: int) -> str:
        """Id that the batch gives to a story group with this first text."""
        return stable_id("s", self._texts.articles[number])
