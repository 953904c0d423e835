"""Duplicate clusters among articles that are added and removed.

The same candidates, the same verification and the same choice of representatives as in the
batch (`dedup.duplicates`). The index keeps for each different text its fingerprint, its buckets
and its verified matches. Texts that match, directly or through others, are a component, and
representatives are chosen inside components: a change recomputes only the components it touches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from functools import cache, partial

import numpy as np

from dedup.compute.growable import Columns, unpacked
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
from dedup.duplicates.fingerprints import fingerprint
from dedup.duplicates.matches import Similarity
from dedup.duplicates.stretches import is_digest, stretches
from dedup.index.live.arrays.column_dict import ColumnDict
from dedup.index.live.arrays.components import components
from dedup.index.live.columns import Saved
from dedup.index.live.copies.clusters import (
    Body,
    BodyKey,
    ClusterChanges,
    clusters_of_component,
    is_digest_of,
)
from dedup.index.live.copies.saving import (
    both_ways,
    loaded_clusters,
    loaded_digests,
    loaded_keys,
    loaded_matches,
    put_match,
    saved_clusters,
    saved_keys,
    saved_matches,
)
from dedup.index.live.copies.signature_index import SignatureIndex
from dedup.records import DuplicateCluster

_BULK = 4
"""When more than one in so many texts is new, all are matched again at once."""


class DuplicateClusters:
    """Duplicate clusters of the articles in memory.

    Args:
        config: Uses the sections `fingerprints` and `near_duplicates`, and `neighbors.max_gap`.
        read: Reads the texts of articles by id.
    """

    def __init__(self, config: Config, read: Callable[[Sequence[str]], list[Body]]) -> None:
        self._config = config
        self._signatures = SignatureIndex(config, read)
        self._keys: MutableMapping[str, BodyKey] = {}
        self._holders: MutableMapping[bytes, list[str]] = {}
        self._rows: MutableMapping[bytes, int] = {}
        self._matches: MutableMapping[int, dict[int, Similarity]] = {}
        self.cluster_of: MutableMapping[str, DuplicateCluster] = {}
        self.text_of: MutableMapping[str, DuplicateCluster] = {}
        """The stretch of its cluster that each article is in."""

    def saved(self, *, renumbered: bool) -> Saved:
        """Columns of all articles, their texts, matches and clusters.

        Args:
            renumbered: Whether rows of removed texts are left out.
        """
        signatures = self._signatures
        new_row = np.arange(len(signatures.order.ids))
        if renumbered:
            new_row = np.full(len(new_row), -1)
            new_row[signatures.rows] = np.arange(len(signatures.rows))
        matches = (
            (int(new_row[a]), int(new_row[b]), similarity)
            for a, mates in self._matches.items()
            for b, similarity in mates.items()
            if a < b
        )
        index_of = {id: index for index, id in enumerate(self._keys)}
        clusters = {cluster.id: cluster for cluster in self.cluster_of.values()}
        return signatures.saved(signatures.rows if renumbered else None).with_state(
            saved_keys([*self._keys.values()]),
            saved_matches(matches),
            saved_clusters(clusters.values(), index_of),
        )

    def load(self, columns: Columns) -> None:
        """Load what `saved` returned; what of it is not looked at costs nothing."""
        self._signatures.load(columns)
        signatures, present = self._signatures, self._signatures.rows
        max_gap = self._config.neighbors.max_gap
        ids = cache(partial(unpacked, columns, "keys.ids"))
        clusters = cache(lambda: list(loaded_clusters(columns, ids())))

        def cluster_of() -> dict[str, DuplicateCluster]:
            return {member.id: cluster for cluster in clusters() for member in cluster.members}

        def text_of() -> dict[str, DuplicateCluster]:
            seconds = dict(zip(ids(), columns["keys.seconds"].tolist(), strict=True))
            parts = (
                part for cluster in clusters() for part in stretches(cluster, seconds, max_gap)
            )
            return {member.id: part for part in parts for member in part.members}

        def holders() -> dict[bytes, list[str]]:
            found: dict[bytes, list[str]] = {}
            for id, digest in zip(ids(), loaded_digests(columns), strict=True):
                found.setdefault(digest, []).append(id)
            return found

        self._keys = ColumnDict(lambda: {key.id: key for key in loaded_keys(columns)})
        self._holders = ColumnDict(holders)
        self._rows = ColumnDict(
            lambda: {signatures.digest_of(row): row for row in present.tolist()}
        )
        self._matches = ColumnDict(lambda: both_ways(loaded_matches(columns)))
        self.cluster_of, self.text_of = ColumnDict(cluster_of), ColumnDict(text_of)

    def remap(self, columns: Columns) -> None:
        """See `SignatureIndex.remap`."""
        self._signatures.remap(columns)

    def key_of(self, article: str) -> BodyKey:
        """What is known of an article."""
        return self._keys[article]

    def apply(self, put: Mapping[str, Body], removed: Iterable[str]) -> ClusterChanges:
        """Add or replace articles, and remove others.

        Args:
            put: By id of the article.
            removed: Ids of articles of the index, not among the others.
        """
        keys = [body.key for body in put.values()]
        before = {id: self._keys[id] for id in (*put, *removed) if id in self._keys}
        touched = dict.fromkeys(key.digest for key in (*before.values(), *keys))
        for id in before:
            self._release(id)
        for key in keys:
            self._hold(key)
        old = {self.cluster_of[id].id: self.cluster_of[id] for id in before}
        removed_rows, new_rows = self._changed_rows(touched)
        changed = self._match(removed_rows, new_rows)
        return self._recluster(changed | set(new_rows), touched, old)

    def query(self, body: Body) -> tuple[list[tuple[str, Similarity]], bool]:
        """Articles whose texts are copies of a text that is not there, the most similar first.

        Returns:
            Each article with the similarity of its text, the first, and the queried one; and
            whether that is a digest of texts that are there.
        """
        text = body.text
        prints = fingerprint(Utf8Texts.of([text]), self._config.fingerprints, compiled=True)
        if not prints.token_counts[0]:
            return [], False
        digest = body.key.digest
        equal = self._holders.get(digest, [])
        copies = [(id, Similarity(1.0, 1.0, 1.0)) for id in sorted(equal)]
        similar = self._signatures.query(body, prints)
        similar = {
            row: s for row, s in similar.items() if self._signatures.digest_of(row) != digest
        }
        for row in sorted(similar, key=lambda row: (-similar[row].jaccard, row)):
            holders = self._holders[self._signatures.digest_of(row)]
            copies += [(id, similar[row]) for id in sorted(holders)]
        return copies, self._is_digest(similar)

    def _is_digest(self, similar: Mapping[int, Similarity]) -> bool:
        """Whether a text that is not there, with these copies, is a digest."""
        least = self._config.near_duplicates.min_containment
        inside = [
            row
            for row, one in similar.items()
            if one.containment_a >= least and one.containment_a > one.containment_b
        ]
        holders = (self._holders[self._signatures.digest_of(row)][0] for row in inside)
        if any(is_digest(self.cluster_of[id]) for id in holders):
            return True
        parts = self._signatures.order.sorted(np.array(inside, np.int64)).tolist()
        return is_digest_of(parts, similar, self._matches, self._signatures.verifier)

    def _row_of(self, article: str) -> int:
        return self._rows[self._keys[article].digest]

    def _hold(self, key: BodyKey) -> None:
        self._keys[key.id] = key
        self._holders.setdefault(key.digest, []).append(key.id)

    def _release(self, article: str) -> None:
        digest = self._keys.pop(article).digest
        holders = self._holders[digest]
        holders.remove(article)
        if not holders:
            del self._holders[digest]

    def _set_cluster(self, cluster: DuplicateCluster) -> tuple[DuplicateCluster, ...]:
        """Take over a cluster; returns its stretches."""
        self.cluster_of.update((member.id, cluster) for member in cluster.members)
        seconds = {member.id: self._keys[member.id].seconds for member in cluster.members}
        parts = stretches(cluster, seconds, self._config.neighbors.max_gap)
        self.text_of.update((member.id, part) for part in parts for member in part.members)
        return parts

    def _first(self, digest: bytes) -> BodyKey:
        """That of the first of the articles with a text, which represents it."""
        keys = (self._keys[id] for id in self._holders[digest])
        return min(keys, key=lambda key: key.precedence)

    def _changed_rows(self, touched: Iterable[bytes]) -> tuple[list[int], list[int]]:
        """Rows to remove and rows to add: of removed, new and reordered texts."""
        removed: list[int] = []
        new: list[BodyKey] = []
        for digest in touched:
            row = self._rows.get(digest)
            first = self._first(digest) if digest in self._holders else None
            if row is not None and first is not None and self._signatures.is_of(row, first):
                continue
            if row is not None:
                removed.append(row)
            if first is not None:
                new.append(first)
        return removed, self._add(new)

    def _add(self, texts: Sequence[BodyKey]) -> list[int]:
        """Rows for new texts, from their first articles."""
        rows = self._signatures.add(texts)
        self._rows.update(zip((key.digest for key in texts), rows, strict=True))
        return rows

    def _match(self, removed: Sequence[int], new: Sequence[int]) -> set[int]:
        """Update the matches; returns the rows whose matches changed."""
        crowded = self._signatures.affected_in_crowded_buckets(removed)
        self._signatures.remove(removed)
        for row in removed:
            if self._rows.get(self._signatures.digest_of(row)) == row:
                del self._rows[self._signatures.digest_of(row)]
        self._signatures.add_to_buckets(new)
        if len(new) * _BULK > len(self._rows):
            return self._match_all()
        changed = {mate for row in removed for mate in self._matches.get(row, {})}
        for row in removed:
            for mate in self._matches.pop(row, {}):
                self._matches[mate].pop(row, None)
        crowded |= self._signatures.affected_in_crowded_buckets(new)
        crowded -= {*new, *removed}
        candidates = self._signatures.candidates([*new, *crowded])
        for row in crowded:
            for mate in self._matches.get(row, {}).keys() - candidates[row]:
                del self._matches[row][mate], self._matches[mate][row]
                changed |= {row, mate}
        pairs = {
            (min(row, mate), max(row, mate))
            for row, mates in candidates.items()
            for mate in mates - self._matches.get(row, {}).keys()
        }
        matches = self._signatures.matches(np.array(sorted(pairs), np.int64).reshape(-1, 2))
        for (a, b), similarity in matches.items():
            put_match(self._matches, a, b, similarity)
            changed |= {a, b}
        return changed - set(removed)

    def _match_all(self) -> set[int]:
        """Match all texts, as the batch does; returns their rows."""
        found = self._signatures.all_matches()
        self._matches = both_ways((a, b, similarity) for (a, b), similarity in found.items())
        return set(self._rows.values())

    def _recluster(
        self,
        changed: set[int],
        touched: Iterable[bytes],
        old: dict[str, DuplicateCluster],
    ) -> ClusterChanges:
        """Cluster the components that a change touched anew."""
        starts = {row for row in changed if row in self._signatures}
        starts.update(self._rows[digest] for digest in touched if digest in self._rows)
        new: list[DuplicateCluster] = []
        for rows in components(starts, lambda row: self._matches.get(row, {})):
            component = self._signatures.order.sorted(np.array(rows, np.int64)).tolist()
            articles = self._articles_of(component)
            clusters = (self.cluster_of[id] for id in articles if id in self.cluster_of)
            old.update((cluster.id, cluster) for cluster in clusters)
            new.extend(
                clusters_of_component(
                    component,
                    self._matches,
                    articles,
                    [self._row_of(id) for id in articles],
                    self._signatures.verifier,
                    self._config.near_duplicates,
                )
            )
        old_texts = self._forget(old.values())
        new_texts = {part for cluster in new for part in self._set_cluster(cluster)}
        return ClusterChanges(
            [cluster for cluster in new if old.get(cluster.id) != cluster],
            sorted(new_texts - old_texts, key=lambda part: part.representative),
            sorted(old_texts - new_texts, key=lambda part: part.representative),
        )

    def _forget(self, clusters: Iterable[DuplicateCluster]) -> set[DuplicateCluster]:
        """Let go of clusters; returns their stretches."""
        ids = [member.id for cluster in clusters for member in cluster.members]
        for id in ids:
            self.cluster_of.pop(id, None)
        return {part for id in ids if (part := self.text_of.pop(id, None))}

    def _articles_of(self, component: Sequence[int]) -> list[str]:
        """Articles with these texts, in the order of precedence."""
        ids = [id for row in component for id in self._holders[self._signatures.digest_of(row)]]
        return sorted(ids, key=lambda id: self._keys[id].precedence)
