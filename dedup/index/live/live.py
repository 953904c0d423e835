"""The live index: all texts, their copies and stories, always up to date.

A change goes down the flow of the batch: clean, copies, vectors, links, groups. Each part keeps
what it needs to look again only at what the change touches, and hands on what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np

from dedup.articles import Precedence
from dedup.compute.arrays import Int64s
from dedup.config import Config
from dedup.duplicates.stretches import is_digest
from dedup.encoders import Encoder
from dedup.index.live.archived_texts import ArchivedTexts
from dedup.index.live.articles import Articles
from dedup.index.live.change import IndexChange, described
from dedup.index.live.copies.clusters import Body, ClusterChanges
from dedup.index.live.memory import Memory
from dedup.index.live.queries import LiveQueries
from dedup.index.records import QueryAnswer
from dedup.output.progress import Progress, silent
from dedup.pipeline import profiles_of
from dedup.records import Article, CleanText, DuplicateCluster, Match, StoryGroup
from dedup.store import Store
from dedup.stories.affinity import AffinityModel
from dedup.stories.grouping import GroupChanges


class LiveIndex:
    """Articles with their duplicate clusters and story groups, which change and are queried.

    Args:
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        store: Where the articles are; None: nowhere, all are in memory.
        archived: Texts of archived stories, if there may be any.
    """

    def __init__(
        self,
        config: Config,
        encoder: Encoder,
        model: AffinityModel,
        store: Store | None = None,
        archived: ArchivedTexts | None = None,
    ) -> None:
        self._config = config
        self._encoder = encoder
        self.articles = Articles(store.articles if store else None)
        self.memory = memory = Memory(config, encoder, model, self.articles)
        self._clean_texts = memory.clean_texts
        self._copies = memory.copies
        self._texts = memory.texts
        self._links = memory.links
        self._groups = memory.groups
        self._queries = LiveQueries(memory, archived, config, encoder, model)

    def cluster_of(self, article: str) -> DuplicateCluster:
        """The duplicate cluster that an article is in."""
        return self._copies.cluster_of[article]

    def text_of(self, article: str) -> DuplicateCluster:
        """The stretch of its cluster that an article is in; see `duplicates.stretches`."""
        return self._copies.text_of[article]

    def stories_before(
        self, time: datetime, firsts: Iterable[str] | None = None
    ) -> list[list[str]]:
        """Articles of each story group whose last article is older than a time.

        Args:
            time: Aware UTC.
            firsts: First articles of the groups that are looked at; by default all are.
        """
        row_of, groups = self._texts.row_of, self._groups
        labels: Iterable[int] = groups.members
        if firsts is not None:
            labels = {groups.label_of(row_of[id]) for id in firsts if id in row_of}
        stories = []
        for label in labels:
            texts = (self._texts.articles[row] for row in groups.members[label].tolist())
            ids = [member.id for id in texts for member in self.text_of(id).members]
            if all(self._copies.key_of(id).seconds < time.timestamp() for id in ids):
                stories.append(ids)
        return stories

    def apply(
        self,
        put: Sequence[Article],
        removed: Sequence[str],
        progress: Progress = silent,
        texts: Mapping[str, CleanText] | None = None,
    ) -> IndexChange:
        """Add or replace articles, and remove others.

        Args:
            put: Articles with a time, ids each once.
            removed: Ids of articles that are there.
            progress: Called as texts are embedded.
            texts: Canonical texts of the articles that are put, if none is to be cleaned.
        """
        if texts is None:
            texts = self._clean_texts.apply(put, removed)
        else:
            self._clean_texts.take_over(put, texts, removed)
        clusters, groups = self._compared(texts, removed, progress)
        stories, summaries, old_stories = self._stories(texts, clusters, groups)
        return IndexChange(texts, clusters.new, stories, old_stories, summaries)

    def take_over(
        self,
        put: Sequence[Article],
        texts: Mapping[str, CleanText],
        removed: Sequence[str],
        progress: Progress = silent,
    ) -> GroupChanges:
        """Add or replace articles, and remove others, whose changes are stored already.

        Args:
            put: Articles with a time, ids each once.
            texts: Their canonical texts.
            removed: Ids of articles that are there.
            progress: Called as texts are embedded.
        """
        self._clean_texts.take_over(put, texts, removed)
        return self._compared(texts, removed, progress)[1]

    def _compared(
        self, texts: Mapping[str, CleanText], removed: Sequence[str], progress: Progress
    ) -> tuple[ClusterChanges, GroupChanges]:
        """Bring copies, links and groups up to date with new texts and removed articles."""
        articles, _ = self.articles.of(texts)
        bodies = {id: Body.of(articles[id], text) for id, text in texts.items()}
        clusters = self._copies.apply(bodies, removed)
        removed_rows = self._removed_rows(clusters, {*texts, *removed})
        representatives = self._new_representatives(clusters, texts, removed_rows)
        self._links.remove(np.array(sorted(removed_rows), np.int64))
        new_rows = self._add_texts(representatives, progress)
        self._links.add(new_rows)
        return clusters, self._groups.update(self._links.changes())

    def query(self, article: Article, limit: int) -> QueryAnswer:
        """What is known about an article that is not there.

        Args:
            article: The article; without a time it is compared by content alone.
            limit: At most so many copies, and neighbours.
        """
        try:
            return self._queries.answer(article, limit)
        finally:
            self.articles.trim()

    def copies(self, article: Article, limit: int) -> tuple[Match, ...]:
        """The copies of an article that is not there, the most similar first."""
        try:
            return self._queries.copies(article, limit)
        finally:
            self.articles.trim()

    def _removed_rows(self, clusters: ClusterChanges, changed: set[str]) -> set[int]:
        """Rows of texts that represent nothing any more, or are another text now.

        A text that is a digest now, or is none any more, counts as another text.
        """
        new = {text.representative: is_digest(text) for text in clusters.new_texts}
        old = {text.representative: is_digest(text) for text in clusters.removed_texts}
        gone = {id for id, digest in old.items() if new.get(id) != digest}
        row_of = self._texts.row_of
        return {row_of[id] for id in gone | changed if id in row_of}

    def _new_representatives(
        self, clusters: ClusterChanges, texts: Iterable[str], removed_rows: set[int]
    ) -> dict[str, Precedence]:
        """Articles that represent their texts and will need rows, with their precedence."""
        representatives = {text.representative for text in clusters.new_texts}
        representatives |= {id for id in texts if self.text_of(id).representative == id}
        row_of = self._texts.row_of
        return {
            id: self._copies.key_of(id).precedence
            for id in representatives
            if id not in row_of or row_of[id] in removed_rows
        }

    def _add_texts(self, representatives: Mapping[str, Precedence], progress: Progress) -> Int64s:
        """Rows for the representatives that have none; int64 of shape (k,)."""
        ids = [id for id in representatives if id not in self._texts.row_of]
        ids.sort(key=representatives.__getitem__)
        articles, texts = self.articles.of(ids)
        profiles = profiles_of([*articles.values()], texts, self._encoder, self._config, progress)
        digests = [is_digest(self.text_of(id)) for id in ids]
        return self._texts.add(ids, profiles, [representatives[id] for id in ids], digests)

    def _stories(
        self, texts: Iterable[str], clusters: ClusterChanges, groups: GroupChanges
    ) -> tuple[Sequence[StoryGroup], Mapping[str, bytes], list[str]]:
        """Story groups that changed, their summaries by id, and ids that groups had before."""
        members = {member.id for cluster in clusters.new for member in cluster.members}
        representatives = {text.representative for text in clusters.new_texts}
        representatives |= {self.text_of(id).representative for id in members.union(texts)}
        changed = {int(group.members[0]): group for group in groups.new}
        for id in representatives:
            row = self._texts.row_of[id]
            first = self._groups.first_of(row)
            if first not in changed:
                changed[first] = self._groups.of(row)
        rows = [row for group in changed.values() for row in group.members.tolist()]
        texts_of = {row: self.text_of(self._texts.articles[row]) for row in rows}
        ids = (member.id for text in texts_of.values() for member in text.members)
        stories, summaries = described(
            list(changed.values()), texts_of, *self.articles.of(ids), self._texts.profiles
        )
        old = sorted(self.memory.story_id(row) for row in groups.removed | changed.keys())
        return stories, summaries, old
