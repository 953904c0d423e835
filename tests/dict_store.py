"""The obvious store: dicts. What the others must answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from dedup.index_records import StoryEvent
from dedup.records import StoryGroup
from dedup.store import Derived, Place, StoredArticle, StoredStory, StoryFilter
from dedup.store.rows import to_text

_NEVER = datetime.min.replace(tzinfo=UTC)


class DictStore:
    """A `Store` in memory, for one thread."""

    def __init__(self) -> None:
        self._meta: dict[str, str] = {}
        self._articles: dict[str, tuple[StoredArticle, Derived]] = {}
        self._places: dict[str, Place] = {}
        self._links: dict[tuple[str, str], int] = {}
        self._matches: dict[tuple[str, str], tuple[float, float, float]] = {}
        self._stories: dict[str, StoredStory] = {}
        self._events: list[StoryEvent] = []

    def close(self) -> None:
        pass

    @contextmanager
    def begin(self) -> Iterator[None]:
        before = {name: value.copy() for name, value in vars(self).items()}
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
        for id in ids:  # noqa: A001
            self._articles.pop(id, None)
            self._places.pop(id, None)

    def articles(self, ids: Sequence[str]) -> dict[str, StoredArticle]:
        return {i: self._articles[i][0] for i in ids if i in self._articles}

    def digests(self, ids: Sequence[str]) -> dict[str, str]:
        return {i: stored.digest for i, stored in self.articles(ids).items()}

    def all_articles(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        source: str | None = None,
    ) -> Iterator[tuple[StoredArticle, Derived]]:
        for id in sorted(self._articles, key=to_text):  # noqa: A001
            article = self._articles[id][0].article
            time = article.published_at or _NEVER
            late = until is not None and time >= until
            if (since is None or time >= since) and not late and source in (None, article.source):
                yield self._articles[id]

    def put_places(self, places: Sequence[Place]) -> None:
        self._places.update({place.id: place for place in places})

    def places(self, ids: Sequence[str]) -> dict[str, Place]:
        return {i: self._places[i] for i in ids if i in self._places}

    def all_places(self) -> Iterator[Place]:
        return iter(sorted(self._places.values(), key=lambda place: to_text(place.id)))

    def cluster(self, id: str) -> list[Place]:  # noqa: A002
        members = [place for place in self.all_places() if place.duplicate_cluster == id]
        return sorted(members, key=lambda place: place.id != place.representative)

    def put_links(self, links: Iterable[tuple[str, str, int]]) -> None:
        self._links.update({(a, b): log_odds for a, b, log_odds in links})

    def delete_links(self, pairs: Iterable[tuple[str, str]]) -> None:
        for pair in pairs:
            self._links.pop(pair, None)

    def all_links(self) -> Iterator[tuple[str, str, int]]:
        return ((*pair, self._links[pair]) for pair in sorted(self._links, key=_as_kept))

    def put_matches(self, matches: Iterable[tuple[str, str, float, float, float]]) -> None:
        self._matches.update({(a, b): (j, in_a, in_b) for a, b, j, in_a, in_b in matches})

    def delete_matches(self, pairs: Iterable[tuple[str, str]]) -> None:
        for pair in pairs:
            self._matches.pop(pair, None)

    def all_matches(self) -> Iterator[tuple[str, str, float, float, float]]:
        return ((*pair, *self._matches[pair]) for pair in sorted(self._matches, key=_as_kept))

    def put_stories(self, stories: Sequence[StoredStory]) -> None:
        self._stories.update({story.id: story for story in stories})

    def stories(self, ids: Sequence[str]) -> dict[str, StoredStory]:
        return {i: self._stories[i] for i in ids if i in self._stories}

    def find_stories(
        self, wanted: StoryFilter, limit: int, cursor: str = ""
    ) -> tuple[list[StoredStory], str]:
        found = [story for story in self._stories.values() if _fits(story, wanted)]
        found.sort(key=lambda story: to_text(story.id))
        found.sort(key=lambda story: _order(story.group, wanted), reverse=True)
        start = int(cursor or 0)
        more = start + limit < len(found)
        return found[start : start + limit], str(start + limit) if more else ""

    def add_events(self, events: Sequence[StoryEvent]) -> None:
        self._events = [*self._events, *events]

    def events(self, after: int = 0, limit: int | None = None, story: str = "") -> list[StoryEvent]:
        found = [e for e in self._events if e.number > after and story in ("", e.story)]
        return found[:limit]

    def counts(self) -> dict[str, int]:
        return {
            "articles": len(self._articles),
            "texts": len({place.duplicate_cluster for place in self._places.values()}),
            "story_groups": sum(story.state == "open" for story in self._stories.values()),
            "events": len(self._events),
            "bytes": 0,
        }

    def check(self) -> list[str]:
        return []


def _as_kept(pair: tuple[str, str]) -> tuple[str, str]:
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
