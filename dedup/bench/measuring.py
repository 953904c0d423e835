"""One measurement, in a process of its own: batch, index, or quality, on one file of articles.

    python -m dedup.bench JOB.json

The process writes what it found to the file that the job names, and tells on stdout how far it
is, a JSON line at a time. So a run that was killed leaves no half measurement, and the peak of
memory is that of this work alone.
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
_TELL_EVERY_SECONDS = 0.25
_READ_AT_ONCE = 1024
_MEASURES = ("b_cubed", "pairwise", "ceaf_e", "adjusted_rand_index", "gold_clusters")
_RESULT = "articles.parquet"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be measured.

    Args:
        kind: "batch", "index", or "quality" of what the batch found in this folder.
        articles: File of articles, Parquet as `write_corpus` writes it.
        count: How many it holds.
        found: Where the measurement is written, as JSON.
        folder: Where results and the index are put; its parent exists.
        config: File of settings, empty for the defaults.
        encoder: Name of the encoder, empty for that of the settings.
    """

    kind: str
    articles: str
    count: int
    found: str
    folder: str
    config: str = ""
    encoder: str = ""

    def settings(self) -> Config:
        """The configuration of the run."""
        config = Config.from_toml(Path(self.config)) if self.config else Config()
        return config.replace(encoder={"name": self.encoder}) if self.encoder else config


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measurement found.

    Args:
        stages: In the order in which they ran. Of an index, stages of single operations have the
            median of one of them.
        bytes_on_disk: Of the files of results, or of the index.
        counts: Articles, texts and stories that came out.
        notes: What the run itself had to say.
    """

    stages: list[Stage]
    bytes_on_disk: int
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)


def measure(job: Job) -> None:
    """Do a job in this process, and write what it found."""
    folder = Path(job.folder)
    folder.mkdir(exist_ok=True)
    if job.kind == "quality":
        found = _quality(job, folder)
    else:
        found = asdict((_batch if job.kind == "batch" else _index)(job, folder))
    with replacing(job.found) as file:
        file.write(json.dumps(found, indent=1).encode())


def _batch(job: Job, folder: Path) -> Measured:
    clock = StageClock("load")
    from dedup.encoders import load_encoder
    from dedup.pipeline import cluster
    from dedup.readers.files import read_articles

    config = job.settings()
    encoder = load_encoder(config.encoder)
    clock.end("read")
    given = _counted(read_articles([job.articles], config=config.reading), Told(), job.count)
    result = cluster(given, config, encoder=encoder, progress=Told(clock))
    clock.end("write")
    result.save(folder / _RESULT)
    result.save_stories(folder / "stories.jsonl")
    clock.end()
    counts = {
        "articles": result.summary.articles,
        "texts": result.summary.texts,
        "stories": result.summary.story_groups,
    }
    return Measured(clock.stages, _bytes_in(folder), counts, list(result.summary.notes))


def _index(job: Job, folder: Path) -> Measured:
    clock = StageClock("load")
    from dedup.encoders import load_encoder
    from dedup.index.story_index import StoryIndex
    from dedup.readers.files import read_articles

    config = job.settings()
    encoder = load_encoder(config.encoder)
    tell = Told()
    articles = read_articles([job.articles], config=config.reading)
    asked = min(_SINGLES, job.count // 10)
    place = folder / "index"
    clock.end("add")
    with StoryIndex.open(place, config, encoder=encoder) as index:
        bulk = islice(articles, job.count - 2 * asked)
        added = 0
        while batch := list(islice(bulk, _ADDED_AT_ONCE)):
            index.add(batch)
            added += len(batch)
            tell("add", added, job.count)
        clock.end()
        singles, questions = list(islice(articles, asked)), list(articles)
        stages = [
            *clock.stages,
            _each("add one", lambda article: index.add(article), singles),
            _each("query", lambda article: index.query(article), questions),
        ]
        stats = index.stats()
    clock = StageClock("open")
    with StoryIndex.open(place, config, encoder=encoder, read_only=True) as index:
        index.warm_up()
    clock.end()
    counts = {"articles": stats.articles, "texts": stats.texts, "stories": stats.story_groups}
    return Measured([*stages, *clock.stages], _bytes_in(place), counts)


def _quality(job: Job, folder: Path) -> dict[str, Any]:
    """How well the planted stories and copies were found, by measures of `dedup evaluate`."""
    from dedup.evaluation import evaluate_files

    tell = Told()
    found: dict[str, Any] = {}
    levels: tuple[Literal["story", "duplicate"], ...] = ("story", "duplicate")
    for number, level in enumerate(levels):
        tell(level, number, len(levels))
        scores = evaluate_files(folder / _RESULT, job.articles, level=level).to_dict()
        found[level] = {name: scores[name] for name in _MEASURES}
    return found


def _each(name: str, work: Callable[[Article], object], given: list[Article]) -> Stage:
    """The median of some operations, one at a time; the first of them warms up."""
    wall: list[float] = []
    cpu: list[float] = []
    for article in given:
        if len(wall) >= _FEWEST and sum(wall) > _ENOUGH_SECONDS:
            break
        begun, used = time.perf_counter(), time.process_time()
        work(article)
        wall.append(time.perf_counter() - begun)
        cpu.append(time.process_time() - used)
    middle = statistics.median
    return Stage(name, middle(wall[1:] or wall), middle(cpu[1:] or cpu), peak_memory_mb())


def _counted(articles: Iterator[Article], tell: Told, total: int) -> Iterator[Article]:
    for number, article in enumerate(articles):
        if number % _READ_AT_ONCE == 0:
            tell("read", number, total)
        yield article


class Told:
    """Progress as JSON lines on stdout, a few a second.

    Args:
        clock: Told, too, if there is one.
    """

    def __init__(self, clock: StageClock | None = None) -> None:
        self._clock = clock
        self._last = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        """Step `step` has done `done` of `total`."""
        if self._clock is not None:
            self._clock(step, done, total)
        now = time.perf_counter()
        if done == 0 or now - self._last >= _TELL_EVERY_SECONDS:
            self._last = now
            line = json.dumps({"step": step, "done": done, "total": total})
            os.write(1, line.encode() + b"\n")


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
