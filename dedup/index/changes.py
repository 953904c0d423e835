"""What a change of some articles means for the store: articles, places, story groups, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from datetime import datetime

import xxhash

from dedup.articles import stable_id
from dedup.index.live.live import IndexChange, LiveIndex
from dedup.records import Article, CleanText, StoryGroup, StoryMember
from dedup.store import Placement, Store, StoredArticle, StoredStory
from dedup.store.identity import succession
from dedup.store.records import PlacementStatus, StoryEvent

_FIELDS = ("id", "title", "text", "source", "published_at", "language", "url")


class ChangeWriter:
    """Writes what changed, in the transaction that is open, and keeps count of lasting ids.

    Args:
        store: Where it is written.
        live: What is kept in memory, after the change.
    """

    def __init__(self, store: Store, live: LiveIndex) -> None:
        self._store = store
        self._live = live
        self._lasting = live.lasting

    def write(
        self,
        outcome: IndexChange,
        stored: Mapping[str, StoredArticle],
        removed: Sequence[str],
        now: datetime,
    ) -> None:
        """Write what a change changed.

        Args:
            outcome: What changed.
            stored: The articles that were put, by id.
            removed: Ids of the articles that went.
            now: When it happened.
        """
        store = self._store
        again = store.articles([each for each in outcome.derived if each not in stored])
        known = {**again, **stored}
        if outcome.unshelved:
            store.unshelve(outcome.unshelved)
        if outcome.parcels:
            store.put_parcel_links(outcome.parcels)
        store.delete_articles(removed)
        store.put_matches(outcome.looked_at, [(a, b, *astuple(s)) for a, b, s in outcome.matches])
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
        store.put_placements([_place(self._live, each, *homes[each]) for each in sorted(touched)])

    def _write_stories(self, outcome: IndexChange, now: datetime) -> dict[str, StoryGroup]:
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
            StoredStory(change.story_group, change.kind, change.other, None)
            for change in found.changes
            if change.kind == "merged" or change.kind == "closed"
        ]
        opened = [StoredStory(each.id, "open", "", each, _search(each)) for each in groups.values()]
        store.put_stories([*ended, *opened])
        gone = {each.id: b"" for each in ended}
        outlines = {self._lasting[each]: kept for each, kept in outcome.outlines.items()}
        store.put_summaries(gone | outlines)
        first = store.last_event() + 1
        store.add_events(
            [
                StoryEvent(
                    number, now, change.kind, change.story_group, change.other, change.added,
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


def _place(live: LiveIndex, article: str, story: str, member: StoryMember) -> Placement:
    cluster = live.cluster_of(article)
    copy = next(each for each in cluster.members if each.id == article)
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


def digest_of(article: Article) -> str:
    """Of the content as it was given."""
    values = [str(getattr(article, name)) for name in _FIELDS]
    return xxhash.xxh3_128_hexdigest("\x1f".join(values).encode("utf-8", "surrogatepass"))


def stored_article(
    article: Article, digest: str, old: StoredArticle | None, now: datetime
) -> StoredArticle:
    """The article with a time: its own, the one that it was given before, or now."""
    added_at = old.added_at if old else now
    time = article.published_at
    timed = replace(article, published_at=time or added_at)
    return StoredArticle(timed, added_at, time is None, digest, CleanText("", ""))


def placement_of(place: Placement, known: str | None, digest: str) -> Placement:
    """The placement of an article with its status after an addition.

    Args:
        place: Where it is.
        known: Digest of its content before, None if it was not there.
        digest: Of its content now.
    """
    status: PlacementStatus = "updated"
    if known is None:
        status = "added"
    elif known == digest:
        status = "unchanged"
    return replace(place, status=status)


def _age(group: StoryGroup) -> tuple[datetime, str]:
    assert group.first_seen is not None
    return group.first_seen, group.id


def _search(story: StoryGroup) -> str:
    words = [story.headline, *story.headlines.values(), *story.key_terms, *story.names]
    return "\n".join(words).casefold()
