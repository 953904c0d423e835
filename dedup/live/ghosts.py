"""Texts that left the index and are known by their sketches only: no more is needed to compare."""

from __future__ import annotations

from collections.abc import Iterable

_SAME = 1 << 62
_EMPTY = b"empty "


def same_text_keys(digest: bytes) -> tuple[int, ...]:
    """The bucket of the texts with this digest; an empty text is in none."""
    if digest.startswith(_EMPTY):
        return ()
    return (_SAME | int.from_bytes(digest[:7], "little"),)


class Ghosts:
    """Numbers of texts whose articles are not in memory."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._numbers: dict[bytes, int] = {}

    def rise(self, number: int, digest: bytes, article: str) -> None:
        """A text has a number now; the article is the first that has the text."""
        self._names[number] = article
        self._numbers[digest] = number

    def lay(self, digest: bytes) -> int | None:
        """The number of a text whose articles come to memory, if it had one."""
        number = self._numbers.pop(digest, None)
        if number is not None:
            del self._names[number]
        return number

    def names(self, numbers: Iterable[int]) -> list[str]:
        """First articles of those of the texts whose articles are not in memory."""
        return [self._names[number] for number in numbers if number in self._names]

    def with_texts(self, digests: Iterable[bytes]) -> list[str]:
        """First articles of the texts with these digests whose articles are not in memory."""
        return [self._names[self._numbers[each]] for each in digests if each in self._numbers]
