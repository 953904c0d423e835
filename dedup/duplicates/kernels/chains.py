"""Compiled kernels of the live near-duplicate index: chained hash tables in plain arrays.

A bucket holds the newest entry of its chain, every entry the next older one, -1 ends it. A
removed text stays in its chains until the tables are rebuilt, and is passed over.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array, mix64

_U = np.uint64


@nb.njit(inline="always")
def _band_bucket(row: Array, band: int, rows: int, mask: int) -> Any:
    key = _U(band)
    for k in range(band * rows, (band + 1) * rows):
        key = mix64(key + _U(row[k]))
    return np.int64(key) & mask


@nb.njit(inline="always")
def _anchor_bucket(anchor: Any, mask: int) -> Any:
    return np.int64(mix64(_U(anchor))) & mask


@nb.njit(**OPTIONS)
def link_texts(
    first: int,
    last: int,
    signatures: Array,
    token_counts: Array,
    bands: int,
    rows: int,
    band_heads: Array,
    band_next: Array,
    anchors: Array,
    anchor_starts: Array,
    anchor_heads: Array,
    anchor_next: Array,
) -> None:
    """Put the texts `first` to `last` in front of the chains of their bands and anchors.

    Args:
        first: Number of the first text.
        last: Number after the last one.
        signatures: uint32 (capacity, num_perm).
        token_counts: int64 (capacity,); a text without tokens is not linked.
        bands: Number of bands.
        rows: Slots in a band.
        band_heads: Newest text of each bucket, int32 (bands, a power of two).
        band_next: The next older text, int32 (capacity, bands).
        anchors: Anchors of all texts, uint32.
        anchor_starts: First anchor of each text, ascending, int64 (capacity + 1,).
        anchor_heads: Newest anchor of each bucket, int32 (a power of two,).
        anchor_next: The next older anchor, int32.
    """
    band_mask = band_heads.shape[1] - 1
    anchor_mask = anchor_heads.shape[0] - 1
    for number in range(first, last):
        if token_counts[number] == 0:
            continue
        for band in range(bands):
            bucket = _band_bucket(signatures[number], band, rows, band_mask)
            band_next[number, band] = band_heads[band, bucket]
            band_heads[band, bucket] = number
        for place in range(anchor_starts[number], anchor_starts[number + 1]):
            bucket = _anchor_bucket(anchors[place], anchor_mask)
            anchor_next[place] = anchor_heads[bucket]
            anchor_heads[bucket] = place


@nb.njit(**OPTIONS)
def find_candidates(
    row: Array,
    own: Array,
    own_tokens: int,
    token_counts: Array,
    max_length_ratio: float,
    short_text_tokens: int,
    signatures: Array,
    alive: Array,
    bands: int,
    rows: int,
    min_agreement: float,
    band_heads: Array,
    band_next: Array,
    anchors: Array,
    anchor_starts: Array,
    texts: int,
    anchor_heads: Array,
    anchor_next: Array,
    min_shared: float,
    max_chain: int,
    out: Array,
) -> int:
    """Texts that may be copies of one: by a common band, or by common anchors.

    Args:
        row: Signature of the text that is asked for, uint32 (num_perm,).
        own: Its anchors, uint32.
        own_tokens: Its number of tokens.
        token_counts: Of the texts in the index, int64 (capacity,).
        max_length_ratio: Of the shorter to the longer text, for a candidate by anchors ...
        short_text_tokens: ... unless just one of them has fewer tokens than this.
        signatures: Of the texts in the index, uint32 (capacity, num_perm).
        alive: Whether a text is still there, bool (capacity,).
        bands: Number of bands.
        rows: Slots in a band.
        min_agreement: Smallest share of equal slots of a candidate by bands.
        band_heads: See `link_texts`.
        band_next: See `link_texts`.
        anchors: See `link_texts`.
        anchor_starts: See `link_texts`.
        texts: Number of texts in the tables, the removed ones included.
        anchor_heads: See `link_texts`.
        anchor_next: See `link_texts`.
        min_shared: Smallest share of common anchors, of the text that has fewer.
        max_chain: So many texts of a bucket are looked at, the newest first.
        out: To fill with candidates, repetitions included, int64.

    Returns:
        How many there are.
    """
    found = 0
    mask = band_heads.shape[1] - 1
    for band in range(bands):
        mate = band_heads[band, _band_bucket(row, band, rows, mask)]
        seen = 0
        while mate >= 0 and seen < max_chain and found < out.shape[0]:
            same = alive[mate]
            for k in range(band * rows, (band + 1) * rows):
                same = same and signatures[mate, k] == row[k]
            seen += same
            if same and _agreement(row, signatures[mate]) >= min_agreement:
                out[found] = mate
                found += 1
            mate = band_next[mate, band]
    return found + _by_anchors(
        own, own_tokens, token_counts, max_length_ratio, short_text_tokens, alive, anchors,
        anchor_starts, texts, anchor_heads, anchor_next, min_shared, max_chain, out[found:],
    )  # fmt: skip


@nb.njit(inline="always")
def _agreement(a: Array, b: Array) -> Any:
    equal = 0
    for k in range(a.shape[0]):
        equal += a[k] == b[k]
    return equal / a.shape[0]


@nb.njit(**OPTIONS)
def _by_anchors(
    own: Array,
    own_tokens: int,
    token_counts: Array,
    max_length_ratio: float,
    short_text_tokens: int,
    alive: Array,
    anchors: Array,
    anchor_starts: Array,
    texts: int,
    anchor_heads: Array,
    anchor_next: Array,
    min_shared: float,
    max_chain: int,
    out: Array,
) -> int:
    mask = anchor_heads.shape[0] - 1
    owners = np.empty(own.shape[0] * max_chain, np.int64)
    count = 0
    for i in range(own.shape[0]):
        place = anchor_heads[_anchor_bucket(own[i], mask)]
        seen = 0
        while place >= 0 and seen < max_chain:
            if anchors[place] == own[i]:
                owner = np.searchsorted(anchor_starts[: texts + 1], place, side="right") - 1
                if alive[owner]:
                    owners[count] = owner
                    count += 1
                    seen += 1
            place = anchor_next[place]
    owners = np.sort(owners[:count])
    found, start = 0, 0
    while start < count and found < out.shape[0]:
        stop = start + 1
        while stop < count and owners[stop] == owners[start]:
            stop += 1
        owner = owners[start]
        fewest = min(own.shape[0], anchor_starts[owner + 1] - anchor_starts[owner])
        shorter = min(own_tokens, token_counts[owner])
        longer = max(own_tokens, token_counts[owner])
        missed = shorter <= longer * max_length_ratio or shorter < short_text_tokens <= longer
        if missed and stop - start >= min_shared * fewest:
            out[found] = owner
            found += 1
        start = stop
    return found
