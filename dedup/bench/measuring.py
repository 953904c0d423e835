"""One measurement, in a process of its own: batch, index, or quality, on one file of articles.

    python -m dedup.bench JOB.json

The process writes the measurement to the file that the job names, and its progress as JSON lines
on stdout. So a run that was killed leaves no partial measurement, and the peak of memory is that
of this work alone.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dedup.bench.stages import Stage, StageClock, peak_memory_mb
from dedup.config import Config
from dedup.output.tables import replacing

if TYPE_CHECKING:
    from dedup.records import Article

_ADDED_AT_ONCE = 5_000
_SINGLES = 40
_FEWEST, _ENOUGH_SECONDS = 5, 20.0
_REPORT_SECONDS = 0.25
_READ_AT_ONCE = 1024
_MEASURES = ("b_cubed", "pairwise", "ceaf_e", "adjusted_rand_index", "gold_clusters")
_RESULT = "articles.parquet"


@dataclass(frozen=True, slots=True)
class Job:
    """A measurement to make.

    Args:
        kind: "batch", "index", or "quality" of the result of the batch in this folder.
        articles: File of articles, Parquet as `write_corpus` writes it.
        count: Number of articles in it.
        output: File that the measurement is written to, as JSON.
        folder: Folder of results and of the index; its parent exists.
        config: File of settings, empty for the defaults.
        encoder: Name of the encoder, empty for that of the settings.
    """

    kind: str
    articles: str
    count: int
    output: str
    folder: str
    config: str = ""
    encoder: str = ""

    def settings(self) -> Config:
        """The configuration of the run."""
        config = Config.from_toml(Path(self.config)) if self.config else Config()
        return config.replace(encoder={"name": self.encoder}) if self.encoder else config


@dataclass(frozen=True, slots=True)
class Measurement:
    """The result of a batch or index measurement.

    Args:
        stages: In the order in which they ran. Of an index, stages of single operations have the
            median of one operation.
        bytes_on_disk: Bytes of the files of results, or of the index.
        counts: Articles, texts and stories of the result.
        notes: Notes of the run.
    """

    stages: list[Stage]
    bytes_on_disk: int
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)


def measure(job: Job) -> None:
    """Do a job in this process, and write the measurement."""
    folder = Path(job.folder)
    folder.mkdir(exist_ok=True)
    if job.kind == "quality":
        facts = _quality(job, folder)
    else:
        facts = asdict((_batch if job.kind == "batch" else _index)(job, folder))
    with replacing(job.output) as file:
        file.write(json.dumps(facts, indent=1).encode())


def _batch(job: Job, folder: Path) -> Measurement:
    clock = StageClock("load")
    from dedup.encoders import load_encoder
    from dedup.pipeline import cluster
    from dedup.readers.files import read_articles

    config = job.settings()
    encoder = load_encoder(config.encoder)
    clock.end("read")
    articles = read_articles([job.articles], config=config.reading)
    articles = _with_progress(articles, ProgressWriter(), job.count)
    result = cluster(articles, config, encoder=encoder, progress=ProgressWriter(clock))
    clock.end("write")
    result.save(folder / _RESULT)
    result.save_stories(folder / "stories.jsonl")
    clock.end()
    counts = {
        "articles": result.summary.articles,
        "texts": result.summary.texts,
        "stories": result.summary.story_groups,
    }
    return Measurement(clock.stages, _bytes_in(folder), counts, list(result.summary.notes))


def _index(job: Job, folder: Path) -> Measurement:
    clock = StageClock("load")
    from dedup.encoders import load_encoder
    from dedup.index.story_index import StoryIndex
    from dedup.readers.files import read_articles

    config = job.settings()
    encoder = load_encoder(config.encoder)
    progress = ProgressWriter()
    articles = read_articles([job.articles], config=config.reading)
    singles = min(_SINGLES, job.count // 10)
    location = folder / "index"
    clock.end("add")
    with StoryIndex.open(location, config, encoder=encoder) as index:
        bulk = islice(articles, job.count - 2 * singles)
        added = 0
        while batch := list(islice(bulk, _ADDED_AT_ONCE)):
            index.add(batch)
            added += len(batch)
            progress("add", added, job.count)
        clock.end()
        stages = [
            *clock.stages,
            _median_stage("add one", index.add, list(islice(articles, singles))),
            _median_stage("query", index.query, list(articles)),
        ]
        stats = index.stats()
    clock = StageClock("open")
    with StoryIndex.open(location, config, encoder=encoder, read_only=True) as index:
        index.warm_up()
    clock.end()
    counts = {"articles": stats.articles, "texts": stats.texts, "stories": stats.story_groups}
    return Measurement([*stages, *clock.stages], _bytes_in(location), counts)


def _quality(job: Job, folder: Path) -> dict[str, Any]:
    """How well the result agrees with the generated truth, by the measures of `dedup evaluate`."""
    from dedup.evaluation import evaluate_files

    progress = ProgressWriter()
    facts: dict[str, Any] = {}
    levels: tuple[Literal["story", "duplicate"], ...] = ("story", "duplicate")
    for number, level in enumerate(levels):
        progress(level, number, len(levels))
        scores = evaluate_files(folder / _RESULT, job.articles, level=level).to_dict()
        facts[level] = {name: scores[name] for name in _MEASURES}
    return facts


def _median_stage(name: str, work: Callable[[Article], object], articles: list[Article]) -> Stage:
    """The median of some operations, one at a time; the first one warms up."""
    wall: list[float] = []
    cpu: list[float] = []
    for article in articles:
        if len(wall) >= _FEWEST and sum(wall) > _ENOUGH_SECONDS:
            break
        begun, used = time.perf_counter(), time.process_time()
        work(article)
        wall.append(time.perf_counter() - begun)
        cpu.append(time.process_time() - used)
    middle = statistics.median
    return Stage(name, middle(wall[1:] or wall), middle(cpu[1:] or cpu), peak_memory_mb())


def _with_progress(
    articles: Iterator[Article], progress: ProgressWriter, total: int
) -> Iterator[Article]:
    for number, article in enumerate(articles):
        if number % _READ_AT_ONCE == 0:
            progress("read", number, total)
        yield article


class ProgressWriter:
    """Writes progress as JSON lines on stdout, a few a second.

    Args:
        clock: Called with the same progress.
    """

    def __init__(self, clock: StageClock | None = None) -> None:
        self._clock = clock
        self._last = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        """Step `step` has done `done` of `total`."""
        if self._clock is not None:
            self._clock(step, done, total)
        now = time.perf_counter()
        if done == 0 or now - self._last >= _REPORT_SECONDS:
            self._last = now
            line = json.dumps({"step": step, "done": done, "total": total})
            os.write(1, line.encode() + b"\n")


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
