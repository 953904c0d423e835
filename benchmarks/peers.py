"""The systems that are compared on near-duplicates, each from texts in memory to verified pairs.

Each is a function of a path, a column `text` of which is loaded before the clock starts. It
returns pairs of row numbers (a < b) that it holds to be copies, labels of its clusters, and CPU
seconds by stage. Peers decide on the 128-slot estimate, the most that their interfaces offer; all
but Daft are given word 5-grams by Python's `split` and `join`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from benchmarks.corpora import load

Outcome = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], dict[str, float]]
MIN_JACCARD = 0.8


class Stages:
    """CPU seconds of named stages, one after the other."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def done(self, name: str) -> None:
        """The stage that began with the last one's end is over."""
        now = time.process_time()
        self.seconds[name] = now - self._last
        self._last = now


def dedup(path: Path, threads: int) -> Outcome:
    """This library: candidates, exact verification, clusters around representatives."""
    from dedup.compute.utf8 import Utf8Texts
    from dedup.config import Config
    from dedup.duplicates.candidates import candidate_pairs
    from dedup.duplicates.clustering import assign_leaders, find_near_duplicates, originals_of
    from dedup.duplicates.fingerprints import fingerprint
    from dedup.duplicates.matches import Verifier

    texts = load(path)
    # The kernels come from numba's cache on disk, as in every run but the first.
    sample = texts[:50].to_pylist()
    find_near_duplicates([*sample, *(f"{text} again" for text in sample)], compiled=True, threads=1)
    config = Config()
    stages = Stages()
    content = Utf8Texts.of(texts)
    originals = np.flatnonzero(originals_of(content) == np.arange(len(content)))
    content = content.take(originals)
    stages.done("exact copies")
    prints = fingerprint(content, config.fingerprints, compiled=True, threads=threads)
    stages.done("fingerprint")
    pairs = candidate_pairs(prints, config.near_duplicates, compiled=True)
    stages.done("candidates")
    verifier = Verifier(content, prints.token_counts, config, compiled=True, threads=threads)
    matches = verifier.matches(pairs)
    stages.done("verify")
    leaders = assign_leaders(len(content), matches, verifier, pairs)
    matches = leaders.matches
    stages.done("cluster")
    rows = np.stack((originals[matches.first], originals[matches.second]), axis=1)
    near = rows[matches.jaccard >= config.near_duplicates.min_jaccard]
    return near, leaders.representatives, stages.seconds


def _shingles(texts: list[str]) -> list[list[str]]:
    shingles = []
    for text in texts:
        words = text.split()
        shingles.append([" ".join(words[i : i + 5]) for i in range(max(len(words) - 4, 1))])
    return shingles


def _components(count: int, pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    graph = sp.coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), (count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _estimated(signatures: npt.NDArray[Any], pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    near = [
        part[(signatures[part[:, 0]] == signatures[part[:, 1]]).mean(axis=1) >= MIN_JACCARD]
        for part in np.array_split(pairs, len(pairs) // 65_536 + 1)
    ]
    return np.concatenate(near)


def _queried(index: Any, sketches: list[Any]) -> npt.NDArray[np.int64]:  # noqa: ANN401
    """Pairs (a < b) of sketches that the index has in one bucket."""
    pairs = [
        (number, other)
        for number, sketch in enumerate(sketches)
        for other in index.query(sketch)
        if other > number
    ]
    return np.array(pairs, np.int64).reshape(-1, 2)


def datasketch(path: Path, *, tuned: bool) -> Outcome:
    """datasketch: `MinHashLSH` with its defaults, or with 16 x 8 bands and xxh32."""
    import xxhash
    from datasketch import MinHash, MinHashLSH

    texts = load(path).to_pylist()
    stages = Stages()
    options = {"hashfunc": xxhash.xxh32_intdigest} if tuned else {}
    shingles = ([sketch.encode() for sketch in one] for one in _shingles(texts))
    sketches = MinHash.bulk(shingles, num_perm=128, **options)
    stages.done("fingerprint")
    banding: dict[str, Any] = {"params": (16, 8)} if tuned else {"threshold": MIN_JACCARD}
    index = MinHashLSH(num_perm=128, **banding)
    for number, sketch in enumerate(sketches):
        index.insert(number, sketch, check_duplication=False)
    pairs = _queried(index, sketches)
    stages.done("candidates")
    pairs = _estimated(np.stack([sketch.hashvalues for sketch in sketches]), pairs)
    stages.done("verify")
    labels = _components(len(texts), pairs)
    stages.done("cluster")
    return pairs, labels, stages.seconds


def rensa(path: Path) -> Outcome:
    """rensa: `RMinHash` in bulk and `RMinHashLSH`, 16 x 8."""
    from rensa import RMinHash, RMinHashLSH

    texts = load(path).to_pylist()
    stages = Stages()
    sketches = RMinHash.from_token_sets(_shingles(texts), num_perm=128, seed=42)
    stages.done("fingerprint")
    index = RMinHashLSH(threshold=MIN_JACCARD, num_perm=128, num_bands=16)
    for number, sketch in enumerate(sketches):
        index.insert(number, sketch)
    pairs = _queried(index, sketches)
    stages.done("candidates")
    pairs = _estimated(np.array([sketch.digest() for sketch in sketches], np.uint32), pairs)
    stages.done("verify")
    labels = _components(len(texts), pairs)
    stages.done("cluster")
    return pairs, labels, stages.seconds


def daft(path: Path) -> Outcome:
    """Daft: its `minhash` expression, 16 x 8 bands joined in polars."""
    import daft as engine
    import polars as pl

    texts = load(path)
    engine.set_runner_native()
    stages = Stages()
    frame = engine.from_pydict({"text": texts})
    hashed = frame.select(
        engine.col("text").minhash(num_hashes=128, ngram_size=5, hash_function="xxhash64")
    ).to_arrow()
    column = hashed["text"].combine_chunks()
    signatures = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, 128)
    stages.done("fingerprint")
    numbers = np.arange(len(signatures), dtype=np.int64)
    parts = []
    for band in range(16):
        rows = np.ascontiguousarray(signatures[:, band * 8 : (band + 1) * 8])
        left = pl.DataFrame({"row": numbers, **{f"k{i}": rows[:, i] for i in range(8)}})
        keys = [f"k{i}" for i in range(8)]
        joined = left.join(left, on=keys, suffix="_b").filter(pl.col("row") < pl.col("row_b"))
        parts.append(joined.select("row", "row_b"))
    pairs = pl.concat(parts).unique().to_numpy().astype(np.int64)
    stages.done("candidates")
    pairs = _estimated(signatures, pairs)
    stages.done("verify")
    labels = _components(len(signatures), pairs)
    stages.done("cluster")
    return pairs, labels, stages.seconds


SYSTEMS: dict[str, Callable[[Path, int], Outcome]] = {
    "dedup": dedup,
    "datasketch default": lambda path, _: datasketch(path, tuned=False),
    "datasketch tuned": lambda path, _: datasketch(path, tuned=True),
    "rensa": lambda path, _: rensa(path),
    "daft": lambda path, _: daft(path),
}
PACKAGES = {
    "dedup": "story-dedup",
    "datasketch default": "datasketch",
    "datasketch tuned": "datasketch",
    "rensa": "rensa",
    "daft": "daft",
}
