"""Related stories of one story group of an index: those of the batch, found from this group alone.

The batch takes relations from the strongest down while both groups have room. So whether a relation
is taken depends on stronger relations of its two groups, on still stronger ones of the groups at
their other ends, and so on. These are looked at from the group of the query on, the strongest
first, until it is clear that a group has no more room: seldom many.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from dedup.compute.arrays import Int64s, UInt64s
from dedup.compute.growable import GrowableArray
from dedup.config import RelatedStoriesConfig
from dedup.description.relations import (
    ACROSS_BITS,
    STRONGEST,
    RelationFinder,
    RelationPairs,
    described_relations,
)
from dedup.description.summaries import StorySummaries
from dedup.description.terms import StoryTerms
from dedup.duplicates.bucket_table import BucketTable
from dedup.index.summaries import Position, StorySummary
from dedup.records import StoryGroup, StoryRelation
from dedup.text.names import are_names
from dedup.text.rarity import MAX_BITS, WEIGHT_UNIT

_Key = tuple[float, Position, Position]
"""Minus the strength, the earlier group, the later: relations in the order in which they are taken.
"""
_Relation = tuple[_Key, int, int]
"""A relation and its two groups."""
TextsOf = Callable[[Sequence[str]], tuple[Sequence[StoryGroup], StoryTerms]]
"""Story groups by id, and the terms of their texts (`leads` and `members` are read)."""


@dataclass(frozen=True, slots=True)
class _Candidates:
    """A group among those that it may be related to.

    Args:
        slots: The groups, by their first text; int64 (n,).
        hashes: Terms of the group that count, uint64 (m,).
        summaries: Of the groups, with these terms only.
        pairs: The group with others, the strongest relations first.
        others: Slot of the other group of each, int64.
        keys: Of each.
    """

    slots: Int64s
    hashes: UInt64s
    summaries: StorySummaries
    pairs: RelationPairs
    others: Sequence[int]
    keys: Sequence[_Key]


_MAX_WEIGHT = MAX_BITS / WEIGHT_UNIT


class RelationIndex:
    """Summaries of all story groups of an index that have articles, and relations between them.

    Args:
        config: Which groups are related.
    """

    def __init__(self, config: RelatedStoriesConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._ids: list[str] = []
        self._summaries: list[StorySummary | None] = []
        self._slot_of: dict[str, int] = {}
        self._groups_of = BucketTable()
        self._present = GrowableArray(np.bool_)
        self._known: dict[int, _Candidates] = {}
        self._decided: dict[_Key, bool] = {}
        self.version = 0

    def related(
        self,
        story: str,
        newer: Callable[[int], Iterable[tuple[str, int, bytes]]],
        texts_of: TextsOf,
    ) -> tuple[StoryRelation, ...]:
        """Relations of a story group, as the batch finds them among all.

        Args:
            story: Its id.
            newer: Story, version and summary of all summaries that are newer than a version.
            texts_of: Reads the story groups that are related to it.
        """
        with self._lock:
            self._update(newer(self.version))
            slot = self._slot_of.get(story)
            if slot is None or not self._config.max_related:
                return ()
            taken = self._taken(slot)
            near = self._near(slot)
        places = [k for k, key in enumerate(near.keys) if key in taken]
        pairs = near.pairs.at(np.array(places, np.int64))
        order = np.lexsort((pairs.a, pairs.b))
        return self._described(near, pairs.at(order), texts_of)

    def _update(self, rows: Iterable[tuple[str, int, bytes]]) -> None:
        for story, version, stored in rows:
            self.version = max(self.version, version)
            old = self._slot_of.pop(story, None)
            if old is not None:
                self._summaries[old] = None
                self._present.rows[old] = False
            self._known, self._decided = {}, {}
            if stored:
                summary = StorySummary.from_bytes(stored)
                self._slot_of[story] = len(self._ids)
                self._ids.append(story)
                self._summaries.append(summary)
                self._present.extend(np.ones(1, bool))
                hashes = summary.hashes.view(np.int64)
                self._groups_of.extend(hashes, np.array([len(hashes)]))

    def _near(self, slot: int) -> _Candidates:
        """A group with all that it could be related to."""
        if slot not in self._known:
            self._known[slot] = self._find_candidates(slot)
        return self._known[slot]

    def _find_candidates(self, slot: int) -> _Candidates:
        own = self._of(slot)
        hashes = own.hashes.view(np.int64)
        which, slots = self._groups_of.members(hashes, self._present.rows)
        groups = np.bincount(which, minlength=len(own.hashes))
        specific = (groups >= 2) & (groups <= self._config.max_term_groups)
        there = specific[which] & (slots != slot)
        which, slots = which[there], slots[there]
        others, position = np.unique(slots, return_inverse=True)
        # At most: a term may be rarer in the languages of the other group.
        most = (own.weights[which] + _MAX_WEIGHT) * (WEIGHT_UNIT / 2)
        bits = np.bincount(position, most, len(others))
        least = min(self._config.min_shared_idf_bits, ACROSS_BITS)
        enough = others[bits >= least]
        rows = np.array(
            sorted([slot, *enough.tolist()], key=lambda other: self._of(other).position)
        )
        summaries = self._gathered(rows, own.hashes[specific])
        row = int(np.flatnonzero(rows == slot)[0])
        pairs = RelationFinder(summaries, self._config).strongest(row, row + 1, len(rows))
        ends = [(int(rows[a]), int(rows[b])) for a, b in zip(pairs.a, pairs.b, strict=True)]
        keys = [
            (-float(strength), self._of(a).position, self._of(b).position)
            for (a, b), strength in zip(ends, pairs.strengths, strict=True)
        ]
        others_of = [b if a == slot else a for a, b in ends]
        return _Candidates(rows, own.hashes[specific], summaries, pairs, others_of, keys)

    def _gathered(self, slots: Int64s, hashes: UInt64s) -> StorySummaries:
        """Summaries of groups, with some terms only."""
        summaries = [self._of(slot) for slot in slots.tolist()]
        masks = [np.isin(one.hashes, hashes, assume_unique=True) for one in summaries]
        masked = list(zip(summaries, masks, strict=True))
        columns = [np.searchsorted(hashes, one.hashes[mask]) for one, mask in masked]
        weights = [one.weights[mask] for one, mask in masked]
        names = np.unique(np.concatenate([one.names for one in summaries]))
        named = [np.searchsorted(names, one.names) for one in summaries]
        return StorySummaries(
            np.stack([one.sums for one in summaries]),
            np.array([one.begin for one in summaries], np.int64),
            np.array([one.middle for one in summaries], np.int64),
            _matrix(columns, weights, len(hashes)),
            np.arange(len(hashes)),
            are_names(hashes),
            _matrix(named, [np.ones(len(row), np.int64) for row in named], len(names)),
        )

    def _pool(self, slot: int) -> Iterator[_Relation]:
        """Relations of a group that are strong enough for either end, the strongest first."""
        near = self._near(slot)
        for rank, (key, other) in enumerate(zip(near.keys, near.others, strict=True)):
            if rank < STRONGEST or key in self._near(other).keys[:STRONGEST]:
                yield key, slot, other

    def _taken(self, slot: int) -> set[_Key]:
        """The relations of a group that are taken."""
        taken: set[_Key] = set()
        for relation in self._pool(slot):
            if self._is_taken(relation):
                taken.add(relation[0])
            if len(taken) == self._config.max_related:
                break
        return taken

    def _is_taken(self, relation: _Relation) -> bool:
        """Whether both groups of a relation have room for it; decides stronger ones first."""
        waiting = [relation]
        while waiting:
            key, a, b = waiting[-1]
            room = self._room(key, a)
            if room is True:
                room = self._room(key, b)
            if isinstance(room, bool):
                self._decided[key] = room
                waiting.pop()
            else:
                waiting.append(room)
        return self._decided[relation[0]]

    def _room(self, key: _Key, slot: int) -> bool | _Relation:
        """Whether stronger relations leave a group room; or the first that is not decided."""
        room = self._config.max_related
        for stronger in self._pool(slot):
            if stronger[0] >= key:
                break
            if stronger[0] not in self._decided:
                return stronger
            room -= self._decided[stronger[0]]
            if not room:
                return False
        return True

    def _described(
        self, near: _Candidates, pairs: RelationPairs, texts_of: TextsOf
    ) -> tuple[StoryRelation, ...]:
        rows = sorted({*pairs.a.tolist(), *pairs.b.tolist()})
        if not rows:
            return ()
        stories, terms = texts_of([self._ids[near.slots[row]] for row in rows])
        summaries = replace(
            near.summaries, begins=near.summaries.begins[rows], shared=near.summaries.shared[rows]
        )
        a, b = (np.searchsorted(rows, ends) for ends in (pairs.a, pairs.b))
        terms = replace(terms, hashes=near.hashes)
        return described_relations(replace(pairs, a=a, b=b), stories, terms, summaries)

    def _of(self, slot: int) -> StorySummary:
        summary = self._summaries[slot]
        assert summary is not None
        return summary


def _matrix(columns: Sequence[Int64s], values: Sequence[np.ndarray], count: int) -> sp.csr_array:
    """Rows with values in some columns, int64."""
    starts = np.concatenate(([0], np.cumsum([len(row) for row in columns])))
    data = np.concatenate(values).astype(np.int64)
    return sp.csr_array((data, np.concatenate(columns), starts), shape=(len(columns), count))
