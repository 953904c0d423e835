"""Records that all steps exchange: small, frozen, without behaviour.

An `Article` is a published text, a `DuplicateCluster` has the copies of one text, and a
`StoryGroup` has all coverage of one event. A `Match` is the evidence for a copy, a `StoryLink` the
evidence for the same event, and a `StoryRelation` the evidence for related events.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from typing import Literal
from urllib.parse import urlsplit

CopyType = Literal["original", "digest", "exact", "near", "contained"]
"""How a member relates to the representative of its duplicate cluster.

`original`: it is the representative. `digest`: it is the representative, and contains texts that
are no copies of each other: it represents none of these. `exact`: its canonical text is equal.
`near`: its exact Jaccard similarity is at least `min_jaccard`. `contained`: it is less similar, but
one of the two texts contains the other (`min_containment`).
"""


DatePrecision = Literal["day", "minute", "second"]
"""How exactly a time is known: a day without a time is not the first moment of the day."""


@dataclass(frozen=True, slots=True)
class Article:
    """One published text.

    Args:
        id: Unique and stable; never empty after reading.
        title: Headline as published, may be empty.
        text: Body as published, may be empty (not both).
        source: Outlet, as a name or host; empty where unknown.
        published_at: Aware UTC time; None where unknown.
        language: ISO 639-1 code (or 639-3 where there is no shorter one);
            empty where unknown.
        url: Address of the page, may be empty.
        date_precision: How exactly `published_at` is known.
    """

    id: str
    title: str = ""
    text: str = ""
    source: str = ""
    published_at: datetime | None = None
    language: str = ""
    url: str = ""
    date_precision: DatePrecision = "second"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the input that is counted and listed, never fatal.

    Args:
        kind: One of a few fixed phrases ("broken JSON", "empty article", "date in the future",
            ...), by which problems are counted.
        where: File and line, or the article's id.
        value: The offending content, shortened.
        article_kept: True if only a field was set aside and the article is used without it.
    """

    kind: str
    where: str
    value: str = ""
    article_kept: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """A piece of an article's text that cleaning removed, and why.

    Args:
        text: The removed text.
        reason: The kind of boilerplate ("advertisement", "read also", ...).
    """

    text: str
    reason: str


BODY_IS_A_WALL = "body is a wall"
"""Reason of a `Removal` that is the whole body: see `CleanText.is_wall`."""


@dataclass(frozen=True, slots=True)
class CleanText:
    """Canonical text of an article, which all later steps use.

    Args:
        title: Normalised headline.
        text: Normalised body without boilerplate.
        removed: Removed pieces, in reading order.
    """

    title: str
    text: str
    removed: tuple[Removal, ...] = ()

    @property
    def is_wall(self) -> bool:
        """Whether the body was nothing but a wall, so that the article is its headline."""
        return any(piece.reason == BODY_IS_A_WALL for piece in self.removed)


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
    """One article of a duplicate cluster, compared with the representative.

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
        representative: Id of the article that represents the text: the earliest, then the
            longest, then the one with the smallest id; a digest only where all are digests.
        members: The representative first, then by time and id.
    """

    id: str
    representative: str
    members: tuple[DuplicateMember, ...]


PAIR_KINDS = ("one language", "two languages")
"""Kinds of pairs of articles; each has its own curves and prior."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One part of the probability of a story link.

    Args:
        name: The feature, one of `dedup.stories.features.FEATURES`, or `prior`.
        value: Its value, in the unit of the feature.
        log_odds: What it adds to the log-odds of the same event.
        detail: The terms or numbers behind it; for the prior, the kind of pair, `one language`
            or `two languages`.
    """

    name: str
    value: float
    log_odds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StoryLink:
    """How likely two articles cover the same event, and why.

    Args:
        a: Id of the earlier article.
        b: Id of the later article.
        probability: P(same event), in [0, 1], according to the weights of the affinity.
        evidence: The parts; their log-odds add up to that of the probability.
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
        probability: Mean P(same event) of its text with the other texts of the group; None in
            a group of one text.
    """

    id: str
    duplicate_cluster: str
    probability: float | None


_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")


