"""Driver 2, the index: articles are added, changed and removed; copies and stories follow at once.

What it holds is at any time what `pipeline.cluster` gives for the same articles. In addition,
stories have ids that last, and a history. Here is its whole public interface: writing and queries
go through `memory.IndexMemory`, all that is read comes from the store.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, overload

import xxhash

from dedup.config import Config
from dedup.description.explanation import Why
from dedup.description.remarks import Remark
from dedup.encoders import Encoder
from dedup.errors import NotFoundError
from dedup.index.answers import (
    current_story,
    describe_as_of,
    open_stories,
    remarks_of,
    story_texts,
    why_of,
)
from dedup.index.changes import Several, read_one, read_query, utc_now
from dedup.index.memory import IndexMemory
from dedup.index.outlet_texts import OutletTexts
from dedup.index.records import QueryAnswer, StoryPage
from dedup.index.relations import RelationIndex
from dedup.index.settings import agreed
from dedup.index.stored import StoredIndex
from dedup.index.whole import whole_result
from dedup.output.headlines import in_languages
from dedup.output.progress import Progress, silent
from dedup.pipeline import distinct
from dedup.readers.sources import articles_from
from dedup.records import Article, Match, Problem, StoryGroup, StoryRelation
from dedup.result import Result
from dedup.store import Placement, Store, StoryFilter
from dedup.store.location import is_server
from dedup.store.opening import open_store
from dedup.store.records import StoryOrder
from dedup.store.sqlite import Synchronous
from dedup.stories.affinity import AffinityModel

CACHE = Path("cache", "columns")
"""Folder beside the store of an index in a folder."""


class StoryIndex(StoredIndex):
    """Articles with their duplicate clusters and story groups, kept up to date.

    Made by `StoryIndex.open`. Methods may be called from any thread: writes wait for one
    another, reads go on while one works. What is read is as of the last commit.

    Args:
        store: Where it is.
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
        clock: What time it is, aware UTC.
        progress: Called as texts are embedded.
        location: See `open`.
        read_only: Whether it may only be queried.
        step: Articles of a batch that are taken in between two queries; None: all.
    """

    def __init__(
        self,
        store: Store,
        config: Config,
        encoder: Encoder,
        model: AffinityModel,
        clock: Callable[[], datetime],
        progress: Progress,
        location: str | Path,
        read_only: bool,
        step: int | None,
    ) -> None:
        super().__init__(store, location, config, encoder)
        self._model = model
        self._clock = clock
        self._relations = RelationIndex(config.related_stories)
        self._outlet_texts = OutletTexts(store)
        cache = columns_of(location)
        self._memory = IndexMemory(store, config, encoder, model, progress, cache, read_only, step)

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
                `index.memory_window` and `output` may be others than then.
            read_only: Only read and query; any number of readers may do so beside one writer.
            synchronous: `FULL`: what was acknowledged survives a loss of power. `NORMAL`:
                it survives a killed process.
            encoder: Used instead of the one that the configuration names.
            affinity: Used instead of the one that the configuration names.
            clock: What time it is, for articles that do not say when they were published.
            progress: Called as texts are embedded when all is computed again.
            rebuild: Compute everything again, with this encoder and configuration.
            step: Queries are answered whenever so many articles of a batch have been taken in;
                they know these already. By default after the whole batch. A batch is one
                transaction all the same.

        Raises:
            StoreError: Another writer has it open, it was made with another encoder,
                configuration, curves or tables, it is damaged, or there is none to read.
        """
        store = open_store(location, read_only=read_only, synchronous=synchronous)
        try:
            config, encoder, model = agreed(
                store,
                str(location),
                config,
                encoder,
                affinity,
                read_only=read_only,
                rebuild=rebuild,
            )
            index = cls(store, config, encoder, model, clock, progress, location, read_only, step)
            if rebuild:
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
    def add(self, articles: Several, problems: list[Problem] | None = None) -> list[Placement]: ...

    def add(
        self,
        articles: Article | Mapping[str, object] | Several,
        problems: list[Problem] | None = None,
    ) -> Placement | list[Placement]:
        """Add articles, or replace those whose id is there with another content.

        One transaction: when it returns, all are stored for good; if it raises, none is.
        The same article again changes nothing.

        Args:
            articles: One or several, or the path of a file, as `dedup.cluster` takes them.
            problems: Where what was skipped or set aside is added.

        Returns:
            Where each accepted article is; for one article not in a list.

        Raises:
            InputError: A single article cannot be used.
            StoreError: It could not be written.
        """
        now = self._clock()
        new: list[Problem] = [] if problems is None else problems
        if isinstance(articles, Article | Mapping):
            return self._memory.put([read_one(articles, self.config, now, new)], now, new)[0]
        read = articles_from(articles, config=self.config.reading, now=now, on_problem=new.append)
        return self._memory.put(distinct(read, new), now, new)

    def save_note(self, name: str, text: str) -> None:
        """Leave a text under a name in the index, for a later run of a program."""
        self._memory.save_note(name, text)

    def update(self, article: Article | Mapping[str, object]) -> Placement:
        """Replace an article that is there.

        Raises:
            NotFoundError: Its id is not in the index.
            InputError: It cannot be used.
        """
        now = self._clock()
        return self._memory.update(read_one(article, self.config, now), now)

    def remove(self, ids: str | Iterable[str]) -> None:
        """Take articles out of the index.

        Raises:
            NotFoundError: An id is not there; none is removed.
        """
        unique = [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))
        self._memory.remove(unique, self._clock())

    def rebuild(self) -> None:
        """Compute everything again from the articles that are stored; ids and history last.

        Raises:
            StoreError: Some of the articles are not as they were written; nothing is changed.
        """
        self._memory.rebuild(self._clock())

    def close(self) -> None:
        """Close the store; what was acknowledged is in it."""
        self._memory.close()

    def warm_up(self) -> None:
        """Read everything into memory now, not when the first article or query comes."""
        self._memory.load()

    def save_cache(self) -> None:
        """Write aside what makes opening quick; `close` does it. Nothing is lost without it."""
        self._memory.save_cache()

    def query(
        self,
        article: Article | Mapping[str, object] | str,
        *,
        published_at: datetime | str | None = None,
        limit: int = 10,
    ) -> QueryAnswer:
        """What the index knows about a text, without adding it.

        A query that has a time is compared with the texts that it would be linked to, and the
        story that it fits best is named; one without a time is compared by content alone, with
        the texts of all times.

        Args:
            article: A text, or an article.
            published_at: Time of the text, where the article has none.
            limit: At most so many copies, and so many neighbors.

        Raises:
            InputError: There is no text in it, or the time cannot be read.
        """
        return self._memory.query(read_query(article, published_at, self.config), limit)

    def copies(
        self, article: Article | Mapping[str, object] | str, *, limit: int = 10
    ) -> tuple[Match, ...]:
        """Articles whose texts are copies of a text, as `query` gives them, and nothing else.

        Args:
            article: A text, or an article; it is not added.
            limit: At most so many.
        """
        return self._memory.copies(read_query(article, None, self.config), limit)

    def story(self, id: str, as_of: datetime | None = None) -> StoryGroup:
        """A story group, or the one that it was merged into.

        Args:
            id: Its id, also one that was merged away.
            as_of: The articles that the story group of that very id had then, as far as they
                are still in the index.

        Raises:
            NotFoundError: There is none of that id, or it has no articles (any more, or yet).
        """
        if as_of is not None:
            with self._store.reading():
                self.successor(id)
                events = self.changes(story_group=id)
                return describe_as_of(
                    id, as_of, events, self._store, self._encoder, self._model, self.config
                )
        story = current_story(self._store, id)
        if story.group is None:
            raise NotFoundError(
                f"the story group {story.id!r} is closed: none of its articles are left"
            )
        return in_languages(story.group, self.config.output.headline_languages)

    def stories(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        language: str = "",
        source: str = "",
        text: str = "",
        min_texts: int = 1,
        order: StoryOrder = "latest",
        cursor: str = "",
        limit: int = 50,
    ) -> StoryPage:
        """Story groups that have articles.

        Args:
            since: Those with an article at or after this time.
            until: Those with an article before this time.
            language: Those with an article in this language, with the headline in it.
            source: Those with an article of this outlet.
            text: Those with all of these words in headlines, key terms and names.
            min_texts: Those of at least so many independent texts.
            order: See `StoryOrder`.
            cursor: That of the page before this one.
            limit: At most so many.

        Raises:
            CursorError: The cursor is none of this list.
        """
        wanted = StoryFilter(since, until, language, source, text, min_texts, order)
        stories, following = self._store.find_stories(wanted, limit, cursor)
        shown_in = (language, *self.config.output.headline_languages)
        groups = (story.group for story in stories if story.group)
        return StoryPage(tuple(in_languages(group, shown_in) for group in groups), following)

    def why(self, a: str, b: str) -> Why:
        """Why two articles are together, or why not.

        Args:
            a: Id of an article.
            b: Id of another.

        Raises:
            NotFoundError: One of them is not in the index.
        """
        with self._store.reading():
            placements = self.placement(a), self.placement(b)
            stories = self.story(placements[0].story_group), self.story(placements[1].story_group)
            return why_of(placements, stories, self._store, self._encoder, self._model, self.config)

    def remarks(self, id: str) -> tuple[Remark, ...]:
        """What there is to say of an article: that it is a digest, a wall, of a series, a version.

        Raises:
            NotFoundError: It is not in the index.
        """
        with self._store.reading():
            placement = self.placement(id)
            story = self.story(placement.story_group)
            return remarks_of(placement, story, self._store, self._outlet_texts)

    def result(self) -> Result:
        """All that it holds, as `dedup.cluster` gives it, with the lasting ids of its stories.

        For tables and reports of the whole; texts are embedded again.
        """
        with self._store.reading():
            stories = open_stories(self._store)
            return whole_result(self._store, stories, self._encoder, self._model, self.config)

    def related(self, id: str) -> tuple[StoryRelation, ...]:
        """Other story groups about the same affair as a story group, as `dedup.cluster` gives them.

        Raises:
            NotFoundError: There is none of that id, or it has no articles.
        """
        with self._store.reading():
            max_gap = self.config.neighbors.max_gap
            texts_of = partial(story_texts, store=self._store, max_gap=max_gap)
            return self._relations.related(self.story(id).id, self._store.summaries, texts_of)


def columns_of(location: str | Path) -> Path:
    """Folder of the columns of an index: of one in a database that of this user.

    Args:
        location: See `StoryIndex.open`.
    """
    if not is_server(location):
        return Path(location) / CACHE
    of_user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(of_user) / "dedup" / xxhash.xxh3_128_hexdigest(str(location).encode()) / CACHE.name
