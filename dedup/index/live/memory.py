"""The articles of an index that are in memory: texts, copies, links and groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from dedup.articles import Precedence, source_of, stable_id
from dedup.compute.arrays import Int64s
from dedup.config import Config
from dedup.duplicates.fingerprints import Fingerprints
from dedup.duplicates.serialization import fingerprints_of
from dedup.duplicates.stretches import is_digest
from dedup.encoders import Encoder
from dedup.index.live.articles import Articles
from dedup.index.live.clean_texts import CleanTexts
from dedup.index.live.columns import Columns, packed, unpacked
from dedup.index.live.copies.clusters import Body
from dedup.index.live.copies.duplicate_clusters import READ_AT_ONCE, DuplicateClusters
from dedup.index.live.groups import LiveGroups
from dedup.index.live.links.links import LiveLinks
from dedup.index.live.stored_records import StoredRecords
from dedup.index.live.texts import LiveTexts
from dedup.output.progress import Progress, silent
from dedup.pipeline import profiles_of
from dedup.records import DuplicateCluster
from dedup.store import Derived
from dedup.stories.affinity import AffinityModel, log_odds_of
from dedup.stories.profiles import Profiles, name_hashes
from dedup.stories.serialization import VERSION, profiles_from


class Memory:
    """Articles in memory, with their copies, links and groups.

    Args:
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        articles: Where articles and their texts are.
    """

    def __init__(
        self, config: Config, encoder: Encoder, model: AffinityModel, articles: Articles
    ) -> None:
        self._config = config
        self._encoder = encoder
        self.lasting: dict[str, str] = {}
        """Lasting id of each story group, by the id that the batch gives."""
        min_cosine = config.neighbors.min_cosine
        self.articles = articles
        self.clean_texts = CleanTexts(config.cleaning, articles)
        self.copies = DuplicateClusters(config, self._bodies)
        self.texts = LiveTexts(encoder.dim, model)
        self.links = LiveLinks(
            self.texts,
            model.min_cosine if min_cosine is None else min_cosine,
            log_odds_of(config.stories.min_link_probability),
            config.neighbors,
        )
        self.groups = LiveGroups(self.texts, self.links, config)

    def load(self, records: StoredRecords, progress: Progress = silent) -> None:
        """Take over what is stored.

        Args:
            records: All these articles.
            progress: Called as texts are embedded, where what is stored is of another form.
        """
        representatives = self._take_in(records)
        if not representatives:
            return
        rows = self._add_texts(records, representatives, progress)
        self.links.add(rows)
        self.links.changes()
        groups = self._groups_of(records.stories, representatives)
        firsts = self.groups.load(groups.values())
        self.lasting.update(zip(map(self.story_id, firsts), groups, strict=True))

    def saved(self) -> dict[str, Any]:
        """Columns of all that is in memory, without rows of removed texts; see `load_saved`."""
        rows = np.flatnonzero(self.texts.alive)
        new_row = np.full(len(self.texts), -1)
        new_row[rows] = np.arange(len(rows))
        columns = self.copies.saved() | self.texts.saved(rows)
        columns |= self.links.saved(rows, new_row) | self.groups.saved(rows, new_row)
        firsts = rows[np.unique(columns["groups.firsts"])].tolist()
        columns |= packed("sources", [*self.clean_texts.source_of.values()])
        columns |= packed("sources.ids", [*self.clean_texts.source_of])
        columns |= packed("texts.articles", [self.texts.articles[row] for row in rows.tolist()])
        return columns | packed("stories", [self.lasting_story(row) for row in firsts])

    def load_saved(self, columns: Columns) -> None:
        """Take over what `saved` returned."""
        self.clean_texts.load(unpacked(columns, "sources.ids"), unpacked(columns, "sources"))
        self.copies.load_saved(columns)
        self.texts.load(columns, unpacked(columns, "texts.articles"))
        self.links.load(columns)
        firsts = self.groups.load_saved(columns)
        stories = unpacked(columns, "stories")
        self.lasting.update(zip(map(self.story_id, firsts), stories, strict=True))

    def _take_in(self, records: StoredRecords) -> list[str]:
        """Take over articles and copies; the representatives of their texts, in order."""
        keys = []
        for stored in records.stored:
            # Its text is not needed any more once the next one is read.
            article = stored.article
            self.articles.put(article, stored.clean)
            self.clean_texts.load([article.id], [source_of(article)])
            keys.append(Body.of(article, stored.clean).key)
            if len(keys) % READ_AT_ONCE == 0:
                self.articles.settle()
        precedences = {key.id: key.precedence for key in keys}
        clusters = [_ordered(cluster, precedences) for cluster in records.clusters]
        self.copies.load(keys, partial(self._prints_of, records), clusters, records.matches)
        representatives = {self.copies.text_of[key.id].representative for key in keys}
        return sorted(representatives, key=precedences.__getitem__)

    def _bodies(self, ids: Sequence[str]) -> list[Body]:
        """Texts of articles that are compared for copies."""
        articles, texts = self.articles.of(ids)
        return [Body.of(articles[id], texts[id]) for id in ids]

    def _prints_of(self, records: StoredRecords, ids: Sequence[str]) -> Fingerprints | None:
        """Fingerprints of the texts of some articles; None if what is stored is of another form."""
        derived = records.derived(ids)
        parts = [derived[id] for id in ids]
        if all(part.format == VERSION and part.signature for part in parts):
            return fingerprints_of([part.signature for part in parts], self._config.fingerprints)
        return None

    def _add_texts(
        self, records: StoredRecords, representatives: Sequence[str], progress: Progress
    ) -> Int64s:
        """Rows for texts, by the articles that represent them; int64 of shape (n,)."""
        rows = [np.empty(0, np.int64)]
        for start in range(0, len(representatives), READ_AT_ONCE):
            ids = representatives[start : start + READ_AT_ONCE]
            keys = [self.copies.key_of(id) for id in ids]
            derived = records.derived(ids)
            profiles = stored_profiles(
                [derived[id] for id in ids],
                [key.seconds for key in keys],
                [self.clean_texts.source_of[id] for id in ids],
            )
            if profiles is None:
                articles, texts = self.articles.of(ids)
                profiles = profiles_of(
                    [*articles.values()], texts, self._encoder, self._config, progress
                )
            self.articles.settle()
            digests = [is_digest(self.copies.text_of[id]) for id in ids]
            rows.append(self.texts.add(ids, profiles, [key.precedence for key in keys], digests))
        return np.concatenate(rows)

    def _groups_of(
        self, stories: Mapping[str, str], representatives: Iterable[str]
    ) -> dict[str, list[int]]:
        """Rows of the texts of story groups, by lasting id."""
        members: dict[str, list[int]] = {}
        for id in representatives:
            members.setdefault(stories[id], []).append(self.texts.row_of[id])
        return members

    def lasting_story(self, row: int) -> str:
        """Lasting id of the story group that a text is in."""
        return self.lasting[self.story_id(self.groups.first_of(row))]

    def story_id(self, row: int) -> str:
        """Id that the batch gives to a story group with this first text."""
        return stable_id("s", self.texts.articles[row])


def stored_profiles(
    derived: Sequence[Derived], seconds: Sequence[int], sources: Sequence[str]
) -> Profiles | None:
    """Profiles of articles as they are stored; None if some are of another form.

    Args:
        derived: What was computed of each.
        seconds: Their times, in seconds since 1970.
        sources: Their sources.
    """
    if not all(part.format == VERSION and part.profile for part in derived):
        return None
    return profiles_from(
        [part.vectors for part in derived],
        [part.profile for part in derived],
        np.array(seconds, np.int64),
        name_hashes(sources),
    )


def _ordered(cluster: DuplicateCluster, keys: Mapping[str, Precedence]) -> DuplicateCluster:
    """The cluster with its members in the order of precedence, the representative first."""
    first, *others = cluster.members
    others.sort(key=lambda member: keys[member.id])
    return replace(cluster, members=(first, *others))
