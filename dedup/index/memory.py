"""What of an index is in memory: read from the store, changed step by step, and asked."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from dedup.config import Config
from dedup.encoders import Encoder
from dedup.errors import InputError
from dedup.index.fair_lock import FairLock
from dedup.index.live.archive.archive import Archive
from dedup.index.live.cache import LinkCache
from dedup.index.live.live import LiveIndex
from dedup.index.reading import IndexReader
from dedup.index.records import QueryAnswer
from dedup.index.window import Window, held
from dedup.pipeline import Progress, distinct
from dedup.readers.fields import as_articles
from dedup.records import Article, Problem
from dedup.store import Store
from dedup.stories.affinity import AffinityModel


class IndexMemory(IndexReader):
    """An index of which a part is in memory, so that texts can be compared with it.

    Args:
        store: Where it is.
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        clock: What time it is.
        progress: Called as texts are embedded.
        cache: File for what makes opening quick, if any.
        read_only: Whether nothing may be written.
        step: Articles of a batch that are taken in between two questions; None: all.
    """

    def __init__(
        self,
        store: Store,
        config: Config,
        encoder: Encoder,
        model: AffinityModel,
        clock: Callable[[], datetime],
        progress: Progress,
        cache: Path | None,
        read_only: bool,
        step: int | None,
    ) -> None:
        super().__init__(store, config, encoder, model)
        self._clock = clock
        self._progress = progress
        self._cache = cache
        self._cached = ""
        self._read_only = read_only
        self._step = step
        self._lock = threading.RLock()
        self._fair_lock = FairLock()
        self._live: LiveIndex | None = None
        self._generation = ""
        self._window = Window(config.index.memory_window)

    def close(self) -> None:
        """Let go of the store; what was acknowledged is in it."""
        with self._lock, self._fair_lock.acquired():
            try:
                self.save_cache()
            finally:
                self._live = None
                self._store.close()

    def warm_up(self) -> None:
        """Read everything into memory now, not when the first article or question comes."""
        with self._lock, self._fair_lock.acquired():
            self._loaded()

    def save_cache(self) -> None:
        """Write aside what makes opening quick; `close` does it. Nothing is lost without it."""
        with self._lock, self._fair_lock.acquired():
            stale = self._live is not None and self._cached != self._generation
            if not stale or self._cache is None or self._read_only:
                return
            try:
                self._loaded().cache(self._generation).write(self._cache)
            except OSError:
                return
            self._cached = self._generation

    def query(self, asked: Article | Mapping[str, object] | str, *, limit: int = 10) -> QueryAnswer:
        """What the index knows about a text, without putting it in.

        Args:
            asked: A text, or an article; one without a time is taken to be of now.
            limit: At most so many copies, and so many neighbours.

        Raises:
            InputError: There is no text in it.
        """
        now = self._clock()
        article = self._read_one({"text": asked} if isinstance(asked, str) else asked, now)
        article = replace(article, published_at=article.published_at or now)
        with self._fair_lock.acquired(), self._store.reading():
            return self._loaded().query(article, limit)

    def _read_one(
        self,
        article: Article | Mapping[str, object],
        now: datetime,
        problems: list[Problem] | None = None,
    ) -> Article:
        """The article as it is read; what was met is added to the problems.

        Raises:
            InputError: It cannot be used.
        """
        met: list[Problem] = []
        read = as_articles([article], config=self.config.reading, now=now, on_problem=met.append)
        found = distinct(read, met)
        if problems is not None:
            problems.extend(met)
        if not found:
            raise InputError(f"the article cannot be used: {met[0].kind} ({met[0].value!r})")
        return found[0]

    @contextmanager
    def _changing(self) -> Iterator[LiveIndex]:
        """A transaction of store and memory; memory is read anew after one that failed."""
        with self._fair_lock.acquired():
            live = self._loaded()
        with ExitStack() as last:
            try:
                with self._store.begin():
                    yield live
                    # Nobody may ask between the commit and what is known of it.
                    last.enter_context(self._fair_lock.acquired())
                    parcels = self._window.leaving(live)
                    if parcels:
                        self._store.shelve(parcels)
                    # Random, so that a restored copy that was written on is never taken for this.
                    generation = secrets.token_hex(8)
                    self._store.set_meta({"generation": generation})
                self._generation = generation
            except BaseException:
                self._live = None
                raise
            if parcels:
                live.shelf.close()
        if parcels:
            gone = [each.id for _, articles in parcels for each in articles]
            found = self._renewed(live, gone)
            with self._fair_lock.acquired():
                self._live = found

    def _renewed(self, live: LiveIndex, gone: Iterable[str] = ()) -> LiveIndex:
        """What is at hand, and no more; the other one can go on being asked meanwhile."""
        with self._fair_lock.acquired():
            cache = live.cache(self._generation, gone)
        found = self._read(cache)
        found.inherit(live)
        self._window.left(found)
        return found

    def _loaded(self) -> LiveIndex:
        """What is kept in memory, read from the store if it is not there or another wrote."""
        with self._store.reading():
            generation = self._store.meta()["generation"]
            if self._live is None or generation != self._generation:
                cache = LinkCache.read(self._cache, generation) if self._cache else None
                self._live = self._read(cache)
                self._generation = generation
                self._cached = generation if cache else ""
            elif self._window.crowded(self._live):
                self._live = self._renewed(self._live)
        return self._live

    def _read(self, cache: LinkCache | None) -> LiveIndex:
        live = LiveIndex(self.config, self._encoder, self._model, Archive(self._store))
        found = held(self._store)
        live.load(found, cache, self._progress)
        self._window.see(found.stored)
        return live
