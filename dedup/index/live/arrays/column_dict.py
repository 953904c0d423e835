"""Dicts that are made of columns when they are first looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")


class ColumnDict(MutableMapping[_K, _V]):
    """A dict that costs nothing until it is used: opening an index makes none of them.

    Args:
        make: Makes the dict; may depend on nothing that changes meanwhile.
    """

    def __init__(self, make: Callable[[], dict[_K, _V]] = dict) -> None:
        self._make: Callable[[], dict[_K, _V]] | None = make
        self._made: dict[_K, _V] = {}

    @property
    def _items(self) -> dict[_K, _V]:
        if self._make is not None:
            self._made, self._make = self._make(), None
        return self._made

    def __getitem__(self, key: _K) -> _V:
        return self._items[key]

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __setitem__(self, key: _K, value: _V) -> None:
        self._items[key] = value

    def __delitem__(self, key: _K) -> None:
        del self._items[key]

    def __iter__(self) -> Iterator[_K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
