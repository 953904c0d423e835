"""Candidates: pairs of texts that may be copies, without looking at all pairs.

Two ways lead to a candidate. Banding: the signature is cut into bands of rows, and
two texts that agree in a whole band are candidates; a pair of Jaccard similarity s
becomes one with probability 1 - (1 - s^rows)^bands. Anchors: two texts of
unequal length that share two fifths of the anchors of the one that has fewer; that finds a
text inside a longer one.

Sources: Indyk & Motwani 1998, "Approximate nearest neighbors: towards removing the curse
of dimensionality"; Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets", chapter 3.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import BoolMask, Int64s, UInt32s, UInt64s, mix64
from dedup.config import NearDuplicateConfig
from dedup.duplicates.fingerprints import Fingerprints

MAX_BUCKET = 32
MATES = 8
ESTIMATE_SLACK = 0.15
"""3.5 standard errors of the estimate of 128 slots: a pair that seems less similar is none."""
MIN_SHARED_ANCHORS = 0.4
MAX_LENGTH_RATIO = 0.8
"""Of two texts of nearly one length, one inside the other is similar to it: bands find it."""
_PAIRS_AT_ONCE = 1 << 16
_PAIRS_IN_MEMORY = 1 << 24
_MEMBER = np.uint64(0xFFFFFFFF)


def candidate_pairs(
    prints: Fingerprints,
    config: NearDuplicateConfig = NearDuplicateConfig(),
    *,
    compiled: bool = False,
) -> Int64s:
    """Pairs of texts that may be copies of one another.

    Args:
        prints: Fingerprints of n texts.
        config: Bands and rows.
        compiled: Use the kernels, which give the same pairs.

    Returns:
        int64 of shape (m, 2), each row a < b, ascending, without repetitions.
    """
    by_band = _band_pairs(prints, config, compiled=compiled)
    packed = np.union1d(by_band, _anchor_pairs(prints, compiled=compiled))
    return np.stack(_unpacked(packed, len(prints.token_counts)), axis=1)


def _unpacked(packed: Int64s, count: int) -> tuple[Int64s, Int64s]:
    return packed // max(count, 1), packed % max(count, 1)


def _band_pairs(prints: Fingerprints, config: NearDuplicateConfig, *, compiled: bool) -> Int64s:
    """Pairs that agree in a band and whose estimated similarity is not far too low."""
    count = len(prints.token_counts)
    texts = np.flatnonzero(prints.token_counts)
    found: list[Int64s] = []
    for packed in _packed_bands(prints.signatures, texts, config, compiled=compiled):
        found.append(bucket_pairs(packed, count, compiled=compiled))
        if sum(map(len, found)) > _PAIRS_IN_MEMORY:
            found = [np.unique(np.concatenate(found))]
    pairs = np.unique(np.concatenate([*found, np.empty(0, np.int64)]))
    agreeing = agreement(prints.signatures, *_unpacked(pairs, count))
    return pairs[agreeing >= config.min_jaccard - ESTIMATE_SLACK]


def _packed_bands(
    signatures: UInt32s, texts: Int64s, config: NearDuplicateConfig, *, compiled: bool
) -> Iterator[UInt64s]:
    """For each band half the hash of its slots, with the number of the text in the low bits."""
    bands, rows = config.banding(signatures.shape[1])
    if compiled:
        from dedup.duplicates.kernels.buckets import packed_bands

        yield from packed_bands(signatures, texts, bands, rows)
        return
    for band in range(bands):
        slots = signatures[:, band * rows : (band + 1) * rows]
        yield (band_keys(slots)[texts] & ~_MEMBER) | texts.astype(np.uint64)


def band_keys(rows: UInt32s) -> UInt64s:
    """One hash of the slots of a band for each text.

    Args:
        rows: uint32 of shape (n, rows).

    Returns:
        uint64 of shape (n,).
    """
    keys = np.zeros(len(rows), np.uint64)
    for column in rows.T:
        keys = mix64(keys + column)
    return keys


def band_buckets(signatures: UInt32s, config: NearDuplicateConfig) -> Int64s:
    """The bucket of each text in each band: the band, and half the hash of its slots.

    Args:
        signatures: uint32 of shape (n, num_perm), of texts with tokens.
        config: Bands and rows.

    Returns:
        int64 of shape (n, bands); two texts are in one bucket of `candidates` where these are
        equal.
    """
    bands, rows = config.banding(signatures.shape[1])
    keys = [band_keys(signatures[:, band * rows : (band + 1) * rows]) for band in range(bands)]
    buckets = (np.stack(keys, axis=1) >> np.uint64(32)).astype(np.int64)
    found: Int64s = buckets | (np.arange(bands, dtype=np.int64) << 32)
    return found


def agreement(signatures: UInt32s, first: Int64s, second: Int64s) -> npt.NDArray[np.float64]:
    """Share of equal slots of pairs of signatures: the estimate of their Jaccard similarity.

    Args:
        signatures: uint32 of shape (n, num_perm).
        first: Number of the one text of each pair, int64 of shape (m,).
        second: Number of the other, int64 of shape (m,).

    Returns:
        float64 of shape (m,), in [0, 1].
    """
    agreeing = np.empty(len(first), np.float64)
    for start in range(0, len(first), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        equal = signatures[first[part]] == signatures[second[part]]
        agreeing[part] = np.count_nonzero(equal, axis=1) / signatures.shape[1]
    return agreeing


def _anchor_pairs(prints: Fingerprints, *, compiled: bool) -> Int64s:
    """Pairs that banding may miss and that share two fifths of the anchors of one of them."""
    count = len(prints.token_counts)
    packed = _packed_anchors(prints.anchors, prints.anchor_counts, compiled=compiled)
    pairs = np.sort(bucket_pairs(packed, count, compiled=compiled))
    pairs, shared = runs(pairs)
    first, second = _unpacked(pairs, count)
    fewest = np.minimum(prints.anchor_counts[first], prints.anchor_counts[second])
    missed = bands_may_miss(prints.token_counts, prints.shingle_sizes, first, second)
    return pairs[missed & (shared >= fewest * MIN_SHARED_ANCHORS)]


def bands_may_miss(tokens: Int64s, sizes: Int64s, first: Int64s, second: Int64s) -> BoolMask:
    """Whether banding may miss pairs of which one text lies in the other; bool of shape (m,).

    That is, they are of unequal length, or a short text and one that is just too long to be
    short: their signatures are of shingles of different sizes.

    Args:
        tokens: Tokens of n texts, int64 of shape (n,).
        sizes: Tokens in a shingle of each, int64 of shape (n,).
        first: One text of each pair, int64 of shape (m,).
        second: The other.
    """
    shorter = np.minimum(tokens[first], tokens[second])
    longer = np.maximum(tokens[first], tokens[second])
    missed: BoolMask = shorter <= longer * MAX_LENGTH_RATIO
    missed |= sizes[first] != sizes[second]
    return missed


def _packed_anchors(anchors: UInt32s, counts: Int64s, *, compiled: bool) -> UInt64s:
    """Each anchor with the number of its text in the low 32 bits."""
    if compiled:
        from dedup.duplicates.kernels.buckets import packed_anchors

        packed: UInt64s = packed_anchors(anchors, counts)
        return packed
    owners = np.repeat(np.arange(len(counts), dtype=np.uint64), counts)
    return (anchors.astype(np.uint64) << np.uint64(32)) | owners


def runs(ascending: Int64s) -> tuple[Int64s, Int64s]:
    """The different values, and how often each occurs; int64 of shape (m,) each."""
    new = np.ones(len(ascending), bool)
    new[1:] = ascending[1:] != ascending[:-1]
    places = np.flatnonzero(new)
    return ascending[places], np.diff(np.append(places, len(ascending)))


def pairs_in_buckets(
    buckets: Int64s, texts: Int64s, *, compiled: bool = False
) -> tuple[Int64s, Int64s]:
    """Pairs of texts that share a bucket, see `bucket_pairs`, for any names of both.

    Args:
        buckets: A bucket for each entry, all of whose entries are here; int64 of shape (m,).
        texts: The text in it, int64 of shape (m,): two are linked in the order of these.
        compiled: Use the kernels, which give the same pairs.

    Returns:
        Places in the ascending different `texts`, first < second, with repetitions.
    """
    bucket = np.unique(buckets, return_inverse=True)[1].astype(np.uint64)
    numbers, text = np.unique(texts, return_inverse=True)
    packed = np.sort((bucket << np.uint64(32)) | text.astype(np.uint64))
    return _unpacked(bucket_pairs(packed, len(numbers), compiled=compiled), len(numbers))


def bucket_pairs(packed: UInt64s, count: int, *, compiled: bool = False) -> Int64s:
    """Pairs of texts that share a bucket.

    In a bucket of more than 32 texts, each is linked to the 8 before it: work grows with
    the number of texts, and since texts of one cluster share many buckets, the links still
    connect them.

    Args:
        packed: The bucket in the high 32 bits, the number of the text in the low ones,
            those of one bucket ascending; uint64 of shape (m,). Repetitions count once.
        count: Number of texts.
        compiled: Use the kernels, which give the same pairs.

    Returns:
        `a * count + b` with a < b for each pair and shared bucket, with repetitions.
    """
    if compiled:
        from dedup.duplicates.kernels.buckets import linked_pairs, sorted_by_bucket

        pairs: Int64s = linked_pairs(sorted_by_bucket(packed), MAX_BUCKET, MATES, count)
        return pairs
    packed = np.unique(packed)
    return _linked(packed >> np.uint64(32), packed & _MEMBER, count)


def _linked(buckets: UInt64s, members: UInt64s, count: int) -> Int64s:
    """Pairs inside the runs of equal buckets, whose members are ascending."""
    mates = members.astype(np.int64)
    new = np.ones(len(buckets), bool)
    new[1:] = buckets[1:] != buckets[:-1]
    starts = np.flatnonzero(new)
    sizes = np.diff(np.append(starts, len(buckets)))
    run = np.cumsum(new) - 1
    place = np.arange(len(buckets)) - starts[run]
    reach = np.minimum(place, np.where(sizes > MAX_BUCKET, MATES, MAX_BUCKET)[run])
    found = [np.empty(0, np.int64)]
    for distance in range(1, int(reach.max(initial=0)) + 1):
        later = np.flatnonzero(reach >= distance)
        found.append(mates[later - distance] * count + mates[later])
    return np.concatenate(found)
