"""The largest similarities of each text to the texts of each language, as texts come.

Of each text and language the largest products are kept, as a heap whose root is the smallest of
them: what a text must reach to be one of its nearest.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.kernels.nearest import sift
from dedup.kernels.sketch import OPTIONS, Array


@nb.njit(**OPTIONS)
def offer(
    products: Array,
    rows: Array,
    columns: Array,
    seconds: Array,
    languages: Array,
    gap: int,
    threshold: Any,
    tops: Array,
    both: bool,
    risen: Array,
) -> None:
    """Let texts come among the nearest of one another.

    Args:
        products: Of k texts with l texts, float32 (k, l).
        rows: Numbers of the k texts, int64.
        columns: Numbers of the l texts, int64. A text that is a row and a column is offered
            to the other rows as a row only.
        seconds: Times of all texts, int64 (n,).
        languages: Places of the languages of all texts, int64 (n,).
        gap: Largest time between two texts.
        threshold: Smaller products do not count, float32.
        tops: Heaps of products, float32 (languages, n, most); changed.
        both: Offer the rows to the columns, too, not only the columns to the rows.
        risen: Whether the least that counts has risen, by language and text; bool
            (languages, n); what rises is set.
    """
    for i in range(rows.shape[0]):
        row = rows[i]
        language = languages[row]
        for k in range(columns.shape[0]):
            value = products[i, k]
            if value < threshold:
                continue
            column = columns[k]
            if column == row or abs(seconds[row] - seconds[column]) > gap:
                continue
            heap = tops[languages[column], row]
            if value > heap[0]:
                heap[0] = value
                sift(heap, 0)
            if both:
                heap = tops[language, column]
                if value > heap[0]:
                    risen[language, column] |= heap[0] >= threshold
                    heap[0] = value
                    sift(heap, 0)


@nb.njit(**OPTIONS)
def near_pairs(
    products: Array,
    rows: Array,
    columns: Array,
    seconds: Array,
    languages: Array,
    gap: int,
    threshold: Any,
    tops: Array,
) -> Any:
    """Pairs of a row and a column of which one is among the nearest of the other.

    The arguments are those of `offer`.

    Returns:
        Two arrays int64 (m,).
    """
    first, second = np.empty(1024, np.int64), np.empty(1024, np.int64)
    written = 0
    for i in range(rows.shape[0]):
        row = rows[i]
        language = languages[row]
        for k in range(columns.shape[0]):
            value = products[i, k]
            if value < threshold:
                continue
            column = columns[k]
            if column == row or abs(seconds[row] - seconds[column]) > gap:
                continue
            if value < tops[languages[column], row, 0] and value < tops[language, column, 0]:
                continue
            if written == first.shape[0]:
                first = np.concatenate((first, np.empty_like(first)))
                second = np.concatenate((second, np.empty_like(second)))
            first[written], second[written] = row, column
            written += 1
    return first[:written], second[:written]
