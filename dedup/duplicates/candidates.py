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

import functools

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s, UInt32s, UInt64s, mix64
from dedup.config import NearDuplicateConfig
from dedup.duplicates.fingerprints import Fingerprints, bands_may_miss
from dedup.duplicates.minhash import ANCHOR_TOKENS, ANCHOR_WINDOW, DENSE_TOKENS, least_certain

MAX_BUCKET = 32
MATES = 8
FIRST_BAND = 1 << 32
"""Buckets of bands are numbered from here on; a bucket of an anchor is the anchor itself."""
_ESTIMATE_SLACK = 0.15
"""3.5 standard errors of the estimate of 128 slots: a pair that seems less similar is none."""
_MIN_SHARED_ANCHORS = 0.4
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
    found = np.concatenate((by_band, _anchor_pairs(prints, compiled=compiled)))
    count = len(prints.token_counts)
    pairs, _ = runs(_ascending(found, count, compiled=compiled))
    return np.stack(_unpacked(pairs, count), axis=1)


def _ascending(pairs: Int64s, count: int, *, compiled: bool) -> Int64s:
    """Packed pairs of n texts in ascending order."""
    if not compiled:
        return np.sort(pairs)
    from dedup.duplicates.kernels.buckets import sorted_by_bits

    keys = sorted_by_bits(pairs.view(np.uint64), 0, (count * count).bit_length())
    ascending: Int64s = keys.view(np.int64)
    return ascending


def _unpacked(packed: Int64s, count: int) -> tuple[Int64s, Int64s]:
    return packed // max(count, 1), packed % max(count, 1)


def _band_pairs(prints: Fingerprints, config: NearDuplicateConfig, *, compiled: bool) -> Int64s:
    """Pairs that agree in a band and whose estimated similarity is not far too low."""
    count = len(prints.token_counts)
    rows = np.flatnonzero(prints.token_counts)
    buckets = band_buckets(prints.signatures, config, compiled=compiled)
    parts = [np.empty(0, np.int64)]
    for band in np.ascontiguousarray(buckets[rows].T):
        parts.append(bucket_pairs(_packed(band, rows), count, compiled=compiled))
        if sum(map(len, parts)) > _PAIRS_IN_MEMORY:
            parts = [runs(_ascending(np.concatenate(parts), count, compiled=compiled))[0]]
    pairs, _ = runs(_ascending(np.concatenate(parts), count, compiled=compiled))
    ends = _unpacked(pairs, count)
    return pairs[signatures_agree(prints.signatures, *ends, config, compiled=compiled)]


def _anchor_pairs(prints: Fingerprints, *, compiled: bool) -> Int64s:
    """Pairs that banding may miss and that share two fifths of the anchors of one of them."""
    counts = prints.anchor_counts
    packed = _packed(prints.anchors, np.repeat(np.arange(len(counts)), counts))
    lengths = (prints.token_counts, prints.shingle_sizes)
    found = bucket_pairs(packed, len(counts), missed_by_bands=lengths, compiled=compiled)
    pairs, shared = runs(_ascending(found, len(counts), compiled=compiled))
    first, second = _unpacked(pairs, len(counts))
    fewest = np.minimum(counts[first], counts[second])
    return pairs[shared >= needed_anchors(fewest, prints.token_counts, first, second)]


def band_buckets(
    signatures: UInt32s, config: NearDuplicateConfig, *, compiled: bool = False
) -> Int64s:
    """The bucket of each text in each band: half the hash of its slots, and the band.

    Args:
        signatures: uint32 of shape (n, num_perm), of texts with tokens.
        config: Bands and rows.
        compiled: Use the kernel, which gives the same buckets.

    Returns:
        int64 of shape (n, bands), the half hash in the low 32 bits, the band, counted from 1,
        above: two texts agree in a band where these are equal.
    """
    bands, rows = _banding(config, signatures.shape[1])
    if compiled:
        from dedup.duplicates.kernels import buckets

        compiled_buckets: Int64s = buckets.band_buckets(signatures, bands, rows)
        return compiled_buckets
    hashes = np.zeros((len(signatures), bands), np.uint64)
    slots = signatures[:, : bands * rows].reshape(-1, bands, rows)
    for place in range(rows):
        hashes = mix64(hashes + slots[:, :, place])
    numbered = np.arange(1, bands + 1) * FIRST_BAND
    return (hashes >> np.uint64(32)).astype(np.int64) | numbered


@functools.cache
def _banding(config: NearDuplicateConfig, num_perm: int) -> tuple[int, int]:
    return config.banding(num_perm)


def signatures_agree(
    signatures: UInt32s,
    first: Int64s,
    second: Int64s,
    config: NearDuplicateConfig,
    *,
    compiled: bool = False,
) -> BoolMask:
    """Whether the estimated Jaccard similarity of pairs is not far below `min_jaccard`.

    The estimate is the share of slots in which both signatures are equal.

    Args:
        signatures: uint32 of shape (n, num_perm).
        first: Row of one text of each pair, int64 of shape (m,).
        second: Row of the other, int64 of shape (m,).
        config: The smallest similarity of copies.
        compiled: Use the kernel, which counts the same.

    Returns:
        bool of shape (m,).
    """
    count = _agreeing_slots
    if compiled:
        from dedup.duplicates.kernels.buckets import agreeing_slots as count
    shares = count(signatures, first, second) / signatures.shape[1]
    agree: BoolMask = shares >= config.min_jaccard - _ESTIMATE_SLACK
    return agree


