"""UTF-8 to signatures and anchors in one pass.

Computes exactly what `dedup.text.shingles` and the modules `minhash` and `fingerprints` define,
without an array or a Python string between a byte and a signature. On uint64, mod 2^64, with mix
the 64-bit and mix32 the 32-bit finaliser of MurmurHash3:

    token     t   = mix(sum over j < L of (c_j + 1) * B^(L - 1 - j)), by Horner's rule
    shingle   s_i = mix(sum over k < n of t_(i+k) * C^k)
    signature v_k = min over i of a_k * mix32(s_i mod 2^32) + b_k mod 2^32
    anchors       = of every 23 shingles of 3 tokens in a row, the leftmost smallest, made even; in
                    a text of fewer than 100 tokens also of every 10, made odd

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
_ONE, _UPPER = _U(1), np.uint32(0xFFFFFFFE)
_BLOCK = 128
"""Bytes that are looked at together."""
_UP = np.array([pow(int(POINT_BASE), k - 1, 1 << 64) for k in range(_BLOCK + 1)], np.uint64)
_DOWN = np.array([pow(int(POINT_BASE), -k, 1 << 64) for k in range(_BLOCK)], np.uint64)


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


@nb.njit(inline="always")
def _ascii_tokens(
    data: Array, place: Any, size: Any, values: Array, out: Array, count: Any, total: Any,
    inside: Any, ends: Array,
) -> Any:  # fmt: skip
    """Tokens that end in a block of ASCII characters; the new `count`, `total` and `inside`.

    The sum of all characters, each times B^-place, and the place are stored at every character and
    counted at the end of a token: no branch depends on where words end, which no processor can
    predict, and no product waits for the one before it. What two ends differ in, times B to the
    power of the place, is the sum of a token; one that began before the block is taken along.
    """
    first = count
    total *= POINT_BASE
    for i in range(size):
        value = values[data[place + i]]
        word = _U(value != _U(0))
        out[count] = total
        ends[count - first] = i
        count += inside & (word ^ _ONE)
        total += value * _DOWN[i]
        inside = word
    before = _U(0)
    for k in range(count - first):
        now = out[first + k]
        out[first + k] = (now - before) * _UP[ends[k]]
        before = now
    return count, (total - before) * _UP[size] if inside else _U(0), inside


@nb.njit(**OPTIONS)
def tokens_of(data: Array, start: int, stop: int, table: Any, out: Array) -> Any:
    """Token hashes of one UTF-8 text into `out`; returns how many."""
    entries, expansions, ascii_values = table
    count, inside, total = _U(0), _U(0), _U(0)
    ends = np.empty(_BLOCK + 1, np.uint64)
    place, last = _U(start), _U(stop)
    while place < last:
        size = min(_U(_BLOCK), last - place)
        highest = np.uint8(0)
        for i in range(size):
            highest |= data[place + i]
        if highest < 0x80:
            count, total, inside = _ascii_tokens(
                data, place, size, ascii_values, out, count, total, inside, ends
            )
            place += size
            continue
        end = place + size
        while place < end:
            if data[place] < 0x80:
                value = ascii_values[data[place]]
                place += _ONE
                word = _U(value != _U(0))
                out[count] = total
                count += inside & (word ^ _ONE)
                total = total * POINT_BASE + value if word else _U(0)
                inside = word
                continue
            point, bytes_of = _decoded(data, place)
            place += _U(bytes_of)
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
                value = _U(entry & _POINT) + _ONE
                if kind == _WORD:
                    total = total * POINT_BASE + value
                    inside = _ONE
                    continue
                out[count] = total
                count += inside
                total, inside = _U(0), _U(0)
                if kind == _SINGLE:
                    out[count] = value
                    count += _ONE
    out[count] = total
    count += inside
    for i in range(count):
        out[i] = mix64(out[i])
    return np.int64(count)


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


@nb.njit(inline="always")
def _smaller(values: Array, distance: int, count: int, out: Array) -> None:
    """The smaller of each of `count` values and the one at a distance after it, into `out`."""
    # A slice: with a sum as index this would not run in vector registers.
    others = values[distance:]
    for i in range(count):
        out[i] = min(values[i], others[i])


@nb.njit(**OPTIONS)
def _winnow(values: Array, count: int, window: int, bit: int, room: Array, out: Array) -> int:
    """The leftmost smallest value of each window, once for each place, into `out`; how many.

    The lowest bit of each is `bit`.

    The smallest of 2, 4, 8, ... values from each place on are those of half as many, so that no
    branch depends on a hash. A window has another place than the one before it if it has a smaller
    value, or if that one began with its smallest.
    """
    if count == 0:
        return 0
    window = min(window, count)
    least, width, row = values, 1, 0
    while 2 * width <= window:
        _smaller(least, width, count - 2 * width + 1, room[row])
        least, width, row = room[row], 2 * width, 1 - row
    _smaller(least, window - width, count - window + 1, room[row])
    least = room[row]
    out[0] = (np.uint32(least[0]) & _UPPER) | np.uint32(bit)
    written, before = _ONE, least[0]
    for i in range(1, count - window + 1):
        now = least[i]
        out[written] = (np.uint32(now) & _UPPER) | np.uint32(bit)
        written += _U((now < before) | (values[i - 1] == before))
        before = now
    return np.int64(written)  # type: ignore[return-value]


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
            short, tokens of an anchor, window of anchors, tokens below which
            a text has denser anchors, their window: int64 (7,).
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
    room = np.empty((2, longest + 4), np.uint64)
    low = np.empty(longest + 8, np.uint32)
    num_perm = a.shape[0]
    written = 0
    for text in range(first, last):
        count = tokens_of(data, begins[text], ends[text], table, tokens)
        token_counts[text] = count
        if count == 0:
            continue
        gram_count = shingles_of(tokens, count, rule[3], grams)
        new = _winnow(grams, gram_count, rule[4], 0, room, anchors[written:])
        if count < rule[5]:
            new += _winnow(grams, gram_count, rule[6], 1, room, anchors[written + new :])
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
