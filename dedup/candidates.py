"""Candidates: pairs of texts that may be copies, without looking at all pairs.

Two ways lead to a candidate. Banding: the signature is cut into bands of rows, and
two texts that agree in a whole band are candidates; a pair of Jaccard similarity s
becomes one with probability 1 - (1 - s^rows)^bands. Anchors: two texts that share at
least half of the anchors of the one that has fewer; that finds a text inside a longer one.

Sources: Indyk & Motwani 1998, "Approximate nearest neighbors: towards removing the curse
of dimensionality"; Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets", chapter 3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.config import NearDuplicateConfig
from dedup.fingerprints import Fingerprints
from dedup.shingles import Int64s, UInt64s, mix64

_MAX_BUCKET = 32
_MATES = 8
_ESTIMATE_SLACK = 0.2
"""4.5 standard errors of the estimate of 128 slots: a pair that seems less similar is none."""
_MIN_SHARED_ANCHORS = 0.5
_PAIRS_AT_ONCE = 1 << 16


def candidates(prints: Fingerprints, config: NearDuplicateConfig = NearDuplicateConfig()) -> Int64s:
    """Pairs of texts that may be copies of one another.

    Args:
        prints: Fingerprints of n texts.
        config: Bands and rows.

    Returns:
        int64 of shape (m, 2), each row a < b, ascending, without repetitions.
    """
    packed = np.union1d(_band_pairs(prints, config), _anchor_pairs(prints))
    return np.stack(_unpacked(packed, len(prints.token_counts)), axis=1)


def _unpacked(packed: Int64s, count: int) -> tuple[Int64s, Int64s]:
    return packed // max(count, 1), packed % max(count, 1)


def _band_pairs(prints: Fingerprints, config: NearDuplicateConfig) -> Int64s:
    """Pairs that agree in a band and whose estimated similarity is not far too low."""
    count = len(prints.token_counts)
    texts = np.flatnonzero(prints.token_counts)
    found = [np.empty(0, np.int64)]
    for band in range(config.bands):
        rows = prints.signatures[texts, band * config.rows : (band + 1) * config.rows]
        keys = np.zeros(len(texts), np.uint64)
        for column in rows.T:
            keys = mix64(keys + column)
        found.append(bucket_pairs(keys, texts, count))
    packed = np.unique(np.concatenate(found))
    agreeing = _agreement(prints.signatures, *_unpacked(packed, count))
    return packed[agreeing >= config.min_jaccard - _ESTIMATE_SLACK]


def _agreement(
    signatures: npt.NDArray[np.uint32], first: Int64s, second: Int64s
) -> npt.NDArray[np.float64]:
    """Share of equal slots of pairs of signatures: the estimate of their Jaccard similarity."""
    agreeing = np.empty(len(first), np.float64)
    for start in range(0, len(first), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        agreeing[part] = np.mean(signatures[first[part]] == signatures[second[part]], axis=1)
    return agreeing


def _anchor_pairs(prints: Fingerprints) -> Int64s:
    """Pairs that share at least half of the anchors of the text that has fewer."""
    count = len(prints.token_counts)
    sizes = prints.anchors.counts
    owners = np.repeat(np.arange(count), sizes)
    pairs, shared = np.unique(
        bucket_pairs(prints.anchors.hashes, owners, count), return_counts=True
    )
    first, second = _unpacked(pairs, count)
    fewest = np.minimum(sizes[first], sizes[second])
    return pairs[shared >= fewest * _MIN_SHARED_ANCHORS]


def bucket_pairs(keys: UInt64s, members: Int64s, count: int) -> Int64s:
    """Pairs of members that share a key.

    In a bucket of more than 32 members, each is linked to the 8 before it: work
    grows with the number of members, and since texts of one cluster share many
    buckets, the links still connect them.

    Args:
        keys: uint64 of shape (m,).
        members: Numbers below `count`, int64 of shape (m,).
        count: Number of texts.

    Returns:
        `a * count + b` with a < b for each pair and shared key, with repetitions.
    """
    order = np.lexsort((members, keys))
    keys, members = keys[order], members[order]
    new = np.ones(len(keys), bool)
    new[1:] = keys[1:] != keys[:-1]
    bucket = np.cumsum(new) - 1
    sizes = np.bincount(bucket) if len(bucket) else np.empty(0, np.int64)
    reach = np.where(sizes > _MAX_BUCKET, _MATES, sizes - 1)[bucket]
    place = np.arange(len(keys)) - np.flatnonzero(new)[bucket]
    reach = np.minimum(reach, place)
    found = [np.empty(0, np.int64)]
    for distance in range(1, int(reach.max(initial=0)) + 1):
        later = np.flatnonzero(reach >= distance)
        found.append(members[later - distance] * count + members[later])
    return np.concatenate(found)
