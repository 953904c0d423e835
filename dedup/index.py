"""Driver 2, the index: articles come, change and go; copies and stories are always up to date.

What it holds is at any time what `pipeline.cluster` gives for the same articles. In addition,
stories have ids that last, and a history.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, overload

from dedup.affinity import AffinityModel
from dedup.assembly import stable_id
from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.errors import InputError, NotFoundError, StoreError
from dedup.index_changes import ChangeWriter, digest_of, placement_of, stored_article
from dedup.index_reading import IndexReader
from dedup.index_records import (
    Placement,
    QueryAnswer,
)
from dedup.index_settings import made_with, refuse_other
from dedup.index_window import Window, held
from dedup.live import Live
from dedup.live.cache import LinkCache
from dedup.live.shelf import Shelf
from dedup.pipeline import Progress, distinct, silent
from dedup.readers.fields import as_articles
from dedup.records import Article, Problem, StoryGroup
from dedup.store import Store, StoryFilter
from dedup.store.opening import open_store
from dedup.store.sqlite import Synchronous

CACHE = Path("cache", "links.npz")
"""Beside the store of an index in a folder."""


def utc_now() -> datetime:
    """The time of this machine, aware UTC."""
    return datetime.now(UTC)


class StoryIndex(IndexReader):
    """Articles with their duplicate clusters and story groups, kept up to date.

    Made by `StoryIndex.open`. Methods may be called from any thread: writes wait for one
    another, reads go on while one works.
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
    ) -> None:
        super().__init__(store, config, encoder, model)
        self._clock = clock
        self._progress = progress
        self._cache = cache
        self._cached = ""
        self._read_only = read_only
        self._lock = threading.RLock()
        self._live: Live | None = None
        self._generation = ""
        self._window = Window(config.index.keep)

    @classmethod
    def open(
        cls,
        location: str | Path,
        config: Config | None = None,
        *,
        read_only: bool = False,
        synchronous: Synchronous = "FULL",
        encoder: Encoder | None = None,
        affinity: AffinityModel | None = None,
        clock: Callable[[], datetime] = utc_now,
        progress: Progress = silent,
        rebuild: bool = False,
    ) -> Self:
        """Open an index, or make one.

        Args:
            location: A folder, made if it is not there, or the address of a PostgreSQL
                database (`postgresql://...`).
            config: All settings; by default those that the index was made with. Only
                `index.keep` may be another than then: it changes no result.
            read_only: Only ask; any number of readers may do so beside one writer.
            synchronous: `FULL`: what was acknowledged survives a loss of power. `NORMAL`:
                it survives a killed process.
            encoder: Used instead of the one that the configuration names.
            affinity: Used instead of the one that the configuration names.
            clock: What time it is, for articles that do not say when they were published.
            progress: Called as texts are embedded when all is computed again.
            rebuild: Compute everything again, with this encoder and configuration.

        Raises:
            StoreError: Another writer has it open, it was made with another encoder or
                configuration, it is damaged, or there is none to read.
        """
        store = open_store(location, read_only=read_only, synchronous=synchronous)
        try:
            stored = store.meta()
            kept = Config.from_mapping(json.loads(stored.get("config", "{}")))
            config = config or kept
            if config.index.keep is None:
                config = config.replace(index={"keep": kept.index.keep})
            encoder = encoder or load_encoder(config.encoder)
            made = made_with(config, encoder)
            if not stored and not read_only:
                with store.begin():
                    store.set_meta({**made, "generation": "0"})
            elif not stored:
                raise StoreError(f"{location}: the index is empty: there is nothing to read")
            elif not rebuild:
                refuse_other(str(location), stored, made)
            if config.index != kept.index and not read_only:
                store.set_meta({"config": made["config"]})
            model = affinity or AffinityModel.load(config.affinity.weights, encoder.name)
        except BaseException:
            store.close()
            raise
        cache = None if "://" in str(location) else Path(location) / CACHE
        index = cls(store, config, encoder, model, clock, progress, cache, read_only)
        if rebuild:
            try:
                index.rebuild()
            except BaseException:
                store.close()
                raise
        return index

    def close(self) -> None:
        """Let go of the store; what was acknowledged is in it."""
        with self._lock:
            try:
                self.save_cache()
            finally:
                self._live = None
                self._store.close()

    def warm_up(self) -> None:
        """Read everything into memory now, not when the first article or question comes."""
        with self._lock:
            self._loaded()

    def save_cache(self) -> None:
        """Write aside what makes opening quick; `close` does it. Nothing is lost without it."""
        with self._lock:
            stale = self._live is not None and self._cached != self._generation
            if not stale or self._cache is None or self._read_only:
                return
            try:
                self._loaded().cache(self._generation).write(self._cache)
            except OSError:
                return
            self._cached = self._generation

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @overload
    def add(
        self, articles: Article | Mapping[str, object], problems: list[Problem] | None = None
    ) -> Placement: ...

    @overload
    def add(
        self,
        articles: Iterable[Article | Mapping[str, object]],
        problems: list[Problem] | None = None,
    ) -> list[Placement]: ...

    def add(
        self,
        articles: Article | Mapping[str, object] | Iterable[Article | Mapping[str, object]],
        problems: list[Problem] | None = None,
    ) -> Placement | list[Placement]:
        """Add articles, or replace those whose id is there with another content.

        One transaction: when it returns, all are stored for good; if it raises, none is.
        The same article again changes nothing.

        Args:
            articles: One or several, as `dedup.cluster` takes them.
            problems: Where what was skipped or set aside is added.

        Returns:
            Where each accepted article is; for one article not in a list.

        Raises:
            InputError: A single article cannot be used.
            StoreError: It could not be written.
        """
        single = isinstance(articles, Article | Mapping)
        met: list[Problem] = []
        given = [articles] if isinstance(articles, Article | Mapping) else articles
        now = self._clock()
        read = as_articles(given, config=self.config.reading, now=now, on_problem=met.append)
        accepted = distinct(read, met)
        if problems is not None:
            problems.extend(met)
        if single and not accepted:
            raise InputError(f"the article cannot be used: {met[0].kind} ({met[0].value!r})")
        placements = self._put(accepted, now)
        return placements[0] if single else placements

    def update(self, article: Article | Mapping[str, object]) -> Placement:
        """Replace an article that is there.

        Raises:
            NotFoundError: Its id is not in the index.
            InputError: It cannot be used.
        """
        given = article.id if isinstance(article, Article) else str(article.get("id", ""))
        self.article(given)
        return self.add(article)

    def remove(self, ids: str | Iterable[str]) -> None:
        """Take articles out of the index.

        Raises:
            NotFoundError: An id is not there; none is removed.
        """
        wanted = [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))
        with self._lock:
            known = self._store.digests(wanted)
            for each in wanted:
                if each not in known:
                    raise NotFoundError(f"no article of the index has the id {each!r}")
            with self._changing() as live:
                outcome = live.apply([], wanted)
                ChangeWriter(self._store, live).write(outcome, {}, wanted, self._clock())

    def rebuild(self) -> None:
        """Compute everything again from the articles that are stored; ids and history last."""
        with self._lock:
            self._live = None
            stored = {each.article.id: each for each, _ in self._store.all_articles()}
            self._live = Live(self.config, self._encoder, self._model)
            self._live.lasting.update(self._read_lasting())
            self._generation = self._store.meta()["generation"]
            self._window.see(stored.values())
            with self._changing() as live:
                outcome = live.apply([each.article for each in stored.values()], [], self._progress)
                outcome = replace(outcome, gone=list(live.lasting))
                self._store.unshelve()
                self._store.set_meta(made_with(self.config, self._encoder))
                ChangeWriter(self._store, live).write(outcome, stored, [], self._clock())

    def _put(self, articles: Sequence[Article], now: datetime) -> list[Placement]:
        with self._lock:
            ids = [article.id for article in articles]
            known = self._store.digests(ids)
            digests = {article.id: digest_of(article) for article in articles}
            changed = [each for each in articles if known.get(each.id) != digests[each.id]]
            if changed:
                old = self._store.articles([each.id for each in changed if each.id in known])
                stored = {
                    each.id: stored_article(each, digests[each.id], old.get(each.id), now)
                    for each in changed
                }
                self._window.see(stored.values())
                with self._changing() as live:
                    outcome = live.apply([each.article for each in stored.values()], [])
                    ChangeWriter(self._store, live).write(outcome, stored, [], now)
            places = self._store.places(ids)
            return [placement_of(places[id], known.get(id), digests[id]) for id in ids]  # noqa: A001

    @contextmanager
    def _changing(self) -> Iterator[Live]:
        """A transaction of store and memory; memory is read anew after one that failed."""
        live = self._loaded()
        try:
            with self._store.begin():
                yield live
                parcels = self._window.leaving(live)
                if parcels:
                    self._store.shelve(parcels)
                # Random, so that a restored copy that was written on is never taken for this one.
                generation = secrets.token_hex(8)
                self._store.set_meta({"generation": generation})
        except BaseException:
            self._live = None
            raise
        self._generation = generation
        if parcels:
            gone = [each.id for _, articles in parcels for each in articles]
            self._renew(live, gone)

    def _renew(self, live: Live, gone: Iterable[str] = ()) -> None:
        """Have in memory what is at hand, and no more."""
        self._live = self._read(live.cache(self._generation, gone))
        self._live.inherit(live)
        self._window.left(self._live)

    def _loaded(self) -> Live:
        """What is kept in memory, read from the store if it is not there or another wrote."""
        with self._store.reading():
            generation = self._store.meta()["generation"]
            if self._live is None or generation != self._generation:
                cache = LinkCache.read(self._cache, generation) if self._cache else None
                self._live = self._read(cache)
                self._generation = generation
                self._cached = generation if cache else ""
            elif self._window.crowded(self._live):
                self._renew(self._live)
        return self._live

    def _read(self, cache: LinkCache | None) -> Live:
        live = Live(self.config, self._encoder, self._model, Shelf(self._store))
        found = held(self._store)
        live.load(found, cache, self._progress)
        self._window.see(stored for stored, _ in found.rows)
        return live

    def _read_lasting(self) -> dict[str, str]:
        """Lasting id of each story group, by the id that the batch gives."""
        return {stable_id("s", story.first_article): story.id for story in self._open_stories()}

    def _open_stories(self) -> Iterator[StoryGroup]:
        cursor = ""
        while True:
            found, cursor = self._store.find_stories(StoryFilter(), 1000, cursor)
            yield from (story.group for story in found if story.group)
            if not cursor:
                return

    def query(self, asked: Article | Mapping[str, object] | str, *, limit: int = 10) -> QueryAnswer:
        """What the index knows about a text, without putting it in.

        Args:
            asked: A text, or an article; one without a time is taken to be of now.
            limit: At most so many copies, and so many neighbours.

        Raises:
            InputError: There is no text in it.
        """
        given = {"text": asked} if isinstance(asked, str) else asked
        now = self._clock()
        met: list[Problem] = []
        read = list(
            as_articles([given], config=self.config.reading, now=now, on_problem=met.append)
        )
        if not read:
            raise InputError(f"nothing can be asked: {met[0].kind} ({met[0].value!r})")
        article = read[0]
        article = replace(article, published_at=article.published_at or now)
        with self._lock, self._store.reading():
            return self._loaded().query(article, limit)
