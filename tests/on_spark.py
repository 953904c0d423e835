"""Spark for the tests: one session, and results that can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dedup.config import Config
from dedup.errors import EngineError
from dedup.pipeline import cluster
from dedup.readers.files import read_articles
from dedup.records import Article
from dedup.result import ARTICLE_COLUMNS, STORY_COLUMNS
from tests.requirements import require, require_program

QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""What is compiled well would be thrown away before it has paid."""
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "3",
    "spark.driver.extraJavaOptions": QUICK_JAVA,
    "spark.executor.extraJavaOptions": QUICK_JAVA,
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
_FIELDS = ("id", "title", "text", "source", "published_at", "language", "url", "date_precision")

Rows = list[dict[str, Any]]


def require_spark() -> None:
    """End the test here where something that Spark needs is missing."""
    require("pyspark")
    from dedup.spark.session import check_java

    try:
        check_java()
    except EngineError:
        require_program("Java 17 or newer", "openjdk-17-jre-headless", False)


def opened() -> Any:
    """The session that is there, else one on two cores of this machine."""
    from dedup.spark.session import session

    return session("local[2]", SETTINGS)


def stop() -> None:
    """End the session that is there; its Java waits for the next one."""
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        active.stop()


@contextmanager
def divided(count: int) -> Iterator[Any]:
    """A session whose shuffles go into so many partitions, however small they are."""
    session = opened()
    partitions = "spark.sql.shuffle.partitions"
    coalesce = "spark.sql.adaptive.coalescePartitions.enabled"
    before = session.conf.get(partitions)
    session.conf.set(partitions, str(count))
    session.conf.set(coalesce, "false")
    try:
        yield session
    finally:
        session.conf.set(partitions, before)
        session.conf.set(coalesce, "true")


def frame_of(spark: Any, articles: Sequence[Article]) -> Any:
    """Articles as a DataFrame."""
    types = {name: pa.string() for name in _FIELDS} | {"published_at": pa.timestamp("us", "UTC")}
    rows = [{name: getattr(article, name) for name in _FIELDS} for article in articles]
    return spark.createDataFrame(pa.Table.from_pylist(rows, pa.schema(types)))


def rows_of(frame: Any, columns: Sequence[str], key: str) -> Rows:
    """The rows of a DataFrame of results, as `Result` gives them, in the order of a column."""
    rows = [{name: _aware(row[name]) for name in columns} for row in frame.collect()]
    return sorted(rows, key=lambda row: str(row[key]))


def on_spark(
    spark: Any, articles: Sequence[Article], config: Config, folder: str = ""
) -> tuple[Rows, Rows]:
    """Rows of articles and of stories that Spark finds; stages are kept in the folder."""
    from dedup.spark import cluster as spark_cluster

    placements, stories = spark_cluster(frame_of(spark, articles), config, folder=folder)
    return rows_of(placements, ARTICLE_COLUMNS, "id"), rows_of(stories, STORY_COLUMNS, "id")


def in_batch(articles: Sequence[Article], config: Config) -> tuple[Rows, Rows]:
    """The same from the batch."""
    result = cluster(articles, config)
    placements = sorted(result.article_rows(), key=lambda row: str(row["id"]))
    return placements, sorted(result.story_rows(), key=lambda row: str(row["id"]))


def written(folder: Path, name: str, columns: Sequence[str], key: str) -> Rows:
    """The rows of a folder of Parquet, in the order of a column."""
    table = pq.read_table(folder / name, columns=list(columns))
    rows = [
        {k: dict(v) if k == "headlines" else v for k, v in row.items()} for row in table.to_pylist()
    ]
    return sorted(rows, key=lambda row: str(row[key]))


def same_as_batch(folder: Path, inputs: Sequence[Path] | Sequence[Article]) -> None:
    """What was written is what the batch finds in these files or articles."""
    paths = [path for path in inputs if isinstance(path, Path)]
    given = [article for article in inputs if isinstance(article, Article)]
    articles, stories = in_batch([*given, *(read_articles(paths) if paths else ())], Config())
    assert written(folder, "articles.parquet", ARTICLE_COLUMNS, "id") == articles
    assert written(folder, "stories.parquet", STORY_COLUMNS, "id") == stories


def _aware(value: Any) -> Any:
    """Times of Spark are those of the process's zone, without saying so."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value
