"""Related stories: which story groups belong to one affair. Relations never merge groups.

Two groups are tied when they are alike and share something specific:

* the cosine of the sums of their texts' whole-number vectors is at least `min_cosine`, and
* the rare terms that both have are worth at least `min_shared_idf_bits` together. Rarity is that of
  general language; a term of more than `max_term_groups` groups does not count.

What they are to each other is a matter of time. A story is *related* to another one where a time
is missing, where both began within six hours, or where the later began before half of the texts
of the earlier one had appeared. Otherwise it is a *follow-up*, if it began at most `max_gap` after
the other, or has it as *background*, if it began at most `max_background_gap` after it. After
so long the words of a topic prove little (one earthquake has those of the next): background has to
share a name and a quarter more bits, or, where one of the two has no names, three times the bits.

The strength of a relation is `cosine * bits / (bits + min_shared_idf_bits) * sqrt(m / (m + gap))`,
m being `max_gap` and at least a day; a missing gap counts as m. Among the 32 strongest of each
group, relations are taken from the strongest down, while both groups have fewer than `max_related`;
of equal ones those of the earlier groups come first.

Relations are a function of the set of groups. Another group changes the relations of a group only
by making a term too common or by a stronger relation. Sums and products are of whole numbers, exact
in float64, so that the order of adding does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from dedup.articles import UNDATED
from dedup.compute.arrays import BoolMask, Float32s, Int64s
from dedup.config import RelatedStoriesConfig
from dedup.description.summaries import Outlines
from dedup.description.terms import StoryTerms, joined_pieces
from dedup.records import RelationKind, StoryGroup, StoryRelation
from dedup.stories.grouping import Group
from dedup.text.terms import WEIGHT_UNIT

_AT_ONCE_SECONDS = 6 * 3600
_DAY_SECONDS = 86_400.0
_BACKGROUND_FACTOR = 1.25
_NAMELESS_FACTOR = 3.0
STRONGEST = 32
"""Of so many relations of a group those that are taken are chosen."""
_ENTRIES_AT_ONCE = 1 << 21
_PAIRS_AT_ONCE = 1 << 13
_SHOWN_TERMS = 8
_LOOKED_AT_TERMS = 2 * _SHOWN_TERMS
_KINDS: tuple[RelationKind, ...] = ("related", "follow_up", "background")
_NO_TIE = -1

Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RelationPairs:
    """Pairs of groups, `a` the earlier, and what they are to each other; all of shape (m,)."""

    a: Int64s
    b: Int64s
    bits: Float64s
    cosines: Float64s
    kinds: Int64s
    strengths: Float64s

    def at(self, places: Int64s) -> RelationPairs:
        """The pairs at those places."""
        return RelationPairs(*(getattr(self, each.name)[places] for each in fields(self)))


def story_relations(
    groups: Sequence[Group],
    stories: Sequence[StoryGroup],
    whole: Float32s,
    seconds: Int64s,
    terms: StoryTerms,
    config: RelatedStoriesConfig = RelatedStoriesConfig(),
) -> tuple[StoryRelation, ...]:
    """Relations between story groups.

    Args:
        groups: n groups of numbers of texts, by their first member.
        stories: The same groups, described.
        whole: Whole-number vectors of the texts, float32 of shape (texts, dim).
        seconds: Times of the texts in seconds since 1970, int64 of shape (texts,), `UNDATED`
            where unknown. The first member of a group is its earliest.
        terms: Rare terms of the groups.
        config: Limits.

    Returns:
        Relations by (later, earlier) group, in the order of the groups.
    """
    if not config.max_related or len(groups) < 2:
        return ()
    names = [story.names for story in stories]
    outlines = Outlines.of(groups, names, whole, seconds, terms, config.max_term_groups)
    finder = RelationFinder(outlines, config)
    found = [finder.strongest(start, stop) for start, stop in finder.blocks()]
    pairs = _distinct(found)
    kept = pairs.at(_taken(pairs, len(groups), config.max_related))
    return described_relations(kept, stories, terms, outlines)


class RelationFinder:
    """Finds the strongest relations of groups, some rows at a time.

    Args:
        outlines: Of the groups.
        config: Limits.
    """

    def __init__(self, outlines: Outlines, config: RelatedStoriesConfig) -> None:
        self._config = config
        self._outlines = outlines
        self._has = outlines.shared.astype(bool).astype(np.int64)
        sums = outlines.sums
        self._norms = np.sqrt(np.einsum("ij,ij->i", sums, sums, dtype=np.float64))

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Ranges of groups whose terms stand in a bounded number of places."""
        common = np.asarray(self._has.sum(axis=0)).ravel()
        entries = np.cumsum(self._has @ common)
        start, count = 0, len(entries)
        while start < count:
            before = entries[start - 1] if start else 0
            stop = int(np.searchsorted(entries, before + _ENTRIES_AT_ONCE, side="right"))
            stop = max(stop, start + 1)
            yield start, stop
            start = stop

    def strongest(self, start: int, stop: int, most: int | None = None) -> RelationPairs:
        """The strongest relations of the groups from `start` to `stop` with any others."""
        config = self._config
        product = (self._outlines.shared[start:stop] @ self._has.T).tocoo()
        bits = product.data * WEIGHT_UNIT
        rows, others = product.row.astype(np.int64) + start, product.col.astype(np.int64)
        enough = np.flatnonzero((bits >= config.min_shared_idf_bits) & (rows != others))
        rows, others, bits = rows[enough], others[enough], bits[enough]
        a, b = np.minimum(rows, others), np.maximum(rows, others)
        kinds, gaps = self._kinds(a, b, bits)
        timely = np.flatnonzero(kinds != _NO_TIE)
        rows, others, kinds = rows[timely], others[timely], kinds[timely]
        a, b, bits, gaps = a[timely], b[timely], bits[timely], gaps[timely]
        cosines = self._cosines(a, b)
        strengths = self._strengths(cosines, bits, gaps)
        tied = np.flatnonzero(cosines >= config.min_cosine)
        order = tied[np.lexsort((others[tied], -strengths[tied], rows[tied]))]
        ranked = rows[order]
        rank = np.arange(len(ranked)) - np.searchsorted(ranked, ranked)
        return RelationPairs(a, b, bits, cosines, kinds, strengths).at(
            order[rank < (STRONGEST if most is None else most)]
        )

    def _kinds(self, a: Int64s, b: Int64s, bits: Float64s) -> tuple[Int64s, Float64s]:
        """Place in `_KINDS`, or none, and gap in seconds, NaN where a time is missing."""
        config = self._config
        begins = self._outlines.begins
        dated = (begins[a] != UNDATED) & (begins[b] != UNDATED)
        gaps = np.where(dated, begins[b], 0) - np.where(dated, begins[a], 0)
        at_once = (gaps <= _AT_ONCE_SECONDS) | (begins[b] < self._outlines.middles[a])
        kinds = np.select(
            [
                ~dated | at_once,
                gaps <= config.max_gap.total_seconds(),
                (gaps <= config.max_background_gap.total_seconds()) & self._specific(a, b, bits),
            ],
            [0, 1, 2],
            _NO_TIE,
        )
        return kinds, np.where(dated, gaps, np.nan)

    def _specific(self, a: Int64s, b: Int64s, bits: Float64s) -> BoolMask:
        """Whether two groups share more than the words of a topic."""
        shared = (
            np.asarray(
                self._outlines.names[a].multiply(self._outlines.names[b]).sum(axis=1)
            ).ravel()
            > 0
        )
        counts = np.diff(self._outlines.names.indptr)
        nameless = (counts[a] == 0) | (counts[b] == 0)
        least = self._config.min_shared_idf_bits
        named: BoolMask = shared & (bits >= _BACKGROUND_FACTOR * least)
        unnamed: BoolMask = nameless & (bits >= _NAMELESS_FACTOR * least)
        return np.logical_or(named, unnamed)

    def _cosines(self, a: Int64s, b: Int64s) -> Float64s:
        dots = [np.empty(0)]
        for start in range(0, len(a), _PAIRS_AT_ONCE):
            part = slice(start, start + _PAIRS_AT_ONCE)
            # Whole numbers below 2^53: float64 adds them exactly.
            first, second = (self._outlines.sums[each[part]].astype(np.float64) for each in (a, b))
            dots.append(np.einsum("ij,ij->i", first, second))
        lengths = self._norms[a] * self._norms[b]
        found = np.concatenate(dots)
        cosines: Float64s = np.divide(found, lengths, out=np.zeros(len(a)), where=lengths > 0)
        return np.minimum(cosines, 1.0)

    def _strengths(self, cosines: Float64s, bits: Float64s, gaps: Float64s) -> Float64s:
        unit = max(self._config.max_gap.total_seconds(), _DAY_SECONDS)
        fade = np.sqrt(unit / (unit + np.where(np.isnan(gaps), unit, gaps)))
        strengths: Float64s = cosines * bits / (bits + self._config.min_shared_idf_bits) * fade
        return strengths


