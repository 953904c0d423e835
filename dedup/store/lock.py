"""One writer at a time: a lock on a file, which the system frees when its process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from dedup.errors import StoreError


class WriterLock:
    """Held from its making until `free`, or until the process is gone, however it ends.

    A process that was forked meanwhile holds it too, until it ends.

    Args:
        path: The file, made if missing; it holds the number of the process that writes.

    Raises:
        StoreError: Another one holds it, or the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(
                f"{path.parent} cannot be written ({error.strerror}): open the index for reading "
                "only, or give its folder to this user"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise StoreError(
                f"{path.parent} is being written by process {holder}: wait until it is done, or "
                "open the index for reading only"
            ) from error
        self._note(str(os.getpid()))

    def free(self) -> None:
        """Let the next one write."""
        if self._file >= 0:
            self._note("")
            os.close(self._file)
            self._file = -1

    def _note(self, text: str) -> None:
        """Write who holds it. Only a hint: a full disk must not keep anyone from opening."""
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, text.encode(), 0)
        except OSError:
            pass
