"""How story groups spell names that are known by their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from dedup.compute.arrays import Int64s
from dedup.text.names import placed_names
from dedup.text.terms import placed_terms

_TEXTS_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The names that a group is asked for.

    Args:
        rows: Its texts.
        missing: Keys of names of which no spelling is known.
        spelled: The spelling of the others, by key.
    """

    rows: Sequence[int]
    missing: set[int]
    spelled: dict[int, str] = field(default_factory=dict)


def name_spellings(
    wanted: Sequence[tuple[Int64s, Sequence[int]]], leads: Sequence[str], languages: Sequence[str]
) -> list[dict[int, str]]:
    """Names as the first text of a group that has them spells them, case-folded, by key.

    The first texts of all groups are read together, then the second ones of those that lack a
    name, and so on: reading many texts at once takes a fraction of the time.

    Args:
        wanted: The rows of the texts of a group, and keys of names of the table.
        leads: Canonical texts.
        languages: Their languages.

    Returns:
        For each of `wanted` the spellings that its texts have.
    """
    groups = [_Wanted(rows.tolist(), set(keys)) for rows, keys in wanted]
    for place in count():
        left = [one for one in groups if one.missing and place < len(one.rows)]
        if not left:
            break
        for start in range(0, len(left), _TEXTS_AT_ONCE):
            part = left[start : start + _TEXTS_AT_ONCE]
            rows = [one.rows[place] for one in part]
            texts = [leads[row] for row in rows], [languages[row] for row in rows]
            keys = {key for one in part for key in one.missing}
            for owner, key, spelling in _named(*texts, keys):
                if key in part[owner].missing:
                    part[owner].missing.remove(key)
                    part[owner].spelled[key] = spelling
    return [one.spelled for one in groups]


def _named(
    texts: Sequence[str], languages: Sequence[str], keys: set[int]
) -> Iterator[tuple[int, int, str]]:
    """Number of the text, key and spelling of each occurrence of names, in reading order."""
    placed = placed_terms(texts, languages)
    names = placed_names(placed, languages)
    here = np.flatnonzero(np.isin(names.keys, np.array(sorted(keys), np.uint64)))
    columns = names.owners, names.keys, names.starts, names.ends
    for owner, key, start, end in zip(*(one[here].tolist() for one in columns), strict=True):
        yield owner, key, placed.between(start, end)
