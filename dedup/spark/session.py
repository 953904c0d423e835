"""A Spark session with a Java that fits, whose workers run this Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from dedup.compute.threads import available_cores
from dedup.errors import EngineError
from dedup.spark.rows import SparkSession

LOCAL = "local[*]"
MIN_JAVA = 17
_RAISED = re.compile(r"(?:Caused by: )?[A-Za-z_.]+(?:Error|IOException): ")
_PARTITIONS_OF_A_CORE = 8
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_SETTINGS = {
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
    # Days and times are those of UTC, in Parquet as everybody reads them.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # No files of checksums beside those of the output.
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    # Rows hold whole texts.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "4096",
}


def session(master: str = "", settings: dict[str, str] | None = None) -> SparkSession:
    """A session on a master.

    Args:
        master: `local[4]`, `spark://host:7077`, `yarn`, ...; empty for all cores of this machine.
        settings: More settings of Spark, beside those of `spark-defaults.conf`.

    Returns:
        The active session, as it is, if there is one.

    Raises:
        EngineError: Java is missing or too old, or the master cannot be reached.
    """
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    check_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    ours = dict(_SETTINGS)
    if (master or LOCAL).startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        ours["spark.sql.shuffle.partitions"] = str(_PARTITIONS_OF_A_CORE * available_cores())
    builder = SparkSession.builder.appName("dedup").master(master or LOCAL)
    for name, value in {**ours, **(settings or {})}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:  # what a JVM that does not start raises is of many kinds
        raise EngineError(
            f"Spark cannot be started on {master or LOCAL}: {first_line(error)}: is the master "
            "there?"
        ) from error


def check_java() -> None:
    """Check that Spark finds a Java that is new enough.

    Raises:
        EngineError: Java is missing or too old; the message says what to install.
    """
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else "java"
    advice = (
        f"install Java {MIN_JAVA} or newer, as in `apt install openjdk-{MIN_JAVA}-jre-headless`, "
        "or set JAVA_HOME"
    )
    if shutil.which(program) is None:
        raise EngineError(f"the engine spark needs Java, and {program!r} is not there: {advice}")
    answer = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    version = _VERSION.search(answer.stderr + answer.stdout)
    if version is None or int(version[1]) < MIN_JAVA:
        shown = version[0] if version else (answer.stderr or answer.stdout).strip()[:80]
        raise EngineError(f"{program}: {shown} is too old for the engine spark: {advice}")


def first_line(error: BaseException) -> str:
    """The message of an exception, without the traces of Java and Python."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    ours = [line for line in lines if line.startswith("dedup.errors.")]
    raised = [line for line in lines if _RAISED.match(line)]
    return (ours or raised or lines or [type(error).__name__])[0][:400]
