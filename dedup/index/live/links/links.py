"""Links between the texts of the index: the pairs that the batch would score, if likely enough.

Whether a pair is a candidate depends on the texts around: on the nearest of each text in each
language, and on the next texts with the same term (`story_candidates.py`). Kept are, for each text
and language, the largest similarities, and for each term the texts that have it. What a pair is
worth depends on the pair alone. So a text that comes brings its own links, and can take from others
the place among the nearest; one that goes can give places back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import BoolMask, Int32s, Int64s
from dedup.config import NeighborConfig
from dedup.index.live.archive.bundles import Tops
from dedup.index.live.arrays.link_table import LinkTable
from dedup.index.live.arrays.pairs import Pairs, Scored, distinct, joined
from dedup.index.live.cache import LinkCache
from dedup.index.live.links.nearest import ROWS_AT_ONCE, Nearest
from dedup.index.live.links.shared_terms import SharedTerms
from dedup.index.live.texts import LiveTexts
from dedup.stories.affinity import likely_pairs
from dedup.stories.pairs import Pairs as Candidates

_MANY = 16
"""So many texts are put into the lists of terms at once."""


@dataclass(frozen=True, slots=True)
class LinkChanges:
    """What a change did to texts and links.

    Args:
        gained: Links that came.
        lost: Pairs that were linked and may be no more.
        came: Texts that came.
    """

    gained: Scored
    lost: Pairs
    came: Int64s


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
        self._gap = int(config.max_gap.total_seconds())
        self._nearest = Nearest(texts, min_cosine, config)
        self._terms = SharedTerms(texts, config)
        self.table = LinkTable()
        self._gained: list[Scored] = []
        self._lost: list[Pairs] = []

    def changes(self, came: Int64s) -> LinkChanges:
        """What happened since this was asked last, with the texts that came."""
        nothing = np.empty(0, np.int64)
        parts = [(nothing, nothing, nothing), *self._gained]
        first, second, log_odds = (np.concatenate([part[k] for part in parts]) for k in range(3))
        there = self.table.linked(first, second)
        lost = joined(self._lost)
        self._gained, self._lost = [], []
        return LinkChanges((first[there], second[there], log_odds[there]), lost, came)

    def cache(self, generation: str, late: BoolMask, parts: Int64s, without: Int64s) -> LinkCache:
        """What can be taken over by `load`: the texts that are there, numbered anew.

        Args:
            generation: Of the store.
            late: Which texts are round-ups, bool (n,).
            parts: Equal for texts of one part and else different, int64 (n,).
            without: Numbers of texts that are left out.
        """
        there = self._texts.alive.copy()
        there[without] = False
        kept = np.flatnonzero(there)
        place = np.full(len(self._texts), -1)
        place[kept] = np.arange(len(kept))
        links = self.table.all()
        stay = there[links[0]] & there[links[1]]
        first, second, log_odds = (each[stay] for each in links)
        return LinkCache(
            generation,
            tuple(self._texts.articles[number] for number in kept.tolist()),
            *self._nearest.tops(kept),
            place[first],
            place[second],
            log_odds,
            late[kept],
            parts[kept],
        )

    def load(self, found: LinkCache) -> None:
        """Take over links; the texts have their numbers already."""
        self._nearest.load(found.languages, found.tops)
        self._terms.file(np.arange(len(self._texts)))
        self.table.resize(len(self._texts))
        self.table.put(found.first, found.second, found.log_odds)

    def kept(self, numbers: Int64s) -> tuple[Int64s, Tops]:
        """Links of texts with one another, and their nearest, by place among them.

        Returns:
            Of each link the two places and the log-odds, int64 of shape (m, 3).
        """
        order = np.argsort(numbers)
        found = self.table.around(numbers)
        once = (found[0] < found[1]) & np.isin(found[1], numbers)
        first, second = (order[np.searchsorted(numbers[order], each[once])] for each in found[:2])
        return np.stack((first, second, found[2][once]), axis=1), self._nearest.kept(numbers)

    def file(self, numbers: Int64s) -> None:
        """Put texts into the lists of their terms, without links."""
        self._nearest.make_room()
        self.table.resize(len(self._texts))
        self._terms.file(numbers)

    def restore(self, numbers: Int64s, links: Int64s, tops: Tops) -> None:
        """Put back what `kept` gave; the texts have their numbers and are in their lists."""
        self._nearest.restore(numbers, tops)
        for number in numbers.tolist():
            self.table.cut_all(number)
        found = numbers[links[:, 0]], numbers[links[:, 1]], links[:, 2]
        self.table.put(*found)
        self._gained.append(found)

    def tops(self, numbers: Int64s) -> Int32s:
        """The largest products of texts, int32 of shape (languages, k, most)."""
        return self._nearest.tops(numbers)[1]

    def remove(self, numbers: Int64s) -> None:
        """Texts go, which are still there."""
        opened = []
        reached = self._nearest.reached(numbers)
        for number in numbers.tolist():
            opened.append(self._terms.bridged(number))
            self._texts.remove(np.array([number]))
            self._lost.append(self.table.cut_all(number))
        pairs = distinct(*joined([self._nearest.refilled(reached), *opened]))
        self._link(self._candidates(self._likely(pairs)))

    def add(self, numbers: Int64s) -> None:
        """Texts come, which have their numbers already."""
        self._nearest.make_room()
        self.table.resize(len(self._texts))
        lost: list[Pairs] = []
        near: list[Scored] = [(np.empty(0, np.int64),) * 3]
        for start in range(0, len(numbers), ROWS_AT_ONCE):
            risen, pairs = self._nearest.come(numbers[start : start + ROWS_AT_ONCE])
            lost.append(self._of_language(risen))
            near.append(self._likely(pairs))
        if len(numbers) > _MANY:
            self._terms.file(numbers)
            lost.append(self._spanning(numbers))
        else:
            for number in numbers.tolist():
                self._terms.file(np.array([number]))
                lost.append(self._terms.bridged(number))
        self._unlink(joined(lost))
        self._link(self._likely(distinct(*self._terms.sharing(numbers))))
        first, second, log_odds = (np.concatenate([each[k] for each in near]) for k in range(3))
        self._link(self._candidates((first, second, log_odds)))

    def around(self, number: int) -> Scored:
        """Links that the last text would have, which was given a number but does not come.

        Its places among the nearest of others are not taken.
        """
        self._nearest.make_room()
        near = self._nearest.of_last(number)
        pairs = distinct(*joined([near, self._terms.sharing(np.array([number]))]))
        return self._likely(pairs)

    def _link(self, pairs: Scored) -> None:
        """Link those of some candidates that are not linked yet."""
        first, second, log_odds = pairs
        new = ~self.table.linked(first, second)
        found = first[new], second[new], log_odds[new]
        self.table.put(*found)
        self._gained.append(found)

    def _unlink(self, pairs: Pairs) -> None:
        """Cut the links of pairs that are candidates no more."""
        first, second = distinct(*pairs)
        linked = self.table.linked(first, second)
        first, second = first[linked], second[linked]
        lost = ~self._are_candidates(first, second)
        self.table.cut(first[lost], second[lost])
        self._lost.append((first[lost], second[lost]))

    def _of_language(self, risen: Int64s) -> Pairs:
        """Links of texts to those of a language, from rows (language, text)."""
        languages = self._nearest.languages
        found = []
        for language in np.unique(risen[:, 0]).tolist():
            texts = risen[risen[:, 0] == language, 1]
            a, b, _ = self.table.around(texts)
            of_it = languages[b] == language
            found.append((a[of_it], b[of_it]))
        return joined(found)

    def _spanning(self, numbers: Int64s) -> Pairs:
        """Links with any of these texts between the two, or with the one of that time."""
        first, second, _ = self.table.all()
        seconds = self._texts.profiles.seconds
        times = np.sort(seconds[numbers])
        a, b = seconds[first], seconds[second]
        between = np.searchsorted(times, np.maximum(a, b), "right") > np.searchsorted(
            times, np.minimum(a, b), "left"
        )
        return first[between], second[between]

    def _likely(self, pairs: Pairs) -> Scored:
        """The pairs that are likely enough for a link, so that the many others are not kept."""
        return likely_pairs(self._texts.scorer, Candidates(*pairs), self._floor)

    def _candidates(self, pairs: Scored) -> Scored:
        """The pairs that are candidates of the batch, as things stand."""
        kept = self._are_candidates(*pairs[:2])
        return pairs[0][kept], pairs[1][kept], pairs[2][kept]

    def _are_candidates(self, first: Int64s, second: Int64s) -> BoolMask:
        """Whether pairs of texts are candidates of the batch, as things stand."""
        found = self._nearest.are_near(first, second)
        seconds = self._texts.profiles.seconds
        others = np.flatnonzero(~found & (np.abs(seconds[first] - seconds[second]) <= self._gap))
        found[others] = self._terms.share_enough(first[others], second[others])
        return found
