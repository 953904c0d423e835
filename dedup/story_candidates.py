"""Pairs of texts that are worth scoring: the nearest vectors, and what shares rare words or names.

An encoder does not know every name. An inverted index from rare terms to texts finds the
pairs that share several of them. A term in many texts at a time is no evidence: each text
is paired with the next texts in time that have the term, at most `_REACH` of them, so that the
pairs of a text depend only on the texts between, and none is compared beyond `max_gap`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from dedup.config import NeighborConfig
from dedup.neighbors import Pairs, neighbor_pairs, within_gap
from dedup.profiles import Profiles
from dedup.shingles import Int64s
from dedup.terms import WEIGHT_UNIT

_REACH = 16
_MIN_BITS = 11.0


def story_candidates(
    profiles: Profiles,
    min_cosine: float,
    config: NeighborConfig = NeighborConfig(),
    on_progress: Callable[[int], None] | None = None,
) -> Pairs:
    """Pairs that may cover the same event.

    Args:
        profiles: The texts, in the order of precedence.
        min_cosine: Smallest cosine of neighbours.
        config: Limits.
        on_progress: Called with the number of texts whose neighbours were searched.
    """
    of = profiles
    found = [
        neighbor_pairs(of.whole, of.seconds, of.languages, min_cosine, config, on_progress),
        *(term_pairs(rows, of.seconds, config) for rows in (of.rare, of.names)),
    ]
    return Pairs.of([(each.first, each.second) for each in found], len(of.seconds))


def term_pairs(rows: sp.csr_array, seconds: Int64s, config: NeighborConfig) -> Pairs:
    """Pairs of texts whose shared terms have `min_shared_bits` of rarity together.

    Args:
        rows: Rarity of the terms of each text, int64 of shape (n, different terms), texts
            in the order of precedence.
        seconds: Publication times, int64 of shape (n,), `UNDATED` where unknown.
        config: Largest time between the two, and how much they have to share.
    """
    count = len(seconds)
    listed = sp.coo_array(rows)
    kept = listed.data * WEIGHT_UNIT >= _MIN_BITS
    text, term = listed.row[kept].astype(np.int64), listed.col[kept]
    weight = listed.data[kept]
    order = np.lexsort((text, term))
    text, term, weight = text[order], term[order], weight[order]
    gap = int(config.max_gap.total_seconds())
    keys, weights = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for step in range(1, _REACH + 1):
        a, b = text[:-step], text[step:]
        near = (term[:-step] == term[step:]) & within_gap(seconds, a, b, gap)
        keys.append(a[near] * count + b[near])
        weights.append(np.minimum(weight[:-step], weight[step:])[near])
    different, place = np.unique(np.concatenate(keys), return_inverse=True)
    shared = np.bincount(place, np.concatenate(weights), minlength=len(different))
    enough = different[shared * WEIGHT_UNIT >= config.min_shared_bits]
    return Pairs(enough // max(1, count), enough % max(1, count))
