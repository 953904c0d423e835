"""Make `dedup/weights/term_weights.npz`: how rare terms are in general language.

    python -m benchmarks.term_weights TRAIN_FOLDER

The folder holds `sent.tsv.xz` (language, English, foreign, source: a sentence pair
a line) and `news.tsv.xz` (language, title, lead). Of each language the texts that
have a term are counted; the share in the language where it is most common gives
the weight. Only shares of at least `MIN_SHARE` are kept: the rest is "unknown".
"""

from __future__ import annotations

import argparse
import lzma
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dedup.compute.arrays import UInt64s
from dedup.text.shingles import unique_rows
from dedup.text.terms import WEIGHT_UNIT, terms

MIN_SHARE = 2e-4
MIN_COUNT = 3
MAX_PER_SOURCE = 60_000
OFF_DOMAIN = {"bible"}
OUTPUT = Path(__file__).parent.parent / "dedup" / "weights" / "term_weights.npz"


def _texts(folder: Path) -> dict[str, list[str]]:
    """Texts by language and kind; at most `MAX_PER_SOURCE` of one source and language."""
    texts: dict[str, list[str]] = defaultdict(list)
    taken: dict[tuple[str, str], int] = defaultdict(int)
    for row in _rows(folder / "sent.tsv.xz"):
        language, english, foreign, source = row[:4]
        taken[language, source] += 1
        if source not in OFF_DOMAIN and taken[language, source] <= MAX_PER_SOURCE:
            texts[language].append(foreign)
            texts["en"].append(english)
    for row in _rows(folder / "news.tsv.xz"):
        texts[f"{row[0]} news"].append("\n".join(row[1:]))
    return texts


def _rows(path: Path) -> Iterator[list[str]]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n").split("\t")


def _shares(texts: list[str]) -> tuple[UInt64s, np.ndarray]:
    """Terms of one language and the share of its texts that have them."""
    parts = [
        unique_rows(terms(texts[start : start + 20_000])).hashes
        for start in range(0, len(texts), 20_000)
    ]
    hashes, counts = np.unique(np.concatenate(parts), return_counts=True)
    shares = counts / len(texts)
    frequent = (counts >= MIN_COUNT) & (shares >= MIN_SHARE)
    return hashes[frequent], shares[frequent]


def make(folder: Path, output: Path = OUTPUT) -> None:
    """Count terms and write the table."""
    best: dict[int, float] = {}
    for language, texts in sorted(_texts(folder).items()):
        if len(texts) < 2000:
            continue
        hashes, shares = _shares(sorted(set(texts)))
        print(f"{language}: {len(texts)} texts, {len(hashes)} terms kept")
        for key, share in zip((hashes >> np.uint64(32)).tolist(), shares.tolist(), strict=True):
            best[key] = max(best.get(key, 0.0), share)
    keys = np.array(sorted(best), np.uint32)
    shares = np.array([best[key] for key in keys.tolist()])
    weights = np.round(-np.log2(shares) / WEIGHT_UNIT).astype(np.uint8)
    unknown = np.uint8(round(-np.log2(MIN_SHARE / 4) / WEIGHT_UNIT))
    np.savez_compressed(output, keys=keys, weights=weights, unknown=unknown)
    print(f"{len(keys)} terms, {output.stat().st_size} bytes -> {output}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="folder with sent.tsv.xz and news.tsv.xz")
    make(parser.parse_args().folder)
