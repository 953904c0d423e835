"""What hangs together: the components of a graph that some of its nodes are in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

_T = TypeVar("_T", int, str)


def components(starts: Iterable[_T], around: Callable[[_T], Iterable[_T]]) -> list[list[_T]]:
    """Nodes that the given ones are linked to, directly or through others, by component.

    Args:
        starts: Some nodes.
        around: The nodes that one is linked to.

    Returns:
        Components, each ascending, in no order that means anything.
    """
    found = []
    waiting = set(starts)
    while waiting:
        seen = {waiting.pop()}
        edge = list(seen)
        while edge:
            new = [each for each in around(edge.pop()) if each not in seen]
            seen.update(new)
            edge.extend(new)
        waiting -= seen
        found.append(sorted(seen))
    return found
