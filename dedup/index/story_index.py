"""Driver 2, the index: articles come, change and go; copies and stories are always up to date.

What it holds is at any time what `pipeline.cluster` gives for the same articles. In addition,
stories have ids that last, and a history.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, overload

from dedup.articles import stable_id
from dedup.compute.processes import worker_pool
from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.errors import NotFoundError, StoreError
from dedup.index.changes import ChangeWriter, digest_of, placement_of, stored_article
from dedup.index.live.live import LiveIndex
from dedup.index.memory import IndexMemory
from dedup.index.settings import made_with, refuse_other
from dedup.pipeline import Progress, distinct, silent
from dedup.readers.fields import as_articles
from dedup.records import Article, Problem, StoryGroup
from dedup.store import Placement, StoredArticle, StoryFilter
from dedup.store.location import is_server
from dedup.store.opening import open_store
from dedup.store.sqlite import Synchronous
from dedup.stories.affinity import AffinityModel

CACHE = Path("cache", "links.npz")
"""Beside the store of an index in a folder."""


def utc_now() -> datetime:
    """The time of this machine, aware UTC."""
    return datetime.now(UTC)


class StoryIndex(IndexMemory):
    """Articles with their duplicate clusters and story groups, kept up to date.

    Made by `StoryIndex.open`. Methods may be called from any thread: writes wait for one
    another, reads go on while one works.

    Args:
        store: Where it is.
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        clock: What time it is, aware UTC.
        progress: Called as texts are embedded.
        cache: File that makes opening quick; None for none.
        read_only: Whether it may only be asked.
    """

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
        step: int | None = None,
    ) -> Self:
        """Open an index, or make one.

        Args:
            location: A folder, made if it is not there, or the address of a PostgreSQL
                database (`postgresql://...`).
            config: All settings; by default those that the index was made with. Only
                `index.memory_window` may be another than then: it changes no result.
            read_only: Only ask; any number of readers may do so beside one writer.
            synchronous: `FULL`: what was acknowledged survives a loss of power. `NORMAL`:
                it survives a killed process.
            encoder: Used instead of the one that the configuration names.
            affinity: Used instead of the one that the configuration names.
            clock: What time it is, for articles that do not say when they were published.
            progress: Called as texts are embedded when all is computed again.
            rebuild: Compute everything again, with this encoder and configuration.
            step: Questions are answered whenever so many articles of a batch have been taken
                in; they know these already. By default after the whole batch. A batch is one
                transaction all the same.

        Raises:
            StoreError: Another writer has it open, it was made with another encoder or
                configuration, it is damaged, or there is none to read.
        """
        store = open_store(location, read_only=read_only, synchronous=synchronous)
        try:
            stored = store.meta()
            kept = Config.from_mapping(json.loads(stored.get("config", "{}")))
            config = config or kept
            if config.index.memory_window is None:
                config = config.replace(index={"memory_window": kept.index.memory_window})
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
        cache = None if is_server(location) else Path(location) / CACHE
        index = cls(store, config, encoder, model, clock, progress, cache, read_only, step)
        if rebuild:
            try:
                index.rebuild()
            except BaseException:
                store.close()
                raise
        return index

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
        now = self._clock()
        if isinstance(articles, Article | Mapping):
            return self._put([self._read_one(articles, now, problems)], now)[0]
        met: list[Problem] = [] if problems is None else problems
        read = as_articles(articles, config=self.config.reading, now=now, on_problem=met.append)
        return self._put(distinct(read, met), now)

    def update(self, article: Article | Mapping[str, object]) -> Placement:
        """Replace an article that is there.

        Raises:
            NotFoundError: Its id is not in the index.
            InputError: It cannot be used.
        """
        now = self._clock()
        read = self._read_one(article, now)
        with self._lock:
            self.article(read.id)
            return self._put([read], now)[0]

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
                self._take(live, {}, wanted, self._clock())

    def rebuild(self) -> None:
        """Compute everything again from the articles that are stored; ids and history last."""
        with self._lock, self._fair_lock.acquired():
            stored = {each.article.id: each for each in self._store.all_articles()}
            self._live = LiveIndex(self.config, self._encoder, self._model)
            self._live.lasting.update(self._read_lasting())
            self._generation = self._store.meta()["generation"]
            self._window.see(stored.values())
            with self._changing() as live:
                with worker_pool(len(stored)):
                    articles = [each.article for each in stored.values()]
                    outcome = live.apply(articles, [], self._progress)
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
                step = self._step or len(stored)
                with self._changing() as live:
                    for start in range(0, len(stored), step):
                        part = dict(islice(stored.items(), start, start + step))
                        self._take(live, part, [], now)
            places = self._store.placements(ids)
            return [placement_of(places[id], known.get(id), digests[id]) for id in ids]

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
                with worker_pool(len(stored)):
                    outcome = live.apply([each.article for each in stored.values()], removed)
                ChangeWriter(self._store, live).write(outcome, stored, removed, now)
            except BaseException:
                self._live = None
                raise

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
