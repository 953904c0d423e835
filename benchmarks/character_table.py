"""Make `dedup/weights/characters.npz`: what each character is, and what its case folds to.

    python -m benchmarks.character_table

Signatures are a file format, so that the table must not change with the Python that happens to
run: it is made once, of the Unicode version that the output names, and shipped.
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import numpy as np

from dedup.text.characters import SINGLE, WORD
from dedup.text.scripts import UNSPACED

OUTPUT = Path(__file__).parent.parent / "dedup" / "weights" / "characters.npz"


def kind_of(point: int) -> int:
    """WORD for letters, marks, digits and `_`; SINGLE in scripts without spaces; else 0."""
    char = chr(point)
    if not (char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M"):
        return 0
    return SINGLE if UNSPACED.match(char) else WORD


def make(output: Path = OUTPUT) -> None:
    """Write the table."""
    kinds = np.zeros(sys.maxunicode + 1, np.uint8)
    shifts = np.zeros(sys.maxunicode + 1, np.int32)
    expanding: list[int] = []
    expansions: list[list[int]] = []
    for point in range(sys.maxunicode + 1):
        if 0xD800 <= point < 0xE000:
            continue
        kinds[point] = kind_of(point)
        folded = [ord(char) for char in chr(point).casefold()]
        if len(folded) == 1:
            shifts[point] = folded[0] - point
        else:
            expanding.append(point)
            expansions.append(folded + [0] * (3 - len(folded)))
    np.savez_compressed(
        output,
        kinds=kinds,
        shifts=shifts,
        expanding=np.array(expanding, np.uint32),
        expansions=np.array(expansions, np.uint32),
        unicode_version=np.array(unicodedata.unidata_version),
    )
    print(f"Unicode {unicodedata.unidata_version}, {output.stat().st_size} bytes -> {output}")


if __name__ == "__main__":
    make()
