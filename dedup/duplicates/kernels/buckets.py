"""Pairs inside the buckets of sorted keys."""

from __future__ import annotations

import numba as nb
import numpy as np

from dedup.compute.kernels import OPTIONS, Array, mix64

_U = np.uint64
_HIGH = np.uint64(0xFFFFFFFF00000000)
_RADIX_BITS = 11


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
def sorted_by_bucket(packed: Array) -> Array:
    """Keys in the order of their high halves; equal ones keep their order.

    Source: Knuth, "The Art of Computer Programming" 3, 5.2.5 (radix sorting).
    """
    source, target = packed.copy(), np.empty_like(packed)
    for shift in range(32, 64, _RADIX_BITS):
        places = np.zeros((1 << _RADIX_BITS) + 1, np.int64)
        mask = _U((1 << _RADIX_BITS) - 1)
        for i in range(source.shape[0]):
            places[np.int64((source[i] >> _U(shift)) & mask) + 1] += 1
        for digit in range(1 << _RADIX_BITS):
            places[digit + 1] += places[digit]
        for i in range(source.shape[0]):
            own = np.int64((source[i] >> _U(shift)) & mask)
            target[places[own]] = source[i]
            places[own] += 1
        source, target = target, source
    return source


@nb.njit(**OPTIONS)
def linked_pairs(packed: Array, max_bucket: int, mates: int, count: int) -> Array:
    """Pairs inside the buckets of sorted keys; see `dedup.duplicates.candidates.bucket_pairs`.

    Args:
        packed: The bucket in the high half, the text in the low, ascending, uint64.
        max_bucket: A larger bucket is linked ...
        mates: ... to so many mates before each member.
        count: Number of texts.

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
                    if filling:
                        out[written] = members[mate] * count + members[later]
                    written += 1
            start = stop
        if not filling:
            out = np.empty(written, np.int64)
    return out
