"""Duplicate clusters among articles that come and go.

The same candidates, the same verification and the same choice of representatives as in the
batch (`near_duplicates.py`). What is kept: for each different text its fingerprint, in which
buckets it is, and the verified matches. Texts that match, directly or through others, are a
component, and representatives are chosen inside components. So only those that a change touches
are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import xxhash

from dedup.assembly import Precedence, body_of, describe_clusters, precedence
from dedup.characters import UInt32s
from dedup.config import Config
from dedup.fingerprints import Fingerprints, fingerprint
from dedup.live.components import components
from dedup.live.forms import fingerprints_of
from dedup.live.ghosts import Ghosts, same_text_keys
from dedup.live.shelf import Shelf
from dedup.live.sketches import Sketches, taken, turned
from dedup.matches import Matches, Similarity
from dedup.near_duplicates import NearDuplicates, assign_leaders
from dedup.records import DuplicateCluster
from dedup.utf8 import Utf8Texts

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
        looked_at: Articles whose matches may be others now, those that went included.
        matches: Of the texts of these articles, each by its first article.
    """

    new: Sequence[DuplicateCluster]
    gone: Sequence[DuplicateCluster]
    looked_at: Set[str]
    matches: Sequence[tuple[str, str, Similarity]]


class LiveCopies:
    """Duplicate clusters of the articles that are there.

    Args:
        config: Uses the sections `fingerprints` and `near_duplicates`.
        shelf: Where the texts are that left the index; they are found all the same.
        revive: Brings shelved articles back, by id.
    """

    def __init__(
        self, config: Config, shelf: Shelf, revive: Callable[[Collection[str]], None]
    ) -> None:
        self._config = config
        self._shelf = shelf
        self._revive = revive
        self._ghosts = Ghosts()
        self._sketches = Sketches(config)
        self._articles: dict[str, tuple[bytes, Precedence]] = {}
        self._holders: dict[bytes, list[str]] = {}
        self._number: dict[bytes, int] = {}
        self._digests: list[bytes] = []
        self._matches: dict[int, dict[int, Similarity]] = {}
        self.cluster_of: dict[str, DuplicateCluster] = {}

    def load(
        self,
        articles: Mapping[str, Body],
        prints: Fingerprints | None,
        clusters: Iterable[DuplicateCluster],
        matches: Iterable[tuple[str, str, Similarity]] | None = None,
    ) -> None:
        """Take over articles that were in clusters before.

        Args:
            articles: Some, with all that their texts match.
            prints: Fingerprints of their texts in that order; None if they are not known.
            clusters: What they were in.
            matches: Of their texts, each by an article that has it; None if they are not known
                and these are all articles.
        """
        texts: dict[bytes, str] = {}
        rows: list[int] = []
        for row, (id, body) in enumerate(articles.items()):  # noqa: A001
            digest = _digest(id, body.text)
            self._articles[id] = digest, body.precedence
            self._holders.setdefault(digest, []).append(id)
            ghost = self._ghosts.lay(digest)
            if ghost is not None:
                self._number[digest] = ghost
            elif digest not in texts and digest not in self._number:
                texts[digest] = body.text
                rows.append(row)
        coming = [(digest, self._first(digest), text) for digest, text in texts.items()]
        known = None if prints is None else taken(prints, np.array(rows, np.int64))
        new = self._numbered(coming, known)
        self._sketches.file(new)
        if matches is None:
            self._match_all()
        for a, b, similarity in matches or ():
            self._put(self._text_of(a), self._text_of(b), similarity)
        for cluster in clusters:
            self.cluster_of.update((member.id, cluster) for member in cluster.members)

    def prints_of(self, article: str) -> tuple[int, UInt32s, UInt32s]:
        """Tokens, signature and anchors of the text of an article."""
        return self._sketches.fingerprint_of(self._text_of(article))

    def hanging(self, article: str) -> list[str]:
        """Articles with the text of one, and those whose texts match it."""
        number = self._text_of(article)
        texts = (number, *self._matches.get(number, ()))
        return [each for text in texts for each in self._holders[self._digests[text]]]

    def keys_of(self, article: str) -> tuple[int, ...]:
        """What the text of an article is found by; none if it is not the first that has it."""
        digest, _ = self._articles[article]
        number = self._number[digest]
        if self._sketches.order.of(number) != self._articles[article][1]:
            return ()
        return tuple(sorted({*self._sketches.keys([number]), *same_text_keys(digest)}))

    def _text_of(self, article: str) -> int:
        return self._number[self._articles[article][0]]

    def apply(self, put: Mapping[str, Body], removed: Iterable[str]) -> ClusterChanges:
        """Add or replace articles, and remove others.

        Args:
            put: By id of the article.
            removed: Ids of articles that are there and not among the others.
        """
        digests = {id: _digest(id, body.text) for id, body in put.items()}  # noqa: A001
        self._raise((), digests.values())
        before = {each: self._articles[each] for each in (*put, *removed) if each in self._articles}
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
        return self._regrouped(dirty | set(new), touched, old, before.keys())

    def query(self, text: str) -> list[tuple[str, Similarity]]:
        """Articles whose texts are copies of a text, the most similar first.

        The similarity is that of the article's text, the first, and the one asked for.
        """
        prints = fingerprint(Utf8Texts.of([text]), self._config.fingerprints, compiled=True)
        if not prints.token_counts[0]:
            return []
        digest = _digest("", text)
        self._raise(self._sketches.keys_of(prints), [digest])
        same = self._holders.get(digest, [])
        found = [(id, Similarity(1.0, 1.0, 1.0)) for id in sorted(same)]  # noqa: A001
        mates = [mate for mate in self._sketches.near(prints) if self._digests[mate] != digest]
        similar = self._sketches.similarities([(mate, -1) for mate in mates], text)
        self._real(mate for mate, _ in similar)
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
        coming: list[tuple[bytes, Precedence, str]] = []
        for digest in touched:
            number = self._number.get(digest)
            first = self._first(digest) if digest in self._holders else None
            if number is not None and first == self._sketches.order.of(number):
                continue
            body = texts.get(digest, "")
            if number is not None:
                body = self._sketches.bodies[number]
                stale.append(number)
            if first is not None:
                coming.append((digest, first, body))
        return stale, self._numbered(coming)

    def _numbered(
        self,
        coming: Sequence[tuple[bytes, Precedence, str]],
        known: Fingerprints | None = None,
    ) -> list[int]:
        """New numbers for texts: their digests, precedences and bodies."""
        new = self._sketches.add(
            [first for _, first, _ in coming], [body for *_, body in coming], known
        )
        for number, (digest, *_) in zip(new, coming, strict=True):
            self._digests.append(digest)
            self._number[digest] = number
        return new

    def _match(self, stale: Sequence[int], new: Sequence[int]) -> set[int]:
        """Bring the matches up to date; the texts that are there and lost or won some."""
        self._raise(self._keys_of([*stale, *new]))
        crowded = self._sketches.in_large_buckets(stale)
        self._sketches.remove(stale)
        for number in stale:
            if self._number.get(self._digests[number]) == number:
                del self._number[self._digests[number]]
        self._sketches.file(new)
        if len(new) * _BULK > len(self._number) and not self._shelf.used:
            return self._match_all()
        dirty = {mate for number in stale for mate in self._matches.get(number, {})}
        for number in stale:
            for mate in self._matches.pop(number, {}):
                self._matches[mate].pop(number, None)
        crowded |= self._sketches.in_large_buckets(new)
        again = [*new, *sorted(crowded - set(new) - set(stale))]
        self._real(again)
        self._raise(self._keys_of(again[len(new) :]))
        wanted = {number: set(mates) for number, mates in self._sketches.mates(again).items()}
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
        found = self._sketches.similarities(sorted(pairs))
        self._real(number for pair in found for number in pair)
        for (a, b), similarity in found.items():
            self._put(a, b, similarity)
            dirty |= {a, b}
        return dirty - set(stale)

    def _match_all(self) -> set[int]:
        """The matches of all texts, as the batch finds them; all texts."""
        self._matches = {}
        for (a, b), similarity in self._sketches.matches().items():
            self._put(a, b, similarity)
        return set(self._number.values())

    def _put(self, a: int, b: int, similarity: Similarity) -> None:
        self._matches.setdefault(a, {})[b] = similarity
        self._matches.setdefault(b, {})[a] = turned(similarity)

    def _regrouped(
        self,
        dirty: set[int],
        touched: Iterable[bytes],
        old: dict[str, DuplicateCluster],
        before: Iterable[str],
    ) -> ClusterChanges:
        """Clusters of all components that a change touched."""
        starts = {number for number in dirty if self._sketches.is_there(number)}
        starts.update(self._number[digest] for digest in touched if digest in self._number)
        new: list[DuplicateCluster] = []
        matches: list[tuple[str, str, Similarity]] = []
        for found in components(starts, lambda number: self._matches.get(number, {})):
            component = self._sketches.order.sorted(np.array(found, np.int64)).tolist()
            articles = self._articles_of(component)
            old.update(self._clusters_of(each for each in articles if each in self.cluster_of))
            new.extend(self._clusters(component, articles))
            matches += self._named_matches(component)
        for cluster in old.values():
            for member in cluster.members:
                self.cluster_of.pop(member.id, None)
        for cluster in new:
            self.cluster_of.update((member.id, cluster) for member in cluster.members)
        same = {cluster.id for cluster in new if old.get(cluster.id) == cluster}
        return ClusterChanges(
            [cluster for cluster in new if cluster.id not in same],
            [cluster for cluster in old.values() if cluster.id not in same],
            {m.id for cluster in (*old.values(), *new) for m in cluster.members} | {*before},
            matches,
        )

    def _named_matches(self, component: Sequence[int]) -> Iterable[tuple[str, str, Similarity]]:
        for a in component:
            for b, similarity in self._matches.get(a, {}).items():
                if a < b:
                    yield self._sketches.order.of(a)[2], self._sketches.order.of(b)[2], similarity

    def _keys_of(self, numbers: Sequence[int]) -> set[int]:
        return self._sketches.keys(numbers) if self._shelf.used else set()

    def _raise(self, keys: Collection[int], digests: Collection[bytes] = ()) -> None:
        """Have the sketches of the shelved texts in these buckets, and equal texts in full."""
        if not self._shelf.used:
            return
        same = {key for digest in digests for key in same_text_keys(digest)}
        rows = self._shelf.sharing({*keys, *same})
        if rows:
            prints = fingerprints_of(
                [each.signature for _, each in rows], self._config.fingerprints
            )
            found = [stored for stored, _ in rows]
            texts = [body_of(stored.clean) for stored in found]
            new = self._sketches.add(
                [precedence(stored.article, stored.clean) for stored in found],
                texts,
                prints,
            )
            self._sketches.file(new)
            for number, stored, text in zip(new, found, texts, strict=True):
                digest = _digest(stored.article.id, text)
                self._digests.append(digest)
                self._ghosts.rise(number, digest, stored.article.id)
        self._revive(self._ghosts.with_texts(digests))

    def _real(self, numbers: Iterable[int]) -> None:
        """Have all of the texts that are in memory as sketches only."""
        self._revive(self._ghosts.names(numbers))

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
            leaders, matches = assign_leaders(
                len(component), matches, self._sketches.verifier(component)
            )
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


def _matches(pairs: Sequence[tuple[int, int, Similarity]]) -> Matches:
    return Matches(
        np.array([a for a, *_ in pairs], np.int64),
        np.array([b for _, b, _ in pairs], np.int64),
        np.array([found.jaccard for *_, found in pairs], np.float64),
        np.array([found.containment_a for *_, found in pairs], np.float64),
        np.array([found.containment_b for *_, found in pairs], np.float64),
    )
