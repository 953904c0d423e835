"""UTF-8 to signatures and anchors in one pass.

Computes exactly what `dedup.text.shingles` and the modules `minhash` and `fingerprints` define,
without an array or a Python string between a byte and a signature. On uint64, mod 2^64, with mix
the 64-bit and mix32 the 32-bit finaliser of MurmurHash3:

    token     t   = mix(sum over j < L of (c_j + 1) * B^(L - 1 - j)), by Horner's rule
    shingle   s_i = mix(sum over k < n of t_(i+k) * C^k)
    signature v_k = min over i of a_k * mix32(s_i mod 2^32) + b_k mod 2^32
    anchors       = of every 23 shingles of 3 tokens in a row, the leftmost smallest

Sources: Karp & Rabin 1987 (polynomial hash); Appleby, MurmurHash3; Broder 1997 (MinHash), with the
permutations of datasketch 2.0, scheme `affine32`; Schleimer, Wilkerson & Aiken 2003 (winnowing).
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import _U, OPTIONS, Array, mix64
from dedup.text.characters import KIND_SHIFT, POINT_MASK, SEVERAL, SINGLE, WORD
from dedup.text.shingles import POINT_BASE, TOKEN_BASE

_WORD, _SINGLE = np.uint32(WORD), np.uint32(SINGLE)
_KIND, _POINT, _SEVERAL = KIND_SHIFT, POINT_MASK, SEVERAL


@nb.njit(inline="always")
def _mix32(value: Any) -> Any:
    value = np.uint32(value)
    value = np.uint32(value ^ (value >> np.uint32(16)))
    value = np.uint32(value * np.uint32(0x85EBCA6B))
    value = np.uint32(value ^ (value >> np.uint32(13)))
    value = np.uint32(value * np.uint32(0xC2B2AE35))
    return np.uint32(value ^ (value >> np.uint32(16)))


@nb.njit(inline="always")
def _tail(data: Array, place: int) -> Any:
    """The six bits of a byte that continues a character."""
    return np.uint32(data[place]) & np.uint32(0x3F)


@nb.njit(inline="always")
def _decoded(data: Array, place: int) -> Any:
    """The code point above U+007F that begins at a place of valid UTF-8, and its bytes."""
    lead = np.uint32(data[place])
    point = _tail(data, place + 1)
    if lead < 0xE0:
        return ((lead & np.uint32(0x1F)) << np.uint32(6)) | point, 2
    point = (point << np.uint32(6)) | _tail(data, place + 2)
    if lead < 0xF0:
        return ((lead & np.uint32(0x0F)) << np.uint32(12)) | point, 3
    point = (point << np.uint32(6)) | _tail(data, place + 3)
    return ((lead & np.uint32(0x07)) << np.uint32(18)) | point, 4


@nb.njit(**OPTIONS)
def tokens_of(data: Array, start: int, stop: int, table: Any, out: Array) -> Any:
    """Token hashes of one UTF-8 text into `out`; returns how many.

    The sum of a token is stored at every character and counted at its end, so that in ASCII
    no branch depends on where words end, which no processor can predict.
    """
    entries, expansions, ascii_values = table
    count, inside = np.int64(0), np.int64(0)
    total = _U(0)
    place = start
    while place < stop:
        if data[place] < 0x80:
            value = ascii_values[data[place]]
            place += 1
            word = np.int64(value != _U(0))
            out[count] = total
            count += inside & (1 - word)
            total = total * POINT_BASE + value if word else _U(0)
            inside = word
            continue
        point, size = _decoded(data, place)
        place += size
        entry = entries[point]
        row, parts = entry & _POINT, 1
        if entry & _SEVERAL:
            parts = expansions.shape[1]
        for part in range(parts):
            if parts > 1:
                if expansions[row, part] == 0:
                    break
                entry = entries[expansions[row, part]]
            kind = entry >> _KIND
            value = _U(entry & _POINT) + _U(1)
            if kind == _WORD:
                total = total * POINT_BASE + value
                inside = np.int64(1)
                continue
            out[count] = total
            count += inside
            total, inside = _U(0), np.int64(0)
            if kind == _SINGLE:
                out[count] = value
                count += 1
    out[count] = total
    count += inside
    for i in range(count):
        out[i] = mix64(out[i])
    return count


@nb.njit(**OPTIONS)
def shingles_of(tokens: Array, count: int, size: int, out: Array) -> int:
    """Shingle hashes of `count` tokens into `out`, another array; returns how many.

    A loop for each token of a shingle: unlike a rolling sum, these run in vector registers.
    """
    if count == 0:
        return 0
    size = min(size, count)
    total = count - size + 1
    for i in range(total):
        out[i] = tokens[i]
    weight = _U(1)
    for k in range(1, size):
        weight *= TOKEN_BASE
        for i in range(total):
            out[i] += tokens[i + k] * weight
    for i in range(total):
        out[i] = mix64(out[i])
    return total


@nb.njit(**OPTIONS)
def _winnow(values: Array, count: int, window: int, out: Array) -> int:
    """The leftmost smallest value of each window, once for each place, into `out`; how many."""
    if count == 0:
        return 0
    written, best = 0, 0
    for i in range(1, min(window, count)):
        if values[i] < values[best]:
            best = i
    out[written] = np.uint32(values[best])
    written += 1
    for i in range(window, count):
        chosen = best
        if values[i] < values[best]:
            best = i
        elif best <= i - window:
            best = i - window + 1
            for j in range(best + 1, i + 1):
                if values[j] < values[best]:
                    best = j
        if best != chosen:
            out[written] = np.uint32(values[best])
            written += 1
    return written


@nb.njit(**OPTIONS)
def sketch(
    data: Array,
    begins: Array,
    ends: Array,
    first: int,
    last: int,
    table: Any,
    rule: Array,
    a: Array,
    b: Array,
    signatures: Array,
    token_counts: Array,
    anchors: Array,
    anchor_counts: Array,
) -> int:
    """Signatures, token counts and anchors of the texts `first` to `last`.

    Args:
        data: UTF-8 bytes, uint8.
        begins: Text i is `data[begins[i]:ends[i]]`, int64.
        ends: int64.
        first: First text.
        last: Text after the last one.
        table: See `dedup.text.characters.CharacterTable`.
        rule: Shingle size, size of short texts, tokens below which a text is
            short, tokens of an anchor, window of anchors: int64 (5,).
        a: Multipliers of the permutations, uint32 (num_perm,).
        b: Summands of the permutations, uint32 (num_perm,).
        signatures: Rows to fill, filled with 2^32 - 1, uint32 (n, num_perm).
        token_counts: To fill, int64 (n,).
        anchors: To fill with anchors, one text after the other, uint32.
        anchor_counts: To fill, int64 (n,).

    Returns:
        Number of anchors.
    """
    longest = 0
    for text in range(first, last):
        longest = max(longest, ends[text] - begins[text])
    # A token takes a byte or more: what one character folds to is never more tokens than its bytes.
    tokens = np.empty(longest + 4, np.uint64)
    grams = np.empty(longest + 4, np.uint64)
    low = np.empty(longest + 8, np.uint32)
    num_perm = a.shape[0]
    written = 0
    for text in range(first, last):
        count = tokens_of(data, begins[text], ends[text], table, tokens)
        token_counts[text] = count
        if count == 0:
            continue
        gram_count = shingles_of(tokens, count, rule[3], grams)
        new = _winnow(grams, gram_count, rule[4], anchors[written:])
        anchor_counts[text] = new
        written += new
        size = rule[1] if count < rule[2] else rule[0]
        total = shingles_of(tokens, count, size, grams)
        for i in range(total):
            low[i] = _mix32(grams[i])
        # Shingles in fours: repeating the last one does not change a minimum.
        while total % 4:
            low[total] = low[total - 1]
            total += 1
        row = signatures[text]
        for i in range(0, total, 4):
            h0, h1, h2, h3 = low[i], low[i + 1], low[i + 2], low[i + 3]
            for k in range(num_perm):
                m, s = a[k], b[k]
                v0 = np.uint32(m * h0 + s)
                v1 = np.uint32(m * h1 + s)
                v2 = np.uint32(m * h2 + s)
                v3 = np.uint32(m * h3 + s)
                row[k] = min(row[k], min(min(v0, v1), min(v2, v3)))
    return written
