"""How fast an encoder is and how long it takes to load, on one thread of processes of its own.

    python -m benchmarks.encoder_speed DATA_DIR NAME encode|load

This is what `benchmarks.encoders` runs; it prints one JSON object.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"),
)
TEXT_WORDS = 200
WARM_UP_TEXTS = 900
TEXTS = 6000
LOADS = 5
_BATCH = 1024


def measure_speed(name: str, data_folder: Path) -> dict[str, Any]:
    """Texts per CPU second, median seconds to load, and megabytes on disk.

    Args:
        name: A baseline, or what `load_encoder` takes.
        data_folder: Holds `allsides.jsonl`.
    """
    loads = [_child(name, data_folder, "load") for _ in range(LOADS)]
    medians = {key: statistics.median(load[key] for load in loads) for key in loads[0]}
    return {**_child(name, data_folder, "encode"), **medians}


def _child(name: str, data_folder: Path, what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.encoder_speed", str(data_folder), name, what]
    environment = {**os.environ, **dict.fromkeys(THREADS, "1"), "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def windows(title: str, text: str, words: int = TEXT_WORDS) -> list[str]:
    """Texts of exactly so many words: the title before each piece of the body in turn.

    >>> windows("A b", "c d e f g", words=4)
    ['A b c d', 'A b e f']
    """
    head = title.split()[: words // 2]
    body = text.split()
    step = words - len(head)
    pieces = (body[start : start + step] for start in range(0, len(body), step))
    return [" ".join(head + piece) for piece in pieces if len(piece) == step]


def measure_encoding(name: str, data_folder: Path) -> dict[str, Any]:
    """Texts per CPU second of this process."""
    from benchmarks.encoder_baselines import open_encoder

    with (data_folder / "allsides.jsonl").open(encoding="utf-8") as lines:
        texts = [
            text for row in map(json.loads, lines) for text in windows(row["title"], row["text"])
        ]
    encoder = open_encoder(name, data_folder)
    for batch in _batches(texts[:WARM_UP_TEXTS]):
        encoder.encode(batch)
    measured = texts[WARM_UP_TEXTS : WARM_UP_TEXTS + TEXTS]
    started = time.process_time()
    for batch in _batches(measured):
        encoder.encode(batch)
    seconds = time.process_time() - started
    return {
        "texts": len(measured),
        "texts_per_cpu_second": round(len(measured) / seconds, 1),
        "files_mb": _size_mb(name, getattr(encoder, "files", ())),
    }


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), _BATCH):
        yield texts[start : start + _BATCH]


def _size_mb(name: str, files: Iterable[str | Path]) -> float | None:
    """Megabytes of the files of an encoder, or of the folder that it is; None if unknown."""
    paths = [Path(file) for file in files]
    if not paths and Path(name).is_dir():
        paths = [path for path in Path(name).rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in paths) / 1e6 if paths else None


def measure_load(name: str, data_folder: Path) -> dict[str, Any]:
    """Seconds until the first vector: what is read or compiled late belongs to loading."""
    started = time.perf_counter()
    import dedup.encoders  # noqa: F401 (the import itself is measured)

    imported = time.perf_counter()
    from benchmarks.encoder_baselines import open_encoder

    open_encoder(name, data_folder).encode(["Storm hits coast"])
    ended = time.perf_counter()
    return {"load_seconds": ended - imported, "import_and_load_seconds": ended - started}


def main() -> None:
    """Measure one thing in this process."""
    folder, name, what = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    measure = {"encode": measure_encoding, "load": measure_load}[what]
    print(json.dumps(measure(name, folder)))


if __name__ == "__main__":
    main()
