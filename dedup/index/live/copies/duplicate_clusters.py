"""Duplicate clusters among articles that come and go.

The same candidates, the same verification and the same choice of representatives as in the
batch (`near_duplicates.py`). What is kept: for each different text its fingerprint, in which
buckets it is, and the verified matches. Texts that match, directly or through others, are a
component, and representatives are chosen inside components. So only those that a change touches
are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np

from dedup.articles import Precedence
from dedup.compute.arrays import UInt32s
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
from dedup.duplicates.fingerprints import Fingerprints, fingerprint
from dedup.duplicates.matches import Similarity
from dedup.index.live.archive.archive import Archive
from dedup.index.live.arrays.components import components
from dedup.index.live.copies.archived_signatures import Ghosts, same_text_keys, text_digest
from dedup.index.live.copies.clusters import Body, ClusterChanges, clusters_of_component
from dedup.index.live.copies.signature_index import Sketches, turned
from dedup.records import DuplicateCluster

AT_ONCE = 8192
"""What is stored of so many texts is read at once."""
_BULK = 4
"""When more than one in so many texts is new, all are matched again at once."""


class LiveCopies:
    """Duplicate clusters of the articles that are there.

    Args:
        config: Uses the sections `fingerprints` and `near_duplicates`.
        shelf: Where the texts are that left the index; they are found all the same.
        revive: Brings shelved articles back, by id.
    """

    def __init__(
        self, config: Config, shelf: Archive, revive: Callable[[Collection[str]], None]
    ) -> None:
        self._config = config
        self._shelf = shelf
        self._sketches = Sketches(config)
        self._articles: dict[str, tuple[bytes, Precedence]] = {}
        self._holders: dict[bytes, list[str]] = {}
        self._number: dict[bytes, int] = {}
        self._digests: list[bytes] = []
        self._ghosts = Ghosts(config, self._sketches, self._digests, shelf, revive)
        self._matches: dict[int, dict[int, Similarity]] = {}
        self.cluster_of: dict[str, DuplicateCluster] = {}

    def load(
        self,
        articles: Mapping[str, Body],
        prints_of: Callable[[Sequence[str]], Fingerprints | None],
        clusters: Iterable[DuplicateCluster],
        matches: Iterable[tuple[str, str, Similarity]] | None = None,
    ) -> None:
        """Take over articles that were in clusters before.

        Args:
            articles: Some, with all that their texts match.
            prints_of: Fingerprints of the texts of some of them; None if they are not known.
            clusters: What they were in.
            matches: Of their texts, each by an article that has it; None if they are not known
                and these are all articles.
        """
        texts: dict[bytes, str] = {}
        for id, body in articles.items():
            digest = text_digest(id, body.text)
            self._articles[id] = digest, body.precedence
            self._holders.setdefault(digest, []).append(id)
            ghost = self._ghosts.lay(digest)
            if ghost is not None:
                self._number[digest] = ghost
            elif digest not in self._number:
                texts.setdefault(digest, id)
        new: list[int] = []
        ids = list(texts.values())
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            prints = prints_of(some)
            digests = [self._articles[each][0] for each in some]
            coming = [
                (digest, self._first(digest), articles[each].text)
                for each, digest in zip(some, digests, strict=True)
            ]
            new += self._numbered(coming, prints)
            matches = matches if prints else None
        self._sketches.file(new)
        if matches is None:
            self._match_all()
        for a, b, similarity in matches or ():
            self._put(self._text_of(a), self._text_of(b), similarity)
        for cluster in clusters:
            self.cluster_of.update((member.id, cluster) for member in cluster.members)

    def prints_of(self, article: str) -> tuple[int, UInt32s, UInt32s]:
        """Tokens, signature (uint32 (num_perm,)) and anchors (uint32 (k,)) of an article's text."""
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
        digests = {id: text_digest(id, body.text) for id, body in put.items()}
        self._ghosts.raise_(set(), digests.values())
        before = {each: self._articles[each] for each in (*put, *removed) if each in self._articles}
        touched = dict.fromkeys([digest for digest, _ in before.values()])
        touched.update(dict.fromkeys(digests.values()))
        for id in before:
            self._leave(id)
        for id, body in put.items():
            self._articles[id] = digests[id], body.precedence
            self._holders.setdefault(digests[id], []).append(id)
        texts = {digest: put[id].text for id, digest in digests.items()}
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
        digest = text_digest("", text)
        self._ghosts.raise_(self._sketches.keys_of(prints), [digest])
        same = self._holders.get(digest, [])
        found = [(id, Similarity(1.0, 1.0, 1.0)) for id in sorted(same)]
        mates = [mate for mate in self._sketches.near(prints) if self._digests[mate] != digest]
        similar = self._sketches.similarities([(mate, -1) for mate in mates], text)
        self._ghosts.bring_back(mate for mate, _ in similar)
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
        self._ghosts.raise_around([*stale, *new])
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
        self._ghosts.bring_back(again)
        self._ghosts.raise_around(again[len(new) :])
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
        self._ghosts.bring_back(number for pair in found for number in pair)
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
            new.extend(
                clusters_of_component(
                    component,
                    self._matches,
                    articles,
                    [self._text_of(each) for each in articles],
                    self._sketches.verifier,
                    self._config.near_duplicates.min_jaccard,
                )
            )
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

    def _articles_of(self, component: Sequence[int]) -> list[str]:
        """Articles with these texts, in the order of precedence."""
        found = [each for number in component for each in self._holders[self._digests[number]]]
        return sorted(found, key=lambda each: self._articles[each][1])
