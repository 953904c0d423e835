"""Components of a spanning forest, and the links that cross between them."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array


@nb.njit(inline="always")
def _root(above: Array, text: int) -> int:
    """Root of the tree of a text, whose path is halved; source: Tarjan & van Leeuwen 1984."""
    while above[text] != text:
        above[text] = above[above[text]]
        text = above[text]
    return text


@nb.njit(**OPTIONS)
def components(count: int, first: Array, second: Array) -> Any:
    """Smallest row in the component of each text, int32 (count,).

    Args:
        count: Number of texts.
        first: One end of each link, int32 (m,).
        second: The other end, int32 (m,).
    """
    above = np.arange(count).astype(np.int32)
    for k in range(first.shape[0]):
        a, b = _root(above, first[k]), _root(above, second[k])
        if a < b:
            above[b] = a
        else:
            above[a] = b
    for text in range(count):
        above[text] = above[above[text]]
    return above


@nb.njit(**OPTIONS)
def crossing(table: Any, labels: Array, texts: Array, floor: int, absent: Array) -> Any:
    """Links between some texts and texts of other components.

    Args:
        table: All links, see `kernels/links.py`.
        labels: Component of each text, int32 (n,).
        texts: Rows of texts, int64 (k,).
        floor: Weaker links are left out.
        absent: Texts whose links are left out, bool (n,).

    Returns:
        Text, other text and log-odds of each link: three arrays int64 (m,).
    """
    starts, counts, _, others, weights = table
    first, second = np.empty(256, np.int64), np.empty(256, np.int64)
    log_odds = np.empty(256, np.int64)
    written = 0
    for k in range(texts.shape[0]):
        text = texts[k]
        if absent[text]:
            continue
        for place in range(starts[text], starts[text] + counts[text]):
            other = others[place]
            if weights[place] < floor or absent[other] or labels[other] == labels[text]:
                continue
            if written == first.shape[0]:
                first = np.concatenate((first, np.empty_like(first)))
                second = np.concatenate((second, np.empty_like(second)))
                log_odds = np.concatenate((log_odds, np.empty_like(log_odds)))
            first[written], second[written], log_odds[written] = text, other, weights[place]
            written += 1
    return first[:written], second[:written], log_odds[:written]
