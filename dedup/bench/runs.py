"""Measuring growing corpora: a run that can be interrupted and continued.

All its files are in one folder. A measurement is a file that exists once it is finished, so that
a run that was killed continues with the next one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from dedup.bench.corpus import usual_days, write_generated
from dedup.bench.measuring import Job
from dedup.bench.samples import Samples
from dedup.bench.settings import Settings
from dedup.errors import ConfigError, DedupError
from dedup.output.tables import replacing

_SETTINGS = "settings.json"
_CORPUS, _BATCH, _INDEX, _QUALITY = "corpus", "batch", "index", "quality"
_GUESSED_SECONDS = {_CORPUS: 3e-4, _BATCH: 3e-3, _INDEX: 5e-3, _QUALITY: 2e-4}
_START_SECONDS = 3.0
_LAST_LINES = 20
_LAST_SHARE = 0.1


class RunProgress(Protocol):
    """Called with the progress of a run."""

    def __call__(self, what: str, done: int, total: int, left_seconds: float) -> None:
        """Of the current work, `done` of `total` is done; the whole run needs that much more."""
        ...


def no_progress(what: str, done: int, total: int, left_seconds: float) -> None:
    """Report nothing."""


class Run:
    """A run in a folder, new or continued.

    Args:
        settings: What is measured.
        folder: Folder of the measurements, made if it is not there.
        samples: Samples of the inputs, if they were read already.
        fresh: Start again: measurements in the folder are deleted.

    Raises:
        ConfigError: The folder holds measurements with other settings.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        *,
        samples: Samples | None = None,
        fresh: bool = False,
    ) -> None:
        self.settings = settings
        self.folder = folder
        self._samples = samples
        self._progress: RunProgress = no_progress
        self._current = ("", 0, 0.0)
        folder.mkdir(parents=True, exist_ok=True)
        if fresh:
            self._delete_all()
        self._check_settings()

    def measured(self) -> list[dict[str, Any]]:
        """The measurements so far: of each size the parts that are finished."""
        parts = ((size, self._parts(size)) for size in self.settings.sizes)
        return [{"articles": size, **measured} for size, measured in parts if measured]

    def go(self, progress: RunProgress = no_progress) -> None:
        """Make the missing measurements, smallest corpora first.

        The corpus, results and index of a finished size are deleted.

        Raises:
            DedupError: A measurement failed; those before it remain.
        """
        self._progress = progress
        for size in self.settings.sizes:
            missing = [
                part for part in self._all_parts(size) if not self._file(part, size).exists()
            ]
            if not missing:
                continue
            articles = self._articles(size)
            for part in missing:
                if part != _CORPUS:
                    self._measure(part, size, articles)
            articles.unlink(missing_ok=True)
            shutil.rmtree(self.folder / f"work-{size}", ignore_errors=True)

    def _parts(self, size: int) -> dict[str, Any]:
        return {
            part: json.loads(self._file(part, size).read_text("utf-8"))
            for part in self._all_parts(size)
            if self._file(part, size).exists()
        }

    def _all_parts(self, size: int) -> Iterator[str]:
        yield _CORPUS
        yield _BATCH
        if not self.settings.inputs:
            yield _QUALITY
        if size <= self.settings.index_up_to:
            yield _INDEX

    def _file(self, part: str, size: int) -> Path:
        return self.folder / f"{part}-{size}.json"

    def _articles(self, size: int) -> Path:
        """The corpus of that size; it is written if it is missing."""
        path = self.folder / f"articles-{size}.parquet"
        if path.exists() and self._file(_CORPUS, size).exists():
            return path
        begun = self._begin(_CORPUS, size)
        days = self.settings.days or usual_days(size)
        if self.settings.inputs and self._samples is None:
            self._samples = Samples.of(self.settings.inputs, self.settings.columns)
        if self._samples is None:
            count = write_generated(
                path,
                size,
                days,
                self.settings.seed,
                self.settings.languages,
                lambda done: self._report(_CORPUS, size, done, size),
            )
        else:
            count, days = self._samples.write(path, size), self._samples.days(size)
        facts = {
            "articles": count,
            "days": round(days, 2),
            "bytes": path.stat().st_size,
            "wall_seconds": time.perf_counter() - begun,
        }
        _save(self._file(_CORPUS, size), facts)
        return path

    def _measure(self, part: str, size: int, articles: Path) -> None:
        begun = self._begin(part, size)
        work = self.folder / f"work-{size}"
        if part == _INDEX:
            shutil.rmtree(work / "index", ignore_errors=True)
        job = Job(
            part,
            str(articles),
            json.loads(self._file(_CORPUS, size).read_text("utf-8"))["articles"],
            str(self._file(part, size).with_suffix(".output")),
            str(work),
            self.settings.config,
            self.settings.encoder,
        )
        self._run(job, size)
        output = Path(job.output)
        facts = json.loads(output.read_text("utf-8"))
        facts["wall_seconds"] = time.perf_counter() - begun
        _save(self._file(part, size), facts)
        output.unlink()

    def _run(self, job: Job, size: int) -> None:
        """Run a job in a process of its own, and report its progress."""
        spec = self.folder / "job.json"
        spec.write_text(json.dumps(asdict(job)), encoding="utf-8")
        errors = self.folder / "job.log"
        command = [sys.executable, "-m", "dedup.bench", str(spec)]
        with (
            errors.open("wb") as log,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as child,
        ):
            try:
                for line in child.stdout or ():
                    step = json.loads(line)
                    self._report(f"{job.kind} {step['step']}", size, step["done"], step["total"])
                status = child.wait()
            except BaseException:
                child.kill()
                raise
        if status:
            lines = errors.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
            killed = " (out of memory, probably)" if status == -9 else ""
            raise DedupError(
                f"{job.kind} of {size:,} articles ended with status {status}{killed}; what was "
                f"measured before remains in {self.folder}: " + "\n".join(lines)
            )
        spec.unlink()
        errors.unlink()

    def _begin(self, part: str, size: int) -> float:
        begun = time.perf_counter()
        self._current = part, size, begun
        return begun

    def _report(self, what: str, size: int, done: int, total: int) -> None:
        self._progress(f"{size:,}: {what}", done, total, self.left_seconds())

    def left_seconds(self) -> float:
        """Seconds that the missing measurements will take, at the latest cost of an article."""
        article_seconds = dict(_GUESSED_SECONDS)
        left = 0.0
        for size in self.settings.sizes:
            parts = self._parts(size)
            for part in self._all_parts(size):
                if part in parts:
                    spent = parts[part]["wall_seconds"]
                    article_seconds[part] = max(spent - _START_SECONDS, spent / 4) / size
                    continue
                expected = _START_SECONDS + article_seconds[part] * size
                if self._current[:2] == (part, size):
                    spent = time.perf_counter() - self._current[2]
                    expected = max(expected - spent, _LAST_SHARE * expected)
                left += expected
        return left

    def _delete_all(self) -> None:
        for part in (_CORPUS, _BATCH, _INDEX, _QUALITY):
            for path in self.folder.glob(f"{part}-*.json"):
                path.unlink()
        (self.folder / _SETTINGS).unlink(missing_ok=True)

    def _check_settings(self) -> None:
        path = self.folder / _SETTINGS
        now = self.settings.fixed()
        if not path.exists():
            _save(path, now)
            return
        before = json.loads(path.read_text("utf-8"))
        for name, value in now.items():
            if before.get(name) != value:
                raise ConfigError(
                    f"{self.folder} holds measurements with {name} = {before.get(name)!r}, not "
                    f"{value!r}: choose another --output, or --fresh to start again"
                )


def _save(path: Path, values: Mapping[str, Any]) -> None:
    with replacing(path) as file:
        file.write(json.dumps(values, indent=1).encode() + b"\n")
