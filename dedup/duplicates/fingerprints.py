"""The step `fingerprint`: n texts -> MinHash signatures and anchors.

The signature estimates the Jaccard similarity of two shingle sets and, cut into
bands, finds similar pairs. The anchors are a content-defined sample of short shingles (3
tokens): of every 23 in a row, the one with the smallest hash; of every 10 in a text of fewer than
100 tokens. Two texts that share a passage of 25 tokens or more, two short ones of 12, share an
anchor for certain: that finds a text inside a longer one, however long that is, which no MinHash
signature can.

Large inputs go through the compiled kernels, in chunks and threads; small inputs
go through NumPy, which needs no compiling. Both give the same values.

Sources: Broder 1997, "On the resemblance and containment of documents" (MinHash); datasketch
2.0, scheme `affine32`, whose permutations these are: value_k = min over shingles h of
a_k * fmix32(h) + b_k mod 2^32; Schleimer, Wilkerson & Aiken 2003, "Winnowing: local algorithms
for document fingerprinting" (anchors).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.compute import compiled as kernels
from dedup.compute.arrays import BoolMask, Int64s, UInt32s
from dedup.compute.threads import mapped
from dedup.compute.utf8 import Utf8Texts
from dedup.config import FingerprintConfig
from dedup.duplicates.minhash import anchors_of, fill_signatures, permutations_of, rule_of
from dedup.text.characters import character_table
from dedup.text.shingles import FORMAT_VERSION, shingle, tokenize

if TYPE_CHECKING:
    import pyarrow as pa

EMPTY_SLOT = np.uint32(0xFFFFFFFF)
COMPILE_FROM_BYTES = 16_000_000
"""For less text, loading the compiled kernels costs more than they save."""
_CHUNK_BYTES = 1 << 20
_MAX_LENGTH_RATIO = 0.8
"""Of two texts of nearly one length, one inside the other is similar to it: bands find it."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Signatures and anchors of n texts: all that candidates depend on.

    Args:
        signatures: uint32 of shape (n, num_perm). Two signatures agree in a
            share of slots that estimates the Jaccard similarity of the shingle
            sets, with a standard error of at most 0.5 / sqrt(num_perm). A text
            without tokens has every slot at 2^32 - 1.
        token_counts: int64 of shape (n,).
        shingle_sizes: Tokens in a shingle of each text, int64 of shape (n,); the
            signatures of two texts can be compared only where these are equal.
        anchors: Hashes of all anchors, in reading order with repetitions, uint32.
        anchor_counts: How many of them each text has, int64 of shape (n,).
        format_version: Of shingles, signatures and anchors: values of different
            versions must not be compared.
    """

    signatures: UInt32s
    token_counts: Int64s
    shingle_sizes: Int64s
    anchors: UInt32s
    anchor_counts: Int64s
    format_version: int = FORMAT_VERSION

    def to_datasketch(self) -> list[Any]:
        """The signatures as `datasketch.MinHash` objects (scheme `affine32`, seed 1).

        They work with every datasketch index, and are equal to what
        `MinHash.update` makes of the same 32-bit shingle hashes.
        """
        from datasketch import MinHash

        permutations = np.array(permutations_of(self.signatures.shape[1]))
        return [
            MinHash(num_perm=len(row), hashvalues=row, permutations=permutations, scheme="affine32")
            for row in self.signatures
        ]


def shingle_sizes(token_counts: Int64s, config: FingerprintConfig = FingerprintConfig()) -> Int64s:
    """Tokens in a shingle of each text: fewer in short texts.

    The rule: `short_shingle_tokens` below `short_text_tokens` tokens, else
    `shingle_tokens`. Two texts are compared with the size of the shorter one.

    Args:
        token_counts: Tokens of each text, int64 of shape (n,).
        config: The sizes.

    Returns:
        int64 of shape (n,).
    """
    short = token_counts < config.short_text_tokens
    return np.where(short, config.short_shingle_tokens, config.shingle_tokens).astype(np.int64)


def bands_may_miss(tokens: Int64s, sizes: Int64s, first: Int64s, second: Int64s) -> BoolMask:
    """Whether banding may miss pairs of which one text lies in the other; bool of shape (m,).

    That is, they are of unequal length, or a short text and one that is just too long to be
    short: their signatures are of shingles of different sizes.

    Args:
        tokens: Tokens of n texts, int64 of shape (n,).
        sizes: Tokens in a shingle of each, int64 of shape (n,).
        first: Row of one text of each pair, int64 of shape (m,).
        second: Row of the other, int64 of shape (m,).
    """
    shorter = np.minimum(tokens[first], tokens[second])
    longer = np.maximum(tokens[first], tokens[second])
    missed: BoolMask = shorter <= longer * _MAX_LENGTH_RATIO
    missed |= sizes[first] != sizes[second]
    return missed


def fingerprint(
    texts: Sequence[str] | pa.Array | Utf8Texts,
    config: FingerprintConfig = FingerprintConfig(),
    *,
    compiled: bool | None = None,
    threads: int = 0,
    on_progress: Callable[[int], None] | None = None,
) -> Fingerprints:
    """Signatures and anchors of canonical texts.

    Args:
        texts: n texts, as `cleaning.clean` leaves them: strings or an Arrow array.
        config: Sizes of shingles and signature.
        compiled: Use the kernels; by default for much text.
        threads: How many threads; 0 for one per core.
        on_progress: Called with the number of texts done so far.

    Returns:
        Row i belongs to text i. Equal texts have equal rows on every machine, with
        kernels and without, with any number of threads (format v1 of `dedup.text.shingles`).
    """
    content = Utf8Texts.of(texts)
    signatures = np.full((len(content), config.num_perm), EMPTY_SLOT, np.uint32)
    token_counts = np.zeros(len(content), np.int64)
    anchor_counts = np.zeros(len(content), np.int64)
    work = fill_compiled if use_kernels(content, compiled) else _fill_plain

    def fill(part: tuple[int, int]) -> UInt32s:
        return work(content, part, config, signatures, token_counts, anchor_counts)

    anchors = [np.empty(0, np.uint32)]
    parts = content.ranges(_CHUNK_BYTES)
    for part, new in zip(parts, mapped(fill, parts, threads), strict=True):
        anchors.append(new)
        if on_progress is not None:
            on_progress(part[1])
    sizes = shingle_sizes(token_counts, config)
    return Fingerprints(signatures, token_counts, sizes, np.concatenate(anchors), anchor_counts)


def use_kernels(texts: Utf8Texts, wanted: bool | None) -> bool:
    """Whether to use the compiled kernels.

    Args:
        texts: The texts to fingerprint.
        wanted: The caller's choice; None: for much text, where numba is installed.
    """
    return kernels.chosen(wanted, int(texts.lengths.sum()) >= COMPILE_FROM_BYTES)


def fill_compiled(
    texts: Utf8Texts,
    part: tuple[int, int],
    config: FingerprintConfig,
    signatures: UInt32s,
    token_counts: Int64s,
    anchor_counts: Int64s,
) -> UInt32s:
    """Fill the rows of a range of texts by the kernel.

    Args:
        texts: n texts.
        part: The first of them, and the one after the last.
        config: Sizes of shingles and signature.
        signatures: uint32 of shape (n, num_perm), whose rows are filled.
        token_counts: int64 of shape (n,), likewise.
        anchor_counts: int64 of shape (n,), likewise.

    Returns:
        Their anchors one after the other, uint32 of shape (m,).
    """
    from dedup.duplicates.kernels.sketch import sketch

    first, last = part
    # At most two anchors a token, which is a byte or more.
    room = 2 * int(texts.lengths[first:last].sum())
    anchors = np.empty(room + 1, np.uint32)
    a, b = permutations_of(config.num_perm)
    written = sketch(
        texts.data, texts.starts, texts.stops, first, last, character_table(),
        rule_of(config), a, b, signatures, token_counts, anchors, anchor_counts,
    )  # fmt: skip
    return anchors[:written].copy()


def _fill_plain(
    texts: Utf8Texts,
    part: tuple[int, int],
    config: FingerprintConfig,
    signatures: UInt32s,
    token_counts: Int64s,
    anchor_counts: Int64s,
) -> UInt32s:
    """Fill the rows of a range of texts by NumPy; returns their anchors."""
    here = slice(*part)
    tokens = tokenize(texts.strings(np.arange(*part)))
    token_counts[here] = tokens.counts
    fill_signatures(shingle(tokens, shingle_sizes(tokens.counts, config)), signatures[here])
    anchors, anchor_counts[here] = anchors_of(tokens)
    return anchors
