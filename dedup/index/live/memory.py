"""What of an index is in memory: how it comes there, how it leaves, and how it comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import numpy as np

from dedup.articles import Precedence, body_of, precedence, seconds_of, source_of, stable_id
from dedup.compute.arrays import Int64s
from dedup.config import Config
from dedup.duplicates.fingerprints import Fingerprints
from dedup.duplicates.serialization import fingerprints_of
from dedup.encoders import Encoder
from dedup.errors import StoreError
from dedup.index.live.archive.archive import Archive, StoredRecords
from dedup.index.live.archive.bundles import BundleLinks, Tops
from dedup.index.live.cache import LinkCache
from dedup.index.live.clean_texts import CleanTexts
from dedup.index.live.copies.clusters import Body
from dedup.index.live.copies.duplicate_clusters import READ_AT_ONCE, DuplicateClusters
from dedup.index.live.groups.groups import LiveGroups
from dedup.index.live.links.links import LiveLinks
from dedup.index.live.texts import LiveTexts
from dedup.pipeline import Progress, profiles_of, silent
from dedup.records import DuplicateCluster
from dedup.store import Bundle, Derived
from dedup.stories.affinity import AffinityModel, log_odds_of
from dedup.stories.profiles import Profiles, name_hashes
from dedup.stories.serialization import VERSION, profiles_from

SECOND = timedelta(seconds=1)
"""Times of texts are compared in whole seconds."""


class Memory:
    """Articles in memory, with their copies, links and groups.

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
        shelf: Archive | None = None,
    ) -> None:
        self._config = config
        self._encoder = encoder
        self.shelf = shelf or Archive()
        self.lasting: dict[str, str] = {}
        wanted = config.neighbors.min_cosine
        self._cleaned = CleanTexts(config.cleaning, self.shelf, self._revive)
        self._copies = DuplicateClusters(config, self.shelf, self._revive)
        self._texts = LiveTexts(encoder.dim, model)
        self._links = LiveLinks(
            self._texts,
            model.min_cosine if wanted is None else wanted,
            log_odds_of(config.stories.min_link_probability),
            config.neighbors,
        )
        self._groups = LiveGroups(self._texts, self._links, config)

    def cluster_of(self, article: str) -> DuplicateCluster:
        """The duplicate cluster that an article is in."""
        return self._copies.cluster_of[article]

    def load(
        self, held: StoredRecords, cache: LinkCache | None = None, progress: Progress = silent
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
        if not held.stored:
            return self.lasting
        standing = self._take_in(held)
        if cache and len(cache.articles) == len(standing) and {*cache.articles} == {*standing}:
            standing = list(cache.articles)
        else:
            cache = None
        numbers = self._numbered(held, standing, progress)
        stories = dict(held.stories)
        late = parts = None
        if cache is None:
            standing = [*standing, *self._find_links(numbers, stories)]
        else:
            self._links.load(cache)
            late, parts = cache.late, cache.parts
        groups = self._groups_of(stories, standing)
        self._name(groups, self._groups.load(groups.values(), late, parts))
        return self.lasting

    def _take_in(self, held: StoredRecords) -> list[str]:
        """Take over articles and copies; those that stand for their texts, in order."""
        texts = {stored.article.id: stored.clean for stored in held.stored}
        articles = {stored.article.id: stored.article for stored in held.stored}
        self._cleaned.load(articles, texts)
        keys = {each: precedence(articles[each], text) for each, text in texts.items()}
        bodies = {each: Body(body_of(text), keys[each]) for each, text in texts.items()}
        clusters = [_ordered(each, keys) for each in held.clusters]
        self._copies.load(bodies, partial(self._prints_of, held), clusters, held.matches)
        return sorted((cluster.representative for cluster in clusters), key=keys.__getitem__)

    def _prints_of(self, held: StoredRecords, ids: Sequence[str]) -> Fingerprints | None:
        """Fingerprints of the texts of some articles; None if what is stored is of another form.

        Raises:
            StoreError: It is, and some articles are shelved.
        """
        derived = held.derived(ids)
        parts = [derived[each] for each in ids]
        if all(each.format == VERSION and each.signature for each in parts):
            return fingerprints_of([each.signature for each in parts], self._config.fingerprints)
        if self.shelf.used:
            raise StoreError("the index was written in another form: `dedup rebuild` it")
        return None

    def _numbered(self, held: StoredRecords, standing: Sequence[str], progress: Progress) -> Int64s:
        """Numbers for texts, by the articles that stand for them."""
        articles, texts = self._cleaned.articles, self._cleaned.texts
        numbers = [np.empty(0, np.int64)]
        for start in range(0, len(standing), READ_AT_ONCE):
            some = standing[start : start + READ_AT_ONCE]
            found = self._profiles_of(some, held.derived(some), progress)
            keys = [precedence(articles[each], texts[each]) for each in some]
            numbers.append(self._texts.add(some, found, keys))
        return np.concatenate(numbers)

    def _groups_of(
        self, stories: Mapping[str, str], standing: Iterable[str]
    ) -> dict[str, list[int]]:
        """Numbers of the texts of story groups, by lasting id."""
        members: dict[str, list[int]] = {}
        for each in standing:
            members.setdefault(stories[each], []).append(self._texts.number[each])
        return members

    def _name(self, stories: Iterable[str], firsts: Iterable[int]) -> None:
        self.lasting.update(
            (self._story_id(first), story) for first, story in zip(firsts, stories, strict=True)
        )

    def _find_links(self, numbers: Int64s, stories: dict[str, str]) -> list[str]:
        """Find the links of texts, with the help of what has left around them.

        Args:
            numbers: The texts.
            stories: Lasting id of the story group of each article that stands for a text; what
                came back is added.

        Returns:
            What stands for the texts that came back.
        """
        gap = self._config.neighbors.max_gap + SECOND
        times = [self._texts.order.of(number)[0] for number in numbers.tolist()]
        around = self.shelf.parcels_between((time - gap, time + gap) for time in times)
        parcels, held = self.shelf.take(around)
        standing = self._take_in(held) if parcels else []
        if standing:
            numbers = np.concatenate((numbers, self._numbered(held, standing, silent)))
        self._links.add(numbers)
        self._restore(parcels)
        self._links.changes(numbers)
        stories.update(held.stories)
        return standing

    def _revive(self, ids: Collection[str]) -> None:
        """Bring articles back to memory, with all that hangs together with them."""
        self._take_back(self.shelf.parcels_of(ids))

    def _take_back(self, numbers: Collection[int]) -> None:
        parcels, held = self.shelf.take(numbers)
        if parcels:
            standing = self._take_in(held)
            numbers = self._numbered(held, standing, silent)
            self._links.add_without_links(numbers)
            self._restore(parcels)
            groups = self._groups_of(held.stories, standing)
            changes = self._links.changes(numbers)
            self._name(groups, self._groups.restore(groups.values(), changes))

    def _restore(self, parcels: Iterable[Bundle]) -> None:
        """Put back the links of parcels whose texts have their numbers."""
        numbers: list[Int64s] = [np.empty(0, np.int64)]
        links: list[Int64s] = [np.empty((0, 3), np.int64)]
        tops: list[Tops] = []
        count = 0
        for parcel in parcels:
            kept = BundleLinks.from_bytes(parcel.links)
            numbers.append(self._numbers_of(parcel.articles[place] for place in kept.standing))
            links.append(kept.links + np.array([count, count, 0]))
            tops.append([(count + place, key, products) for place, key, products in kept.tops])
            count += len(kept.standing)
        every_top = [each for part in tops for each in part]
        self._links.restore(np.concatenate(numbers), np.concatenate(links), every_top)

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
        without = self._numbers_of({*self.shelf.articles, *gone})
        return self._links.cache(generation, *self._groups.cacheable(), without)

    def inherit(self, other: Memory) -> None:
        """Take over what another knows that holds the same articles, in memory or not."""
        self._cleaned.inherit(other._cleaned)

    def _profiles_of(
        self, standing: Sequence[str], derived: Mapping[str, Derived], progress: Progress
    ) -> Profiles:
        """Profiles of articles from what is stored, or computed where it is of another form."""
        articles = [self._cleaned.articles[each] for each in standing]
        parts = [derived[each] for each in standing]
        if all(part.format == VERSION and part.profile for part in parts):
            return profiles_from(
                [part.vectors for part in parts],
                [part.profile for part in parts],
                seconds_of(articles),
                name_hashes([article.language for article in articles]),
                name_hashes([source_of(article) for article in articles]),
            )
        return profiles_of(articles, self._cleaned.texts, self._encoder, self._config, progress)

    def _story_id(self, number: int) -> str:
        """Id that the batch gives to a story group with this first text."""
        return stable_id("s", self._texts.articles[number])


def _ordered(cluster: DuplicateCluster, keys: Mapping[str, Precedence]) -> DuplicateCluster:
    """The cluster with its members in the order of precedence, the representative first."""
    first, *others = cluster.members
    return replace(cluster, members=(first, *sorted(others, key=lambda each: keys[each.id])))
