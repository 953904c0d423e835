"""Which texts share enough rare terms or names, as they come and go.

The rule is that of `story_candidates.term_pairs`: in the list of each term, in the order of
precedence, a text is paired with the next sixteen.
"""

from __future__ import annotations

import numpy as np

from dedup.config import NeighborConfig
from dedup.keyed_rows import KeyedRows
from dedup.live.pairs import Pairs, distinct, joined
from dedup.live.postings import Postings
from dedup.live.texts import LiveTexts
from dedup.neighbors import within_gap
from dedup.shingles import BoolMask, Int64s, UInt64s
from dedup.story_candidates import MIN_BITS, REACH, term_pairs
from dedup.terms import WEIGHT_UNIT


class SharedTerms:
    """The lists of the rare terms, and of the names, of the texts that are there.

    Args:
        texts: The texts.
        config: Largest gap, and how much two texts have to share.
    """

    def __init__(self, texts: LiveTexts, config: NeighborConfig) -> None:
        self._texts = texts
        self._config = config
        self._gap = int(config.max_gap.total_seconds())
        self._postings = {"terms": Postings(), "names": Postings()}

    def file(self, numbers: Int64s) -> None:
        """Put texts into the lists of their terms."""
        for kind, postings in self._postings.items():
            rows: KeyedRows = getattr(self._texts.profiles, kind)
            rare = rows.take(numbers).at_least(MIN_BITS / WEIGHT_UNIT)
            postings.add(rare.keys, numbers[rare.owners], rare.values.astype(np.int64))

    def sharing(self, number: int) -> Pairs:
        """Pairs of a text with those that share enough rare terms, as `term_pairs` finds them."""
        found = [np.empty(0, np.int64)]
        seconds = self._texts.profiles.seconds
        for kind in self._postings:
            which, owners, weights, own = self._lists(kind, number)
            distance = np.abs(np.arange(len(which)) - own[which])
            near = (distance > 0) & (distance <= REACH)
            near &= within_gap(seconds, owners, np.full(len(owners), number), self._gap)
            shared = np.minimum(weights, weights[own][which])
            others, place = np.unique(owners[near], return_inverse=True)
            sums = np.bincount(place, shared[near], minlength=len(others))
            found.append(others[sums >= self._config.min_shared_bits / WEIGHT_UNIT])
        others = np.unique(np.concatenate(found))
        return np.full(len(others), number), others

    def may_share(self, first: Int64s, second: Int64s, asked: BoolMask) -> Int64s:
        """Which pairs have enough in common, wherever they stand in the lists.

        Args:
            first: One text of each pair, int64 of shape (m,).
            second: The other.
            asked: Which pairs are asked for, bool of shape (m,).

        Returns:
            Their places, ascending.
        """
        least = self._config.min_shared_bits / WEIGHT_UNIT
        return np.array(
            [
                place
                for place in np.flatnonzero(asked).tolist()
                if any(
                    self._common(kind, int(first[place]), int(second[place])) >= least
                    for kind in self._postings
                )
            ],
            np.int64,
        )

    def _common(self, kind: str, a: int, b: int) -> int:
        """Rarity of the terms that two texts share."""
        (keys, weights), (others, other_weights) = self._row(kind, a), self._row(kind, b)
        _, here, there = np.intersect1d(keys, others, assume_unique=True, return_indices=True)
        return int(np.minimum(weights[here], other_weights[there]).sum())

    def bridged(self, number: int) -> Pairs:
        """Pairs that are in reach of each other in the list of a term but for this text."""
        found = []
        for kind in self._postings:
            which, owners, _, own = self._lists(kind, number)
            before = own[:, None] + np.arange(1, REACH + 1) - (REACH + 1)
            after = before + REACH + 1
            inside = (before >= 0) & (after < len(which))
            first, second = before[inside], after[inside]
            one_list = which[first] == which[second]
            found.append((owners[first[one_list]], owners[second[one_list]]))
        return joined(found)

    def all_sharing(self) -> Pairs:
        """All pairs that share enough rare terms, as the batch finds them."""
        numbers = self._texts.order.sorted(np.flatnonzero(self._texts.alive))
        of = self._texts.profiles
        found = []
        for kind in self._postings:
            rows: KeyedRows = getattr(of, kind)
            pairs = term_pairs(rows.take(numbers), of.seconds[numbers], self._config, True)
            found.append((numbers[pairs.first], numbers[pairs.second]))
        return distinct(*joined(found))

    def _row(self, kind: str, number: int) -> tuple[UInt64s, Int64s]:
        """Keys and weights of the terms of a text that are rare enough to bring texts together."""
        rows: KeyedRows = getattr(self._texts.profiles, kind)
        part = slice(rows.offsets[number], rows.offsets[number + 1])
        kept = rows.values[part] >= MIN_BITS / WEIGHT_UNIT
        return rows.keys[part][kept], rows.values[part][kept].astype(np.int64)

    def _lists(self, kind: str, number: int) -> tuple[Int64s, Int64s, Int64s, Int64s]:
        """The lists of the terms of a text, in the order of precedence, with the text itself.

        Returns:
            Number of the term, text and weight of each entry, and where the text itself is in
            the list of each term.
        """
        keys, own = self._row(kind, number)
        which, owners, weights = self._postings[kind].of(keys)
        others = self._texts.alive[owners] & (owners != number)
        which = np.concatenate((which[others], np.arange(len(keys))))
        owners = np.concatenate((owners[others], np.full(len(keys), number)))
        weights = np.concatenate((weights[others], own))
        order = self._texts.order.order(which, owners)
        which, owners, weights = which[order], owners[order], weights[order]
        return which, owners, weights, np.flatnonzero(owners == number)
