"""The step `near-duplicates`: n texts -> candidates -> verified matches -> who represents whom.

Candidates are only hints. Every match is verified by the exact Jaccard similarity
and containment of the two shingle sets, and every member of a cluster is verified
against the cluster's representative, so that nothing chains. A text that quotes several
others is a digest (`digests.py`) and represents none of them.

Rows of texts are in the order of precedence (earliest, then longest, then id):
of two texts, the one with the smaller row can represent the other, also where it lies inside it.

Source: Hartigan 1975, "Clustering Algorithms", chapter 3 (leader clustering).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import xxhash

from dedup.compute.arrays import BoolMask, Int64s, among, mix64
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config, NearDuplicateConfig
from dedup.duplicates.candidates import candidate_pairs
from dedup.duplicates.digests import digests, ties
from dedup.duplicates.fingerprints import fingerprint
from dedup.duplicates.matches import Matches, Verifier
from dedup.duplicates.series import Origin

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLED = 12
"""Bytes of a text, at equal distances, that tell most of different ones apart."""


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Copies among n texts.

    Args:
        representatives: The text that represents text i, i itself if none does;
            int64 of shape (n,).
        originals: The first text that is equal to text i, i itself if none is;
            int64 of shape (n,).
        is_digest: Whether text i is a digest; bool of shape (n,).
        matches: Verified similarity of pairs of originals.
        min_jaccard: From which similarity on a match is a near copy; below it,
            one text is contained in the other.
        verified: How many pairs were verified, as a measure of the work.
    """

    representatives: Int64s
    originals: Int64s
    is_digest: BoolMask
    matches: Matches
    min_jaccard: float
    verified: int

    @classmethod
    def of_different(
        cls,
        leaders: Leaders,
        originals: Int64s,
        config: NearDuplicateConfig,
        verified: int = 0,
    ) -> Self:
        """Copies among n texts, from the representatives of the different texts.

        Args:
            leaders: Of the different texts, by their rows among these.
            originals: The first text that is equal to each of the n, int64 of shape (n,).
            config: When a match is a near copy.
            verified: How many pairs were verified.
        """
        rows, different = np.unique(originals, return_inverse=True)
        matches = leaders.matches
        return cls(
            rows[leaders.representatives[different]],
            originals,
            leaders.is_digest[different],
            replace(matches, first=rows[matches.first], second=rows[matches.second]),
            config.min_jaccard,
            verified,
        )


def find_near_duplicates(
    texts: Sequence[str] | pa.Array | Utf8Texts,
    config: Config = Config(),
    *,
    compiled: bool | None = None,
    threads: int = 0,
    on_progress: Callable[[int], None] | None = None,
    origin_of: Callable[[int], Origin] | None = None,
) -> NearDuplicates:
    """Copies among canonical texts.

    Args:
        texts: n texts in the order of precedence, as strings or an Arrow array. A text
            without tokens is nobody's near-duplicate, an empty one nobody's copy at all.
        config: Uses the sections `fingerprints` and `near_duplicates`.
        compiled: Use the compiled kernels; by default for much text.
        threads: How many threads; 0 for one per core.
        on_progress: Called with the number of texts fingerprinted so far.
        origin_of: Origin of a text by its row: texts of one series are no copies. By default
            the texts alone decide.

    Returns:
        A function of the set of texts and their precedence alone.
    """
    content = Utf8Texts.of(texts)
    originals = originals_of(content)
    rows = np.flatnonzero(originals == np.arange(len(content)))
    different = content.take(rows)
    prints = fingerprint(
        different, config.fingerprints, compiled=compiled, threads=threads, on_progress=on_progress
    )
    verifier = Verifier(
        different,
        prints.token_counts,
        config,
        compiled=compiled,
        threads=threads,
        origin_of=None if origin_of is None else lambda row: origin_of(int(rows[row])),
    )
    pairs = candidate_pairs(prints, config.near_duplicates, compiled=verifier.compiled)
    leaders = assign_leaders(len(different), verifier.matches(pairs), verifier, pairs)
    return NearDuplicates.of_different(
        leaders, originals, config.near_duplicates, verifier.verified
    )


def originals_of(texts: Utf8Texts) -> Int64s:
    """The first text equal to each, by a 128-bit hash; an empty text equals none.

    Returns:
        int64 of shape (n,); row i itself where no earlier text is equal to text i.
    """
    first: dict[bytes, int] = {}
    originals = np.arange(len(texts))
    rows = _like_others(texts)
    for row, raw in zip(rows.tolist(), texts.take(rows).raw(), strict=True):
        digest = text_digest(raw)
        if digest is not None:
            originals[row] = first.setdefault(digest, row)
    return originals


