"""Answers of the index: neighbours of a text, pages of stories, counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from dedup.config import Config
from dedup.encoders import Encoder
from dedup.records import Match, StoryGroup


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A text of the index that is near to the one of a query.

    Args:
        id: Id of the article that represents it.
        story_group: Lasting id of its story group.
        probability: P(same event) of the two; of a query without a time, that of a text of
            unknown time. None if they are further apart than `max_gap`: texts that far apart are
            not compared.
        cosine: Of the vectors of the two: their likeness, in [-1, 1], whatever their times.
        gap: Time between the two; None for a query without a time.
    """

    id: str
    story_group: str
    probability: float | None
    cosine: float
    gap: timedelta | None


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """What the index knows about a text that is not in it.

    Args:
        duplicates: Articles whose text is a copy of it, the most similar first; `a` is the
            article of the index, `b` the text of the query (one without an id has one made of its
            content).
        neighbors: The nearest texts, the most probable first; texts further apart than `max_gap`
            come last, the most similar first.
        story_group: Lasting id of the story group that it fits best: of those with a text that it
            would be linked to and that it would not loosen, the one with the highest mean; empty if
            none is likely enough. `add` nearly always joins that one. Of a query without a time,
            that of the copies of its text, else that of the most probable neighbor if this is at
            least `min_probability`.
        probability: Mean P(same event) with the texts of that group; of a query without a time
            and without copies, that of the most probable neighbor. Else None.
        published_at: The time that the query was bound to; None: it was compared by content alone.
    """

    duplicates: tuple[Match, ...]
    neighbors: tuple[Neighbor, ...]
    story_group: str
    probability: float | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoryPage:
    """A part of a list of story groups.

    Args:
        stories: In the order of the list.
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

    @classmethod
    def of(cls, counts: Mapping[str, int], encoder: Encoder, config: Config) -> IndexStats:
        """Counts of an index.

        Args:
            counts: See `Store.counts`.
            encoder: That of the index.
            config: Its settings.
        """
        return cls(
            articles=counts["articles"],
            in_memory=counts["articles"] - counts["archived"],
            texts=counts["texts"],
            story_groups=counts["story_groups"],
            events=counts["events"],
            encoder=f"{encoder.name} {encoder.revision}",
            config_digest=config.digest(),
            store_bytes=counts["bytes"],
        )
