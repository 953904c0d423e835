"""Series in stories: texts of one source that fill in one template are hardly one event.

Their vectors, words and days are alike by nature, so that the curves cannot tell them apart. What
differs can, see `dedup.text.outlines`; it is looked at only where outlines agree.
"""

from __future__ import annotations

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s, ranges
from dedup.stories.pairs import time_gaps
from dedup.stories.profiles import Profiles
from dedup.text.outlines import Outline, may_be_of_one_series, of_one_series

SERIES_LOG_ODDS = -12_000
"""What a series adds to the log-odds of a pair, in units of 1/1000: more than all else can."""
_PAIRS_AT_ONCE = 1 << 15


class SeriesPairs:
    """Finds pairs of one series among n texts.

    Args:
        profiles: The texts.
        outlines: Where outlines are remembered, by row.
    """

    def __init__(self, profiles: Profiles, outlines: dict[int, Outline] | None = None) -> None:
        self._of = profiles
        self._outlines: dict[int, Outline] = {} if outlines is None else outlines

    def log_odds(self, a: Int64s, b: Int64s) -> Int64s:
        """`SERIES_LOG_ODDS` for pairs of rows of one series, else 0; int64 of shape (m,)."""
        added = np.zeros(len(a), np.int64)
        sources = self._of.sources
        for start in range(0, len(a), _PAIRS_AT_ONCE):
            part = slice(start, start + _PAIRS_AT_ONCE)
            own = sources[a[part]]
            one_source = start + np.flatnonzero((own >= 0) & (own == sources[b[part]]))
            if len(one_source):
                chosen = one_source[self._are_series(a[one_source], b[one_source])]
                added[chosen] = SERIES_LOG_ODDS
        return added

    def block(self, rows: Int64s, columns: Int64s) -> Int64s:
        """`log_odds` of all pairs of one text out of k and one out of l, int64 of shape (k, l).

        Only the pairs of one source are looked at: few of a large block.
        """
        added = np.zeros((len(rows), len(columns)), np.int64)
        own, others = self._of.sources[rows], self._of.sources[columns]
        by_source = np.argsort(others, kind="stable")
        starts = np.searchsorted(others[by_source], own, "left")
        counts = np.searchsorted(others[by_source], own, "right") - starts
        counts[own < 0] = 0
        i, j = np.repeat(np.arange(len(rows)), counts), by_source[ranges(starts, counts)]
        for start in range(0, len(i), _PAIRS_AT_ONCE):
            a, b = i[start : start + _PAIRS_AT_ONCE], j[start : start + _PAIRS_AT_ONCE]
            series = self._are_series(rows[a], columns[b])
            added[a[series], b[series]] = SERIES_LOG_ODDS
        return added

    def _are_series(self, a: Int64s, b: Int64s) -> BoolMask:
        signatures = self._of.outlines
        series: BoolMask = may_be_of_one_series(signatures[a], signatures[b]) & (a != b)
        gaps, dated = time_gaps(self._of.seconds, a, b)
        for place in np.flatnonzero(series).tolist():
            first, second = self._outline(int(a[place])), self._outline(int(b[place]))
            gap = int(gaps[place]) if dated[place] else None
            series[place] = of_one_series(first, second, gap)
        return series

    def _outline(self, row: int) -> Outline:
        if row not in self._outlines:
            details = self._of.details
            own = slice(*details.offsets[row : row + 2].tolist())
            pairs = zip(details.keys[own].tolist(), details.values[own].tolist(), strict=True)
            self._outlines[row] = Outline(self._of.outlines[row], dict(pairs))
        return self._outlines[row]
