"""Largest products of the vector of each text with those of each language, as texts are added.

For each text and language the largest products form a heap, whose root is the smallest of them:
another text must reach it to be one of its nearest.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array
from dedup.stories.kernels.nearest import sift
from dedup.stories.kernels.pairs import dot


@nb.njit(**OPTIONS)
def reaching(
    vectors: Array,
    rows: Array,
    columns: Array,
    seconds: Array,
    languages: Array,
    gap: int,
    threshold: int,
    tops: Array,
    own: bool,
) -> Any:
    """Pairs of a row and a column that may be among the nearest of one another.

    Args:
        vectors: Whole-number vectors of all texts, int16 (n, dim).
        rows: Rows of k texts, ascending, int64 (k,).
        columns: Rows of l texts, int64 (l,).
        seconds: Times of all texts, int64 (n,).
        languages: Places of the languages of all texts, int64 (n,).
        gap: Largest time between two texts.
        threshold: Smaller products do not count.
        tops: Heaps of products, int32 (languages, n, most).
        own: Whether the columns are the rows: each pair is returned once.

    Returns:
        Rows, columns and products of the pairs: two arrays int64 and one int32, (m,) each.
    """
    first, second = np.empty(256, np.int64), np.empty(256, np.int64)
    products = np.empty(256, np.int32)
    written = 0
    for k in range(columns.shape[0]):
        column = columns[k]
        for i in range(rows.shape[0]):
            row = rows[i]
            if row == column or (own and row > column) or abs(seconds[row] - seconds[column]) > gap:
                continue
            product = dot(vectors, row, vectors, column)
            if product < threshold or (
                product < tops[languages[column], row, 0]
                and product < tops[languages[row], column, 0]
            ):
                continue
            if written == first.shape[0]:
                first = np.concatenate((first, np.empty_like(first)))
                second = np.concatenate((second, np.empty_like(second)))
                products = np.concatenate((products, np.empty_like(products)))
            first[written], second[written], products[written] = row, column, product
            written += 1
    return first[:written], second[:written], products[:written]


@nb.njit(**OPTIONS)
def offer(
    texts: Array,
    others: Array,
    products: Array,
    languages: Array,
    threshold: int,
    tops: Array,
    raised: Array,
) -> None:
    """Put products into the heaps where they are large enough.

    Args:
        texts: Rows of the texts whose heaps they may enter, int64 (m,).
        others: Rows of the other texts, int64 (m,).
        products: Product of each pair, int32 (m,), at least the threshold.
        languages: Places of the languages of all texts, int64 (n,).
        threshold: Smaller products do not count.
        tops: Heaps of products, int32 (languages, n, most); changed.
        raised: Receives True where the least product that counts was raised, bool
            (languages, n).
    """
    for k in range(texts.shape[0]):
        text, language = texts[k], languages[others[k]]
        heap = tops[language, text]
        if products[k] > heap[0]:
            raised[language, text] |= heap[0] >= threshold
            heap[0] = products[k]
            sift(heap, 0)


@nb.njit(**OPTIONS)
def products_of(vectors: Array, first: Array, second: Array) -> Any:
    """Products of the vectors of pairs, int32 (m,).

    Args:
        vectors: Whole-number vectors of all texts, int16 (n, dim).
        first: Row of the first text of each pair, int64 (m,).
        second: Row of the second text, int64 (m,).
    """
    products = np.empty(first.shape[0], np.int32)
    for k in range(first.shape[0]):
        products[k] = dot(vectors, first[k], vectors, second[k])
    return products