@dataclass(frozen=True, slots=True, repr=False)
class StoryGroup:
    """All coverage of one event.

    Args:
        id: Derived from the earliest representative's id.
        headline: Title of the most central text in the first of `output.headline_languages` that
            the group has, else that of the medoid, the most central text of all.
        headlines: Title of the most central text in each language, by language, sorted.
        first_article: Id of the earliest article.
        first_seen: Earliest publication time; None if no member has one.
        last_seen: Latest publication time; None if no member has one.
        texts: Number of independent texts (duplicate clusters), without those of which only
            versions are here that a later one replaced.
        sources: Outlets, sorted.
        languages: Languages, sorted.
        key_terms: Up to 8 rare terms of several of its texts (in a group of one text, of that
            one), as these spell them, the most specific first.
        names: Up to 8 names in several of its texts (in a group of one text, in that one), in
            scripts with capital letters, the most specific first.
        cohesion: Mean P(same event) over all pairs of its texts; None in a group of one.
        least_likely_member: Representative of the text with the lowest probability; None in a
            group of one.
        members: Articles, by time and id.
        versions: Ids of members that are versions of one page (same source and address), the
            earliest first: the last one replaces the others.
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
    versions: tuple[tuple[str, ...], ...] = ()

    @property
    def articles(self) -> int:
        """Number of members without those that a later version replaced."""
        return len(self.members) - sum(len(page) - 1 for page in self.versions)

    def versions_with(self, id: str) -> tuple[str, ...]:
        """Versions of the page of an article, the latest last; none if there is only this one."""
        return next((page for page in self.versions if id in page), ())

    def __repr__(self) -> str:
        day = f"{self.first_seen:%Y-%m-%d}" if self.first_seen else "undated"
        return f"StoryGroup({self.id!r}, {day}, texts={self.texts}, {self.headline!r})"

    def _repr_html_(self) -> str:
        """What it is about as a table, with the headline in each language, for notebooks."""
        seen = [f"{time:%Y-%m-%d %H:%M}" for time in (self.first_seen, self.last_seen) if time]
        facts = {
            "first and last seen": " to ".join(dict.fromkeys(seen)) or "undated",
            "texts": f"{self.texts:,}",
            "articles": f"{self.articles:,}",
            "sources": ", ".join(self.sources),
            "names": ", ".join(self.names),
            "key terms": ", ".join(self.key_terms),
            **{f"headline ({name or '?'})": line for name, line in self.headlines.items()},
        }
        left = ' style="text-align:left"'
        rows = "".join(
            f'<tr><th{left}>{escape(name)}</th><td{left} dir="auto">{escape(value)}</td></tr>'
            for name, value in facts.items()
            if value
        )
        above = f'<p><b dir="auto">{escape(self.headline)}</b> ({escape(self.id)})</p>'
        return f"{above}<table><tbody>{rows}</tbody></table>".translate(_CONTROLS)


RelationKind = Literal["follow_up", "background", "related"]
"""How the later of two stories is related to the earlier one.

`follow_up`: it continues the earlier one, within days. `background`: the earlier one, of weeks or
months before, is its background. `related`: both happen at the same time, or a time is unknown.
"""


@dataclass(frozen=True, slots=True)
class StoryRelation:
    """Two related story groups, and why they are related. Relations never merge groups.

    Args:
        earlier: Id of the story group that began first.
        later: Id of the other story group.
        kind: See `RelationKind`.
        strength: In [0, 1]; higher with more shared terms, lower with more time between.
        cosine: Cosine of the sums of the vectors of their texts.
        gap: Time between the beginnings of the two; None if one has no date.
        shared_bits: Sum of the inverse document frequencies of all shared terms, in bits.
        shared_terms: The rarest of these terms, as the earlier story spells them.
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


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of a run.

    Args:
        articles: Articles in the result.
        texts: Independent texts (duplicate clusters).
        story_groups: Story groups, those of a single text included.
        duplicates: Articles that are a copy of another one.
        problems: Number of problems by kind.
        removals: Number of removed pieces of boilerplate by kind.
        encoder: Name and revision of the encoder.
        config_digest: Digest of the configuration.
        notes: Limits of the result that a reader should know.
    """

    articles: int
    texts: int
    story_groups: int
    duplicates: int
    problems: Mapping[str, int]
    removals: Mapping[str, int]
    encoder: str
    config_digest: str
    notes: tuple[str, ...] = ()


_OTHER_NAMES = re.compile(r"(?:(?:www\d?|m|mobile|wap|touch|amp|edition)\.)+(?=[^.]+\.[^.])")
"""Labels before an outlet's own host: for telephones, for fast pages, for another region."""


def host_of(address: str) -> str:
    """The host of an address by which an outlet is known; empty where there is none.

    `www.`, `m.`, `mobile.`, `wap.`, `touch.`, `amp.` and `edition.` are left out where a whole
    host remains behind them. Any other label is an outlet of its own.

    >>> host_of("https://www.daily.example/a"), host_of("https://sport.daily.example/a")
    ('daily.example', 'sport.daily.example')
    """
    try:
        host = (urlsplit(address).hostname or "").removesuffix(".")
    except ValueError:
        return ""
    other = _OTHER_NAMES.match(host)
    return host[other.end() :] if other else host
