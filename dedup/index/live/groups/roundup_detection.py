"""Round-ups among the texts of the index, digests included; see `stories/grouping.py`.

Whether a text is a round-up depends on the texts it is linked to and on the links among these.
So after a change only the two ends of each added or removed link are checked again, and the texts
linked to both.
"""

from __future__ import annotations

import numpy as np
import xxhash

from dedup.compute.arrays import BoolMask, Int64s
from dedup.config import StoryConfig
from dedup.index.live.arrays.link_table import LinkTable
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import log_odds_of
from dedup.stories.pairs import RowPairs
from dedup.stories.round_ups import hold_nothing_together

_KNOWN = 1 << 17
"""Of so many texts it is remembered whether what they are linked to holds together."""


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
        self._known: dict[int, tuple[int, bool]] = {}

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
        now[loose[self._hold_nothing_together(loose)]] = True
        return now | digests

    def _hold_nothing_together(self, rows: Int64s) -> BoolMask:
        """See `hold_nothing_together`; a text is looked at again if it is linked to others now."""
        near = {row: self._near(row) for row in rows.tolist()}
        hashes = {row: xxhash.xxh3_64_intdigest(others.tobytes()) for row, others in near.items()}
        new = [row for row in near if self._known.get(row, (-1, False))[0] != hashes[row]]
        if new:
            if len(self._known) > _KNOWN:
                self._known.clear()
                new = list(near)
            loose = hold_nothing_together(
                [near[row] for row in new], self._texts.scorer, self._config
            )
            self._known.update(
                (row, (hashes[row], is_loose))
                for row, is_loose in zip(new, loose.tolist(), strict=True)
            )
        return np.array([self._known[row][1] for row in near], bool)

    def _near(self, row: int) -> Int64s:
        """Rows of the texts that a text is linked to as a member would be, by precedence."""
        others, log_odds = self._table.of(row)
        return self._texts.order.sorted(others[log_odds >= self._floor])
