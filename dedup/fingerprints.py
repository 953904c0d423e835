"""The step `fingerprint`: n texts -> MinHash signatures and anchors.

The signature estimates the Jaccard similarity of two shingle sets and, cut into
bands, finds similar pairs. The anchors are a content-defined sample of short
shingles: a text that lies inside a longer one shares nearly all of its anchors
with it, however long the other is, which no MinHash signature can show.

Sources: Broder 1997, "On the resemblance and containment of documents" (MinHash,
and sampling hashes that are 0 mod s); datasketch 2.0, scheme `affine32`, whose
permutations these are: value_k = min over shingles h of a_k * fmix32(h) + b_k mod 2^32.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.config import FingerprintConfig
from dedup.shingles import Int64s, Tokens, shingle, tokenize, unique_rows

UInt32s = npt.NDArray[np.uint32]

EMPTY_SLOT = np.uint32(0xFFFFFFFF)
ANCHOR_TOKENS = 3
ANCHOR_SAMPLING = 4
_SEED = 1
_CHUNK_CHARS = 1 << 20
_CHUNK_HASHES = 1 << 14


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What is known of n texts without reading them again.

    Args:
        signatures: uint32 of shape (n, num_perm). Two signatures agree in a
            share of slots that estimates the Jaccard similarity of the shingle
            sets, with a standard error of at most 0.5 / sqrt(num_perm). A text
            without tokens has every slot at 2^32 - 1.
        token_counts: int64 of shape (n,).
        anchors: For each text a sorted set of hashes, as `Tokens`.
    """

    signatures: UInt32s
    token_counts: Int64s
    anchors: Tokens

    def to_datasketch(self) -> list[Any]:
        """The signatures as `datasketch.MinHash` objects (scheme `affine32`, seed 1).

        They work with every datasketch index, and are equal to what
        `MinHash.update` makes of the same 32-bit shingle hashes.
        """
        from datasketch import MinHash

        permutations = np.array(_permutations(self.signatures.shape[1]))
        return [
            MinHash(num_perm=len(row), hashvalues=row, permutations=permutations, scheme="affine32")
            for row in self.signatures
        ]


def shingle_sizes(token_counts: Int64s, config: FingerprintConfig = FingerprintConfig()) -> Int64s:
    """Tokens in a shingle of each text: fewer in short texts; int64 of shape (n,).

    The rule: `short_shingle_tokens` below `short_text_tokens` tokens, else
    `shingle_tokens`. Two texts are compared with the size of the shorter one.
    """
    short = token_counts < config.short_text_tokens
    return np.where(short, config.short_shingle_tokens, config.shingle_tokens).astype(np.int64)


def fingerprint(
    texts: Sequence[str], config: FingerprintConfig = FingerprintConfig()
) -> Fingerprints:
    """Signatures and anchors of canonical texts.

    Args:
        texts: n texts, as `cleaning.clean` leaves them.
        config: Sizes of shingles and signature.

    Returns:
        Row i belongs to `texts[i]`; equal texts have equal rows on every
        machine (format v1 of `dedup.shingles`).
    """
    signatures = np.full((len(texts), config.num_perm), EMPTY_SLOT, np.uint32)
    token_counts = np.zeros(len(texts), np.int64)
    anchors: list[Tokens] = []
    for start, end in _chunks(texts):
        tokens = tokenize(texts[start:end])
        token_counts[start:end] = tokens.counts
        shingles = shingle(tokens, shingle_sizes(tokens.counts, config))
        signatures[start:end] = _signatures(shingles, config.num_perm)
        anchors.append(_anchors(tokens))
    return Fingerprints(signatures, token_counts, _concatenated(anchors))


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Consecutive ranges of texts of about `_CHUNK_CHARS` characters: memory stays bounded."""
    start = size = 0
    for i, text in enumerate(texts):
        size += len(text)
        if size >= _CHUNK_CHARS:
            yield start, i + 1
            start, size = i + 1, 0
    if start < len(texts):
        yield start, len(texts)


def _signatures(shingles: Tokens, num_perm: int) -> UInt32s:
    """MinHash signatures of shingle lists; uint32 (n, num_perm)."""
    a, b = _permutations(num_perm)
    low = _mix32(shingles.hashes.astype(np.uint32))
    signatures = np.full((len(shingles.counts), num_perm), EMPTY_SLOT, np.uint32)
    filled = np.flatnonzero(shingles.counts)
    starts = shingles.offsets[filled]
    for first, last in _segments(starts, len(low)):
        part = low[starts[first] : starts[last] if last < len(starts) else len(low)]
        cuts = starts[first:last] - starts[first]
        for k in range(num_perm):
            signatures[filled[first:last], k] = np.minimum.reduceat(part * a[k] + b[k], cuts)
    return signatures


def _segments(starts: Int64s, total: int) -> Iterator[tuple[int, int]]:
    """Consecutive ranges of texts with about `_CHUNK_HASHES` hashes: they fit the cache."""
    first = 0
    while first < len(starts):
        last = int(np.searchsorted(starts, starts[first] + _CHUNK_HASHES))
        yield first, max(last, first + 1)
        first = max(last, first + 1)


def _anchors(tokens: Tokens) -> Tokens:
    """The sampled short shingles of each text, as sorted sets."""
    sizes = np.full(len(tokens.counts), ANCHOR_TOKENS, np.int64)
    found = shingle(tokens, sizes)
    kept = found.hashes % np.uint64(ANCHOR_SAMPLING) == 0
    owner = np.repeat(np.arange(len(found.counts)), found.counts)[kept]
    counts = np.bincount(owner, minlength=len(found.counts))
    return unique_rows(Tokens(found.hashes[kept], np.concatenate(([0], np.cumsum(counts)))))


def _concatenated(parts: Sequence[Tokens]) -> Tokens:
    hashes = [part.hashes for part in parts] or [np.empty(0, np.uint64)]
    counts = [part.counts for part in parts] or [np.empty(0, np.int64)]
    offsets = np.concatenate(([0], np.cumsum(np.concatenate(counts))))
    return Tokens(np.concatenate(hashes), offsets.astype(np.int64))


@functools.cache
def _permutations(num_perm: int) -> tuple[UInt32s, UInt32s]:
    """The permutations of datasketch's `affine32` scheme with seed 1: a odd, b any."""
    generator = np.random.RandomState(_SEED)
    half = generator.randint(0, 1 << 31, num_perm, dtype=np.uint32)
    a = half * np.uint32(2) + np.uint32(1)
    return a, generator.randint(0, 1 << 32, num_perm, dtype=np.uint32)


def _mix32(values: UInt32s) -> UInt32s:
    """The 32-bit finaliser of MurmurHash3. Source: Appleby, MurmurHash3, `fmix32`."""
    values = values ^ (values >> np.uint32(16))
    values = values * np.uint32(0x85EBCA6B)
    values = values ^ (values >> np.uint32(13))
    values = values * np.uint32(0xC2B2AE35)
    return values ^ (values >> np.uint32(16))
