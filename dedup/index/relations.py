"""Related stories of one story group of an index: those of the batch, found from this group alone.

The batch takes relations from the strongest down while both groups have room. So whether a relation
is taken depends on stronger relations of its two groups, on still stronger ones of the groups at
their other ends, and so on. These are looked at from the group that is asked for, the strongest
first, until it is clear that a group has no more room: seldom many.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from dedup.compute.arrays import Int64s, UInt64s
from dedup.config import RelatedStoriesConfig
from dedup.description.relations import (
    STRONGEST,
    RelationFinder,
    RelationPairs,
    described_relations,
)
from dedup.description.summaries import StorySummaries
from dedup.description.terms import StoryTerms
from dedup.index.live.arrays.inverted_index import InvertedIndex
from dedup.index.summaries import Place, StorySummary
from dedup.records import StoryGroup, StoryRelation
from dedup.text.terms import WEIGHT_UNIT

_Key = tuple[float, Place, Place]
"""Minus the strength, the earlier group, the later: relations in the order in which they are taken.
"""
_Relation = tuple[_Key, int, int]
"""A relation and its two groups."""
Told = Callable[[Sequence[str]], tuple[Sequence[StoryGroup], StoryTerms]]
"""Story groups by id, and their texts: terms of which `leads` and `members` are looked at."""


@dataclass(frozen=True, slots=True)
class _Near:
    """A group among those that it may be tied to.

    Args:
        slots: The groups, by their first text; int64 (n,).
        hashes: Terms of the group that count, uint64 (m,).
        outlines: Of the groups, with these terms only.
        pairs: The group with others, the strongest relations first.
        others: Slot of the other group of each, int64.
        keys: Of each.
    """

    slots: Int64s
    hashes: UInt64s
    outlines: StorySummaries
    pairs: RelationPairs
    others: Sequence[int]
    keys: Sequence[_Key]


class RelationIndex:
    """Outlines of all story groups of an index that have articles, and relations between them.

    Args:
        config: Which groups are tied.
    """

    def __init__(self, config: RelatedStoriesConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._ids: list[str] = []
        self._outlines: list[StorySummary | None] = []
        self._slot_of: dict[str, int] = {}
        self._postings = InvertedIndex()
        self._known: dict[int, _Near] = {}
        self._decided: dict[_Key, bool] = {}
        self.version = 0

    def related(
        self, story: str, newer: Callable[[int], Iterable[tuple[str, int, bytes]]], told: Told
    ) -> tuple[StoryRelation, ...]:
        """Relations of a story group, as the batch finds them among all.

        Args:
            story: Its id.
            newer: Outlines by story that are newer than a version.
            told: Tells the story groups that are tied to it.
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
        return self._described(near, pairs.at(order), told)

    def _update(self, rows: Iterable[tuple[str, int, bytes]]) -> None:
        hashes, owners = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
        for story, version, kept in rows:
            self.version = max(self.version, version)
            old = self._slot_of.pop(story, None)
            if old is not None:
                self._outlines[old] = None
            self._known, self._decided = {}, {}
            if kept:
                outline = StorySummary.from_bytes(kept)
                slot = self._slot_of[story] = len(self._ids)
                self._ids.append(story)
                self._outlines.append(outline)
                hashes.append(outline.hashes)
                owners.append(np.full(len(outline.hashes), slot))
        self._postings.add(np.concatenate(hashes), np.concatenate(owners))

    def _near(self, slot: int) -> _Near:
        """A group with all that it could be tied to."""
        if slot not in self._known:
            self._known[slot] = self._found(slot)
        return self._known[slot]

    def _found(self, slot: int) -> _Near:
        own = self._of(slot)
        which, slots = self._postings.of(own.hashes)
        alive = np.array([self._outlines[each] is not None for each in slots.tolist()], bool)
        which, slots = which[alive], slots[alive]
        groups = np.bincount(which, minlength=len(own.hashes))
        specific = (groups >= 2) & (groups <= self._config.max_term_groups)
        there = specific[which] & (slots != slot)
        which, slots = which[there], slots[there]
        others, place = np.unique(slots, return_inverse=True)
        bits = np.bincount(place, own.weights[which].astype(float), len(others)) * WEIGHT_UNIT
        enough = others[bits >= self._config.min_shared_idf_bits]
        rows = np.array(sorted([slot, *enough.tolist()], key=lambda each: self._of(each).place))
        outlines = self._gathered(rows, own.hashes[specific])
        row = int(np.flatnonzero(rows == slot)[0])
        pairs = RelationFinder(outlines, self._config).strongest(row, row + 1, len(rows))
        ends = [(int(rows[a]), int(rows[b])) for a, b in zip(pairs.a, pairs.b, strict=True)]
        keys = [
            (-float(strength), self._of(a).place, self._of(b).place)
            for (a, b), strength in zip(ends, pairs.strengths, strict=True)
        ]
        others_of = [b if a == slot else a for a, b in ends]
        return _Near(rows, own.hashes[specific], outlines, pairs, others_of, keys)

    def _gathered(self, slots: Int64s, hashes: UInt64s) -> StorySummaries:
        """Outlines of groups, with some terms only."""
        found = [self._of(slot) for slot in slots.tolist()]
        kept = [np.isin(each.hashes, hashes, assume_unique=True) for each in found]
        columns = [
            np.searchsorted(hashes, each.hashes[k]) for each, k in zip(found, kept, strict=True)
        ]
        weights = [each.weights[k] for each, k in zip(found, kept, strict=True)]
        names = np.unique(np.concatenate([each.names for each in found]))
        named = [np.searchsorted(names, each.names) for each in found]
        return StorySummaries(
            np.stack([each.sums for each in found]),
            np.array([each.begin for each in found], np.int64),
            np.array([each.middle for each in found], np.int64),
            _matrix(columns, weights, len(hashes)),
            np.arange(len(hashes)),
            _matrix(named, [np.ones(len(each), np.int64) for each in named], len(names)),
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
        self, near: _Near, pairs: RelationPairs, told: Told
    ) -> tuple[StoryRelation, ...]:
        rows = sorted({*pairs.a.tolist(), *pairs.b.tolist()})
        if not rows:
            return ()
        stories, terms = told([self._ids[near.slots[row]] for row in rows])
        place = {row: k for k, row in enumerate(rows)}
        some = replace(
            near.outlines, **{
                name: getattr(near.outlines, name)[rows] for name in ("begins", "shared")
            },
        )  # fmt: skip
        local = replace(
            pairs,
            a=np.array([place[each] for each in pairs.a.tolist()], np.int64),
            b=np.array([place[each] for each in pairs.b.tolist()], np.int64),
        )
        return described_relations(local, stories, replace(terms, hashes=near.hashes), some)

    def _of(self, slot: int) -> StorySummary:
        found = self._outlines[slot]
        assert found is not None
        return found


def _matrix(columns: Sequence[Int64s], values: Sequence[np.ndarray], count: int) -> sp.csr_array:
    """Rows with values in some columns, int64."""
    starts = np.concatenate(([0], np.cumsum([len(each) for each in columns])))
    data = np.concatenate(values).astype(np.int64)
    return sp.csr_array((data, np.concatenate(columns), starts), shape=(len(columns), count))
