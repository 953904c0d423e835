"""Pairs of texts that share terms, text by text.

Computes exactly what `dedup.stories.candidates.term_pairs` defines, without a list of all pairs of
a text and a term.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array


@nb.njit(**OPTIONS)
def sharing_pairs(
    starts: Array,
    places: Array,
    postings: Array,
    terms: Array,
    weights: Array,
    seconds: Array,
    undated: int,
    reach: int,
    gap: int,
    least: float,
    first: int,
    last: int,
) -> Any:
    """Later texts that share enough with the texts `first` to `last`.

    Args:
        starts: First entry of each text, int64 (n + 1,).
        places: Where each entry stands among the postings, int64 (t,).
        postings: Texts, by term and then ascending, int64 (t,).
        terms: Terms of the postings, uint64 (t,).
        weights: Rarity of the terms in these texts, int64 (t,).
        seconds: Times of the texts, int64 (n,).
        undated: Stands for the time of a text without one.
        reach: How many of the next texts of a term count.
        gap: Largest time between two texts.
        least: Smallest sum of rarities.
        first: Number of the first text.
        last: Number after the last one.

    Returns:
        Pairs ordered by (first, second): two arrays int64 (m,).
    """
    shared = np.zeros(starts.shape[0] - 1, np.int64)
    most = (starts[last] - starts[first]) * reach
    out_a, out_b = np.empty(most, np.int64), np.empty(most, np.int64)
    written = 0
    for text in range(first, last):
        begun = written
        for entry in range(starts[text], starts[text + 1]):
            place = places[entry]
            stop = min(place + reach + 1, postings.shape[0])
            for other in range(place + 1, stop):
                if terms[other] != terms[place]:
                    break
                mate = postings[other]
                dated = seconds[text] != undated and seconds[mate] != undated
                if dated and abs(seconds[mate] - seconds[text]) > gap:
                    continue
                if shared[mate] == 0:
                    out_b[written] = mate
                    written += 1
                shared[mate] += min(weights[place], weights[other])
        met = written
        written = begun
        for k in range(begun, met):
            mate = out_b[k]
            if shared[mate] >= least:
                out_a[written], out_b[written] = text, mate
                written += 1
            shared[mate] = 0
        out_b[begun:written].sort()
    return out_a[:written].copy(), out_b[:written].copy()
