"""Duplicate clusters among articles that come and go.

The same candidates, the same verification and the same choice of representatives as in the
batch (`near_duplicates.py`). What is kept: for each different text its fingerprint, in which
buckets it is, and the verified matches. Texts that match, directly or through others, are a
component, and representatives are chosen inside components. So only those that a change touches
are looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xxhash

from dedup.assembly import Precedence, describe_clusters
from dedup.candidates import (
    ESTIMATE_SLACK,
    MATES,
    MAX_BUCKET,
    MAX_LENGTH_RATIO,
    MIN_SHARED_ANCHORS,
    band_keys,
    candidates,
)
from dedup.characters import UInt32s
from dedup.config import Config
from dedup.fingerprints import Fingerprints, fingerprint, shingle_sizes
from dedup.live.growing import Growing
from dedup.live.ordering import Ordering
from dedup.live.postings import Postings
from dedup.matches import Matches, Similarity, Verifier
from dedup.near_duplicates import NearDuplicates, assign_leaders
from dedup.records import DuplicateCluster
from dedup.shingles import Int64s, UInt64s, ranges
from dedup.utf8 import Utf8Texts

_HIGH = np.uint64(32)
_BULK = 4
"""When more than one in so many texts is new, all are matched again at once."""


@dataclass(frozen=True, slots=True)
class Body:
    """The text of an article that is compared, and the precedence of the article."""

    text: str
    precedence: Precedence


@dataclass(frozen=True, slots=True)
class ClusterChanges:
    """What a change did to the duplicate clusters.

    Args:
        new: Clusters that are new or have changed.
        gone: Those that were there and are gone or have changed.
    """

    new: Sequence[DuplicateCluster]
    gone: Sequence[DuplicateCluster]


class LiveCopies:
    """Duplicate clusters of the articles that are there.

    Args:
        config: Uses the sections `fingerprints` and `near_duplicates`.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._bands, self._rows = config.near_duplicates.banding(config.fingerprints.num_perm)
        self._articles: dict[str, tuple[bytes, Precedence]] = {}
        self._holders: dict[bytes, list[str]] = {}
        self._number: dict[bytes, int] = {}
        self._order = Ordering()
        self._bodies: list[bytes] = []
        self._digests: list[bytes] = []
        self._signatures = Growing(np.uint32, (config.fingerprints.num_perm,))
        self._tokens = Growing(np.int64)
        self._anchors: list[UInt32s] = []
        self._alive = Growing(np.bool_)
        self._band_postings = Postings()
        self._anchor_postings = Postings()
        self._matches: dict[int, dict[int, Similarity]] = {}
        self.cluster_of: dict[str, DuplicateCluster] = {}

    def load(
        self,
        articles: Mapping[str, Body],
        prints: Fingerprints | None,
        clusters: Iterable[DuplicateCluster],
    ) -> None:
        """Take over articles that were in clusters before.

        Args:
            articles: All of them.
            prints: Fingerprints of their texts in that order; None if they are not known.
            clusters: What they were in.
        """
        texts: dict[bytes, str] = {}
        rows: list[int] = []
        for row, (id, body) in enumerate(articles.items()):  # noqa: A001
            digest = _digest(id, body.text)
            self._articles[id] = digest, body.precedence
            self._holders.setdefault(digest, []).append(id)
            if digest not in texts:
                texts[digest] = body.text
                rows.append(row)
        coming = [
            (digest, self._first(digest), text.encode("utf-8", "replace"))
            for digest, text in texts.items()
        ]
        known = None if prints is None else taken(prints, np.array(rows, np.int64))
        new = self._numbered(coming, known)
        if new:
            self._match_all([], new)
        for cluster in clusters:
            self.cluster_of.update((member.id, cluster) for member in cluster.members)

    def prints_of(self, article: str) -> tuple[int, np.ndarray, np.ndarray]:
        """Tokens, signature and anchors of the text of an article."""
        number = self._number[self._articles[article][0]]
        return (
            int(self._tokens.rows[number]), self._signatures.rows[number], self._anchors[number]
        )  # fmt: skip

    def apply(self, put: Mapping[str, Body], removed: Iterable[str]) -> ClusterChanges:
        """Add or replace articles, and remove others.

        Args:
            put: By id of the article.
            removed: Ids of articles that are there and not among the others.
        """
        before = {each: self._articles[each] for each in (*put, *removed) if each in self._articles}
        digests = {id: _digest(id, body.text) for id, body in put.items()}  # noqa: A001
        touched = dict.fromkeys([digest for digest, _ in before.values()])
        touched.update(dict.fromkeys(digests.values()))
        for id in before:  # noqa: A001
            self._leave(id)
        for id, body in put.items():  # noqa: A001
            self._articles[id] = digests[id], body.precedence
            self._holders.setdefault(digests[id], []).append(id)
        texts = {digest: put[id].text for id, digest in digests.items()}  # noqa: A001
        old = self._clusters_of(before)
        stale, new = self._renumber(touched, texts)
        dirty = self._match(stale, new)
        return self._regrouped(dirty | set(new), touched, old)

    def query(self, text: str) -> list[tuple[str, Similarity]]:
        """Articles whose texts are copies of a text, the most similar first.

        The similarity is that of the article's text, the first, and the one asked for.
        """
        prints = fingerprint(Utf8Texts.of([text]), self._config.fingerprints, compiled=True)
        if not prints.token_counts[0]:
            return []
        digest = _digest("", text)
        same = self._holders.get(digest, [])
        found = [(id, Similarity(1.0, 1.0, 1.0)) for id in sorted(same)]  # noqa: A001
        mates = self._near(prints.signatures[0], prints.anchors, int(prints.token_counts[0]), -1)
        mates = [mate for mate in mates if self._digests[mate] != digest]
        similar = self._similarities(
            [(mate, -1) for mate in mates], text.encode("utf-8", "replace")
        )
        ranked = sorted(similar.items(), key=lambda each: (-each[1].jaccard, each[0]))
        for (mate, _), similarity in ranked:
            found += [(each, similarity) for each in sorted(self._holders[self._digests[mate]])]
        return found

    def _leave(self, article: str) -> None:
        digest, _ = self._articles.pop(article)
        holders = self._holders[digest]
        holders.remove(article)
        if not holders:
            del self._holders[digest]

    def _clusters_of(self, articles: Iterable[str]) -> dict[str, DuplicateCluster]:
        clusters = [self.cluster_of[each] for each in articles]
        return {cluster.id: cluster for cluster in clusters}

    def _first(self, digest: bytes) -> Precedence:
        return min(self._articles[each][1] for each in self._holders[digest])

    def _renumber(
        self, touched: Iterable[bytes], texts: Mapping[bytes, str]
    ) -> tuple[list[int], list[int]]:
        """Texts that went or whose precedence changed, and those that came or whose did."""
        stale: list[int] = []
        coming: list[tuple[bytes, Precedence, bytes]] = []
        for digest in touched:
            number = self._number.get(digest)
            first = self._first(digest) if digest in self._holders else None
            if number is not None and first == self._order.of(number):
                continue
            body = texts[digest].encode("utf-8", "replace") if digest in texts else b""
            if number is not None:
                body = self._bodies[number]
                stale.append(number)
            if first is not None:
                coming.append((digest, first, body))
        return stale, self._numbered(coming)

    def _numbered(
        self,
        coming: Sequence[tuple[bytes, Precedence, bytes]],
        known: Fingerprints | None = None,
    ) -> list[int]:
        """New numbers for texts, with their fingerprints; they are in no bucket yet."""
        start = len(self._bodies)
        prints = known or fingerprint(
            Utf8Texts.of_bytes([body for *_, body in coming]),
            self._config.fingerprints,
            compiled=True,
        )
        self._signatures.extend(prints.signatures)
        self._tokens.extend(prints.token_counts)
        self._alive.extend(np.ones(len(coming), bool))
        stops = np.cumsum(prints.anchor_counts)
        for place, (digest, first, body) in enumerate(coming):
            self._order.add(first)
            self._bodies.append(body)
            self._digests.append(digest)
            self._number[digest] = start + place
            self._anchors.append(
                prints.anchors[stops[place] - prints.anchor_counts[place] : stops[place]]
            )
        return list(range(start, len(self._bodies)))

    def _match(self, stale: Sequence[int], new: Sequence[int]) -> set[int]:
        """Bring the matches up to date; the texts that are there and lost or won some."""
        if len(new) * _BULK > len(self._number):
            return self._match_all(stale, new)
        crowded = self._in_large_buckets(stale)
        for number in stale:
            self._alive.rows[number] = False
            if self._number.get(self._digests[number]) == number:
                del self._number[self._digests[number]]
        dirty = {mate for number in stale for mate in self._matches.get(number, {})}
        for number in stale:
            for mate in self._matches.pop(number, {}):
                self._matches[mate].pop(number, None)
        self._file(new)
        crowded |= self._in_large_buckets(new)
        again = [*new, *sorted(crowded - set(new) - set(stale))]
        wanted = {number: set(self._mates(number)) for number in again}
        for number in again[len(new) :]:
            for mate in set(self._matches.get(number, {})) - wanted[number]:
                del self._matches[number][mate], self._matches[mate][number]
                dirty |= {number, mate}
        pairs = {
            (min(number, mate), max(number, mate))
            for number, mates in wanted.items()
            for mate in mates
            if mate not in self._matches.get(number, {})
        }
        for (a, b), similarity in self._similarities(sorted(pairs)).items():
            self._matches.setdefault(a, {})[b] = similarity
            self._matches.setdefault(b, {})[a] = _turned(similarity)
            dirty |= {a, b}
        return dirty - set(stale)

    def _match_all(self, stale: Sequence[int], new: Sequence[int]) -> set[int]:
        """The same for so many new texts that all texts are matched as in the batch."""
        for number in stale:
            self._alive.rows[number] = False
        self._number = {
            digest: number for digest, number in self._number.items() if self._alive.rows[number]
        }
        self._file(new)
        numbers = self._order.sorted(np.flatnonzero(self._alive.rows))
        anchors = [self._anchors[number] for number in numbers.tolist()]
        tokens = self._tokens.rows[numbers]
        prints = Fingerprints(
            self._signatures.rows[numbers],
            tokens,
            shingle_sizes(tokens, self._config.fingerprints),
            np.concatenate([np.empty(0, np.uint32), *anchors]),
            np.array([len(each) for each in anchors], np.int64),
        )
        pairs = candidates(prints, self._config.near_duplicates, compiled=True)
        found = self._verifier(numbers.tolist(), threads=0).matches(pairs)
        self._matches = {}
        for (first, second), similarity in found.as_dict().items():
            a, b = int(numbers[first]), int(numbers[second])
            self._matches.setdefault(a, {})[b] = similarity
            self._matches.setdefault(b, {})[a] = _turned(similarity)
        return set(numbers.tolist())

    def _file(self, numbers: Sequence[int]) -> None:
        """Put texts into their buckets."""
        with_tokens = np.array([n for n in numbers if self._tokens.rows[n]], np.int64)
        keys = self._band_keys(self._signatures.rows[with_tokens])
        owners = np.repeat(with_tokens, self._bands)
        self._band_postings.add(keys.ravel(), owners, np.ones(len(owners), np.int64))
        anchors = [_buckets(self._anchors[number]) for number in numbers]
        owners = np.repeat(np.array(numbers, np.int64), [len(each) for each in anchors])
        joined = np.concatenate([np.empty(0, np.uint64), *anchors])
        self._anchor_postings.add(joined, owners, np.ones(len(owners), np.int64))

    def _band_keys(self, signatures: np.ndarray) -> UInt64s:
        """Number of the band and the half of the hash that makes its bucket, (n, bands)."""
        keys = np.empty((len(signatures), self._bands), np.uint64)
        for band in range(self._bands):
            slots = signatures[:, band * self._rows : (band + 1) * self._rows]
            keys[:, band] = (band_keys(slots) >> _HIGH) | np.uint64(band << 32)
        return keys

    def _buckets(self, postings: Postings, keys: UInt64s) -> tuple[Int64s, Int64s]:
        """Texts in the buckets of different keys: number of the key, and text."""
        which, owners, _ = postings.of(keys)
        there = self._alive.rows[owners]
        return which[there], owners[there]

    def _in_large_buckets(self, numbers: Sequence[int]) -> set[int]:
        """Texts whose mates may be others when these come or go: those of full buckets."""
        found: set[int] = set()
        for number in numbers:
            if not self._tokens.rows[number]:
                continue
            signature = self._signatures.rows[number : number + 1]
            for postings, keys in (
                (self._band_postings, self._band_keys(signature)[0]),
                (self._anchor_postings, _buckets(self._anchors[number])),
            ):
                which, owners = self._buckets(postings, keys)
                full = np.bincount(which, minlength=len(keys)) >= MAX_BUCKET
                if full.any():
                    found |= self._around(which, owners, full, number, len(numbers))
        return found

    def _around(
        self, which: Int64s, owners: Int64s, full: np.ndarray, number: int, changes: int
    ) -> set[int]:
        """Texts of full buckets: all where so many changes may cross the limit, else the nearby."""
        found: set[int] = set()
        sizes = np.bincount(which, minlength=len(full))
        here = full[which]
        which, owners = which[here], owners[here]
        order = self._order.order(which, owners)
        which, owners = which[order], owners[order]
        for bucket in np.flatnonzero(full).tolist():
            members = owners[np.searchsorted(which, bucket) : np.searchsorted(which, bucket + 1)]
            if sizes[bucket] <= MAX_BUCKET + changes:
                found.update(members.tolist())
                continue
            place = int(np.flatnonzero(members == number)[0])
            found.update(members[max(0, place - MATES) : place + MATES + 1].tolist())
        return found

    def _mates(self, number: int) -> list[int]:
        """Candidates of a text that is there."""
        return self._near(
            self._signatures.rows[number],
            self._anchors[number],
            int(self._tokens.rows[number]),
            number,
        )

    def _near(
        self, signature: np.ndarray, anchors: np.ndarray, tokens: int, number: int
    ) -> list[int]:
        """Candidates of a text, as `dedup.candidates` finds them; -1 is the number of none."""
        if not tokens:
            return []
        limits = self._config.near_duplicates
        keys = self._band_keys(signature[None, :])[0]
        mates, _ = self._bucket_mates(self._band_postings, keys, number)
        equal = np.count_nonzero(self._signatures.rows[mates] == signature, axis=1)
        by_band = mates[equal / len(signature) >= limits.min_jaccard - ESTIMATE_SLACK]
        mates, shared = self._bucket_mates(self._anchor_postings, _buckets(anchors), number)
        others = self._tokens.rows[mates]
        shorter, longer = np.minimum(tokens, others), np.maximum(tokens, others)
        sizes = shingle_sizes(np.append(others, tokens), self._config.fingerprints)
        missed = (shorter <= longer * MAX_LENGTH_RATIO) | (sizes[:-1] != sizes[-1])
        counts = np.array([len(self._anchors[mate]) for mate in mates.tolist()], np.int64)
        fewest = np.minimum(len(anchors), counts)
        by_anchor = mates[missed & (shared >= fewest * MIN_SHARED_ANCHORS)]
        return list(map(int, np.union1d(by_band, by_anchor)))

    def _bucket_mates(
        self, postings: Postings, keys: UInt64s, number: int
    ) -> tuple[Int64s, Int64s]:
        """Texts linked to one by the buckets of its keys, and by how many of them."""
        which, owners = self._buckets(postings, keys)
        large = np.bincount(which, minlength=len(keys)) > MAX_BUCKET
        crowded = large[which]
        found = [owners[~crowded]]
        if crowded.any():
            found += self._nearest_mates(which[crowded], owners[crowded], number)
        mates, shared = np.unique(np.concatenate(found), return_counts=True)
        other = mates != number
        return mates[other], shared[other]

    def _nearest_mates(self, which: Int64s, owners: Int64s, number: int) -> list[Int64s]:
        """In each large bucket the eight before a text, and the eight after it."""
        if number < 0:
            return [owners]
        order = self._order.order(which, owners)
        which, owners = which[order], owners[order]
        found = []
        for place in np.flatnonzero(owners == number).tolist():
            part = slice(max(0, place - MATES), place + MATES + 1)
            found.append(owners[part][which[part] == which[place]])
        return found

    def _similarities(
        self, pairs: Sequence[tuple[int, int]], asked: bytes = b""
    ) -> dict[tuple[int, int], Similarity]:
        """Verified matches among pairs of numbers; -1 stands for the text asked for."""
        if not pairs:
            return {}
        numbers = sorted({number for pair in pairs for number in pair})
        place = {number: k for k, number in enumerate(numbers)}
        verifier = self._verifier(numbers, asked)
        local = np.array([(place[a], place[b]) for a, b in pairs], np.int64)
        ordered = np.sort(local, axis=1)
        ordered = ordered[np.lexsort((ordered[:, 1], ordered[:, 0]))]
        found = verifier.matches(ordered).as_dict()
        made = {}
        for a, b in pairs:
            first, second = place[a], place[b]
            if (first, second) in found:
                made[a, b] = found[first, second]
            elif (second, first) in found:
                made[a, b] = _turned(found[second, first])
        return made

    def _verifier(self, numbers: Sequence[int], asked: bytes = b"", threads: int = 1) -> Verifier:
        bodies = [self._bodies[number] if number >= 0 else asked for number in numbers]
        texts = Utf8Texts.of_bytes(bodies)
        tokens = self._tokens.rows[np.maximum(numbers, 0)]
        if asked:
            prints = fingerprint(Utf8Texts.of_bytes([asked]), self._config.fingerprints)
            tokens = np.where(np.array(numbers) < 0, prints.token_counts[0], tokens)
        return Verifier(texts, tokens, self._config, compiled=True, threads=threads)

    def _regrouped(
        self, dirty: set[int], touched: Iterable[bytes], old: dict[str, DuplicateCluster]
    ) -> ClusterChanges:
        """Clusters of all components that a change touched."""
        starts = {number for number in dirty if self._alive.rows[number]}
        starts.update(self._number[digest] for digest in touched if digest in self._number)
        new: list[DuplicateCluster] = []
        for component in self._components(starts):
            articles = self._articles_of(component)
            old.update(self._clusters_of(each for each in articles if each in self.cluster_of))
            new.extend(self._clusters(component, articles))
        for cluster in old.values():
            for member in cluster.members:
                self.cluster_of.pop(member.id, None)
        for cluster in new:
            self.cluster_of.update((member.id, cluster) for member in cluster.members)
        same = {cluster.id for cluster in new if old.get(cluster.id) == cluster}
        return ClusterChanges(
            [cluster for cluster in new if cluster.id not in same],
            [cluster for cluster in old.values() if cluster.id not in same],
        )

    def _components(self, starts: set[int]) -> list[list[int]]:
        """Texts that match, directly or through others; those of the given ones."""
        found = []
        waiting = set(starts)
        while waiting:
            seen = {waiting.pop()}
            edge = list(seen)
            while edge:
                new = [mate for mate in self._matches.get(edge.pop(), {}) if mate not in seen]
                seen.update(new)
                edge.extend(new)
            waiting -= seen
            found.append(self._order.sorted(np.array(sorted(seen), np.int64)).tolist())
        return found

    def _articles_of(self, component: Sequence[int]) -> list[str]:
        """Articles with these texts, in the order of precedence."""
        found = [each for number in component for each in self._holders[self._digests[number]]]
        return sorted(found, key=lambda each: self._articles[each][1])

    def _clusters(
        self, component: Sequence[int], articles: Sequence[str]
    ) -> Sequence[DuplicateCluster]:
        place = {number: k for k, number in enumerate(component)}
        pairs = [
            (place[a], place[b], similarity)
            for a in component
            for b, similarity in self._matches.get(a, {}).items()
            if place[a] < place[b]
        ]
        pairs.sort(key=lambda each: each[:2])
        matches = _matches(pairs)
        leaders = np.zeros(1, np.int64)
        if len(component) > 1:
            leaders, matches = assign_leaders(len(component), matches, self._verifier(component))
        text_of = [place[self._number[self._articles[each][0]]] for each in articles]
        first: dict[int, int] = {}
        for number, text in enumerate(text_of):
            first.setdefault(text, number)
        firsts = np.array([first[text] for text in range(len(component))], np.int64)
        texts = np.array(text_of, np.int64)
        near = NearDuplicates(
            firsts[leaders[texts]],
            firsts[texts],
            Matches(
                firsts[matches.first], firsts[matches.second], matches.jaccard,
                matches.containment_a, matches.containment_b,
            ),
            self._config.near_duplicates.min_jaccard,
            0,
        )  # fmt: skip
        return describe_clusters(articles, near)[0]


