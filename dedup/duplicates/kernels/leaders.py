"""Representatives of texts, in one pass over verified matches."""

from __future__ import annotations

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array


@nb.njit(**OPTIONS)
def assign(
    offsets: Array, mates: Array, jaccard: Array, containment: Array, leaders: Array, missing: Array
) -> int:
    """Representatives according to the matches; see `dedup.duplicates.clustering`.

    Args:
        offsets: Text i has the earlier matches `offsets[i]` to `offsets[i + 1]`, int64 (n + 1,).
        mates: The other text of each, ascending within a text, int64.
        jaccard: Of each match, float64.
        containment: Of each match, float64.
        leaders: To fill, int64 (n,).
        missing: To fill with pairs (leader, text) of unknown similarity, int64 (m, 2).

    Returns:
        Number of the pairs in `missing`.
    """
    unknown = 0
    for text in range(leaders.shape[0]):
        first, last = offsets[text], offsets[text + 1]
        best = -1
        for place in range(first, last):
            leader = leaders[mates[place]]
            at = first + np.searchsorted(mates[first:last], leader)
            if at == last or mates[at] != leader:
                missing[unknown, 0], missing[unknown, 1] = leader, text
                unknown += 1
            elif (
                best < 0
                or jaccard[at] > jaccard[best]
                or (jaccard[at] == jaccard[best] and containment[at] > containment[best])
                or (
                    jaccard[at] == jaccard[best]
                    and containment[at] == containment[best]
                    and mates[at] < mates[best]
                )
            ):
                best = at
        leaders[text] = text if best < 0 else mates[best]
    return unknown
