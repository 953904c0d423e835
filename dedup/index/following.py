"""How a reader follows a writer: what changed is read and taken in, not everything."""

from __future__ import annotations

from dedup.errors import StoreError
from dedup.index.live.copies.clusters import Body
from dedup.index.live.live import LiveIndex
from dedup.store import Store, StoredArticle

_FEW = 1000
"""So many articles are taken in one by one; of more, all are read when they are a quarter."""


class Follower:
    """Takes in what another process has written.

    Args:
        store: Where the index is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._event = 0
        self._summaries = 0
        self._archived = 0

    def note(self) -> None:
        """Take note of what is stored, which has been read."""
        self._event = self._store.last_event()
        self._summaries = self._store.last_summary()
        self._archived = self._store.archive.size()

    def follow(self, live: LiveIndex) -> bool:
        """Take in what was written since the last note; False if all has to be read instead."""
        if self._store.archive.size() != self._archived:
            return False
        ids = self._changed()
        if len(ids) > max(_FEW, len(live.memory.clean_texts.source_of) // 4):
            return False
        try:
            self._take_in(live, self._store.articles(sorted(ids)), ids)
        except (KeyError, StoreError):
            return False
        self.note()
        return True

    def _changed(self) -> set[str]:
        """Articles that may be others: those of changed stories, and those that left one.

        Whatever changes of an article, its story is described again.
        """
        summaries = self._store.summaries(self._summaries)
        stories = self._store.stories([story for story, _, _ in summaries])
        ids = {member.id for s in stories.values() if s.group for member in s.group.members}
        for event in self._store.events(self._event):
            ids.update(event.added, event.removed)
        return ids

    def _take_in(self, live: LiveIndex, stored: dict[str, StoredArticle], ids: set[str]) -> None:
        known = live.memory.clean_texts.source_of
        put = []
        for id, record in stored.items():
            key = Body.of(record.article, record.clean).key
            if id not in known or live.memory.copies.key_of(id) != key:
                put.append(record.article)
        texts = {article.id: stored[article.id].clean for article in put}
        gone = sorted(id for id in ids if id in known and id not in stored)
        change = live.apply(put, gone, texts=texts)
        live.articles.settle()
        lasting = live.memory.lasting
        for id in change.old_stories:
            lasting.pop(id, None)
        firsts = {story.id: story.first_article for story in change.stories}
        places = self._store.placements([*firsts.values()])
        lasting.update((id, places[first].story_group) for id, first in firsts.items())
