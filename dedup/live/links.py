"""Links between the texts of the index: the pairs that the batch would score, if likely enough.

Whether a pair is a candidate depends on the texts around: on the nearest of each text in each
language, and on the next texts with the same term (`story_candidates.py`). Kept are, for each text
and language, the largest similarities, and for each term the texts that have it. What a pair is
worth depends on the pair alone. So a text that comes brings its own links, and can take from others
the place among the nearest; one that goes can give places back.
"""

from __future__ import annotations

import numpy as np

from dedup.affinity import likely_pairs
from dedup.config import NeighborConfig
from dedup.encoders import Float32s
from dedup.live.cache import LinkCache
from dedup.live.nearest import ROWS_AT_ONCE, Nearest
from dedup.live.pairs import Pairs, distinct, joined
from dedup.live.parcels import Tops
from dedup.live.shared_terms import SharedTerms
from dedup.live.texts import LiveTexts
from dedup.neighbors import Pairs as Candidates
from dedup.shingles import BoolMask, Int64s

_BULK = 4
"""When more than one in so many texts is new, the lists of terms are gone through at once."""


class LiveLinks:
    """Links among the texts that are there.

    Args:
        texts: The texts.
        min_cosine: Smallest cosine of neighbours.
        floor: Smallest log-odds of a link.
        config: Limits of candidates.
    """

    def __init__(
        self, texts: LiveTexts, min_cosine: float, floor: int, config: NeighborConfig
    ) -> None:
        self._texts = texts
        self._floor = floor
        self._nearest = Nearest(texts, min_cosine, config)
        self._terms = SharedTerms(texts, config)
        self._links: dict[int, dict[int, int]] = {}

    def of(self, number: int) -> dict[int, int]:
        """Log-odds of the links of a text, by the other one."""
        return self._links.get(number, {})

    def cache(self, generation: str, without: Int64s) -> LinkCache:
        """What can be taken over by `load`: the texts that are there, numbered anew.

        Args:
            generation: Of the store.
            without: Numbers of texts that are not in it, with all that they are linked to.
        """
        there = self._texts.alive.copy()
        there[without] = False
        kept = np.flatnonzero(there)
        place = np.full(len(self._texts), -1)
        place[kept] = np.arange(len(kept))
        links = [
            (a, b, weight)
            for a, others in self._links.items()
            for b, weight in others.items()
            if a < b and there[a]
        ]
        first, second, log_odds = np.array(links, np.int64).reshape(-1, 3).T
        return LinkCache(
            generation,
            tuple(self._texts.articles[number] for number in kept.tolist()),
            *self._nearest.tops(kept),
            place[first],
            place[second],
            log_odds,
        )

    def load(self, found: LinkCache) -> None:
        """Take over links; the texts have their numbers already."""
        self._nearest.load(found.languages, found.tops)
        self._terms.file(np.arange(len(self._texts)))
        links = zip(
            found.first.tolist(), found.second.tolist(), found.log_odds.tolist(), strict=True
        )
        for a, b, weight in links:
            self._links.setdefault(a, {})[b] = weight
            self._links.setdefault(b, {})[a] = weight

    def kept(self, numbers: Int64s) -> tuple[Int64s, Tops]:
        """Links and nearest of texts that are linked to no others, by place among them."""
        place = {number: k for k, number in enumerate(numbers.tolist())}
        links = [
            (place[a], place[b], weight)
            for a in place
            for b, weight in sorted(self.of(a).items())
            if place[a] < place[b]
        ]
        return np.array(links, np.int64).reshape(-1, 3), self._nearest.kept(numbers)

    def restore(self, numbers: Int64s, links: Int64s, tops: Tops) -> None:
        """Put back what `kept` gave; the texts have their numbers and are in their lists."""
        self._nearest.restore(numbers, tops)
        for number in numbers.tolist():
            for other in self._links.pop(number, {}):
                self._links[other].pop(number, None)
        for a, b, weight in zip(
            *numbers[links[:, :2]].T.tolist(), links[:, 2].tolist(), strict=True
        ):
            self._links.setdefault(a, {})[b] = weight
            self._links.setdefault(b, {})[a] = weight

    def file(self, numbers: Int64s) -> None:
        """Put texts into the lists of their terms, without links."""
        self._nearest.make_room()
        self._terms.file(numbers)

    def tops(self, numbers: Int64s) -> Float32s:
        """The largest products of texts: (languages, k, most)."""
        return self._nearest.tops(numbers)[1]

    def remove(self, numbers: Int64s) -> set[int]:
        """Texts go, which are still there; the others whose links changed."""
        opened = []
        touched: set[int] = set()
        reached = self._nearest.reached(numbers)
        for number in numbers.tolist():
            opened.append(self._terms.bridged(number))
            self._texts.remove(np.array([number]))
            for other in self._links.pop(number, {}):
                del self._links[other][number]
                touched.add(other)
        pairs = self._nearest.refilled(reached)
        touched |= self._link(pairs, joined(opened))
        return touched - set(numbers.tolist())

    def add(self, numbers: Int64s, *, whole: bool = True) -> set[int]:
        """Texts come, which have their numbers already; all whose links changed, these too.

        Args:
            numbers: The texts.
            whole: Whether all texts of the index are in memory.
        """
        self._nearest.make_room()
        lost, near = [], []
        for start in range(0, len(numbers), ROWS_AT_ONCE):
            risen, pairs = self._nearest.come(numbers[start : start + ROWS_AT_ONCE])
            lost.append(self._of_language(risen))
            near.append(self._likely(pairs))
        known = None
        if whole and len(numbers) * _BULK > np.count_nonzero(self._texts.alive):
            self._terms.file(numbers)
            lost = [self._all()]
            known = sharing = self._terms.all_sharing()
        else:
            for number in numbers.tolist():
                self._terms.file(np.array([number]))
                lost.append(self._terms.bridged(number))
            sharing = joined(self._terms.sharing(number) for number in numbers.tolist())
        changed = self._unlink(joined(lost), known)
        return changed | self._link(joined(near), sharing, known) | set(numbers.tolist())

    def around(self, number: int) -> dict[int, int]:
        """Links that the last text would have, which was given a number but does not come.

        Its places among the nearest of others are not taken.
        """
        self._nearest.make_room()
        near = self._nearest.of_last(number)
        first, second = distinct(*joined([near, self._terms.sharing(number)]))
        log_odds = self._texts.scorer.log_odds(first, second)
        others = np.where(first == number, second, first)
        kept = log_odds >= self._floor
        return dict(zip(others[kept].tolist(), log_odds[kept].tolist(), strict=True))

    def _link(self, near: Pairs, sharing: Pairs, known: Pairs | None = None) -> set[int]:
        """Link pairs that are candidates and likely enough; the texts that have new links.

        Args:
            near: Pairs that may be among the nearest of one another.
            sharing: Pairs that may share enough.
            known: All pairs of the index that share enough, where they are known.
        """
        first, second, log_odds = likely_pairs(
            self._texts.scorer, Candidates(*distinct(*joined([near, sharing]))), self._floor
        )
        new = ~self._linked(first, second)
        first, second, log_odds = first[new], second[new], log_odds[new]
        kept = self._are_candidates(first, second, known)
        touched: set[int] = set()
        for a, b, weight in zip(
            first[kept].tolist(), second[kept].tolist(), log_odds[kept].tolist(), strict=True
        ):
            self._links.setdefault(a, {})[b] = weight
            self._links.setdefault(b, {})[a] = weight
            touched |= {a, b}
        return touched

    def _unlink(self, pairs: Pairs, known: Pairs | None = None) -> set[int]:
        """Cut the links of pairs that are candidates no more; the texts that lost one."""
        first, second = distinct(*pairs)
        linked = self._linked(first, second)
        first, second = first[linked], second[linked]
        lost = ~self._are_candidates(first, second, known)
        touched: set[int] = set()
        for a, b in zip(first[lost].tolist(), second[lost].tolist(), strict=True):
            del self._links[a][b], self._links[b][a]
            touched |= {a, b}
        return touched

    def _of_language(self, risen: Int64s) -> Pairs:
        """Links of texts to those of a language, from rows (language, text)."""
        pairs = [
            (number, other)
            for language, number in risen.tolist()
            for other in self.of(number)
            if self._nearest.language(other) == language
        ]
        first, second = np.array(pairs, np.int64).reshape(-1, 2).T
        return first, second

    def _likely(self, pairs: Pairs) -> Pairs:
        """The pairs that are likely enough for a link, so that the many others are not kept."""
        return likely_pairs(self._texts.scorer, Candidates(*pairs), self._floor)[:2]

    def _all(self) -> Pairs:
        """All links."""
        pairs = [(a, b) for a, others in self._links.items() for b in others if a < b]
        first, second = np.array(pairs, np.int64).reshape(-1, 2).T
        return first, second

    def _linked(self, first: Int64s, second: Int64s) -> BoolMask:
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        return np.array([b in self.of(a) for a, b in pairs], bool)

    def _are_candidates(
        self, first: Int64s, second: Int64s, known: Pairs | None = None
    ) -> BoolMask:
        """Whether pairs of texts are candidates of the batch, as things stand."""
        found = self._nearest.are_near(first, second)
        if known is not None:
            count = len(self._texts)
            low, high = np.minimum(first, second), np.maximum(first, second)
            sharing_keys = np.minimum(*known) * count + np.maximum(*known)
            found |= np.isin(low * count + high, sharing_keys)
            return found
        sharing: dict[int, set[int]] = {}
        for place in self._terms.may_share(first, second, ~found).tolist():
            a, b = int(first[place]), int(second[place])
            if a not in sharing:
                sharing[a] = set(self._terms.sharing(a)[1].tolist())
            found[place] = b in sharing[a]
        return found
