"""Candidate pairs of texts: those with near vectors, and those that share rare words or names.

An encoder does not know every name, so an inverted index from rare terms to texts finds the
pairs that share several of them. A term in many texts at a time is no evidence: each text is
paired with at most `REACH` later texts that have the term, the next ones in time. So the pairs
of two texts depend only on the texts between them, and no pair is further apart than `max_gap`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dedup.articles import UNDATED
from dedup.compute import compiled as kernels
from dedup.compute.arrays import Int32s, Int64s, UInt64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.compute.threads import mapped
from dedup.config import NeighborConfig
from dedup.stories.neighbors import neighbor_pairs
from dedup.stories.pairs import Pairs, RowPairs, within_gap
from dedup.stories.profiles import Profiles
from dedup.text.rarity import WEIGHT_UNIT

REACH = 16
RARE = int(8.0 / WEIGHT_UNIT)
"""Smallest weight of a rare term, in units of `WEIGHT_UNIT` bits."""
_MANY = 3000
_TEXTS_AT_ONCE = 1024


def story_candidates(
    profiles: Profiles,
    min_cosine: float,
    config: NeighborConfig = NeighborConfig(),
    on_progress: Callable[[int], None] | None = None,
    compiled: bool | None = None,
    rows: Int64s | None = None,
) -> Pairs:
    """Pairs of texts that may cover the same event.

    Args:
        profiles: The texts, in the order of precedence.
        min_cosine: Smallest cosine of neighbours.
        config: Limits on neighbours and shared terms.
        on_progress: Called with the number of texts whose neighbours were searched.
        compiled: Use the kernels; by default for many texts. The pairs are the same.
        rows: Rows of the texts to find pairs for, int64; by default all. The pairs of a text are
            those that it has in the whole corpus if the profiles hold all texts within `max_gap`
            of it and all undated ones: its nearest texts, and later ones that share terms with
            it. A pair with one undated text is found from that text.
    """
    of = profiles
    near = neighbor_pairs(
        of.vectors, of.seconds, of.languages, min_cosine, config, on_progress, compiled, rows
    )
    parts = [(near.first, near.second)]
    for terms in (of.terms, of.names):
        pairs = term_pairs(terms, of.seconds, config, compiled)
        earlier = np.where(of.seconds[pairs.second] == UNDATED, pairs.second, pairs.first)
        wanted = slice(None) if rows is None else np.isin(earlier, rows)
        parts.append((pairs.first[wanted], pairs.second[wanted]))
    return Pairs.of(parts, len(of.seconds))


def term_pairs(
    rows: KeyedRows,
    seconds: Int64s,
    config: NeighborConfig = NeighborConfig(),
    compiled: bool | None = None,
) -> Pairs:
    """Pairs of texts whose shared terms have `min_shared_idf_bits` of rarity together.

    Args:
        rows: Rarity of the terms of n texts, in the order of precedence.
        seconds: Publication times, int64 of shape (n,), `UNDATED` where unknown.
        config: Largest time between the two, and how much they have to share.
        compiled: Use the kernel; by default for many texts. The pairs are the same.
    """
    rare = rows.at_least(RARE)
    order = np.argsort(rare.keys, kind="stable")
    lists = rare.keys[order], rare.owners[order], rare.values[order]
    gap, least = int(config.max_gap.total_seconds()), config.min_shared_idf_bits / WEIGHT_UNIT
    if kernels.chosen(compiled, len(rows) >= _MANY):
        return _sharing_compiled(rare, lists, seconds, (REACH, gap, RARE, least))
    return _sharing_plain(lists, seconds, gap, least)


_Lists = tuple[UInt64s, Int64s, Int32s]
"""Entries ordered by term and text: terms, texts and weights, arrays of one shape."""


def _sharing_plain(lists: _Lists, seconds: Int64s, gap: int, least: float) -> Pairs:
    """Pairs found by comparing each list with itself, shifted by one, two, ... places."""
    terms, texts, weights = lists
    count = max(1, len(seconds))
    keys, sums = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for step in range(1, REACH + 1):
        a, b = texts[:-step], texts[step:]
        near = (terms[:-step] == terms[step:]) & within_gap(seconds, a, b, gap)
        keys.append(a[near] * count + b[near])
        sums.append(np.minimum(weights[:-step], weights[step:])[near])
    different, place = np.unique(np.concatenate(keys), return_inverse=True)
    shared = np.bincount(place, np.concatenate(sums), minlength=len(different))
    enough = different[shared >= least]
    return Pairs(enough // count, enough % count)


def _sharing_compiled(
    rare: KeyedRows, lists: _Lists, seconds: Int64s, limits: tuple[int, int, int, float]
) -> Pairs:
    """Same pairs as `_sharing_plain`, by a kernel in threads."""
    from dedup.stories.kernels.term_lists import sharing

    terms, weights = lists[0], lists[2]
    texts = lists[1].astype(np.int32)
    nothing = terms[:0], texts[:0], weights[:0]
    rows = np.arange(len(seconds))
    alive = np.ones(len(seconds), bool)

    def work(queries: Int64s) -> RowPairs:
        pairs: RowPairs = sharing(
            (terms, texts, weights, *nothing), (rows, rows, rows),
            (rare.offsets, rare.keys, rare.values), alive, seconds, queries, False, limits,
        )  # fmt: skip
        return pairs

    parts = np.split(rows, np.arange(_TEXTS_AT_ONCE, len(rows), _TEXTS_AT_ONCE))
    return Pairs.of(list(mapped(work, parts)), len(seconds))
