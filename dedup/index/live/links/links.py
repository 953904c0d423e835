"""Links among the texts of the index: the candidate pairs of the batch that are likely enough.

Whether a pair is a candidate depends on other texts, too: on the nearest of each text in each
language, and on the next texts with the same term (`stories/candidates.py`). So the largest
products of each text are stored for each language, and the texts for each term. The log-odds of
a pair depend on the pair alone. An added text brings its own links, and can take the place of
others among the nearest; a removed one can give places back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.compute.growable import Columns
from dedup.config import NeighborConfig
from dedup.index.live.arrays.link_table import LinkTable
from dedup.index.live.links.nearest import ROWS_AT_ONCE, Nearest
from dedup.index.live.links.shared_terms import SharedTerms
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import likely_pairs
from dedup.stories.links import LinkChanges
from dedup.stories.pairs import Pairs, RowPairs, ScoredPairs, joined, joined_links

_MANY = 16
"""More texts than these are added to the lists of terms at once, not one by one."""


class LiveLinks:
    """Links among the texts in memory.

    Args:
        texts: The texts.
        min_cosine: Smallest cosine of neighbours.
        floor: Smallest log-odds of a link.
        config: Limits on candidates.
    """

    def __init__(
        self, texts: LiveTexts, min_cosine: float, floor: int, config: NeighborConfig
    ) -> None:
        self._texts = texts
        self._floor = floor
        self._gap = int(config.max_gap.total_seconds())
        self._nearest = Nearest(texts, min_cosine, config)
        self._terms = SharedTerms(texts, config)
        self.table = LinkTable()
        self._added: list[ScoredPairs] = []
        self._removed: list[RowPairs] = []

    def changes(self) -> LinkChanges:
        """Links added and removed since the last call."""
        first, second, log_odds = joined_links(self._added)
        there = self.table.linked(first, second)
        removed = joined(self._removed)
        self._added, self._removed = [], []
        return LinkChanges((first[there], second[there], log_odds[there]), removed)

    def saved(self, rows: Int64s, new_row: Int64s) -> dict[str, Any]:
        """Columns of some texts, which get new rows without gaps.

        Args:
            rows: Rows of all texts that are there, ascending; int64 of shape (k,).
            new_row: New row of each text, -1 for none; int64 of shape (n,).
        """
        columns = self._nearest.saved(rows) | self._terms.saved(new_row)
        return columns | self.table.saved(rows, new_row)

    def load(self, columns: Columns) -> None:
        """Load what `saved` returned; the texts have their rows already."""
        self._nearest.load(columns)
        self._terms.load(columns)
        self.table.load(columns)

    def remove(self, rows: Int64s) -> None:
        """Remove texts and their links; others may be linked instead."""
        candidates = []
        affected = self._nearest.affected_by_removal(rows)
        for row in rows.tolist():
            candidates.append(self._terms.newly_separated(row))
            self._texts.remove(np.array([row]))
            self._removed.append(self.table.cut_all(row))
        pairs = Pairs.of([self._nearest.refill(affected), *candidates], len(self._texts))
        self._link(self._candidates(self._likely(pairs)))

    def add(self, rows: Int64s) -> None:
        """Add texts, which have their rows already, and their links."""
        self._nearest.make_room()
        self.table.resize(len(self._texts))
        doubtful: list[RowPairs] = []
        near: list[ScoredPairs] = []
        for start in range(0, len(rows), ROWS_AT_ONCE):
            raised, pairs = self._nearest.add(rows[start : start + ROWS_AT_ONCE])
            doubtful.append(self._links_to_language(raised))
            near.append(self._likely(Pairs(*pairs)))
        if len(rows) > _MANY:
            self._terms.add(rows)
            doubtful.append(self._spanning(rows))
        else:
            for row in rows.tolist():
                self._terms.add(np.array([row]))
                doubtful.append(self._terms.newly_separated(row))
        self._unlink(Pairs.of(doubtful, len(self._texts)))
        self._link(self._likely(Pairs.of([self._terms.pairs_of(rows)], len(self._texts))))
        self._link(self._candidates(joined_links(near)))

    def links_of_query(self, row: int) -> ScoredPairs:
        """Links that the last text, a query, would have; it is not added.

        Args:
            row: Its row.
        """
        self._nearest.make_room()
        near = self._nearest.query_last(row)
        sharing = self._terms.pairs_of(np.array([row]))
        return self._likely(Pairs.of([near, sharing], len(self._texts)))

    def _link(self, pairs: ScoredPairs) -> None:
        """Link those of some candidates that are not linked yet."""
        first, second, log_odds = pairs
        new = ~self.table.linked(first, second)
        links = first[new], second[new], log_odds[new]
        self.table.put(*links)
        self._added.append(links)

    def _unlink(self, pairs: Pairs) -> None:
        """Cut the links of pairs that are candidates no more."""
        linked = self.table.linked(pairs.first, pairs.second)
        first, second = pairs.first[linked], pairs.second[linked]
        cut = ~self._are_candidates(first, second)
        self.table.cut(first[cut], second[cut])
        self._removed.append((first[cut], second[cut]))

    def _links_to_language(self, places: Int64s) -> RowPairs:
        """Links of texts to texts of a language, by places (language, text), int64 (k, 2)."""
        languages = self._nearest.languages
        links = []
        for language in np.unique(places[:, 0]).tolist():
            a, b, _ = self.table.around(places[places[:, 0] == language, 1])
            of_language = languages[b] == language
            links.append((a[of_language], b[of_language]))
        return joined(links)

    def _spanning(self, rows: Int64s) -> RowPairs:
        """Links with the time of any of these texts between their ends, these included."""
        first, second, _ = self.table.all()
        seconds = self._texts.profiles.seconds
        times = np.sort(seconds[rows])
        a, b = seconds[first], seconds[second]
        between = np.searchsorted(times, np.maximum(a, b), "right") > np.searchsorted(
            times, np.minimum(a, b), "left"
        )
        return first[between], second[between]

    def _likely(self, pairs: Pairs) -> ScoredPairs:
        """Pairs that are likely enough for a link."""
        return likely_pairs(self._texts.scorer, pairs, self._floor)

    def _candidates(self, pairs: ScoredPairs) -> ScoredPairs:
        """Pairs that are candidates of the batch now."""
        first, second, log_odds = pairs
        there = self._are_candidates(first, second)
        return first[there], second[there], log_odds[there]

    def _are_candidates(self, first: Int64s, second: Int64s) -> BoolMask:
        """Whether pairs of texts are candidates of the batch now, bool of shape (m,)."""
        candidates = self._nearest.are_near(first, second)
        seconds = self._texts.profiles.seconds
        close = np.abs(seconds[first] - seconds[second]) <= self._gap
        others = np.flatnonzero(~candidates & close)
        candidates[others] = self._terms.share_enough(first[others], second[others])
        return candidates
