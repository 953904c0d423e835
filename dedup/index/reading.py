"""Reading an index: articles, duplicate clusters, story groups and their history.

All of it comes from the store, as of the last commit: any number of readers may ask, in any
threads and processes, while one writer works.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

from dedup.config import Config
from dedup.description.explanation import Why
from dedup.encoders import Encoder
from dedup.errors import NotFoundError
from dedup.index.answers import describe_as_of, story_texts, why_of
from dedup.index.records import IndexStats, StoryPage
from dedup.index.relations import RelationIndex
from dedup.records import StoryGroup, StoryRelation
from dedup.store import Placement, Store, StoredArticle, StoredStory, StoryFilter
from dedup.store.records import StoryEvent, StoryOrder
from dedup.stories.affinity import AffinityModel


class IndexReader:
    """What can be asked of an index without changing it.

    Args:
        store: Where it is.
        config: All settings.
        encoder: Makes the vectors.
        model: Weighs the evidence.
    """

    def __init__(
        self, store: Store, config: Config, encoder: Encoder, model: AffinityModel
    ) -> None:
        self.config = config
        self._store = store
        self._encoder = encoder
        self._model = model
        self._book = RelationIndex(config.related_stories)

    @property
    def encoder(self) -> Encoder:
        """What makes the vectors."""
        return self._encoder

    def reading(self) -> AbstractContextManager[None]:
        """While it lasts, all that this thread reads is of one moment, whoever writes."""
        return self._store.reading()

    def article(self, id: str) -> StoredArticle:
        """An article as it is stored.

        Raises:
            NotFoundError: The index has none of that id.
        """
        found = self._store.articles([id])
        if id not in found:
            raise NotFoundError(f"no article of the index has the id {id!r}")
        return found[id]

    def placement(self, id: str) -> Placement:
        """Where an article is.

        Raises:
            NotFoundError: The index has none of that id.
        """
        found = self._store.placements([id])
        if id not in found:
            raise NotFoundError(f"no article of the index has the id {id!r}")
        return found[id]

    def cluster(self, id: str) -> list[Placement]:
        """Members of a duplicate cluster, the representative first.

        Raises:
            NotFoundError: The index has none of that id.
        """
        found = self._store.cluster(id)
        if not found:
            raise NotFoundError(f"no duplicate cluster of the index has the id {id!r}")
        return found

    def successor(self, id: str) -> str:
        """The id under which a story group goes on: its own unless it was merged into another.

        Raises:
            NotFoundError: There never was a story group of that id.
        """
        return self._followed(id).id

    def _followed(self, id: str) -> StoredStory:
        """The story group as it is stored, or the one that it was merged into."""
        while True:
            found = self._store.stories([id])
            if id not in found:
                raise NotFoundError(f"no story group of the index has the id {id!r}")
            if found[id].state != "merged":
                return found[id]
            id = found[id].successor

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
                return self._story_then(id, as_of)
        found = self._followed(id)
        if found.group is None:
            raise NotFoundError(
                f"the story group {found.id!r} is closed: none of its articles are left"
            )
        return found.group

    def _story_then(self, story: str, as_of: datetime) -> StoryGroup:
        self.successor(story)
        members: set[str] = set()
        for event in self.changes(story_group=story):
            if event.at <= as_of:
                members.difference_update(event.removed)
                members.update(event.added)
        places = self._store.placements(sorted(members))
        if not places:
            raise NotFoundError(f"the story group {story!r} had no articles at {as_of.isoformat()}")
        return describe_as_of(story, places, self._store, self._encoder, self._model, self.config)

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

        Args:
            a: Id of an article.
            b: Id of another.

        Raises:
            NotFoundError: One of them is not in the index.
        """
        with self._store.reading():
            places = {id: self.placement(id) for id in (a, b)}
            founders = [place.representative for place in places.values()]
            places.update(self._store.placements(founders))
            articles = self._store.articles(sorted({a, b, *founders}))
            stories = self.story(places[a].story_group), self.story(places[b].story_group)
        return why_of((a, b), places, articles, stories, self._encoder, self._model, self.config)

    def related(self, id: str) -> tuple[StoryRelation, ...]:
        """Which other story groups a story group belongs to one affair with; as `dedup.cluster`.

        Raises:
            NotFoundError: There is none of that id, or it has no articles.
        """
        with self._store.reading():
            story = self.story(id).id
            told = partial(story_texts, store=self._store)
            return self._book.related(story, self._store.summaries, told)

    def changes(
        self, since: int = 0, limit: int | None = None, story_group: str = ""
    ) -> list[StoryEvent]:
        """What happened to the story groups, in order.

        `dedup.store.identity.replay` makes of all events the story groups there are.

        Args:
            since: Only events with larger numbers.
            limit: At most so many.
            story_group: Only those of the one of this id.
        """
        return self._store.events(since, limit, story_group)

    def stats(self) -> IndexStats:
        """Counts."""
        counts = self._store.counts()
        return IndexStats(
            articles=counts["articles"],
            in_memory=counts["articles"] - counts["shelved"],
            texts=counts["texts"],
            story_groups=counts["story_groups"],
            events=counts["events"],
            encoder=f"{self._encoder.name} {self._encoder.revision}",
            config_digest=self.config.digest(),
            store_bytes=counts["bytes"],
        )

    def check(self) -> list[str]:
        """What is damaged, in words; empty if nothing is."""
        return self._store.check()
