"""Related stories: pairs of story groups about one larger matter. Relations never merge groups.

Two groups are related if they are similar and share something specific:

* the cosine of the sums of their texts' whole-number vectors is at least `min_cosine`, and
* the inverse document frequencies of the rare terms that both have sum up to at least
  `min_shared_idf_bits`. They are those of general language; a term of more than
  `max_term_groups` groups does not count.

Stories in two languages share few words, but names: Путин and 普京 are one (`dedup.text.names`). So
names count as well, those in different spellings: the bits of two groups are those of their terms
or those of their names, whichever are more. Where names say at least `ACROSS_BITS` more
than terms, this is enough, and `ACROSS` of the cosine, as vectors of two languages are less alike.

The kind of a relation depends on time. Two stories are *related* if a time is missing, if both
began within six hours, or if the later one began before half of the texts of the earlier one had
appeared. Otherwise the later one is a *follow-up* if it began at most `max_gap` after the other,
or has it as *background* if it began at most `max_background_gap` after it. After such a long time
the words of a topic prove little (one earthquake is described like the next), so background needs
a shared name and 1.25 times the bits, or, where one of the two has no names, 3 times the bits.

The strength of a relation is `cosine * bits / (bits + min_shared_idf_bits) * sqrt(m / (m + gap))`,
where m is `max_gap`, but at least a day; a missing gap counts as m. Candidates are the 32 strongest
relations of each group. They are accepted from the strongest down as long as both groups have fewer
than `max_related`; of equally strong ones, those of the earlier groups come first.

Relations are a function of the set of groups. A new group changes the relations of the others only
if it makes a term too common or has a stronger relation. Sums and products are of whole numbers,
which float64 adds exactly, so the order of adding does not matter.
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
from dedup.compute.arrays import BoolMask, Float32s, Int64s, UInt64s
from dedup.config import RelatedStoriesConfig
from dedup.description.key_terms import joined_pieces
from dedup.description.summaries import StorySummaries
from dedup.description.terms import StoryTerms
from dedup.records import RelationKind, StoryGroup, StoryRelation
from dedup.stories.linked_groups import Group
from dedup.text.rarity import WEIGHT_UNIT

_AT_ONCE_SECONDS = 6 * 3600
_DAY_SECONDS = 86_400.0
_BACKGROUND_FACTOR = 1.25
_NAMELESS_FACTOR = 3.0
STRONGEST = 32
"""Candidate relations per group."""
_ENTRIES_AT_ONCE = 1 << 21
_PAIRS_AT_ONCE = 1 << 13
ACROSS_BITS = 20.0
"""Bits that names have to say more than terms, see above."""
ACROSS = 0.8
"""Share of the cosine that is wanted of groups that share names in different spellings."""
_SHOWN_TERMS = 8
_LOOKED_AT_TERMS = 2 * _SHOWN_TERMS
_KINDS: tuple[RelationKind, ...] = ("related", "follow_up", "background")
_UNRELATED = -1

Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RelationPairs:
    """Pairs of groups, `a` the earlier one, and how they are related; all of shape (m,)."""

    a: Int64s
    b: Int64s
    bits: Float64s
    cosines: Float64s
    kinds: Int64s
    strengths: Float64s

    def at(self, positions: Int64s) -> RelationPairs:
        """The pairs at those positions."""
        return RelationPairs(*(getattr(self, column.name)[positions] for column in fields(self)))


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
        groups: n groups of rows of texts, in the order of their first members.
        stories: The same groups as records.
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
    summaries = StorySummaries.of(groups, names, whole, seconds, terms, config.max_term_groups)
    finder = RelationFinder(summaries, config)
    pairs = _distinct([finder.strongest(start, stop) for start, stop in finder.blocks()])
    accepted = pairs.at(_accepted(pairs, len(groups), config.max_related))
    return described_relations(accepted, stories, terms, summaries)


class RelationFinder:
    """Finds the strongest relations of groups, some rows at a time.

    Args:
        summaries: Of the groups.
        config: Limits.
    """

    def __init__(self, summaries: StorySummaries, config: RelatedStoriesConfig) -> None:
        self._config = config
        self._summaries = summaries
        self._has = summaries.shared.astype(bool).astype(np.int64)
        sums = summaries.sums
        named = summaries.shared[:, np.flatnonzero(summaries.known)].tocsr()
        self._named = named, named.astype(bool).astype(np.int64)
        self._norms = np.sqrt(np.einsum("ij,ij->i", sums, sums, dtype=np.float64))

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Ranges of groups, so small that the product of their terms with all fits in memory."""
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
        """The `most` strongest relations of each group from `start` to `stop` with any other."""
        config = self._config
        shared, has = self._summaries.shared, self._has
        # A term may be rarer in the languages of one group than in those of the other.
        product = (shared[start:stop] @ has.T + has[start:stop] @ shared.T).tocoo()
        rows, others = product.row.astype(np.int64) + start, product.col.astype(np.int64)
        bits, across = self._bits(rows, others, product.data)
        enough = np.flatnonzero(((bits >= config.min_shared_idf_bits) | across) & (rows != others))
        rows, others, bits, across = rows[enough], others[enough], bits[enough], across[enough]
        a, b = np.minimum(rows, others), np.maximum(rows, others)
        kinds, gaps = self._kinds(a, b, bits, across)
        timely = np.flatnonzero(kinds != _UNRELATED)
        rows, others, kinds = rows[timely], others[timely], kinds[timely]
        a, b, bits, gaps = a[timely], b[timely], bits[timely], gaps[timely]
        least = np.where(across[timely], ACROSS, 1.0) * config.min_cosine
        cosines = self._cosines(a, b)
        strengths = self._strengths(cosines, bits, gaps)
        alike = np.flatnonzero(cosines >= least)
        order = alike[np.lexsort((others[alike], -strengths[alike], rows[alike]))]
        ranked = rows[order]
        rank = np.arange(len(ranked)) - np.searchsorted(ranked, ranked)
        return RelationPairs(a, b, bits, cosines, kinds, strengths).at(
            order[rank < (STRONGEST if most is None else most)]
        )

    def _bits(self, rows: Int64s, others: Int64s, weights: Int64s) -> tuple[Float64s, BoolMask]:
        """Bits that pairs of groups share, and whether they share names in other spellings.

        Args:
            rows: Row of one group of each pair, int64 of shape (m,).
            others: Row of the other.
            weights: Of the terms and names that both have, from either side, int64 (m,).
        """
        named, has = self._named
        of_names = np.empty(len(rows), np.int64)
        for start in range(0, len(rows), _PAIRS_AT_ONCE):
            a, b = (ends[start : start + _PAIRS_AT_ONCE] for ends in (rows, others))
            both = named[a].multiply(has[b]) + has[a].multiply(named[b])
            of_names[start : start + _PAIRS_AT_ONCE] = np.asarray(both.sum(axis=1)).ravel()
        of_terms = weights - of_names
        unit = WEIGHT_UNIT / 2
        across: BoolMask = (of_names - of_terms) * unit >= ACROSS_BITS
        return np.maximum(of_terms, of_names) * unit, across

    def _kinds(
        self, a: Int64s, b: Int64s, bits: Float64s, across: BoolMask
    ) -> tuple[Int64s, Float64s]:
        """Index into `_KINDS`, or `_UNRELATED`, and gap in seconds, NaN where a time is missing."""
        config = self._config
        begins = self._summaries.begins
        dated = (begins[a] != UNDATED) & (begins[b] != UNDATED)
        gaps = np.where(dated, begins[b], 0) - np.where(dated, begins[a], 0)
        at_once = (gaps <= _AT_ONCE_SECONDS) | (begins[b] < self._summaries.middles[a])
        kinds = np.select(
            [
                ~dated | at_once,
                gaps <= config.max_gap.total_seconds(),
                (gaps <= config.max_background_gap.total_seconds())
                & self._specific(a, b, bits, across),
            ],
            [0, 1, 2],
            _UNRELATED,
        )
        return kinds, np.where(dated, gaps, np.nan)

    def _specific(self, a: Int64s, b: Int64s, bits: Float64s, across: BoolMask) -> BoolMask:
        """Whether two groups share more than the words of a topic."""
        shared = (
            np.asarray(
                self._summaries.names[a].multiply(self._summaries.names[b]).sum(axis=1)
            ).ravel()
            > 0
        )
        counts = np.diff(self._summaries.names.indptr)
        nameless = (counts[a] == 0) | (counts[b] == 0)
        least = self._config.min_shared_idf_bits
        named: BoolMask = (shared | across) & (bits >= _BACKGROUND_FACTOR * least)
        unnamed: BoolMask = nameless & (bits >= _NAMELESS_FACTOR * least)
        return np.logical_or(named, unnamed)

    def _cosines(self, a: Int64s, b: Int64s) -> Float64s:
        dots = [np.empty(0)]
        for start in range(0, len(a), _PAIRS_AT_ONCE):
            part = slice(start, start + _PAIRS_AT_ONCE)
            # Whole numbers below 2^53: float64 adds them exactly.
            first, second = (self._summaries.sums[rows[part]].astype(np.float64) for rows in (a, b))
            dots.append(np.einsum("ij,ij->i", first, second))
        lengths = self._norms[a] * self._norms[b]
        products = np.concatenate(dots)
        cosines: Float64s = np.divide(products, lengths, out=np.zeros(len(a)), where=lengths > 0)
        return np.minimum(cosines, 1.0)

    def _strengths(self, cosines: Float64s, bits: Float64s, gaps: Float64s) -> Float64s:
        unit = max(self._config.max_gap.total_seconds(), _DAY_SECONDS)
        fade = np.sqrt(unit / (unit + np.where(np.isnan(gaps), unit, gaps)))
        strengths: Float64s = cosines * bits / (bits + self._config.min_shared_idf_bits) * fade
        return strengths


