"""What the index keeps in memory: all texts, their copies and stories, always up to date.

A change goes down the flow of the batch: clean, copies, vectors, links, groups. Each part keeps
what it needs to look again only at what the change touches, and hands on what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dedup.articles import Precedence, body_of, precedence
from dedup.compute.arrays import Int64s
from dedup.duplicates.serialization import signature_bytes
from dedup.index.live.arrays.pairs import Scored
from dedup.index.live.change import IndexChange, described
from dedup.index.live.copies.clusters import Body, ClusterChanges
from dedup.index.live.groups.groups import GroupChanges
from dedup.index.live.window import Windowed
from dedup.index.records import Neighbor, QueryAnswer
from dedup.pipeline import Progress, profiles_of, silent
from dedup.records import Article, CleanText, Match
from dedup.store import Derived
from dedup.stories.affinity import probability_of
from dedup.stories.serialization import VERSION, profile_bytes, vector_bytes

__all__ = ["IndexChange", "LiveIndex"]


class LiveIndex(Windowed):
    """Articles with their duplicate clusters and story groups, which change and are asked for."""

    def apply(
        self, put: Sequence[Article], removed: Sequence[str], progress: Progress = silent
    ) -> IndexChange:
        """Add or replace articles, and remove others.

        Args:
            put: Articles with a time, ids each once.
            removed: Ids of articles that are there.
            progress: Called as texts are embedded.
        """
        self._revive([*(article.id for article in put), *removed])
        texts = self._cleaned.apply(put, removed)
        bodies = {
            id: Body(body_of(text), precedence(self._cleaned.articles[id], text))
            for id, text in texts.items()
        }
        clusters = self._copies.apply(bodies, removed)
        went = self._leaving(clusters, {*texts, *removed})
        standing = self._standing(clusters, texts)
        self._surround(went, standing)
        guests = self._numbers_of(self.shelf.articles)
        before = self._links.top_products(guests)
        self._links.remove(np.array(sorted(went), np.int64))
        coming = self._coming(standing, progress)
        self._links.add(coming)
        changes = self._links.changes(coming)
        groups = self._groups.update(changes)
        made = self._outcome(texts, self._derived(texts, coming), clusters, groups)
        stirred = clusters.affected | texts.keys()
        linked = np.concatenate((*changes.links_added[:2], *changes.links_removed))
        stirred |= {self._texts.articles[number] for number in np.unique(linked).tolist()}
        return replace(made, **self._shelf_changes(stirred, guests, before))

    def _derived(self, texts: Iterable[str], coming: Int64s) -> dict[str, Derived]:
        """What is to be stored of articles: the copies among them have no vectors."""
        derived = {
            each: Derived(VERSION, signature_bytes(*self._copies.fingerprint_of(each)), b"", b"")
            for each in {*texts, *(self._texts.articles[number] for number in coming.tolist())}
        }
        of = self._texts.profiles
        for number in coming.tolist():
            article = self._texts.articles[number]
            derived[article] = replace(
                derived[article],
                vectors=vector_bytes(of, number),
                profile=profile_bytes(of, number),
            )
        return derived

    def query(self, asked: Article, limit: int) -> QueryAnswer:
        """What is known about an article that is not there.

        Args:
            asked: The article.
            limit: At most so many copies, and neighbours.
        """
        text = self._cleaned.cleaned(asked)
        self._surround((), {asked.id: precedence(asked, text)})
        copies = [
            Match(each, asked.id, found.jaccard, found.containment_a, found.containment_b)
            for each, found in self._copies.query(body_of(text))
        ]
        found = profiles_of([asked], {asked.id: text}, self._encoder, self._config)
        # Under an id that no article has: it may be asked for one that is there.
        (number,) = self._texts.add([""], found, [precedence(asked, text)]).tolist()
        try:
            links = self._links.links_of_query(number)
            group = self._groups.group_with_query(number, links)
            neighbors = self._neighbors(number, links)
            others = [each for each in group.members.tolist() if each != number]
            homes = [self._home(each) for each in others]
            mine = group.members.tolist().index(number)
            mean = probability_of(group.mean_log_odds[mine]) if others else None
        finally:
            self._texts.forget_last()
        if copies:
            home, mean = self._home_and_mean(copies[0].a)
        else:
            home = max(sorted(set(homes)), key=homes.count, default="")
        return QueryAnswer(
            tuple(copies[:limit]), tuple(neighbors[:limit]), self.lasting.get(home, ""), mean
        )

    def _home_and_mean(self, article: str) -> tuple[str, float | None]:
        """Story group of an article, and mean P(same event) of its text with the others there."""
        number = self._texts.number[self.cluster_of(article).representative]
        group = self._groups.of(number)
        mean = None
        if len(group.members) > 1:
            mean = probability_of(group.mean_log_odds[group.members.tolist().index(number)])
        return self._home(number), mean

    def _neighbors(self, number: int, links: Scored) -> list[Neighbor]:
        others = np.where(links[0] == number, links[1], links[0])
        found = [
            Neighbor(
                self._texts.articles[other],
                self.lasting[self._home(other)],
                probability_of(weight),
            )
            for other, weight in zip(others.tolist(), links[2].tolist(), strict=True)
        ]
        return sorted(found, key=lambda each: (-each.probability, each.id))

    def _home(self, number: int) -> str:
        """Id of the story group that a text is in."""
        return self._story_id(self._groups.first_of(number))

    def _leaving(self, clusters: ClusterChanges, changed: set[str]) -> set[int]:
        """Numbers of texts that stand for nothing any more, or are another text now."""
        stay = {cluster.representative for cluster in clusters.new}
        left = {cluster.representative for cluster in clusters.removed} - stay
        numbers = self._texts.number
        return {numbers[each] for each in left | changed if each in numbers}

    def _standing(
        self, clusters: ClusterChanges, texts: Mapping[str, CleanText]
    ) -> dict[str, Precedence]:
        """Articles that stand for their texts and will need numbers, with their precedence."""
        standing = {cluster.representative for cluster in clusters.new}
        standing |= {each for each in texts if self.cluster_of(each).representative == each}
        cleaned, number = self._cleaned, self._texts.number
        return {
            each: precedence(cleaned.articles[each], cleaned.texts[each])
            for each in standing
            if each not in number or each in texts
        }

    def _coming(self, standing: Mapping[str, Precedence], progress: Progress) -> Int64s:
        """Numbers for the texts that stand for themselves and have none."""
        cleaned = self._cleaned
        new = sorted(
            (each for each in standing if each not in self._texts.number),
            key=standing.__getitem__,
        )
        articles = [cleaned.articles[each] for each in new]
        found = profiles_of(articles, cleaned.texts, self._encoder, self._config, progress)
        return self._texts.add(new, found, [standing[each] for each in new])

    def _outcome(
        self,
        texts: Mapping[str, CleanText],
        derived: Mapping[str, Derived],
        clusters: ClusterChanges,
        groups: GroupChanges,
    ) -> IndexChange:
        """Describe what changed."""
        standing = {cluster.representative for cluster in clusters.new}
        standing |= {self.cluster_of(each).representative for each in texts}
        changed = {int(each.members[0]): each for each in groups.new}
        for each in standing:
            group = self._groups.of(self._texts.number[each])
            changed[int(group.members[0])] = group
        numbers = [number for each in changed.values() for number in each.members.tolist()]
        homes = {number: self.cluster_of(self._texts.articles[number]) for number in numbers}
        stories, outlines = described(
            list(changed.values()),
            homes,
            self._cleaned.articles,
            self._cleaned.texts,
            self._texts.profiles,
        )
        return IndexChange(
            texts,
            derived,
            clusters.new,
            stories,
            sorted(self._story_id(number) for number in groups.removed | set(changed)),
            clusters.affected,
            clusters.matches,
            outlines,
        )
