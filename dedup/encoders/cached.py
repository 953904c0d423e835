"""Vectors by the hash of their text in a folder, so that no text is embedded twice.

A second run, another configuration or an index finds them again. Each encoder and revision has a
file of its own. Several processes may use one folder at a time.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import xxhash

from dedup.compute.arrays import Float32s
from dedup.encoders.protocol import Encoder
from dedup.errors import EncoderError

_AT_ONCE = 500
_WAIT_SECONDS = 60.0
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"


class CachedEncoder:
    """An encoder that keeps its vectors in a folder.

    Args:
        encoder: Makes the vectors that are not there yet.
        folder: Where they are kept; made if it does not exist.

    Raises:
        EncoderError: The folder cannot be written.
    """

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        self.name, self.revision, self.dim = encoder.name, encoder.revision, encoder.dim
        label = re.sub(r"[^\w.-]+", "_", f"{self.name}-{self.revision}")
        self._file = folder / f"{label}.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with closing(self._opened()) as database, database:
                database.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of texts: float32 (len(texts), dim), those of the encoder."""
        keys = [xxhash.xxh3_128_digest(text.encode("utf-8", "surrogatepass")) for text in texts]
        try:
            with closing(self._opened()) as database:
                stored = self._stored(database, keys)
                missing = {
                    key: text for key, text in zip(keys, texts, strict=True) if key not in stored
                }
                if missing:
                    vectors = np.ascontiguousarray(
                        self._encoder.encode(list(missing.values())), np.float32
                    )
                    stored |= zip(missing, vectors, strict=True)
                    rows = zip(missing, map(bytes, vectors), strict=True)
                    with database:
                        database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        empty = np.empty((0, self.dim), np.float32)
        return np.stack([stored[key] for key in keys]) if keys else empty

    def _stored(self, database: sqlite3.Connection, keys: list[bytes]) -> dict[bytes, Float32s]:
        stored: dict[bytes, Float32s] = {}
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            query = f"SELECT text, vector FROM vectors WHERE text IN ({marks})"
            for key, row in database.execute(query, part):
                if len(row) == self.dim * np.dtype(np.float32).itemsize:
                    stored[key] = np.frombuffer(row, np.float32)
        return stored

    def _opened(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=_WAIT_SECONDS)

    def _unusable(self, error: Exception) -> EncoderError:
        return EncoderError(
            f"cache of vectors {self._file}: cannot be used: {error}. "
            "Delete the file, or set `[encoder] cache` to another folder"
        )
