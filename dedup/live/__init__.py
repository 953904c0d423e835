"""What the index keeps in memory: all texts, their copies and stories, always up to date.

A change goes down the flow of the batch: clean, copies, vectors, links, groups. Each part keeps
what it needs to look again only at what the change touches, and hands on what changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from dedup.affinity import AffinityModel, log_odds_of, probability_of
from dedup.assembly import (
    Precedence,
    body_of,
    precedence,
    seconds_of,
    source_of,
    stable_id,
)
from dedup.config import Config
from dedup.encoders import Encoder, Float32s
from dedup.errors import StoreError
from dedup.index_records import Neighbor, QueryAnswer
from dedup.live.cache import LinkCache
from dedup.live.cleaned import LiveCleaned
from dedup.live.components import components
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
from dedup.live.outcome import Outcome, described
from dedup.live.parcels import ParcelLinks
from dedup.live.shelf import Held, Shelf
from dedup.live.texts import LiveTexts
from dedup.pipeline import Progress, profiles_of, silent
from dedup.profiles import Profiles, keys_of
from dedup.records import Article, CleanText, DuplicateCluster, Match
from dedup.shingles import Int64s
from dedup.store import Derived, Parcel, Shelved

__all__ = ["Live", "Outcome"]


class Live:
    """Articles with their duplicate clusters and story groups.

    Args:
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        shelf: Where the articles are that are in the index but not in memory.
    """

    def __init__(
        self,
        config: Config,
        encoder: Encoder,
        model: AffinityModel,
        shelf: Shelf | None = None,
    ) -> None:
        self._config = config
        self._encoder = encoder
        self.shelf = shelf or Shelf()
        self.lasting: dict[str, str] = {}
        wanted = config.neighbors.min_cosine
        self._cleaned = LiveCleaned(config.cleaning, self.shelf, self._revive)
        self._copies = LiveCopies(config, self.shelf, self._revive)
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
        self, held: Held, cache: LinkCache | None = None, progress: Progress = silent
    ) -> dict[str, str]:
        """Take over what is stored and not shelved.

        Args:
            held: All these articles.
            cache: Links of these texts, if they are known.
            progress: Called as texts are embedded, where what is stored is of another form.

        Returns:
            Lasting id of each story group in memory, by the id that the batch gives; kept up to
            date as articles come back to memory, and to be kept so where they change.

        Raises:
            StoreError: What is stored is of another form, and some of it is shelved.
        """
        if not held.rows:
            return self.lasting
        standing = self._take_in(held)
        if cache and len(cache.articles) == len(standing) and {*cache.articles} == {*standing}:
            standing = list(cache.articles)
        else:
            cache = None
        numbers = self._numbered(held, standing, progress)
        if cache is None:
            self._find_links(numbers)
        else:
            self._links.load(cache)
        self._load_groups(held, standing)
        return self.lasting

    def _take_in(self, held: Held) -> list[str]:
        """Take over articles and copies; those that stand for their texts, in order."""
        texts = {stored.article.id: stored.clean for stored, _ in held.rows}
        articles = {stored.article.id: stored.article for stored, _ in held.rows}
        self._cleaned.load(articles, texts)
        keys = {each: precedence(articles[each], text) for each, text in texts.items()}
        bodies = {each: Body(body_of(text), keys[each]) for each, text in texts.items()}
        derived = [each for _, each in held.rows]
        known = all(each.format == VERSION and each.signature for each in derived)
        if not known and self.shelf.used:
            raise StoreError("the index was written in another form: `dedup rebuild` it")
        signatures = [each.signature for each in derived]
        known &= bool(signatures)
        prints = fingerprints_of(signatures, self._config.fingerprints) if known else None
        clusters = [_ordered(each, keys) for each in held.clusters]
        self._copies.load(bodies, prints, clusters, held.matches if known else None)
        return sorted((cluster.representative for cluster in clusters), key=keys.__getitem__)

    def _numbered(self, held: Held, standing: Sequence[str], progress: Progress) -> Int64s:
        derived = {stored.article.id: each for stored, each in held.rows}
        articles, texts = self._cleaned.articles, self._cleaned.texts
        found = self._profiles_of(standing, derived, progress)
        keys = [precedence(articles[each], texts[each]) for each in standing]
        return self._texts.add(standing, found, keys)

    def _load_groups(self, held: Held, standing: Sequence[str]) -> None:
        members: dict[str, list[int]] = {}
        for each in standing:
            members.setdefault(held.stories[each], []).append(self._texts.number[each])
        firsts = self._groups.load(members.values())
        self.lasting.update(
            (self._story_id(first), story) for first, story in zip(firsts, members, strict=True)
        )

    def _find_links(self, numbers: Int64s) -> None:
        """Find the links of what is in memory, with the help of what has left around it."""
        gap = self._config.neighbors.max_gap
        times = [self._texts.order.of(number)[0] for number in numbers.tolist()]
        around = self.shelf.parcels_between((time - gap, time + gap) for time in times)
        parcels, held = self.shelf.take(around)
        standing = self._take_in(held) if parcels else []
        if standing:
            numbers = np.concatenate((numbers, self._numbered(held, standing, silent)))
        self._links.add(numbers)
        self._restore(parcels)
        self._load_groups(held, standing)

    def _revive(self, ids: Collection[str]) -> None:
        """Bring articles back to memory, with all that hangs together with them."""
        self._take_back(self.shelf.parcels_of(ids))

    def _take_back(self, numbers: Collection[int]) -> None:
        parcels, held = self.shelf.take(numbers)
        if parcels:
            standing = self._take_in(held)
            self._links.file(self._numbered(held, standing, silent))
            self._restore(parcels)
            self._load_groups(held, standing)

    def _restore(self, parcels: Iterable[Parcel]) -> None:
        """Put back the links of parcels whose texts have their numbers."""
        for parcel in parcels:
            kept = ParcelLinks.from_bytes(parcel.links)
            numbers = self._numbers_of(parcel.articles[place] for place in kept.standing)
            self._links.restore(numbers, kept.links, kept.tops)

    def _numbers_of(self, articles: Iterable[str]) -> Int64s:
        """Numbers of those of the articles that stand for their texts."""
        number = self._texts.number
        return np.array([number[each] for each in articles if each in number], np.int64)

    def cache(self, generation: str, gone: Iterable[str] = ()) -> LinkCache:
        """What `load` can take over as long as the store is of this generation.

        Args:
            generation: Of the store.
            gone: Articles that were shelved since all was read.
        """
        return self._links.cache(generation, self._numbers_of({*self.shelf.articles, *gone}))

    def inherit(self, other: Live) -> None:
        """Take over what another knows that holds the same articles, in memory or not."""
        self._cleaned.inherit(other._cleaned)

    def old(self, before: datetime) -> int:
        """How many of the texts in memory are older than a time."""
        seconds = self._texts.profiles.seconds[self._texts.alive]
        return int(np.count_nonzero(seconds < int(before.timestamp())))

    @property
    def texts(self) -> int:
        """How many texts are in memory that stand for themselves."""
        return len(self._texts.number)

    def leaving(self, before: datetime) -> list[tuple[bytes, list[Shelved]]]:
        """All that can leave: parcels in which every article is older than a time.

        What hangs together, by copies or links, leaves together. So nothing that comes later
        can change a parcel but by becoming a copy of one of its texts, or by its time.
        """
        articles = self._cleaned.articles
        times = {id: each.published_at for id, each in articles.items()}  # noqa: A001
        old = [id for id, time in times.items() if time and time < before]  # noqa: A001
        starts = [each for each in old if each not in self.shelf.articles]
        there = {*starts}
        found = components(starts, self._hanging)
        return [self._parcel(each) for each in found if there.issuperset(each)]

    def _hanging(self, article: str) -> Iterable[str]:
        """What hangs together with an article directly."""
        yield from self._copies.hanging(article)
        if article in self._texts.number:
            for other in self._links.of(self._texts.number[article]):
                yield self._texts.articles[other]

    def _parcel(self, articles: Sequence[str]) -> tuple[bytes, list[Shelved]]:
        number = self._texts.number
        known = self._cleaned.articles
        shelved = [
            Shelved(
                each,
                known[each].source,
                known[each].published_at if each in number else None,
                self._cleaned.page_of(each),
                self._copies.keys_of(each),
            )
            for each in articles
        ]
        return self._kept(articles), shelved

    def _kept(self, articles: Sequence[str]) -> bytes:
        """What is kept of the links of a parcel."""
        standing = [place for place, each in enumerate(articles) if each in self._texts.number]
        numbers = self._numbers_of(articles)
        return ParcelLinks(standing, *self._links.kept(numbers)).to_bytes()

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
        self._revive([*(article.id for article in put), *removed])
        texts = self._cleaned.apply(put, removed)
        bodies = {
            id: Body(body_of(text), precedence(self._cleaned.articles[id], text))
            for id, text in texts.items()  # noqa: A001
        }
        clusters = self._copies.apply(bodies, removed)
        went = self._leaving(clusters, {*texts, *removed})
        standing = self._standing(clusters, texts)
        self._surround(went, standing)
        guests = self._numbers_of(self.shelf.articles)
        before = self._links.tops(guests)
        touched = self._links.remove(np.array(sorted(went), np.int64))
        coming = self._coming(standing, progress)
        touched |= self._links.add(coming, whole=not self.shelf.used)
        groups = self._groups.refresh(touched - went, went)
        made = self._outcome(texts, self._derived(texts, coming), clusters, groups)
        stirred = clusters.looked_at | texts.keys()
        stirred |= {self._texts.articles[number] for number in touched | went}
        return replace(made, **self._shelf_changes(stirred, guests, before))

    def _surround(self, went: Iterable[int], standing: Mapping[str, Precedence]) -> None:
        """Bring back what may be linked otherwise when these texts come and go.

        A text changes the links of texts within `max_gap`, and these links depend on the
        texts that are within `max_gap` of one end.
        """
        if self.shelf.used:
            reach = 2 * self._config.neighbors.max_gap + timedelta(seconds=1)
            times = {self._texts.order.of(number)[0] for number in went}
            times |= {time for time, *_ in standing.values()}
            spans = ((time - reach, time + reach) for time in times)
            self._take_back(self.shelf.parcels_between(spans))

    def _shelf_changes(
        self, stirred: Iterable[str], guests: Int64s, before: Float32s
    ) -> dict[str, Any]:
        """Parcels that are none any more, and what is to be kept of others now."""
        unshelved = self.shelf.guests_of(stirred)
        self.shelf.release(unshelved)
        after = self._links.tops(guests)
        risen = (after[: len(before)] != before).any(axis=(0, 2))
        risen |= np.isfinite(after[len(before) :]).any(axis=(0, 2))
        names = (self._texts.articles[number] for number in guests[risen].tolist())
        changed = self.shelf.guests_of(names)
        parcels = [
            replace(each, links=self._kept(each.articles))
            for each in self.shelf.guests
            if each.number in changed
        ]
        self.shelf.update(parcels)
        return {
            "unshelved": sorted(unshelved),
            "parcels": {parcel.number: parcel.links for parcel in parcels},
        }

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
            links = self._links.around(number)
            group = self._groups.joined_by(number, links)
            neighbors = self._neighbors(links)
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

    def _neighbors(self, links: Mapping[int, int]) -> list[Neighbor]:
        found = [
            Neighbor(
                self._texts.articles[number],
                self.lasting[self._home(number)],
                probability_of(weight),
            )
            for number, weight in links.items()
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
    ) -> Outcome:
        """Describe what changed."""
        standing = {cluster.representative for cluster in clusters.new}
        standing |= {self.cluster_of(each).representative for each in texts}
        changed = {int(each.members[0]): each for each in groups.new}
        for each in standing:
            group = self._groups.of(self._texts.number[each])
            changed[int(group.members[0])] = group
        numbers = [number for each in changed.values() for number in each.members.tolist()]
        homes = {number: self.cluster_of(self._texts.articles[number]) for number in numbers}
        return Outcome(
            texts,
            derived,
            clusters.new,
            described(list(changed.values()), homes, self._cleaned.articles, self._cleaned.texts),
            sorted(self._story_id(number) for number in groups.gone | set(changed)),
            clusters.looked_at,
            clusters.matches,
        )

    def _story_id(self, number: int) -> str:
        """Id that the batch gives to a story group with this first text."""
        return stable_id("s", self._texts.articles[number])


def _ordered(cluster: DuplicateCluster, keys: Mapping[str, Precedence]) -> DuplicateCluster:
    """The cluster with its members in the order of precedence, the representative first."""
    first, *others = cluster.members
    return replace(cluster, members=(first, *sorted(others, key=lambda each: keys[each.id])))
