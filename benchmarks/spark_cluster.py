"""A real cluster of Spark on this machine, from the pip wheel: a master and some workers."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
_FOLDERS = b"SPARK_EXECUTOR_DIRS="


class Cluster:
    """A standalone master and its workers, as processes of their own.

    Args:
        folder: For logs.
        workers: How many.
        local: Where executors keep what they shuffle.
        memory: Of each worker for its executors.
        java: Options of Java for the master and the workers.
    """

    def __init__(
        self, folder: Path, workers: int, local: Path, memory: str = "1g", java: str = ""
    ) -> None:
        self._folder = folder
        self._workers = workers
        self._local = local
        self._memory = memory
        self._java = java
        self._running: list[subprocess.Popen[str]] = []
        self.master = ""

    def __enter__(self) -> Cluster:
        started = self._start("Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        self.master = _log_value(started, "Starting Spark master at ")
        workers = [
            self._start(
                "Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", self._memory,
                "--webui-port", "0", "--work-dir", str(self._folder / f"worker{number}"),
                self.master,
            )
            for number in range(self._workers)
        ]  # fmt: skip
        for worker in workers:
            _log_value(worker, "Successfully registered with master")
        return self

    def __exit__(self, *error: object) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            process.wait()
            if process.stderr:
                process.stderr.close()

    def processes(self) -> list[int]:
        """Process ids of the master and the workers."""
        return [process.pid for process in self._running]

    def executors(self) -> dict[int, Path]:
        """Folders of the executors of the workers, by process id."""
        workers = {process.pid for process in self._running[1:]}
        folder_of: dict[int, Path] = {}
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and _parent(entry) in workers:
                    given = (entry / "environ").read_bytes().split(b"\0")
                    folders = [
                        variable.partition(b"=")[2] for variable in given if _FOLDERS in variable
                    ]
                    folder_of |= {
                        int(entry.name): Path(os.fsdecode(variable)) for variable in folders
                    }
        return folder_of

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
            env=environment()
            | {
                "SPARK_HOME": str(home),
                "SPARK_LOCAL_DIRS": str(self._local),
                "SPARK_DAEMON_JAVA_OPTS": self._java,
                "SPARK_LAUNCHER_OPTS": self._java,
            },
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


def _log_value(process: subprocess.Popen[str], wanted: str) -> str:
    """The text after these words in the next line of the log that has them."""
    assert process.stderr is not None
    for line in process.stderr:
        if wanted in line:
            return line.partition(wanted)[2].strip()
    raise AssertionError(f"{process.args!r} ended without {wanted!r}")
