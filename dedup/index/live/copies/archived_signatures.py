"""Texts that left the index and are in memory as sketches only: no more is needed to compare."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from dedup.articles import body_of, precedence
from dedup.config import Config
from dedup.duplicates import clustering as near_duplicates
from dedup.duplicates.serialization import fingerprints_of
from dedup.index.live.archive.archive import Archive, Rows
from dedup.index.live.copies.signature_index import Sketches

_SAME = 1 << 62
_EMPTY = b"empty "


def text_digest(article: str, text: str) -> bytes:
    """Equal for equal texts; an empty text equals none."""
    if not text:
        return _EMPTY + article.encode("utf-8", "surrogatepass")
    return near_duplicates.text_digest(text.encode("utf-8", "replace"))


def same_text_keys(digest: bytes) -> tuple[int, ...]:
    """The bucket of the texts with this digest; an empty text is in none."""
    if digest.startswith(_EMPTY):
        return ()
    return (_SAME | int.from_bytes(digest[:7], "little"),)


class Ghosts:
    """Numbers of texts whose articles are not in memory.

    Args:
        config: Uses the section `fingerprints`.
        sketches: Where they are put.
        digests: Of all texts by number; theirs are added.
        shelf: Where they come from.
        revive: Brings their articles back, by id.
    """

    def __init__(
        self,
        config: Config,
        sketches: Sketches,
        digests: list[bytes],
        shelf: Archive,
        revive: Callable[[Collection[str]], None],
    ) -> None:
        self._config = config.fingerprints
        self._sketches = sketches
        self._digests = digests
        self._shelf = shelf
        self._revive = revive
        self._names: dict[int, str] = {}
        self._numbers: dict[bytes, int] = {}

    def raise_(self, keys: Collection[int], digests: Collection[bytes]) -> None:
        """Have the sketches of the texts in these buckets, and the articles of equal texts.

        Args:
            keys: Of buckets; see `Sketches.keys`.
            digests: Of texts that are looked for.
        """
        if not self._shelf.used:
            return
        same = {key for digest in digests for key in same_text_keys(digest)}
        rows = self._shelf.sharing({*keys, *same})
        if rows:
            self._add(rows)
        known = (self._numbers[each] for each in digests if each in self._numbers)
        self._revive([self._names[number] for number in known])

    def raise_around(self, numbers: Sequence[int]) -> None:
        """Have the sketches of the texts that are in a bucket with these."""
        if self._shelf.used:
            self.raise_(self._sketches.keys(numbers), ())

    def bring_back(self, numbers: Iterable[int]) -> None:
        """Have the articles of those of the texts whose articles are not in memory."""
        self._revive([self._names[number] for number in numbers if number in self._names])

    def lay(self, digest: bytes) -> int | None:
        """The number of a text whose articles come to memory, if it had one."""
        number = self._numbers.pop(digest, None)
        if number is not None:
            del self._names[number]
        return number

    def _add(self, rows: Rows) -> None:
        found = [stored for stored, _ in rows]
        texts = [body_of(stored.clean) for stored in found]
        new = self._sketches.add(
            [precedence(stored.article, stored.clean) for stored in found],
            texts,
            fingerprints_of([derived.signature for _, derived in rows], self._config),
        )
        self._sketches.file(new)
        for number, stored, text in zip(new, found, texts, strict=True):
            digest = text_digest(stored.article.id, text)
            self._digests.append(digest)
            self._names[number] = stored.article.id
            self._numbers[digest] = number
