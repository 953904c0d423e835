"""Spark for the tests: one session, a cluster on loopback, and results that can be compared."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from dedup.config import Config
from dedup.errors import DedupError
from dedup.pipeline import cluster
from dedup.records import Article
from dedup.result import ARTICLE_COLUMNS, STORY_COLUMNS

ROOT = Path(__file__).parent.parent
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "3",
    # What is compiled well here would be thrown away before it has paid.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
_FIELDS = ("id", "title", "text", "source", "published_at", "language", "url")

Rows = list[dict[str, Any]]


def missing() -> str:
    """What is missing for Spark; empty if nothing is."""
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed (extra spark)"
    from dedup.spark.session import check_java

    try:
        check_java()
    except DedupError as error:
        return str(error)
    return ""


@contextmanager
def opened() -> Iterator[Any]:
    """A session on two cores of this machine."""
    from dedup.spark.session import session

    made = session("local[2]", SETTINGS)
    try:
        yield made
    finally:
        made.stop()


def frame_of(spark: Any, articles: Sequence[Article]) -> Any:
    """Articles as a DataFrame."""
    types = {name: pa.string() for name in _FIELDS} | {"published_at": pa.timestamp("us", "UTC")}
    rows = [{name: getattr(article, name) for name in _FIELDS} for article in articles]
    return spark.createDataFrame(pa.Table.from_pylist(rows, pa.schema(types)))


def rows_of(frame: Any, columns: Sequence[str], key: str) -> Rows:
    """The rows of a DataFrame of results, as `Result` gives them, in the order of a column."""
    found = [{name: _aware(row[name]) for name in columns} for row in frame.collect()]
    return sorted(found, key=lambda row: str(row[key]))


def on_spark(spark: Any, articles: Sequence[Article], config: Config) -> tuple[Rows, Rows]:
    """Rows of articles and of stories that Spark finds."""
    from dedup.spark import cluster as spark_cluster

    found, stories = spark_cluster(frame_of(spark, articles), config)
    return rows_of(found, ARTICLE_COLUMNS, "id"), rows_of(stories, STORY_COLUMNS, "story_group")


def in_batch(articles: Sequence[Article], config: Config) -> tuple[Rows, Rows]:
    """The same from the batch."""
    result = cluster(articles, config)
    found = sorted(result.article_rows(), key=lambda row: str(row["id"]))
    return found, sorted(result.story_rows(), key=lambda row: str(row["story_group"]))


def _aware(value: Any) -> Any:
    """Times of Spark are those of the process's zone, without saying so."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


class Cluster:
    """A standalone master and its workers, as processes of their own.

    Args:
        folder: For logs.
        workers: How many.
        local: Where executors keep what they shuffle.
    """

    def __init__(self, folder: Path, workers: int, local: Path) -> None:
        self._folder = folder
        self._workers = workers
        self._local = local
        self._running: list[subprocess.Popen[str]] = []
        self.master = ""

    def __enter__(self) -> Cluster:
        started = self._start("Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        self.master = _said(started, "Starting Spark master at ")
        for number in range(self._workers):
            worker = self._start(
                "Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g",
                "--webui-port", "0", "--work-dir", str(self._folder / f"worker{number}"),
                self.master,
            )  # fmt: skip
            _said(worker, "Successfully registered with master")
        return self

    def __exit__(self, *error: object) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            process.wait()
            if process.stderr:
                process.stderr.close()

    def executors(self) -> list[int]:
        """Process ids of the executors of the workers."""
        workers = {process.pid for process in self._running[1:]}
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and _parent(entry) in workers:
                    command = (entry / "cmdline").read_text()
                    found += [int(entry.name)] * ("CoarseGrainedExecutorBackend" in command)
        return sorted(found)

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[str]:
        import pyspark

        home = Path(pyspark.__file__).parent
        process = subprocess.Popen(
            [
                str(home / "bin" / "spark-class"),
                f"org.apache.spark.deploy.{kind.lower()}.{kind}",
                *arguments,
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env=environment() | {"SPARK_HOME": str(home), "SPARK_LOCAL_DIRS": str(self._local)},
        )
        self._running.append(process)
        return process


def environment() -> dict[str, str]:
    """For processes of Spark: this Python, this code, and this machine only."""
    return dict(os.environ) | {
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def _parent(process: Path) -> int:
    return int((process / "stat").read_text().rpartition(")")[2].split()[1])


def _said(process: subprocess.Popen[str], wanted: str) -> str:
    """What stands behind some words in the next line of a log that has them."""
    assert process.stderr is not None
    for line in process.stderr:
        if wanted in line:
            return line.partition(wanted)[2].strip()
    raise AssertionError(f"{process.args!r} ended without {wanted!r}")
