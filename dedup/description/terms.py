"""The rare words and the names of story groups: what each is about.

See `dedup.description.words`, and for names `dedup.text.names`: they have one key in any script.

Rarity comes from the fixed table of `dedup.text.rarity` and the terms of a group from its own
texts, so they do not change when other articles are added or removed. Names of months and
weekdays are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from dedup.articles import lead_of, published_lead
from dedup.cleaning import normalize
from dedup.compute.arrays import BoolMask, Int64s, UInt64s
from dedup.description.name_spellings import name_spellings
from dedup.description.words import PlacedWords, group_names, placed_words
from dedup.records import Article, CleanText, DuplicateCluster
from dedup.stories.grouping import Grouping
from dedup.text.dates.calendars import calendar_names
from dedup.text.published import published_words
from dedup.text.rarity import WEIGHT_UNIT
from dedup.text.scripts import UNSPACED
from dedup.text.terms import PlacedTerms

MIN_BITS = 7.0
"""A term of at least this rarity is rare."""
MAX_KEY_TERMS = 8
DESCRIBED_CHARS = 2000
"""Key terms and names of a story come from this many first characters of the bodies."""
_MIN_PIECE_BITS = 4.0
_CANDIDATES = 2 * MAX_KEY_TERMS
_FEW_TEXTS = 2
_TEXTS_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class StoryTerms:
    """Rare terms and names of n story groups.

    Either belongs to a group if it occurs in at least two of its texts, or in one text whose
    language has no more than two texts in the group (which cannot confirm each other's words).

    Args:
        weights: Rarity in units of `terms.WEIGHT_UNIT` bits, int64 of shape
            (n, number of different terms).
        key_terms: Up to 8 terms of each group, spelled and case-folded, that occur in at
            least two of its texts, ranked by the number of texts times the rarity; in a group
            of one text, ranked by the number of occurrences times the rarity.
        hashes: Hash of the term of each column, or key of a name (`text.names`), uint64.
        leads: The texts that the terms come from.
        languages: Language of each.
        members: Rows of the texts of each group.
        published: Gives the text of a row of `leads` as it was published.
    """

    weights: sp.csr_array
    key_terms: tuple[tuple[str, ...], ...]
    hashes: UInt64s
    leads: Sequence[str]
    languages: Sequence[str]
    members: Sequence[Int64s]
    published: Callable[[int], str]

    def as_published(self, group: int, words: Sequence[str]) -> tuple[str, ...]:
        """Words as the first text of a group that has them spells them.

        Args:
            group: Row of the group.
            words: Normalised, case-folded words.
        """
        spelled: dict[str, str] = {}
        missing = list(words)
        for row in self.members[group].tolist():
            if not missing:
                break
            # What is not in the lead is in that of another text; looking for it takes long.
            lead = self.leads[row].casefold()
            here = [word for word in missing if word in lead]
            spelled |= published_words(here, self.published(row))
            missing = [word for word in missing if word not in spelled]
        return tuple(dict.fromkeys(spelled.get(word, word) for word in words))

    def spelled(
        self, columns_by_group: Iterable[tuple[int, Iterable[int]]]
    ) -> dict[tuple[int, int], str]:
        """Spelling of terms, as in their first occurrence in the group.

        Args:
            columns_by_group: Groups (by row of `weights`), each with columns of terms that it has.

        Returns:
            Terms by group and column, case-folded.
        """
        columns_of: dict[int, set[int]] = {}
        for group, columns in columns_by_group:
            columns_of.setdefault(group, set()).update(int(column) for column in columns)
        groups = sorted(columns_of)
        all_columns = np.array(sorted(set().union(*columns_of.values())), np.int64)
        spellings: dict[tuple[int, int], str] = {}
        for first, last in _batches([self.members[group] for group in groups]):
            placed, *occurrences = self._occurrences(groups[first:last], all_columns)
            for group, column, place in zip(*(a.tolist() for a in occurrences), strict=True):
                if column in columns_of[group] and (group, column) not in spellings:
                    spellings[group, column] = placed.spelled(place)
        return spellings

    def spelled_names(self, wanted: Sequence[tuple[int, Sequence[int]]]) -> list[tuple[str, ...]]:
        """Names as the first text of a group that has them spells them, as published.

        Args:
            wanted: Groups (by row of `weights`), with keys of names in the order of the answer.
        """
        of_groups = [(self.members[group], keys) for group, keys in wanted]
        spellings = name_spellings(of_groups, self.leads, self.languages)
        return [
            self.as_published(group, [spelled[key] for key in keys if key in spelled])
            for (group, keys), spelled in zip(wanted, spellings, strict=True)
        ]

    def _occurrences(
        self, groups: Sequence[int], columns: Int64s
    ) -> tuple[PlacedTerms, Int64s, Int64s, Int64s]:
        """Terms of some groups; group, column and place of each occurrence of those columns."""
        texts = np.concatenate([self.members[group] for group in groups]).tolist()
        sizes = [len(self.members[group]) for group in groups]
        words = placed_words(
            [self.leads[text] for text in texts], [self.languages[text] for text in texts]
        )
        placed = words.placed
        group_of = np.repeat(np.repeat(groups, sizes), placed.terms.counts)
        hashes = self.hashes[columns]
        places = np.flatnonzero(np.isin(placed.terms.hashes, hashes))
        column_of = columns[np.searchsorted(hashes, placed.terms.hashes[places])]
        return placed, group_of[places], column_of, places


def terms_of(
    grouping: Grouping,
    clusters: Sequence[DuplicateCluster],
    articles: Mapping[str, Article],
    texts: Mapping[str, CleanText],
) -> StoryTerms:
    """Rare terms of the groups, from the beginnings of their texts.

    Args:
        grouping: Groups of rows of texts; the text of row k represents `clusters[k]`.
        clusters: All duplicate clusters, or their stretches.
        articles: By id.
        texts: Canonical texts by article id.
    """
    representatives = [articles[cluster.representative] for cluster in clusters]

    def published(row: int) -> str:
        article = representatives[row]
        return published_lead(article, texts[article.id], DESCRIBED_CHARS)

    return story_terms(
        [group.members for group in grouping.groups],
        [lead_of(texts[article.id], DESCRIBED_CHARS) for article in representatives],
        [article.language for article in representatives],
        published,
    )


def story_terms(
    members: Sequence[Int64s],
    leads: Sequence[str],
    languages: Sequence[str],
    published: Callable[[int], str] | None = None,
) -> StoryTerms:
    """Rare terms of story groups.

    Args:
        members: Rows of the texts of each of n groups, ascending.
        leads: Canonical texts, by row.
        languages: Language of each text, empty where unknown.
        published: Gives the text of a row as it was published; by default as it is in `leads`.
    """
    parts: list[tuple[Int64s, UInt64s, Int64s]] = []
    key_terms: list[tuple[str, ...]] = []
    for first, last in _batches(members):
        owners, hashes, weights, keys = _of_batch(members[first:last], leads, languages)
        parts.append((owners + first, hashes, weights))
        key_terms.extend(keys)
    owners = np.concatenate([part[0] for part in parts] or [np.empty(0, np.int64)])
    hashes = np.concatenate([part[1] for part in parts] or [np.empty(0, np.uint64)])
    weights = np.concatenate([part[2] for part in parts] or [np.empty(0, np.int64)])
    different, columns = np.unique(hashes, return_inverse=True)
    matrix = sp.csr_array((weights, (owners, columns)), shape=(len(members), len(different)))
    spelling = published or leads.__getitem__
    return StoryTerms(matrix, tuple(key_terms), different, leads, languages, members, spelling)


def joined_pieces(words: Sequence[str], text: str) -> tuple[str, ...]:
    """Terms in the given order, the pieces of one word joined.

    Args:
        words: Spelled terms.
        text: A case-folded text; pieces are joined if the text has them joined.

    >>> joined_pieces(["近平", "拉夫罗夫", "习近"], "习近平会见拉夫罗夫")
    ('习近平', '拉夫罗夫')
    """
    if not any(map(UNSPACED.match, words)):
        return tuple(words)
    terms = list(words)
    i = 0
    while i < len(terms):
        wholes = (
            (j, whole)
            for j in range(len(terms))
            if i != j and (whole := _whole(terms[i], terms[j], text))
        )
        j, whole = next(wholes, (i, ""))
        if whole:
            terms[min(i, j)] = whole
            terms.pop(max(i, j))
            i = 0
        else:
            i += 1
    return tuple(terms)


def _whole(a: str, b: str, text: str) -> str:
    """Two words without spaces that overlap, joined, if the text has that; else empty."""
    if not (UNSPACED.match(a) and UNSPACED.match(b)):
        return ""
    wholes = (
        x + y[size:]
        for size in range(min(len(a), len(b)) - 1, 0, -1)
        for x, y in ((a, b), (b, a))
        if x.endswith(y[:size])
    )
    return next((whole for whole in wholes if whole in text), "")


@lru_cache(maxsize=128)
def calendar_terms(language: str) -> UInt64s:
    """Hashes of the terms in the names of months and days of a language, uint64 of shape (k,).

    Empty for an unknown language.
    """
    names = {
        normalize(name)
        for kind in ("months", "days")
        for widths in calendar_names(language, kind).values()
        for name in widths["wide"].values()
    }
    return np.unique(placed_words(sorted(names), [language] * len(names)).placed.terms.hashes)


def _batches(members: Sequence[Int64s]) -> Iterator[tuple[int, int]]:
    """Ranges of groups with at least 512 texts each, but for the last."""
    first, size = 0, 0
    for group, rows in enumerate(members):
        size += len(rows)
        if size >= _TEXTS_AT_ONCE or group == len(members) - 1:
            yield first, group + 1
            first, size = group + 1, 0


def _of_batch(
    members: Sequence[Int64s], leads: Sequence[str], languages: Sequence[str]
) -> tuple[Int64s, UInt64s, Int64s, list[tuple[str, ...]]]:
    """Group, hash and weight of the terms of some groups, and the key terms of each."""
    texts = np.concatenate(members).tolist()
    sizes = np.array([len(rows) for rows in members])
    language_of = [languages[text] for text in texts]
    lead_of_text = [leads[text] for text in texts]
    words = placed_words(lead_of_text, language_of)
    placed = words.placed
    groups = np.repeat(np.arange(len(members)), sizes)
    in_few = _few(groups.tolist(), language_of)
    terms = _distinct_terms(words, groups, in_few, _no_calendar(placed, language_of))
    weights = terms.weights
    rare = (weights * WEIGHT_UNIT >= MIN_BITS) & ((terms.texts >= 2) | terms.in_few)
    counted = weights // words.parts[terms.places]
    first_texts = [leads[int(rows[0])].casefold() for rows in members]
    key_terms = [
        joined_pieces(spelled, text)[:MAX_KEY_TERMS]
        for spelled, text in zip(_key_terms(terms, sizes, words), first_texts, strict=True)
    ]
    named = group_names(lead_of_text, language_of, groups, in_few)
    return (
        np.concatenate((terms.groups[rare], named[0])),
        np.concatenate((terms.hashes[rare], named[1])),
        np.concatenate((counted[rare], named[2])),
        key_terms,
    )


def _key_terms(terms: _DistinctTerms, sizes: Int64s, words: PlacedWords) -> list[list[str]]:
    """The most specific terms of each group, spelled, the best first."""
    placed, weights = words.placed, terms.weights
    alone = sizes[terms.groups] == 1
    worth = np.where(alone, terms.occurrences, terms.texts) * weights
    bits = weights * WEIGHT_UNIT
    # A pair that joins two words is seldom repeated.
    pieces = words.parts[terms.places] > 1
    repeated = (bits >= _MIN_PIECE_BITS) & (terms.occurrences > 1)
    rare = np.where(pieces, repeated, bits >= MIN_BITS)
    candidates = np.flatnonzero(rare & (terms.texts >= np.where(alone, 1, 2)))
    ranks = (terms.places, -weights, -worth, terms.groups)
    order = candidates[np.lexsort(tuple(rank[candidates] for rank in ranks))]
    starts = np.searchsorted(terms.groups[order], np.arange(len(sizes) + 1)).tolist()
    best = terms.places[order]
    return [
        [placed.spelled(place) for place in best[start:stop][:_CANDIDATES].tolist()]
        for start, stop in pairwise(starts)
    ]


def _few(groups: Sequence[int], languages: Sequence[str]) -> BoolMask:
    """Whether the group of a text has no more than two texts in its language, for each text."""
    keys = list(zip(groups, languages, strict=True))
    counts = Counter(keys)
    return np.array([counts[key] <= _FEW_TEXTS for key in keys])


def _no_calendar(placed: PlacedTerms, languages: Sequence[str]) -> Int64s:
    """Places of the terms that name no month or weekday in the language of their text."""
    codes = sorted(set(languages))
    language_ids = np.repeat([codes.index(code) for code in languages], placed.terms.counts)
    mask = np.ones(len(language_ids), bool)
    for language_id, code in enumerate(codes):
        here = np.flatnonzero(language_ids == language_id)
        mask[here] = ~np.isin(placed.terms.hashes[here], calendar_terms(code))
    return np.flatnonzero(mask)


@dataclass(frozen=True, slots=True)
class _DistinctTerms:
    """The different terms of groups, by group and hash; all arrays of one length.

    Args:
        groups: Row of the group.
        hashes: Hash of the term.
        texts: Texts of the group that have it.
        occurrences: Occurrences in these texts.
        in_few: Whether one of these texts is among few of its language.
        places: Its first place.
        weights: Rarity of the term, in the language of its texts in which it is the most common.
    """

    groups: Int64s
    hashes: UInt64s
    texts: Int64s
    occurrences: Int64s
    in_few: BoolMask
    places: Int64s
    weights: Int64s


def _distinct_terms(
    words: PlacedWords, group_of: Int64s, few: BoolMask, places: Int64s
) -> _DistinctTerms:
    """The different terms of groups.

    Args:
        words: Words of texts, sorted by group.
        group_of: Group of each text, ascending.
        few: Whether each text is among few of its language.
        places: Places that count, ascending.
    """
    placed = words.placed
    text_of = np.repeat(np.arange(len(group_of)), placed.terms.counts)[places]
    groups, hashes = group_of[text_of], placed.terms.hashes[places]
    order = np.lexsort((hashes, groups))
    groups, hashes, text_of = groups[order], hashes[order], text_of[order]
    new = np.ones(len(hashes), bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (groups[1:] != groups[:-1])
    first = np.flatnonzero(new)
    if not len(first):
        none = np.empty(0, np.int64)
        return _DistinctTerms(none, hashes, none, none, np.empty(0, bool), none, none)
    # The sort is stable, so texts ascend within a term of a group.
    another = new.copy()
    another[1:] |= text_of[1:] != text_of[:-1]
    return _DistinctTerms(
        groups[first],
        hashes[first],
        np.add.reduceat(another.astype(np.int64), first),
        np.diff(np.append(first, len(hashes))),
        np.logical_or.reduceat(few[text_of], first),
        places[order[first]],
        np.minimum.reduceat(words.weights[places][order], first),
    )
