"""Digests: texts that contain texts which are no copies of each other.

A morning briefing, a live page or a "what we know" page is no source of what it quotes, and two
texts are no copies of each other because one page quotes both. So a digest is nobody's contained
copy and has none: only nearly the same text is its copy.

Whether a text is a digest depends on the verified matches alone: not on who came first.
"""

from __future__ import annotations

import numpy as np

from dedup.compute.arrays import BoolMask, Float64s, Int64s, among
from dedup.config import NearDuplicateConfig
from dedup.duplicates.matches import Matches


def digests(count: int, matches: Matches, config: NearDuplicateConfig) -> tuple[BoolMask, Int64s]:
    """Which of n texts are digests, and the matches that this depends on and that are not there.

    A text lies inside a longer one that has at least `min_containment` of its shingles. Of all
    that lie inside one text, the most similar to it is its core. A text is a digest if another
    that lies inside it is neither nearly the same text nor a copy of the core, or if a digest lies
    inside it. With one comparison per text inside, versions of one article make no digest of the
    page that has them all, and two articles do.

    Args:
        count: Number of texts.
        matches: Verified similarities.
        config: `min_containment` and `min_jaccard`.

    Returns:
        bool of shape (count,); and pairs a < b that are not among the matches and that
        count as no copies, ascending, int64 of shape (m, 2).
    """
    whole, part, jaccard = _inside(matches, config)
    order = np.lexsort((part, -jaccard, whole))
    whole, part, jaccard = whole[order], part[order], jaccard[order]
    starts = np.flatnonzero(np.diff(whole, prepend=-1))
    core = np.repeat(part[starts], np.diff(np.append(starts, len(whole))))
    others = (part != core) & (jaccard < config.min_jaccard)
    pairs = np.minimum(part, core) * count + np.maximum(part, core)
    missing = others & ~among(pairs, matches.first * count + matches.second)
    found = np.zeros(count, bool)
    found[whole[missing]] = True
    while not found[whole[found[part]]].all():
        found[whole[found[part]]] = True
    unknown: Int64s = np.stack(np.divmod(np.unique(pairs[missing]), max(count, 1)), axis=1)
    return found, unknown


def ties(matches: Matches, is_digest: BoolMask, config: NearDuplicateConfig) -> BoolMask:
    """Which matches make two texts copies: with a digest only near ones do; bool of shape (m,)."""
    with_digest = is_digest[matches.first] | is_digest[matches.second]
    near: BoolMask = matches.jaccard >= config.min_jaccard
    return near | ~with_digest


def _inside(matches: Matches, config: NearDuplicateConfig) -> tuple[Int64s, Int64s, Float64s]:
    """Texts, the texts that lie inside them, and the Jaccard similarity of both; (m,) each."""
    larger = np.maximum(matches.containment_a, matches.containment_b)
    # Shares of one intersection: the larger share is that of the smaller set.
    there = (larger >= config.min_containment) & (matches.containment_a != matches.containment_b)
    first_inside = matches.containment_a > matches.containment_b
    whole = np.where(first_inside, matches.second, matches.first)
    part = np.where(first_inside, matches.first, matches.second)
    return whole[there], part[there], matches.jaccard[there]
