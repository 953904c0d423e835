"""The step `group`: scored pairs -> story groups.

Connected components of the links above a loose floor, split where only chance holds them
together (`components.py`); inside each, deterministic average linkage on log-odds, where no merge
may loosen a close-knit group (`linked_groups.py`). Linkage never crosses a component, so that an
arriving or leaving text changes only the components that it touches.

Round-ups, texts near to many that are not near each other, and digests, which quote several
texts (`duplicates/digests.py`), would bridge stories: they take no part in components and linkage,
and join the story that they fit best at the end (`round_ups.py`).

`group` is the step for all texts at once; `GroupMemory.update` is the step itself, which computes
again only what a change of links touches. Evidence from beyond a pair, such as the news of the
days before, changes what the scorer says. Pairs that an editor joins or keeps apart would be
fields of `LinkedTexts`: links above all floors, and scores of a part before linkage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np

from dedup.compute import compiled as kernels
from dedup.compute.arrays import BoolMask, Int64s, UInt64s
from dedup.config import NeighborConfig, StoryConfig
from dedup.stories.affinity import log_odds_of
from dedup.stories.components import Splits
from dedup.stories.linked_groups import Group, described_by, groups_of_parts
from dedup.stories.links import LinkChanges, LinkedTexts, Links, PairScorer
from dedup.stories.pairs import RowPairs, ScoredPairs
from dedup.stories.part_scores import PartScores
from dedup.stories.round_ups import RoundUps
from dedup.stories.spanning_forest import SpanningForest

_MAX_GAP = NeighborConfig().max_gap
_MANY = 3000
"""Below so many texts the step takes less time than loading kernels."""
_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups of all texts.

    Args:
        groups: Groups ordered by their first member; every text is in exactly one.
        components: Number of components of two texts or more.
        largest_component: Number of texts in the largest component.
        split_components: Number of components that percolated, with more than
            `max_component_texts` texts or fewer links than `min_link_density`, and were split.
        round_ups: Rows of the round-ups.
    """

    groups: tuple[Group, ...]
    components: int
    largest_component: int
    split_components: int
    round_ups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """Changes of the story groups.

    Args:
        new: New and changed groups, ordered by their first members' rows.
        removed: First members of removed and changed groups.
    """

    new: Sequence[Group]
    removed: set[int]


def group(
    first: Int64s,
    second: Int64s,
    log_odds: Int64s,
    seconds: Int64s,
    id_hashes: Int64s,
    scorer: PairScorer,
    config: StoryConfig = StoryConfig(),
    max_gap: timedelta = _MAX_GAP,
    digests: Int64s | None = None,
) -> Grouping:
    """Story groups of n texts.

    Args:
        first: Row of the first text of each scored pair, int64 of shape (m,).
        second: Row of the second text, int64 of shape (m,).
        log_odds: Log-odds of each pair, in units of 1/1000, int64 of shape (m,). Pairs below the
            floor may be left out.
        seconds: Publication times, int64 of shape (n,), `UNDATED` where unknown.
        id_hashes: A hash of the id of each text, int64 of shape (n,).
        scorer: Scores the pairs inside a component that were no candidates.
        config: Probabilities of floor and merging, largest component, round-ups.
        max_gap: A group that was silent for longer is cut there.
        digests: Rows of texts that quote several others, which are round-ups, int64 of shape (k,).

    Returns:
        A function of the set of links; their order does not matter.
    """
    count = len(seconds)
    strong = log_odds >= log_odds_of(config.min_link_probability)
    pairs = first[strong], second[strong], log_odds[strong]
    quoting = np.zeros(count, bool)
    quoting[[] if digests is None else digests] = True
    links, alive = Links.of(*pairs, count), np.ones(count, bool)
    texts = LinkedTexts(links, scorer, seconds, id_hashes, quoting, alive)
    memory = GroupMemory(config, max_gap, compiled=kernels.chosen(None, count >= _MANY))
    groups = memory.update(texts, LinkChanges(pairs, (first[:0], first[:0]))).new
    tree = memory.forest.dendrogram
    roots = np.flatnonzero((tree.above < 0) & (tree.sizes > 1))
    return Grouping(
        tuple(groups),
        len(roots),
        int(tree.sizes[roots].max(initial=int(not memory.round_ups.all()))),
        memory.splits.percolating(tree, texts),
        tuple(np.flatnonzero(memory.round_ups).tolist()),
    )


