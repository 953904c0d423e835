"""Which texts of the index are round-ups; see `round_ups.py`.

Whether a text is one depends on the texts near to it and on the links among these. So after a
change only the two ends of each link that came or went are asked again, and the texts near to
both.
"""

from __future__ import annotations

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s
from dedup.config import StoryConfig
from dedup.index.live.arrays.link_table import LinkTable
from dedup.index.live.arrays.pairs import Pairs
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import Affinity, log_odds_of
from dedup.stories.round_ups import hold_nothing_together


class LateTexts:
    """Finds the round-ups among texts whose links changed.

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

    def changed(self, late: BoolMask, pairs: Pairs) -> BoolMask:
        """Which texts are round-ups, after links came and went.

        Args:
            late: Which were before, bool (n,).
            pairs: The links that came or went.
        """
        from dedup.index.live.kernels.links import between, loosely_linked

        asked = between(self._table.arrays, *pairs, self._floor)
        asked[pairs[0]] = asked[pairs[1]] = True
        now: BoolMask = late & self._texts.alive
        numbers = np.flatnonzero(asked & self._texts.alive)
        config = self._config
        loose = numbers[
            loosely_linked(
                self._table.arrays, numbers, self._floor,
                config.roundup_min_links, config.roundup_max_clustering,
            )
        ]  # fmt: skip
        now[numbers] = False
        affinity: Affinity = self._texts.scorer
        now[
            loose[hold_nothing_together(list(map(self._near, loose.tolist())), affinity, config)]
        ] = True
        return now

    def _near(self, number: int) -> Int64s:
        """The texts that one is linked to as a member would be, in the order of precedence."""
        others, log_odds = self._table.of(number)
        return self._texts.order.sorted(others[log_odds >= self._floor])
