"""Signatures of archived texts, loaded so that new texts can be compared with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from dedup.config import Config
from dedup.duplicates import clustering
from dedup.duplicates.serialization import fingerprints_of
from dedup.index.live.archive.archive import Archive, Rows
from dedup.index.live.copies.clusters import Body
from dedup.index.live.copies.signature_index import SignatureIndex

_EQUAL_TEXTS = 1 << 62
_EMPTY = b"empty "


def text_digest(article: str, text: str) -> bytes:
    """Equal for equal texts; an empty text equals none."""
    digest = clustering.text_digest(text.encode("utf-8", "replace"))
    return digest or _EMPTY + article.encode("utf-8", "surrogatepass")


def digest_buckets(digest: bytes) -> tuple[int, ...]:
    """The bucket of the texts with this digest; an empty text is in none."""
    if digest.startswith(_EMPTY):
        return ()
    return (_EQUAL_TEXTS | int.from_bytes(digest[:7], "little"),)


class ArchivedSignatures:
    """Rows of the texts whose articles are not in memory.

    Args:
        config: Uses the section `fingerprints`.
        signatures: The index that they are loaded into.
        digests: Of all texts by row; theirs are added.
        archive: What they are loaded from.
        revive: Restores articles, by id.
    """

    def __init__(
        self,
        config: Config,
        signatures: SignatureIndex,
        digests: list[bytes],
        archive: Archive,
        revive: Callable[[Collection[str]], None],
    ) -> None:
        self._config = config.fingerprints
        self._signatures = signatures
        self._digests = digests
        self._archive = archive
        self._revive = revive
        self._articles: dict[int, str] = {}
        self._rows: dict[bytes, int] = {}

    def load(self, buckets: Collection[int], digests: Collection[bytes]) -> None:
        """Load the signatures of archived texts in these buckets; restore articles of equal texts.

        Args:
            buckets: See `SignatureIndex.buckets_of`.
            digests: Of texts: their archived articles are restored.
        """
        if not self._archive.used:
            return
        equal = {bucket for digest in digests for bucket in digest_buckets(digest)}
        archived = self._archive.sharing({*buckets, *equal})
        if archived:
            self._add(archived)
        self.restore(self._rows[digest] for digest in digests if digest in self._rows)

    def load_neighbors(self, rows: Sequence[int]) -> None:
        """Load the signatures of archived texts that share a bucket with these."""
        if self._archive.used:
            self.load(self._signatures.buckets_of_rows(rows), ())

    def restore(self, rows: Iterable[int]) -> None:
        """Restore the articles of those of the texts that are archived."""
        self._revive([self._articles[row] for row in rows if row in self._articles])

    def pop(self, digest: bytes) -> int | None:
        """The row of a text whose articles are restored, if its signature is loaded."""
        row = self._rows.pop(digest, None)
        if row is not None:
            del self._articles[row]
        return row

    def _add(self, archived: Rows) -> None:
        stored = [article for article, _ in archived]
        bodies = [Body.of(article.article, article.clean) for article in stored]
        new = self._signatures.add(
            bodies,
            fingerprints_of([derived.signature for _, derived in archived], self._config),
        )
        self._signatures.add_to_buckets(new)
        for row, article, body in zip(new, stored, bodies, strict=True):
            id = article.article.id
            digest = text_digest(id, body.text)
            self._digests.append(digest)
            self._articles[row] = id
            self._rows[digest] = row