class GroupMemory:
    """Story groups of texts, and what was computed on the way to them.

    A group is known by its label: the row of its first text that is no round-up, or else of its
    only one.

    Args:
        config: Probabilities of floor and merging, largest component, round-ups.
        max_gap: A group that was silent for longer is cut there.
        max_pairs: So many scores of pairs are remembered for the next change.
        compiled: Use kernels, which give the same groups.
    """

    def __init__(
        self,
        config: StoryConfig,
        max_gap: timedelta,
        max_pairs: int = 0,
        *,
        compiled: bool = False,
    ) -> None:
        self._config = config
        self._max_gap = max_gap
        self._compiled = compiled
        self._detector = RoundUps(config, compiled=compiled)
        self._scores = PartScores(max_pairs)
        self.splits = Splits(config)
        self.forest = SpanningForest.empty()
        self.round_ups = np.empty(0, bool)
        self.parts = np.empty(0, np.uint64)
        """Hash of the subcomponent of each text, 0 for one that takes no part, uint64 (n,)."""
        self.labels = np.empty(0, np.int64)
        """Label of the group of each text, -1 for a text that is not there, int64 (n,)."""
        self.members: dict[int, Int64s] = {}
        """Rows of each group in the order of precedence, int64 (k,), by label."""

    def update(self, texts: LinkedTexts, changes: LinkChanges) -> GroupChanges:
        """Bring the groups up to date.

        Args:
            texts: All texts, the new ones last.
            changes: How their links have changed since the last time.
        """
        self._resize(len(texts.seconds))
        before = _Before(self.round_ups, self.parts, self.labels, self.members)
        self._partition(texts, changes)
        linked = self._linked(texts, before)
        self.labels = self._with_round_ups(texts, changes, before, linked)
        placed = (before.round_ups | self.round_ups) & (self.labels != before.labels)
        stale = linked.stale.union(before.labels[placed].tolist(), self.labels[placed].tolist())
        return self._put_together(texts, before, linked, stale - {-1})

    def load(
        self,
        texts: LinkedTexts,
        links: ScoredPairs,
        groups: Sequence[Int64s],
        known: tuple[BoolMask, UInt64s],
    ) -> None:
        """Take over groups that are known.

        Args:
            texts: All texts.
            links: All links, each once.
            groups: Rows of the texts of each group in the order of precedence, int64 (k,).
            known: `round_ups` and `parts`.
        """
        self._resize(len(texts.seconds))
        self.round_ups, parts = known
        self._divide(texts, [links], (links[0][:0], links[0][:0]), parts)
        if not groups:
            return
        rows = np.concatenate(groups)
        sizes = np.array([len(members) for members in groups])
        starts = np.cumsum(sizes) - sizes
        places = np.where(self.round_ups[rows], len(rows), np.arange(len(rows)))
        first = np.minimum.reduceat(places, starts)
        labels = rows[np.where(first < len(rows), first, starts)]
        self.labels[rows] = np.repeat(labels, sizes)
        self.members = dict(zip(labels.tolist(), groups, strict=True))

    def _resize(self, count: int) -> None:
        more = count - len(self.labels)
        self.round_ups = np.append(self.round_ups, np.zeros(more, bool))
        self.parts = np.append(self.parts, np.zeros(more, np.uint64))
        self.labels = np.append(self.labels, np.full(more, -1))

    def _partition(self, texts: LinkedTexts, changes: LinkChanges) -> None:
        """Find round-ups anew around changes of links, and the subcomponents of other texts."""
        affected = _ends(changes, len(texts.seconds))
        if self.members:
            affected |= self._detector.around(changes, texts.links)
        rows = np.flatnonzero(affected & texts.alive)
        before, now = self.round_ups, self.round_ups & texts.alive
        now[rows] = False
        now[self._detector.detected(rows, texts)] = True
        self.round_ups = now | texts.digests
        gone = np.flatnonzero(before & ~self.round_ups)
        self._detector.forget(gone)
        returning = texts.links.around(gone[texts.alive[gone]])
        self._divide(texts, [changes.added, returning], changes.removed)

    def _divide(
        self,
        texts: LinkedTexts,
        added: Sequence[ScoredPairs],
        removed: RowPairs,
        parts: UInt64s | None = None,
    ) -> None:
        """Bring forest and subcomponents up to date; these may be known, see `Splits.load`."""
        absent, splits = self.round_ups | ~texts.alive, self.splits
        self.forest = self.forest.updated(
            added, removed, texts.links, absent, splits.floors, self._compiled
        )
        if parts is not None:
            splits.load(self.forest.dendrogram, parts)
        hashes = splits.parts(self.forest.dendrogram, texts)
        self.parts = np.where(absent, np.uint64(0), hashes)

    def _linked(self, texts: LinkedTexts, before: _Before) -> _Linked:
        """Groups of the texts of changed subcomponents, before round-ups join."""
        touched = np.flatnonzero(self.parts != before.parts)
        order = touched[np.argsort(self.parts[touched], kind="stable")]
        cuts = np.flatnonzero(np.diff(self.parts[order])) + 1
        parts = {
            int(self.parts[rows[0]]): texts.by_precedence(rows)
            for rows in np.split(order, cuts)
            if len(rows) and self.parts[rows[0]]
        }
        former = {part: {*before.parts[rows].tolist()} for part, rows in parts.items()}
        groups = groups_of_parts(
            parts, former, texts, self._scores, self._config, self._max_gap, self._compiled
        )
        new = {int(group.members[0]): group for group in groups}
        self._scores.remove({*before.parts[touched].tolist()} - parts.keys())
        linked = np.where(before.round_ups, -1, before.labels)
        gone = {*linked[touched].tolist()} - {-1}
        linked[touched] = -1
        for label, group in new.items():
            linked[group.members] = label
        same = {
            label
            for label in gone & new.keys()
            if np.array_equal(new[label].members, before.linked_members(label))
        }
        return _Linked(linked, new, (gone | new.keys()) - same)

    def _with_round_ups(
        self, texts: LinkedTexts, changes: LinkChanges, before: _Before, linked: _Linked
    ) -> Int64s:
        """Label of the group of each text, round-ups included: they join last.

        Every round-up is compared with the groups as they are before any round-up joins. Only
        those with other links, or with links to groups that have changed, are assigned again.
        """
        affected = _ends(changes, len(texts.seconds))
        if before.members:
            moved = np.zeros(len(affected), bool)
            for label in linked.stale:
                moved[before.linked_members(label)] = moved[linked.members_of(label, before)] = True
            affected[texts.links.around(np.flatnonzero(moved))[1]] = True
        assigned = self.round_ups & (affected | ~before.round_ups)
        labels = np.where(self.round_ups & ~assigned, before.labels, linked.labels)
        rows = np.flatnonzero(assigned)
        members_of = partial(linked.members_of, before=before)
        homes = self._detector.homes(
            rows, linked.labels, members_of, linked.stale, texts, self._max_gap
        )
        labels[rows] = np.where(homes < 0, rows, homes)
        return labels

    def _put_together(
        self, texts: LinkedTexts, before: _Before, linked: _Linked, stale: set[int]
    ) -> GroupChanges:
        """Put groups of these labels together again, with the round-ups that join them."""
        joining: dict[int, list[int]] = {}
        rows = np.flatnonzero(self.round_ups)
        for row in rows[np.isin(self.labels[rows], [*stale])].tolist():
            joining.setdefault(int(self.labels[row]), []).append(row)
        new = {label: linked.members_of(label, before) for label in stale}
        for label, others in joining.items():
            new[label] = texts.by_precedence(np.append(new[label], others))
        new = {label: members for label, members in new.items() if len(members)}
        old = {
            int(members[0]): members
            for label in stale
            if (members := self.members.pop(label, None)) is not None
        }
        same = {
            int(members[0])
            for members in new.values()
            if np.array_equal(members, old.get(int(members[0]), _NONE))
        }
        self.members.update(new)
        changed = [label for label, members in new.items() if int(members[0]) not in same]
        computed = linked.new.keys() - joining.keys()
        others = [label for label in changed if label not in computed]
        described = dict(zip(others, self.described([new[k] for k in others], texts), strict=True))
        groups = [described.get(label) or linked.new[label] for label in changed]
        groups.sort(key=lambda group: int(group.members[0]))
        return GroupChanges(groups, old.keys() - same)

    def described(self, groups: Sequence[Int64s], texts: LinkedTexts) -> list[Group]:
        """Groups of these texts, with medoids.

        Args:
            groups: Rows of the texts of each in the order of precedence, int64 (k,).
            texts: All texts.
        """
        former = [{*self.parts[members].tolist()} for members in groups]
        scores = self._scores.of(groups, texts.scorer, former)
        return list(map(described_by, groups, scores))


