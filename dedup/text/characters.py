"""The table of characters: word, token or neither, the same on every machine and Python.

The table is of one fixed Unicode version, since signatures made of it are stored and
compared with later ones. Entry of a code point, uint32:

    bits 0 to 20   the code point that it folds to (Unicode's full case folding)
    bits 24, 25    the kind of that code point: 0 between tokens, WORD or SINGLE
    bit 31         set if it folds to several: bits 0 to 20 are a row of the expansions

Made by `benchmarks/character_table.py`. Source: Unicode Character Database, CaseFolding.txt
(status C and F) and general categories.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import UInt32s

WORD = 1
"""Part of a word: a letter, a mark, a digit or `_`."""
SINGLE = 2
"""A token by itself: a character of a script that writes without spaces, see `text.scripts`."""
POINT_MASK = np.uint32(0x1FFFFF)
KIND_SHIFT = np.uint32(24)
SEVERAL = np.uint32(1 << 31)


class CharacterTable(NamedTuple):
    """The table and its expansions.

    Args:
        entries: uint32 of shape (0x110000,).
        expansions: Code points that one folds to, padded by 0; uint32 of shape (m, 3).
        ascii: Folded code point plus 1 of ASCII characters inside tokens, 0 of the others:
            all that a loop over ASCII has to know; uint64 of shape (128,).
    """

    entries: UInt32s
    expansions: UInt32s
    ascii: npt.NDArray[np.uint64]


@functools.cache
def character_table() -> CharacterTable:
    """The table, loaded once."""
    path = resources.files("dedup.weights").joinpath("characters.npz")
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        kinds, shifts = stored["kinds"], stored["shifts"]
        expanding, expansions = stored["expanding"], stored["expansions"]
    points = (np.arange(len(kinds), dtype=np.int64) + shifts).astype(np.uint32)
    entries = points | (kinds[points].astype(np.uint32) << KIND_SHIFT)
    entries[expanding] = np.arange(len(expanding), dtype=np.uint32) | SEVERAL
    plain = entries[:128].astype(np.uint64)
    inside = plain >> np.uint64(KIND_SHIFT) > 0
    ascii_values = np.where(inside, (plain & np.uint64(POINT_MASK)) + np.uint64(1), 0)
    return CharacterTable(entries, expansions, ascii_values.astype(np.uint64))


def folded(points: UInt32s) -> tuple[UInt32s, UInt32s, npt.NDArray[np.int64]]:
    """Case-folded code points with their kinds.

    Args:
        points: Code points, uint32 of shape (t,).

    Returns:
        Folded code points and their kinds, uint32 of shape (u,), and for each point
        how many code points it became, int64 of shape (t,).
    """
    table = character_table()
    entries = table.entries[points]
    became = np.ones(len(points), np.int64)
    several = np.flatnonzero(entries & SEVERAL)
    if len(several):
        rows = table.expansions[entries[several] & POINT_MASK]
        became[several] = (rows > 0).sum(axis=1)
        starts = np.cumsum(became) - became
        entries = np.repeat(entries, became)
        for column in range(rows.shape[1]):
            here = rows[:, column] > 0
            entries[starts[several[here]] + column] = table.entries[rows[here, column]]
    return entries & POINT_MASK, entries >> KIND_SHIFT, became
