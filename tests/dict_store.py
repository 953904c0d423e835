"""The obvious store: dicts. What the others must answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime

from dedup.records import StoryGroup
from dedup.store import (
    Placement,
    StoredArticle,
    StoredStory,
    StoryFilter,
)
from dedup.store.records import StoryEvent
from dedup.store.rows import article_row, to_text

_NEVER = datetime.min.replace(tzinfo=UTC)


class DictStore:
    """A `Store` in memory, for one thread."""

    def __init__(self) -> None:
        self._meta: dict[str, str] = {}
        self._articles: dict[str, StoredArticle] = {}
        self._places: dict[str, Placement] = {}
        self._stories: dict[str, StoredStory] = {}
        self._events: list[StoryEvent] = []
        self._summaries: dict[str, tuple[int, bytes]] = {}
        self.archive = DictArchive(self._articles)

    def close(self) -> None:
        pass

    @contextmanager
    def begin(self) -> Iterator[None]:
        before = deepcopy(vars(self))
        try:
            yield
        except BaseException:
            vars(self).update(before)
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        yield

    def meta(self) -> Mapping[str, str]:
        return self._meta

    def set_meta(self, values: Mapping[str, str]) -> None:
        self._meta.update(values)

    def put_articles(self, articles: Sequence[StoredArticle]) -> None:
        self._articles.update({stored.article.id: stored for stored in articles})

    def delete_articles(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._articles.pop(id, None)
            self._places.pop(id, None)
            self.archive.articles.pop(id, None)

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        return {i: self._articles[i] for i in ids if i in self._articles}

    def all_articles(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        source: str | None = None,
    ) -> Iterator[StoredArticle]:
        for id in sorted(self._articles, key=to_text):
            article = self._articles[id].article
            time = article.published_at or _NEVER
            late = until is not None and time >= until
            if (since is None or time >= since) and not late and source in (None, article.source):
                yield self._articles[id]

    def checksums(self, since: datetime, until: datetime, source: str) -> dict[str, int]:
        chosen = self.all_articles(since, until, source)
        return {stored.article.id: article_row(stored)[-1] for stored in chosen}

    def put_placements(self, places: Sequence[Placement]) -> None:
        self._places.update({place.id: place for place in places})

    def placements(self, ids: Sequence[str]) -> dict[str, Placement]:
        return {i: self._places[i] for i in ids if i in self._places}

    def all_placements(self, *, in_memory: bool = False) -> Iterator[Placement]:
        places = [
            place
            for place in self._places.values()
            if not (in_memory and place.id in self.archive.articles)
        ]
        return iter(sorted(places, key=lambda place: to_text(place.id)))

    def cluster(self, id: str) -> list[Placement]:
        members = [place for place in self.all_placements() if place.duplicate_cluster == id]
        return sorted(members, key=lambda place: place.id != place.representative)

    def put_stories(self, stories: Sequence[StoredStory]) -> None:
        self._stories.update({story.id: story for story in stories})

    def put_summaries(self, summaries: Mapping[str, bytes]) -> None:
        version = max((version for version, _ in self._summaries.values()), default=0) + 1
        self._summaries |= {story: (version, summary) for story, summary in summaries.items()}

    def summaries(self, after: int = 0) -> list[tuple[str, int, bytes]]:
        rows = [(story, *row) for story, row in self._summaries.items() if row[0] > after]
        return sorted(rows, key=lambda row: (row[1], to_text(row[0])))

    def last_summary(self) -> int:
        return max((version for version, _ in self._summaries.values()), default=0)

    def stories(self, ids: Sequence[str]) -> dict[str, StoredStory]:
        return {i: self._stories[i] for i in ids if i in self._stories}

    def find_stories(
        self, wanted: StoryFilter, limit: int, cursor: str = ""
    ) -> tuple[list[StoredStory], str]:
        stories = [story for story in self._stories.values() if _fits(story, wanted)]
        stories.sort(key=lambda story: to_text(story.id))
        stories.sort(key=lambda story: _order(story.group, wanted), reverse=True)
        start = int(cursor or 0)
        more = start + limit < len(stories)
        return stories[start : start + limit], str(start + limit) if more else ""

    def add_events(self, events: Sequence[StoryEvent]) -> None:
        self._events = [*self._events, *events]

    def events(
        self, after: int = 0, limit: int | None = None, story_group: str = ""
    ) -> list[StoryEvent]:
        events = [
            event
            for event in self._events
            if event.number > after and story_group in ("", event.story_group)
        ]
        return events[:limit]

    def last_event(self) -> int:
        return len(self._events)

    def counts(self) -> dict[str, int]:
        return {
            "articles": len(self._articles),
            "archived": len(self.archive.articles),
            "texts": len({place.duplicate_cluster for place in self._places.values()}),
            "story_groups": sum(story.state == "open" for story in self._stories.values()),
            "events": len(self._events),
            "bytes": 0,
        }

    def check(self) -> list[str]:
        return []

    def check_articles(self) -> list[str]:
        return []


class DictArchive:
    """An `ArticleArchive` in memory."""

    def __init__(self, stored: dict[str, StoredArticle]) -> None:
        self._stored = stored
        self.articles: dict[str, bool] = {}

    def add(self, articles: Mapping[str, bool]) -> None:
        self.articles.update(articles)

    def clear(self) -> None:
        self.articles.clear()

    def size(self) -> int:
        return len(self.articles)

    def among(self, ids: Sequence[str]) -> set[str]:
        return self.articles.keys() & {*ids}

    def representatives(self) -> dict[str, str]:
        return {id: self._stored[id].digest for id in self.articles if self.articles[id]}


def _fits(story: StoredStory, wanted: StoryFilter) -> bool:
    group = story.group
    if group is None or story.state != "open" or group.texts < wanted.min_texts:
        return False
    first, last = group.first_seen, group.last_seen
    return (
        (wanted.since is None or (last is not None and last >= wanted.since))
        and (wanted.until is None or (first is not None and first < wanted.until))
        and (not wanted.language or wanted.language in group.languages)
        and (not wanted.source or wanted.source in group.sources)
        and all(word in story.search for word in wanted.text.casefold().split())
    )


def _order(group: StoryGroup | None, wanted: StoryFilter) -> tuple[int, datetime]:
    """What is listed first is the largest of."""
    assert group is not None
    if wanted.order == "largest":
        return group.texts, _NEVER
    return 0, (group.last_seen if wanted.order == "latest" else group.first_seen) or _NEVER