@dataclass(frozen=True, slots=True)
class _Before:
    """Round-ups, subcomponents, labels and groups before a change; see `GroupMemory`."""

    round_ups: BoolMask
    parts: UInt64s
    labels: Int64s
    members: Mapping[int, Int64s]

    def linked_members(self, label: int) -> Int64s:
        """Rows of the texts of a group without round-ups, none if there was no such group."""
        members = self.members.get(label, _NONE)
        return members[~self.round_ups[members]]


@dataclass(frozen=True, slots=True)
class _Linked:
    """Groups without round-ups.

    Args:
        labels: Label of the group of each text, -1 for round-ups, int64 (n,).
        new: Groups that were linked again, by label.
        stale: Labels of groups that are new, changed, or there no longer.
    """

    labels: Int64s
    new: Mapping[int, Group]
    stale: set[int]

    def members_of(self, label: int, before: _Before) -> Int64s:
        """Rows of the texts of a group, none if there is no such group."""
        if label in self.new:
            return self.new[label].members
        return before.linked_members(label) if self.labels[label] == label else _NONE


def _ends(changes: LinkChanges, count: int) -> BoolMask:
    """Texts whose links have changed, bool of shape (n,)."""
    ends = np.zeros(count, bool)
    for rows in (*changes.added[:2], *changes.removed):
        ends[rows] = True
    return ends