def _agreeing_slots(signatures: UInt32s, first: Int64s, second: Int64s) -> Int64s:
    """In how many slots the signatures of pairs are equal; int64 of shape (m,)."""
    counts = np.empty(len(first), np.int64)
    for start in range(0, len(first), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        equal = signatures[first[part]] == signatures[second[part]]
        counts[part] = np.count_nonzero(equal, axis=1)
    return counts


def needed_anchors(fewest: Int64s, tokens: Int64s, first: Int64s, second: Int64s) -> Int64s:
    """How many different anchors two texts share at least, if one may lie in the other.

    Two fifths of those of the text that has fewer. But of a short text and a long one, as many as
    its windows of 23 shingles have for certain: the anchors of smaller windows are no others'.

    Args:
        fewest: Anchors of the text of each pair that has fewer, int64 of shape (m,).
        tokens: Tokens of n texts, int64 of shape (n,).
        first: Row of one text of each pair, int64 of shape (m,).
        second: Row of the other, int64 of shape (m,).

    Returns:
        int64 of shape (m,); more than a pair can share where one text is too short to be found.
    """
    shorter = np.minimum(tokens[first], tokens[second])
    longer = np.maximum(tokens[first], tokens[second])
    share = np.ceil(fewest * _MIN_SHARED_ANCHORS)
    certain = (shorter - ANCHOR_TOKENS + 1) // ANCHOR_WINDOW
    mixed = (shorter < DENSE_TOKENS) & (longer >= DENSE_TOKENS)
    needed = np.where(mixed, certain, share).astype(np.int64)
    return np.where(shorter < least_certain(longer), fewest + 1, needed)


def runs(ascending: Int64s) -> tuple[Int64s, Int64s]:
    """The different values, and how often each occurs; int64 of shape (m,) each."""
    starts, sizes = _runs(ascending)
    return ascending[starts], sizes


def _runs(ascending: Int64s | UInt64s) -> tuple[Int64s, Int64s]:
    """Where each run of equal values begins, and how long it is."""
    new = np.ones(len(ascending), bool)
    new[1:] = ascending[1:] != ascending[:-1]
    starts = np.flatnonzero(new)
    return starts, np.diff(np.append(starts, len(ascending)))


def pairs_in_buckets(buckets: Int64s, texts: Int64s) -> tuple[Int64s, Int64s]:
    """Pairs of texts that share a bucket, see `bucket_pairs`, for any names of both.

    Args:
        buckets: A bucket for each entry, all of whose entries are here; int64 of shape (m,).
        texts: The text in it, int64 of shape (m,): two are linked in the order of these.

    Returns:
        Places in the ascending different `texts`, first < second, with repetitions.
    """
    bucket = np.unique(buckets, return_inverse=True)[1]
    names, text = np.unique(texts, return_inverse=True)
    return _unpacked(bucket_pairs(_packed(bucket, text), len(names)), len(names))


def _packed(buckets: Int64s | UInt32s, rows: Int64s) -> UInt64s:
    """The low half of each bucket above the row of its text."""
    return (buckets.astype(np.uint64) << np.uint64(32)) | rows.astype(np.uint64)


def bucket_pairs(
    packed: UInt64s,
    count: int,
    *,
    missed_by_bands: tuple[Int64s, Int64s] | None = None,
    compiled: bool = False,
) -> Int64s:
    """Pairs of texts that share a bucket.

    In a crowded bucket, one of more than 32 texts, each is linked to the 8 before it: work
    grows with the number of texts, and since texts of one cluster share many buckets, the
    links still connect them.

    Args:
        packed: The bucket in the high 32 bits, the row of the text in the low ones,
            those of one bucket ascending; uint64 of shape (m,). Repetitions count once.
        count: Number of texts.
        missed_by_bands: Tokens and shingle size of each text, to return only the pairs that
            banding may miss, see `bands_may_miss`; by default all.
        compiled: Use the kernels, which give the same pairs.

    Returns:
        `a * count + b` with a < b for each pair and shared bucket, with repetitions.
    """
    if compiled:
        from dedup.duplicates.kernels.buckets import linked_pairs, sorted_by_bits

        ordered = sorted_by_bits(packed, 32, 64)
        tokens, sizes = missed_by_bands or (np.empty(0, np.int64),) * 2
        pairs: Int64s = linked_pairs(ordered, MAX_BUCKET, MATES, count, tokens, sizes)
        return pairs
    packed = np.unique(packed)
    rows = (packed & _MEMBER).astype(np.int64)
    earlier, later = linked_members(packed >> np.uint64(32))
    first, second = rows[earlier], rows[later]
    if missed_by_bands is not None:
        missed = bands_may_miss(*missed_by_bands, first, second)
        first, second = first[missed], second[missed]
    return first * count + second


def linked_members(
    buckets: Int64s | UInt64s, wanted: BoolMask | None = None
) -> tuple[Int64s, Int64s]:
    """Pairs of members of the same bucket: all, or in a crowded bucket the nearest.

    Args:
        buckets: The bucket of each member, equal ones together, of shape (m,); the members of
            one bucket are in the order of precedence.
        wanted: Members of whose pairs one has to be, bool of shape (m,); by default all.

    Returns:
        Places of the earlier and of the later member, int64 of shape (k,) each.
    """
    starts, sizes = _runs(buckets)
    reach = np.minimum(
        np.arange(len(buckets)) - np.repeat(starts, sizes),
        np.repeat(np.where(sizes > MAX_BUCKET, MATES, MAX_BUCKET), sizes),
    )
    parts = [np.empty(0, np.int64)]
    distances = [np.empty(0, np.int64)]
    for distance in range(1, int(reach.max(initial=0)) + 1):
        linked = reach >= distance
        if wanted is not None:
            linked[distance:] &= wanted[distance:] | wanted[:-distance]
        parts.append(np.flatnonzero(linked))
        distances.append(np.full(len(parts[-1]), distance))
    later = np.concatenate(parts)
    return later - np.concatenate(distances), later
