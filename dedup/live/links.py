"""Links between the texts of the index: the pairs that the batch would score, if likely enough.

Whether a pair is a candidate depends on the texts around: on the nearest of each text in each
language, and on the next texts with the same term (`story_candidates.py`). Kept are, for each text
and language, the largest similarities, and for each term the texts that have it. What a pair is
worth depends on the pair alone. So a text that comes brings its own links, and can take from others
the place among the nearest; one that goes can give places back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import numpy as np

from dedup.affinity import likely_pairs
from dedup.config import NeighborConfig
from dedup.encoders import Float32s
from dedup.keyed_rows import KeyedRows
from dedup.live.cache import LinkCache
from dedup.live.growing import Growing
from dedup.live.postings import Postings
from dedup.live.texts import LiveTexts
from dedup.neighbors import SCALE, within_gap
from dedup.neighbors import Pairs as Candidates
from dedup.shingles import BoolMask, Int64s, UInt64s
from dedup.story_candidates import MIN_BITS, REACH, term_pairs
from dedup.terms import WEIGHT_UNIT

_ROWS_AT_ONCE = 256
_BULK = 4
"""When more than one in so many texts is new, the lists of terms are gone through at once."""
_ONE = SCALE * SCALE

Pairs = tuple[Int64s, Int64s]


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
        self._most = config.per_language
        self._gap = int(config.max_gap.total_seconds())
        self._threshold = np.float32(min_cosine * _ONE - 0.5)
        self._least_shared = config.min_shared_bits / WEIGHT_UNIT
        self._places: dict[int, int] = {}
        self._languages = Growing(np.int64)
        self._tops = np.empty((0, 0, self._most), np.float32)
        self._postings = {"terms": Postings(), "names": Postings()}
        self._links: dict[int, dict[int, int]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self._tops.nbytes + sum(each.nbytes for each in self._postings.values())

    def of(self, number: int) -> dict[int, int]:
        """Log-odds of the links of a text, by the other one."""
        return self._links.get(number, {})

    def cache(self, generation: str) -> LinkCache:
        """What can be taken over by `load`: the texts that are there, numbered anew."""
        kept = np.flatnonzero(self._texts.alive)
        place = np.full(len(self._texts), -1)
        place[kept] = np.arange(len(kept))
        links = [
            (a, b, weight)
            for a, others in self._links.items()
            for b, weight in others.items()
            if a < b
        ]
        first, second, log_odds = np.array(links, np.int64).reshape(-1, 3).T
        return LinkCache(
            generation,
            tuple(self._texts.articles[number] for number in kept.tolist()),
            np.array(list(self._places), np.int64),
            self._tops[:, kept],
            place[first],
            place[second],
            log_odds,
        )

    def load(self, found: LinkCache) -> None:
        """Take over links; the texts have their numbers already."""
        self._places = {key: place for place, key in enumerate(found.languages.tolist())}
        self._tops = found.tops
        self._make_room()
        self._file(np.arange(len(self._texts)))
        links = zip(
            found.first.tolist(), found.second.tolist(), found.log_odds.tolist(), strict=True
        )
        for a, b, weight in links:
            self._links.setdefault(a, {})[b] = weight
            self._links.setdefault(b, {})[a] = weight

    def remove(self, numbers: Int64s) -> set[int]:
        """Texts go, which are still there; the others whose links changed."""
        opened = []
        touched: set[int] = set()
        reached = self._reached(numbers)
        for number in numbers.tolist():
            opened.append(self._bridged(number))
            self._texts.remove(np.array([number]))
            for other in self._links.pop(number, {}):
                del self._links[other][number]
                touched.add(other)
        pairs = self._refilled([(each, language) for each, language in reached])
        touched |= self._link(pairs, _joined(opened))
        return touched - set(numbers.tolist())

    def add(self, numbers: Int64s) -> set[int]:
        """Texts come, which have their numbers already; all whose links changed, these too."""
        self._make_room()
        bulk = len(numbers) * _BULK > np.count_nonzero(self._texts.alive)
        lost, near = [], []
        for start in range(0, len(numbers), _ROWS_AT_ONCE):
            some = numbers[start : start + _ROWS_AT_ONCE]
            risen = np.zeros(self._tops.shape[:2], bool)
            parts = [(self._columns(some, int(some[0])), True), (some, False)]
            products = [self._products(some, columns) for columns, _ in parts]
            for (columns, both), found in zip(parts, products, strict=True):
                self._offer(found, some, columns, both, risen)
            lost.append(self._of_language(np.argwhere(risen)))
            for (columns, _), found in zip(parts, products, strict=True):
                near.append(self._likely(self._near(found, some, columns)))
        if bulk:
            self._file(numbers)
            lost = [self._all()]
            sharing = self._all_sharing()
        else:
            for number in numbers.tolist():
                self._file(np.array([number]))
                lost.append(self._bridged(number))
            sharing = _joined(self._sharing(number) for number in numbers.tolist())
        known = sharing if bulk else None
        changed = self._unlink(_joined(lost), known)
        return changed | self._link(_joined(near), sharing, known) | set(numbers.tolist())

    def around(self, number: int) -> dict[int, int]:
        """Links that the last text would have, which was given a number but did not come.

        Its places among the nearest of others are not taken.
        """
        self._make_room()
        some = np.array([number])
        columns = self._columns(some, number)
        found = self._products(some, columns)
        self._offer(found, some, columns, False, np.zeros(self._tops.shape[:2], bool))
        near = self._near(found, some, columns)
        first, second = _joined([near, self._sharing(number)])
        first, second = _distinct(first, second)
        log_odds = self._texts.scorer.log_odds(first, second)
        self._tops[:, number] = -np.inf
        self._languages.shrink(number)
        others = np.where(first == number, second, first)
        kept = log_odds >= self._floor
        return dict(zip(others[kept].tolist(), log_odds[kept].tolist(), strict=True))

    def _make_room(self) -> None:
        """Room for all texts that have a number, and for their languages."""
        keys = self._texts.profiles.languages[self._languages.count :]
        for key in keys.tolist():
            self._places.setdefault(key, len(self._places))
        self._languages.extend(np.array([self._places[key] for key in keys.tolist()], np.int64))
        languages, texts, most = self._tops.shape
        if len(self._places) > languages or self._languages.count > texts:
            more = max(self._languages.count, texts)
            if more > texts:
                more = int(more * 1.25) + 64
            room = np.full((len(self._places), more, most), -np.inf, np.float32)
            room[:languages, :texts] = self._tops
            self._tops = room

    def _columns(self, rows: Int64s, before: int) -> Int64s:
        """Numbers below `before` among which are all texts close in time to the rows.

        A range, so that their vectors need not be copied; those of texts that went are in it, but
        their time is far from any.
        """
        seconds = self._texts.profiles.seconds
        early, late = seconds[rows].min() - self._gap, seconds[rows].max() + self._gap
        near = np.flatnonzero((seconds[:before] >= early) & (seconds[:before] <= late))
        return np.arange(near[0], near[-1] + 1) if len(near) else near

    def _products(self, rows: Int64s, columns: Int64s) -> Float32s:
        whole = self._texts.profiles.whole
        if not len(columns):
            return np.empty((len(rows), 0), np.float32)
        dense = columns[-1] - columns[0] + 1 == len(columns)
        others = whole[columns[0] : columns[-1] + 1] if dense else whole[columns]
        products: Float32s = whole[rows] @ others.T
        return products

    def _offer(
        self, products: Float32s, rows: Int64s, columns: Int64s, both: bool, risen: BoolMask
    ) -> None:
        from dedup.kernels.tops import offer

        offer(
            products, rows, columns, self._texts.profiles.seconds, self._languages.rows,
            self._gap, self._threshold, self._tops, both, risen,
        )  # fmt: skip

    def _near(self, products: Float32s, rows: Int64s, columns: Int64s) -> Pairs:
        from dedup.kernels.tops import near_pairs

        found: Pairs = near_pairs(
            products, rows, columns, self._texts.profiles.seconds, self._languages.rows,
            self._gap, self._threshold, self._tops,
        )  # fmt: skip
        return found

    def _reached(self, numbers: Int64s) -> set[tuple[int, int]]:
        """Texts that have one of these among their nearest, with the language of that one."""
        found: set[tuple[int, int]] = set()
        going = set(numbers.tolist())
        seconds = self._texts.profiles.seconds
        for number in numbers.tolist():
            row = np.array([number])
            columns = self._columns(row, len(self._texts))
            products = self._products(row, columns)[0]
            language = int(self._languages.rows[number])
            had = (products >= self._threshold) & (products >= self._tops[language, columns, 0])
            had &= within_gap(seconds, columns, np.full(len(columns), number), self._gap)
            found.update((each, language) for each in columns[had].tolist() if each not in going)
        return found

    def _refilled(self, reached: Iterable[tuple[int, int]]) -> Pairs:
        """Look for the nearest of these texts in these languages again; the pairs found."""
        by_language: dict[int, list[int]] = {}
        for number, language in sorted(reached):
            by_language.setdefault(language, []).append(number)
        found = []
        nothing = np.zeros(self._tops.shape[:2], bool)
        for language, numbers in by_language.items():
            same = np.flatnonzero(self._texts.alive & (self._languages.rows == language))
            for start in range(0, len(numbers), _ROWS_AT_ONCE):
                rows = np.array(numbers[start : start + _ROWS_AT_ONCE], np.int64)
                self._tops[language, rows] = -np.inf
                products = self._products(rows, same)
                self._offer(products, rows, same, False, nothing)
                found.append(self._near(products, rows, same))
        return _joined(found)

    def _of_language(self, risen: Int64s) -> Pairs:
        """Links of texts to those of a language, from rows (language, text)."""
        languages = self._languages.rows
        pairs = [
            (number, other)
            for language, number in risen.tolist()
            for other in self.of(number)
            if languages[other] == language
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

    def _all_sharing(self) -> Pairs:
        """All pairs that share enough rare terms, as the batch finds them."""
        numbers = self._texts.order.sorted(np.flatnonzero(self._texts.alive))
        of = self._texts.profiles
        config = NeighborConfig(
            max_gap=timedelta(seconds=self._gap), min_shared_bits=self._least_shared * WEIGHT_UNIT
        )
        found = []
        for kind in self._postings:
            rows: KeyedRows = getattr(of, kind)
            pairs = term_pairs(rows.take(numbers), of.seconds[numbers], config, True)
            found.append((numbers[pairs.first], numbers[pairs.second]))
        return _distinct(*_joined(found))

    def _row(self, kind: str, number: int) -> tuple[UInt64s, Int64s]:
        """Keys and weights of the terms of a text that are rare enough to bring texts together."""
        rows: KeyedRows = getattr(self._texts.profiles, kind)
        part = slice(rows.offsets[number], rows.offsets[number + 1])
        kept = rows.values[part] >= MIN_BITS / WEIGHT_UNIT
        return rows.keys[part][kept], rows.values[part][kept].astype(np.int64)

    def _file(self, numbers: Int64s) -> None:
        """Put texts into the lists of their terms."""
        for kind, postings in self._postings.items():
            rows: KeyedRows = getattr(self._texts.profiles, kind)
            rare = rows.take(numbers).at_least(MIN_BITS / WEIGHT_UNIT)
            postings.add(rare.keys, numbers[rare.owners], rare.values.astype(np.int64))

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

    def _sharing(self, number: int) -> Pairs:
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
            found.append(others[sums >= self._least_shared])
        others = np.unique(np.concatenate(found))
        return np.full(len(others), number), others

    def _bridged(self, number: int) -> Pairs:
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
        return _joined(found)

    def _link(self, near: Pairs, sharing: Pairs, known: Pairs | None = None) -> set[int]:
        """Link pairs that are candidates and likely enough; the texts that have new links.

        Args:
            near: Pairs that may be among the nearest of one another.
            sharing: Pairs that may share enough.
            known: All pairs of the index that share enough, where they are known.
        """
        first, second, log_odds = likely_pairs(
            self._texts.scorer, Candidates(*_distinct(*_joined([near, sharing]))), self._floor
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

    def _linked(self, first: Int64s, second: Int64s) -> BoolMask:
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        return np.array([b in self.of(a) for a, b in pairs], bool)

    def _unlink(self, pairs: Pairs, known: Pairs | None = None) -> set[int]:
        """Cut the links of pairs that are candidates no more; the texts that lost one."""
        first, second = _distinct(*pairs)
        linked = self._linked(first, second)
        first, second = first[linked], second[linked]
        lost = ~self._are_candidates(first, second, known)
        touched: set[int] = set()
        for a, b in zip(first[lost].tolist(), second[lost].tolist(), strict=True):
            del self._links[a][b], self._links[b][a]
            touched |= {a, b}
        return touched

    def _are_candidates(
        self, first: Int64s, second: Int64s, known: Pairs | None = None
    ) -> BoolMask:
        """Whether pairs of texts are candidates of the batch, as things stand."""
        of, languages = self._texts.profiles, self._languages.rows
        products = np.einsum("ij,ij->i", of.whole[first], of.whole[second])
        least = np.minimum(
            self._tops[languages[second], first, 0], self._tops[languages[first], second, 0]
        )
        found: BoolMask = (products >= self._threshold) & (products >= least)
        found &= within_gap(of.seconds, first, second, self._gap)
        if known is not None:
            count = len(self._texts)
            low, high = np.minimum(first, second), np.maximum(first, second)
            sharing_keys = np.minimum(*known) * count + np.maximum(*known)
            found |= np.isin(low * count + high, sharing_keys)
            return found
        sharing: dict[int, set[int]] = {}
        for place in np.flatnonzero(~found).tolist():
            a, b = int(first[place]), int(second[place])
            if a not in sharing:
                sharing[a] = set(self._sharing(a)[1].tolist())
            found[place] = b in sharing[a]
        return found


def _joined(pairs: Iterable[Pairs]) -> Pairs:
    parts = [(np.empty(0, np.int64), np.empty(0, np.int64)), *pairs]
    return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])


def _distinct(first: Int64s, second: Int64s) -> Pairs:
    """Each pair once, the smaller number first."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    count = int(high.max(initial=0)) + 1
    keys = np.unique(low * count + high)
    return keys // count, keys % count
