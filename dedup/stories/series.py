"""Series in stories: texts of one source that fill in one template are hardly one event.

Their vectors, words and days are alike by nature, so that the curves cannot tell them apart. What
differs can, see `dedup.text.outlines`; it is looked at only where outlines agree.
"""

from __future__ import annotations

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
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
    """

    def __init__(self, profiles: Profiles) -> None:
        self._of = profiles
        self._outlines: dict[int, Outline] = {}

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
