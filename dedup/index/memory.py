"""The memory of an index: read from the store, changed step by step in transactions, queried."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import islice
from logging import INFO, WARNING
from pathlib import Path

from dedup.articles import stable_id
from dedup.compute.processes import worker_pool
from dedup.config import Config
from dedup.encoders import Encoder
from dedup.errors import NotFoundError, StoreError
from dedup.index.answers import open_stories
from dedup.index.archiving import Archivist
from dedup.index.changes import (
    ChangeWriter,
    changes_of_source,
    digest_of,
    placement_of,
    stored_article,
)
from dedup.index.fair_lock import FairLock
from dedup.index.following import Follower
from dedup.index.live.change import IndexChange
from dedup.index.live.columns import ColumnFiles
from dedup.index.live.live import LiveIndex
from dedup.index.live.memory import Memory
from dedup.index.records import QueryAnswer
from dedup.index.settings import digest_of_made, made_with
from dedup.output.progress import LOGGER, Progress
from dedup.records import Article, Match, Problem
from dedup.store import Placement, Store, StoredArticle
from dedup.stories.affinity import AffinityModel

_OLD_CACHES = ("columns.bin", "links.npz")
"""Beside the folder of columns, of the releases before."""
_COLUMNS = "columns"
"""Setting of the store: its latest generations of which there may be columns."""
_UNSAVED = 5_000
_SHARE = 8
"""So many articles may change before columns are written, or one in so many, if that is more."""
_TAIL = 256
"""So many may change after columns were written at last; one in so many of a small index."""


class IndexMemory:
    """The part of an index that is in memory, so that texts can be compared with it.

    Args:
        store: Where the index is.
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        progress: Called as texts are embedded.
        cache: Folder for the columns, which make opening quick.
        read_only: Whether nothing may be written.
        step: Articles of a batch that are taken in between two queries; None: all.
    """

    def __init__(
        self,
        store: Store,
        config: Config,
        encoder: Encoder,
        model: AffinityModel,
        progress: Progress,
        cache: Path,
        read_only: bool,
        step: int | None,
    ) -> None:
        self._store = store
        self._config = config
        self._encoder = encoder
        self._model = model
        self._progress = progress
        self._cache = cache
        self._columns = ColumnFiles(cache)
        self._in_columns: Memory | None = None
        self._unsaved = 0
        self._read_only = read_only
        self._step = step
        # One writer at a time; the other lock is taken for each of its steps, and by queries.
        self._lock = threading.RLock()
        self._fair_lock = FairLock()
        self.live: LiveIndex | None = None
        """What is in memory; None: nothing was read yet."""
        self._generation = ""
        self._archivist = Archivist(store, config, encoder, model)
        self._window = self._archivist.window
        self._follower = Follower(store, self._window, progress)

    def close(self) -> None:
        """Write the columns if much has changed since they were written, and close the store."""
        with self._lock, self._fair_lock.acquired():
            try:
                self._save_columns(min(_TAIL, self._texts() // _TAIL))
            finally:
                self.live = self._in_columns = None
                self._store.close()

    def load(self) -> LiveIndex:
        """The live index, read from the store if it is not there or another process wrote."""
        with self._lock, self._fair_lock.acquired():
            live = self._loaded()
            self._save_columns(max(_UNSAVED, self._texts() // _SHARE))
            return live

    def save_cache(self) -> None:
        """Write the columns, unless they are as the store is already."""
        with self._lock, self._fair_lock.acquired():
            self._save_columns(0)

    def _save_columns(self, tail: int) -> None:
        """Write the columns if more articles than these have changed since."""
        if self.live is None or self._read_only or self._unsaved <= tail:
            return
        memory = self._loaded().memory
        note = self._follower.noted()
        meta = self._store.meta()
        latest = [*meta.get(_COLUMNS, "").split()[-2:], note["generation"]]
        saved = memory.saved() | self._archivist.archived.saved()
        try:
            # Before they are written: those that the store does not name are of another copy of it.
            self._store.set_meta({_COLUMNS: " ".join(latest)})
            self._columns.write(
                {**note, "made": digest_of_made(meta)},
                saved.with_state(self._window.saved()),
                anew=memory is not self._in_columns,
            )
            for name in _OLD_CACHES:
                self._cache.with_name(name).unlink(missing_ok=True)
            self._in_columns, self._unsaved = memory, 0
            # What is in files need not be in memory, too.
            written = self._columns.written()
            memory.remap(written)
            self._archivist.archived.remap(written)
        except (OSError, StoreError):
            return

    def _texts(self) -> int:
        """Number of texts in memory."""
        return len(self.live.memory.texts) if self.live else 0

    def query(self, article: Article, limit: int) -> QueryAnswer:
        """What is known about an article that is not there; between two steps of a writer."""
        with self._fair_lock.acquired(), self._store.reading():
            return self._loaded().query(article, limit)

    def copies(self, article: Article, limit: int) -> tuple[Match, ...]:
        """The copies of an article that is not there."""
        with self._fair_lock.acquired(), self._store.reading():
            return self._loaded().copies(article, limit)

    def update(self, article: Article, now: datetime) -> Placement:
        """Replace an article.

        Raises:
            NotFoundError: Its id is not in the index.
        """
        with self._lock:
            self._refuse_unknown([article.id])
            return self.put([article], now, [])[0]

    def put(
        self, articles: Sequence[Article], now: datetime, problems: list[Problem]
    ) -> list[Placement]:
        """Add articles, or replace those with another content; where they are now.

        An article that takes the place of another outlet's article is a problem, and added.
        """
        with self._lock:
            ids = [article.id for article in articles]
            old = self._store.articles(ids)
            problems += changes_of_source(articles, old)
            digests = {article.id: digest_of(article) for article in articles}
            stored = {
                article.id: stored_article(article, digests[article.id], old.get(article.id), now)
                for article in articles
                if article.id not in old or old[article.id].digest != digests[article.id]
            }
            if stored:
                self._window.see(stored.values())
                step = self._step or len(stored)
                with self._changing(now) as live:
                    for start in range(0, len(stored), step):
                        part = dict(islice(stored.items(), start, start + step))
                        self._take(live, part, [], now)
            placements = self._store.placements(ids)
            return [placement_of(placements[id], old.get(id), digests[id]) for id in ids]

    def save_note(self, name: str, text: str) -> None:
        """Store a note of a program beside the settings."""
        with self._lock, self._store.begin():
            self._store.set_meta({f"note:{name}": text})

    def remove(self, ids: Sequence[str], now: datetime) -> None:
        """Remove articles.

        Raises:
            NotFoundError: An id is not there; none is removed.
        """
        with self._lock:
            self._refuse_unknown(ids)
            with self._changing(now) as live:
                self._take(live, {}, ids, now)

    def _refuse_unknown(self, ids: Sequence[str]) -> None:
        known = self._store.articles(ids)
        for id in ids:
            if id not in known:
                raise NotFoundError(f"no article of the index has the id {id!r}")

    def rebuild(self, now: datetime) -> None:
        """Compute everything again from the articles that are stored; ids and history last.

        Raises:
            StoreError: Some of the articles are not as they were written.
        """
        with self._lock, self._fair_lock.acquired():
            damage = self._store.check_articles()
            if damage:
                raise StoreError(f"{'; '.join(damage)}: restore a copy, or remove these articles")
            stored = {record.article.id: record for record in self._store.all_articles()}
            lasting = {
                stable_id("s", story.first_article): story.id for story in open_stories(self._store)
            }
            self.live, change = self._computed(stored, lasting)
            self._generation = self._store.meta()["generation"]
            self._window.see(stored.values())
            with self._changing(now) as live:
                self._archivist.clear()
                made = made_with(self._config, self._encoder, self._model)
                # What was computed before is not the beginning of what there is now.
                self._store.set_meta({**made, _COLUMNS: ""})
                ChangeWriter(self._store, live).write(change, stored, [], now)
                self._archivist.see(change.stories)

    def _computed(
        self, stored: Mapping[str, StoredArticle], lasting: Mapping[str, str]
    ) -> tuple[LiveIndex, IndexChange]:
        """Memory of some articles that is computed anew, and what that changes.

        Args:
            stored: The articles by id.
            lasting: Lasting ids of their present stories, by the ids of the batch.
        """
        live = self._empty()
        live.memory.lasting.update(lasting)
        with worker_pool(len(stored)):
            articles = [record.article for record in stored.values()]
            change = live.apply(articles, [], self._progress)
        return live, change.replacing(lasting)

    def _take(
        self,
        live: LiveIndex,
        stored: Mapping[str, StoredArticle],
        removed: Sequence[str],
        now: datetime,
    ) -> None:
        """A step of a change; what is in memory is given up if it fails."""
        with self._fair_lock.acquired():
            try:
                archived = self._archivist.release([*stored, *removed], now)
                self._unsaved += len(stored) + len(removed)
                removed = [id for id in removed if id not in archived]
                with worker_pool(len(stored)):
                    change = live.apply([record.article for record in stored.values()], removed)
                ChangeWriter(self._store, live).write(change, stored, removed, now)
                self._archivist.see(change.stories)
            except BaseException:
                self.live = None
                raise

    @contextmanager
    def _changing(self, now: datetime) -> Iterator[LiveIndex]:
        """A transaction of store and memory; memory is read anew after one that failed."""
        with self._fair_lock.acquired():
            live = self._loaded()
        with ExitStack() as last:
            try:
                with self._store.begin():
                    yield live
                    # Nobody may query between the commit and what is known of it.
                    last.enter_context(self._fair_lock.acquired())
                    live = self._without_archived(live, now)
                    # Random, so that a restored copy that was written on is never taken for this.
                    generation = secrets.token_hex(8)
                    self._store.set_meta({"generation": generation})
                live.articles.settle()
                self.live, self._generation = live, generation
            except BaseException:
                self.live = None
                raise
        if live.memory.texts.sparse:
            renewed, saved = self._empty(), live.memory.saved(renumbered=True)
            renewed.memory.load({**saved.grown, **saved.state})
            renewed.memory.clean_texts.inherit(live.memory.clean_texts)
            with self._fair_lock.acquired():
                self.live = renewed
        with self._fair_lock.acquired():
            self._save_columns(max(_UNSAVED, self._texts() // _SHARE))

    def _without_archived(self, live: LiveIndex, now: datetime) -> LiveIndex:
        """Memory without the stories that are older than the window, which are archived."""
        # What stays is grouped without them, which may leave other stories that are older.
        while stories := self._archivist.due(live):
            self._archivist.archive(live, stories, now)
            ids = {id for story in stories for id in story}
            memory = live.memory
            for story in stories:
                row = memory.texts.row_of[live.text_of(story[0]).representative]
                del memory.lasting[memory.story_id(memory.groups.first_of(row))]
            staying = [id for id in memory.clean_texts.source_of if id not in ids]
            stored: dict[str, StoredArticle] = {}
            if len(ids) > len(staying):
                stored = self._store.articles(staying)
                live, change = self._computed(stored, memory.lasting)
            else:
                change = live.apply([], sorted(ids))
            ChangeWriter(self._store, live).write(change, stored, [], now)
            self._archivist.see(change.stories)
        return live

    def _loaded(self) -> LiveIndex:
        with self._store.reading():
            generation = self._store.meta()["generation"]
            if self.live is not None and generation != self._generation:
                # One that fails half-way is of no use.
                live, self.live = self.live, None
                if self._follower.follow(live):
                    self.live = live
            if self.live is None:
                self.live = self._from_columns() or self._from_store()
            self._generation = generation
        return self.live

    def _empty(self) -> LiveIndex:
        archived = self._archivist.archived
        return LiveIndex(self._config, self._encoder, self._model, self._store, archived)

    def _from_columns(self) -> LiveIndex | None:
        """Memory as the columns have it, with what was stored since; None if there are none."""
        meta = self._store.meta()
        generations = {meta["generation"], *meta.get(_COLUMNS, "").split()}
        found = self._columns.read({"made": {digest_of_made(meta)}, "generation": generations})
        if found is None:
            return None
        live = self._empty()
        self._follower.note, columns = found
        live.memory.load(columns)
        self._window.load(columns)
        self._archivist.archived.load(columns)
        self._in_columns, self._unsaved = live.memory, 0
        if self._follower.note["generation"] != meta["generation"]:
            if not self._follower.follow(live):
                return None
            self._unsaved = self._follower.taken_in
        return live

    def _from_store(self) -> LiveIndex:
        """Memory that is computed anew from what is stored."""
        live, counts = self._empty(), self._store.counts()
        self._unsaved = counts["articles"] - counts["archived"]
        older = any(self._cache.with_name(name).exists() for name in _OLD_CACHES)
        LOGGER.log(
            WARNING if older else INFO,
            "%s: %s articles are compared again, and their columns written",
            "the index is of an earlier release" if older else "no columns of the index",
            f"{self._unsaved:,}",
        )
        with worker_pool(self._unsaved):
            self._follower.take_in_all(live)
        return live