def _digest(article: str, text: str) -> bytes:
    """Equal for equal texts; an empty text equals none."""
    if not text:
        return b"empty " + article.encode("utf-8", "surrogatepass")
    return xxhash.xxh3_128_digest(text.encode("utf-8", "replace"))


def _buckets(anchors: UInt32s) -> UInt64s:
    """The different anchors of a text."""
    return np.unique(anchors).astype(np.uint64)


def taken(prints: Fingerprints, rows: Int64s) -> Fingerprints:
    """Fingerprints of some of the texts."""
    starts = np.cumsum(prints.anchor_counts) - prints.anchor_counts
    return Fingerprints(
        prints.signatures[rows],
        prints.token_counts[rows],
        prints.shingle_sizes[rows],
        prints.anchors[ranges(starts[rows], prints.anchor_counts[rows])],
        prints.anchor_counts[rows],
    )


def _turned(found: Similarity) -> Similarity:
    return Similarity(found.jaccard, found.containment_b, found.containment_a)


def _matches(pairs: Sequence[tuple[int, int, Similarity]]) -> Matches:
    return Matches(
        np.array([a for a, *_ in pairs], np.int64),
        np.array([b for _, b, _ in pairs], np.int64),
        np.array([found.jaccard for *_, found in pairs], np.float64),
        np.array([found.containment_a for *_, found in pairs], np.float64),
        np.array([found.containment_b for *_, found in pairs], np.float64),
    )