def _like_others(texts: Utf8Texts) -> Int64s:
    """Rows of the texts that have the length and some bytes in common with another, ascending."""
    if not len(texts.data):
        return np.empty(0, np.int64)
    lengths = texts.lengths
    keys = mix64(lengths.astype(np.uint64))
    for part in range(_SAMPLED):
        # Where a text is empty, its place may be the end of the buffer.
        places = np.minimum(texts.starts + lengths * part // _SAMPLED, len(texts.data) - 1)
        keys = mix64(keys + texts.data[places])
    order = np.argsort(keys, kind="stable")
    equal = np.diff(keys[order]) == 0
    alike = np.zeros(len(texts), bool)
    alike[order[1:][equal]] = alike[order[:-1][equal]] = True
    return np.flatnonzero(alike)


def text_digest(raw: bytes | memoryview) -> bytes | None:
    """16 bytes that are equal for equal texts, from their UTF-8 bytes; None for an empty text."""
    return xxhash.xxh3_128_digest(raw) if raw else None


@dataclass(frozen=True, slots=True)
class Leaders:
    """Who represents whom among n different texts.

    Args:
        representatives: The representative of each text, int64 of shape (n,).
        is_digest: Which texts are digests, bool of shape (n,).
        matches: All verified matches, those that the choice needed included.
    """

    representatives: Int64s
    is_digest: BoolMask
    matches: Matches


class PairVerifier(Protocol):
    """Verifies pairs of texts; a `Verifier` is one."""

    config: NearDuplicateConfig
    compiled: bool

    def matches(self, pairs: Int64s) -> Matches:
        """See `Verifier.matches`."""


def assign_leaders(
    count: int, matches: Matches, verifier: PairVerifier, compared: Int64s | None = None
) -> Leaders:
    """Choose the representative of each text; verify the matches that the choice needs.

    In the order of precedence, a text joins the most similar representative of its earlier
    matches, if it is a verified copy of that representative too; else it represents itself.
    Digests come after all other texts, and are tied by near matches only.

    Candidates need not hold every pair of a text and a representative, nor of two texts that lie
    in one. One pass finds the missing pairs; they are verified, and the pass is repeated until
    none is missing. Each pass equals the last one up to the first text that lacked a pair.

    Args:
        count: Number of texts.
        matches: Verified similarities of candidates.
        verifier: Verifies the pairs that are missing.
        compared: Pairs a < b that are not missing: those that were verified, copies or not;
            int64 of shape (m, 2). By default the matches.
    """
    assign = _assign_compiled if verifier.compiled else _assign_plain
    packed = _packed(matches, count, compared)
    while True:
        is_digest, missing = digests(count, matches, verifier.config)
        new = _absent(missing, packed, count)
        if not len(new):
            tied = matches.take(ties(matches, is_digest, verifier.config))
            representatives, missing = _in_turn(is_digest, tied, assign)
            new = _absent(missing, packed, count)
        if not len(new):
            return Leaders(representatives, is_digest, matches)
        packed, matches = _verified(new, packed, matches, verifier, count)


def digests_among(count: int, matches: Matches, verifier: PairVerifier) -> BoolMask:
    """Which of n texts are digests; the matches that this needs are verified.

    Args:
        count: Number of texts.
        matches: Verified similarities.
        verifier: Verifies the pairs that are missing.

    Returns:
        bool of shape (count,).
    """
    packed = _packed(matches, count)
    while True:
        is_digest, missing = digests(count, matches, verifier.config)
        new = _absent(missing, packed, count)
        if not len(new):
            return is_digest
        packed, matches = _verified(new, packed, matches, verifier, count)


def _packed(matches: Matches, count: int, compared: Int64s | None = None) -> Int64s:
    """`a * count + b` of the pairs that were compared, by default the matches, ascending."""
    first, second = (matches.first, matches.second) if compared is None else compared.T
    return np.sort(first * count + second)


def _verified(
    new: Int64s, packed: Int64s, matches: Matches, verifier: PairVerifier, count: int
) -> tuple[Int64s, Matches]:
    """The pairs that were compared, and the matches, with some more packed pairs."""
    pairs: Int64s = np.stack(np.divmod(new, count), axis=1)
    joined = Matches.joined([matches, verifier.matches(pairs)])
    return np.sort(np.concatenate((packed, new))), joined


def _absent(pairs: Int64s, packed: Int64s, count: int) -> Int64s:
    """The different ones of some pairs, packed, that are not among others, ascending."""
    wanted = pairs[:, 0] * count + pairs[:, 1]
    return np.unique(wanted[~among(wanted, packed)])


def _in_turn(
    is_digest: BoolMask, matches: Matches, assign: Callable[[int, Matches], tuple[Int64s, Int64s]]
) -> tuple[Int64s, Int64s]:
    """Leaders, and the pairs that are missing, with the digests after all other texts."""
    if not is_digest.any():
        return assign(len(is_digest), matches)
    order = np.argsort(is_digest, kind="stable")
    leaders, missing = assign(len(order), matches.renumbered(np.argsort(order)))
    representatives = np.empty_like(order)
    representatives[order] = order[leaders]
    return representatives, np.sort(order[missing], axis=1)


def _assign_plain(count: int, matches: Matches) -> tuple[Int64s, Int64s]:
    """Leaders according to the matches, and the pairs (leader, text) that are not among these."""
    similarity = matches.as_dict()
    earlier: dict[int, list[int]] = {}
    for mate, text in similarity:
        earlier.setdefault(text, []).append(mate)
    leaders = np.arange(count)
    missing = []
    for text in sorted(earlier):
        options = {int(leaders[mate]) for mate in earlier[text]}
        missing += [(leader, text) for leader in options if (leader, text) not in similarity]
        ranked = [
            (similarity[leader, text].jaccard, similarity[leader, text].containment, -leader)
            for leader in options
            if (leader, text) in similarity
        ]
        if ranked:
            leaders[text] = -max(ranked)[2]
    return leaders, np.array(missing, np.int64).reshape(-1, 2)


def _assign_compiled(count: int, matches: Matches) -> tuple[Int64s, Int64s]:
    """The same as `_assign_plain`, by a kernel."""
    from dedup.duplicates.kernels.leaders import assign

    order = np.lexsort((matches.first, matches.second))
    ordered = matches.take(order)
    offsets = np.searchsorted(ordered.second, np.arange(count + 1))
    containment = np.maximum(ordered.containment_a, ordered.containment_b)
    leaders = np.arange(count)
    missing = np.empty((len(order), 2), np.int64)
    count_missing = assign(offsets, ordered.first, ordered.jaccard, containment, leaders, missing)
    return leaders, missing[:count_missing]
