"""Lists of the texts that have a term, in the order of precedence, to which texts are added.

Entries (term, text, weight) are ordered by term and precedence in two arrays: most in a large one,
the latest in a small one. The position of a text in a list is found by binary search, and those
before and after it step by step, in both arrays at once. Entries of removed texts are skipped.

Arguments that several functions share:

* `lists`: terms, uint64, texts, int32, and weights, int32, of the large array, and of the small.
* `order`: time, length and rank among equals of all texts, int64 (n,) each: their precedence.
* `rows`: the terms of all texts, as the arrays of a `KeyedRows`.
* `alive`: which texts are there, bool (n,).
* `limits`: how many of the next texts of a term count; the largest time between two texts, in
  seconds; the smallest weight of a term that counts; the smallest sum of weights.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.articles import UNDATED
from dedup.compute.kernels import OPTIONS, Array


@nb.njit(inline="always")
def _precedes(order: Any, a: int, b: int) -> bool:
    times, lengths, ranks = order
    if times[a] != times[b]:
        return bool(times[a] < times[b])
    if lengths[a] != lengths[b]:
        return bool(lengths[a] < lengths[b])
    return bool(ranks[a] < ranks[b])


@nb.njit
def _place(terms: Array, texts: Array, order: Any, term: Any, text: int) -> int:
    """Place of the first entry that is not before this one."""
    low, high = 0, terms.shape[0]
    while low < high:
        middle = (low + high) // 2
        if terms[middle] < term or (
            terms[middle] == term and _precedes(order, texts[middle], text)
        ):
            low = middle + 1
        else:
            high = middle
    return low


@nb.njit(**OPTIONS)
def merged(lists: Any, order: Any) -> Any:
    """Entries of both arrays in one."""
    terms, texts, weights, new_terms, new_texts, new_weights = lists
    count = terms.shape[0] + new_terms.shape[0]
    all_terms, all_texts = np.empty(count, np.uint64), np.empty(count, np.int32)
    all_weights = np.empty(count, np.int32)
    i = j = 0
    for place in range(count):
        old = i < terms.shape[0]
        if old and j < new_terms.shape[0]:
            if terms[i] == new_terms[j]:
                old = _precedes(order, texts[i], new_texts[j])
            else:
                old = terms[i] < new_terms[j]
        if old:
            all_terms[place], all_texts[place], all_weights[place] = terms[i], texts[i], weights[i]
            i += 1
        else:
            all_terms[place], all_texts[place] = new_terms[j], new_texts[j]
            all_weights[place] = new_weights[j]
            j += 1
    return all_terms, all_texts, all_weights


@nb.njit(inline="always")
def _far(seconds: Array, a: int, b: int, gap: int) -> bool:
    """Whether two texts are too far apart in time; an undated one is near to all."""
    dated = seconds[a] != UNDATED and seconds[b] != UNDATED
    return dated and abs(seconds[a] - seconds[b]) > gap


@nb.njit
def _around(
    lists: Any,
    order: Any,
    alive: Array,
    term: Any,
    text: int,
    reach_after: int,
    reach_before: int,
    out: Any,
) -> Any:
    """Number of the next texts after one in the list of a term, and of those before it.

    Args:
        lists: See above.
        order: See above.
        alive: See above.
        term: The term.
        text: Row of the text, which need not be in the list.
        reach_after: Largest number of texts after it.
        reach_before: Largest number of texts before it.
        out: Receives the texts after it and their weights, and those before it: four arrays.
    """
    terms, texts, weights, new_terms, new_texts, new_weights = lists
    begin_old = _place(terms, texts, order, term, text)
    begin_new = _place(new_terms, new_texts, order, term, text)
    after = 0
    i, j = begin_old, begin_new
    while after < reach_after:
        old = i < terms.shape[0] and terms[i] == term
        new = j < new_terms.shape[0] and new_terms[j] == term
        if not old and not new:
            break
        if old and (not new or _precedes(order, texts[i], new_texts[j])):
            other, weight = np.int64(texts[i]), weights[i]
            i += 1
        else:
            other, weight = np.int64(new_texts[j]), new_weights[j]
            j += 1
        if other != text and alive[other]:
            out[0][after], out[1][after] = other, weight
            after += 1
    before = 0
    i, j = begin_old - 1, begin_new - 1
    while before < reach_before:
        old = i >= 0 and terms[i] == term
        new = j >= 0 and new_terms[j] == term
        if not old and not new:
            break
        if old and (not new or _precedes(order, new_texts[j], texts[i])):
            other, weight = np.int64(texts[i]), weights[i]
            i -= 1
        else:
            other, weight = np.int64(new_texts[j]), new_weights[j]
            j -= 1
        if alive[other]:
            out[2][before], out[3][before] = other, weight
            before += 1
    return after, before


@nb.njit(inline="always")
def _room(reach: int) -> Any:
    return (
        np.empty(reach, np.int64),
        np.empty(reach, np.int64),
        np.empty(reach, np.int64),
        np.empty(reach, np.int64),
    )


@nb.njit(**OPTIONS)
def sharing(
    lists: Any,
    order: Any,
    rows: Any,
    alive: Array,
    seconds: Array,
    queries: Array,
    before: bool,
    limits: Any,
) -> Any:
    """Pairs of some texts with others that share enough terms with them.

    Args:
        lists: See above.
        order: See above.
        rows: See above.
        alive: See above.
        seconds: Times of all texts, int64 (n,), `UNDATED` where unknown.
        queries: Rows of some texts, int64 (k,).
        before: Find the texts before them in the lists, too.
        limits: See above.

    Returns:
        Rows of the query and of the other text: two arrays int64 (m,).
    """
    reach, gap, rare, least = limits
    offsets, terms, values = rows
    shared = np.zeros(offsets.shape[0], np.int32)
    out = _room(reach)
    first, second = np.empty(256, np.int64), np.empty(256, np.int64)
    written = 0
    for k in range(queries.shape[0]):
        text = queries[k]
        met = np.empty(2 * reach * (offsets[text + 1] - offsets[text]), np.int64)
        count = 0
        for entry in range(offsets[text], offsets[text + 1]):
            own = values[entry]
            if own < rare:
                continue
            sizes = _around(
                lists, order, alive, terms[entry], text, reach, reach if before else 0, out
            )
            for side in range(2):
                for place in range(sizes[side]):
                    other = out[2 * side][place]
                    if _far(seconds, other, text, gap):
                        continue
                    if shared[other] == 0:
                        met[count] = other
                        count += 1
                    shared[other] += min(np.int64(own), out[2 * side + 1][place])
        for place in range(count):
            other = met[place]
            if shared[other] >= least:
                if written == first.shape[0]:
                    first = np.concatenate((first, np.empty_like(first)))
                    second = np.concatenate((second, np.empty_like(second)))
                first[written], second[written] = text, other
                written += 1
            shared[other] = 0
    return first[:written].copy(), second[:written].copy()


@nb.njit(**OPTIONS)
def newly_separated(lists: Any, order: Any, rows: Any, alive: Array, text: int, limits: Any) -> Any:
    """Pairs that would be in reach of each other in the list of a term but for this text.

    Args:
        lists: See above.
        order: See above.
        rows: See above.
        alive: See above.
        text: Row of the text.
        limits: See above.

    Returns:
        Rows of the pairs: two arrays int64 (m,).
    """
    reach, _, rare, _ = limits
    offsets, terms, values = rows
    most = reach * (offsets[text + 1] - offsets[text])
    first, second = np.empty(most, np.int64), np.empty(most, np.int64)
    out = _room(reach)
    written = 0
    for entry in range(offsets[text], offsets[text + 1]):
        if values[entry] < rare:
            continue
        after, before = _around(lists, order, alive, terms[entry], text, reach, reach, out)
        for place in range(before):
            # Without the text there are `reach` steps from one to the other, with it one more.
            other = reach - 1 - place
            if other < after:
                first[written], second[written] = out[2][place], out[0][other]
                written += 1
    return first[:written].copy(), second[:written].copy()


@nb.njit
def _in_reach(
    lists: Any, order: Any, alive: Array, term: Any, a: int, b: int, reach: int, out: Any
) -> bool:
    """Whether text b is one of the next texts after text a in the list of a term."""
    after, _ = _around(lists, order, alive, term, a, reach, 0, out)
    return bool((out[0][:after] == b).any())


@nb.njit(**OPTIONS)
def share_enough(
    lists: Any,
    order: Any,
    rows: Any,
    alive: Array,
    first: Array,
    second: Array,
    limits: Any,
) -> Any:
    """Which pairs of texts, which are close enough in time, share enough; bool (m,).

    Args:
        lists: See above.
        order: See above.
        rows: See above.
        alive: See above.
        first: Row of the first text of each pair, int64 (m,).
        second: Row of the second text, int64 (m,).
        limits: See above.
    """
    reach, _, rare, least = limits
    offsets, terms, values = rows
    enough = np.zeros(first.shape[0], np.bool_)
    out = _room(reach)
    for k in range(first.shape[0]):
        a, b = first[k], second[k]
        if _precedes(order, b, a):
            a, b = b, a
        for counted in range(2):
            total = np.int64(0)
            i, j = offsets[a], offsets[b]
            while i < offsets[a + 1] and j < offsets[b + 1]:
                if terms[i] < terms[j]:
                    i += 1
                elif terms[j] < terms[i]:
                    j += 1
                else:
                    weight = min(values[i], values[j])
                    # Most pairs share too little, even if all their terms count.
                    if weight >= rare and (
                        counted == 0 or _in_reach(lists, order, alive, terms[i], a, b, reach, out)
                    ):
                        total += weight
                    i += 1
                    j += 1
            if total < least:
                break
            enough[k] = counted == 1
    return enough
