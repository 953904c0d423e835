"""Finished stages of a run, on storage that all workers reach.

Every stage is a folder of Parquet files, complete when its mark `_SUCCESS` exists. Rows that are
read from files do not depend on the executor that computed them: a stage is a reliable checkpoint,
and an interrupted run resumes after its last complete stage.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from dedup.errors import OutputError
from dedup.spark.rows import DataFrame, SparkSession

_MARK = "_SUCCESS"
_SETTINGS = "run.json"


class StoredFile(NamedTuple):
    """A file as it was when it was listed.

    Args:
        name: Its full address.
        inner: Its place below the folder that was listed; its own name if there is no folder.
        size: In bytes.
        changed: Time of the last change in milliseconds since 1970.
    """

    name: str
    inner: str
    size: int
    changed: int


class Storage:
    """Folders and small files under addresses that Spark understands (`hdfs://`, `s3a://`, paths).

    Args:
        spark: Its Hadoop configuration says how to reach them.
    """

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark
        self._hadoop = spark.sparkContext._jvm.org.apache.hadoop.fs

    def exists(self, address: str) -> bool:
        """Whether a file or folder exists."""
        return bool(self._call(address, "exists"))

    def is_empty(self, address: str) -> bool:
        """Whether a folder is empty or does not exist."""
        return not self.exists(address) or not len(self._call(address, "listStatus"))

    def files(self, address: str) -> list[StoredFile]:
        """Files below a folder, or the file itself, sorted.

        Raises:
            OutputError: Nothing has that name.
        """
        files = self._call(address, "listFiles", True)
        above = f"{self._call(address, 'makeQualified').toString().rstrip('/')}/"
        listed = []
        while files.hasNext():
            file = files.next()
            path = file.getPath()
            name = path.toString()
            inner = name.removeprefix(above) if name.startswith(above) else path.getName()
            listed.append(
                StoredFile(name, inner, int(file.getLen()), int(file.getModificationTime()))
            )
        return sorted(listed)

    def encoded_path(self, address: str) -> str:
        """The path of an address as `_metadata.file_path` begins, after scheme and authority."""
        return str(self._call(address, "makeQualified").toUri().getRawPath()).rstrip("/")

    def make(self, address: str) -> None:
        """Create a folder and those above it.

        Raises:
            OutputError: It cannot be created.
        """
        if not self._call(address, "mkdirs"):
            raise OutputError(f"{address}: cannot be made: choose another place")

    def remove(self, address: str) -> None:
        """Remove a file or folder with all its contents, if it exists."""
        self._call(address, "delete", True)

    def move(self, address: str, target: str) -> None:
        """Rename a folder in one step.

        Raises:
            OutputError: The renaming failed; the folder keeps its name.
        """
        if not self._call(address, "rename", self._hadoop.Path(target)):
            raise OutputError(
                f"{target}: cannot be written: what is finished was left in {address}; make room "
                "there and run the same command with --resume"
            )

    def read(self, address: str) -> str:
        """The content of a small text file."""
        return str(self.spark.read.text(address, wholetext=True).first()[0])

    def head(self, address: str, size: int) -> bytes:
        """The first bytes of a file."""
        stream = self._call(address, "open")
        try:
            return bytes(stream.readNBytes(size))
        finally:
            stream.close()

    def write(self, address: str, text: str) -> None:
        """Write a small text file."""
        stream = self._call(address, "create", True)
        stream.write(bytearray(text.encode()))
        stream.close()

    def _call(self, address: str, method: str, *arguments: Any) -> Any:  # noqa: ANN401 (Java)
        from py4j.protocol import Py4JJavaError

        path = self._hadoop.Path(address)
        try:
            files = path.getFileSystem(self.spark.sparkContext._jsc.hadoopConfiguration())
            return getattr(files, method)(path, *arguments)
        except Py4JJavaError as error:
            message = error.java_exception.getMessage() or error.java_exception.toString()
            raise OutputError(
                f"{address}: cannot be written: {message}: choose another place"
            ) from error


class Stages:
    """The stages of one run.

    Args:
        spark: The session.
        folder: Address of the folder that holds them.
        on_stage: Called with the name of each stage that begins.
    """

    def __init__(
        self, spark: SparkSession, folder: str, on_stage: Callable[[str], None] = lambda name: None
    ) -> None:
        self.spark = spark
        self.storage = Storage(spark)
        self.folder = folder
        self._on_stage = on_stage
        self._counted: dict[str, int] = {}

    @property
    def tasks(self) -> int:
        """How many tasks run at a time."""
        return int(self.spark.sparkContext.defaultParallelism)

    def begin(self, settings: dict[str, Any], *, resume: bool) -> None:
        """Start anew, or resume an interrupted run of the same settings.

        Raises:
            OutputError: The folder is of other settings, or nothing can be written.
        """
        file = f"{self.folder}/{_SETTINGS}"
        stored = json.dumps(settings, sort_keys=True, indent=1)
        if resume and self.storage.exists(file):
            if json.loads(self.storage.read(file)) != json.loads(stored):
                raise OutputError(
                    f"{self.folder}: what was left there is of other inputs, settings or another "
                    "version: run without --resume"
                )
            return
        self.storage.remove(self.folder)
        self.storage.make(self.folder)
        self.storage.write(file, stored)

    def settings(self) -> dict[str, Any]:
        """The settings of the interrupted run; empty if there is none."""
        file = f"{self.folder}/{_SETTINGS}"
        return json.loads(self.storage.read(file)) if self.storage.exists(file) else {}

    def begun(self, name: str) -> None:
        """Report that a stage begins, to the caller and on the pages of Spark."""
        self._on_stage(name)
        self.spark.sparkContext.setJobDescription(name)

    def count(self, name: str, rows: DataFrame) -> int:
        """How many rows a stage has, counted once."""
        if name not in self._counted:
            self._counted[name] = rows.count()
        return self._counted[name]

    def stage(self, name: str, compute: Callable[[], DataFrame]) -> DataFrame:
        """The rows of a stage: computed and written, or read if it is complete."""
        address = f"{self.folder}/{name}"
        if self.storage.exists(f"{address}/{_MARK}"):
            return self.spark.read.parquet(address)
        self.begun(name)
        rows = compute()
        rows.write.mode("overwrite").parquet(address)
        return self.spark.read.schema(rows.schema).parquet(address)
