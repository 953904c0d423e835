"""The records of a store: articles, placements, story groups, events, and the filter of a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dedup.records import Article, CleanText, CopyType, StoryGroup

StoryState = Literal["open", "merged", "closed"]
PlacementStatus = Literal["added", "updated", "unchanged"]
"""Whether an article was new, replaced another content of the same id, or was there already."""


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the index keeps it.

    Args:
        article: With a time always: the published one, or the one it was added at.
        added_at: When it was first added, aware UTC.
        time_imputed: Whether the index gave the article its time, since the page names none.
        digest: Of the content as it was given, to see whether it is the same again.
        clean: Canonical text, and what was cut.
    """

    article: Article
    added_at: datetime
    time_imputed: bool
    digest: str
    clean: CleanText


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article is: its duplicate cluster and its story group.

    Args:
        id: Id of the article.
        duplicate_cluster: Id of its duplicate cluster.
        representative: Id of the article that represents the cluster.
        copy_type: How its text relates to the representative's.
        jaccard: Exact Jaccard similarity with the representative, in [0, 1].
        containment: The larger containment with the representative, in [0, 1].
        story_group: Lasting id of its story group.
        probability: Mean P(same event) with the other texts of the group; None in a group of
            one text.
        status: What `StoryIndex.add` did with the article; None where nothing was added.
    """

    id: str
    duplicate_cluster: str
    representative: str
    copy_type: CopyType
    jaccard: float
    containment: float
    story_group: str
    probability: float | None
    status: PlacementStatus | None = None


@dataclass(frozen=True, slots=True)
class StoredStory:
    """A story group by its lasting id.

    Args:
        id: Its id.
        state: `open` while it has articles; `merged` into `successor`; `closed` without articles.
        successor: Id of the story group it was merged into, else empty.
        group: Its description, with `id` as above; None unless it is open.
        search: Text that `StoryFilter.text` is looked for in: case-folded.
    """

    id: str
    state: StoryState
    successor: str
    group: StoryGroup | None
    search: str = ""


@dataclass(frozen=True, slots=True)
class StoryFilter:
    """Which open story groups are wanted.

    Args:
        since: Those with an article at or after this time.
        until: Those with an article before this time.
        language: Those with an article in this language.
        source: Those with an article of this outlet.
        text: Those in whose `search` every word of this text stands, case-folded.
        min_texts: Those of at least so many texts.
        order: `latest`: by `last_seen`, newest first. `first`: by `first_seen`, newest
            first. `largest`: by texts, most first. Ties by id.
    """

    since: datetime | None = None
    until: datetime | None = None
    language: str = ""
    source: str = ""
    text: str = ""
    min_texts: int = 1
    order: StoryOrder = "latest"


EventKind = Literal["created", "grown", "shrunk", "split", "merged", "closed"]
"""What happened to a story group.

`created`: it is new. `grown`, `shrunk`: articles came, or went, or both. `split`: it is new,
and its articles were in another one that goes on. `merged`: all that was left of it is now in
another one, to which its id leads for ever. `closed`: none of its articles are left.
"""


StoryOrder = Literal["latest", "first", "largest"]
"""Of a list of stories: the last article first, the first article first, most texts first."""


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """Something that happened to a story group. All events, in order, give all story groups.

    Args:
        number: Position in the history, from 1 on, without gaps in meaning: a later event
            has a larger number.
        at: When the index wrote it, aware UTC.
        kind: See `EventKind`.
        story_group: Lasting id of the story group.
        other: Of `merged` the id of the successor, of `split` the one it came from, else empty.
        added: Ids of the articles that came, sorted.
        removed: Ids of the articles that went, sorted.
    """

    number: int
    at: datetime
    kind: EventKind
    story_group: str
    other: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
