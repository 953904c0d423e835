"""Candidate pairs of texts: those with near vectors, and those that share rare words or names.

An encoder does not know every name, so an inverted index from rare terms to texts finds the
pairs that share several of them. A term in many texts at a time is no evidence: each text is
paired with at most `REACH` later texts that have the term, the next ones in time. So the pairs
of two texts depend only on the texts between them, and no pair is further apart than `max_gap`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from dedup.articles import UNDATED
from dedup.compute import compiled as kernels
from dedup.compute.arrays import Int64s, UInt64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.compute.threads import mapped
from dedup.config import NeighborConfig
from dedup.stories.neighbors import neighbor_pairs
from dedup.stories.pairs import Pairs, within_gap
from dedup.stories.profiles import Profiles
from dedup.text.terms import WEIGHT_UNIT

REACH = 16
MIN_BITS = 11.0
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
    found = _Postings.of(rows.at_least(MIN_BITS / WEIGHT_UNIT))
    work = _sharing_compiled if kernels.chosen(compiled, len(rows) >= _MANY) else _sharing_plain
    return work(
        found,
        seconds,
        int(config.max_gap.total_seconds()),
        config.min_shared_idf_bits / WEIGHT_UNIT,
    )


@dataclass(frozen=True, slots=True)
class _Postings:
    """Entries of rows ordered by term and text: arrays of one shape; and their order."""

    rows: KeyedRows
    order: Int64s
    texts: Int64s
    terms: UInt64s
    weights: Int64s

    @classmethod
    def of(cls, rows: KeyedRows) -> Self:
        order = np.argsort(rows.keys, kind="stable")
        weights = rows.values[order].astype(np.int64)
        return cls(rows, order, rows.owners[order], rows.keys[order], weights)


def _sharing_plain(found: _Postings, seconds: Int64s, gap: int, least: float) -> Pairs:
    """One by one each text with the next, the second next, ... of every term."""
    text, term, weight, count = found.texts, found.terms, found.weights, len(seconds)
    keys, weights = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for step in range(1, REACH + 1):
        a, b = text[:-step], text[step:]
        near = (term[:-step] == term[step:]) & within_gap(seconds, a, b, gap)
        keys.append(a[near] * count + b[near])
        weights.append(np.minimum(weight[:-step], weight[step:])[near])
    different, place = np.unique(np.concatenate(keys), return_inverse=True)
    shared = np.bincount(place, np.concatenate(weights), minlength=len(different))
    enough = different[shared >= least]
    return Pairs(enough // max(1, count), enough % max(1, count))


def _sharing_compiled(found: _Postings, seconds: Int64s, gap: int, least: float) -> Pairs:
    """The same by a kernel, text by text, in threads."""
    from dedup.stories.kernels.postings import sharing_pairs

    places = np.empty_like(found.order)
    places[found.order] = np.arange(len(places))

    def one(part: tuple[int, int]) -> tuple[Int64s, Int64s]:
        pairs: tuple[Int64s, Int64s] = sharing_pairs(
            found.rows.offsets, places, found.texts, found.terms, found.weights,
            seconds, UNDATED, REACH, gap, least, *part,
        )  # fmt: skip
        return pairs

    starts = range(0, len(seconds), _TEXTS_AT_ONCE)
    parts = [(start, min(start + _TEXTS_AT_ONCE, len(seconds))) for start in starts]
    pairs = [(np.empty(0, np.int64), np.empty(0, np.int64)), *mapped(one, parts)]
    return Pairs(np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs]))