def _rarest(shared: sp.csr_array, a: int, b: int) -> Int64s:
    """Columns of the rarest terms that two groups share."""
    of_a, of_b = (slice(shared.indptr[each], shared.indptr[each + 1]) for each in (a, b))
    ends = shared.indices[of_a], shared.indices[of_b]
    both, places, _ = np.intersect1d(*ends, return_indices=True)
    weights = shared.data[of_a][places]
    return both[np.lexsort((both, -weights))][:_LOOKED_AT_TERMS].astype(np.int64)


def _distinct(found: Sequence[RelationPairs]) -> RelationPairs:
    """Pairs that were found from either side, once, ordered by (a, b)."""
    names = [each.name for each in fields(RelationPairs)]
    pairs = RelationPairs(
        *(np.concatenate([getattr(part, name) for part in found]) for name in names)
    )
    order = np.lexsort((pairs.b, pairs.a))
    a, b = pairs.a[order], pairs.b[order]
    new = np.ones(len(order), bool)
    new[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    return pairs.at(order[new])


def _taken(pairs: RelationPairs, count: int, max_related: int) -> Int64s:
    """Places of the relations that are taken from the strongest down."""
    left = [max_related] * count
    taken = []
    order = np.lexsort((pairs.b, pairs.a, -pairs.strengths))
    ends = zip(order.tolist(), pairs.a[order].tolist(), pairs.b[order].tolist(), strict=True)
    for place, a, b in ends:
        if left[a] and left[b]:
            left[a] -= 1
            left[b] -= 1
            taken.append(place)
    kept = np.array(taken, np.int64)
    return kept[np.lexsort((pairs.a[kept], pairs.b[kept]))]


def described_relations(
    pairs: RelationPairs, stories: Sequence[StoryGroup], terms: StoryTerms, outlines: Outlines
) -> tuple[StoryRelation, ...]:
    """The relations as records, with the terms behind them spelled."""
    wanted = [
        (a, outlines.columns[_rarest(outlines.shared, a, b)].tolist())
        for a, b in zip(pairs.a.tolist(), pairs.b.tolist(), strict=True)
    ]
    words = terms.spelled(wanted)
    relations = []
    for place, (a, columns) in enumerate(wanted):
        b = int(pairs.b[place])
        spelled = [words[a, column] for column in columns]
        text = terms.leads[int(terms.members[a][0])].casefold()
        begins = outlines.begins[a], outlines.begins[b]
        names = set(stories[b].names)
        relations.append(
            StoryRelation(
                earlier=stories[a].id,
                later=stories[b].id,
                kind=_KINDS[int(pairs.kinds[place])],
                strength=math.floor(pairs.strengths[place] * 1e4 + 0.5) / 1e4,
                cosine=round(float(pairs.cosines[place]), 4),
                gap=None if UNDATED in begins else timedelta(seconds=int(begins[1] - begins[0])),
                shared_bits=float(pairs.bits[place]),
                shared_terms=joined_pieces(spelled, text)[:_SHOWN_TERMS],
                shared_names=tuple(name for name in stories[a].names if name in names),
            )
        )
    return tuple(relations)
