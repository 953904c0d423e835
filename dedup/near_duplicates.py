"""The step `near-duplicates`: n texts -> candidates -> verified matches -> who represents whom.

Candidates are only hints. Every match is verified by the exact Jaccard similarity
and containment of the two shingle sets, and every member of a cluster is verified
against the cluster's representative, so that nothing chains.

Texts are numbered in the order of precedence (earliest, then longest, then id):
of two texts, the one with the smaller number can represent the other.

Source: Hartigan 1975, "Clustering Algorithms", chapter 3 (leader clustering).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xxhash

from dedup.candidates import candidates
from dedup.config import Config
from dedup.fingerprints import fingerprint
from dedup.matches import Similarity, Verifier
from dedup.shingles import Int64s


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Copies among n texts.

    Args:
        representatives: The text that represents text i, i itself if none does;
            int64 of shape (n,).
        originals: The first text that is equal to text i, i itself if none is;
            int64 of shape (n,).
        matches: Verified similarity of pairs (a, b) of originals, a < b.
        min_jaccard: From which similarity on a match is a near copy; below it,
            one text is contained in the other.
        verified: How many pairs were verified, as a measure of the work.
    """

    representatives: Int64s
    originals: Int64s
    matches: dict[tuple[int, int], Similarity]
    min_jaccard: float
    verified: int


def find_near_duplicates(texts: Sequence[str], config: Config = Config()) -> NearDuplicates:
    """Copies among canonical texts.

    Args:
        texts: n texts in the order of precedence. A text without tokens is
            nobody's near-duplicate, an empty one nobody's copy at all.
        config: Uses the sections `fingerprints` and `near_duplicates`.

    Returns:
        A function of the set of texts and their precedence alone.
    """
    originals = _originals(texts)
    kept = np.flatnonzero(originals == np.arange(len(texts)))
    different = [texts[i] for i in kept.tolist()]
    prints = fingerprint(different, config.fingerprints)
    verifier = Verifier(different, prints.token_counts, config)
    matches = verifier.matches(candidates(prints, config.near_duplicates))
    leaders = _leaders(len(different), matches, verifier)
    number = np.zeros(len(texts), np.int64)
    number[kept] = np.arange(len(kept))
    return NearDuplicates(
        kept[leaders[number[originals]]],
        originals,
        {(int(kept[a]), int(kept[b])): found for (a, b), found in matches.items()},
        config.near_duplicates.min_jaccard,
        verifier.verified,
    )


def _originals(texts: Sequence[str]) -> Int64s:
    """The first text equal to each, by a 128-bit hash; an empty text equals none."""
    first: dict[bytes, int] = {}
    originals = np.arange(len(texts))
    for i, text in enumerate(texts):
        if text:
            key = xxhash.xxh3_128_digest(text.encode("utf-8", "surrogatepass"))
            originals[i] = first.setdefault(key, i)
    return originals


def _leaders(count: int, matches: dict[tuple[int, int], Similarity], verifier: Verifier) -> Int64s:
    """Representative of each text, in the order of precedence.

    A text joins the most similar representative among those of its earlier
    matches that it is itself a verified copy of; without any it represents itself.
    """
    earlier: dict[int, list[int]] = {}
    for a, b in matches:
        earlier.setdefault(b, []).append(a)
    leaders = np.arange(count)
    for text in sorted(earlier):
        best: tuple[float, float, int] | None = None
        for leader in {int(leaders[mate]) for mate in earlier[text]}:
            found = matches.get((leader, text)) or verifier.similarity(leader, text)
            if verifier.is_copy(leader, text, found):
                matches[leader, text] = found
                rank = (found.jaccard, found.containment, -leader)
                best = rank if best is None else max(best, rank)
        if best is not None:
            leaders[text] = -best[2]
    return leaders
