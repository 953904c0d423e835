"""The rare words and the names of story groups: what each is about.

See `dedup.description.words`, and for names `dedup.text.names`: they have one key in any script.

Rarity comes from the fixed table of `dedup.text.rarity` and the terms of a group from its own
texts, so they do not change when other articles are added or removed. Names of months and
weekdays are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from dedup.articles import lead_of, published_lead
from dedup.compute.arrays import Int64s, UInt64s
from dedup.compute.processes import spread
from dedup.description.key_terms import GroupTexts, terms_of_groups
from dedup.description.name_spellings import name_spellings
from dedup.description.words import placed_words
from dedup.records import Article, CleanText, DuplicateCluster
from dedup.stories.grouping import Grouping
from dedup.text.published import published_words
from dedup.text.terms import PlacedTerms

DESCRIBED_CHARS = 2000
"""Key terms and names of a story come from this many first characters of the bodies."""
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
    ranges = list(_batches(members))
    batches = (GroupTexts.of(members[first:last], leads, languages) for first, last in ranges)
    parts: list[tuple[Int64s, UInt64s, Int64s]] = []
    key_terms: list[tuple[str, ...]] = []
    with spread(sum(map(len, members))) as mapped:
        found = zip(ranges, mapped(terms_of_groups, batches), strict=True)
        for (first, _), (owners, hashes, weights, keys) in found:
            parts.append((owners + first, hashes, weights))
            key_terms.extend(keys)
    owners = np.concatenate([part[0] for part in parts] or [np.empty(0, np.int64)])
    hashes = np.concatenate([part[1] for part in parts] or [np.empty(0, np.uint64)])
    weights = np.concatenate([part[2] for part in parts] or [np.empty(0, np.int64)])
    different, columns = np.unique(hashes, return_inverse=True)
    matrix = sp.csr_array((weights, (owners, columns)), shape=(len(members), len(different)))
    spelling = published or leads.__getitem__
    return StoryTerms(matrix, tuple(key_terms), different, leads, languages, members, spelling)


def _batches(members: Sequence[Int64s]) -> Iterator[tuple[int, int]]:
    """Ranges of groups with at least 512 texts each, but for the last."""
    first, size = 0, 0
    for group, rows in enumerate(members):
        size += len(rows)
        if size >= _TEXTS_AT_ONCE or group == len(members) - 1:
            yield first, group + 1
            first, size = group + 1, 0
