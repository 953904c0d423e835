"""Features and log-odds of pairs of texts, pair by pair.

Computes exactly what `dedup.stories.features` and `dedup.stories.affinity` define. The rows of the
first text of a pair go into small hash tables, where the entries of the second are looked up; pairs
that follow one another and have the same first text share the tables.

Vectors are whole numbers, whose products fit int32. Everywhere else the order of operations is
that of the NumPy path, and nothing is fused.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array

_U = np.uint64
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@nb.njit(inline="always")
def _slot(key: Any, mask: int) -> Any:
    """Fibonacci hashing; source: Knuth, "The Art of Computer Programming" 3, 6.4."""
    return np.int64((key * _SPREAD) >> _U(32)) & mask


@nb.njit(inline="always")
def _table_size(entries: int) -> int:
    size = 4
    while size < 8 * entries:
        size *= 2
    return size


@nb.njit(inline="always")
def _empty_table(longest: int) -> Any:
    """A table for rows of so many entries: keys, and values, 0 where there is no key."""
    size = _table_size(longest)
    return np.empty(size, np.uint64), np.empty(size, np.int32)


@nb.njit(inline="always")
def _fill(table: Any, rows: Any, text: int) -> int:
    """Put the row of a text into the table; returns the mask of its slots."""
    keys, values = table
    offsets, row_keys, row_values = rows
    start, stop = offsets[text], offsets[text + 1]
    mask = _table_size(stop - start) - 1
    values[: mask + 1] = 0
    for place in range(start, stop):
        slot = _slot(row_keys[place], mask)
        while values[slot] != 0:
            slot = (slot + 1) & mask
        keys[slot] = row_keys[place]
        values[slot] = row_values[place]
    return mask


@nb.njit(inline="always")
def _look_up(table: Any, mask: int, key: Any) -> Any:
    keys, values = table
    slot = _slot(key, mask)
    while values[slot] != 0:
        if keys[slot] == key:
            return np.int64(values[slot])
        slot = (slot + 1) & mask
    return np.int64(0)


@nb.njit(inline="always")
def _product(table: Any, mask: int, rows: Any, text: int) -> Any:
    offsets, keys, values = rows
    total = np.int64(0)
    for place in range(offsets[text], offsets[text + 1]):
        total += _look_up(table, mask, keys[place]) * np.int64(values[place])
    return total


@nb.njit
def dot(x: Array, a: int, y: Array, b: int) -> Any:
    """Product of row a of one array with row b of another, int32."""
    total = np.int32(0)
    for k in range(x.shape[1]):
        total += np.int32(x[a, k]) * np.int32(y[b, k])
    return total


@nb.njit(inline="always")
def _cosine(product: int, first: int, second: int) -> float:
    length = np.sqrt(np.float64(first * second))
    return np.float64(product) / (length if length > 0 else 1.0)


@nb.njit(inline="always")
def _tables(texts: Any) -> Any:
    longest = texts[11]
    return (
        _empty_table(longest[0]),
        _empty_table(longest[1]),
        _empty_table(longest[2]),
        _empty_table(longest[3]),
        _empty_table(longest[4]),
    )


@nb.njit(inline="always")
def _fill_all(tables: Any, texts: Any, text: int) -> Any:
    return (
        _fill(tables[0], texts[5], text),
        _fill(tables[1], texts[6], text),
        _fill(tables[2], texts[7], text),
        _fill(tables[3], texts[8], text),
        _fill(tables[4], texts[9], text),
    )


@nb.njit(inline="always")
def _agreement(table: Any, mask: int, rows: Any, a: int, b: int) -> Any:
    """Square root of the number of shared keys; 1.0 if both have keys and share none, else 0.0."""
    shared = _product(table, mask, rows, b)
    both = rows[0][a + 1] > rows[0][a] and rows[0][b + 1] > rows[0][b]
    return np.sqrt(np.float64(shared)), 1.0 if both and shared == 0 else 0.0


@nb.njit(inline="always")
def _is_cross(languages: Array, a: int, b: int) -> int:
    differ = languages[a] != languages[b] and languages[a] >= 0 and languages[b] >= 0
    return 1 if differ else 0


@nb.njit(inline="always")
def _usual(chance: Any, first: int, second: int) -> float:
    """Cosine of the names of two unrelated texts of these languages, as `chance` defines it."""
    ids, chances = chance
    place = np.searchsorted(ids, first)
    known = first == second and place < ids.shape[0] and ids[place] == first
    return chances[place] if known else 0.0


@nb.njit
def _compare(tables: Any, masks: Any, texts: Any, units: Any, a: int, b: int, out: Array) -> None:
    """Features of texts a, whose rows are in the tables, and b, in the order of `FEATURES`."""
    vectors, titles, seconds, short = texts[0], texts[1], texts[2], texts[4]
    terms, title_terms, names, numbers, dates, squares, _, chance = texts[5:]
    one, day, rare, undated = units
    out[0] = dot(vectors, a, vectors, b) / one
    out[1] = dot(titles, a, titles, b) / one
    out[2] = max(dot(vectors, a, titles, b), dot(titles, a, vectors, b)) / one

    offsets, keys, values = terms
    product, shared = np.int64(0), np.int64(0)
    for place in range(offsets[b], offsets[b + 1]):
        other = _look_up(tables[0], masks[0], keys[place])
        own = np.int64(values[place])
        product += other * own
        if other >= rare and own >= rare:
            shared += other * own
    smaller = max(min(squares[0][a], squares[0][b]), 1)
    out[3] = np.sqrt(np.float64(shared) / np.float64(smaller))
    out[4] = _cosine(product, squares[0][a], squares[0][b])
    product = _product(tables[1], masks[1], title_terms, b)
    out[5] = _cosine(product, squares[1][a], squares[1][b])

    product = _product(tables[2], masks[2], names, b)
    usual = _usual(chance, texts[3][a], texts[3][b])
    out[6] = max(_cosine(product, squares[2][a], squares[2][b]) - usual, 0.0) / (1.0 - usual)

    out[7], out[8] = _agreement(tables[3], masks[3], numbers, a, b)
    out[9], out[10] = _agreement(tables[4], masks[4], dates, a, b)

    dated = seconds[a] != undated and seconds[b] != undated
    out[11] = np.float64(abs(seconds[a] - seconds[b])) / day if dated else 0.0
    out[12] = 0.0 if dated else 1.0
    out[13] = 1.0 if short[a] or short[b] else 0.0


@nb.njit(inline="always")
def _weigh(values: Array, cross: int, curves: Any) -> Any:
    """Log-odds of one pair, in units of 1/1000."""
    intercepts, starts, bases, lefts, rights, slopes, unit = curves
    total = intercepts[cross]
    for feature in range(values.shape[0]):
        value = values[feature]
        part = bases[cross, feature]
        for k in range(starts[cross, feature], starts[cross, feature + 1]):
            # From here on each step would add 0.
            if value <= lefts[k]:
                break
            part = part + (min(max(value, lefts[k]), rights[k]) - lefts[k]) * slopes[k]
        total = total + part
    return np.int64(np.rint(total / unit))


@nb.njit(**OPTIONS)
def pair_values(texts: Any, units: Any, first: Array, second: Array, out: Array) -> None:
    """Features of pairs.

    Args:
        texts: Vectors of texts and of titles, int16 (n, dim); times and languages, int64 (n,);
            whether short, bool (n,); terms, title terms, names, numbers and dates, each as the
            arrays of a `KeyedRows`; squares of terms, title terms and names, three of int64 (n,);
            entries of the longest row of each of the five, int64 (5,); see `chance_by_language`.
        units: Product of two equal vectors, seconds in a day, the smallest weight of a rare term,
            the time of an undated text.
        first: Row of the first text of each pair, int64 (m,).
        second: Row of the second text, int64 (m,).
        out: Receives the features in the order of `FEATURES`, float64 (m, 14).
    """
    tables = _tables(texts)
    masks = (0, 0, 0, 0, 0)
    for k in range(first.shape[0]):
        if k == 0 or first[k] != first[k - 1]:
            masks = _fill_all(tables, texts, first[k])
        _compare(tables, masks, texts, units, first[k], second[k], out[k])


@nb.njit(**OPTIONS)
def pair_log_odds(
    texts: Any, units: Any, curves: Any, first: Array, second: Array, out: Array
) -> None:
    """Log-odds of pairs.

    Args:
        texts: As of `pair_values`, and so the units, `first` and `second`.
        units: See there.
        curves: As `dedup.stories.compiled_pairs.curve_arrays` makes them.
        first: See there.
        second: See there.
        out: Receives the log-odds, int64 (m,).
    """
    tables = _tables(texts)
    masks = (0, 0, 0, 0, 0)
    values = np.empty(curves[2].shape[1], np.float64)
    for k in range(first.shape[0]):
        if k == 0 or first[k] != first[k - 1]:
            masks = _fill_all(tables, texts, first[k])
        _compare(tables, masks, texts, units, first[k], second[k], values)
        out[k] = _weigh(values, _is_cross(texts[3], first[k], second[k]), curves)


@nb.njit(**OPTIONS)
def block_log_odds(
    texts: Any,
    units: Any,
    curves: Any,
    rows: Array,
    columns: Array,
    start: int,
    stop: int,
    mirrored: bool,
    out: Array,
) -> None:
    """Log-odds of the texts `rows[start:stop]` with all columns, out int64 (k, l).

    Mirrored: rows and columns are the same; only what is right of the diagonal, which is
    included, is computed, and written on both sides.
    """
    tables = _tables(texts)
    values = np.empty(curves[2].shape[1], np.float64)
    for i in range(start, stop):
        a = rows[i]
        masks = _fill_all(tables, texts, a)
        for j in range(i if mirrored else 0, columns.shape[0]):
            b = columns[j]
            _compare(tables, masks, texts, units, a, b, values)
            out[i, j] = _weigh(values, _is_cross(texts[3], a, b), curves)
            if mirrored:
                out[j, i] = out[i, j]
