"""The obvious store: dicts. What the others must answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime

from dedup.records import StoryGroup
from dedup.store import (
    ArchivedArticle,
    Bundle,
    Derived,
    Placement,
    StoredArticle,
    StoredStory,
    StoryFilter,
)
from dedup.store.records import StoryEvent
from dedup.store.rows import to_text

_NEVER = datetime.min.replace(tzinfo=UTC)


class DictStore:
    """A `Store` in memory, for one thread."""

    def __init__(self) -> None:
        self._meta: dict[str, str] = {}
        self._articles: dict[str, tuple[StoredArticle, Derived]] = {}
        self._places: dict[str, Placement] = {}
        self._matches: dict[tuple[str, str], tuple[float, float, float]] = {}
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

    def put_articles(self, rows: Sequence[tuple[StoredArticle, Derived]]) -> None:
        self._articles.update({row[0].article.id: row for row in rows})

    def delete_articles(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._articles.pop(id, None)
            self._places.pop(id, None)
            self.archive.articles.pop(id, None)

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        return {i: self._articles[i][0] for i in ids if i in self._articles}

    def derived(self, ids: Sequence[str]) -> dict[str, Derived]:
        return {i: self._articles[i][1] for i in ids if i in self._articles}

    def all_articles(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        source: str | None = None,
        *,
        in_memory: bool = False,
    ) -> Iterator[StoredArticle]:
        for id in sorted(self._articles, key=to_text):
            article = self._articles[id][0].article
            time = article.published_at or _NEVER
            if in_memory and id in self.archive.articles:
                continue
            late = until is not None and time >= until
            if (since is None or time >= since) and not late and source in (None, article.source):
                yield self._articles[id][0]

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

    def put_matches(
        self, ids: Iterable[str], matches: Iterable[tuple[str, str, float, float, float]]
    ) -> None:
        old = set(ids)
        others = {pair: rest for pair, rest in self._matches.items() if old.isdisjoint(pair)}
        self._matches = others | {(a, b): (j, in_a, in_b) for a, b, j, in_a, in_b in matches}

    def matches(
        self, ids: Sequence[str] | None = None
    ) -> list[tuple[str, str, float, float, float]]:
        return [
            (*pair, *self._matches[pair])
            for pair in sorted(self._matches, key=_stored_pair)
            if (pair[0] not in self.archive.articles if ids is None else {*pair} & {*ids})
        ]

    def put_stories(self, stories: Sequence[StoredStory]) -> None:
        self._stories.update({story.id: story for story in stories})

    def put_summaries(self, summaries: Mapping[str, bytes]) -> None:
        version = max((version for version, _ in self._summaries.values()), default=0) + 1
        self._summaries |= {story: (version, summary) for story, summary in summaries.items()}

    def summaries(self, after: int = 0) -> list[tuple[str, int, bytes]]:
        rows = [(story, *row) for story, row in self._summaries.items() if row[0] > after]
        return sorted(rows, key=lambda row: (row[1], to_text(row[0])))

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


class DictArchive:
    """An `ArticleArchive` in memory."""

    def __init__(self, stored: dict[str, tuple[StoredArticle, Derived]]) -> None:
        self._stored = stored
        self.articles: dict[str, tuple[int, int, ArchivedArticle]] = {}
        self._links: dict[int, bytes] = {}

    def add(self, bundles: Sequence[tuple[bytes, Sequence[ArchivedArticle]]]) -> None:
        last = max((number for number, _, _ in self.articles.values()), default=0)
        for links, articles in bundles:
            bundle = last + 1
            self._links[bundle] = links
            for last, article in enumerate(articles, bundle):
                self.articles[article.id] = (last, bundle, article)

    def remove(self, numbers: Sequence[int] | None = None) -> None:
        removed = set(self._links if numbers is None else numbers)
        self._links = {n: links for n, links in self._links.items() if n not in removed}
        self.articles = {i: row for i, row in self.articles.items() if row[1] not in removed}

    def put_links(self, links: Mapping[int, bytes]) -> None:
        self._links |= {n: value for n, value in links.items() if n in self._links}

    def bundles(self, numbers: Sequence[int]) -> list[Bundle]:
        return [
            Bundle(n, tuple(i for i, row in self._rows() if row[1] == n), self._links[n])
            for n in dict.fromkeys(numbers)
            if n in self._links
        ]

    def bundles_of(self, ids: Sequence[str]) -> dict[str, int]:
        return {i: self.articles[i][1] for i in ids if i in self.articles}

    def bundles_between(self, spans: Sequence[tuple[datetime, datetime]]) -> set[int]:
        return {
            bundle
            for _, bundle, article in self.articles.values()
            for first, last in spans
            if article.time and first <= article.time <= last
        }

    def latest(self) -> datetime | None:
        times = [article.time for *_, article in self.articles.values() if article.time]
        return max(times, default=None)

    def sharing(self, buckets: Sequence[int], most: int) -> set[str]:
        rows = self._rows()
        return {
            id
            for bucket in buckets
            for id in [id for id, row in rows if bucket in row[2].buckets][-most:]
        }

    def vectors(self) -> Iterator[tuple[list[str], list[bytes]]]:
        for id, (*_, article) in self._rows():
            if article.time:
                yield [id], [self._stored[id][1].vectors]

    def lines(self, source: str) -> list[tuple[str, bytes]]:
        rows = [(a.id, a.lines) for *_, a in self.articles.values() if a.source == source]
        return sorted((row for row in rows if row[1]), key=lambda row: to_text(row[0]))

    def _rows(self) -> list[tuple[str, tuple[int, int, ArchivedArticle]]]:
        return sorted(self.articles.items(), key=lambda row: row[1][0])


def _stored_pair(pair: tuple[str, str]) -> tuple[str, str]:
    return to_text(pair[0]), to_text(pair[1])


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
