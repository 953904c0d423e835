"""Tables of links to which links are added and removed: each text has a piece of one long array.

A piece has room for more links than are in it; one that is full is copied to the end. The arrays
of a table are: the start of each piece, int64 (n,); the number of links in it and the room for
links, int32 (n,); the other text and the log-odds of each link, int32 (room,).
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array


@nb.njit(inline="always")
def _place(table: Any, text: int, other: int) -> int:
    """Place of a link, -1 if there is none."""
    starts, counts, _, others, _ = table
    for place in range(starts[text], starts[text] + counts[text]):
        if others[place] == other:
            return place
    return -1


@nb.njit(**OPTIONS)
def moved(table: Any, texts: Array, wanted: Array, used: int) -> int:
    """Move pieces that need more room to the end of the arrays; returns the new end.

    Args:
        table: The arrays.
        texts: Rows of different texts, int64 (k,).
        wanted: Number of links that each needs room for, int64 (k,).
        used: The end; there must be room for all pieces after it.
    """
    starts, counts, rooms, others, weights = table
    for k in range(texts.shape[0]):
        text = texts[k]
        if rooms[text] >= wanted[k]:
            continue
        start = starts[text]
        for link in range(counts[text]):
            others[used + link] = others[start + link]
            weights[used + link] = weights[start + link]
        starts[text], rooms[text] = used, wanted[k]
        used += wanted[k]
    return used


@nb.njit(**OPTIONS)
def put(table: Any, first: Array, second: Array, log_odds: Array) -> None:
    """Add new links in both directions; there must be room."""
    starts, counts, _, others, weights = table
    for k in range(first.shape[0]):
        for turn in range(2):
            a, b = (first[k], second[k]) if turn == 0 else (second[k], first[k])
            place = starts[a] + counts[a]
            others[place], weights[place] = b, log_odds[k]
            counts[a] += 1


@nb.njit(**OPTIONS)
def cut(table: Any, first: Array, second: Array) -> None:
    """Remove present links in both directions."""
    starts, counts, _, others, weights = table
    for k in range(first.shape[0]):
        for turn in range(2):
            a, b = (first[k], second[k]) if turn == 0 else (second[k], first[k])
            place = _place(table, a, b)
            counts[a] -= 1
            last = starts[a] + counts[a]
            others[place], weights[place] = others[last], weights[last]


@nb.njit(**OPTIONS)
def linked(table: Any, first: Array, second: Array) -> Any:
    """Which pairs are linked, bool (m,)."""
    counts = table[1]
    present = np.empty(first.shape[0], np.bool_)
    for k in range(first.shape[0]):
        a, b = first[k], second[k]
        if counts[b] < counts[a]:
            a, b = b, a
        present[k] = _place(table, a, b) >= 0
    return present
