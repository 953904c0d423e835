"""Pairs inside the buckets of sorted keys."""

from __future__ import annotations

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array, mix64
from dedup.duplicates.fingerprints import bands_may_miss

_U = np.uint64
_HIGH = np.uint64(0xFFFFFFFF00000000)
_RADIX_BITS = 11
_may_miss = nb.njit(inline="always")(bands_may_miss)


@nb.njit(**OPTIONS)
def band_buckets(signatures: Array, bands: int, rows: int) -> Array:
    """See `dedup.duplicates.candidates.band_buckets`.

    Args:
        signatures: uint32 (n, num_perm).
        bands: Number of bands.
        rows: Slots in a band.

    Returns:
        int64 (n, bands).
    """
    out = np.empty((signatures.shape[0], bands), np.int64)
    for i in range(signatures.shape[0]):
        for band in range(bands):
            key = _U(0)
            for k in range(band * rows, (band + 1) * rows):
                key = mix64(key + _U(signatures[i, k]))
            out[i, band] = np.int64(key >> _U(32)) | (np.int64(band + 1) << 32)
    return out


@nb.njit(**OPTIONS)
def agreeing_slots(signatures: Array, first: Array, second: Array) -> Array:
    """In how many slots the signatures of pairs are equal.

    Args:
        signatures: uint32 (n, num_perm).
        first: Row of one text of each pair, int64 (m,).
        second: Row of the other, int64 (m,).

    Returns:
        int64 (m,).
    """
    counts = np.empty(first.shape[0], np.int64)
    for pair in range(first.shape[0]):
        one, other = signatures[first[pair]], signatures[second[pair]]
        equal = 0
        for slot in range(one.shape[0]):
            equal += one[slot] == other[slot]
        counts[pair] = equal
    return counts


@nb.njit(**OPTIONS)
def sorted_by_bits(keys: Array, first: int, last: int) -> Array:
    """Keys in the order of their bits from `first` on and before `last`; equal ones keep theirs.

    Args:
        keys: uint64 (m,).
        first: The lowest bit that counts.
        last: The bit after the highest one.

    Source: Knuth, "The Art of Computer Programming" 3, 5.2.5 (radix sorting).
    """
    source, target = keys.copy(), np.empty_like(keys)
    mask = _U((1 << _RADIX_BITS) - 1)
    for shift in range(first, last, _RADIX_BITS):
        digits = min(_RADIX_BITS, last - shift)
        mask = _U((1 << digits) - 1)
        places = np.zeros((1 << digits) + 1, np.int64)
        for i in range(source.shape[0]):
            places[((source[i] >> _U(shift)) & mask) + _U(1)] += 1
        for digit in range(1 << digits):
            places[digit + 1] += places[digit]
        for i in range(source.shape[0]):
            own = (source[i] >> _U(shift)) & mask
            target[_U(places[own])] = source[i]
            places[own] += 1
        source, target = target, source
    return source


@nb.njit(**OPTIONS)
def linked_pairs(
    packed: Array, max_bucket: int, mates: int, count: int, tokens: Array, sizes: Array
) -> Array:
    """Pairs inside the buckets of sorted keys; see `dedup.duplicates.candidates.bucket_pairs`.

    Args:
        packed: The bucket in the high half, the text in the low, ascending, uint64.
        max_bucket: A larger bucket is linked ...
        mates: ... to so many mates before each member.
        count: Number of texts.
        tokens: Of each text, int64 (n,): only pairs that banding may miss; (0,): all pairs.
        sizes: Tokens in a shingle of each, of the same shape.

    Returns:
        `a * count + b` of each pair, int64.
    """
    total = packed.shape[0]
    members = np.empty(total, np.int64)
    out = np.empty(0, np.int64)
    written = 0
    # First count the pairs, then fill them in.
    for filling in range(2):
        written, start = 0, 0
        while start < total:
            bucket = packed[start] >> _U(32)
            size, stop = 0, start
            while stop < total and packed[stop] >> _U(32) == bucket:
                member = np.int64(packed[stop] & ~_HIGH)
                if size == 0 or members[size - 1] != member:
                    members[size] = member
                    size += 1
                stop += 1
            reach = mates if size > max_bucket else max_bucket
            for later in range(1, size):
                for mate in range(max(0, later - reach), later):
                    if tokens.shape[0] and not _may_miss(
                        tokens, sizes, members[mate], members[later]
                    ):
                        continue
                    if filling:
                        out[written] = members[mate] * count + members[later]
                    written += 1
            start = stop
        if not filling:
            out = np.empty(written, np.int64)
    return out
