"""What the index keeps in memory: all texts, their copies and stories, always up to date.

A change goes down the flow of the batch: clean, copies, vectors, links, groups. Each part keeps
what it needs to look again only at what the change touches, and hands on what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dedup.affinity import AffinityModel, log_odds_of, probability_of
from dedup.assembly import (
    Precedence,
    body_of,
    describe_groups,
    precedence,
    seconds_of,
    source_of,
    stable_id,
)
from dedup.config import Config
from dedup.encoders import Encoder
from dedup.index_records import Neighbor, QueryAnswer
from dedup.live.cache import LinkCache
from dedup.live.cleaned import LiveCleaned
from dedup.live.copies import Body, ClusterChanges, LiveCopies
from dedup.live.forms import (
    VERSION,
    fingerprints_of,
    profile_bytes,
    profiles_from,
    signature_bytes,
    vector_bytes,
)
from dedup.live.groups import GroupChanges, LiveGroups
from dedup.live.links import LiveLinks
from dedup.live.pairs import Scored
from dedup.live.texts import LiveTexts
from dedup.pipeline import Progress, profiles_of, silent, terms_of
from dedup.profiles import Profiles, keys_of
from dedup.records import (
    Article,
    CleanText,
    DuplicateCluster,
    Match,
    StoryGroup,
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
        stories: Story groups that may have changed, by the ids that the batch gives.
        gone: Ids of the story groups that these articles may have been in before.
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

    def cluster_of(self, article: str) -> DuplicateCluster:
        """The duplicate cluster that an article is in."""
        return self._copies.cluster_of[article]

    def load(
        self,
        rows: Sequence[tuple[StoredArticle, Derived]],
        clusters: Sequence[DuplicateCluster],
        stories: Mapping[str, str],
        cache: LinkCache | None = None,
        progress: Progress = silent,
    ) -> dict[str, str]:
        """Take over what is stored.

        Args:
            rows: All articles, with what was computed of them.
            clusters: Their duplicate clusters, the representative first, the others in any order.
            stories: Lasting id of the story group of each representative.
            cache: Links of these texts, if they are known.
            progress: Called as texts are embedded, where what is stored is of another form.

        Returns:
            Lasting id of each story group, by the id that the batch gives.
        """
        if not rows:
            return {}
        articles = {stored.article.id: stored.article for stored, _ in rows}
        texts = {stored.article.id: stored.clean for stored, _ in rows}
        derived = {stored.article.id: found for stored, found in rows}
        self._cleaned.load(articles, texts)
        keys = {each: precedence(articles[each], text) for each, text in texts.items()}
        bodies = {each: Body(body_of(text), keys[each]) for each, text in texts.items()}
        known = all(each.format == VERSION and each.signature for each in derived.values())
        signatures = [each.signature for each in derived.values()]
        prints = fingerprints_of(signatures, self._config.fingerprints) if known else None
        self._copies.load(bodies, prints, [_ordered(each, keys) for each in clusters])
        standing = sorted((cluster.representative for cluster in clusters), key=keys.__getitem__)
        if cache and len(cache.articles) == len(standing) and {*cache.articles} == {*standing}:
            standing = list(cache.articles)
        else:
            cache = None
        found = self._profiles_of(standing, derived, progress)
        numbers = self._texts.add(standing, found, [keys[each] for each in standing])
        if cache is None:
            self._links.add(numbers)
            self._links.changes(numbers)
        else:
            self._links.load(cache)
        members: dict[str, list[int]] = {}
        for each in standing:
            members.setdefault(stories[each], []).append(self._texts.number[each])
        late, parts = (cache.late, cache.parts) if cache else (None, None)
        firsts = self._groups.load(members.values(), late, parts)
        return {self._story_id(first): story for first, story in zip(firsts, members, strict=True)}

    def cache(self, generation: str) -> LinkCache:
        """What `load` can take over as long as the store is of this generation."""
        return self._links.cache(generation, *self._groups.cached())

    def _profiles_of(
        self, standing: Sequence[str], derived: Mapping[str, Derived], progress: Progress
    ) -> Profiles:
        """Profiles of articles from what is stored, or computed where it is of another form."""
        articles = [self._cleaned.articles[each] for each in standing]
        parts = [derived[each] for each in standing]
        if all(part.format == VERSION and part.profile for part in parts):
            return profiles_from(
                parts,
                seconds_of(articles),
                keys_of([article.language for article in articles]),
                keys_of([source_of(article) for article in articles]),
            )
        return profiles_of(articles, self._cleaned.texts, self._encoder, self._config, progress)

    def apply(
        self, put: Sequence[Article], removed: Sequence[str], progress: Progress = silent
    ) -> Outcome:
        """Add or replace articles, and remove others.

        Args:
            put: Articles with a time, ids each once.
            removed: Ids of articles that are there.
            progress: Called as texts are embedded.
        """
        texts = self._cleaned.apply(put, removed)
        bodies = {
            id: Body(body_of(text), precedence(self._cleaned.articles[id], text))
            for id, text in texts.items()  # noqa: A001
        }
        clusters = self._copies.apply(bodies, removed)
        went = self._leaving(clusters, {*texts, *removed})
        self._links.remove(np.array(sorted(went), np.int64))
        coming = self._coming(clusters, texts, progress)
        self._links.add(coming)
        groups = self._groups.refresh(self._links.changes(coming))
        return self._outcome(texts, self._derived(texts, coming), clusters, groups)

    def _derived(self, texts: Iterable[str], coming: Int64s) -> dict[str, Derived]:
        """What is to be stored of articles: the copies among them have no vectors."""
        derived = {
            each: Derived(VERSION, signature_bytes(*self._copies.prints_of(each)), b"", b"")
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

    def query(self, asked: Article, lasting: Mapping[str, str], limit: int) -> QueryAnswer:
        """What is known about an article that is not there.

        Args:
            asked: The article.
            lasting: Lasting id of each story group by the id that the batch gives.
            limit: At most so many copies, and neighbours.
        """
        text = self._cleaned.cleaned(asked)
        copies = [
            Match(each, asked.id, found.jaccard, found.containment_a, found.containment_b)
            for each, found in self._copies.query(body_of(text))
        ]
        found = profiles_of([asked], {asked.id: text}, self._encoder, self._config)
        # Under an id that no article has: it may be asked for one that is there.
        (number,) = self._texts.add([""], found, [precedence(asked, text)]).tolist()
        try:
            links = self._links.around(number)
            group = self._groups.joined_by(number, links)
            neighbors = self._neighbors(number, links, lasting)
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
            tuple(copies[:limit]), tuple(neighbors[:limit]), lasting.get(home, ""), mean
        )

    def _home_and_mean(self, article: str) -> tuple[str, float | None]:
        """Story group of an article, and mean P(same event) of its text with the others there."""
        number = self._texts.number[self.cluster_of(article).representative]
        group = self._groups.of(number)
        mean = None
        if len(group.members) > 1:
            mean = probability_of(group.mean_log_odds[group.members.tolist().index(number)])
        return self._home(number), mean

    def _neighbors(self, number: int, links: Scored, lasting: Mapping[str, str]) -> list[Neighbor]:
        others = np.where(links[0] == number, links[1], links[0])
        found = [
            Neighbor(
                self._texts.articles[other], lasting[self._home(other)], probability_of(weight)
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
        left = {cluster.representative for cluster in clusters.gone} - stay
        numbers = self._texts.number
        return {numbers[each] for each in left | changed if each in numbers}

    def _coming(
        self, clusters: ClusterChanges, texts: Mapping[str, CleanText], progress: Progress
    ) -> Int64s:
        """Numbers for the texts that stand for themselves and have none."""
        standing = {cluster.representative for cluster in clusters.new}
        standing |= {each for each in texts if self.cluster_of(each).representative == each}
        cleaned, number = self._cleaned, self._texts.number
        keys = {
            each: precedence(cleaned.articles[each], cleaned.texts[each])
            for each in standing
            if each not in number
        }
        new = sorted(keys, key=keys.__getitem__)
        articles = [cleaned.articles[each] for each in new]
        found = profiles_of(articles, cleaned.texts, self._encoder, self._config, progress)
        return self._texts.add(new, found, [keys[each] for each in new])

    def _outcome(
        self,
        texts: Mapping[str, CleanText],
        derived: Mapping[str, Derived],
        clusters: ClusterChanges,
        groups: GroupChanges,
    ) -> Outcome:
        """Describe what changed."""
        standing = {cluster.representative for cluster in clusters.new}
        standing |= {self.cluster_of(each).representative for each in texts}
        changed = {int(each.members[0]): each for each in groups.new}
        for each in standing:
            group = self._groups.of(self._texts.number[each])
            changed[int(group.members[0])] = group
        return Outcome(
            texts,
            derived,
            clusters.new,
            self._described(list(changed.values())),
            sorted(self._story_id(number) for number in groups.gone | set(changed)),
        )

    def _described(self, groups: Sequence[Group]) -> tuple[StoryGroup, ...]:
        """Groups of numbers of texts as the batch describes them."""
        numbers = [number for each in groups for number in each.members.tolist()]
        clusters = [self.cluster_of(self._texts.articles[number]) for number in numbers]
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


def _ordered(cluster: DuplicateCluster, keys: Mapping[str, Precedence]) -> DuplicateCluster:
    """The cluster with its members in the order of precedence, the representative first."""
    first, *others = cluster.members
    return replace(cluster, members=(first, *sorted(others, key=lambda each: keys[each.id])))
