"""The nouns of the index: where an article was put, what happened to a story, answers."""

from __future__ import annotations

from dataclasses import dataclass

from dedup.records import Match, StoryGroup


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A text of the index that may cover the same event as the one that was asked for.

    Args:
        id: Id of the article that represents it.
        story_group: Lasting id of its story group.
        probability: P(same event) of the two.
    """

    id: str
    story_group: str
    probability: float


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """What the index knows about a text that is not in it.

    Args:
        duplicates: Articles whose text is a copy of it, the most similar first; `a` is the
            article of the index, `b` the text asked for (one without an id has one made of its
            content).
        neighbors: Texts that may cover the same event, the most probable first.
        story_group: Lasting id of the story group that it would join; empty if none.
        probability: Mean P(same event) with the texts of that group, else None.
    """

    duplicates: tuple[Match, ...]
    neighbors: tuple[Neighbor, ...]
    story_group: str
    probability: float | None


@dataclass(frozen=True, slots=True)
class StoryPage:
    """Some story groups of a longer list.

    Args:
        stories: In the order asked for.
        cursor: What to give for the next ones; empty at the end.
    """

    stories: tuple[StoryGroup, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class IndexStats:
    """Counts of an index.

    Args:
        articles: Articles stored.
        in_memory: Of these, how many are in memory and compared with what arrives.
        texts: Independent texts (duplicate clusters).
        story_groups: Story groups, those of one text included.
        events: Number of the last event.
        encoder: Name and revision of the encoder.
        config_digest: Digest of the configuration.
        store_bytes: Size of the store.
    """

    articles: int
    in_memory: int
    texts: int
    story_groups: int
    events: int
    encoder: str
    config_digest: str
    store_bytes: int
