"""Round-ups: hub documents, linked to many texts that are not linked to each other.

A round-up, a live page or a morning briefing tells of many events. Source of the measure: the
clustering coefficient of Watts & Strogatz 1998.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

import numpy as np
import scipy.sparse as sp
import xxhash

from dedup.articles import UNDATED
from dedup.compute.arrays import BoolMask, Float64s, Int64s, among, different
from dedup.compute.threads import mapped
from dedup.config import StoryConfig
from dedup.stories.affinity import log_odds_of
from dedup.stories.links import LinkChanges, LinkedTexts, LinkGraph, PairScorer
from dedup.stories.pairs import joined, joined_links, within_gap

_SAMPLE = 12
_TEXTS_AT_ONCE = 4096
_MEMBERS_AT_ONCE = 1 << 20
_MOST_KNOWN = 1 << 17
_BASE = 1 << 32
_NOTHING = np.empty(0, np.int64)


class RoundUps:
    """Detects round-ups, and assigns them to groups; what was computed is remembered.

    Args:
        config: `min_probability` and the limits of round-ups.
        compiled: Use the kernel, which finds the same.
    """

    def __init__(self, config: StoryConfig, *, compiled: bool = False) -> None:
        self._config = config
        self._compiled = compiled
        self._floor = log_odds_of(config.min_probability)
        self._loose: dict[int, bool] = {}
        self._means: dict[int, tuple[Int64s, Float64s]] = {}

    def around(self, changes: LinkChanges, links: LinkGraph) -> BoolMask:
        """Texts with a link more or less between two texts that they are linked to, bool (n,).

        Args:
            changes: Changes of links.
            links: All links after these.
        """
        from dedup.stories.kernels.round_ups import linked_to_both

        first, second = joined((changes.added[:2], changes.removed))
        mask: BoolMask = linked_to_both(links.arrays, first, second, self._floor)
        return mask

    def detected(self, rows: Int64s, texts: LinkedTexts) -> Int64s:
        """Those of some texts that are round-ups.

        At least `roundup_min_links` texts are linked to a round-up with `min_probability`, and of
        the pairs among these (among twelve of them, evenly chosen) at most the share
        `roundup_max_clustering` is as probable.

        Args:
            rows: Rows of these, int64 of shape (m,).
            texts: All texts.

        Returns:
            int64 of shape (k,).
        """
        suspects = self._loosely_linked(rows, texts.links)
        samples = []
        for row in suspects.tolist():
            _, others, log_odds = texts.links.around(np.array([row]))
            near = texts.by_precedence(others[log_odds >= self._floor])
            size = min(len(near), _SAMPLE)
            samples.append(near[np.arange(size) * (len(near) - 1) // max(1, size - 1)])
        return suspects[self._hold_nothing_together(samples, texts.scorer)]

    def _loosely_linked(self, rows: Int64s, links: LinkGraph) -> Int64s:
        """Texts with many links and few among those; pairs that were no candidates may add more."""
        least, most = self._config.roundup_min_links, self._config.roundup_max_clustering
        table = links.arrays
        if not self._compiled:
            first, second, log_odds = links.around(np.arange(len(table[0])))
            near = log_odds >= self._floor
            ends = first[near], second[near]
            graph = sp.csr_array((np.ones(len(ends[0]), int), ends), shape=(len(table[0]),) * 2)
            degrees = np.bincount(ends[0], minlength=len(table[0]))[rows]
            rows, degrees = rows[degrees >= least], degrees[degrees >= least]
            closed = np.asarray((graph[rows] @ graph).multiply(graph[rows]).sum(axis=1)).ravel()
            loose: Int64s = rows[closed <= most * (degrees * (degrees - 1))]
            return loose
        from dedup.stories.kernels.round_ups import loosely_linked

        parts = np.split(rows, np.arange(_TEXTS_AT_ONCE, len(rows), _TEXTS_AT_ONCE))
        limits = self._floor, least, most
        return np.concatenate(
            list(mapped(lambda part: part[loosely_linked(table, part, *limits)], parts))
        )

    def _hold_nothing_together(self, samples: Sequence[Int64s], scorer: PairScorer) -> BoolMask:
        """Whether few of the pairs of each sample of rows are probable, bool of shape (k,)."""
        if len(self._loose) > _MOST_KNOWN:
            self._loose.clear()
        hashes = [xxhash.xxh3_64_intdigest(sample.tobytes()) for sample in samples]
        new = [k for k, sample_hash in enumerate(hashes) if sample_hash not in self._loose]
        corners = [np.triu_indices(len(samples[k]), 1) for k in new]
        first, second, owner = joined_links(
            (samples[k][a], samples[k][b], np.full(len(a), index))
            for index, (k, (a, b)) in enumerate(zip(new, corners, strict=True))
        )
        close = scorer.log_odds(first, second) >= self._floor
        pairs = np.bincount(owner, minlength=len(new))
        shares = np.bincount(owner, close, minlength=len(new)) / np.maximum(pairs, 1)
        loose = shares <= self._config.roundup_max_clustering
        self._loose.update(zip((hashes[k] for k in new), loose.tolist(), strict=True))
        return np.array([self._loose[sample_hash] for sample_hash in hashes], bool)

    def homes(
        self,
        round_ups: Int64s,
        labels: Int64s,
        members_of: Callable[[int], Int64s],
        changed: Collection[int],
        texts: LinkedTexts,
        max_gap: timedelta,
    ) -> Int64s:
        """Group that each round-up joins: that of the highest mean log-odds.

        Only groups that the round-up has a link to, and that have a text within `max_gap` of it,
        are compared; of equal ones the first is chosen.

        Args:
            round_ups: Rows of the round-ups, int64 of shape (k,).
            labels: First text of the group of each of n texts, -1 for none, int64 of shape (n,).
            members_of: Rows of the members of a group, by its first text.
            changed: First texts of groups that are new or have changed.
            texts: All texts.
            max_gap: Longest silence.

        Returns:
            First texts, int64 of shape (k,); -1 for a text that stays alone.
        """
        seconds = texts.seconds
        first, second, _ = texts.links.around(round_ups)
        linked = labels[second] >= 0
        first, second = first[linked], second[linked]
        pairs, gap = first * _BASE + labels[second], int(max_gap.total_seconds())
        near = (seconds[second] != UNDATED) & within_gap(seconds, first, second, gap)
        options = different(pairs[near])
        doubtful = different(pairs[~near])
        close = [
            _is_near(seconds[text], seconds[members_of(label)], gap)
            for text, label in zip(*np.divmod(doubtful, _BASE), strict=True)
        ]
        options = different(np.append(options, doubtful[close])) if close else options
        homes = options % _BASE
        means = self._means_of(options, round_ups, members_of, changed, texts.scorer)
        best = np.full(len(round_ups), -1)
        bounds = np.searchsorted(options, [round_ups * _BASE, (round_ups + 1) * _BASE]).T.tolist()
        for place, (row, (start, stop)) in enumerate(zip(round_ups.tolist(), bounds, strict=True)):
            own, values = homes[start:stop], means[start:stop]
            self._means[row] = options[start:stop], values
            if stop > start and values.max() >= self._floor:
                best[place] = texts.by_precedence(own[values == values.max()])[0]
        return best

    def forget(self, rows: Int64s) -> None:
        """Forget what was remembered of texts that are round-ups no more."""
        for row in rows.tolist():
            self._means.pop(row, None)

    def _means_of(
        self,
        options: Int64s,
        round_ups: Int64s,
        members_of: Callable[[int], Int64s],
        changed: Collection[int],
        scorer: PairScorer,
    ) -> Float64s:
        """Mean log-odds of texts with groups, float64 of shape (m,); known ones are looked up.

        Args:
            options: `_BASE` times the row of the text plus the label of the group, ascending,
                int64 of shape (m,).
            round_ups: Rows of the texts, ascending.
            members_of: See `homes`.
            changed: See `homes`.
            scorer: Scores pairs.
        """
        parts = [self._means[row] for row in round_ups.tolist() if row in self._means]
        known, values = map(np.concatenate, zip((_NOTHING, np.empty(0)), *parts, strict=True))
        rows, homes = np.divmod(options, _BASE)
        new = ~among(options, known) | np.isin(homes, [*changed])
        means = np.empty(len(options))
        means[~new] = values[np.searchsorted(known, options[~new])]
        groups = [members_of(home) for home in homes[new].tolist()]
        means[new] = mean_log_odds(rows[new], groups, scorer)
        return means


def _is_near(second: np.int64, members: Int64s, gap: int) -> bool:
    """Whether one of the dated members is near in time; without two dates they are."""
    dated = members[members != UNDATED]
    return second == UNDATED or not len(dated) or bool(np.abs(dated - second).min() <= gap)


def mean_log_odds(texts: Int64s, groups: Sequence[Int64s], scorer: PairScorer) -> Float64s:
    """Mean log-odds of each text with the members of a group, float64 of shape (m,).

    Args:
        texts: Row of a text for each group, int64 of shape (m,).
        groups: Rows of the members, at least one each.
        scorer: Scores pairs.
    """
    sizes = np.array([len(members) for members in groups], np.int64)
    # About a million pairs at a time, to bound the memory.
    cuts = np.flatnonzero(np.diff(np.cumsum(sizes) // _MEMBERS_AT_ONCE)) + 1
    means = [np.empty(0)]
    for part in np.split(np.arange(len(texts)), cuts):
        if len(part):
            members = np.concatenate([groups[index] for index in part.tolist()])
            log_odds = scorer.log_odds(np.repeat(texts[part], sizes[part]), members)
            starts = np.cumsum(sizes[part]) - sizes[part]
            means.append(np.add.reduceat(log_odds, starts) / sizes[part])
    return np.concatenate(means)
