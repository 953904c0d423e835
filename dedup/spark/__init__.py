"""The flow of the batch on Apache Spark, for corpora that outgrow one machine.

    import dedup.spark

    articles, stories = dedup.spark.cluster(spark.read.parquet("articles/"))

Spark shuffles, spills, retries and schedules; the steps are those of the batch, and so are the
results, for any number of partitions. Needs the extra `spark` and Java 17 or newer. On a cluster
this package has to be installed on the workers.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from uuid import uuid4

from dedup.config import Config
from dedup.errors import ConfigError
from dedup.spark.flow import cluster_rows
from dedup.spark.rows import DataFrame, SparkSession
from dedup.spark.stages import Stages

__all__ = ["cluster"]


def cluster(
    df: DataFrame, config: Config = Config(), *, folder: str = ""
) -> tuple[DataFrame, DataFrame]:
    """Duplicate clusters and story groups of the articles in a DataFrame.

    Args:
        df: A row per article; fields are id, title, text, source, published_at, language and url,
            under these or their usual names.
        config: All settings.
        folder: Folder of the finished stages, which all workers must reach: the returned
            DataFrames are read from there. By default below the checkpoint directory of the
            SparkContext; on a local master a folder that is removed when Python ends.

    Returns:
        Articles and stories, with the columns and values of `dedup cluster --output` and
        `--stories`.

    Raises:
        ConfigError: The session is not local, and no folder is given.
        DedupError: A setting or encoder cannot be used, or nothing can be written.
    """
    spark = df.sparkSession
    stages = Stages(spark, folder or _folder(spark))
    stages.begin({}, resume=False)
    rows = cluster_rows([df], config, stages)
    return rows.articles, rows.stories


def _folder(spark: SparkSession) -> str:
    context = spark.sparkContext
    checkpoints = context.getCheckpointDir()
    if checkpoints:
        return f"{checkpoints}/dedup-{uuid4().hex}"
    if not context.master.startswith("local"):
        raise ConfigError(
            f"the master {context.master} is not local, and stages need a place that all workers "
            "reach: give `folder`, or call spark.sparkContext.setCheckpointDir(...)"
        )
    folder = tempfile.mkdtemp(prefix="dedup-spark-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
