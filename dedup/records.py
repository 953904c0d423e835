"""The nouns that travel through every step: small frozen records without behaviour.

Words: an `Article` is one published text; a `DuplicateCluster` holds the copies
of one text; a `StoryGroup` holds everybody's coverage of one event. A `Match`
is the evidence for a copy, a `StoryLink` the evidence for the same event, a `StoryRelation`
that for two events that belong to one affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

CopyType = Literal["original", "exact", "near", "contained"]
"""How a member relates to the representative of its duplicate cluster.

`original`: it is the representative. `exact`: equal canonical text. `near`:
exact Jaccard similarity of at least `min_jaccard`. `contained`: less similar,
but one of the two texts lies inside the other (`min_containment`).
"""


@dataclass(frozen=True, slots=True)
class Article:
    """One published text.

    Args:
        id: Unique and stable; never empty after reading.
        title: Headline as published, may be empty.
        text: Body as published, may be empty (not both).
        source: Outlet, as a name or host; empty where unknown.
        published_at: Aware UTC time, or None where the page names none.
        language: ISO 639-1 code (or 639-3 where there is no shorter one);
            empty where unknown.
        url: Address of the page, may be empty.
    """

    id: str
    title: str = ""
    text: str = ""
    source: str = ""
    published_at: datetime | None = None
    language: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad thing met in the input: counted, listed, never fatal.

    Args:
        kind: What it is, from a small fixed vocabulary ("broken JSON",
            "empty article", "date in the future", ...): problems are counted by it.
        where: File and line, or the article's id.
        value: What was found there, shortened.
        article_kept: True if the article was kept (only a field was set aside).
    """

    kind: str
    where: str
    value: str = ""
    article_kept: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """A piece of an article's text that cleaning cut away, and why.

    Args:
        text: The text that was cut.
        reason: What it was taken for ("advertisement", "read also", ...).
    """

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class CleanText:
    """Canonical text of an article: what the later steps look at.

    Args:
        title: Normalised headline.
        text: Normalised body without boilerplate.
        removed: What was cut, in reading order.
    """

    title: str
    text: str
    removed: tuple[Removal, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A verified near-duplicate link between two articles.

    Args:
        a: Id of the earlier article (in the order of time, length, id).
        b: Id of the later one.
        jaccard: Exact Jaccard similarity of the two shingle sets, in [0, 1].
        containment_a: Share of the shingles of `a` that are in `b`, in [0, 1].
        containment_b: Share of the shingles of `b` that are in `a`, in [0, 1].
    """

    a: str
    b: str
    jaccard: float
    containment_a: float
    containment_b: float


@dataclass(frozen=True, slots=True)
class DuplicateMember:
    """One article of a duplicate cluster, measured against the representative.

    Args:
        id: Id of the article.
        copy_type: See `CopyType`.
        jaccard: Exact Jaccard similarity with the representative.
        containment: The larger of the two containments with the representative.
    """

    id: str
    copy_type: CopyType
    jaccard: float
    containment: float


@dataclass(frozen=True, slots=True)
class DuplicateCluster:
    """Copies of one text; an article without copies is a cluster of one.

    Args:
        id: Derived from the representative's id: equal in every run.
        representative: Id of the article that stands for the text: the
            earliest, then the longest, then the smallest id.
        members: The representative first, then by time and id.
    """

    id: str
    representative: str
    members: tuple[DuplicateMember, ...]


PAIR_KINDS = ("one language", "two languages")
"""Kinds of pairs of articles: each has curves and a prior of its own."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One part of a story link's probability.

    Args:
        name: The feature, one of `dedup.stories.features.FEATURES`, or `prior`.
        value: Its measured value, in the feature's own unit.
        log_odds: What it added to the log-odds of "same event".
        detail: The terms or numbers behind it, for people; of the prior the kind of pair,
            `one language` or `two languages`.
    """

    name: str
    value: float
    log_odds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StoryLink:
    """Why two articles are held to cover the same event, or not.

    Args:
        a: Id of the earlier article.
        b: Id of the later article.
        probability: P(same event), in [0, 1], as good as the affinity's weights.
        evidence: The parts whose log-odds add up to it.
    """

    a: str
    b: str
    probability: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryMember:
    """One article of a story group.

    Args:
        id: Id of the article.
        duplicate_cluster: Id of its duplicate cluster.
        probability: Mean P(same event) of its text with the other texts of the
            group; None in a group of a single text.
    """

    id: str
    duplicate_cluster: str
    probability: float | None


@dataclass(frozen=True, slots=True)
class StoryGroup:
    """Everybody's coverage of one event.

    Args:
        id: Derived from the earliest representative's id.
        headline: Title of the medoid, the text closest to all others.
        headlines: By language, the title of the text closest to all others among those
            in that language; sorted by language.
        first_article: Id of the earliest article: it broke the story.
        first_seen: Earliest publication time, None if no member has one.
        last_seen: Latest publication time, None if no member has one.
        texts: Number of independent texts (duplicate clusters).
        sources: Outlets, sorted.
        languages: Languages, sorted.
        key_terms: Up to 8 rare terms that stand in several of its texts (in a group of one
            text, in that one), case-folded, the most telling first.
        names: Up to 8 names that stand in several of its texts (of one: in that one), in
            scripts with capital letters, the most telling first.
        cohesion: Mean P(same event) over all pairs of its texts; None in a group of one.
        least_likely_member: Representative of the text that fits least; None in a group of one.
        members: Articles, by time and id.
    """

    id: str
    headline: str
    headlines: Mapping[str, str] = field(hash=False)
    first_article: str
    first_seen: datetime | None
    last_seen: datetime | None
    texts: int
    sources: tuple[str, ...]
    languages: tuple[str, ...]
    key_terms: tuple[str, ...]
    names: tuple[str, ...]
    cohesion: float | None
    least_likely_member: StoryMember | None
    members: tuple[StoryMember, ...]


RelationKind = Literal["follow_up", "background", "related"]
"""How the later of two stories stands to the earlier one.

`follow_up`: what happened next, within days. `background`: it looks back on what happened
weeks or months before. `related`: both go on at one time, or it is not known when.
"""


@dataclass(frozen=True, slots=True)
class StoryRelation:
    """Two story groups that have to do with each other, and why. Relations never merge them.

    Args:
        earlier: Id of the story group that began first.
        later: Id of the other.
        kind: See `RelationKind`.
        strength: In [0, 1]; grows with what the two share and fades with time.
        cosine: Of the sums of the vectors of their texts.
        gap: Time between the beginnings of the two; None where one has no date.
        shared_bits: Summed rarity of all shared terms, in bits.
        shared_terms: The rarest of these terms, case-folded.
        shared_names: Names that both groups have (see `StoryGroup`).
    """

    earlier: str
    later: str
    kind: RelationKind
    strength: float
    cosine: float
    gap: timedelta | None
    shared_bits: float
    shared_terms: tuple[str, ...]
    shared_names: tuple[str, ...]
