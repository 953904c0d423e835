"""Series in stories: texts of one source that fill in one template are hardly one event.

Their vectors, words and days are alike by nature, so that the curves cannot tell them apart. What
differs can, see `dedup.text.outlines`; it is looked at only where outlines agree.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dedup.articles import UNDATED
from dedup.compute.arrays import BoolMask, Int64s, ranges
from dedup.stories.pairs import time_gaps
from dedup.stories.profiles import Profiles
from dedup.text.outlines import Outline, alike_signatures, may_be_of_one_series, of_one_series

SERIES_LOG_ODDS = -12_000
"""What a series adds to the log-odds of a pair, in units of 1/1000: more than all else can."""
_PAIRS_AT_ONCE = 1 << 15
_ROWS_AT_ONCE = 128
MOST_COMPARED = 50
"""To count its series, each text is compared with so many of like outlines, the nearest in time."""


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

    def counted(self, within_seconds: int) -> tuple[Int64s, BoolMask]:
        """How many texts fill in the template of each text, itself included.

        Those of its source count that were published so shortly before and after it; for an
        undated one, the undated ones.

        Args:
            within_seconds: So shortly.

        Returns:
            int64 of shape (n,), 1 for a text of no series; and whether there may be more than were
            compared, bool of shape (n,).
        """
        seconds = np.where(self._of.seconds == UNDATED, 0, self._of.seconds)
        counts, more = np.ones(len(seconds), np.int64), np.zeros(len(seconds), bool)
        for row, others in self._alike(seconds, within_seconds):
            nearest = np.argsort(np.abs(seconds[others] - seconds[row]), kind="stable")
            chosen = others[nearest[:MOST_COMPARED]]
            counts[row] += np.count_nonzero(self._are_series(np.full(len(chosen), row), chosen))
            more[row] = len(chosen) < len(others)
        return counts, more & (counts > 1)

    def _alike(self, seconds: Int64s, within_seconds: int) -> Iterator[tuple[int, Int64s]]:
        """Texts, each with those of its source and time that have like outlines, if there are."""
        outlines = self._of.outlines
        kinds = self._of.sources * 2 + (self._of.seconds == UNDATED)
        order = np.lexsort((seconds, kinds))
        order = order[self._of.sources[order] >= 0]
        for own in np.split(order, np.flatnonzero(np.diff(kinds[order])) + 1):
            times = seconds[own]
            for start in range(0, len(own), _ROWS_AT_ONCE):
                rows = own[start : start + _ROWS_AT_ONCE]
                first = np.searchsorted(times, seconds[rows[0]] - within_seconds)
                last = np.searchsorted(times, seconds[rows[-1]] + within_seconds, "right")
                near = own[first:last]
                alike = alike_signatures(outlines[rows], outlines[near])
                alike &= np.abs(seconds[rows][:, None] - seconds[near]) <= within_seconds
                alike &= rows[:, None] != near
                for place in np.flatnonzero(alike.any(axis=1)).tolist():
                    yield int(rows[place]), near[alike[place]]

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
