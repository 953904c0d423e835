"""How stories are archived, and what a change of an archived article means for them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from dedup.articles import stable_id
from dedup.config import Config
from dedup.encoders import Encoder
from dedup.index.changes import ChangeWriter
from dedup.index.live.archived_texts import VERSION, ArchivedTexts
from dedup.index.live.live import LiveIndex
from dedup.index.window import Window
from dedup.records import StoryGroup
from dedup.store import Store
from dedup.stories.affinity import AffinityModel


class Archivist:
    """Archives stories that are older than the window.

    Args:
        store: Where the index is.
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
    """

    def __init__(
        self, store: Store, config: Config, encoder: Encoder, model: AffinityModel
    ) -> None:
        self._store = store
        self._config = config
        self._encoder = encoder
        self._model = model
        self.window = Window(config.index.memory_window)
        self.archived = ArchivedTexts(store, config, encoder, model)
        self._end: datetime | None = None
        self._changed: set[str] = set()

    def see(self, stories: Iterable[StoryGroup]) -> None:
        """Take note of stories that are new or have changed."""
        end = self.window.end
        if end is not None:
            old = (story for story in stories if story.last_seen and story.last_seen < end)
            self._changed.update(story.first_article for story in old)

    def due(self, live: LiveIndex) -> list[list[str]]:
        """Articles of each story that is older than the window now, and in memory."""
        end = self.window.end
        if end is None:
            return []
        firsts, self._changed = self._changed, set()
        moved, self._end = end != self._end, end
        return live.stories_before(end, None if moved else firsts)

    def archive(self, live: LiveIndex, stories: Iterable[Sequence[str]], now: datetime) -> None:
        """Archive stories that are in memory; `live` has to be without them after this.

        Args:
            live: What is in memory.
            stories: Articles of each story.
            now: When it happens.
        """
        memory = live.memory
        ids = {id for story in stories for id in story}
        self._add({id: id in memory.texts.row_of for id in ids})
        self.archived.follow(memory.texts)
        divided = set()
        for id in ids:
            cluster = live.cluster_of(id)
            lasting = memory.lasting_story(memory.texts.row_of[live.text_of(id).representative])
            if any(member.id not in ids for member in cluster.members):
                divided.add(lasting)
        self._group_again(divided, (), now)

    def release(self, ids: Collection[str], now: datetime) -> set[str]:
        """Delete those of the articles that are archived; returns their ids.

        What is left of their stories is grouped again, each story by itself.
        """
        archived = self._store.archive.among([*ids]) if self.window.length else set()
        if archived:
            clusters = {p.duplicate_cluster for p in self._store.placements([*archived]).values()}
            places = [place for cluster in clusters for place in self._store.cluster(cluster)]
            beside = self._store.archive.among([place.id for place in places])
            stories = {place.story_group for place in places if place.id in beside}
            self._group_again(stories, archived, now)
        return archived

    def _group_again(self, stories: Iterable[str], removed: Collection[str], now: datetime) -> None:
        """Group the articles of archived stories again, each story by itself, but for some."""
        for story in sorted(stories):
            group = self._store.stories([story])[story].group
            assert group is not None
            ids = [member.id for member in group.members]
            stored = self._store.articles([id for id in ids if id not in removed])
            live = LiveIndex(self._config, self._encoder, self._model)
            live.memory.lasting[stable_id("s", group.first_article)] = story
            texts = {id: record.clean for id, record in stored.items()}
            change = live.apply([record.article for record in stored.values()], [], texts=texts)
            change = change.replacing(live.memory.lasting)
            gone = [id for id in ids if id in removed]
            ChangeWriter(self._store, live).write(change, stored, gone, now)
            self._add({id: id in live.memory.texts.row_of for id in stored})

    def clear(self) -> None:
        """Archive none any more."""
        self._store.archive.clear()
        self._add({})

    def _add(self, articles: Mapping[str, bool]) -> None:
        """Archive articles, by id: whether each represents its text."""
        self._store.archive.add(articles)
        self._store.set_meta({VERSION: secrets.token_hex(8)})
