"""How what was written since columns or memory were as the store is taken in.

A reader follows a writer so, and an index that is opened the columns that it finds: what changed is
read and taken in, not everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dedup.errors import StoreError
from dedup.index.live.archived_texts import VERSION
from dedup.index.live.copies.clusters import Body, BodyKey
from dedup.index.live.live import LiveIndex
from dedup.index.window import Window
from dedup.output.progress import Progress
from dedup.store import Store, StoredArticle
from dedup.store.database import chunks

_AT_ONCE = 5_000
"""So many articles are read and taken in at once."""
_FEW = 1_000
"""So many articles are removed; if more are, all are taken in again when they are a quarter."""


class Follower:
    """Takes in what was written.

    Args:
        store: Where the index is.
        window: Takes note of new articles.
        progress: Called as texts are embedded.
    """

    def __init__(self, store: Store, window: Window, progress: Progress) -> None:
        self._store = store
        self._window = window
        self._progress = progress
        self.note: Mapping[str, str] = {}
        """Up to where what is in memory is as it is stored."""
        self.taken_in = 0
        """Number of articles that the last time changed."""

    def noted(self) -> dict[str, str]:
        """What `note` is for what is stored now."""
        meta = self._store.meta()
        return {
            "generation": meta["generation"],
            "event": str(self._store.last_event()),
            "summary": str(self._store.last_summary()),
            VERSION: meta.get(VERSION, ""),
        }

    def follow(self, live: LiveIndex) -> bool:
        """Take in what was written since the note; False if all has to be taken in instead."""
        now, known = self.noted(), live.memory.clean_texts.source_of
        ids = self._changed()
        moved = now[VERSION] != self.note[VERSION]
        archived = self._store.archive.among(sorted(ids | known.keys() if moved else ids))
        places = self._store.placements(sorted(ids - archived))
        gone = sorted(id for id in (ids | archived) - places.keys() if id in known)
        if len(gone) > max(_FEW, len(known) // 4):
            return False
        try:
            self._take_in(live, {id: place.story_group for id, place in places.items()}, gone)
        except (KeyError, StoreError):
            return False
        self.note, self.taken_in = now, len(places) + len(gone)
        return True

    def take_in_all(self, live: LiveIndex) -> None:
        """Take in all articles that are not archived; there are none yet."""
        now = self.noted()
        places = self._store.all_placements(in_memory=True)
        self._take_in(live, {place.id: place.story_group for place in places}, [])
        self.note = now

    def _changed(self) -> set[str]:
        """Articles that may be others: those of changed stories, and those that left one.

        Whatever changes of an article, its story is described again.
        """
        summaries = self._store.summaries(int(self.note["summary"]))
        stories = self._store.stories([story for story, _, _ in summaries])
        ids = {member.id for s in stories.values() if s.group for member in s.group.members}
        for event in self._store.events(int(self.note["event"])):
            ids.update(event.added, event.removed)
        return ids

    def _take_in(self, live: LiveIndex, stories: Mapping[str, str], gone: Sequence[str]) -> None:
        """Take in articles as far as they are others than in memory, and remove some.

        Args:
            live: What is in memory.
            stories: Lasting ids of the story groups of the articles, by their ids.
            gone: Ids of those that are removed.
        """
        memory, known = live.memory, live.memory.clean_texts.source_of
        stale = [
            stored.article.id
            for ids in chunks((id for id in stories if id in known), _AT_ONCE)
            for stored in self._store.articles(ids).values()
            if memory.copies.key_of(stored.article.id) != _key_of(stored)
        ]
        # First, so that nothing is compared with a text that is stored no longer.
        before = self._change(live, {}, [*gone, *stale])
        for ids in chunks([id for id in stories if id not in known], _AT_ONCE):
            before |= self._change(live, self._store.articles(ids), [])
        texts, groups = memory.texts, memory.groups
        # Groups may have been others only meanwhile, which is not stored.
        same = (row for row in before if texts.alive[row] and groups.first_of(row) == row)
        firsts = {row: before[row] for row in same}
        for id, story in stories.items():
            firsts[groups.first_of(texts.row_of[live.text_of(id).representative])] = story
        memory.lasting.update((memory.story_id(row), story) for row, story in firsts.items())

    def _change(
        self, live: LiveIndex, stored: Mapping[str, StoredArticle], removed: Sequence[str]
    ) -> dict[int, str]:
        """Change what is in memory; lasting ids of groups that are others now, by first text."""
        self._window.see(stored.values())
        texts = {id: record.clean for id, record in stored.items()}
        put = [record.article for record in stored.values()]
        changes = live.take_over(put, texts, removed, self._progress)
        live.articles.settle()
        ids = {row: live.memory.story_id(row) for row in changes.removed}
        lasting = live.memory.lasting
        return {row: lasting.pop(id) for row, id in ids.items() if id in lasting}


def _key_of(stored: StoredArticle) -> BodyKey:
    return Body.of(stored.article, stored.clean).key
