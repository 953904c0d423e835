"""Connected components around some nodes of a graph that is read only as far as needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

_T = TypeVar("_T", int, str)


def components(starts: Iterable[_T], around: Callable[[_T], Iterable[_T]]) -> list[list[_T]]:
    """Components that some nodes are in.

    Args:
        starts: Some nodes.
        around: The nodes that a node is linked to.

    Returns:
        Components, each ascending, in no meaningful order.
    """
    components = []
    waiting = set(starts)
    while waiting:
        seen = {waiting.pop()}
        edge = list(seen)
        while edge:
            new = [node for node in around(edge.pop()) if node not in seen]
            seen.update(new)
            edge.extend(new)
        waiting -= seen
        components.append(sorted(seen))
    return components