def _rarest(shared: sp.csr_array, a: int, b: int) -> Int64s:
    """Columns of the terms and names that two groups share, the rarest first."""
    of_a, of_b = (slice(shared.indptr[row], shared.indptr[row + 1]) for row in (a, b))
    both, in_a, in_b = np.intersect1d(
        shared.indices[of_a], shared.indices[of_b], return_indices=True
    )
    weights = shared.data[of_a][in_a] + shared.data[of_b][in_b]
    return both[np.lexsort((both, -weights))].astype(np.int64)


def _distinct(parts: Sequence[RelationPairs]) -> RelationPairs:
    """All pairs by (a, b); one that both of its groups have as candidate stands there once."""
    names = [column.name for column in fields(RelationPairs)]
    pairs = RelationPairs(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )
    order = np.lexsort((pairs.b, pairs.a))
    a, b = pairs.a[order], pairs.b[order]
    new = np.ones(len(order), bool)
    new[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    return pairs.at(order[new])


def _accepted(pairs: RelationPairs, count: int, max_related: int) -> Int64s:
    """Positions of the relations that are accepted, from the strongest down; by (b, a)."""
    left = [max_related] * count
    chosen = []
    order = np.lexsort((pairs.b, pairs.a, -pairs.strengths))
    ends = zip(order.tolist(), pairs.a[order].tolist(), pairs.b[order].tolist(), strict=True)
    for position, a, b in ends:
        if left[a] and left[b]:
            left[a] -= 1
            left[b] -= 1
            chosen.append(position)
    accepted = np.array(chosen, np.int64)
    return accepted[np.lexsort((pairs.a[accepted], pairs.b[accepted]))]


def described_relations(
    pairs: RelationPairs,
    stories: Sequence[StoryGroup],
    terms: StoryTerms,
    summaries: StorySummaries,
) -> tuple[StoryRelation, ...]:
    """The relations as records, with the rarest shared terms as they are spelled."""
    shared = [
        _rarest(summaries.shared, a, b)
        for a, b in zip(pairs.a.tolist(), pairs.b.tolist(), strict=True)
    ]
    known = [summaries.columns[columns[summaries.known[columns]]] for columns in shared]
    rarest = [
        (a, summaries.columns[columns[~summaries.known[columns]][:_LOOKED_AT_TERMS]].tolist())
        for a, columns in zip(pairs.a.tolist(), shared, strict=True)
    ]
    words = terms.spelled(rarest)
    alike = _differing(pairs, terms, [terms.hashes[columns][:_SHOWN_TERMS] for columns in known])
    relations = []
    for position, (a, columns) in enumerate(rarest):
        b = int(pairs.b[position])
        spelled = [words[a, column] for column in columns]
        text = terms.leads[int(terms.members[a][0])].casefold()
        begins = summaries.begins[a], summaries.begins[b]
        names = set(stories[b].names)
        relations.append(
            StoryRelation(
                earlier=stories[a].id,
                later=stories[b].id,
                kind=_KINDS[int(pairs.kinds[position])],
                strength=math.floor(pairs.strengths[position] * 1e4 + 0.5) / 1e4,
                cosine=round(float(pairs.cosines[position]), 4),
                gap=None if UNDATED in begins else timedelta(seconds=int(begins[1] - begins[0])),
                shared_bits=float(pairs.bits[position]),
                shared_terms=terms.as_published(a, joined_pieces(spelled, text)[:_SHOWN_TERMS]),
                shared_names=(
                    *(name for name in stories[a].names if name in names),
                    *alike[position],
                ),
            )
        )
    return tuple(relations)


def _differing(
    pairs: RelationPairs, terms: StoryTerms, keys: Sequence[UInt64s]
) -> list[tuple[str, ...]]:
    """Names that the two groups of each pair spell differently, as the first one does."""
    wanted = [
        (group, of_pair.tolist())
        for groups in (pairs.a, pairs.b)
        for group, of_pair in zip(groups.tolist(), keys, strict=True)
    ]
    spelled = terms.spelled_names(wanted)
    others = [{name.casefold() for name in names} for names in spelled[len(keys) :]]
    return [
        tuple(name for name in names if name.casefold() not in other)
        for names, other in zip(spelled[: len(keys)], others, strict=True)
    ]
