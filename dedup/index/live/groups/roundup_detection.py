"""Round-ups among the texts of the index, digests included; see `stories/grouping.py`.

Whether a text is a round-up depends on the texts it is linked to and on the links among these.
So after a change only the two ends of each added or removed link are checked again, and the texts
linked to both.
"""

from __future__ import annotations

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.config import StoryConfig
from dedup.index.live.arrays.link_table import LinkTable
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import Affinity, log_odds_of
from dedup.stories.pairs import RowPairs
from dedup.stories.round_ups import hold_nothing_together


class RoundUpDetector:
    """Detector of the round-ups among texts whose links changed.

    Args:
        texts: The texts.
        table: Their links.
        config: What a round-up is.
    """

    def __init__(self, texts: LiveTexts, table: LinkTable, config: StoryConfig) -> None:
        self._texts = texts
        self._table = table
        self._config = config
        self._floor = log_odds_of(config.min_probability)

    def updated(self, round_ups: BoolMask, pairs: RowPairs) -> BoolMask:
        """Which texts are round-ups after links were added and removed, bool (n,).

        Args:
            round_ups: Which texts were round-ups before, bool (n,).
            pairs: The added and removed links.
        """
        from dedup.index.live.kernels.links import between
        from dedup.stories.kernels.round_ups import loosely_linked

        affected = between(self._table.arrays, *pairs, self._floor)
        affected[pairs[0]] = affected[pairs[1]] = True
        now: BoolMask = round_ups & self._texts.alive
        digests: BoolMask = self._texts.digests
        rows = np.flatnonzero(affected & self._texts.alive)
        config = self._config
        loose = rows[
            loosely_linked(
                self._table.arrays, rows, self._floor,
                config.roundup_min_links, config.roundup_max_clustering,
            )
        ]  # fmt: skip
        now[rows] = False
        affinity: Affinity = self._texts.scorer
        now[
            loose[hold_nothing_together(list(map(self._near, loose.tolist())), affinity, config)]
        ] = True
        return now | digests

    def _near(self, row: int) -> Int64s:
        """Rows of the texts that a text is linked to as a member would be, by precedence."""
        others, log_odds = self._table.of(row)
        return self._texts.order.sorted(others[log_odds >= self._floor])
