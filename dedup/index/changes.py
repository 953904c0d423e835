"""What a change of some articles means for the store: articles, placements, stories, events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import xxhash

from dedup.articles import source_of, stable_id
from dedup.config import Config
from dedup.errors import InputError
from dedup.index.live.change import IndexChange
from dedup.index.live.live import LiveIndex
from dedup.pipeline import distinct
from dedup.readers.fields import as_articles
from dedup.readers.problems import shorten
from dedup.readers.values import as_date
from dedup.records import Article, CleanText, Problem, StoryGroup, StoryMember
from dedup.store import Placement, Store, StoredArticle, StoredStory
from dedup.store.identity import map_ids
from dedup.store.records import PlacementStatus, StoryEvent
from dedup.text.dates.reading import read_date

Several = Iterable[Article | Mapping[str, object]] | str | Path
"""Articles, or the path of a file of them."""
_UNREAD_DATES = ("impossible date", "placeholder date")
_FIELDS = ("id", "title", "text", "source", "published_at", "language", "url")


def utc_now() -> datetime:
    """The time of this machine, aware UTC."""
    return datetime.now(UTC)


class ChangeWriter:
    """Writes what changed, in the transaction that is open, and keeps lasting ids up to date.

    Args:
        store: Where it is written.
        live: What is in memory, after the change.
    """

    def __init__(self, store: Store, live: LiveIndex) -> None:
        self._store = store
        self._live = live
        self._lasting = live.memory.lasting

    def write(
        self,
        change: IndexChange,
        stored: Mapping[str, StoredArticle],
        removed: Sequence[str],
        now: datetime,
    ) -> None:
        """Write a change.

        Args:
            change: What changed.
            stored: The articles that were put, by id.
            removed: Ids of the articles that were removed.
            now: When it happened.
        """
        store = self._store
        others = store.articles([id for id in change.texts if id not in stored])
        known = {**others, **stored}
        store.delete_articles(removed)
        store.put_articles([replace(known[id], clean=clean) for id, clean in change.texts.items()])
        stories = self._write_stories(change, now)
        affected = {member.id for cluster in change.clusters for member in cluster.members}
        affected |= {member.id for story in stories.values() for member in story.members}
        members = {
            member.id: (self._lasting[story.id], member)
            for story in change.stories
            for member in story.members
        }
        store.put_placements([_placed(self._live, id, *members[id]) for id in sorted(affected)])

    def _write_stories(self, change: IndexChange, now: datetime) -> dict[str, StoryGroup]:
        """Write story groups and events; the groups that changed, by lasting id."""
        store = self._store
        lasting = [self._lasting.pop(id) for id in change.old_stories if id in self._lasting]
        old = store.stories(lasting)
        elders = sorted((story.group for story in old.values() if story.group), key=_age)
        before = {group.id: [member.id for member in group.members] for group in elders}
        after = [[member.id for member in story.members] for story in change.stories]
        used: set[str] = set()

        def new_id(number: int) -> str:
            id = self._unused_id(change.stories[number].first_article, used)
            used.add(id)
            return id

        mapping = map_ids(before, after, new_id)
        groups: dict[str, StoryGroup] = {}
        for story, id in zip(change.stories, mapping.ids, strict=True):
            self._lasting[story.id] = id
            group = replace(story, id=id)
            if id not in old or old[id].group != group:
                groups[id] = group
        ended = [
            StoredStory(event.story_group, event.kind, event.other, None)
            for event in mapping.changes
            if event.kind == "merged" or event.kind == "closed"
        ]
        opened = [
            StoredStory(group.id, "open", "", group, _search(group)) for group in groups.values()
        ]
        store.put_stories([*ended, *opened])
        summaries = {self._lasting[id]: summary for id, summary in change.summaries.items()}
        store.put_summaries({story.id: b"" for story in ended} | summaries)
        first = store.last_event() + 1
        store.add_events(
            [
                StoryEvent(
                    number,
                    now,
                    event.kind,
                    event.story_group,
                    event.other,
                    event.added,
                    event.removed,
                )
                for number, event in enumerate(mapping.changes, first)
            ]
        )
        return groups

    def _unused_id(self, first_article: str, used: set[str]) -> str:
        """An id for a new story group that no other ever had."""
        attempt = 1
        while True:
            name = first_article if attempt == 1 else f"{first_article}\n{attempt}"
            id = stable_id("s", name)
            if id not in used and not self._store.stories([id]):
                return id
            attempt += 1


def _placed(live: LiveIndex, article: str, story: str, member: StoryMember) -> Placement:
    cluster = live.cluster_of(article)
    copy = next(copy for copy in cluster.members if copy.id == article)
    return Placement(
        article,
        cluster.id,
        cluster.representative,
        copy.copy_type,
        copy.jaccard,
        copy.containment,
        story,
        member.probability,
    )


def read_one(
    article: Article | Mapping[str, object],
    config: Config,
    now: datetime | None,
    problems: list[Problem] | None = None,
) -> Article:
    """One article as it is read, for an index.

    Args:
        article: As `dedup.cluster` takes it.
        config: All settings.
        now: Articles cannot be from after this time; None: from any.
        problems: Where what was set aside is added.

    Raises:
        InputError: It cannot be used.
    """
    new: list[Problem] = []
    articles = distinct(
        as_articles([article], config=config.reading, now=now, on_problem=new.append), new
    )
    if problems is not None:
        problems.extend(new)
    if not articles:
        raise InputError(f"the article cannot be used: {new[0].kind} ({new[0].value!r})")
    return articles[0]


def read_query(
    article: Article | Mapping[str, object] | str,
    published_at: datetime | str | None,
    config: Config,
) -> Article:
    """The article that a query is about; it has a time only if one is named.

    Args:
        article: A text, or an article as `dedup.cluster` takes it.
        published_at: Its time, where the article has none.
        config: All settings.

    Raises:
        InputError: There is no text in it, or its time cannot be read.
    """
    problems: list[Problem] = []
    row = {"text": article} if isinstance(article, str) else article
    read = read_one(row, config, None, problems)
    if published_at is not None and read.published_at is None:
        date = read_date(as_date(published_at), language=read.language)
        if date.failure or date.when is None:
            problems.append(Problem("impossible date", "", shorten(published_at)))
        read = replace(read, published_at=date.when, date_precision=date.precision)
    unread = [problem for problem in problems if problem.kind in _UNREAD_DATES]
    if unread and read.published_at is None:
        raise InputError(
            f"{unread[0].value!r} is no time of a query ({unread[0].kind}): write 2023-06-03 or "
            "2023-06-03T10:50, or leave it out to compare by content alone"
        )
    return read


def digest_of(article: Article) -> str:
    """Of the content as it was given."""
    values = [str(getattr(article, name)) for name in _FIELDS]
    if article.date_precision != "second":
        # Only then, so that digests from before there were precisions are as they were.
        values.append(article.date_precision)
    return xxhash.xxh3_128_hexdigest("\x1f".join(values).encode("utf-8", "surrogatepass"))


def stored_article(
    article: Article, digest: str, old: StoredArticle | None, now: datetime
) -> StoredArticle:
    """The article with a time: its own, the one that it was given before, or now."""
    added_at = old.added_at if old else now
    time = article.published_at
    timed = replace(article, published_at=time or added_at)
    return StoredArticle(timed, added_at, time is None, digest, CleanText("", ""))


def changes_of_source(
    articles: Sequence[Article], old: Mapping[str, StoredArticle]
) -> list[Problem]:
    """A problem for each article with the id of another outlet's article of another title.

    Args:
        articles: Articles that are added.
        old: Those of their ids that are stored.
    """
    problems = []
    for article in articles:
        if article.id in old:
            before = old[article.id].article
            sources = source_of(before), source_of(article)
            if sources[0] != sources[1] and before.title != article.title:
                value = (
                    f"{sources[0] or 'no source'} -> {sources[1] or 'no source'}: {article.title}"
                )
                problems.append(Problem("source changed", article.id, shorten(value), True))
    return problems


def placement_of(placement: Placement, old: StoredArticle | None, digest: str) -> Placement:
    """The placement of an article with its status after an addition.

    Args:
        placement: Where it is.
        old: The article before; None: it was not there.
        digest: Of its content now.
    """
    status: PlacementStatus = "updated"
    if old is None:
        status = "added"
    elif old.digest == digest:
        status = "unchanged"
    return replace(placement, status=status)


def _age(group: StoryGroup) -> tuple[datetime, str]:
    assert group.first_seen is not None
    return group.first_seen, group.id


def _search(story: StoryGroup) -> str:
    words = [story.headline, *story.headlines.values(), *story.key_terms, *story.names]
    return "\n".join(words).casefold()
