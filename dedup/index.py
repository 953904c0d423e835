"""Driver 2, the index: articles come, change and go; copies and stories are always up to date.

What it holds is at any time what `pipeline.cluster` gives for the same articles. In addition,
stories have ids that last, and a history.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, overload

import xxhash

from dedup.affinity import AffinityModel
from dedup.assembly import stable_id
from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.errors import InputError, NotFoundError, StoreError
from dedup.identity import succession
from dedup.index_answers import cluster_of, described_then, why_of
from dedup.index_records import (
    IndexStats,
    Placement,
    PlacementStatus,
    QueryAnswer,
    StoryEvent,
    StoryOrder,
    StoryPage,
)
from dedup.live import Live, Outcome
from dedup.live.cache import LinkCache
from dedup.pipeline import Progress, distinct, silent
from dedup.readers.fields import as_articles
from dedup.records import Article, CleanText, Problem, StoryGroup, StoryMember
from dedup.result import Why
from dedup.store import Place, Store, StoredArticle, StoredStory, StoryFilter
from dedup.store.opening import open_store
from dedup.store.sqlite import Synchronous

CACHE = Path("cache", "links.npz")
"""Beside the store of an index in a folder."""
_FIELDS = ("id", "title", "text", "source", "published_at", "language", "url")


def utc_now() -> datetime:
    """The time of this machine, aware UTC."""
    return datetime.now(UTC)


class StoryIndex:
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
        self.config = config
        self._store = store
        self._encoder = encoder
        self._model = model
        self._clock = clock
        self._progress = progress
        self._cache = cache
        self._cached = ""
        self._read_only = read_only
        self._lock = threading.RLock()
        self._live: Live | None = None
        self._generation = ""
        self._lasting: dict[str, str] = {}

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
            config: All settings; by default those that the index was made with.
            read_only: Only ask; any number of readers may do so beside one writer.
            synchronous: `FULL`: what was acknowledged survives a loss of power. `NORMAL`:
                it survives a killed process.
            encoder: Used instead of the one that the configuration names.
            affinity: Used instead of the one that the configuration names.
            clock: What time it is, for articles that do not say when they were published.
            progress: Called as long work goes on.
            rebuild: Compute everything again, with this encoder and configuration.

        Raises:
            StoreError: Another writer has it open, it was made with another encoder or
                configuration, it is damaged, or there is none to read.
        """
        store = open_store(location, read_only=read_only, synchronous=synchronous)
        try:
            stored = store.meta()
            if config is None:
                kept = json.loads(stored["config"]) if "config" in stored else {}
                config = Config.from_mapping(kept)
            encoder = encoder or load_encoder(config.encoder)
            made_with = _made_with(config, encoder)
            if not stored and not read_only:
                with store.begin():
                    store.set_meta({**made_with, "generation": "0"})
            elif not stored:
                raise StoreError(f"{location}: the index is empty: there is nothing to read")
            elif not rebuild:
                _refuse_other(str(location), stored, made_with)
            model = affinity or AffinityModel.load(config.affinity.weights, encoder.name)
        except BaseException:
            store.close()
            raise
        cache = None if "://" in str(location) else Path(location) / CACHE
        index = cls(store, config, encoder, model, clock, progress, cache, read_only)
        if rebuild:
            index.rebuild()
        return index

    def close(self) -> None:
        """Let go of the store; what was acknowledged is in it."""
        with self._lock:
            self.save_cache()
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
                self._write(live.apply([], wanted), {}, wanted, self._clock())

    def rebuild(self) -> None:
        """Compute everything again from the articles that are stored; ids and history last."""
        with self._lock:
            self._live = None
            self._lasting = self._read_lasting()
            stored = {each.article.id: each for each, _ in self._store.all_articles()}
            self._live = Live(self.config, self._encoder, self._model)
            self._generation = self._store.meta()["generation"]
            with self._changing() as live:
                outcome = live.apply([each.article for each in stored.values()], [])
                outcome = replace(outcome, gone=list(self._lasting))
                self._store.set_meta(_made_with(self.config, self._encoder))
                self._write(outcome, stored, [], self._clock())

    def check(self) -> list[str]:
        """What is damaged, in words; empty if nothing is."""
        return self._store.check()

    def _put(self, articles: Sequence[Article], now: datetime) -> list[Placement]:
        with self._lock:
            ids = [article.id for article in articles]
            known = self._store.digests(ids)
            digests = {article.id: _digest(article) for article in articles}
            changed = [each for each in articles if known.get(each.id) != digests[each.id]]
            if changed:
                old = self._store.articles([each.id for each in changed if each.id in known])
                stored = {
                    each.id: _stored(each, digests[each.id], old.get(each.id), now)
                    for each in changed
                }
                with self._changing() as live:
                    outcome = live.apply([each.article for each in stored.values()], [])
                    self._write(outcome, stored, [], now)
            places = self._store.places(ids)
            return [_placement(places[id], known.get(id), digests[id]) for id in ids]  # noqa: A001

    @contextmanager
    def _changing(self) -> Iterator[Live]:
        """A transaction of store and memory; memory is read anew after one that failed."""
        live = self._loaded()
        try:
            with self._store.begin():
                yield live
                generation = str(int(self._generation) + 1)
                self._store.set_meta({"generation": generation})
        except BaseException:
            self._live = None
            raise
        self._generation = generation

    def _loaded(self) -> Live:
        """What is kept in memory, read from the store if it is not there or another wrote."""
        generation = self._store.meta()["generation"]
        if self._live is None or generation != self._generation:
            live = Live(self.config, self._encoder, self._model)
            cache = LinkCache.read(self._cache, generation) if self._cache else None
            members: dict[str, list[Place]] = {}
            for place in self._store.all_places():
                members.setdefault(place.duplicate_cluster, []).append(place)
            for each in members.values():
                each.sort(key=lambda place: place.id != place.representative)
            self._lasting = live.load(
                list(self._store.all_articles()),
                [cluster_of(each) for each in members.values()],
                {each[0].id: each[0].story for each in members.values()},
                cache,
            )
            self._cached = generation if cache else ""
            self._live, self._generation = live, generation
        return self._live

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

    def _write(
        self,
        outcome: Outcome,
        stored: Mapping[str, StoredArticle],
        removed: Sequence[str],
        now: datetime,
    ) -> None:
        """Write what a change changed, in the transaction that is open."""
        store = self._store
        again = store.articles([each for each in outcome.derived if each not in stored])
        known = {**again, **stored}
        store.delete_articles(removed)
        store.put_articles(
            [
                (replace(known[each], clean=outcome.texts.get(each, known[each].clean)), derived)
                for each, derived in outcome.derived.items()
            ]
        )
        stories = self._write_stories(outcome, now)
        touched = {member.id for cluster in outcome.clusters for member in cluster.members}
        touched |= {member.id for story in stories.values() for member in story.members}
        homes = {
            member.id: (self._lasting[story.id], member)
            for story in outcome.stories
            for member in story.members
        }
        store.put_places([self._place(each, *homes[each]) for each in sorted(touched)])

    def _place(self, article: str, story: str, member: StoryMember) -> Place:
        assert self._live is not None
        cluster = self._live.cluster_of(article)
        copy = next(each for each in cluster.members if each.id == article)
        return Place(
            article,
            cluster.id,
            cluster.representative,
            copy.copy_type,
            copy.jaccard,
            copy.containment,
            story,
            member.probability,
        )

    def _write_stories(self, outcome: Outcome, now: datetime) -> dict[str, StoryGroup]:
        """Write story groups and events; the groups that changed, by lasting id."""
        store = self._store
        lasting = [self._lasting.pop(each) for each in outcome.gone if each in self._lasting]
        old = store.stories(lasting)
        elders = sorted((story.group for story in old.values() if story.group), key=_age)
        before = {group.id: [member.id for member in group.members] for group in elders}
        after = [[member.id for member in story.members] for story in outcome.stories]
        used: set[str] = set()

        def fresh(number: int) -> str:
            made = self._fresh(outcome.stories[number].first_article, used)
            used.add(made)
            return made

        found = succession(before, after, fresh)
        groups: dict[str, StoryGroup] = {}
        for story, made in zip(outcome.stories, found.ids, strict=True):
            self._lasting[story.id] = made
            group = replace(story, id=made)
            if made not in old or old[made].group != group:
                groups[made] = group
        ended = [
            StoredStory(change.story, change.kind, change.other, None)
            for change in found.changes
            if change.kind == "merged" or change.kind == "closed"
        ]
        opened = [StoredStory(each.id, "open", "", each, _search(each)) for each in groups.values()]
        store.put_stories([*ended, *opened])
        first = store.counts()["events"] + 1
        store.add_events(
            [
                StoryEvent(
                    number, now, change.kind, change.story, change.other, change.added,
                    change.removed,
                )
                for number, change in enumerate(found.changes, first)
            ]
        )  # fmt: skip
        return groups

    def _fresh(self, founder: str, used: set[str]) -> str:
        """An id for a new story group that no other ever had."""
        attempt = 1
        while True:
            made = stable_id("s", founder if attempt == 1 else f"{founder}\n{attempt}")
            if made not in used and not self._store.stories([made]):
                return made
            attempt += 1

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
        with self._lock:
            return self._loaded().query(article, self._lasting, limit)

    def article(self, id: str) -> StoredArticle:  # noqa: A002
        """An article as it is stored.

        Raises:
            NotFoundError: The index has none of that id.
        """
        found = self._store.articles([id])
        if id not in found:
            raise NotFoundError(f"no article of the index has the id {id!r}")
        return found[id]

    def place(self, id: str) -> Place:  # noqa: A002
        """Where an article is.

        Raises:
            NotFoundError: The index has none of that id.
        """
        found = self._store.places([id])
        if id not in found:
            raise NotFoundError(f"no article of the index has the id {id!r}")
        return found[id]

    def cluster(self, id: str) -> list[Place]:  # noqa: A002
        """Members of a duplicate cluster, the representative first.

        Raises:
            NotFoundError: The index has none of that id.
        """
        found = self._store.cluster(id)
        if not found:
            raise NotFoundError(f"no duplicate cluster of the index has the id {id!r}")
        return found

    def heir(self, id: str) -> str:  # noqa: A002
        """The id under which a story group goes on: its own unless it was merged into another.

        Raises:
            NotFoundError: There never was a story group of that id.
        """
        while True:
            found = self._store.stories([id])
            if id not in found:
                raise NotFoundError(f"no story group of the index has the id {id!r}")
            if found[id].state != "merged":
                return id
            id = found[id].heir  # noqa: A001

    def story(self, id: str, as_of: datetime | None = None) -> StoryGroup:  # noqa: A002
        """A story group, or the one that it was merged into.

        Args:
            id: Its id, also one that was merged away.
            as_of: The articles that the story group of that very id had then, as far as they
                are still in the index.

        Raises:
            NotFoundError: There is none of that id, or it has no articles (any more, or yet).
        """
        if as_of is not None:
            return self._story_then(id, as_of)
        heir = self.heir(id)
        group = self._store.stories([heir])[heir].group
        if group is None:
            raise NotFoundError(
                f"the story group {heir!r} is closed: none of its articles are left"
            )
        return group

    def _story_then(self, story: str, as_of: datetime) -> StoryGroup:
        self.heir(story)
        members: set[str] = set()
        for event in self.changes(story=story):
            if event.at <= as_of:
                members.difference_update(event.removed)
                members.update(event.added)
        places = self._store.places(sorted(members))
        if not places:
            raise NotFoundError(f"the story group {story!r} had no articles at {as_of.isoformat()}")
        return described_then(story, places, self._store, self._encoder, self._model, self.config)

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
            language: Those with an article in this language.
            source: Those with an article of this outlet.
            text: Those with all of these words in headlines, key terms and names.
            min_texts: Those of at least so many independent texts.
            order: See `StoryOrder`.
            cursor: That of the page before this one.
            limit: At most so many.

        Raises:
            StoreError: The cursor is none of this list.
        """
        wanted = StoryFilter(since, until, language, source, text, min_texts, order)
        found, following = self._store.find_stories(wanted, limit, cursor)
        return StoryPage(tuple(each.group for each in found if each.group), following)

    def why(self, a: str, b: str) -> Why:
        """Why two articles are together, or why not.

        Raises:
            NotFoundError: One of them is not in the index.
        """
        places = {id: self.place(id) for id in (a, b)}  # noqa: A001
        founders = [place.representative for place in places.values()]
        places.update(self._store.places(founders))
        articles = self._store.articles(sorted({a, b, *founders}))
        stories = self.story(places[a].story), self.story(places[b].story)
        return why_of((a, b), places, articles, stories, self._encoder, self._model, self.config)

    def changes(
        self, since: int = 0, limit: int | None = None, story: str = ""
    ) -> list[StoryEvent]:
        """What happened to the story groups, in order.

        `dedup.identity.replay` makes of all events the story groups there are.

        Args:
            since: Only events with larger numbers.
            limit: At most so many.
            story: Only those of the story group of this id.
        """
        return self._store.events(since, limit, story)

    def stats(self) -> IndexStats:
        """Counts."""
        counts = self._store.counts()
        return IndexStats(
            articles=counts["articles"],
            hot=counts["articles"],
            texts=counts["texts"],
            story_groups=counts["story_groups"],
            events=counts["events"],
            encoder=f"{self._encoder.name} {self._encoder.revision}",
            config_digest=self.config.digest(),
            store_bytes=counts["bytes"],
        )


def _made_with(config: Config, encoder: Encoder) -> dict[str, str]:
    """What must not change while an index lives."""
    return {
        "encoder": encoder.name,
        "encoder_revision": encoder.revision,
        "dimensions": str(encoder.dim),
        "prefix": config.encoder.prefix,
        "config": json.dumps(config.to_mapping(), sort_keys=True),
        "config_digest": config.digest(),
    }


def _refuse_other(location: str, stored: Mapping[str, str], now: Mapping[str, str]) -> None:
    for name, value in now.items():
        if name not in ("config", "config_digest") and stored.get(name) != value:
            raise StoreError(
                f"{location}: the index was made with {name} {stored.get(name)!r}, "
                f"not {value!r}: open it with that one, or `dedup rebuild` it"
            )
    if stored.get("config_digest") != now["config_digest"]:
        old, new = json.loads(stored["config"]), json.loads(now["config"])
        differing = sorted(
            f"{section}.{name}"
            for section in {*old, *new}
            for name in {*old.get(section, {}), *new.get(section, {})}
            if old.get(section, {}).get(name) != new.get(section, {}).get(name)
        )
        raise StoreError(
            f"{location}: the index was made with other settings ({', '.join(differing)}): "
            "open it without a configuration to use its own, or `dedup rebuild` it"
        )


def _digest(article: Article) -> str:
    """Of the content as it was given."""
    values = [str(getattr(article, name)) for name in _FIELDS]
    return xxhash.xxh3_128_hexdigest("\x1f".join(values).encode("utf-8", "surrogatepass"))


def _stored(
    article: Article, digest: str, old: StoredArticle | None, now: datetime
) -> StoredArticle:
    """The article with a time: its own, the one that it was given before, or now."""
    added_at = old.added_at if old else now
    time = article.published_at
    timed = replace(article, published_at=time or added_at)
    return StoredArticle(timed, added_at, time is None, digest, CleanText("", ""))


def _placement(place: Place, known: str | None, digest: str) -> Placement:
    status: PlacementStatus = "updated"
    if known is None:
        status = "added"
    elif known == digest:
        status = "unchanged"
    return Placement(
        place.id,
        status,
        place.duplicate_cluster,
        place.representative,
        place.copy_type,
        place.story,
        place.probability,
    )


def _age(group: StoryGroup) -> tuple[datetime, str]:
    assert group.first_seen is not None
    return group.first_seen, group.id


def _search(story: StoryGroup) -> str:
    words = [story.headline, *story.headlines.values(), *story.key_terms, *story.names]
    return "\n".join(words).casefold()
