"""The articles of an index that are in memory, and how archived ones are restored around them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from dedup.articles import Precedence, precedence, seconds_of, source_of, stable_id
from dedup.compute.arrays import Int32s, Int64s
from dedup.config import Config
from dedup.duplicates.fingerprints import Fingerprints
from dedup.duplicates.serialization import fingerprints_of
from dedup.duplicates.stretches import is_digest
from dedup.encoders import Encoder
from dedup.errors import StoreError
from dedup.index.live.archive.archive import Archive, StoredRecords
from dedup.index.live.archive.bundles import BundleLinks
from dedup.index.live.cache import LinkCache
from dedup.index.live.clean_texts import CleanTexts
from dedup.index.live.copies.clusters import Body
from dedup.index.live.copies.duplicate_clusters import READ_AT_ONCE, DuplicateClusters
from dedup.index.live.groups.groups import LiveGroups
from dedup.index.live.links.links import LiveLinks
from dedup.index.live.texts import LiveTexts
from dedup.output.progress import Progress, silent
from dedup.pipeline import profiles_of
from dedup.records import Article, CleanText, DuplicateCluster
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
        archive: Articles that are in the index but not in memory.
    """

    def __init__(
        self, config: Config, encoder: Encoder, model: AffinityModel, archive: Archive
    ) -> None:
        self._config = config
        self._encoder = encoder
        self.archive = archive
        self.lasting: dict[str, str] = {}
        """Lasting id of each story group, by the id that the batch gives."""
        min_cosine = config.neighbors.min_cosine
        self.clean_texts = CleanTexts(config.cleaning, archive, self.restore)
        self.copies = DuplicateClusters(config, archive, self.restore)
        self.texts = LiveTexts(encoder.dim, model)
        self.links = LiveLinks(
            self.texts,
            model.min_cosine if min_cosine is None else min_cosine,
            log_odds_of(config.stories.min_link_probability),
            config.neighbors,
        )
        self.groups = LiveGroups(self.texts, self.links, config)

    def load(
        self, records: StoredRecords, cache: LinkCache | None = None, progress: Progress = silent
    ) -> None:
        """Take over what is stored and not archived.

        Args:
            records: All these articles.
            cache: Links of these texts, if they are known.
            progress: Called as texts are embedded, where what is stored is of another form.

        Raises:
            StoreError: What is stored is of another form, and some of it is archived.
        """
        if not records.stored:
            return
        representatives = self._take_in(records)
        if cache and sorted(cache.articles) == sorted(representatives):
            representatives = list(cache.articles)
        else:
            cache = None
        rows = self._add_texts(records, representatives, progress)
        stories = dict(records.stories)
        round_ups = subcomponents = None
        if cache is None:
            representatives = [*representatives, *self._find_links(rows, stories)]
        else:
            self.links.load(cache)
            round_ups, subcomponents = cache.round_ups, cache.subcomponents
        groups = self._groups_of(stories, representatives)
        self._name(groups, self.groups.load(groups.values(), round_ups, subcomponents))

    def _take_in(self, records: StoredRecords) -> list[str]:
        """Take over articles and copies; the representatives of their texts, in order."""
        texts = {stored.article.id: stored.clean for stored in records.stored}
        articles = {stored.article.id: stored.article for stored in records.stored}
        self.clean_texts.load(articles, texts)
        keys = {id: precedence(articles[id], text) for id, text in texts.items()}
        bodies = {id: Body.of(articles[id], text) for id, text in texts.items()}
        clusters = [_ordered(cluster, keys) for cluster in records.clusters]
        self.copies.load(bodies, partial(self._prints_of, records), clusters, records.matches)
        representatives = {self.copies.text_of[id].representative for id in texts}
        return sorted(representatives, key=keys.__getitem__)

    def _prints_of(self, records: StoredRecords, ids: Sequence[str]) -> Fingerprints | None:
        """Fingerprints of the texts of some articles; None if what is stored is of another form.

        Raises:
            StoreError: It is, and some articles are archived.
        """
        derived = records.derived(ids)
        parts = [derived[id] for id in ids]
        if all(part.format == VERSION and part.signature for part in parts):
            return fingerprints_of([part.signature for part in parts], self._config.fingerprints)
        if self.archive.used:
            raise StoreError("the index was written in another form: `dedup rebuild` it")
        return None

    def _add_texts(
        self, records: StoredRecords, representatives: Sequence[str], progress: Progress
    ) -> Int64s:
        """Rows for texts, by the articles that represent them; int64 of shape (n,)."""
        articles, texts = self.clean_texts.articles, self.clean_texts.texts
        rows = [np.empty(0, np.int64)]
        for start in range(0, len(representatives), READ_AT_ONCE):
            ids = representatives[start : start + READ_AT_ONCE]
            new = [articles[id] for id in ids]
            profiles = self._profiles_of(new, texts, records.derived(ids), progress)
            keys = [precedence(articles[id], texts[id]) for id in ids]
            digests = [is_digest(self.copies.text_of[id]) for id in ids]
            rows.append(self.texts.add(ids, profiles, keys, digests))
        return np.concatenate(rows)

    def _groups_of(
        self, stories: Mapping[str, str], representatives: Iterable[str]
    ) -> dict[str, list[int]]:
        """Rows of the texts of story groups, by lasting id."""
        members: dict[str, list[int]] = {}
        for id in representatives:
            members.setdefault(stories[id], []).append(self.texts.row_of[id])
        return members

    def _name(self, stories: Iterable[str], firsts: Iterable[int]) -> None:
        self.lasting.update(
            (self.story_id(first), story) for first, story in zip(firsts, stories, strict=True)
        )

    def story_id(self, row: int) -> str:
        """Id that the batch gives to a story group with this first text."""
        return stable_id("s", self.texts.articles[row])

    def _find_links(self, rows: Int64s, stories: dict[str, str]) -> list[str]:
        """Find the links of texts, with the help of what was archived around them.

        Args:
            rows: The texts.
            stories: Lasting id of the story group of each article; those of restored articles
                are added.

        Returns:
            Representatives of the restored texts.
        """
        gap = self._config.neighbors.max_gap + SECOND
        times = [self.texts.order.of(row)[0] for row in rows.tolist()]
        around = self.archive.bundles_between((time - gap, time + gap) for time in times)
        bundles, records = self.archive.restore(around)
        representatives = self._take_in(records) if bundles else []
        if representatives:
            rows = np.concatenate((rows, self._add_texts(records, representatives, silent)))
        self.links.add(rows)
        self._restore_links(bundles)
        self.links.changes(rows)
        stories.update(records.stories)
        return representatives

    def restore(self, ids: Collection[str]) -> None:
        """Restore archived articles, with all that belongs together with them."""
        self._restore_bundles(self.archive.bundles_of(ids))

    def restore_around(self, times: Iterable[datetime]) -> None:
        """Restore what may be linked otherwise when texts of these times are added or removed.

        A text changes the links of texts within `max_gap`, and these links depend on the
        texts that are within `max_gap` of one end.
        """
        if self.archive.used:
            reach = 2 * self._config.neighbors.max_gap + SECOND
            spans = ((time - reach, time + reach) for time in times)
            self._restore_bundles(self.archive.bundles_between(spans))

    def _restore_bundles(self, numbers: Collection[int]) -> None:
        bundles, records = self.archive.restore(numbers)
        if bundles:
            representatives = self._take_in(records)
            rows = self._add_texts(records, representatives, silent)
            self.links.add_without_links(rows)
            self._restore_links(bundles)
            groups = self._groups_of(records.stories, representatives)
            changes = self.links.changes(rows)
            self._name(groups, self.groups.restore(groups.values(), changes))

    def _restore_links(self, bundles: Iterable[Bundle]) -> None:
        """Put back the links of bundles whose texts have their rows."""
        rows: list[Int64s] = [np.empty(0, np.int64)]
        links: list[Int64s] = [np.empty((0, 3), np.int64)]
        tops: list[tuple[int, int, Int32s]] = []
        count = 0
        for bundle in bundles:
            own = BundleLinks.from_bytes(bundle.links)
            articles = (bundle.articles[position] for position in own.representatives)
            rows.append(self.rows_of(articles))
            links.append(own.links + np.array([count, count, 0]))
            tops += [(count + position, key, products) for position, key, products in own.tops]
            count += len(own.representatives)
        self.links.restore(np.concatenate(rows), np.concatenate(links), tops)

    def rows_of(self, articles: Iterable[str]) -> Int64s:
        """Rows of those of the articles that represent their texts, int64 of shape (k,)."""
        row_of = self.texts.row_of
        return np.array([row_of[id] for id in articles if id in row_of], np.int64)

    def bundle_links(self, articles: Sequence[str]) -> bytes:
        """The links of some articles as bytes, see `BundleLinks`."""
        row_of = self.texts.row_of
        representatives = [k for k, article in enumerate(articles) if article in row_of]
        return BundleLinks(
            representatives, *self.links.archivable(self.rows_of(articles))
        ).to_bytes()

    def cache(self, generation: str, archived: Iterable[str] = ()) -> LinkCache:
        """What `load` can take over as long as the store is of this generation.

        Args:
            generation: Of the store.
            archived: Articles that were archived since all was read.
        """
        without = self.rows_of({*self.archive.articles, *archived})
        return self.links.cache(generation, *self.groups.cacheable(), without)

    def archived_profiles(self, ids: Sequence[str]) -> Profiles:
        """Profiles of archived articles, which stay where they are."""
        stored, derived = self.archive.stored(ids)
        texts = {record.article.id: record.clean for record in stored}
        return self._profiles_of([record.article for record in stored], texts, derived, silent)

    def _profiles_of(
        self,
        articles: Sequence[Article],
        texts: Mapping[str, CleanText],
        derived: Mapping[str, Derived],
        progress: Progress,
    ) -> Profiles:
        """Profiles of articles from what is stored, or computed where it is of another form."""
        parts = [derived[article.id] for article in articles]
        if all(part.format == VERSION and part.profile for part in parts):
            return profiles_from(
                [part.vectors for part in parts],
                [part.profile for part in parts],
                seconds_of(articles),
                name_hashes([source_of(article) for article in articles]),
            )
        return profiles_of(articles, texts, self._encoder, self._config, progress)


def _ordered(cluster: DuplicateCluster, keys: Mapping[str, Precedence]) -> DuplicateCluster:
    """The cluster with its members in the order of precedence, the representative first."""
    first, *others = cluster.members
    others.sort(key=lambda member: keys[member.id])
    return replace(cluster, members=(first, *others))
